"""Results for the games of a batch from comparisons alone: no sets, no compiling.

Everything here is broadcast over P games. A profile whose incentives no feasible payoff can meet is
never used, and what is left without it bounds what can be had; often that is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.games.game import (
    Array,
    Bools,
    Game,
    best_deviation_payoffs,
    enforceable,
    payoff_spans,
)

__all__ = [
    "NEAR",
    "TIES",
    "Bools",
    "Codes",
    "Facts",
    "Quick",
    "clear",
    "empty_facts",
    "look",
    "lowest",
    "patience",
    "patience_at",
    "stage",
    "sustain",
    "threat_bounds",
    "tightest_player",
    "yes_or_no",
]

Codes = npt.NDArray[np.int8]

TIES = 1e-12
"""Shares of the payoff range, and of discount factors, that count as nothing; as in `patience`."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Answers about each of P games from which all else follows by broadcasting.

    Attributes
    ----------
    cells
        Shape ``(P, n0, n1)``: pure stage equilibria.
    worst
        Shape ``(P, 2)``: each player's worst stage equilibrium payoff, mixed included.
    status
        Shape ``(P,)``: index into `polygon.STATUSES`, -1 where not asked for or
        where rounding decides.
    min_spe_payoffs
        Shape ``(P, 2)``: worst subgame-perfect payoffs; NaN where there are none.
    gap
        Shape ``(P,)``: bound on the distance of the payoff set to the true one.
    any
        Shape ``(P,)``: whether there is a subgame-perfect equilibrium in pure strategies.
    better
        Shape ``(P,)``: whether some subgame-perfect payoff beats `worst` for both.
    held
        Shape ``(P, n0, n1)``: cells that can be played for ever.
    exact
        Shape ``(P,)``: left to the exact path.
    decided
        Shape ``(P,)``: false where not even that could tell.
    """

    cells: Bools
    worst: Array
    status: Codes
    min_spe_payoffs: Array
    gap: Array
    any: Bools
    better: Bools
    held: Bools
    exact: Bools
    decided: Bools

    def part(self, rows: slice) -> Facts:
        """Return views of some rows."""
        return Facts(*(getattr(self, f.name)[rows] for f in fields(self)))


def empty_facts(games: int, n0: int, n1: int) -> Facts:
    """Return facts about `games` games, all still to be filled in."""
    return Facts(
        cells=np.zeros((games, n0, n1), dtype=np.bool_),
        worst=np.full((games, 2), np.nan),
        status=np.full(games, -1, dtype=np.int8),
        min_spe_payoffs=np.full((games, 2), np.nan),
        gap=np.full(games, np.nan),
        any=np.zeros(games, dtype=np.bool_),
        better=np.zeros(games, dtype=np.bool_),
        held=np.zeros((games, n0, n1), dtype=np.bool_),
        exact=np.zeros(games, dtype=np.bool_),
        decided=np.ones(games, dtype=np.bool_),
    )


def yes_or_no(yes: npt.ArrayLike, no: npt.ArrayLike) -> Codes:
    """Return 1 where the answer is yes, 0 where it is no, -1 where it is open."""
    return np.where(np.asarray(yes), 1, np.where(np.asarray(no), 0, -1)).astype(np.int8)


def patience(game: Game, threats: Array) -> Array:
    """Return the discount factor at which each player is indifferent at each cell.

    The same as `patience.patience_needed`, for all cells of a batch.

    Parameters
    ----------
    threats
        Shape ``(..., 2)``; NaN where there is no equilibrium.

    Returns
    -------
    Array
        Shape ``(..., 2, n0, n1)``; inf where no patience is enough.
    """
    p = game.payoffs
    best, scale = best_deviation_payoffs(game), payoff_spans(p)[..., None, None]
    return _patience(p, best, threats[..., None, None], scale)


def patience_at(game: Game, threats: Array, cell: tuple[int, int], spans: Array) -> Array:
    """Return the same at one cell, shape ``(..., 2)``, with the ranges from `payoff_spans`."""
    p, (a, b) = game.payoffs, cell
    best = np.stack((p[..., 0, :, b].max(axis=-1), p[..., 1, a, :].max(axis=-1)), axis=-1)
    return _patience(p[..., a, b], best, threats, spans)


def _patience(p: Array, best: Array, threats: Array, scale: Array) -> Array:
    gain, worth = (best - p) / scale, (p - threats) / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(worth > TIES, gain / (gain + worth), np.inf)
    return np.where(gain > TIES, need, np.where(worth >= -TIES, 0.0, np.inf))


NEAR = 1e-9
"""Comparisons closer than this share, but not equal, are left to the exact path."""


@dataclass(frozen=True, eq=False)
class Quick:
    """Results about P games that are known before any payoff set is computed.

    Attributes
    ----------
    active
        Shape ``(P, n0, n1)``: profiles that might be used; those left out cannot be.
    regime
        Shape ``(P,)``: whether all that a regime depends on is known.
    close
        Shape ``(P,)``: a comparison was too close; left to the exact path.
    """

    active: Bools
    regime: Bools
    close: Bools


def stage(game: Game, facts: Facts) -> Bools:
    """Write the pure equilibria, and the worst payoffs where they are plain; return where not.

    A player whose worst pure equilibrium pays no more than its pure maxmin does no worse in any.
    And where actions that are strictly dominated, one after the other, leave a player with a single
    one, all equilibria are mixtures of pure ones.
    """
    p = game.payoffs
    facts.cells[...] = pure_nash(game)
    worst_pure = lowest(p, facts.cells)
    secure = np.stack((p[:, 0].min(axis=2).max(axis=1), p[:, 1].min(axis=1).max(axis=1)), axis=1)
    plain: Bools = np.less_equal(worst_pure, secure).all(axis=1)
    plain[~plain] = _one_left(p[~plain])
    facts.worst[plain] = worst_pure[plain]
    return ~plain


def _one_left(p: Array) -> Bools:
    """Tell whether iterated strict dominance leaves a player one action, shape ``(P,)``."""
    undominated = [np.ones((len(p), n), dtype=np.bool_) for n in p.shape[2:]]
    pays = p[:, 0], p[:, 1].swapaxes(1, 2)
    while True:
        before = [int(mask.sum()) for mask in undominated]
        for i in (0, 1):
            other = ~undominated[1 - i][:, None, :]
            for action in range(undominated[i].shape[1]):
                better = (pays[i][:, action, None] > pays[i]) | other
                undominated[i] &= ~(better.all(axis=2) & undominated[i][:, action, None])
        if before == [int(mask.sum()) for mask in undominated]:
            return np.asarray(
                np.minimum(*(mask.sum(axis=1) for mask in undominated)) == 1, np.bool_
            )


def look(game: Game, truces: Bools, facts: Facts) -> Quick:
    """Write to `facts` what comparisons decide at once; after `stage`.

    Where a pure stage equilibrium holds each player to the pure minmax, no subgame-perfect
    payoff is worse, so the threats are known. Where a single profile is left, so is the set.
    """
    p, cells = game.payoffs, facts.cells
    active = enforceable(p, game.discount)
    top = np.where(active[:, None], p, -np.inf).max(axis=(2, 3))
    _settle_points(p, cells, active, facts)
    floor = best_deviation_payoffs(game).min(axis=(2, 3))
    settled = (lowest(p, cells) <= floor).all(axis=1)
    facts.min_spe_payoffs[settled] = floor[settled]
    point = facts.status == 1
    facts.any[...] = threats_known = settled | point
    close = np.zeros(len(p), dtype=np.bool_)
    close[threats_known] = sustain(game, facts, np.flatnonzero(threats_known))
    lead = (p - facts.worst[..., None, None]) / payoff_spans(p)[..., None, None]
    above = np.where(facts.held, lead.min(axis=1), -np.inf).max(axis=(1, 2))
    facts.better[...] = above > NEAR
    close |= point & ~clear(above)
    nothing = ((top - facts.worst) / payoff_spans(p) <= 0.0).any(axis=1)
    truce = (facts.held & truces).any(axis=(1, 2))
    regime = threats_known & (truce | point | nothing | (facts.better & clear(above)))
    regime |= (facts.status == 0) | (threats_known & (cells & truces).any(axis=(1, 2)))
    return Quick(active, regime, close)


def clear(lead: Array) -> Bools:
    """Tell whether a lead over the worst stage payoffs is clearly nothing or something."""
    return np.asarray((np.abs(lead) <= 1e-11) | (lead < 0) | (lead > 2 * NEAR), np.bool_)


def lowest(p: Array, cells: Bools) -> Array:
    """Return the least that each player gets in the cells marked, shape ``(P, 2)``; inf in none."""
    return np.asarray(np.where(cells[:, None], p, np.inf).min(axis=(2, 3)), dtype=np.float64)


def sustain(game: Game, facts: Facts, rows: npt.NDArray[np.intp]) -> Bools:
    """Write which cells the threats sustain in games `rows`; return where that was too close."""
    p, d = game.payoffs[rows], game.discount[rows, :, None, None]
    threats = facts.min_spe_payoffs[rows]
    some = Game(p, game.discount[rows])
    need, best = patience(some, threats), best_deviation_payoffs(some)
    facts.held[rows] = (need <= d + TIES).all(axis=1)
    scale = payoff_spans(p)[..., None, None]
    gain, worth = (best - p) / scale, np.abs(p - threats[..., None, None]) / scale
    close = (np.abs(need - d) < NEAR) & (gain > TIES / 10)
    for x in (gain, worth):
        close |= (x > TIES / 10) & (x < NEAR)
    return np.asarray(close.any(axis=(1, 2, 3)), np.bool_)


def _settle_points(p: Array, cells: Bools, active: Bools, facts: Facts) -> None:
    """Settle games with nothing left, or only cells of one payoff, one of them an equilibrium."""
    none = ~active.any(axis=(1, 2))
    top = np.where(active[:, None], p, -np.inf).max(axis=(2, 3))
    low = np.where(active[:, None], p, np.inf).min(axis=(2, 3))
    single = (top == low).all(axis=1) & (active & cells).any(axis=(1, 2))
    facts.status[none], facts.status[single] = 0, 1
    facts.gap[none | single] = 0.0
    facts.min_spe_payoffs[single] = top[single]


# Bounds on the worst that can believably follow a breach, from two comparisons that often meet.
# No worst payoff is below what a player can secure against any action that could be asked of the
# other side at all (Abreu, Pearce and Stacchetti 1990). And punishments that support themselves
# show one from above: one round of some profile, then for ever cells that are themselves sustained,
# chosen by a public coin (Abreu 1988: stick and carrot); a one-off equilibrium for ever is one.

_ROUNDS = 30
_ENTRIES = 4_000_000
"""Most numbers in one array; larger batches are done in runs."""


def threat_bounds(game: Game) -> tuple[Array, Array]:
    """Bound each player's worst subgame-perfect payoff from below and from above.

    Parameters
    ----------
    game
        One game or a batch.

    Returns
    -------
    tuple
        Two arrays of shape ``(..., 2)``. The upper one is infinite where no punishment of the
        kinds above was found.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> [bound.tolist() for bound in threat_bounds(pd)]
    [[3.0, 3.0], [3.0, 3.0]]
    """
    cells = game.shape[0] * game.shape[1]
    payoffs = game.payoffs.reshape(-1, 2, cells)
    best = best_deviation_payoffs(game).reshape(-1, 2, cells)
    discount = np.broadcast_to(game.discount, (*game.batch, 2)).reshape(-1, 2, 1)
    spans = payoff_spans(game.payoffs).reshape(-1, 2, 1)
    low, high = np.empty((2, len(payoffs), 2))
    run = max(1, _ENTRIES // cells**2)
    for start in range(0, len(payoffs), run):
        some = slice(start, start + run)
        stage = payoffs[some], best[some], discount[some], TIES * spans[some]
        low[some] = _from_below(*stage)
        high[some] = _from_above(*stage, low[some])
    return low.reshape(*game.batch, 2), high.reshape(*game.batch, 2)


def _from_below(g: Array, c: Array, d: Array, ties: Array) -> Array:
    """Raise the bound as long as fewer profiles can be asked for; shape ``(n, 2)``."""
    top = g.max(axis=2, keepdims=True)
    low = c.min(axis=2)
    for _ in range(_ROUNDS):
        needed = (1 - d) * c + d * low[:, :, None]
        possible = ((1 - d) * g + d * top >= needed - ties).all(axis=1, keepdims=True)
        raised = np.where(possible, c, np.inf).min(axis=2)
        raised = np.where(np.isfinite(raised), np.maximum(low, raised), low)
        if (raised == low).all():
            break
        low = raised
    return np.asarray(low, dtype=np.float64)


def _from_above(g: Array, c: Array, d: Array, ties: Array, low: Array) -> Array:
    """Find punishments that support themselves; shape ``(n, 2)``, inf where none were found.

    Starting from the lower bound, the worst payoffs are raised to what can be delivered if they
    are what follows a breach, until that is no more than they are.
    """
    high, left = np.full(low.shape, np.inf), np.arange(len(low))
    level = low.copy()
    for _ in range(_ROUNDS):
        stage = g[left], c[left], d[left], ties[left]
        at = level[left]
        delivered = np.stack([_punish(*stage, at, i) for i in (0, 1)], axis=1)
        done = (delivered <= at + ties[left, :, 0]).all(axis=1)
        high[left[done]] = np.maximum(at, delivered)[done]
        level[left] = np.maximum(at, delivered)
        left = left[~done & np.isfinite(delivered).all(axis=1)]
        if not len(left):
            break
    reversion = np.where((g == c).all(axis=1, keepdims=True), g, np.inf).min(axis=2)
    return np.asarray(np.minimum(high, reversion), dtype=np.float64)


def _punish(g: Array, c: Array, d: Array, ties: Array, level: Array, i: int) -> Array:
    """Return the harshest payoff of i by one round of a profile and a sustained future.

    Given that `level` is what follows a breach.
    """
    j = 1 - i
    held = np.all((1 - d) * c + d * level[:, :, None] <= g + ties, axis=1)
    wanted = (1 - d[:, j]) * c[:, j] + d[:, j] * level[:, j, None]

    def then(k: int) -> Array:
        """Payoffs of k, first index today's cell, second the one after."""
        now, later = (1 - d[:, k]) * g[:, k], d[:, k] * g[:, k]
        return np.asarray(now[:, :, None] + later[:, None, :], dtype=np.float64)

    allowed = held[:, None, :] & (then(j) >= wanted[:, :, None] - ties[:, j, :, None])
    value = then(i)
    worst = np.where(allowed, value, np.inf).min(axis=2)
    kindest = np.where(allowed, value, -np.inf).max(axis=2)
    delivered = np.where(kindest >= c[:, i] - ties[:, i], np.maximum(worst, c[:, i]), np.inf)
    return np.asarray(delivered.min(axis=1), dtype=np.float64)


