"""Whole batches of random games against Nashpy and QuantEcon, in one process.

    python benchmarks/peers/batch.py [--games 20000] [--peers 200] [--sets 60] [--seed 0]

Stage equilibria: time per game, and how many of the exact equilibria each finds, on `peers` games
that all solve; ours also on the whole batch. Payoff sets: games a second at four discount factors,
and how many of ours are wrong, judged by the plain iteration in `tests/plain_iteration.py`.
Everything compiled has been called once before the clock starts.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.peers.payoff_set import quantecon as quantecon_set
from negotiation.equilibria.repeated.set_parts import mixed_nash_batch, payoff_sets_batch
from negotiation.equilibria.stage.nash import nash
from negotiation.games.game import Game
from tests.reference.payoff_sets import plain_hausdorff, plain_payoff_set

DELTAS = (0.3, 0.6, 0.9, 0.99)


def quantecon_stage(p: np.ndarray) -> int:
    from quantecon.game_theory import NormalFormGame, Player, support_enumeration

    players = Player(np.array(p[0])), Player(np.ascontiguousarray(p[1].T))
    return len(support_enumeration(NormalFormGame(players)))


def nashpy_stage(p: np.ndarray) -> int:
    import nashpy

    return len(list(nashpy.Game(p[0], p[1]).support_enumeration()))


def seconds(work, *arguments) -> tuple[float, object]:
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def stage(rng: np.random.Generator, games: int, peers: int) -> None:
    p = rng.random((games, 2, 3, 3))
    mixed_nash_batch(Game(p[:2], np.zeros(2)))
    quantecon_stage(p[0])
    total, found = seconds(mixed_nash_batch, Game(p, np.zeros(2)))
    exact = sum(len(nash(Game(q, np.zeros(2))).equilibria) for q in p[:peers])
    print("stage equilibria, random 3x3   us a game   found of", exact, "  ours faster by")
    ours = total / games * 1e6
    print(f"  ours, batch of {games:<8d}     {ours:10.2f}   {int(found.counts[:peers].sum()):8d}")
    for name, solve in (("quantecon", quantecon_stage), ("nashpy", nashpy_stage)):
        took, counts = seconds(lambda solve=solve: [solve(q) for q in p[:peers]])
        each = took / peers * 1e6
        print(f"  {name:24s}    {each:10.2f}   {sum(counts):8d}   {each / ours:10.0f} x")


def sets(rng: np.random.Generator, games: int, peers: int) -> None:
    quantecon_set(rng.random((2, 3, 3)), 0.5)
    print("payoff sets, random 3x3   ours games/s   wrong   quantecon games/s   failed   faster by")
    for delta in DELTAS:
        p = rng.random((games, 2, 3, 3))
        payoff_sets_batch(Game(p[:2], np.full(2, delta)))
        total, found = seconds(payoff_sets_batch, Game(p, np.full(2, delta)))
        took, others = seconds(lambda p=p, d=delta: [quantecon_set(q, d) for q in p[:peers]])
        wrong = 0
        for k in range(peers):
            truth = plain_payoff_set(p[k], delta, 60_000)
            ring = found.vertices[k, : max(found.counts[k], 0)]
            same = (len(ring) == 0) == (len(truth.ring) == 0)
            if same and len(ring):
                same = plain_hausdorff(np.array(ring), truth.ring) <= 1e-6
            wrong += truth.converged and not same
        failed = sum(o is None for o in others)
        rate, theirs = games / total, peers / took
        print(
            f"  delta {delta:4.2f}            {rate:12.0f} {wrong:7d}   {theirs:17.0f} {failed:8d}"
            f"   {rate / theirs:7.0f} x",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=20_000)
    parser.add_argument("--peers", type=int, default=200)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(options.seed)
    stage(rng, options.games, options.peers)
    sets(rng, options.games, options.sets)


if __name__ == "__main__":
    main()
