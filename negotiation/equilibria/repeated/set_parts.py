"""Parts of a batch's solution as padded arrays: all stage equilibria, and all payoff sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.batch_sets import equilibria
from negotiation.equilibria.repeated.payoff_rings import payoff_rings, spread_out
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stage.nash import nash
from negotiation.errors import GameError, NearCriticalError
from negotiation.games.game import Array, Game, enforceable, normalised_payoffs
from negotiation.kernels.support_enumeration import MANY_EQUILIBRIA

__all__ = ["MixedBatch", "RingBatch", "mixed_nash_batch", "payoff_sets_batch"]

Counts = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MixedBatch:
    """All extreme stage equilibria of P games.

    Attributes
    ----------
    strategies
        ``strategies[i]``: shape ``(P, most, n_i)``, zeros behind the last.
    counts
        Shape ``(P,)``.
    finished_exactly
        Shape ``(P,)``: games with ties, left to `stage.nash`.
    """

    strategies: tuple[Array, Array]
    counts: Counts
    finished_exactly: Bools


@dataclass(frozen=True, eq=False)
class RingBatch:
    """The payoff sets of P games.

    Attributes
    ----------
    vertices
        Shape ``(P, most, 2)``, counter-clockwise, payoffs a period; NaN behind the last.
    counts
        Shape ``(P,)``: 0 for an empty set, -1 where rounding decides.
    gap
        Shape ``(P,)``: bound on the Hausdorff distance to the true set, in payoff units.
    finished_exactly
        Shape ``(P,)``.
    """

    vertices: Array
    counts: Counts
    gap: Array
    finished_exactly: Bools


def mixed_nash_batch(game: Game, *, threads: int | None = None, chunk: int = 4096) -> MixedBatch:
    """Find all extreme equilibria of the stage games of a flat batch ``(P, 2, n0, n1)``.

    Games without ties by equal-size supports, compiled; games with ties exactly, one by one.

    Raises
    ------
    GameError
        If the batch does not have exactly one axis.
    """
    _flat(game)
    (n0, n1), games = game.shape, len(game.payoffs)
    counts = np.zeros(games, dtype=np.intp)
    xs, ys = (np.zeros((games, MANY_EQUILIBRIA, n + 1)) for n in (n0, n1))

    def work(rows: slice) -> None:
        xs[rows], ys[rows], counts[rows] = equilibria(normalised_payoffs(game.payoffs[rows])[0])

    spread_out(work, games, chunk, threads)
    exact = counts < 0
    exact_results = {
        k: nash(Game(game.payoffs[k], game.discount[k])) for k in np.flatnonzero(exact)
    }
    most = max([int(counts.max(initial=0)), *(len(f.equilibria) for f in exact_results.values())])
    x, y = np.zeros((games, most, n0)), np.zeros((games, most, n1))
    room = min(most, MANY_EQUILIBRIA)
    within = np.arange(room)[None, :, None] < counts[:, None, None]
    x[:, :room] = np.where(within, xs[:, :room, :n0], 0.0)
    y[:, :room] = np.where(within, ys[:, :room, :n1], 0.0)
    for k, result in exact_results.items():
        counts[k] = len(result.equilibria)
        for j, e in enumerate(result.equilibria):
            x[k, j], y[k, j] = e.strategies
    return MixedBatch((x, y), counts, exact)


def payoff_sets_batch(game: Game, *, threads: int | None = None, chunk: int = 2048) -> RingBatch:
    """Find the payoff sets of a flat batch ``(P, 2, n0, n1)``, vertices included.

    Raises
    ------
    GameError
        If the batch does not have exactly one axis.
    """
    _flat(game)
    games = len(game.payoffs)
    counts, gap = np.zeros(games, dtype=np.intp), np.zeros(games)
    parts: list[tuple[slice, Array]] = []

    def work(rows: slice) -> None:
        active = enforceable(game.payoffs[rows], game.discount[rows])
        p, shift, scale = normalised_payoffs(game.payoffs[rows], active)
        threats_gap = payoff_rings(p, game.discount[rows], active)
        counts[rows], gap[rows] = threats_gap.counts, threats_gap.gap * scale.max(axis=1)
        most = max(int(threats_gap.counts.max(initial=0)), 1)
        parts.append((rows, threats_gap.vertices[:, :most] * scale[:, None] + shift[:, None]))

    spread_out(work, games, chunk, threads)
    exact = counts < 0
    alone: dict[int, Array] = {}
    for k in np.flatnonzero(exact).tolist():
        try:
            single_set = payoff_set(Game(game.payoffs[k], game.discount[k]))
        except NearCriticalError:
            continue
        alone[k], counts[k], gap[k] = single_set.vertices, len(single_set.vertices), single_set.gap
    vertices = np.full((games, max(int(counts.max(initial=0)), 1), 2), np.nan)
    for rows, part in parts:
        vertices[rows, : part.shape[1]] = part[:, : vertices.shape[1]]
    for k, ring in alone.items():
        vertices[k, : len(ring)] = ring
    vertices[np.arange(vertices.shape[1]) >= np.maximum(counts, 0)[:, None]] = np.nan
    return RingBatch(vertices, counts, gap, exact)


def _flat(game: Game) -> None:
    if len(game.batch) != 1:
        raise GameError(f"expected a batch with one axis, not {len(game.batch)}")
