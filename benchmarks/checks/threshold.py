"""Critical discount factors of batches beside plain iteration, just below and just above each.

    python benchmarks/checks/threshold.py [--games 10] [--seed 0] [--aside 1e-5] [--rounds 20000]

Random games, with one discount factor and with two. For every cell, at what a batch gives as the
least patience that is enough under the harshest believable punishments, `aside` is added: plain
iteration (`tests/plain_iteration.py`) has to find worst payoffs with which nobody gains by
deviating from the cell for ever. With `aside` taken away somebody has to gain. Where the batch says
that no patience is enough, somebody has to gain at each of a few discount factors. With two factors
this is asked of each player alone, the other's being the game's. Left out: sides on which plain
iteration does not come to rest in `rounds`, or that are below 0; and cells at which the batch says
that rounding decides. Prints a row for each kind of games, then every side at which they differ.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.equilibria.repeated.discounts.critical_discounts import (
    critical_discounts_batch,
    critical_discounts_by_player_batch,
)
from negotiation.games.game import Array, Game
from tests.reference.one_by_one import random_games
from tests.reference.payoff_sets import plain_payoff_set

SHAPES = ((2, 2), (2, 3), (3, 3))
NEVER = (0.3, 0.6, 0.9, 0.99)
"""Where it is seen that no patience is enough."""

TIE = 1e-10
"""As a share of a player's range: nobody deviates for less."""


class Side(NamedTuple):
    """What must hold at some discount factors: whether a cell can be played for ever."""

    cell: tuple[int, ...]
    discount: Array
    holds: bool
    what: str


def sides(fixed: Array, found: Array, who: tuple[int, ...], aside: float) -> Iterator[Side]:
    """Yield what thresholds of one game say; `who` are the players whose patience is meant."""
    for cell in np.ndindex(found.shape):
        least = found[cell]
        about = f"player {who[0]}" if len(who) == 1 else "both"
        at = [(least - aside, False), (least + aside, True)]
        if np.isinf(least):
            at = [(x, False) for x in NEVER]
        for x, holds in at:
            discount = np.array(fixed)
            discount[list(who)] = x
            yield Side(cell, discount, holds, f"{about}, threshold {least}")


def holds(payoffs: Array, side: Side, rounds: int) -> bool | None:
    """Return whether the cell can be played for ever, by plain iteration; None if it does not rest.

    Worst payoffs only rise from round to round, so where they are already too high it cannot.
    """
    found = plain_payoff_set(payoffs, side.discount, rounds)
    if len(found.ring) == 0:
        return False
    best = np.array([payoffs[0].max(axis=0)[side.cell[1]], payoffs[1].max(axis=1)[side.cell[0]]])
    pays = payoffs[(slice(None), *side.cell)]
    loses = pays - (1 - side.discount) * best - side.discount * found.min_spe_payoffs
    spread = np.ptp(payoffs, axis=(1, 2))
    kept = bool((loses >= -TIE * np.where(spread > 0, spread, 1.0)).all())
    return None if kept and not found.converged else kept


def check(games: Game, *, common: bool, aside: float, rounds: int) -> tuple[Counter, list[str]]:
    """Check every threshold of a batch; return counts, and what differs."""
    thresholds = (
        critical_discounts_batch(games, threads=1)[:, None]
        if common
        else critical_discounts_by_player_batch(games, threads=1)
    )
    whose = ((0, 1),) if common else ((0,), (1,))
    counts, wrong = Counter(games=len(games.payoffs)), []
    for payoffs, fixed, rows in zip(games.payoffs, games.discount, thresholds, strict=True):
        for who, found in zip(whose, rows, strict=True):
            finite = np.isfinite(found)
            counts["thresholds"] += int((finite & (found > 0)).sum())
            counts["always"] += int((found == 0).sum())
            counts["never"] += int(np.isinf(found).sum())
            counts["rounding decides"] += int(np.isnan(found).sum())
            for side in sides(fixed, found, who, aside):
                if np.isnan(side.discount).any() or side.discount.min() < 0:
                    continue
                told = holds(payoffs, side, rounds)
                counts["sides" if told is not None else "left out"] += 1
                if told is not None and told != side.holds:
                    wrong.append(
                        f"{side.what}: at {side.discount.tolist()} plain iteration says {told} "
                        f"of {side.cell}; payoffs {payoffs.tolist()}, factors {fixed.tolist()}"
                    )
    return counts, wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=10, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--aside", type=float, default=1e-5)
    parser.add_argument("--rounds", type=int, default=20_000)
    parser.add_argument("--only", nargs="+", default=[], help="parts of the names of kinds")
    options = parser.parse_args()
    columns = ("games", "thresholds", "always", "never", "rounding decides", "sides", "left out")
    print("| games |", " | ".join(columns[1:]), "| differ | seconds |\n" + "|---" * 10 + "|")
    everything: list[str] = []
    for common in (True, False):
        for kind in ("integer", "tied", "real"):
            for shape in SHAPES:
                n = f"{shape[0]}x{shape[1]} {kind}, {'one factor' if common else 'two factors'}"
                if options.only and not any(word in n for word in options.only):
                    continue
                start = time.process_time()
                games = random_games(
                    shape, kind, common=common, count=options.games, seed=options.seed
                )
                counts, wrong = check(
                    games, common=common, aside=options.aside, rounds=options.rounds
                )
                told = " | ".join(str(counts[name]) for name in columns)
                took = time.process_time() - start
                print(f"| {n}: {told} | {len(wrong)} | {took:.0f} |", flush=True)
                everything += wrong
    print(*everything, sep="\n")


if __name__ == "__main__":
    main()
