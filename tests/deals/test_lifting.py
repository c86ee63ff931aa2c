"""Products of terms as variables: coefficients, and which values the variables can take."""

import numpy as np
import pytest

from negotiation.deals.lifting import Lift, coefficients, corners, lift, products


def values(points, weights, every):
    return sum(w * points[:, list(p)].prod(axis=1) for w, p in zip(weights, every, strict=True))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_values_at_the_corners_give_the_coefficients(k):
    draw = np.random.default_rng(k)
    for _ in range(20):
        ends = np.sort(draw.uniform(-5, 5, (k, 2)), axis=1)
        ends[:, 1] += 0.5
        box = tuple(map(tuple, ends.tolist()))
        every = products(k)
        weights = draw.normal(size=len(every)) * (draw.random(len(every)) < 0.6)
        found = coefficients(box, values(corners(box), weights, every))
        assert found == pytest.approx(weights, abs=1e-8)
        assert np.abs(found[weights == 0]).max(initial=0) < 1e-9


def test_an_open_side_is_cut_off_and_gives_the_same_coefficients():
    box = ((0.0, np.inf), (1.0, 2.0))
    assert np.isfinite(corners(box)).all()
    found = coefficients(box, values(corners(box), (1, 2, 0, 3), products(2)))
    assert found == pytest.approx([1, 2, 0, 3])


NESTED = [
    ([(0,), (1,)], (-1, -1)),
    ([(0,), (0, 1)], (-1, 0)),
    ([(0, 1), (1,)], (1, -1)),
    ([(0, 1)], (-1, 0)),
    ([(0,), (0, 1), (0, 2)], (-1, 0, 0)),
    ([(0, 1, 2), (0,), (0, 1)], (-1, 0, 1)),
    ([(0, 1), (2,)], (-1, 0, -1)),
]


@pytest.mark.parametrize(("used", "parent"), NESTED)
def test_nested_products_are_lifted(used, parent):
    box = ((0.0, 2.0),) * (max(map(max, used)) + 1)
    found = lift(box, used)
    assert isinstance(found, Lift)
    assert found.parent == parent


@pytest.mark.parametrize("parent", [parent for _, parent in NESTED])
def test_the_variables_are_just_those_that_terms_give(parent):
    k, draw = len(parent), np.random.default_rng(0)
    bounds = draw.uniform(0.1, 1, (k, 2)).cumsum(axis=1)
    how = Lift(tuple(map(tuple, bounds.tolist())), parent)
    matrix, right = how.rows()
    # every choice of terms gives variables in the set
    terms = draw.uniform(*bounds.T, (500, k))
    assert (matrix @ how.variables(terms).T <= right[:, None] + 1e-12).all()
    # and every point of the set is given by some terms
    ends = how.variables(corners(how.bounds))
    y = draw.uniform(ends.min(axis=0), ends.max(axis=0), (20_000, k))
    inside = y[(matrix @ y.T <= right[:, None]).all(axis=0)]
    assert len(inside) > 20
    back = np.array([how.terms(row, bounds[:, 0]) for row in inside])
    assert how.variables(back) == pytest.approx(inside, abs=1e-9)
    assert ((back >= bounds[:, 0] - 1e-12) & (back <= bounds[:, 1] + 1e-12)).all()


def test_a_term_that_is_multiplied_by_zero_stays_where_it_was():
    how = Lift(((0.0, 1.0), (0.0, 1.0)), (-1, 0))
    assert how.terms(np.array([0.0, 0.0]), np.array([0.3, 0.7])).tolist() == [0.0, 0.7]


@pytest.mark.parametrize(
    ("used", "bounds", "why"),
    [
        ([(0,), (1,), (0, 1)], ((0, 1), (0, 1)), "stands alone and is multiplied"),
        ([(0, 1), (1, 2), (0, 2)], ((0, 1),) * 3, "multiplied by"),
        ([(0,), (0, 1)], ((-1, 1), (0, 1)), "may be negative"),
    ],
)
def test_what_cannot_be_lifted_exactly_says_why(used, bounds, why):
    found = lift(bounds, used)
    assert isinstance(found, str)
    assert why in found
    assert "{" not in found.format("x", "y", "z")
