"""Whether a deal is robust or only possible, and whether the punisher would forgive.

Two questions about playing a profile a for ever, beyond whether an equilibrium supports it. How
sure must each side be that the other honours it, when the alternative is rupture? And does each
side's punishment leave the punisher no worse off than the deal, so that nobody wants to forgive?
Average payoffs, pure strategies, perfect monitoring, a discount factor per player. No answer
changes when a player's payoffs are multiplied or shifted.

References
----------
J. Harsanyi, R. Selten (1988), A General Theory of Equilibrium Selection in Games, MIT Press.
M. Blonski, P. Ockenfels, G. Spagnolo (2011), Equilibrium selection in the repeated prisoner's
dilemma, American Economic Journal: Microeconomics 3, 164-192.
P. Dal Bó, G. Fréchette (2018), On the determinants of cooperation in infinitely repeated games,
Journal of Economic Literature 56, 60-114.
J. Farrell, E. Maskin (1989), Renegotiation in repeated games, Games and Economic Behavior 1,
327-360.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from .game import Array, Game, exact_tables
from .repeated import best_deviation_payoffs
from .replies import pure_nash

__all__ = [
    "Profile",
    "Renegotiation",
    "Rupture",
    "Trust",
    "renegotiation",
    "trust_needed",
    "worst_stage_equilibrium",
]

Profile = tuple[int, int]

_TIES = 1e-12
_NO_RUPTURE = "there is no pure stage equilibrium that rupture could be"
_HONOUR, _RUPTURE = 0, 1


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
    """What honouring a deal asks of each side's belief about the other.

    Attributes
    ----------
    profile, rupture
        The deal and what follows a breach; `rupture` is None if there is none.
    trust_needed
        For each player the smallest probability of the other honouring the deal at which
        honouring is best; None if it is not even when the other surely honours, or not defined.
    robust
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
    trust_needed: tuple[float | None, float | None]
    robust: bool | None
    breach: tuple[int, int]
    payoffs: Array | None
    losses: Array | None
    rupture_holds: bool
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Renegotiation:
    """Whether a deal survives when both sides can agree to forgive.

    Attributes
    ----------
    profile
        The deal.
    proof
        Whether it is weakly renegotiation-proof if both are patient enough; None where the
        necessary condition holds and the sufficient one does not.
    at_discount
        The same at the game's discount factors: True with a punishment found and all its
        incentives checked, False if impossible, None if this kind of punishment is not enough.
    punishments
        ``punishments[i]``: the profile that punishes i; the deal itself if i is not tempted;
        None if none passes.
    fails
        The players whose punishment the other would rather forgive.
    periods
        Mean length of each punishment, in periods, when `at_discount`: after each period a public
        lottery decides whether to return to the deal. 0 if there is nothing to punish, infinite if
        it lasts for ever; None if not `at_discount`.
    values
        Shape ``(3, 2)``: average payoffs of the deal, of punishing player 0 and of punishing
        player 1, when `at_discount`; else None.
    """

    profile: Profile
    proof: bool | None
    at_discount: bool | None
    punishments: tuple[Profile | None, Profile | None]
    fails: tuple[int, ...]
    periods: tuple[float, float] | None
    values: Array | None


class _Scaled(NamedTuple):
    """Payoffs rescaled to [0, 1] per player from the exact ones, and the way back."""

    g: Array
    low: Array
    span: Array

    def back(self, values: Array) -> Array:
        """Return the payoffs in the game's units; the last axis is the player."""
        return np.asarray(self.low + self.span * values, dtype=np.float64)


def _scaled(game: Game) -> _Scaled:
    tables = exact_tables(game)
    lows = [min(x for row in t for x in row) for t in tables]
    spans = [max(x for row in t for x in row) - low for t, low in zip(tables, lows, strict=True)]
    g = [
        [[float((x - low) / (span or 1)) for x in row] for row in t]
        for t, low, span in zip(tables, lows, spans, strict=True)
    ]
    return _Scaled(np.array(g), np.array(lows, dtype=float), np.array(spans, dtype=float))


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
        equals.sort(key=lambda cell: _demand(trust_needed(game, profile, cell)), reverse=True)
    best = equals[0]
    lowest = [min(t[a][b] for a, b in cells) for t in tables]
    unanimous = all(t[best[0]][best[1]] == low for t, low in zip(tables, lowest, strict=True))
    return Rupture(best, worst_for_both=unanimous)


