"""Solve a batch in chunks: by comparisons, compiled kernels, then the reference solver."""

from __future__ import annotations

import numpy as np

from negotiation.equilibria.repeated.payoff_rings import Rows, payoff_rings, shapes
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import (
    NEAR,
    TIES,
    Bools,
    Facts,
    clear,
    look,
    patience,
    stage,
    sustain,
)
from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.equilibria.stage.nash import nash
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game, normalised_payoffs, payoff_spans
from negotiation.kernels.hulls import STATUSES, beats_both
from negotiation.kernels.support_enumeration import MANY_EQUILIBRIA, mixed_all

__all__ = ["equilibria", "solve_chunk", "solve_exactly", "worst_exactly", "worst_payoffs"]


_SUPPORTS = 18
"""Games with more actions are not searched support by support: there are too many."""


def solve_chunk(
    game: Game, truces: Bools, facts: Facts, *, payoff_sets: bool, regimes: bool
) -> None:
    """Solve a chunk of games and write the results to `facts`.

    Parameters
    ----------
    game
        Payoffs ``(P, 2, n0, n1)``, discount factors ``(P, 2)``.
    truces
        Shape ``(n0, n1)``.
    facts
        Written.
    payoff_sets, regimes
        Whether every set, and every regime, is wanted.
    """
    worst_payoffs(game, np.flatnonzero(stage(game, facts)), facts)
    quick = look(game, truces, facts)
    undecided = quick.close.copy()
    existence_known = facts.any | (facts.status == 0)
    open_ = ~quick.regime if regimes else ~existence_known
    to_solve = ~undecided & (facts.status < 0) & (payoff_sets | open_)
    facts.decided[...] = quick.regime | undecided | to_solve
    rows = np.flatnonzero(to_solve)
    undecided[rows] = True
    if len(rows):
        undecided[rows] = _sets(game, quick.active, rows, facts)
    for k in np.flatnonzero(undecided).tolist():
        solve_exactly(Game(game.payoffs[k], game.discount[k]), facts, k)


def worst_payoffs(game: Game, rows: Rows, facts: Facts) -> None:
    """Write the worst stage equilibrium payoffs of the games at `rows`."""
    undecided = rows
    if len(rows) and sum(game.shape) <= _SUPPORTS:
        p, shift, scale = normalised_payoffs(game.payoffs[rows])
        x, y, counts = equilibria(p)
        valid = np.arange(MANY_EQUILIBRIA) < counts[:, None]
        worst = np.stack([np.where(valid, z[..., -1], np.inf).min(axis=1) for z in (y, x)], axis=1)
        sure = counts > 0
        facts.worst[rows[sure]] = (worst * scale + shift)[sure]
        undecided = rows[~sure]
    for k in undecided.tolist():
        worst_exactly(Game(game.payoffs[k], game.discount[k]), facts, k)


def equilibria(payoffs: Array) -> tuple[Array, Array, Rows]:
    """Run the kernel for stage equilibria on normalised payoffs ``(P, 2, n0, n1)``.

    Returns
    -------
    x, y, counts
        For each player, shape ``(P, MANY_EQUILIBRIA, n_i + 1)``: probabilities, then the *other*
        player's payoff; and how many, shape ``(P,)``, -1 where ties leave it open.
    """
    games, _, n0, n1 = payoffs.shape
    x, y = (np.zeros((games, MANY_EQUILIBRIA, n + 1)) for n in (n0, n1))
    counts = np.zeros(games, dtype=np.intp)
    mixed_all(np.ascontiguousarray(payoffs), counts, x, y)
    return x, y, counts


def _sets(game: Game, active: Bools, rows: Rows, facts: Facts) -> Bools:
    """Find payoff sets by kernels; return which of the games at `rows` stay undecided."""
    p, shift, scale = normalised_payoffs(game.payoffs[rows], active[rows])
    threats_gap = payoff_rings(p, game.discount[rows], active[rows])
    counts = threats_gap.counts
    facts.any[rows] = has = counts > 0
    kinds, lead = shapes(threats_gap.vertices, counts, (facts.worst[rows] - shift) / scale)
    facts.status[rows] = np.where(has, kinds, 0)
    facts.min_spe_payoffs[rows] = np.where(has[:, None], threats_gap.worst * scale + shift, np.nan)
    facts.gap[rows] = np.where(has, threats_gap.gap * scale.max(axis=1), 0.0)
    facts.better[rows] = has & (lead > NEAR)
    undecided = (counts < 0) | (has & (~clear(lead) | (facts.status[rows] < 0)))
    undecided[has] |= sustain(game, facts, rows[has])
    facts.held[rows[~has]] = False
    return undecided


def worst_exactly(game: Game, facts: Facts, index: int) -> None:
    """Write each player's worst stage equilibrium payoff to row `index`."""
    facts.worst[index] = np.array([e.payoffs for e in nash(game).equilibria]).min(axis=0)


def solve_exactly(game: Game, facts: Facts, index: int) -> None:
    """Write what the exact path finds about one game to row `index`."""
    facts.exact[index], facts.any[index] = True, False
    facts.held[index], facts.better[index], facts.min_spe_payoffs[index] = False, False, np.nan
    facts.cells[index] = pure_nash(game)
    worst_exactly(game, facts, index)
    try:
        found = payoff_set(game)
    except NearCriticalError:
        facts.status[index], facts.decided[index] = -1, False
        return
    facts.status[index] = STATUSES.index(found.status)
    facts.gap[index] = found.gap
    if found.min_spe_payoffs is None:
        return
    facts.any[index] = True
    facts.min_spe_payoffs[index] = found.min_spe_payoffs
    facts.held[index] = (
        patience(game, found.min_spe_payoffs) <= game.discount[:, None, None] + TIES
    ).all(axis=0)
    scale = payoff_spans(game.payoffs)
    facts.better[index] = beats_both(found.vertices, facts.worst[index], scale)
