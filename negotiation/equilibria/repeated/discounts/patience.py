"""Critical discount factors of a profile that is played in every period."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from negotiation.equilibria.repeated.bounds import Bounds, bounds
from negotiation.equilibria.repeated.discounts.threshold_search import (
    SHARP,
    TIES,
    answer,
    first,
    smallest,
)
from negotiation.equilibria.repeated.payoff_rings import payoff_rings
from negotiation.equilibria.repeated.payoff_set import pure_minmax
from negotiation.equilibria.repeated.screening import Codes, yes_or_no
from negotiation.errors import NearCriticalError
from negotiation.games.game import (
    Array,
    Game,
    best_deviation_payoffs,
    best_other_payoffs,
    enforceable,
    normalised_payoffs,
    payoff_spans,
)

__all__ = [
    "IMPATIENT_LIMIT",
    "Threats",
    "critical_discount",
    "critical_discount_by_player",
    "critical_discount_of",
    "patience_needed",
    "penal_threats",
    "slack",
]

IMPATIENT_LIMIT = 1.0 - 1e-6
"""A critical discount factor above this is reported as never."""


_ROUNDS = {False: 100, True: 8000}
"""Iterations until bounds that leave a question open are given up: with unequal discount factors
what could not be shown to be enough then counts as not enough."""


def slack(game: Game, profile: tuple[int, int], threats: Array) -> Array:
    """Return what each player loses on average by deviating from playing `profile` for ever.

    ``g_i - [(1 - δ_i) c_i + δ_i v_i]`` with c_i what its best other action pays, in payoff units a
    period; negative where i gains.
    """
    g = game.payoffs[:, profile[0], profile[1]]
    c = best_other_payoffs(game)[:, profile[0], profile[1]]
    return np.asarray(g - (1 - game.discount) * c - game.discount * threats, dtype=np.float64)


def patience_needed(
    game: Game, profile: tuple[int, int], threats: Array, ties: float = TIES
) -> Array:
    """Return the discount factor at which each player is indifferent, given the threats.

    ``h / (c - v)``; infinite where no patience is enough. Of payoffs that fall short of the
    threats by up to `ties` it counts as nothing.
    """
    scale = payoff_spans(game.payoffs)
    g = game.payoffs[:, profile[0], profile[1]] / scale
    h = best_deviation_payoffs(game)[:, profile[0], profile[1]] / scale - g
    worth = g - threats / scale
    tempted = h > TIES
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(worth > TIES, h / (h + worth), np.inf)
    return np.where(tempted, need, np.where(worth >= -ties, 0.0, np.inf))


class Threats(Protocol):
    """Worst payoffs at two discount factors, as exactly as a question about them needs."""

    def __call__(
        self, discount: Array, enough: Callable[[Array], bool], *, extra: float = 0.0
    ) -> Array | None:
        """Return them, None if there is no equilibrium.

        Parameters
        ----------
        discount
            Shape ``(2,)``.
        enough
            The question: whether they are low enough. Lower payoffs never turn yes into no.
        extra
            How much more than the incentives ask for deviators must lose.
        """
        ...


def penal_threats(game: Game) -> Threats:
    """Return a function giving the worst subgame-perfect payoffs at any discount factors.

    Where a pure stage equilibrium already holds a player to the pure minmax, that is the worst
    at every discount factor and nothing needs to be solved.
    """
    nash = (game.payoffs == best_deviation_payoffs(game)).all(axis=0)
    floor = pure_minmax(game)
    known: dict[tuple[float, float, float], tuple[Array, Array] | None] = {}
    settled = nash.any() and all(game.payoffs[i][nash].min() <= floor[i] for i in (0, 1))

    def threats(
        discount: Array, enough: Callable[[Array], bool], *, extra: float = 0.0
    ) -> Array | None:
        if settled:
            return floor
        key = (float(discount[0]), float(discount[1]), extra)
        if key not in known:
            known[key] = _worst_payoffs(game, discount, extra)
        found = known[key]
        if found is None:
            return None
        low, high = found
        if np.isfinite(high).all() and enough(high) == enough(low):
            return high
        return _until_decided(Game(game.payoffs[None], discount[None]), enough, extra)

    return threats


def _worst_payoffs(game: Game, discount: Array, extra: float) -> tuple[Array, Array] | None:
    """Return bounds on the worst payoffs, the upper infinite if open; None if no equilibrium."""
    active = enforceable(game.payoffs, discount)
    payoffs, shift, scale = normalised_payoffs(game.payoffs, active)
    found = payoff_rings(payoffs[None], discount[None], active[None], extra)
    count = int(found.counts[0])
    if count == 0:
        return None
    if count < 0:
        return np.full(2, -np.inf), np.full(2, np.inf)
    return found.floor[0] * scale + shift, found.worst[0] * scale + shift


def _until_decided(game: Game, enough: Callable[[Array], bool], extra: float) -> Array | None:
    """Bound the worst payoffs of a batch of one until they are low enough or cannot be.

    Raises
    ------
    NearCriticalError
        If the bounds could not be brought together and the question stayed open.
    """

    def question(b: Bounds) -> Codes:
        yes = bool(np.isfinite(b.high).all()) and enough(b.high[0])
        return yes_or_no([yes], [bool(b.empty[0]) or not enough(b.low[0])])

    common = game.discount[0, 0] == game.discount[0, 1]
    found = bounds(game, question, compare=False, extra=extra, rounds=_ROUNDS[common])
    if question(found)[0] < 0 and not common:
        return None
    if question(found)[0] < 0:
        raise NearCriticalError(
            "the worst payoff changes within rounding of these discount factors",
            residual=float(np.nan_to_num(found.high - found.low, posinf=1.0).max()),
        )
    if found.empty[0]:
        return None
    high: Array = found.high[0]
    return high if np.isfinite(high).all() and enough(high) else np.asarray(found.low[0])


def critical_discount(
    game: Game, profile: tuple[int, int], threats: Threats | Array
) -> float | None:
    """Return the smallest common discount factor at which `profile` can be played for ever.

    Parameters
    ----------
    game
        A single game; its own discount factors play no role.
    profile
        ``(a0, a1)``.
    threats
        What deviators get: a fixed pair (for Nash reversion, each player's worst stage
        equilibrium payoff), or the function from `penal_threats`.

    Returns
    -------
    float or None
        None if no discount factor below 1 is enough.
    """
    if not callable(threats):
        need = float(patience_needed(game, profile, threats).max())
        return need if need < 1 else None
    at: Threats = threats

    def need_at(x: float) -> float:
        def enough(worst: Array) -> bool:
            return bool(patience_needed(game, profile, worst).max() <= x + TIES)

        worst = at(np.array([x, x]), enough)
        return np.inf if worst is None else float(patience_needed(game, profile, worst).max())

    low = float(patience_needed(game, profile, pure_minmax(game)).max())
    return answer(smallest(low, IMPATIENT_LIMIT), need_at)


def critical_discount_by_player(
    game: Game, profile: tuple[int, int], threats: Threats | Array
) -> tuple[float | None, float | None]:
    """Return each player's smallest discount factor, the other's held at the game's value.

    None where no patience of that player is enough, for instance because the other is too
    impatient. With different discount factors more patience need not help, since it also changes
    what the players can do for each other over time; the value is the first that could be shown
    to be enough.
    """
    first_player, second_player = (critical_discount_of(game, profile, threats, i) for i in (0, 1))
    return first_player, second_player


def critical_discount_of(
    game: Game, profile: tuple[int, int], threats: Threats | Array, i: int, sharp: float = SHARP
) -> float | None:
    """Return one player's smallest discount factor, as `critical_discount_by_player` does.

    Parameters
    ----------
    game
        A single game; the other's discount factor is taken from it.
    profile, threats
        As for `critical_discount`.
    i
        The player.
    sharp
        How closely to close in on it, where the threats depend on patience.
    """
    fixed, other = np.asarray(game.discount), 1 - i
    if not callable(threats):
        need = patience_needed(game, profile, threats)
        return float(need[i]) if need[other] <= fixed[other] + TIES and need[i] < 1 else None
    at: Threats = threats
    floor = patience_needed(game, profile, pure_minmax(game))
    if floor[other] > fixed[other] + TIES:
        return None

    def need_at(x: float) -> float:
        discount = fixed.copy()
        discount[i] = x

        def need(worst: Array) -> float:
            both = patience_needed(game, profile, worst)
            return float(both[i]) if both[other] <= fixed[other] + TIES else np.inf

        worst = at(discount, lambda worst: need(worst) <= x + TIES)
        return np.inf if worst is None else need(worst)

    search = first(float(floor[i]), IMPATIENT_LIMIT, float(fixed[i]), sharp)
    return answer(search, need_at)
