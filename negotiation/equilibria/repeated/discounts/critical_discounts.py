"""The least patience that is enough under the harshest believable punishments, for whole batches.

The searches are those of the single-game path (`least_patience`). Here they advance together, and
what they ask in one round is answered by one call of the compiled kernels. What the kernels leave
open, the exact path answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.discounts.near_critical import hangs_on_rounding
from negotiation.equilibria.repeated.discounts.patience import (
    IMPATIENT_LIMIT,
    Threats,
    penal_threats,
)
from negotiation.equilibria.repeated.discounts.threshold_search import TIES, Search, first, smallest
from negotiation.equilibria.repeated.payoff_rings import payoff_rings, spread_out
from negotiation.equilibria.repeated.payoff_set import pure_minmax
from negotiation.equilibria.repeated.screening import patience
from negotiation.errors import NearCriticalError
from negotiation.games.game import (
    Array,
    Game,
    best_deviation_payoffs,
    enforceable,
    normalised_payoffs,
    payoff_spans,
)

__all__ = ["critical_discounts_batch", "critical_discounts_by_player_batch"]

_BOTH = -1
_ASIDE = 1e-7
_CHUNK = 512


_Pair = tuple[float, float]
_Bracket = tuple[_Pair, _Pair]
"""Bounds on both worst payoffs, in shares of the payoff ranges: lower and upper."""


@dataclass(eq=False)
class _Question:
    """Search for the critical discount factor of `who` at one profile of one game.

    Attributes
    ----------
    row, cell
        Which game and cell.
    who
        A player, the other's discount factor being the game's; or `_BOTH` alike.
    fixed
        The game's discount factors.
    pays, gain
        Each player's payoff there and gain from the best deviation, as shares of its payoff range.
    search
        The search, waiting for the need at `x`.
    """

    row: int
    cell: tuple[int, int]
    who: int
    fixed: tuple[float, float]
    pays: tuple[float, float]
    gain: tuple[float, float]
    search: Search
    x: float

    @property
    def discount(self) -> tuple[float, float]:
        """The discount factors asked about."""
        if self.who == _BOTH:
            return self.x, self.x
        return (self.x, self.fixed[1]) if self.who == 0 else (self.fixed[0], self.x)

    def need(self, threats: _Pair) -> float:
        """Return the patience that is enough if deviators get the threats."""
        needs = [
            _indifferent(h, g - v) for h, g, v in zip(self.gain, self.pays, threats, strict=True)
        ]
        if self.who == _BOTH:
            return max(needs)
        other = 1 - self.who
        return needs[self.who] if needs[other] <= self.fixed[other] + TIES else np.inf

    def clear(self, known: _Bracket) -> bool:
        """Tell whether bounds on the punishments decide if any patience is enough.

        They do not where a cell pays just the threat, or where the other player is just patient
        enough.
        """
        floor, worst = known
        return bool(np.isfinite(self.need(worst)) == np.isfinite(self.need(floor)))


def _indifferent(gain: float, worth: float) -> float:
    """Return the discount factor at which deviating and not are worth the same; as `patience`."""
    if gain > TIES:
        return gain / (gain + worth) if worth > TIES else np.inf
    return 0.0 if worth >= -TIES else np.inf


def critical_discounts_batch(game: Game, *, threads: int | None = None) -> Array:
    """Find the smallest common discount factor at which each cell can be played for ever.

    As `patience.critical_discount` with `penal_threats`, for every cell of every game.

    Parameters
    ----------
    game
        A batch, payoffs ``(..., 2, n0, n1)``; its own discount factors play no role.
    threads
        How many; by default one for each core.

    Returns
    -------
    Array
        Shape ``(..., n0, n1)``; inf where no patience is enough, NaN where rounding decides.
    """
    return _find(game, (_BOTH,), threads)[..., 0, :, :]


def critical_discounts_by_player_batch(game: Game, *, threads: int | None = None) -> Array:
    """Find each player's smallest discount factor, the other's held at the game's value.

    As `patience.critical_discount_by_player` with `penal_threats`, for every cell of every game.

    Parameters
    ----------
    game
        A batch, payoffs ``(..., 2, n0, n1)`` and discount factors ``(..., 2)``.
    threads
        How many; by default one for each core.

    Returns
    -------
    Array
        Shape ``(..., 2, n0, n1)``; inf where no patience is enough, NaN where rounding decides
        (see `knife_edge`).
    """
    return _find(game, (0, 1), threads)


def _find(game: Game, whose: tuple[int, ...], threads: int | None) -> Array:
    """Answer for each of `whose`: shape ``(..., len(whose), n0, n1)``."""
    n0, n1 = game.shape
    flat = Game(game.payoffs.reshape(-1, 2, n0, n1), game.discount.reshape(-1, 2))
    floor = pure_minmax(flat)
    low = patience(flat, floor)
    answers = np.stack([_lowest(low, flat.discount, who) for who in whose], axis=1)
    answers[answers > IMPATIENT_LIMIT] = np.inf
    rows = np.flatnonzero(~_settled(flat, floor))

    def work(part: slice) -> None:
        some = rows[part]
        answers[some] = _search(Game(flat.payoffs[some], flat.discount[some]), whose, answers[some])

    spread_out(work, len(rows), _CHUNK, threads)
    return answers.reshape(*game.batch, len(whose), n0, n1)


def _lowest(low: Array, discount: Array, who: int) -> Array:
    """Return what is enough if both can be held to the minmax: no less can ever be."""
    if who == _BOTH:
        return np.asarray(low.max(axis=1), dtype=np.float64)
    other = 1 - who
    possible = low[:, other] <= discount[:, other, None, None] + TIES
    return np.where(possible, low[:, who], np.inf)


def _settled(game: Game, floor: Array) -> npt.NDArray[np.bool_]:
    """Tell whether pure stage equilibria hold both players to the minmax at every patience."""
    p = game.payoffs
    nash = (p == best_deviation_payoffs(game)).all(axis=1)
    held = np.where(nash[:, None], p, np.inf).min(axis=(2, 3))
    return np.asarray((held <= floor).all(axis=1), dtype=np.bool_)


_Known = dict[tuple[int, float, float], _Bracket | None]
"""Worst payoffs by game and discount factors; None where there is no equilibrium."""


def _search(game: Game, whose: tuple[int, ...], lowest: Array) -> Array:
    """Run all searches about some games to their ends."""
    answers = np.full(lowest.shape, np.inf)
    spans = payoff_spans(game.payoffs)
    singles = [Game(p, d) for p, d in zip(game.payoffs, game.discount, strict=True)]
    exact = [penal_threats(single) for single in singles]
    known: _Known = {}
    open_, doubtful = list(_questions(game, spans, whose, lowest)), []
    while open_:
        _ask_kernels(game.payoffs, spans, open_, known)
        left = []
        for q in open_:
            try:
                found = _ask_exactly(q, exact[q.row], spans[q.row], known)
                q.x = q.search.send(found) if found is not None else q.search.throw(_TOO_NEAR)
                left.append(q)
            except StopIteration as end:
                value = end.value
                answers[q.row, whose.index(q.who), *q.cell] = np.inf if value is None else value
                if value is not None and q.who != _BOTH:
                    doubtful.append(replace(q, x=value))
            except NearCriticalError:
                answers[q.row, whose.index(q.who), *q.cell] = np.nan
        open_ = left
    for q in _not_firm(game.payoffs, spans, doubtful, known):
        if hangs_on_rounding(singles[q.row], q.cell, exact[q.row], q.x, q.who):
            answers[q.row, whose.index(q.who), *q.cell] = np.nan
    return answers


def _not_firm(
    payoffs: Array, spans: Array, ended: list[_Question], known: _Known
) -> list[_Question]:
    """Return the questions whose answer, at `x`, is not enough once the other loses a hair.

    Where it is, nothing that it rests on holds with equality whatever the patience.
    """
    moved = [replace(q, x=q.x + _ASIDE, fixed=_less(q.fixed)) for q in ended]
    _ask_kernels(payoffs, spans, moved, known)
    found = [known.get((q.row, *q.discount)) for q in moved]
    return [
        q
        for q, aside, threats in zip(ended, moved, found, strict=True)
        if threats is None or aside.need(threats[1]) > aside.x
    ]


def _less(fixed: tuple[float, float]) -> tuple[float, float]:
    return fixed[0] - _ASIDE / 10, fixed[1] - _ASIDE / 10


def _questions(
    game: Game, spans: Array, whose: tuple[int, ...], lowest: Array
) -> Iterator[_Question]:
    """Start a search for every cell that some patience could be enough for."""
    gain = best_deviation_payoffs(game) - game.payoffs
    for row, index, a, b in np.argwhere(lowest <= IMPATIENT_LIMIT).tolist():
        who, low = whose[index], float(lowest[row, index, a, b])
        fixed = (float(game.discount[row, 0]), float(game.discount[row, 1]))
        search = (
            smallest(low, IMPATIENT_LIMIT)
            if who == _BOTH
            else first(low, IMPATIENT_LIMIT, fixed[who])
        )
        pays = (game.payoffs[row, :, a, b] / spans[row]).tolist()
        gains = (gain[row, :, a, b] / spans[row]).tolist()
        yield _Question(row, (a, b), who, fixed, tuple(pays), tuple(gains), search, next(search))


def _ask_kernels(payoffs: Array, spans: Array, questions: list[_Question], known: _Known) -> None:
    """Add to `known` what the kernels can tell about the punishments the questions are about."""
    keys = sorted({(q.row, *q.discount) for q in questions} - known.keys())
    if not keys:
        return
    rows = np.array([key[0] for key in keys])
    discount = np.clip([key[1:] for key in keys], 0.0, IMPATIENT_LIMIT)
    active = enforceable(payoffs[rows], discount)
    normal, shift, scale = normalised_payoffs(payoffs[rows], active)
    found = payoff_rings(normal, discount, active)
    floor, worst = (
        ((x * scale + shift) / spans[rows]).tolist() for x in (found.floor, found.worst)
    )
    for k, (key, count) in enumerate(zip(keys, found.counts.tolist(), strict=True)):
        if count >= 0:
            known[key] = (tuple(floor[k]), tuple(worst[k])) if count > 0 else None


def _ask_exactly(q: _Question, exact: Threats, spans: Array, known: _Known) -> float | None:
    """Return the need a question is about, by closer bounds if not known; None if none can tell.

    These look no closer than the question needs, so their answers serve nothing else.
    """
    key = (q.row, *q.discount)
    threats = known.get(key)
    if threats is None and key in known:
        return np.inf
    if threats is not None and q.clear(threats):
        return q.need(threats[1])

    def need(worst: Array) -> float:
        return q.need(tuple((worst / spans).tolist()))

    try:
        found = exact(np.array(q.discount), lambda worst: need(worst) <= q.x + TIES)
    except NearCriticalError:
        return None
    return np.inf if found is None else need(found)


_TOO_NEAR = NearCriticalError("rounding decides", residual=0.0)
