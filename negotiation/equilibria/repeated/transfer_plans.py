"""The best action plans when the sides can pay each other: a path, and each side's punishment.

Arrays in, arrays out, for a whole batch of games; the conditions are those in the head of
`transfers`. An action plan is a triple of profiles (a^e, a^1, a^2). Whether it can be played
depends on the largest gain from deviating among the three, and allowing larger gains only adds
profiles: so sort profiles by their gains and take running extremes. The batch is the last axis
inside, so that steps along profiles run over whole rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from negotiation.errors import GameError, UsageError
from negotiation.games.game import Array, Game

__all__ = [
    "REACHED",
    "At",
    "Bools",
    "Ints",
    "Pair",
    "Profile",
    "Rows",
    "Terms",
    "at_all_factors",
    "at_factors",
    "check_factors",
    "checked_cell",
    "least_factor",
    "named",
    "pair",
    "plan_names",
    "terms_of",
    "two_factors",
]

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Profile = tuple[int, int]
Pair = tuple[float, float]
REACHED = 1e-12
"""Of a discount factor, or of the payoff scale: a bound missed by less is met."""

_TIE = 1e-13  # of the payoff scale: values closer than this are the same number
_GRID = 2.0**42  # sort keys are compared to this fineness, so that ties keep the file's order
_CELLS = 1 << 17  # cells worked on at a time, so that intermediates stay in cache


class Terms(NamedTuple):
    """Payoffs and deviation gains of every profile, for a batch of B games."""

    total: Array  # (N, B) G(a), payoff units; profiles are numbered along N = n0 * n1
    caught: Array  # (2, N, B) c_i(a), payoff units
    aim: Array  # (N, B) G(a), in units of the game's range, each player's lowest payoff being 0
    best: Array  # (2, N, B) c_i(a), same units
    gain: Array  # (2, N, B) h_i(a) = c_i - g_i, same units, exactly 0 for ties
    unit: Array  # (B,) one scale for both players, as payoffs are added; a power of 2: no rounding
    tie: Array  # (B,) differences up to this are rounding


class Rows(NamedTuple):
    """The best action plans from each of K factors on; unused places hold inf, NaN or -1."""

    delta_min: Array  # (B, K)
    total: Array  # (B, K)
    threat: Array  # (B, K, 2)
    cells: Ints  # (B, K, 3)
    gains: Array  # (B, K)


class At(NamedTuple):
    """The best action plan at given factors."""

    found: Bools  # (B,) a pure equilibrium exists
    spare: Bools  # (B,) nothing to share beyond v: the payoff set is a point
    cells: Ints  # (3, B) a^e, a^1, a^2
    threat: Array  # (2, B) v, payoff units
    steep: Array  # (2, N, B) h_i / d_i, payoff units; inf where d_i = 0 < h_i
    slack: Array  # (B,) a constraint missed by less is met, payoff units


def terms_of(payoffs: Array) -> Terms:
    """Return the terms of every profile of a batch ``(B, 2, n0, n1)``."""
    p = np.ascontiguousarray(np.moveaxis(payoffs, 0, -1))
    low = p.min((1, 2), keepdims=True)
    unit = np.ldexp(1.0, np.frexp((p - low).max((0, 1, 2)))[1])
    tie = _TIE + 16 * np.finfo(np.float64).eps * np.abs(p).max((0, 1, 2)) / unit
    caught = np.empty_like(p)
    caught[0] = p[0].max(0, keepdims=True)
    caught[1] = p[1].max(1, keepdims=True)
    pay, best = (p - low) / unit, (caught - low) / unit
    gain = best - pay
    gain[gain <= tie] = 0.0
    flat = (2, p.shape[1] * p.shape[2], p.shape[3])
    total, aim = p.reshape(flat).sum(0), pay.reshape(flat).sum(0)
    return Terms(
        total, caught.reshape(flat), aim, best.reshape(flat), gain.reshape(flat), unit, tie
    )


def _running(key: Array, aim: Array, terms: Terms) -> tuple[Ints, Bools, Ints, Array]:
    """Sort profiles by `key` and run the best triple along them.

    Returns ``order (N, B)``; whether the triple changes there ``(N, B)``; the profiles that aim
    highest, hold player 0 down, hold player 1 down so far ``(3, N, B)``; and what such a triple
    leaves to share ``(N, B)``.
    """
    grid = np.ascontiguousarray(np.rint(key * _GRID).T)
    order = np.ascontiguousarray(np.argsort(grid, -1, kind="stable").T)
    score = np.stack([aim, -terms.best[0], -terms.best[1]])
    score = np.take_along_axis(score, order[None], 1)
    cells = np.empty(score.shape, np.intp)
    changed = np.empty(key.shape, np.bool_)
    top = np.full((3, key.shape[1]), -np.inf)  # best so far; replaced only by clearly better
    for k in range(len(key)):
        new = score[:, k] > top + terms.tie if k else np.ones(top.shape, np.bool_)
        top = score[:, k] = np.where(new, score[:, k], top)
        cells[:, k] = np.where(new, order[k], cells[:, k - 1])
        changed[k] = new[0] | new[1] | new[2]
    return order, changed, cells, score.sum(0)


def least_factor(gains: Array, share: Array, tie: Array) -> Array:
    """Return the smallest d with ``gains <= d / (1 - d) * share``; inf if none is below 1."""
    pays = (gains > 0) & (share > tie)
    crossing = np.divide(gains, gains + share, out=np.full(gains.shape, np.inf), where=pays)
    return np.where(gains == 0, 0.0, crossing)  # no gain: a stage equilibrium, share >= 0


def at_all_factors(p: Array) -> Rows:
    """Solve a batch ``(B, 2, n0, n1)`` at all common factors."""
    step = max(1, _CELLS // (p.shape[-1] * p.shape[-2]))
    parts = [_rows(p[k : k + step]) for k in range(0, max(len(p), 1), step)]
    width = max(part.delta_min.shape[1] for part in parts)
    whole = Rows(
        *(np.concatenate([_widened(x, width) for x in c]) for c in zip(*parts, strict=True))
    )
    return whole._replace(delta_min=np.where(np.isnan(whole.delta_min), np.inf, whole.delta_min))


def _widened(x: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    padding = [(0, 0), (0, width - x.shape[1])] + [(0, 0)] * (x.ndim - 2)
    return np.pad(x, padding, constant_values=-1 if x.dtype.kind == "i" else np.nan)


def _rows(p: Array) -> Rows:
    terms = terms_of(p)
    gains = terms.gain.sum(0)
    order, changed, cells, share = _running(gains, terms.aim, terms)
    gains = np.take_along_axis(gains, order, 0)
    delta = np.where(changed, least_factor(gains, share, terms.tie), np.inf)
    later = np.full(delta.shape, np.inf)  # a row counts while below every later one
    later[:-1] = np.minimum.accumulate(delta[:0:-1], 0)[::-1]
    keep = delta < later - _TIE
    game, place = np.nonzero(keep.T)
    row = (np.cumsum(keep, 0) - 1)[place, game]
    shape = (len(p), int(row.max(initial=-1)) + 1)
    chosen = cells[:, place, game]
    return Rows(
        _packed(delta[place, game], game, row, shape),
        _packed(terms.total[chosen[0], game], game, row, shape),
        _packed(_held(terms, chosen, game).T, game, row, (*shape, 2)),
        _packed(chosen.T, game, row, (*shape, 3)),
        _packed(gains[place, game] * terms.unit[game], game, row, shape),
    )


def _packed(x: npt.NDArray[Any], game: Ints, row: Ints, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    out = np.full(shape, -1 if x.dtype.kind == "i" else np.nan, x.dtype)
    out[game, row] = x
    return out


def _held(terms: Terms, cells: Ints, game: Ints) -> Array:
    """Return c_0(a^1), c_1(a^2) in payoff units, ``(2, R)``, of triples ``(3, R)`` of games."""
    punishment_payoffs: Array = terms.caught[np.array([[0], [1]]), cells[1:], game]
    return punishment_payoffs


def at_factors(p: Array, d: Array) -> At:
    """Solve a batch ``(B, 2, n0, n1)`` at factors ``(B, 2)``, unequal or not."""
    terms, games, factor = terms_of(p), np.arange(len(p)), d.T[:, None]
    patient, gap = d.max(-1), np.ptp(d, -1)
    steep = np.where(terms.gain > 0, np.inf, 0.0)
    np.divide(terms.gain, factor, out=steep, where=factor > 0)
    other = steep[d.argmin(-1), :, games].T
    loss = np.multiply(gap, other, out=np.zeros_like(other), where=gap > 0)
    need = (1 - patient) * steep.sum(0)
    order, _, cells, share = _running(need, terms.aim - loss, terms)
    slack = terms.tie + REACHED
    fits = np.take_along_axis(need, order, 0) <= share + slack
    last = len(fits) - 1 - np.argmax(fits[::-1], 0)
    triple = cells[:, last, games]
    return At(
        fits[last, games],
        share[last, games] <= slack,
        triple,
        _held(terms, triple, games),
        steep * terms.unit,
        slack * terms.unit,
    )


def pair(x: Array) -> Pair:
    """Turn two numbers into a pair of floats."""
    return float(x[0]), float(x[1])


def named(cells: Ints, n1: int) -> Ints:
    """Turn numbers of profiles into ``(a0, a1)`` on a last axis; -1 stays -1."""
    return np.where(cells[..., None] < 0, -1, np.stack(np.divmod(cells, n1), -1))


def plan_names(cells: Ints) -> tuple[Profile, tuple[Profile, Profile]]:
    """Turn an array ``(3, 2)`` into the path and the two punishments."""
    path, held_0, held_1 = ((int(a0), int(a1)) for a0, a1 in cells)
    return path, (held_0, held_1)


def check_factors(d: Array) -> None:
    """Raise GameError unless all discount factors are in [0, 1)."""
    if not ((d >= 0) & (d < 1)).all():
        raise GameError(f"discount factors {d.tolist()} are not in [0, 1)")


def two_factors(game: Game, discount: float | Sequence[float] | None = None) -> Array:
    """Return the two factors of a single game, checked."""
    if game.batch:
        raise GameError("expected a single game, not a batch; index one game first")
    factors = game.discount if discount is None else np.asarray(discount, dtype=np.float64)
    if factors.shape not in ((), (2,)):
        raise GameError(f"discount has shape {factors.shape}; expected one factor or two")
    check_factors(factors)
    return np.array(np.broadcast_to(factors, (2,)))


def checked_cell(game: Game, profile: Profile) -> Profile:
    """Return a profile that the game has, or raise UsageError."""
    a0, a1 = profile
    if not (0 <= a0 < game.shape[0] and 0 <= a1 < game.shape[1]):
        raise UsageError(f"profile {tuple(profile)} is outside a game of shape {game.shape}")
    return a0, a1
