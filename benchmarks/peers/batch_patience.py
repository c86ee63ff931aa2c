"""Critical discount factors of batches, beside the single-game path one game at a time.

    python benchmarks/peers/batch_patience.py [--games 30]

Random games, integer and real, at random factors; every cell, under the harshest believable
punishments: both alike, and each player alone. Answers are compared first (within 1e-9, both inf,
or both refused), then processor milliseconds a game are printed. Kernels are compiled before.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time

import numpy as np

from negotiation.equilibria.repeated.discounts.critical_discounts import (
    critical_discounts_batch,
    critical_discounts_by_player_batch,
)
from negotiation.equilibria.repeated.discounts.patience import (
    critical_discount,
    critical_discount_by_player,
    penal_threats,
)
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game

SHAPES = (((2, 2), True), ((2, 2), False), ((2, 3), True), ((2, 3), False), ((3, 3), True))


def some_games(count: int, shape: tuple[int, int], whole: bool) -> Game:
    rng = np.random.default_rng(11)
    size = (count, 2, *shape)
    payoffs = rng.integers(0, 10, size).astype(float) if whole else rng.random(size)
    return Game(payoffs, rng.choice([0.3, 0.6, 0.75, 0.9], (count, 2)))


def number(found: Callable[[], float | None]) -> float:
    try:
        value = found()
    except NearCriticalError:
        return np.nan
    return np.inf if value is None else value


def one_by_one(games: Game, *, by_player: bool) -> Array:
    n0, n1 = games.shape
    out = np.empty((len(games.payoffs), 2 if by_player else 1, n0, n1))
    for k, (payoffs, discount) in enumerate(zip(games.payoffs, games.discount, strict=True)):
        one = Game(payoffs, discount)
        threats = penal_threats(one)
        for cell in np.ndindex(n0, n1):
            if by_player:
                pair = critical_discount_by_player(one, cell, threats)
                out[(k, slice(None), *cell)] = [np.inf if x is None else x for x in pair]
            else:
                out[(k, 0, *cell)] = number(
                    lambda c=cell, g=one, t=threats: critical_discount(g, c, t)
                )
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=30)
    count = parser.parse_args().games
    print("games         who        cells  differ  batch ms  alone ms  ratio")
    for shape, whole in SHAPES:
        games = some_games(count, shape, whole)
        for by_player in (False, True):
            batch = critical_discounts_by_player_batch if by_player else critical_discounts_batch
            batch(games, threads=1)
            start = process_time()
            found = batch(games, threads=1).reshape(count, -1, *shape)
            between = process_time()
            alone = one_by_one(games, by_player=by_player)
            end = process_time()
            same = np.isclose(found, alone, rtol=0, atol=1e-9, equal_nan=True)
            kind = f"{shape[0]}x{shape[1]} {'integer' if whole else 'real'}"
            mine, theirs = (between - start) / count * 1e3, (end - between) / count * 1e3
            print(
                f"{kind:12}  {'each' if by_player else 'both':8} {found.size:7d} "
                f"{int((~same).sum()):7d} {mine:9.2f} {theirs:9.1f} {theirs / mine:6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
