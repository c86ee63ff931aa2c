"""Bargaining solutions on a convex set of payoffs: points that principles of fairness single out.

They are ideas about what reasonable parties would settle on, given what each gets without a deal:
the disagreement point. They are not predictions, and no threat enters except through that point.

References
----------
J. Nash (1950), The bargaining problem, Econometrica 18.
E. Kalai and M. Smorodinsky (1975), Other solutions to Nash's bargaining problem, Econometrica 43.
E. Kalai (1977), Proportional solutions to bargaining situations, Econometrica 45.
H. Imai (1983), Individual monotonicity and lexicographic maxmin solution, Econometrica 51.
A. Rubinstein (1982), Perfect equilibrium in a bargaining model, Econometrica 50.
K. Binmore, A. Shaked and J. Sutton (1989), An outside option experiment, Quarterly Journal of
Economics 104.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from negotiation.games.game import Array
from negotiation.kernels.hulls import hull

__all__ = [
    "alternating_offers",
    "bargaining_solutions",
    "ideal_point",
    "nash_weights",
]

_TIES = 1e-12


def bargaining_solutions(
    points: Array, disagreement: Array, weights: tuple[float, float] = (0.5, 0.5)
) -> dict[str, tuple[float, float]]:
    """Return the bargaining solutions of the convex hull of some payoffs.

    ========================  ====================================================================
    ``Nash``                  largest product of the two gains, each to the power of its weight
    ``Kalai-Smorodinsky``     gains in proportion to the most that each could gain
    ``egalitarian``           the smaller gain as large as possible, then the larger one: equal
                              gains wherever the frontier has a point with equal gains
    ``utilitarian``           largest sum; the middle of the points where several have it
    ========================  ====================================================================

    The first two do not depend on the unit of either payoff, the last two compare them one to one.

    Parameters
    ----------
    points
        Payoffs, shape ``(n, 2)``.
    disagreement
        What each gets without a deal, shape ``(2,)``.
    weights
        Bargaining weights of the Nash solution, both positive.

    Returns
    -------
    dict
        Name → pair of payoffs. Empty where no point gives both more than no deal.

    Examples
    --------
    >>> found = bargaining_solutions(np.array([[0.0, 0], [4, 0], [0, 2]]), np.zeros(2))
    >>> found["Nash"], found["utilitarian"]
    ((2.0, 1.0), (4.0, 0.0))
    >>> [round(x, 6) for x in found["egalitarian"]]
    [1.333333, 1.333333]
    """
    frontier, scale = _frontier(points, disagreement)
    if frontier is None:
        return {}
    most = frontier[[-1, 0], [0, 1]]
    solutions = {
        "Nash": _nash(frontier, weights),
        "Kalai-Smorodinsky": _fairest(frontier, most),
        "egalitarian": _fairest(frontier, 1 / scale),
        "utilitarian": _largest_sum(frontier, scale),
    }
    placed = {name: p * scale + disagreement for name, p in solutions.items()}
    return {name: (float(x[0]), float(x[1])) for name, x in placed.items()}


def ideal_point(points: Array, disagreement: Array) -> tuple[float, float] | None:
    """Return the most that each could get where the other gets no less than without a deal.

    None where no point gives both more than no deal. Arguments as in `bargaining_solutions`.

    Examples
    --------
    >>> ideal_point(np.array([[0.0, 0], [4, 0], [0, 2]]), np.array([0.0, 1.0]))
    (2.0, 2.0)
    """
    frontier, scale = _frontier(points, disagreement)
    if frontier is None:
        return None
    most = frontier[[-1, 0], [0, 1]] * scale + disagreement
    return float(most[0]), float(most[1])


def nash_weights(discount: tuple[float, float]) -> tuple[float, float]:
    """Return the weights of the Nash solution that alternating offers come to, made ever faster.

    With ``δ_i = exp(-r_i Δ)`` and Δ → 0 they are ``r_2/(r_1 + r_2)`` and its complement: the more
    patient side has the larger weight (Binmore 1987). Factors of 0 count as no patience at all.

    Examples
    --------
    >>> [round(w, 4) for w in nash_weights((0.8, 0.9))]
    [0.3207, 0.6793]
    """
    with np.errstate(divide="ignore"):
        first, second = (-float(np.log(d)) for d in discount)
    if first == second:
        return 0.5, 0.5
    if np.isinf(first) or np.isinf(second):
        return (0.0, 1.0) if np.isinf(first) else (1.0, 0.0)
    share = second / (first + second)
    return share, 1.0 - share


def alternating_offers(
    discount: tuple[float, float], outside: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """Return the first side's share of a unit in the equilibrium of alternating offers.

    Parameters
    ----------
    discount
        Both discount factors, in [0, 1), per round of offers.
    outside
        What each side can have instead by walking away when it has to answer an offer. An option
        matters only where it is worth more than going on bargaining.

    Returns
    -------
    tuple
        Its share where it makes the first offer, and where the other side does. Without outside
        options ``(1 - δ₂)/(1 - δ₁δ₂)`` and ``δ₁`` times that. Where the options add up to more than
        there is, nobody offers anything that is accepted: NaN.

    Examples
    --------
    >>> [round(share, 4) for share in alternating_offers((0.9, 0.9), (0, 0.4))]
    [0.5263, 0.4737]
    """
    if sum(outside) > 1:
        return float("nan"), float("nan")
    (d1, d2), (o1, o2) = discount, outside
    # own share as proposer: x = 1 - max(δ₂ y, o₂) and y = 1 - max(δ₁ x, o₁); of the four ways in
    # which the options may matter, the one that is consistent
    x = (1 - d2) / (1 - d1 * d2)
    y = (1 - d1) / (1 - d1 * d2)
    second_walks, first_walks = d2 * y < o2, d1 * x < o1
    if second_walks and d1 * (1 - o2) >= o1:
        x, y = 1 - o2, 1 - d1 * (1 - o2)
    elif first_walks and d2 * (1 - o1) >= o2:
        x, y = 1 - d2 * (1 - o1), 1 - o1
    elif second_walks or first_walks:
        x, y = 1 - o2, 1 - o1
    return float(x), float(1 - y)


def _frontier(points: Array, disagreement: Array) -> tuple[Array | None, Array]:
    """Return the Pareto frontier of the gains, each in its own range, and the ranges.

    It is the upper right edge within the positive quadrant, from the left to the right; None if it
    has no point where both gain.
    """
    scale = np.ptp(points, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    gains = (points - disagreement) / scale
    return _upper_right(gains[hull(gains)]), scale


def _upper_right(ring: Array) -> Array | None:
    right = ring[np.lexsort((ring[:, 1], ring[:, 0]))[-1]]
    top = ring[np.lexsort((ring[:, 0], ring[:, 1]))[-1]]
    start, end = (int(np.flatnonzero((ring == p).all(axis=1))[0]) for p in (right, top))
    walk = [ring[(start + k) % len(ring)] for k in range((end - start) % len(ring) + 1)][::-1]
    inside = [p for p in walk if (p > -_TIES).all()]
    for a, b in pairwise(walk):
        for axis in (0, 1):
            if (a[axis] < 0) != (b[axis] < 0):
                t = a[axis] / (a[axis] - b[axis])
                cut = a + t * (b - a)
                cut[axis] = 0.0
                if (cut > -_TIES).all():
                    inside.append(cut)
    if not inside:
        return None
    edge = np.array(sorted(inside, key=lambda p: (p[0], -p[1])))
    middle = edge if len(edge) == 1 else 0.5 * (edge[1:] + edge[:-1])
    return edge if (middle > _TIES).all(axis=1).any() else None


def _nash(edge: Array, weights: tuple[float, float]) -> Array:
    """Return the point of a concave edge with the largest weighted product, piece by piece."""
    first, second = weights

    def value(p: Array) -> float:
        return float(max(p[0], 0.0) ** first * max(p[1], 0.0) ** second)

    best = max(edge, key=value)
    for a, b in pairwise(edge):
        d = b - a
        if d[0] * d[1] < 0:
            t = -(first * d[0] * a[1] + second * d[1] * a[0]) / ((first + second) * d[0] * d[1])
            best = max(best, a + min(max(t, 0.0), 1.0) * d, key=value)
    return np.asarray(best)


def _fairest(edge: Array, unit: Array) -> Array:
    """Return the point of the frontier with the largest smaller gain, counted in the given units.

    The gain of the first rises along the edge and that of the second falls, so it is where they
    cross, or else the end that is closer to crossing.
    """
    counted = edge / unit
    lead = counted[:, 0] - counted[:, 1]
    if lead[0] >= 0:
        return np.asarray(edge[0])
    if lead[-1] <= 0:
        return np.asarray(edge[-1])
    k = int(np.flatnonzero(lead > 0)[0])
    t = lead[k - 1] / (lead[k - 1] - lead[k])
    return np.asarray(edge[k - 1] + t * (edge[k] - edge[k - 1]))


def _largest_sum(edge: Array, scale: Array) -> Array:
    total = edge @ scale
    best = edge[total >= total.max() - _TIES * np.abs(total).max()]
    return np.asarray(0.5 * (best[0] + best[-1]))
