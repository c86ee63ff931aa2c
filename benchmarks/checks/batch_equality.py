"""Batches beside the single-game path: everything both report, game by game and field by field.

    python benchmarks/checks/batch_equality.py [--games 500] [--discounts 20] [--seed 0]
                                               [--patience 5] [--only NAME ...]

Random games, and every bundled model at random points of its ranges. For each game the batch's
status, worst payoffs, gap, sustained cells, regime, vertices, pure equilibria and worst stage
payoffs are compared with what the single-game path finds, and for the first `discounts` games of
each kind all critical discount factors too. Games that take the single-game path longer than
`patience` seconds are left out and counted as slow, once for the set and once for the thresholds.
Prints a row for each kind, then every difference.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import negotiation as ng
from negotiation.games.game import Game
from negotiation.sweeps.grid import sobol_sample
from tests.reference.one_by_one import Tally, compare, compare_discounts_of, random_games, some

SHAPES = ((2, 2), (2, 3), (3, 3))
SLAB = 250


def at_random_points(name: str, count: int, seed: int) -> Game:
    """Return a bundled model's game at points of its parameters' ranges, or as it is."""
    model = ng.load(name)
    if all(p.range[0] == p.range[1] for p in model.parameters):
        game = model.game()
        rng = np.random.default_rng(seed)
        discount = rng.uniform(0.2, 0.99, (count, 2))
        discount[::2] = discount[::2, :1]
        shape = (count, *game.payoffs.shape)
        return Game(
            np.array(np.broadcast_to(game.payoffs, shape)), discount, outcomes=game.outcomes
        )
    points = sobol_sample(model.parameters, count, seed)
    return model.game(**points.at(0, count))


def kinds(count: int, seed: int):
    for common in (True, False):
        for kind in ("integer", "tied", "real"):
            for shape in SHAPES:
                name = f"{shape[0]}x{shape[1]} {kind}, {'one factor' if common else 'two factors'}"
                yield (
                    name,
                    lambda s=shape, k=kind, c=common: random_games(
                        s, k, common=c, count=count, seed=seed
                    ),
                )
    for name in ng.bundled():
        if ng.load(name).kind == "repeated":
            yield name, lambda name=name: at_random_points(name, count, seed)


def run(game: Game, discounts: int, patience: float) -> tuple[Tally, float]:
    tally, start, rows = Tally(), time.process_time(), range(len(game.payoffs))
    for first in rows[::SLAB]:
        compare(some(game, list(rows[first : first + SLAB])), tally, patience=patience)
    if discounts:
        compare_discounts_of(some(game, list(rows[:discounts])), tally, patience)
    return tally, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=500, help="of each kind")
    parser.add_argument("--discounts", type=int, default=20, help="of them with thresholds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--patience", type=float, default=5.0, help="seconds for one game")
    parser.add_argument("--only", nargs="+", default=[], help="parts of the names of kinds")
    options = parser.parse_args()
    print(
        "| games | compared | different | furthest apart | finished exactly | refused | slow ",
        end="",
    )
    print("| thresholds | furthest apart | seconds |\n" + "|---" * 10 + "|")
    problems, total = [], Tally()
    for name, draw in kinds(options.games, options.seed):
        if options.only and not any(word in name for word in options.only):
            continue
        found, took = run(draw(), options.discounts, options.patience)
        print(
            f"| {name} | {found.games} | {len(found.different)} | {found.distance:.0e} "
            f"| {found.exactly} | {found.refused} | {found.slow} "
            f"| {found.discounts} | {found.patience:.0e} "
            f"| {took:.0f} |",
            flush=True,
        )
        problems += [f"{name}: {line}" for line in found.different]
        total.games += found.games
    print(f"{total.games} games, {len(problems)} differences")
    print(*problems, sep="\n")


if __name__ == "__main__":
    main()
