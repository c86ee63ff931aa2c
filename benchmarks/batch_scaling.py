"""Cost and memory of sweeps of the flagship as the number of points grows.

    python benchmarks/batch_scaling.py [--sizes 10000 100000 1000000] [--sets]

Points are a square grid of s and China's patience, solved in slabs as a sweep does, so that only
results stay in memory. Kernels are compiled first. Prints microseconds a point and the largest
memory of the process so far.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

import negotiation as ng
from negotiation.batch import solve_batch

SLAB = 16_384


def run(size: int, *, sets: bool) -> tuple[float, int, int]:
    model = ng.load("chips-for-rare-earths")
    side = int(np.sqrt(size))
    s, patience = (
        x.ravel() for x in np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 0.99, side))
    )
    regimes, exact = np.empty(s.size, dtype=np.int8), 0
    start = time.perf_counter()
    for k in range(0, s.size, SLAB):
        game = model.game(s=s[k : k + SLAB], patience_cn=patience[k : k + SLAB])
        found = solve_batch(game, payoff_sets=sets)
        regimes[k : k + SLAB] = found.regime
        exact += int(found.finished_exactly.sum())
    return (time.perf_counter() - start) / s.size * 1e6, exact, s.size


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--sets", action="store_true", help="a payoff set at every point")
    options = parser.parse_args()
    start = time.perf_counter()
    run(900, sets=options.sets)
    print(f"first call, compile or load included: {time.perf_counter() - start:.1f} s")
    print("   points   us a point   finished exactly   memory so far, MB")
    for size in options.sizes:
        each, exact, points = run(size, sets=options.sets)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{points:9d} {each:12.1f} {exact:18d} {memory:19d}", flush=True)


if __name__ == "__main__":
    main()
