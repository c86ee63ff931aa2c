"""How patient each side must be for a profile to be played for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from negotiation.equilibria.repeated.one_game.iteration import Bounds, bound_worst_payoffs
from negotiation.equilibria.repeated.one_game.threshold_search import (
    SHARP,
    TIES,
    answer,
    first,
    smallest,
)
from negotiation.equilibria.repeated.one_game.worst_payoff_bounds import threat_bounds
from negotiation.equilibria.repeated.payoff_set import pure_minmax, unit_payoffs
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game, best_deviation_payoffs

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

_NEAR, _HOPELESS = 1e-3, 3
"""This close to discount factors with a self-generating set, one shows in few rounds or never."""

_Key = tuple[float, float]


def slack(game: Game, profile: tuple[int, int], threats: Array) -> Array:
    """Return what each player loses on average by deviating from playing `profile` for ever.

    ``g_i - [(1 - δ_i) c_i + δ_i v_i]``, in payoff units a period; negative where i gains.
    """
    g = game.payoffs[:, profile[0], profile[1]]
    c = best_deviation_payoffs(game)[:, profile[0], profile[1]]
    return np.asarray(g - (1 - game.discount) * c - game.discount * threats, dtype=np.float64)


def patience_needed(
    game: Game, profile: tuple[int, int], threats: Array, ties: float = TIES
) -> Array:
    """Return the discount factor at which each player is indifferent, given the threats.

    ``h / (c - v)``; infinite where no patience is enough. Of payoffs that fall short of the
    threats by up to `ties` it counts as nothing.
    """
    scale = unit_payoffs(game)[2]
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
            As for `bound_worst_payoffs`.
        """
        ...


def penal_threats(game: Game) -> Threats:
    """Return a function giving the worst subgame-perfect payoffs at any discount factors.

    Where a pure stage equilibrium already holds a player to the pure minmax, that is the worst
    at every discount factor and nothing needs to be solved.
    """
    payoffs, shift, scale = unit_payoffs(game)
    c = best_deviation_payoffs(game)
    nash = (game.payoffs == c).all(axis=0)
    floor = pure_minmax(game)
    known: dict[_Key, Bounds | None] = {}
    settled = nash.any() and all(game.payoffs[i][nash].min() <= floor[i] for i in (0, 1))

    def threats(
        discount: Array, enough: Callable[[Array], bool], *, extra: float = 0.0
    ) -> Array | None:
        if settled:
            return floor

        def decided(bounds: Bounds) -> bool:
            return not enough(bounds.low * scale + shift) or (
                bounds.high is not None and enough(bounds.high * scale + shift)
            )

        key = (float(discount[0]), float(discount[1]))
        here = _bounds_at(key, payoffs, known, decided, extra)
        if here is None:
            return None
        low = here.low * scale + shift
        high = None if here.high is None else here.high * scale + shift
        return high if high is not None and enough(high) else low

    return threats


def _bounds_at(
    key: _Key,
    payoffs: Array,
    known: dict[_Key, Bounds | None],
    decided: Callable[[Bounds], bool],
    extra: float,
) -> Bounds | None:
    """Bound the worst payoffs until that decides; None if there is no equilibrium.

    Bounds are kept in `known`, other than those found with `extra`.
    """
    if key not in known and not extra:
        known[key] = _quick_bounds(payoffs, key)
    here = Bounds(np.full(2, -np.inf)) if extra else known[key]
    if here is None or decided(here):
        return here
    rounds = 2000 if key[0] == key[1] else 150
    near, far = _nearest(known, key)
    limits = rounds, _HOPELESS if 0 < far < _NEAR else rounds
    try:
        here = bound_worst_payoffs(payoffs, np.asarray(key), decided, limits, near, extra=extra)
    except NearCriticalError:
        if key[0] == key[1]:
            raise
        return None
    if not extra:
        known[key] = here
    return here


def _quick_bounds(payoffs: Array, key: _Key) -> Bounds:
    """Return bounds that cost little and often settle a question without any set."""
    low, high = threat_bounds(Game(payoffs, np.asarray(key)))
    return Bounds(low, high if np.isfinite(high).all() else None)


def _nearest(known: dict[_Key, Bounds | None], key: _Key) -> tuple[Array | None, float]:
    """Return the self-generating set known at the nearest discount factors, and how far off."""
    found = {
        abs(at[0] - key[0]) + abs(at[1] - key[1]): bounds.ring
        for at, bounds in known.items()
        if bounds is not None and bounds.ring is not None
    }
    far = min(found, default=np.inf)
    return found.get(far), far


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