def _demand(trust: Trust) -> tuple[float, float]:
    """Rank how demanding a deal is, whatever the order of the players."""
    first, second = sorted(2.0 if p is None else p for p in trust.trust_needed)
    return round(second, 12), round(first, 12)


def trust_needed(game: Game, profile: Profile, rupture: Profile | None = None) -> Trust:
    r"""Return how sure each side must be that the other honours a deal.

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
    >>> trust = trust_needed(pd, (0, 0), (1, 1))
    >>> [round(p, 4) for p in trust.trust_needed], trust.robust
    ([0.1053, 0.1053], True)
    """
    if rupture is None:
        rupture = worst_stage_equilibrium(game, profile).profile
    if rupture is None:
        return Trust(
            profile, None, (None, None), None, profile, None, None, False, reason=_NO_RUPTURE
        )
    scaled = _scaled(game)
    sides = [
        _hardest_breach(scaled.g[i], float(game.discount[i]), profile, rupture, i) for i in (0, 1)
    ]
    cells = np.array([sides[0].cells, sides[1].cells.T])
    needed = sides[0].belief, sides[1].belief
    first, second = needed
    robust = first is not None and second is not None and first + second <= 1 + _TIES
    losses = np.array([(s.breaking, s.honouring) for s in sides])
    return Trust(
        profile,
        rupture,
        needed,
        robust,
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
    kept, after = own[mine, theirs], own[last, their_last]

    def worth(move: int, other: int) -> float:
        honoured = (move, other) == (mine, theirs)
        return float(kept if honoured else (1 - delta) * own[move, other] + delta * after)

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


class _Phase(NamedTuple):
    """Punishing one player at a profile until a public lottery ends it.

    `harsh` is what the punished gets, the least they would accept: c_i(aⁱ). `other` is what the
    punisher gets, `room` the same less the temptation not to punish. `stay` is the probability of
    another period.
    """

    profile: Profile
    harsh: float
    other: float
    room: float
    stay: float


def renegotiation(game: Game, profile: Profile) -> Renegotiation:
    r"""Test whether playing `profile` for ever is weakly renegotiation-proof.

    No continuation may be better for both than another (Farrell & Maskin 1989). If i is tempted to
    leave a, that needs a profile aⁱ with ``c_i(aⁱ) < g_i(a)`` and ``g_j(aⁱ) ≥ g_j(a)``: the worst
    continuation for i pays i some p_i with ``c_i(aⁱ) ≤ p_i < g_i(a)``, and the punisher must not
    prefer the deal. With both players patient enough it is also sufficient. The strict inequality
    is necessary here because the path plays a itself for ever; their theorem is about payoffs.

    At the game's discount factors: play aⁱ; after each period return to a with a probability that
    holds i down to exactly ``p_i = c_i(aⁱ)``, and start again if i resists. A lower p_i would not
    be obeyed; a higher one makes the threat weaker and punishing less rewarding. What must hold::

        p_i ≤ (1-δ_i) g_i(aⁱ) + δ_i g_i(a)         one period is not already too much
        g_i(a) ≥ (1-δ_i) c_i(a) + δ_i p_i           i keeps the deal
        p_j ≥ (1-δ_j) c_j(aⁱ) + δ_j c_j(aʲ)         j carries out the punishment

    with ``p_j`` between g_j(a) and g_j(aⁱ) by the same lottery. If the second fails for every aⁱ
    that j would not forgive, no punishment of any kind is renegotiation-proof.

    Parameters
    ----------
    game
        A single game, with its discount factors.
    profile
        The deal ``(a0, a1)``.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> kept = renegotiation(pd, (0, 0))
    >>> kept.proof, kept.at_discount, kept.punishments, kept.fails
    (True, True, ((0, 1), (1, 0)), ())
    """
    scaled = _scaled(game)
    c = best_deviation_payoffs(Game(scaled.g, game.discount))
    found = _candidates(scaled.g, c, profile, 0), _candidates(scaled.g, c, profile, 1)
    fails = tuple(i for i in (0, 1) if not found[i])
    mildest = found[0][0] if found[0] else None, found[1][0] if found[1] else None
    if fails:
        return Renegotiation(profile, False, False, mildest, fails, None, None)
    proof = True if _enough_if_patient(scaled.g, c, profile, found) else None
    phases = [_phases(game, scaled.g, c, profile, i, found[i]) for i in (0, 1)]
    pair = _compatible(game, *phases)
    if pair is None:
        possible = all(_keeps(game, scaled.g, c, profile, i, found[i]) for i in (0, 1))
        return Renegotiation(profile, proof, None if possible else False, mildest, (), None, None)
    deal = scaled.g[:, profile[0], profile[1]]
    values = np.array([deal, (pair[0].harsh, pair[0].other), (pair[1].other, pair[1].harsh)])
    punishments = pair[0].profile, pair[1].profile
    periods = _length(pair[0], profile), _length(pair[1], profile)
    return Renegotiation(profile, proof, True, punishments, (), periods, scaled.back(values))


def _length(phase: _Phase, deal: Profile) -> float:
    """Return the mean number of periods that a punishment lasts."""
    if phase.profile == deal:
        return 0.0
    return 1 / (1 - phase.stay) if phase.stay < 1 else float("inf")


def _candidates(g: Array, c: Array, deal: Profile, i: int) -> list[Profile]:
    """List the profiles that punish i and that the other would not forgive, harshest first.

    The deal itself comes last, if i is not tempted to leave it.
    """
    j = 1 - i
    passes = (c[i] < g[i][deal] - _TIES) & (g[j] >= g[j][deal] - _TIES)
    cells = [(int(a), int(b)) for a, b in np.argwhere(passes)]
    cells.sort(key=lambda x: (round(float(c[i][x]), 12), -round(float(g[j][x]), 12)))
    return cells + ([deal] if c[i][deal] - g[i][deal] <= _TIES else [])


def _enough_if_patient(
    g: Array, c: Array, deal: Profile, found: tuple[list[Profile], list[Profile]]
) -> bool:
    """Tell whether punishers can be made to punish as patience grows.

    Always if they can be punished in turn; else if punishing pays strictly, or resists temptation.
    """

    def willing(j: int, x: Profile) -> bool:
        gain = g[j][x] - g[j][deal] > _TIES
        return x == deal or bool(gain) or bool(c[j][x] - g[j][x] <= _TIES)

    return all(found[j] != [deal] or any(willing(j, x) for x in found[1 - j]) for j in (0, 1))


def _keeps(
    game: Game, g: Array, c: Array, deal: Profile, i: int, cells: list[Profile]
) -> list[Profile]:
    """Keep the punishments that are harsh enough for i to honour the deal."""
    delta = float(game.discount[i])
    most = g[i][deal] - (1 - delta) * c[i][deal] + _TIES
    return [x for x in cells if delta * c[i][x] <= most]


def _phases(
    game: Game, g: Array, c: Array, deal: Profile, i: int, cells: list[Profile]
) -> list[_Phase]:
    """Return the punishments of i that i obeys; only those no other one improves on."""
    j, (di, dj) = 1 - i, (float(game.discount[i]), float(game.discount[1 - i]))
    found: list[_Phase] = []
    for x in _keeps(game, g, c, deal, i, cells):
        harm = g[i][deal] - g[i][x]
        weight = float((g[i][deal] - c[i][x]) / harm) if harm > _TIES else 1.0
        if weight < 1 - di - _TIES:
            continue
        stay = min(1.0, max(0.0, float(1 - (1 - di) / weight) / di)) if di > 0 else 1.0
        share = (1 - dj) / (1 - dj * stay)
        other = float(share * g[j][x] + (1 - share) * g[j][deal])
        room = other - (1 - dj) * float(c[j][x])
        if all(room > p.room + _TIES for p in found):
            found.append(_Phase(x, float(c[i][x]), other, room, stay))
    return found


def _compatible(
    game: Game, first: list[_Phase], second: list[_Phase]
) -> tuple[_Phase, _Phase] | None:
    """Return the harshest pair of punishments in which each punisher fears their own."""
    d0, d1 = map(float, game.discount)
    pairs = [
        (x, y)
        for x, y in product(first, second)
        if x.room - d1 * y.harsh >= -_TIES and y.room - d0 * x.harsh >= -_TIES
    ]
    return min(pairs, key=lambda p: p[0].harsh + p[1].harsh, default=None)
