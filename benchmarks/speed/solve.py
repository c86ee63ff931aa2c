"""The time of single `solve`s at random points of the flagship, beside the same points as a batch.

    python benchmarks/speed/solve.py [--points 60] [--seed 5]

At each point three parameters out of five are drawn from their ranges, the others are the file's.
Prints the processor time of the payoff set alone, of everything that `solve` reports, and of a
point in a batch with payoff sets (one thread, compiled before), then the slowest points. Regimes
and sustained truces of `solve` are compared with the batch's, and what differs is printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import negotiation as ng
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.set_parts import payoff_sets_batch
from negotiation.errors import NearCriticalError
from negotiation.sweeps.batch import REGIME_NAMES, solve_batch

SHARE, SLOWEST = 0.6, 5


def drawn(parameters, points: int, seed: int) -> dict[str, np.ndarray]:
    """Draw points: most parameters from their ranges, the others at the file's values.

    Parameters with a formula keep it.
    """
    rng = np.random.default_rng(seed)
    return {
        p.name: np.where(rng.random(points) < SHARE, rng.uniform(*p.range, points), p.value)
        for p in parameters
        if p.value is not None
    }


def row(name: str, seconds: list[float]) -> str:
    each = 1e3 * np.array(seconds)
    return (
        f"| {name} | {len(each)} | {np.median(each):.1f} | {each.mean():.1f} "
        f"| {np.quantile(each, 0.9):.0f} | {each.max():.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=60)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    model = ng.load("chips-for-rare-earths")
    places = drawn(model.parameters, options.points, options.seed)
    games = model.game(**places)
    batch = solve_batch(games, payoff_sets=False, threads=1)
    payoff_sets_batch(games, threads=1)
    start = time.process_time()
    payoff_sets_batch(games, threads=1)
    together = (time.process_time() - start) / options.points
    ng.solve(model)
    sets, whole, factors, refused, wrong = [], [], [], 0, []
    for k in range(options.points):
        at = {name: float(x[k]) for name, x in places.items()}
        start = time.process_time()
        try:
            payoff_set(model.game(**at))
            between = time.process_time()
            found = ng.solve(model, **at)
        except NearCriticalError:
            refused += 1
            continue
        sets.append(between - start)
        factors.append(found.game.discount.round(4).tolist())
        whole.append(time.process_time() - between)
        cells = {o.profile: o.sustained for o in found.outcomes}
        held = {cell: bool(batch.sustained[(k, *cell)]) for cell in cells}
        if cells != held or found.regime != REGIME_NAMES[batch.regime[k]]:
            wrong.append(f"{at}: batch {held}, alone {cells}")
    print("| ms of processor time | points | median | mean | 9 in 10 within | longest |")
    print("|---" * 6 + "|")
    print(row("payoff set", sets), row("all of `solve`", whole), sep="\n")
    print(f"payoff set in a batch: {1e3 * together:.2f} ms; / alone: ", end="")
    print(f"{np.mean(sets) / together:.0f}")
    print(f"{len(sets)} compared, {len(wrong)} differ, {refused} refused; slowest sets, ms:")
    for k in np.argsort(sets)[: -SLOWEST - 1 : -1]:
        print(f"{1e3 * sets[k]:.0f} at patience {factors[k]}")
    print(*wrong, sep="\n")


if __name__ == "__main__":
    main()