def tightest_player(
    game: Game, profile: tuple[int, int], punishments: Array
) -> tuple[Array, npt.NDArray[np.int8]]:
    """Return each player's margin of patience at a profile, and who has the smaller one.

    The incentive constraint g_i ≥ (1 - δ_i) c_i + δ_i v_i at the punishments as they are: the
    margin is δ_i less the discount factor at which it binds.

    Parameters
    ----------
    game
        Payoffs of shape ``(..., 2, n0, n1)``.
    profile
        Both actions.
    punishments
        What follows a deviation, shape ``(..., 2)``; NaN where there is no equilibrium.

    Returns
    -------
    margin
        Shape ``(..., 2)``: infinite for a player who is not tempted to deviate, -inf where no
        patience is enough.
    player
        Shape ``(...)``: among equals the one whose gain is larger for the range of its payoffs; -1
        if neither is tempted.
    """
    p, (a, b) = game.payoffs, profile
    best = np.stack((p[..., 0, :, b].max(axis=-1), p[..., 1, a, :].max(axis=-1)), axis=-1)
    spans = payoff_spans(p)
    need = patience_at(game, punishments, profile, spans)
    need = np.where(np.isnan(need), np.inf, need)
    greed = np.round((best - p[..., a, b]) / spans, 12)
    tempted = (greed > 0) | np.isinf(need)
    margin = np.where(tempted, game.discount - need, np.inf)
    level = np.round(margin[..., 0], 12) == np.round(margin[..., 1], 12)
    first = np.where(level, greed[..., 0] >= greed[..., 1], margin[..., 0] < margin[..., 1])
    player = np.where(tempted.any(axis=-1), np.where(first, 0, 1), -1)
    return margin, player.astype(np.int8)
