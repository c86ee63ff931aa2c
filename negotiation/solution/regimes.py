"""Regimes and bands: five and four classes of a solution, each a row of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["BANDS", "REGIMES", "Facts", "band", "regime"]


@dataclass(frozen=True)
class Facts:
    """Conditions that decide the regime.

    Attributes
    ----------
    truce_is_stage_equilibrium
        Some truce outcome is a stage Nash equilibrium.
    truce_is_sustained
        Some truce outcome is the path of a subgame-perfect equilibrium.
    something_beats_worst
        Some subgame-perfect payoff strictly beats each player's worst stage equilibrium payoff.
    any_equilibrium
        The pure-strategy subgame-perfect payoff set is not empty.
    """

    truce_is_stage_equilibrium: bool
    truce_is_sustained: bool
    something_beats_worst: bool
    any_equilibrium: bool


REGIMES: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("self-enforcing", lambda f: f.truce_is_stage_equilibrium),
    ("armed truce", lambda f: f.truce_is_sustained),
    ("partial cooperation", lambda f: f.something_beats_worst),
    ("no cooperation", lambda f: f.any_equilibrium),
    ("no pure equilibrium", lambda f: not f.any_equilibrium),
)
"""Name and condition; the first that holds is the regime."""

BANDS = ("impossible", "too impatient", "possible", "risk-dominant")
"""How firmly an outcome can be had: at no common discount factor below 1, whether by fixed plans or
by the mixed one-off equilibrium for ever; at some, but not by fixed plans at the file's;
at the file's; at the file's, and honouring it risk-dominates rupture."""


def regime(facts: Facts) -> str:
    """Return the name of the first regime whose condition holds.

    Examples
    --------
    >>> regime(Facts(False, True, True, True))
    'armed truce'
    """
    return next(name for name, holds in REGIMES if holds(facts))


def band(*, sustained: bool, ever: bool, risk_dominant: bool) -> str:
    """Return the band of an outcome.

    Parameters
    ----------
    sustained
        Whether it is sustained at the game's discount factors.
    ever
        Whether some common discount factor below 1 sustains it.
    risk_dominant
        Whether honouring it risk-dominates rupture.

    Examples
    --------
    >>> band(sustained=False, ever=True, risk_dominant=False)
    'too impatient'
    """
    if sustained:
        return "risk-dominant" if risk_dominant else "possible"
    return "too impatient" if ever else "impossible"
