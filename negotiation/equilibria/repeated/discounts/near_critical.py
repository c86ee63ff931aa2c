"""Test whether a critical discount factor is numerically undecided.

Incentives count as met if they are met to within rounding, for most of what is interesting about
integer payoffs and round discount factors happens where they are met with equality. Nearly always
the rounding moves a critical discount factor as little as itself. But where a constraint binds
exactly at the best payoff there is, players with different discount factors can trade over time
without end: what lies n periods ahead costs the impatient one next to nothing and is still worth
something to the patient one. There 1e-12 of one player's payoff buys 1e-3 of the other's, and what
arithmetic of finite precision says of the critical discount factor means nothing.
"""

from __future__ import annotations

import numpy as np

from negotiation.equilibria.repeated.discounts.patience import (
    IMPATIENT_LIMIT,
    Threats,
    patience_needed,
)
from negotiation.equilibria.repeated.discounts.threshold_search import TIES
from negotiation.equilibria.repeated.payoff_set import pure_minmax
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game

__all__ = ["hangs_on_rounding"]

_ASIDE = 1e-9
_STRICTER, _LOOSER = 3e-12, -3e-12


def hangs_on_rounding(
    game: Game, profile: tuple[int, int], threats: Threats, found: float, who: int | None
) -> bool:
    """Tell whether rounding of incentives moves a critical discount factor by over 1e-9.

    If a hair more patience is enough even where deviators must lose a little more than the
    incentives ask for, it does not. Otherwise something holds with equality whatever the patience,
    and it does if a hair less patience is enough where a little less is asked for.

    Parameters
    ----------
    game
        A single game; where `who` is a player, the other's discount factor is taken from it.
    profile, threats
        As they were for `patience.critical_discount`; threats that depend on patience.
    found
        The critical discount factor.
    who
        Whose it is; None if both have the same.
    """
    discount = np.array(game.discount) if who is not None else np.full(2, found)
    mine = [who] if who is not None else [0, 1]
    lowest = _lowest(game, profile, who)
    if found <= lowest + _ASIDE or found + _ASIDE >= IMPATIENT_LIMIT:
        return False

    def enough_at(x: float, extra: float) -> bool:
        discount[mine] = x

        def enough(worst: Array) -> bool:
            need = patience_needed(game, profile, worst, TIES - extra)
            return bool((need <= discount + TIES - extra).all())

        try:
            worst = threats(discount, enough, extra=extra)
        except NearCriticalError:
            return False
        return worst is not None and enough(worst)

    return not enough_at(found + _ASIDE, _STRICTER) and enough_at(found - _ASIDE, _LOOSER)


def _lowest(game: Game, profile: tuple[int, int], who: int | None) -> float:
    """Return the critical discount factor at minmax threats."""
    floor = patience_needed(game, profile, pure_minmax(game))
    return float(floor.max() if who is None else floor[who])
