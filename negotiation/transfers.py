r"""Repeated games whose sides can also pay each other: pure strategies, perfect monitoring.

**Timing.** A period is a payment stage, then an action stage. At the payment stage each side may
hand over money; this is observed before actions are chosen, and refusing a payment is answered in
the same period. A deviation in actions is answered from the next payment stage on. Payments are
bounded, in payoff units; payoffs are averages, ``(1 - d_i) * sum of d_i^t * (payoff of period t)``,
measured at a payment stage.

**One common factor, all factors at once** (Goldlücke & Kranz 2012, JET 147, Theorem 2). With G the
sum of payoffs, c_i the best i can get by deviating, L = sum of (c_i - g_i): a path a^e and
punishments a^1, a^2 are sustainable iff ``max L <= d / (1 - d) * (G(a^e) - c_1(a^1) - c_2(a^2))``.
The equilibrium payoffs are then the triangle ``u_i >= v_i``, ``u_0 + u_1 <= U`` with U = G(a^e),
v_i = c_i(a^i) (below the line, money is burnt). Both sides of the condition grow with the set of
profiles allowed, so only the sets {L <= l} matter: sort by L and take running extremes.

**Unequal factors** (our extension; m is the more patient side, n the other). A continuation W, as a
total, must satisfy W_j >= V_j + h_j / d_j, h_j = c_j - g_j. The sum of totals is largest when all
that n does not need goes to m, so with ``gap = d_m - d_n`` the condition becomes

    max over e, 1, 2 of (1 - d_m) * (h_0 / d_0 + h_1 / d_1)  <=  G~(a^e) - c_1(a^1) - c_2(a^2),
    G~ = G - gap * h_n / d_n,

and the frontier ``u_m + u_n * (1 - d_m) / (1 - d_n) <= U``, U = G~(a^e) - gap / (1 - d_n) * v_n.
The set of sustainable profiles grows with either factor: the total at stake,
(G~ - v_0 - v_1) / (1 - d_m), rises in d_m at the rate of (itself - h_n / d_n) / (1 - d_m) >= 0.

A threshold reached within 1e-12 counts as reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .errors import GameError, UsageError
from .game import Array, Game

__all__ = [
    "End",
    "Payments",
    "Regime",
    "TransferSet",
    "TransferSolution",
    "critical_discount_with_transfers",
    "critical_discounts_with_transfers",
    "payments",
    "payoff_set",
    "regimes_with_transfers",
    "row_at",
    "sustained_with_transfers",
]

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Profile = tuple[int, int]
Pair = tuple[float, float]
_TIE = 1e-13  # of the payoff scale: values closer than this are the same number
_REACHED = 1e-12  # of a discount factor, or of the payoff scale: a bound missed by less is met
_GRID = 2.0**42  # sort keys are compared to this fineness, so that ties keep the file's order
_CELLS = 1 << 17  # cells worked on at a time, so that intermediates stay in cache


@dataclass(frozen=True)
class Regime:
    """What payments can sustain from one common discount factor up to the next row's.

    Attributes
    ----------
    delta_min
        Smallest common discount factor at which this row holds.
    U
        Largest sum of average payoffs, in payoff units per period.
    v
        Worst equilibrium payoff of each player.
    equilibrium
        Profile a^e of the best path.
    punishments
        Profiles a^1, a^2 that hold player 0, player 1 to v.
    L
        Largest of the three profiles' sums of gains from deviating.
    """

    delta_min: float
    U: float
    v: Pair
    equilibrium: Profile
    punishments: tuple[Profile, Profile]
    L: float


@dataclass(frozen=True, eq=False)
class TransferSolution:
    """All common discount factors at once, for a game or a batch.

    Attributes
    ----------
    delta_min, U, L
        Shape ``(..., K)``, as in `Regime`, by increasing `delta_min`; games with fewer than K rows
        are padded with inf, NaN, NaN. No row: no pure equilibrium at any common factor.
    v
        Shape ``(..., K, 2)``.
    profiles
        Shape ``(..., K, 3, 2)``: a^e, a^1, a^2 as ``(a0, a1)``; padded with -1.
    method
        Where the algorithm comes from.
    """

    delta_min: Array
    U: Array
    v: Array
    profiles: Ints
    L: Array
    method: str = "Goldlücke & Kranz (2012)"

    @property
    def rows(self) -> tuple[Regime, ...]:
        """The rows of a single game; GameError for a batch."""
        if self.delta_min.ndim != 1:
            raise GameError("a batch of solutions has no single list of rows; solve one game")
        return tuple(
            Regime(float(d), float(big), _pair(v), *_triple(cells), float(el))
            for d, big, v, cells, el in zip(
                self.delta_min, self.U, self.v, self.profiles, self.L, strict=True
            )
        )


@dataclass(frozen=True, eq=False)
class TransferSet:
    """Equilibrium payoffs with payments: ``u_i >= v_i`` and ``weights @ u <= U``.

    Attributes
    ----------
    status
        Whether it has an inside, is one point, or there is no pure equilibrium.
    discount
        The two factors it holds for.
    vertices
        Shape ``(3, 2)``, ``(1, 2)`` or ``(0, 2)``, counter-clockwise from the lexicographic
        minimum, in payoff units per period.
    weights
        ``(1, 1)`` for a common factor; see the module's head for unequal ones.
    U, v, equilibrium, punishments
        As in `Regime`; None when empty.
    """

    status: Literal["polygon", "point", "empty"]
    discount: Pair
    vertices: Array
    weights: Pair
    U: float | None = None
    v: Pair | None = None
    equilibrium: Profile | None = None
    punishments: tuple[Profile, Profile] | None = None


class End(NamedTuple):
    """The constraint that ends an interval of payments: whose, and at which stage.

    `action`: the player would rather deviate from the profile. `payment`: the player, who gains
    nothing by deviating from the profile, would rather not pay.
    """

    player: int
    stage: Literal["action", "payment"]


@dataclass(frozen=True)
class Payments:
    """Stationary payments that make a profile worth playing for ever.

    Attributes
    ----------
    profile, discount
        What is played, and the two factors.
    transfer
        Smallest net payment at the start of every period that does it, in payoff units;
        positive from player 0 to player 1, negative from 1 to 0, 0 when none is needed.
    interval
        All stationary payments that do it, same sign convention.
    ends
        The constraints that bind at the two ends: player 1's at the lower, player 0's at the upper.
    binding
        The constraint that `transfer` just meets; None when no payment is needed.
    threats, punishments
        v and the profiles that hold each player to it.
    fines
        What each player may be asked to pay once, on top, to be forgiven a breach: paying leaves
        that player with exactly v; refusing is answered by the punishment.
    """

    profile: Profile
    discount: Pair
    transfer: float
    interval: Pair
    ends: tuple[End, End]
    binding: End | None
    threats: Pair
    punishments: tuple[Profile, Profile]
    fines: Pair


def regimes_with_transfers(game: Game) -> TransferSolution:
    """Solve for every common discount factor; the game's own factors are not used.

    Parameters
    ----------
    game
        A game or a batch, payoffs ``(..., 2, n0, n1)`` in any unit.

    Returns
    -------
    TransferSolution
        One row for each change of U or v, by increasing discount factor.

    References
    ----------
    Goldlücke & Kranz (2012), Journal of Economic Theory 147; Kranz (2012), package repgame.

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> [(round(r.delta_min, 6), r.U, r.v) for r in regimes_with_transfers(pd).rows]
    [(0.0, 4.0, (2.0, 2.0)), (0.428571, 8.0, (2.0, 2.0))]
    """
    flat = game.payoffs.reshape(-1, *game.payoffs.shape[-3:])
    step = max(1, _CELLS // (flat.shape[-1] * flat.shape[-2]))
    parts = [_rows(flat[k : k + step]) for k in range(0, max(len(flat), 1), step)]
    width = max(part.delta_min.shape[1] for part in parts)
    delta, total, threat, cells, gains = (
        np.concatenate([_widen(x, width) for x in column]) for column in zip(*parts, strict=True)
    )
    shape = (*game.batch, width)
    return TransferSolution(
        np.where(np.isnan(delta), np.inf, delta).reshape(shape),
        total.reshape(shape),
        threat.reshape(*shape, 2),
        _named(cells, game.shape[1]).reshape(*shape, 3, 2),
        gains.reshape(shape),
    )


def row_at(solution: TransferSolution, delta: npt.ArrayLike) -> Ints:
    """Return the index along K of the row that holds at a common factor; -1 where none does.

    Parameters
    ----------
    solution
        For a game or a batch of shape ``(...)``.
    delta
        Common discount factors in [0, 1), broadcast against the batch.

    Raises
    ------
    GameError
        If a factor is outside [0, 1).
    """
    factor = np.asarray(delta, dtype=np.float64)
    _check_factors(factor)
    reached: Ints = (solution.delta_min <= factor[..., None] + _REACHED).sum(-1)
    return reached - 1


def payoff_set(game: Game, discount: float | Sequence[float] | None = None) -> TransferSet:
    """Return the equilibrium payoffs of one game at one common factor, or at two unequal ones.

    Parameters
    ----------
    game
        A single game.
    discount
        One factor, or one for each player; by default the game's own.

    Raises
    ------
    GameError
        For a batch, or a factor outside [0, 1).

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> payoff_set(pd, 0.5).vertices.tolist()
    [[2.0, 2.0], [6.0, 2.0], [2.0, 6.0]]
    """
    factors = _single(game, discount)
    at = _at(game.payoffs[None], factors[None])
    d, m = _pair(factors), int(factors[1] > factors[0])
    n = 1 - m
    weights = np.ones(2)
    weights[n] = (1 - d[m]) / (1 - d[n])
    if not at.found[0]:
        return TransferSet("empty", d, np.empty((0, 2)), _pair(weights))
    v, e, gap = at.threat[:, 0], int(at.cells[0, 0]), d[m] - d[n]
    total = float(game.payoffs.reshape(2, -1)[:, e].sum() - gap / (1 - d[n]) * v[n])
    if gap:
        total -= gap * float(at.steep[n, e, 0])
    reach = (total - (weights * v)[::-1]) / weights  # most each can get, the other held to v
    corners = np.array([v, (reach[0], v[1]), (v[0], reach[1])])
    names = _triple(_named(at.cells[:, 0], game.shape[1]))
    if at.spare[0]:
        return TransferSet("point", d, corners[:1], _pair(weights), total, _pair(v), *names)
    return TransferSet("polygon", d, corners, _pair(weights), total, _pair(v), *names)


def critical_discounts_with_transfers(game: Game) -> Array:
    """Return, for every profile, the smallest common factor at which it can be played for ever.

    The profile needs ``L(a) <= d / (1 - d) * (G(a) - v_0(d) - v_1(d))``, payments on the path
    allowed. v falls with d, so the right side rises with d and the answer is a single crossing:
    the least, over rows, of max(row's delta_min, L / (L + G - v_0 - v_1)).

    Returns
    -------
    Array
        Shape ``(..., n0, n1)``; inf where it is never below 1.
    """
    terms = _terms(game.payoffs.reshape(-1, *game.payoffs.shape[-3:]))
    solution = regimes_with_transfers(game)
    shape = (len(terms.unit), solution.delta_min.shape[-1])
    start, threat = solution.delta_min.reshape(shape), solution.v.sum(-1).reshape(shape)
    best = np.full(terms.total.shape, np.inf)
    for k in range(shape[1]):
        share = (terms.total - threat[:, k]) / terms.unit
        crossing = _threshold(terms.gain.sum(0), share, terms.tie)
        np.minimum(best, np.maximum(crossing, start[:, k]), out=best)
    return best.T.reshape(*game.batch, *game.shape)


def critical_discount_with_transfers(game: Game, profile: Profile) -> float | None:
    """Return the smallest common factor at which `profile` can be played for ever, or None.

    Parameters
    ----------
    game
        A single game.
    profile
        ``(a0, a1)``, from 0.

    Raises
    ------
    GameError, UsageError
        For a batch; for a profile outside the game.

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> critical_discount_with_transfers(pd, (0, 0)) == 3 / 7
    True
    """
    _single(game)
    least = float(critical_discounts_with_transfers(game)[_check_profile(game, profile)])
    return least if np.isfinite(least) else None


def sustained_with_transfers(game: Game) -> Bools:
    """Say which profiles can be played for ever, with payments, at the game's own two factors.

    Returns
    -------
    Bools
        Shape ``(..., n0, n1)``.
    """
    p, d = game.payoffs.reshape(-1, *game.payoffs.shape[-3:]), game.discount.reshape(-1, 2)
    at = _at(p, d)
    need = at.threat[:, None] + (1 - d.T[:, None]) * at.steep
    room = p.reshape(len(p), *need.shape[:2]).sum(1).T - need.sum(0)
    fits: Bools = (room >= -at.slack) & at.found
    return fits.T.reshape(*game.batch, *game.shape)


def payments(
    game: Game, profile: Profile, discount: float | Sequence[float] | None = None
) -> Payments | None:
    """Return the smallest stationary payment that lets `profile` be played for ever.

    A net payment t from player 0 to player 1 at the start of every period leaves average payoffs
    g_0 - t, g_1 + t. Player i obeys iff that is at least v_i + h_i * (1 - d_i) / d_i: with h_i > 0
    the action constraint, which implies the payment constraint; with h_i = 0 they are the same.
    So t lies in an interval, one end for each player. Stationary payments do as well as any others.
    Threats may involve payments: 0 means none *on the path*.

    Parameters
    ----------
    game
        A single game.
    profile
        ``(a0, a1)``, from 0.
    discount
        One factor, or one for each player; by default the game's own.

    Returns
    -------
    Payments or None
        None when no payments sustain the profile.

    Raises
    ------
    GameError, UsageError
        For a batch or a factor outside [0, 1); for a profile outside the game.

    Examples
    --------
    >>> pd = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
    >>> deal = payments(pd, (0, 0), 0.45)
    >>> round(deal.transfer, 6), deal.binding    # player 1 pays 0.444444 each period
    (-0.444444, End(player=0, stage='action'))
    """
    factors = _single(game, discount)
    a0, a1 = _check_profile(game, profile)
    at = _at(game.payoffs[None], factors[None])
    if not at.found[0]:
        return None
    cell = a0 * game.shape[1] + a1
    steep, v = at.steep[:, cell, 0], at.threat[:, 0]
    pay = game.payoffs[:, a0, a1]
    room = pay - v - (1 - factors) * steep
    if room.sum() < -at.slack[0]:
        return None
    low, high = -float(room[1]), float(room[0])
    stages: list[Literal["action", "payment"]] = ["action" if s > 0 else "payment" for s in steep]
    ends = (End(1, stages[1]), End(0, stages[0]))
    transfer, binding = _smallest((low, high), ends, near=float(at.slack[0]))
    low, high = min(low, transfer), max(high, transfer)  # differs by rounding only
    left = pay + np.array([-transfer, transfer])
    fines = np.maximum(left - v, 0) / (1 - factors)
    _, punish = _triple(_named(at.cells[:, 0], game.shape[1]))
    return Payments(
        (a0, a1),
        _pair(factors),
        transfer,
        (low, high),
        ends,
        binding,
        _pair(v),
        punish,
        _pair(fines),
    )


# ---- kernels: the batch is the last axis, so that steps along profiles run over whole rows ----


class _Terms(NamedTuple):
    total: Array  # (N, B) G(a), payoff units; profiles are numbered along N = n0 * n1
    caught: Array  # (2, N, B) c_i(a), payoff units
    aim: Array  # (N, B) G(a), in units of the game's range, each player's lowest payoff being 0
    best: Array  # (2, N, B) c_i(a), same units
    gain: Array  # (2, N, B) h_i(a) = c_i - g_i, same units, exactly 0 for ties
    unit: Array  # (B,) one scale for both players, as payoffs are added; a power of 2: no rounding
    tie: Array  # (B,) differences up to this are rounding


class _Rows(NamedTuple):
    delta_min: Array  # (B, K)
    total: Array  # (B, K)
    threat: Array  # (B, K, 2)
    cells: Ints  # (B, K, 3)
    gains: Array  # (B, K)


class _At(NamedTuple):
    found: Bools  # (B,) a pure equilibrium exists
    spare: Bools  # (B,) nothing to share beyond v: the payoff set is a point
    cells: Ints  # (3, B) a^e, a^1, a^2
    threat: Array  # (2, B) v, payoff units
    steep: Array  # (2, N, B) h_i / d_i, payoff units; inf where d_i = 0 < h_i
    slack: Array  # (B,) a constraint missed by less is met, payoff units


def _terms(payoffs: Array) -> _Terms:
    """Tabulate a batch ``(B, 2, n0, n1)``."""
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
    return _Terms(
        total, caught.reshape(flat), aim, best.reshape(flat), gain.reshape(flat), unit, tie
    )


def _running(key: Array, aim: Array, terms: _Terms) -> tuple[Ints, Bools, Ints, Array]:
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


def _threshold(gains: Array, share: Array, tie: Array) -> Array:
    """Return the smallest d with ``gains <= d / (1 - d) * share``; inf if none is below 1."""
    pays = (gains > 0) & (share > tie)
    crossing = np.divide(gains, gains + share, out=np.full(gains.shape, np.inf), where=pays)
    return np.where(gains == 0, 0.0, crossing)  # no gain: a stage equilibrium, share >= 0


def _rows(p: Array) -> _Rows:
    """Solve a batch ``(B, 2, n0, n1)`` at all common factors; unused places hold NaN or -1."""
    terms = _terms(p)
    gains = terms.gain.sum(0)
    order, changed, cells, share = _running(gains, terms.aim, terms)
    gains = np.take_along_axis(gains, order, 0)
    delta = np.where(changed, _threshold(gains, share, terms.tie), np.inf)
    later = np.full(delta.shape, np.inf)  # a row counts while below every later one
    later[:-1] = np.minimum.accumulate(delta[:0:-1], 0)[::-1]
    keep = delta < later - _TIE
    game, place = np.nonzero(keep.T)
    row = (np.cumsum(keep, 0) - 1)[place, game]
    shape = (len(p), int(row.max(initial=-1)) + 1)
    chosen = cells[:, place, game]
    return _Rows(
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


def _held(terms: _Terms, cells: Ints, game: Ints) -> Array:
    """Return c_0(a^1), c_1(a^2) in payoff units, ``(2, R)``, of triples ``(3, R)`` of games."""
    held: Array = terms.caught[np.array([[0], [1]]), cells[1:], game]
    return held


def _at(p: Array, d: Array) -> _At:
    """Solve a batch ``(B, 2, n0, n1)`` at factors ``(B, 2)``, unequal or not."""
    terms, games, factor = _terms(p), np.arange(len(p)), d.T[:, None]
    patient, gap = d.max(-1), np.ptp(d, -1)
    steep = np.where(terms.gain > 0, np.inf, 0.0)
    np.divide(terms.gain, factor, out=steep, where=factor > 0)
    other = steep[d.argmin(-1), :, games].T
    loss = np.multiply(gap, other, out=np.zeros_like(other), where=gap > 0)
    need = (1 - patient) * steep.sum(0)
    order, _, cells, share = _running(need, terms.aim - loss, terms)
    slack = terms.tie + _REACHED
    fits = np.take_along_axis(need, order, 0) <= share + slack
    last = len(fits) - 1 - np.argmax(fits[::-1], 0)
    triple = cells[:, last, games]
    return _At(
        fits[last, games],
        share[last, games] <= slack,
        triple,
        _held(terms, triple, games),
        steep * terms.unit,
        slack * terms.unit,
    )


# ---- small change ----


def _smallest(interval: Pair, ends: tuple[End, End], *, near: float) -> tuple[float, End | None]:
    """Return the number nearest 0 in an interval and the end it is at; within `near` of 0 is 0."""
    if interval[0] > near:
        return interval[0], ends[0]
    if interval[1] < -near:
        return interval[1], ends[1]
    return 0.0, None


def _pair(x: Array) -> Pair:
    return float(x[0]), float(x[1])


def _named(cells: Ints, n1: int) -> Ints:
    """Turn numbers of profiles into ``(a0, a1)`` on a last axis; -1 stays -1."""
    return np.where(cells[..., None] < 0, -1, np.stack(np.divmod(cells, n1), -1))


def _triple(cells: Ints) -> tuple[Profile, tuple[Profile, Profile]]:
    path, held_0, held_1 = ((int(a0), int(a1)) for a0, a1 in cells)
    return path, (held_0, held_1)


def _widen(x: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    padding = [(0, 0), (0, width - x.shape[1])] + [(0, 0)] * (x.ndim - 2)
    return np.pad(x, padding, constant_values=-1 if x.dtype.kind == "i" else np.nan)


def _check_factors(d: Array) -> None:
    if not ((d >= 0) & (d < 1)).all():
        raise GameError(f"discount factors {d.tolist()} are not in [0, 1)")


def _single(game: Game, discount: float | Sequence[float] | None = None) -> Array:
    """Return the two factors of a single game, checked."""
    if game.batch:
        raise GameError("expected a single game, not a batch; index one game first")
    given = game.discount if discount is None else np.asarray(discount, dtype=np.float64)
    if given.shape not in ((), (2,)):
        raise GameError(f"discount has shape {given.shape}; expected one factor or two")
    _check_factors(given)
    return np.array(np.broadcast_to(given, (2,)))


def _check_profile(game: Game, profile: Profile) -> Profile:
    a0, a1 = profile
    if not (0 <= a0 < game.shape[0] and 0 <= a1 < game.shape[1]):
        raise UsageError(f"profile {tuple(profile)} is outside a game of shape {game.shape}")
    return a0, a1
