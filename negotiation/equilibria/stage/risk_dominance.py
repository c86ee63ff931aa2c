"""Critical beliefs and risk dominance of a deal against rupture.

Average payoffs, pure strategies, perfect monitoring, a discount factor per player. No answer
changes when a player's payoffs are multiplied or shifted.

References
----------
J. Harsanyi, R. Selten (1988), A General Theory of Equilibrium Selection in Games, MIT Press.
M. Blonski, P. Ockenfels, G. Spagnolo (2011), Equilibrium selection in the repeated prisoner's
dilemma, American Economic Journal: Microeconomics 3, 164-192.
P. Dal Bó, G. Fréchette (2018), On the determinants of cooperation in infinitely repeated games,
Journal of Economic Literature 56, 60-114.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.games.game import Array, Game, exact_tables, rescaled

__all__ = ["Profile", "Rupture", "Trust", "critical_belief", "worst_stage_equilibrium"]

Profile = tuple[int, int]

_TIES = 1e-12
_NO_RUPTURE = "there is no pure stage equilibrium that rupture could be"


@dataclass(frozen=True)
class Rupture:
    """The pure stage equilibrium that breaking up is taken to be.

    Attributes
    ----------
    profile
        ``(a0, a1)``; None if there is no pure stage equilibrium.
    worst_for_both
        Whether neither side has a worse pure stage equilibrium. If not, one side would rather
        threaten with another, and one rupture for both is a simplification.
    reason
        Why there is none; else empty.
    """

    profile: Profile | None
    worst_for_both: bool
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Trust:
    """Critical beliefs of a deal: the least trust at which each side honours it.

    Attributes
    ----------
    profile, rupture
        The deal and what follows a breach; `rupture` is None if there is none.
    critical_belief
        For each player the smallest probability of the other honouring the deal at which
        honouring is best; None if it is not even when the other surely honours, or not defined.
    risk_dominant
        Whether honouring risk-dominates rupture; None if not defined.
    breach
        For each player the first move of the breach that needs the most trust; the action of the
        deal itself if there is no other.
    payoffs
        Shape ``(2, 2, 2)``: ``payoffs[i, x0, x1]`` with 0 to honour and 1 to break, average
        payoffs in the game's units; None if not defined.
    losses
        Shape ``(2, 2)``: ``losses[i, 0]`` is what i loses by breaking if the other honours,
        ``losses[i, 1]`` what i loses by honouring if the other breaks; None if not defined.
    rupture_holds
        Whether breaking is an equilibrium of those four cells as well.
    reason
        Why it is not defined; else empty.
    """

    profile: Profile
    rupture: Profile | None
    critical_belief: tuple[float | None, float | None]
    risk_dominant: bool | None
    breach: tuple[int, int]
    payoffs: Array | None
    losses: Array | None
    rupture_holds: bool
    reason: str = ""


def worst_stage_equilibrium(game: Game, profile: Profile | None = None) -> Rupture:
    """Return the pure stage equilibrium that punishes most.

    The one with the lowest sum of payoffs rescaled to [0, 1] per player, so that neither the units
    nor the names of anything matter. Among equals, for a given deal, the one that needs the most
    trust; what is left after that, in file order.

    Parameters
    ----------
    game
        A single game.
    profile
        The deal, to choose among equals.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> worst_stage_equilibrium(pd).profile
    (1, 1)
    """
    tables = exact_tables(game)
    cells = [(int(a), int(b)) for a, b in np.argwhere(pure_nash(game))]
    if not cells:
        return Rupture(None, worst_for_both=False, reason=_NO_RUPTURE)
    spans = [max(map(max, t)) - min(map(min, t)) or 1 for t in tables]
    worth = {
        (a, b): sum(t[a][b] / span for t, span in zip(tables, spans, strict=True)) for a, b in cells
    }
    equals = [cell for cell in cells if worth[cell] == min(worth.values())]
    if profile is not None and len(equals) > 1:
        equals.sort(key=lambda cell: _demand(critical_belief(game, profile, cell)), reverse=True)
    best = equals[0]
    lowest = [min(t[a][b] for a, b in cells) for t in tables]
    unanimous = all(t[best[0]][best[1]] == low for t, low in zip(tables, lowest, strict=True))
    return Rupture(best, worst_for_both=unanimous)


def _demand(trust: Trust) -> tuple[float, float]:
    """Rank how demanding a deal is, whatever the order of the players."""
    first, second = sorted(2.0 if p is None else p for p in trust.critical_belief)
    return round(second, 12), round(first, 12)


def critical_belief(game: Game, profile: Profile, rupture: Profile | None = None) -> Trust:
    r"""Return each side's critical belief that the other honours a deal.

    "Honour the deal, and rupture for ever once anything else happens" against "break it now": a
    first move d other than a_i, then rupture r for ever. With the other honouring, breaking loses
    ``L = g_i(a) - (1-δ_i) g_i(d, a_j) - δ_i g_i(r)``; with the other at r_j from the start,
    honouring loses ``M = (1-δ_i) (g_i(d, r_j) - g_i(a_i, r_j))``. Player i is indifferent at the
    belief ``M / (L + M)``. The largest over d counts: in a prisoner's dilemma, and wherever the
    rupture action is the most tempting move, that is d = r_i, as in Blonski, Ockenfels & Spagnolo
    (2011) and Dal Bó & Fréchette (2018).

    Robust: ``L_0 L_1 ≥ M_0 M_1``, risk dominance of honouring (Harsanyi & Selten 1988), or the
    same in other words: the two beliefs needed add up to at most 1. A side that would honour even
    if the other breaks needs no trust, and rupture is then no equilibrium to be dominated.

    Parameters
    ----------
    game
        A single game, with its discount factors.
    profile
        The deal ``(a0, a1)``.
    rupture
        What is played for ever after a breach; by default `worst_stage_equilibrium`.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> trust = critical_belief(pd, (0, 0), (1, 1))
    >>> [round(p, 4) for p in trust.critical_belief], trust.risk_dominant
    ([0.1053, 0.1053], True)
    """
    if rupture is None:
        rupture = worst_stage_equilibrium(game, profile).profile
    if rupture is None:
        return Trust(
            profile, None, (None, None), None, profile, None, None, False, reason=_NO_RUPTURE
        )
    scaled = rescaled(game)
    sides = [
        _hardest_breach(scaled.g[i], float(game.discount[i]), profile, rupture, i) for i in (0, 1)
    ]
    cells = np.array([sides[0].cells, sides[1].cells.T])
    needed = sides[0].belief, sides[1].belief
    first, second = needed
    risk_dominant = first is not None and second is not None and first + second <= 1 + _TIES
    losses = np.array([(s.breaking, s.honouring) for s in sides])
    return Trust(
        profile,
        rupture,
        needed,
        risk_dominant,
        (sides[0].move, sides[1].move),
        np.moveaxis(scaled.back(np.moveaxis(cells, 0, -1)), -1, 0),
        losses * scaled.span[:, None],
        all(s.honouring >= 0 for s in sides),
    )


class _Side(NamedTuple):
    """One player's half of the four cells, ``cells[own, other]``, rescaled."""

    move: int
    belief: float | None
    breaking: float
    honouring: float
    cells: Array


