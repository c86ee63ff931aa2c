"""Random outcomes whose payoffs are affine in lifted terms, and their values at any terms."""

import numpy as np

from negotiation.deals.affine import AffineDeal
from negotiation.deals.lifting import corners, lift
from negotiation.deals.values import Values

SHAPES = [
    [(0,)],
    [(0,), (1,)],
    [(0,), (0, 1)],
    [(0,), (1,), (2,)],
    [(0,), (0, 1), (0, 1, 2)],
    [(0,), (0, 1), (2,)],
]


def random_deal(draw):
    """An outcome with threats such that often, and not always, some terms hold."""
    used = SHAPES[draw.integers(len(SHAPES))]
    k = max(map(max, used)) + 1
    bounds = tuple((0.0, float(draw.uniform(0.5, 4))) for _ in range(k))
    how = lift(bounds, used)
    deviations = tuple(
        draw.normal(size=(int(draw.integers(2, 5)), 1 + k)) * np.array([3.0] + [2.0] * k)
        for _ in (0, 1)
    )
    at = with_one(how, corners(bounds))
    floor = np.array([(at @ d.T).max(axis=1).min() for d in deviations])
    return AffineDeal(
        how,
        np.array([deviations[0][0], deviations[1][0]]),
        deviations,
        floor - draw.uniform(0, 8, 2),
        draw.uniform(0.5, 0.95, 2),
    )


def with_one(how, points):
    return np.column_stack([np.ones(len(points)), how.variables(points)])


def values(deal, points):
    """What terms are judged by, written out for this deal."""
    at, n = with_one(deal.lift, points), len(points)
    return Values(
        at @ deal.payoffs.T,
        tuple(at @ d.T for d in deal.deviations),
        np.tile(deal.threats, (n, 1)),
        np.tile(deal.discount, (n, 1)),
    )
