"""The time of a drawn map of the flagship in a fresh process, beside one game at a time.

    python benchmarks/speed/maps.py [--points 100] [--cold] [--sample 50] [--seed 0]

Runs `negotiate map`, s by China's patience, as a command of its own, from start to the file
written, and says where the time goes: the grid, the outlines, and the rest, which is Python and
what it imports, and the drawing. `--cold` runs it first with a copy of the package that has
compiled nothing, neither kernels nor bytecode. For comparison, the payoff set at `sample` random
points of the grid is found one game at a time, and the mean processor time of a point is multiplied
by the number of points. Both say what regime there is at those points, and where they differ is
printed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import negotiation as ng
from negotiation.equilibria.repeated.discounts.patience import patience_needed
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.games.game import Game
from negotiation.kernels.hulls import beats_both
from negotiation.solution.regimes import Facts, regime
from negotiation.sweeps.batch import REGIME_NAMES, solve_batch

SPANS = {"s": (0.0, 1.0), "patience_cn": (0.5, 0.99)}
AXES = [f"{name}={low}:{high}" for name, (low, high) in SPANS.items()]

CHILD = """
import time
begin = time.perf_counter()
import json, sys
from negotiation.reporting.figures import drawing
from negotiation.sweeps import regime_map
from negotiation.cli import main

laps = {}

def timed(module, name):
    before = getattr(module, name)

    def after(*given, **named):
        start = time.perf_counter()
        try:
            return before(*given, **named)
        finally:
            laps[name] = laps.get(name, 0.0) + time.perf_counter() - start

    setattr(module, name, after)

timed(regime_map, "look_at")
timed(regime_map, "areas")
try:
    main()
finally:
    laps["inside"] = time.perf_counter() - begin
    print(json.dumps(laps), file=sys.stderr)
"""


def run(package: Path, points: int, image: Path) -> dict[str, float]:
    """Draw the map in a new process, from the package in a folder; return seconds."""
    command = ["map", "--x", AXES[0], "--y", AXES[1], "--points", str(points), "-o", str(image)]
    environment = os.environ | {"PYTHONPATH": str(package), "XDG_CACHE_HOME": f"{package}/cache"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start, busy = time.perf_counter(), busy_children()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *command],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    whole = time.perf_counter() - start
    laps = json.loads(done.stderr.splitlines()[-1])
    grid, outlines = laps["look_at"], laps["areas"]
    return {
        "whole": whole,
        "processor": busy_children() - busy,
        "grid": grid,
        "outlines": outlines,
        "rest": whole - grid - outlines,
    }


def busy_children() -> float:
    """Return the processor time of all processes run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def copied(folder: Path) -> Path:
    """Copy the package with nothing that has been compiled."""
    package = Path(ng.__file__).parent
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    if not (package / "payoffs").exists():
        shutil.copytree(package.parent / "payoffs", folder / "payoffs")
    return folder


def alone(game: Game) -> str:
    """Name the regime at one point, as the single-game path finds it."""
    found = payoff_set(game)
    truces = [p for o in game.outcomes if o.truce for p in o.profiles]
    free = any(pure_nash(game)[cell] for cell in truces)
    kept = found.min_spe_payoffs is not None and any(
        (patience_needed(game, cell, found.min_spe_payoffs) <= game.discount + 1e-12).all()
        for cell in truces
    )
    worst = np.min([e.payoffs for e in nash(game).equilibria], axis=0)
    better = beats_both(found.vertices, worst, np.ptp(game.payoffs, axis=(1, 2)))
    return regime(Facts(free, kept, better, found.min_spe_payoffs is not None))


def one_at_a_time(points: int, sample: int, seed: int) -> tuple[float, float, list[str]]:
    """Return seconds a point with the standard error, and where a sweep of the points differs."""
    model, rng = ng.load("chips-for-rare-earths"), np.random.default_rng(seed)
    axes = {name: np.linspace(*ends, points) for name, ends in SPANS.items()}
    chosen = {name: rng.choice(axis, sample) for name, axis in axes.items()}
    told, took = [], []
    alone(model.game())
    for k in range(sample):
        start = time.process_time()
        told.append(alone(model.game(**{name: x[k] for name, x in chosen.items()})))
        took.append(time.process_time() - start)
    batch = solve_batch(model.game(**chosen), payoff_sets=False)
    wrong = []
    for k, (a, b) in enumerate(zip(told, batch.regime, strict=True)):
        if a != REGIME_NAMES[b]:
            place = {name: float(x[k]) for name, x in chosen.items()}
            wrong.append(f"{place}: batch {REGIME_NAMES[b]}, alone {a}")
    return float(np.mean(took)), float(np.std(took) / np.sqrt(sample)), wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=100, help="along each axis")
    parser.add_argument("--cold", action="store_true", help="with nothing compiled, first")
    parser.add_argument("--sample", type=int, default=50, help="points solved one at a time")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(
        f"{options.points} by {options.points} points: seconds on the clock; of processors, whole"
    )
    print(f"{'':18}{'whole':>8} {'processor':>10} {'grid':>8} {'outlines':>9} {'rest':>8}")
    with tempfile.TemporaryDirectory() as folder:
        package = copied(Path(folder))
        for what in ("nothing compiled", "compiled before"):
            laps = run(package, options.points, Path(folder, "map.png"))
            if options.cold or what == "compiled before":
                whole, processor, grid, outlines, rest = laps.values()
                print(f"{what:18}{whole:8.2f} {processor:10.2f} ", end="")
                print(f"{grid:8.2f} {outlines:9.2f} {rest:8.2f}", flush=True)
    each, error, wrong = one_at_a_time(options.points, options.sample, options.seed)
    total = options.points**2
    print(f"the grid one game at a time: {each * total:.0f} s of one processor, ", end="")
    print(f"± {2 * error * total:.0f} (from {options.sample} points); ", end="")
    print(f"/ the map's: {each * total / laps['processor']:.0f}")
    print(f"{len(wrong)} of {options.sample} points differ", *wrong, sep="\n")


if __name__ == "__main__":
    main()
