"""The engine beside plain iteration: payoff sets of single games, class by class.

    python benchmarks/checks/engine.py [--games 100] [--seed 0] [--only NAME ...] [--rounds 4000]

Random games of 2 x 2 to 6 x 6 actions, integer, tied, real and tied to within a billionth, with
equal and with unequal discount factors, on knife edges (a half, a third, two thirds) and with both
factors above .98; and games in which one action has a price of up to 10^15. `games` of each class
and shape are solved one at a time, as `solve` does. Each set must generate itself by one round of
the plain iteration in `tests/reference/payoff_sets.py`, which shares no code with the engine; and
where plain iteration arrives within `rounds`, the two must agree in emptiness, and in vertices to
within 1e-7 of the payoff range beyond the gap that is reported. Where they differ by more although
one hair of slack moves the plain set as much, the game is on an edge and counted apart.

Prints a row for each class: games, refused, compared, on an edge, different, furthest apart, and
the mean and the longest processor time. Every difference follows.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.equilibria.repeated.payoff_set import PayoffSet, payoff_set
from negotiation.errors import NearCriticalError
from negotiation.games.game import Game, payoff_spans
from negotiation.kernels.hulls import distance
from tests.reference.payoff_sets import plain_hausdorff, plain_payoff_set, plain_round

SHAPES = ((2, 2), (3, 3), (3, 5), (6, 6))
SAME = 1e-7
LEAST = 0.1
"""Payoffs are of order one; where those that matter differ by less, this is the measure."""

CUT = -1e4
"""A price that deters as well as a higher one, and leaves plain iteration its digits."""


def draw(kind: str, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return payoffs of one kind."""
    if kind == "real":
        return rng.random(size)
    ties = rng.integers(0, 10 if kind == "integer" else 4, size).astype(float)
    if kind == "nearly tied":
        return ties + 1e-9 * rng.standard_normal(size)
    if kind == "priced":
        price = 10.0 ** rng.integers(3, 16)
        ties[..., -1, :] = -price
    return ties


def factors(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return a pair of discount factors of one kind."""
    edges = [1 / 2, 1 / 3, 2 / 3]
    if kind == "equal":
        return np.full(2, rng.uniform(0.05, 0.95))
    if kind == "unequal":
        return rng.uniform(0.05, 0.95, 2)
    if kind == "edge, equal":
        return np.full(2, rng.choice(edges))
    if kind == "edge, unequal":
        return rng.choice(edges, 2)
    if kind == "patient, equal":
        return np.full(2, rng.uniform(0.98, 0.999))
    return rng.uniform(0.98, 0.999, 2)


FACTORS = (
    "equal",
    "unequal",
    "edge, equal",
    "edge, unequal",
    "patient, equal",
    "patient, unequal",
)
KINDS = ("integer", "tied", "real", "nearly tied", "priced")


@dataclass
class Row:
    """What came of one class."""

    games: int = 0
    refused: int = 0
    compared: int = 0
    edges: int = 0
    furthest: float = 0.0
    seconds: list[float] = field(default_factory=list)
    different: list[str] = field(default_factory=list)


def judge(game: Game, found: PayoffSet, rounds: int, row: Row) -> None:
    """Compare one set with what plain iteration tells."""
    span = max(float(payoff_spans(game.payoffs).max()), LEAST)
    game = Game(np.maximum(game.payoffs, CUT), game.discount)
    about = f"{game.payoffs.tolist()} at {game.discount.tolist()}"
    ring = np.array(found.vertices)
    if len(ring):
        short = float(distance(ring, plain_round(game.payoffs, game.discount, ring)).max())
        if short > 1e-9 * span + 2 * found.gap:
            row.different.append(f"{short / span:.1e} of the set is not generated: {about}")
    if len(ring) > 400 or (min(game.discount) > 0.98 and game.discount[0] != game.discount[1]):
        return
    plain = plain_payoff_set(game.payoffs, game.discount, rounds)
    if not plain.converged:
        return
    row.compared += 1
    if (len(plain.ring) == 0) != (len(ring) == 0):
        apart = np.inf
    else:
        apart = plain_hausdorff(ring, plain.ring) / span if len(ring) else 0.0
    if apart <= SAME + found.gap / span:
        row.furthest = max(row.furthest, apart)
    elif found.near_critical or _moves(game, plain.ring, rounds, apart * span):
        row.edges += 1
    else:
        row.different.append(f"{apart:.1e} apart: {about}")


def _moves(game: Game, ring: np.ndarray, rounds: int, apart: float) -> bool:
    """Whether a hair less patience moves the plain set by as much."""
    less = plain_payoff_set(game.payoffs, np.asarray(game.discount) - 1e-9, rounds)
    if (len(less.ring) == 0) != (len(ring) == 0):
        return True
    return bool(len(ring)) and plain_hausdorff(less.ring, ring) >= 0.5 * apart


def campaign(factor: str, kind: str, count: int, options: argparse.Namespace) -> Row:
    """Solve and compare `count` games of each shape of one class."""
    rng, row = np.random.default_rng([options.seed, len(factor), len(kind)]), Row()
    for shape in SHAPES:
        for _ in range(count):
            game = Game(draw(kind, (2, *shape), rng), factors(factor, rng))
            start = time.process_time()
            row.games += 1
            try:
                found = payoff_set(game)
            except NearCriticalError:
                row.refused += 1
                row.seconds.append(time.process_time() - start)
                continue
            row.seconds.append(time.process_time() - start)
            judge(game, found, options.rounds, row)
    return row


def main() -> None:
    """Run all classes and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    print(
        f"{'discount factors':18} {'payoffs':12} {'games':>6} {'refused':>7} {'compared':>8} "
        f"{'edges':>5} {'different':>9} {'furthest':>8} {'mean ms':>8} {'longest s':>9}"
    )
    told: list[str] = []
    for factor in FACTORS:
        for kind in KINDS:
            if options.only and not {factor, kind} & set(options.only):
                continue
            row = campaign(factor, kind, options.games, options)
            print(
                f"{factor:18} {kind:12} {row.games:6} {row.refused:7} {row.compared:8} "
                f"{row.edges:5} {len(row.different):9} {row.furthest:8.0e} "
                f"{1000 * np.mean(row.seconds):8.2f} {max(row.seconds):9.2f}",
                flush=True,
            )
            told += [f"{factor}, {kind}: {line}" for line in row.different]
    print(*told, sep="\n")


if __name__ == "__main__":
    main()
