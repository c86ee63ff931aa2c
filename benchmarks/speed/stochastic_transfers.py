"""Stochastic games with payments: all rows at once against a loop over states.

Run ``python benchmarks/speed/stochastic_transfers.py [size ...]``. Two firms draw on reserves of
0..size (Goldlücke & Kranz 2018, section 4.3); size 13 has 196 states. The twin is the same policy
elimination with one table per state, as one would write it first. Same process, same games,
answers compared first. Our time includes the check from the definition.
"""

from __future__ import annotations

import sys
from itertools import product
from math import ceil
from time import perf_counter

import numpy as np

from negotiation.equilibria.stochastic.transfers import solve_with_transfers
from negotiation.games.stochastic_game import StochasticGame


def reserves(size: int, most: int, delta: float) -> StochasticGame:
    """Price size - q0 - q1; each firm's reserves refill by 0..most, every number as likely."""
    rise = np.indices((most + 1, most + 1)).reshape(2, -1)
    payoffs, successors = [], []
    for x0, x1 in product(range(size + 1), repeat=2):
        q0, q1 = np.indices((x0 + 1, x1 + 1))
        price = np.maximum(size - q0 - q1, 0)
        payoffs.append(np.stack([price * q0, price * q1]))
        left = np.minimum(x0 - q0[..., None] + rise[0], size)
        right = np.minimum(x1 - q1[..., None] + rise[1], size)
        successors.append(left * (size + 1) + right)
    chances = [np.full(s.shape, 1 / rise.shape[1]) for s in successors]
    return StochasticGame(tuple(payoffs), tuple(successors), tuple(chances), np.asarray(delta))


def value(game: StochasticGame, pay: list[float], rows: list[tuple[int, int]]) -> np.ndarray:
    """Totals of playing one profile per state."""
    move = np.zeros((game.count, game.count))
    for s, cell in enumerate(rows):
        np.add.at(move[s], game.successors[s][cell], game.chances[s][cell])
    return np.linalg.solve(np.eye(game.count) - game.discount[0] * move, pay)


def decide(game: StochasticGame, pay: list[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Policy iteration over tables with -inf where closed."""
    total, rows = np.zeros(game.count), None
    while True:
        worth = [
            p + game.discount[0] * (c * total[t]).sum(-1)
            for p, c, t in zip(pay, game.chances, game.successors, strict=True)
        ]
        best = [np.unravel_index(w.argmax(), w.shape) for w in worth]
        if rows is not None:
            best = [
                b if w[b] > w[r] + 1e-9 else r for w, b, r in zip(worth, best, rows, strict=True)
            ]
            if best == rows:
                return total, rows
        rows = best
        total = value(game, [float(p[r]) for p, r in zip(pay, rows, strict=True)], rows)


def punish(game: StochasticGame, i: int, keep: list[np.ndarray]) -> tuple[np.ndarray, list]:
    """The other side chooses admissible columns (for i = 1: rows) against i's best replies."""
    v = np.zeros(game.count)
    while True:
        plans, picks = [], []
        for s in range(game.count):
            worth = game.payoffs[s][i] + game.discount[0] * (
                game.chances[s] * v[game.successors[s]]
            ).sum(-1)
            best = np.where(keep[s].any(i), worth.max(i), np.inf)
            other = int(best.argmin())
            closed = np.full(worth.shape, -np.inf)
            where = (slice(None), other) if i == 0 else (other, slice(None))
            closed[where] = game.payoffs[s][i][where]
            plans.append(closed)
            picks.append((i, other))
        new, _ = decide(game, plans)
        if np.abs(new - v).max() <= 1e-10:
            return new, picks
        v = new


def plain(game: StochasticGame) -> tuple[np.ndarray, np.ndarray]:
    """U and v by policy elimination, state by state; one common discount factor."""
    d = game.discount[0]
    keep = [np.ones(p.shape[1:], dtype=bool) for p in game.payoffs]
    while True:
        joint = [np.where(k, p.sum(0), -np.inf) for k, p in zip(keep, game.payoffs, strict=True)]
        total, rows = decide(game, joint)
        (v0, one), (v1, two) = (punish(game, i, keep) for i in (0, 1))
        done = True
        for s in range(game.count):
            worth = [
                game.payoffs[s][i] + d * (game.chances[s] * v[game.successors[s]]).sum(-1)
                for i, v in enumerate((v0, v1))
            ]
            need = worth[0].max(0, keepdims=True) + worth[1].max(1, keepdims=True)
            have = game.payoffs[s].sum(0) + d * (game.chances[s] * total[game.successors[s]]).sum(
                -1
            )
            fits = have >= need - 1e-9
            held = [(keep[s] & fits)[:, one[s][1]].any(), (keep[s] & fits)[two[s][1]].any()]
            done &= bool(fits[rows[s]]) and all(held)
            keep[s] = keep[s] & fits
        if done:
            return (1 - d) * total, (1 - d) * np.stack([v0, v1], -1)


def seconds(work: object, repeat: int) -> float:
    best = np.inf
    for _ in range(repeat):
        start = perf_counter()
        work()  # type: ignore[operator]
        best = min(best, perf_counter() - start)
    return best


def main() -> None:
    sizes = [int(x) for x in sys.argv[1:]] or [3, 5, 8, 13]
    print(f"{'states':>6} {'profiles':>8} {'ours, ms':>10} {'plain, ms':>10} {'ratio':>6}")
    for size in sizes:
        game = reserves(size, ceil(size / 3), 0.9)
        found, (total, v) = solve_with_transfers(game), plain(game)
        assert np.allclose(found.U, total, atol=1e-7)
        assert np.allclose(found.v, v, atol=1e-7)
        profiles = sum(p[0].size for p in game.payoffs)
        fast = 1e3 * seconds(lambda game=game: solve_with_transfers(game), 3)
        slow = 1e3 * seconds(lambda game=game: plain(game), 1)
        print(f"{game.count:>6} {profiles:>8} {fast:>10.1f} {slow:>10.1f} {slow / fast:>6.1f}")


if __name__ == "__main__":
    main()
