"""Expressions."""

from typing import NamedTuple

import numpy as np
import pytest

from negotiation.kernels.compiler.text import Refused
from tests.kernels.compiler.twin import agrees, compiled

LIMIT, CORNERS = 2.5, np.array([[1.0, 2.0], [3.0, 4.0]])


class Pair(NamedTuple):
    left: np.ndarray
    right: float


def chained(a, b, c):
    return 1 if a <= b < c else 2 if a < b or (b < c and not c > 10) else 3


def settled_early(values, k):
    if k < len(values) and values[k] > 0:
        return 1
    return 0 if k >= len(values) or values[k] == -1 else 2


def among(kind):
    return 1 if kind in (2, 5) else 2 if kind not in (3, 4) else 3


def picked(a, b, k):
    sides = (a - b, a + b, a * b, LIMIT)
    return sides[k] + sides[0], (a, b)[1], CORNERS[k // 2, 1], CORNERS[1, k % 2]


def held(pair):
    first = Pair(pair.left, 2.0 * pair.right)
    return first.right + first.left[1, 0], len(pair), pair.left.shape[1], len(pair.left)


def chosen(one, other, k):
    row = one if k > 0 else other
    return row[0], (1 if k else 0.5)


@pytest.mark.parametrize("b", [0, 1, 5, 12])
def test_comparisons_are_chained_and_settled_from_the_left(b):
    agrees(chained, 1, b, 6)
    for k in range(4):
        agrees(settled_early, np.array([1.0, -1.0, 0.0]), k)


def test_a_number_is_looked_for_in_a_tuple():
    for kind in range(6):
        agrees(among, kind)


def test_tuples_and_constant_arrays_are_indexed():
    run = compiled(picked, 1.5, 2.0, 0)
    for k in range(4):
        assert run(1.5, 2.0, k) == picked(1.5, 2.0, k)


def test_fields_have_names():
    pair = Pair(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 0.25)
    assert compiled(held, pair)(pair) == held(pair)


def test_either_of_two_arrays_is_chosen():
    one, other = np.array([1.0]), np.array([2.0])
    run = compiled(chosen, one, other, 1)
    assert run(one, other, 1) == (1.0, 1.0)
    assert run(one, other, 0) == (2.0, 0.5)


def listed(x):
    return [x]


def spread(values):
    return sum(values)


def outside(values):
    return values[-1]


def truthy(a, b):
    return a or b


def halves(values):
    return values[1:]


def unknown(x):
    return np.cbrt(x)


def named(x):
    return max(x, x, key=abs)


def early(n):
    for k in range(n):
        if k > 0:
            n = last  # noqa: F821
        last = k  # noqa: F841
    return n


@pytest.mark.parametrize(
    ("function", "argument", "why"),
    [
        (listed, 1.0, "List"),
        (spread, np.zeros(2), "sum"),
        (outside, np.zeros(2), "not negative"),
        (halves, np.zeros(2), "only"),
        (unknown, 1.0, "cbrt"),
        (named, 1, "have no names"),
        (early, 3, "may not have a value yet"),
    ],
)
def test_what_is_not_translated_is_refused_with_its_line(function, argument, why):
    with pytest.raises(Refused, match=f"test_expressions, line .*{why}"):
        compiled(function, argument)


def test_and_and_or_are_for_truth_values_only():
    with pytest.raises(Refused, match="truth values"):
        compiled(truthy, 1, 2)
