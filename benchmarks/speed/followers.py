"""A million points of a model with followers beside the same of the flagship, in one process.

    python benchmarks/speed/followers.py [POINTS]

Processor time for each step: evaluating the games, followers included, and solving them.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import negotiation as ng
from negotiation.sweeps.batch import solve_batch

MODELS = "chips-for-rare-earths", "congress-and-firms"
AT_ONCE = 100_000


def cost(slug: str, points: int) -> tuple[float, float]:
    """Return microseconds a point for evaluating and for solving."""
    model, draw = ng.load(slug), np.random.default_rng(0)
    spans = {p.name: p.range for p in model.parameters}
    names = ("worth", "F", "E", "patience_cn")
    solve_batch(model.game(worth=[1.0, 1.1]), payoff_sets=False, regimes=False)  # compiles
    evaluating = solving = 0.0
    for start in range(0, points, AT_ONCE):
        count = min(AT_ONCE, points - start)
        numbers = {n: draw.uniform(*spans[n], count) for n in names}
        at = time.process_time()
        games = model.game(**numbers)
        between = time.process_time()
        solve_batch(games, payoff_sets=False, regimes=False)
        evaluating, solving = evaluating + between - at, solving + time.process_time() - between
    return 1e6 * evaluating / points, 1e6 * solving / points


def main() -> None:
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    found = {slug: cost(slug, points) for slug in MODELS}
    for slug, (evaluating, solving) in found.items():
        sys.stdout.write(
            f"{slug}: {evaluating:.2f} + {solving:.1f} = {evaluating + solving:.1f} µs a point\n"
        )
    first, second = (sum(found[slug]) for slug in MODELS)
    sys.stdout.write(f"ratio {second / first:.2f}\n")


if __name__ == "__main__":
    main()
