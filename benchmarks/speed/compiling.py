"""What compiling the kernels costs: our translator beside numba, and a first sweep.

Run ``python benchmarks/speed/compiling.py``. Each kernel is compiled anew by both, from the same
source, for the same types: seconds of processor time, of which those that LLVM takes in ours. Then
a sweep of 100 by 100 points of the flagship with payoff sets, in new processes: with nothing on
disk, and with what the first has left there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from pkgutil import iter_modules
from time import process_time

import numpy as np

import negotiation
from negotiation import kernels
from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.compiler import machine_code as native
from negotiation.kernels.compiler.driver import Compiled
from negotiation.kernels.compiler.program import program
from negotiation.kernels.inner_sets import make_scratch

SWEEP = """
import sys, time
start = time.perf_counter()
import numpy as np
from negotiation.equilibria.repeated.set_parts import payoff_sets_batch
from negotiation.payoff_file import load
s, p = (x.ravel() for x in np.meshgrid(np.linspace(0, 1, 100), np.linspace(0.5, 0.99, 100)))
payoff_sets_batch(load("chips-for-rare-earths").game(s=s, patience_cn=p))
print(f"{time.perf_counter() - start:.1f} s on the clock, {time.process_time():.1f} of processors")
"""


def arguments() -> dict[str, tuple]:
    """Return arguments of every kernel: no games, but arrays as batches have them."""
    payoffs, pairs, rows = np.zeros((0, 2, 2, 2)), np.zeros((0, 2)), np.arange(0)
    rings, sizes, scratch = np.zeros((0, 8, 2)), np.zeros(0, dtype=np.intp), make_scratch(4, 8)
    use, none = np.zeros((0, 4), dtype=np.intp), np.zeros(0)
    game, state = (payoffs, pairs, use, none), (rings, sizes, pairs)
    out = np.zeros((0, 3)), rings, sizes
    return {
        "mixed_all": (payoffs, sizes, np.zeros((0, 6, 3)), np.zeros((0, 6, 3))),
        "settled_sets": (game, 3, out, scratch[0]),
        "outer_rounds": (game, (*state, pairs), rows, 3, scratch[0]),
        "inner_sets": (game, (*state, pairs), state, rows, (True, 1e-7), scratch),
        "sets_unequal": (game, (*state, pairs), (*state, np.zeros(0)), rows, (True, 1e-7), scratch),
        "shapes": (rings, sizes, pairs, sizes, np.zeros(0)),
        "iterate": settled(),
    }


def settled() -> tuple:
    """Return what `settle` is first called with in a game of two states."""
    seen: list[tuple] = []
    stochastic = import_module("negotiation.equilibria.stochastic.payoff_sets")
    settle, least = stochastic.settle, stochastic.COMPILE_FROM
    stochastic.COMPILE_FROM = 0
    stochastic.settle = lambda *given: (seen.append(given), settle.plain(*given))[1]
    try:
        stochastic_sets(two_states())
    finally:
        stochastic.settle, stochastic.COMPILE_FROM = settle, least
    return seen[0]


def two_states() -> StochasticGame:
    still, leave = [[0, 1], [0, 1]], [[0.5, 0.5], [0.2, 0.8]]
    payoffs = [[[[1.0, 0], [0, 1]], [[1, 2], [0, 1]]]] * 2
    return StochasticGame.from_tables(payoffs, [[leave] * 2, [still] * 2], 0.5)


def ours(name: str, given: tuple) -> tuple[float, float]:
    driver, types = driver_of(name), tuple(map(native.type_of, given))
    start = process_time()
    native.assemble(driver, types)
    took = process_time() - start
    start = process_time()
    program(driver, types)
    return took, took - (process_time() - start)


def numbas(name: str, given: tuple) -> float:
    numba = import_module("numba")
    driver = driver_of(name)
    start = process_time()
    numba.njit(nogil=True, error_model="numpy")(driver)(*given)
    return process_time() - start


def driver_of(name: str):
    return next(vars(m)[name].plain for m in modules() if isinstance(vars(m).get(name), Compiled))


def modules() -> list:
    return [import_module(f"negotiation.kernels.{m.name}") for m in iter_modules(kernels.__path__)]


def register() -> None:
    """Tell numba about every function that kernels may call."""
    extending = import_module("numba.extending")
    for found in modules():
        for helper in list(vars(found).values()):
            if isfunction(helper) and helper.__module__ == found.__name__:
                extending.register_jitable(error_model="numpy")(helper)


def first_sweep() -> None:
    """Sweep in new processes, with a copy of the package that has compiled nothing."""
    package = Path(negotiation.__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package, Path(folder, package.name), ignore=ignored)
        if not (package / "payoffs").exists():
            shutil.copytree(package.parent / "payoffs", Path(folder, "payoffs"))
        for what in ("nothing on disk", "kernels on disk"):
            run = subprocess.run(
                [sys.executable, "-c", SWEEP],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": folder, "XDG_CACHE_HOME": f"{folder}/cache"},
                capture_output=True,
                text=True,
                check=True,
            )
            print(f"100 by 100 points of the flagship, {what}: {run.stdout.strip()}")


def main() -> None:
    register()
    native.host()
    print(f"{'kernel':>13} {'ours, s':>8} {'of LLVM':>8} {'numba, s':>9} {'numba / ours':>13}")
    for name, given in arguments().items():
        took, llvm = ours(name, given)
        other = numbas(name, given)
        print(f"{name:>13} {took:>8.2f} {llvm:>8.2f} {other:>9.2f} {other / took:>13.1f}")
    first_sweep()


if __name__ == "__main__":
    main()