def _hardest_breach(g: Array, delta: float, deal: Profile, rupture: Profile, i: int) -> _Side:
    """Return player i's choice between honouring and the breach that needs the most trust."""
    own = g if i == 0 else g.T
    (mine, theirs), (last, their_last) = (deal[::-1], rupture[::-1]) if i else (deal, rupture)
    deal_payoff, after = own[mine, theirs], own[last, their_last]

    def worth(move: int, other: int) -> float:
        honoured = (move, other) == (mine, theirs)
        return float(deal_payoff if honoured else (1 - delta) * own[move, other] + delta * after)

    def side(move: int) -> _Side:
        cells = np.array([[worth(m, o) for o in (theirs, their_last)] for m in (mine, move)])
        breaking, honouring = _snap(cells[0, 0] - cells[1, 0]), _snap(cells[1, 1] - cells[0, 1])
        return _Side(move, _belief(breaking, honouring), breaking, honouring, cells)

    def hardness(s: _Side) -> tuple[float, bool, float]:
        return 2.0 if s.belief is None else round(s.belief, 12), s.move == last, -s.breaking

    return max((side(d) for d in range(len(own)) if d != mine), key=hardness, default=side(mine))


def _snap(loss: float) -> float:
    return 0.0 if abs(loss) < _TIES else float(loss)


def _belief(breaking: float, honouring: float) -> float | None:
    """Return the smallest belief at which honouring is best; None if it never is."""
    if breaking < 0:
        return None
    return honouring / (breaking + honouring) if honouring > 0 else 0.0
