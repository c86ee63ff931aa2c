"""The set of subgame-perfect payoffs of one repeated game, with a certificate on both sides.

Outer sets come from the self-generation operator, started from everything feasible, with the
threats raised as fast as they provably may be. An inner set comes from solving the operator's own
equations: once two rounds have the same structure, the vertices satisfy a small smooth system, and
Newton's method finds its solution. The candidate counts only if it generates itself. The distance
between the two is the reported gap.

Waiting for the outer sets to arrive would take about log(1e-13)/log(δ) rounds. They need not: the
operator is monotone, and the bound it puts on each direction is concave in the bounds it is given
(a linear programme in its right-hand side). So if a small step from the candidate towards the
outer set is mapped inside itself, every larger step is too, and nothing sustainable lies between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from negotiation.equilibria.repeated.feasible import feasible_set
from negotiation.equilibria.repeated.one_game.inner_set import MANY, SELF, inner_set
from negotiation.equilibria.repeated.one_game.outside import reach_beyond
from negotiation.errors import NearCriticalError
from negotiation.kernels.generation import TIGHT, Generated, Stage, generate, hull_of, threat_bound
from negotiation.kernels.hulls import Array, distance, hausdorff, hull

__all__ = ["Bounds", "SelfGenerating", "bound_worst_payoffs", "solve_set"]

_SETTLED = 1e-13
_CLOSE = 1e-9
_MANY_CLOSE, _EQUAL = (1e-7, 1e-6), 1e-12
"""Gaps that will do for sets of many vertices, whose smallest corners are left out: while worst
payoffs are still open, and where they are known."""

_ROUNDING, _MOST_ROUNDING = 4e-15, 1e-6
"""What rounding leaves open in a period of a certificate; and at most, times 1 / (1 - δ)."""

_ROUNDS = 20_000
_WORK = 2_400_000
"""Where rounds stop in any case: after thousands with few vertices, tens with a thousand of them.
Sets that are found at all take a small part of it, unless a change is within about 1e-7 of δ."""

_SLOW, _SLOW_CLOSE = 3000, 1e-5
"""After so many rounds the set hardly moves any more, next to discount factors at which it changes:
then this gap will do, if worst payoffs are known."""

_KNIFE = 1e-3
_FEW = 12


@dataclass(frozen=True)
class SelfGenerating:
    """A certified pair of sets around the subgame-perfect payoffs, in normalised payoffs.

    Attributes
    ----------
    ring
        The inner set, shape ``(m, 2)``; None when no pure-strategy equilibrium exists.
    how
        How each of its vertices is generated from the set itself; None when empty.
    threat
        Shape ``(2,)``: each player's worst payoff in the set.
    gap
        Bound on the Hausdorff distance to the true set. On a knife edge, where a constraint holds
        with equality, the true set is the one in which equality is enough.
    rounds
        Rounds of the operator used.
    knife_edge
        Whether asking deviators to lose 1e-9 of the payoff range would change the set.
    """

    ring: Array | None
    how: Generated | None
    threat: Array
    gap: float
    rounds: int
    knife_edge: bool


def solve_set(payoffs: Array, discount: Array) -> SelfGenerating:
    """Find the subgame-perfect payoff set of one game in normalised payoffs.

    Parameters
    ----------
    payoffs
        Shape ``(2, n0, n1)``, each player's payoffs between 0 and 1.
    discount
        Shape ``(2,)``.

    Raises
    ------
    NearCriticalError
        If the set could not be pinned down within the round limit, which happens only within
        about 1e-9 of a discount factor at which it changes.
    """
    stage = Stage.of(payoffs, discount)
    ring, how, threat, gap, rounds, _ = _solve(stage, (_ROUNDS, _ROUNDS))
    knife_edge = ring is not None and _fragile(stage, ring)
    if ring is not None and knife_edge:
        moved = _strictly(stage, ring, 2 * TIGHT)
        gap = max(gap, moved) if moved is not None and moved < _KNIFE else gap
    return SelfGenerating(ring, how, threat, gap, rounds, knife_edge)


@dataclass(frozen=True)
class Bounds:
    """What is known of the worst subgame-perfect payoffs, in normalised payoffs.

    Attributes
    ----------
    low, high
        Lower and upper bounds, shape ``(2,)``; `high` is None while no equilibrium is known.
    ring
        The self-generating set that gives `high`.
    """

    low: Array
    high: Array | None = None
    ring: Array | None = None

    @classmethod
    def of(cls, low: Array, ring: Array | None) -> Bounds:
        """Combine a lower bound with a self-generating set, if one is known."""
        return cls(low, None if ring is None else ring.min(axis=0), ring)


def bound_worst_payoffs(
    payoffs: Array,
    discount: Array,
    decided: Callable[[Bounds], bool],
    limits: tuple[int, int] = (2000, 2000),
    near: Array | None = None,
    *,
    extra: float = 0.0,
) -> Bounds | None:
    """Bound each player's worst subgame-perfect payoff until a question is decided.

    Outer rounds raise the lower bound; any set that generates itself gives an upper bound. Most
    questions are decided long before the two meet.

    Parameters
    ----------
    payoffs, discount
        As for `solve_set`.
    decided
        Called with the bounds after every round; True ends the search.
    limits
        Round limits: of all rounds, and of those without a self-generating set in sight.
    near
        A set that generates itself at discount factors close by: one that does so here is
        looked for near it first.
    extra
        How much more than the incentives ask for a deviator must lose, as a share of the range.

    Returns
    -------
    Bounds or None
        None if there is no equilibrium in pure strategies.

    Raises
    ------
    NearCriticalError
        If the bounds could not be brought together and the question stayed open.
    """
    stage = _demanding(Stage.of(payoffs, discount), extra)
    ring, _, threat, _, _, early = _solve(stage, limits, decided, near)
    if early is not None:
        return early
    return None if ring is None else Bounds(threat, threat, ring)


_Known = tuple[Array, Generated]
_Solved = tuple["Array | None", "Generated | None", Array, float, int, "Bounds | None"]


def _solve(
    stage: Stage,
    limits: tuple[int, int],
    decided: Callable[[Bounds], bool] | None = None,
    near: Array | None = None,
) -> _Solved:
    """Return inner set, how it generates itself, threats, gap, rounds used, and early bounds."""
    done = decided or (lambda _: False)
    threat = stage.c.min(axis=0)
    fixed, ring = threat, feasible_set(stage.g, stage.discount)
    attempt, search, known, pace = 2, 2, None, 3 if decided is None else 1
    work = 0
    for count in range(1, limits[0] + 1):
        made = generate(stage, ring, threat)
        how = hull_of(made)
        if how is None:
            return None, None, threat, 0.0, count, None
        bound, pinned = threat_bound(stage, ring, threat, made)
        fixed = np.where(pinned, np.maximum(fixed, bound), fixed)
        raised = np.maximum(np.maximum(threat, bound), how.points.min(axis=0))
        residual = _change(ring, how.points) + float(np.abs(raised - threat).max())
        ring, threat = how.points, raised
        settled = residual <= _SETTLED
        try_now = count >= attempt or settled
        bounds = Bounds.of(threat, None if known is None else known[0])
        if near is not None and count > 1 and not done(bounds):
            known, near = inner_set(stage, near, fixed, _FEW), None
            bounds = Bounds.of(threat, None if known is None else known[0])
        if try_now and not done(bounds) and (known is None or count >= search or settled):
            known, search = inner_set(stage, ring, fixed) or known, 4 * count
            bounds = Bounds.of(threat, None if known is None else known[0])
        if done(bounds):
            return None, None, threat, np.inf, count, bounds
        if try_now:
            attempt = count + max(2, min(count // pace, 200))
            gap = _gap(stage, known, (ring, threat), slow=count > _SLOW)
            if known is not None and gap is not None:
                known = _with_least_paid(stage, known, threat)
                return *known, known[0].min(axis=0), gap, count, None
        if settled and (itself := _generates_itself(stage, ring)) is not None:
            gap = residual / (1 - float(stage.discount.max()))
            return ring, itself, ring.min(axis=0), gap, count, None
        work += 40 + len(ring) + len(ring) ** 2 // 40
        if settled or (known is None and count >= limits[1]) or work > _WORK:
            break
    raise NearCriticalError(_unsettled(stage, work > _WORK), residual=residual)


def _unsettled(stage: Stage, slow: bool) -> str:
    """Say why no set was certified, and what to try."""
    if not slow:
        return "the payoff set changes within rounding of these discount factors"
    if stage.discount.max() > 1 - _ROUNDING / _MOST_ROUNDING:
        return (
            "a discount factor this close to 1 leaves the payoff set to rounding; "
            "take it a little lower"
        )
    return (
        "the bounds on the payoff set close in too slowly to certify it: these discount factors "
        "lie next to one at which it changes; take one of them a little lower or higher"
    )


def _with_least_paid(stage: Stage, known: _Known, threat: Array) -> _Known:
    """Add profiles that pay a worst payoff for ever, in case they stand out by less than the gap.

    They are playable or not depending on whether the worst payoff is known to the last digit, and
    inner sets without their smallest corners can be 1e-10 short of it.
    """
    ring = known[0]
    if (ring.min(axis=0) <= threat + _EQUAL).all():
        return known
    worth = stage.g[(stage.g >= threat + stage.need - TIGHT).all(axis=1)]
    both = np.concatenate((ring, worth[distance(worth, ring) <= _CLOSE])) if len(worth) else ring
    more = both[hull(both)]
    how = _generates_itself(stage, more)
    return known if how is None else (more, how)


def _generates_itself(stage: Stage, ring: Array) -> Generated | None:
    """Return how the ring generates itself; None if it does not."""
    how = hull_of(generate(stage, ring, ring.min(axis=0)))
    return how if how is not None and distance(ring, how.points).max() <= SELF else None


def _change(before: Array, after: Array) -> float:
    """Hausdorff distance of two rounds, computed in full only when it may be small."""
    box = np.abs(before.min(axis=0) - after.min(axis=0)) + np.abs(
        before.max(axis=0) - after.max(axis=0)
    )
    return float(box.max()) if box.max() > _SETTLED else hausdorff(before, after)


def _gap(
    stage: Stage, known: _Known | None, outside: tuple[Array, Array], *, slow: bool
) -> float | None:
    """Return a bound on the distance from the inner set to the true one, if one can be shown."""
    if known is None:
        return None
    inner, (outer, threat) = known[0], outside
    gap = min(hausdorff(inner, outer), reach_beyond(stage, inner, outer, threat))
    sure = bool((inner.min(axis=0) <= threat + _EQUAL).all())
    enough = _MANY_CLOSE[sure] if len(inner) > MANY else _CLOSE
    if not stage.common:
        rounding = _ROUNDING / (1.0 - float(stage.discount.max()))
        enough = max(enough, min(rounding, _MOST_ROUNDING))
    if slow and sure:
        enough = max(enough, _SLOW_CLOSE)
    return gap if gap <= enough else None


def _fragile(stage: Stage, ring: Array) -> bool:
    """Whether asking deviators to lose a little more would change the set by much."""
    how = hull_of(generate(_demanding(stage, 1e-9), ring, ring.min(axis=0)))
    if how is not None and distance(ring, how.points).max() <= 1e-6:
        return False
    moved = _strictly(stage, ring, 1e-9)
    return moved is None or moved > 1e-6


def _demanding(stage: Stage, extra: float) -> Stage:
    """Return the stage with continuations that must be worth `extra` more above the threat."""
    return replace(stage, need=np.where(stage.h > 0, stage.need + extra, 0.0)) if extra else stage


def _strictly(stage: Stage, ring: Array, extra: float) -> float | None:
    """Return how far the set moves if deviators must lose `extra` more; None if it is lost."""
    try:
        found = _solve(_demanding(stage, extra), (200, 200))[0]
    except NearCriticalError:
        return None
    return None if found is None else hausdorff(found, ring)
