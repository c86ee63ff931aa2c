"""Repeated games with payments, all discount factors: batch solver against a plain loop.

Run ``python benchmarks/speed/transfers.py [games]``. The twin is the textbook algorithm on one
game at a time, NumPy for the tables and a loop over profiles sorted by L. Same process, same
games, answers compared first.
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np

from negotiation.equilibria.repeated.transfers import regimes_with_transfers
from negotiation.games.game import Game

Row = tuple[float, float, float, float]


def plain(table: np.ndarray) -> list[Row]:
    """Rows (delta_min, U, v_0, v_1) of one game."""
    total = table.sum(0).ravel()
    shape = table.shape[1:]
    c0 = np.broadcast_to(table[0].max(0)[None, :], shape).ravel()
    c1 = np.broadcast_to(table[1].max(1)[:, None], shape).ravel()
    gains = c0 + c1 - total
    best, v0, v1 = -np.inf, np.inf, np.inf
    rows: list[Row] = []
    for k in np.argsort(gains):
        if total[k] <= best and c0[k] >= v0 and c1[k] >= v1:
            continue
        best, v0, v1 = max(best, total[k]), min(v0, c0[k]), min(v1, c1[k])
        share = best - v0 - v1
        if gains[k] > 0 and share <= 0:
            continue
        delta = gains[k] / (gains[k] + share) if gains[k] > 0 else 0.0
        while rows and rows[-1][0] >= delta:
            rows.pop()
        rows.append((delta, best, v0, v1))
    return rows


def seconds(work: object, repeat: int = 3) -> float:
    best = np.inf
    for _ in range(repeat):
        start = perf_counter()
        work()  # type: ignore[operator]
        best = min(best, perf_counter() - start)
    return best


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    rng = np.random.default_rng(0)
    print(f"{'size':>6} {'games':>8} {'ours, games/s':>15} {'plain, games/s':>15} {'ratio':>7}")
    for n0, n1 in ((2, 2), (3, 3), (3, 6), (21, 21)):
        games = max(200, count * 4 // (n0 * n1))
        table = rng.normal(size=(games, 2, n0, n1))
        few = min(games, 2000)
        batch = Game(table, np.zeros(2))
        ours = regimes_with_transfers(batch)
        for k in range(few):
            got = np.column_stack([ours.delta_min[k], ours.U[k], ours.v[k]])
            got = got[np.isfinite(got[:, 0])]
            assert np.allclose(got, np.array(plain(table[k])).reshape(-1, 4), atol=1e-12, rtol=0)
        fast = games / seconds(lambda batch=batch: regimes_with_transfers(batch))
        slow = few / seconds(lambda table=table, few=few: [plain(t) for t in table[:few]], 1)
        print(f"{n0:>3}x{n1:<3} {games:>7} {fast:>15,.0f} {slow:>15,.0f} {fast / slow:>7.1f}")


if __name__ == "__main__":
    main()
