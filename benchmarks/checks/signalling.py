"""Signalling games: all cells against plain linear programs, and Gambit's equilibria among ours.

    python benchmarks/checks/signalling.py [--games 300] [--trees 50]

The plain twin is tests/reference/signalling.py: two linear programs for every pair of supports.
The peer is `pygambit.nash.enummixed_solve` on the tree of `export --to efg` (extra: bench). Its
equilibria are Nash equilibria of the tree; those whose answers to unsent messages are best at no
belief are not perfect Bayesian and are counted apart.
"""

from __future__ import annotations

import argparse
import io
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.equilibria.signalling.enumeration import equilibrium_cells, layout_of
from negotiation.games.signalling_game import SignallingGame
from negotiation.payoff_file.exchange.efg import to_efg
from tests.reference.signalling import plain_cells, random_game

SHAPES = ((2, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2), (3, 2, 2))


def cells_of(game: SignallingGame) -> set[Any]:
    cells = equilibrium_cells(layout_of(game))
    return {(c.sends, tuple(face.responses for face in c.answers)) for c in cells}


def against_programs(count: int) -> int:
    """Return on how many games the two lists of cells differ."""
    wrong = 0
    for seed in range(count):
        game = random_game(seed, SHAPES[seed % len(SHAPES)])
        if cells_of(game) != plain_cells(game):
            wrong += 1
            print(f"  differs: seed {seed}, shape {SHAPES[seed % len(SHAPES)]}")
    return wrong


def gambit_equilibria(game: SignallingGame) -> list[Any]:
    """Return Gambit's extreme equilibria as exact (strategy, replies)."""
    import pygambit

    tree = pygambit.read_efg(io.BytesIO(to_efg(game).encode()))
    made = []
    for profile in pygambit.nash.enummixed_solve(tree, rational=True).equilibria:
        mixed = profile.as_behavior() if hasattr(profile, "as_behavior") else profile
        sides = [
            [[Fraction(str(mixed[a])) for a in s.actions] for s in player.infosets]
            for player in tree.players
        ]
        made.append((sides[0], sides[1]))
    return made


def among_ours(game: SignallingGame, strategy: Any, replies: Any) -> bool | None:
    """Return whether an equilibrium is in a cell of ours; None if it is not perfect Bayesian."""
    faces = [{f.responses for f in own} for own in layout_of(game).faces]
    sends = tuple(tuple(m for m, x in enumerate(row) if x) for row in strategy)
    answers = tuple(tuple(a for a, x in enumerate(row) if x) for row in replies)
    if any(a not in own for a, own in zip(answers, faces, strict=True)):
        return None
    return (sends, answers) in cells_of(game)


def against_gambit(count: int) -> tuple[int, int, int]:
    """Return how many of Gambit's equilibria are among ours, missing, and not perfect Bayesian."""
    tally = {True: 0, False: 0, None: 0}
    for seed in range(count):
        game = random_game(seed, (2, 2, 2) if seed % 2 else (2, 2, 3))
        for strategy, replies in gambit_equilibria(game):
            answer = among_ours(game, strategy, replies)
            tally[answer] += 1
            if answer is False:
                print(f"  missing: seed {seed}: {strategy} {replies}")
    return tally[True], tally[False], tally[None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=300)
    parser.add_argument("--trees", type=int, default=50)
    asked = parser.parse_args()
    wrong = against_programs(asked.games)
    print(f"{asked.games} games, ties included: {wrong} lists of cells differ from linear programs")
    try:
        ours, missing, other = against_gambit(asked.trees)
    except ImportError:
        print("pygambit is not installed: not compared")
        return int(wrong > 0)
    print(
        f"{asked.trees} trees: of Gambit's extreme equilibria {ours} are among ours, {missing} are "
        f"missing, {other} are Nash equilibria that are not perfect Bayesian"
    )
    return int(wrong + missing > 0)


if __name__ == "__main__":
    sys.exit(main())
