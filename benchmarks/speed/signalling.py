"""Signalling games: time for all equilibria, beside Gambit's enumeration on the same trees.

    python benchmarks/speed/signalling.py [--games 20]

Gambit (`pygambit.nash.enummixed_solve`, exact; extra: bench) lists extreme Nash equilibria of the
strategic form; ours is every perfect Bayesian equilibrium with refinements and a certificate.
Medians of one process, in milliseconds. The last line is a map of prior and cost, 100 x 100.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.equilibria.signalling.equilibria import solve_signalling
from negotiation.games.signalling_game import SignallingGame
from negotiation.payoff_file import load
from negotiation.payoff_file.exchange.efg import to_efg
from negotiation.sweeps.signalling import signal_map
from tests.reference.signalling import random_game

SHAPES = ((2, 2, 2), (2, 2, 3), (3, 2, 2), (3, 3, 3))
PEER_AT_MOST = 12
"""Types x messages x responses beyond which Gambit is not asked."""


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def peer(game: SignallingGame) -> Callable[[], Any] | None:
    try:
        import pygambit
    except ImportError:
        return None
    tree = pygambit.read_efg(io.BytesIO(to_efg(game).encode()))
    return lambda: pygambit.nash.enummixed_solve(tree, rational=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=20)
    asked = parser.parse_args()
    print("types x messages x responses: ours, worst, Gambit, Gambit / ours")
    for shape in SHAPES:
        games = [random_game(seed, shape) for seed in range(asked.games)]
        solve_signalling(games[0])
        ours = [timed(lambda g=game: solve_signalling(g)) for game in games]
        line = f"{' x '.join(map(str, shape))}: {statistics.median(ours):.2f}, {max(ours):.2f}"
        small = shape[0] * shape[1] * shape[2] <= PEER_AT_MOST
        theirs = [timed(w) for w in map(peer, games) if w is not None] if small else []
        if theirs:
            middle = statistics.median(theirs)
            line += f", {middle:.2f}, {middle / statistics.median(ours):.1f}"
        print(line)
    model = load("deepseek-signal")
    spans = {"p_ahead": (0.0, 1.0), "k_behind": (0.0, 30.0)}
    taken = timed(lambda: signal_map(model, spans, {}))
    print(f"map of 100 x 100 points of prior and cost: {taken / 1e3:.1f} s")


if __name__ == "__main__":
    main()
