"""Cost and memory of sweeps of the flagship as the number of points grows.

    python benchmarks/speed/batch_scaling.py [--sizes 10000 100000 1000000] [--sets] [--cold]

Points are a square grid of s from 0 to 1 and China's patience over the file's range, solved in
slabs as a sweep does, so that only results stay in memory. First, kernels are compiled (`--cold`
keeps those on disk out of it) and one game goes to the exact path, which takes some 50 MB for a
while. Prints microseconds a point, on the clock and of processor time (all threads), the games left
to the exact path, and the largest memory of the process so far.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

import negotiation as ng
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.kernels.compiler import cache as compiled
from negotiation.sweeps.batch import solve_batch
from negotiation.sweeps.sweep import AT_ONCE


def run(size: int, *, sets: bool) -> tuple[float, float, int, int]:
    model = ng.load("chips-for-rare-earths")
    side = int(np.sqrt(size))
    regimes, exact = np.empty(side * side, dtype=np.int8), 0
    start, busy = time.perf_counter(), time.process_time()
    for k in range(0, regimes.size, AT_ONCE):
        row, column = np.divmod(np.arange(k, min(k + AT_ONCE, regimes.size)), side)
        s, patience = column / (side - 1), 0.5 + 0.49 * row / (side - 1)
        found = solve_batch(model.game(s=s, patience_cn=patience), payoff_sets=sets)
        regimes[k : k + AT_ONCE] = found.regime
        exact += int(found.finished_exactly.sum())
    clock, processor = time.perf_counter() - start, time.process_time() - busy
    return clock / side**2 * 1e6, processor / side**2 * 1e6, exact, side**2


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--sets", action="store_true", help="a payoff set at every point")
    parser.add_argument("--cold", action="store_true", help="compile, whatever is on disk")
    options = parser.parse_args()
    if options.cold:
        compiled.folder = lambda: None
    start, busy = time.perf_counter(), time.process_time()
    run(900, sets=options.sets)
    clock, processor = time.perf_counter() - start, time.process_time() - busy
    print(f"first call of 900 points: {clock:.1f} s, {processor:.1f} s of processor time")
    payoff_set(ng.load("chips-for-rare-earths").game(s=0.6825, patience_cn=0.99))
    print(f"after a game on the exact path: {peak()} MB")
    print("   points   us a point   of processor time   finished exactly   memory so far, MB")
    for size in options.sizes:
        each, busy, exact, points = run(size, sets=options.sets)
        print(f"{points:9d} {each:12.1f} {busy:19.1f} {exact:18d} {peak():19d}", flush=True)


def peak() -> int:
    """Return the largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
