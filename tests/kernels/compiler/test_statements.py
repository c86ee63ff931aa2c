"""Statements."""

import numpy as np
import pytest

from negotiation.kernels.compiler.text import Refused
from tests.kernels.compiler.twin import agrees, compiled


def turns(n):
    total, k = 0, -1
    for k in range(n, 0, -2):
        if k == 4:
            continue
        total = 10 * total + k
        if total > 10_000:
            break
    for j in range(2, n):
        total += j
    while True:
        total -= 7
        if total < 50:
            return total, k


def over(rows, values):
    total = 0.0
    for p in rows:
        values[p] *= 2.0
        total += values[p]
    return total


def swapped(values):
    values[0], values[1] = values[1], values[0]
    a = b = values[0]
    (a, c), b = (b, a + 1.0), 5
    return a, b, c


def widens(n):
    total = 0
    for k in range(n):
        total = total + 0.5 if k > 1 else k
    return total


def nothing(values):
    if values[0] > 0.0:
        return
    values[0] = 1.0


def two_kinds(values):
    values = 1
    return values + 1


def sometimes(x):  # noqa: RET503
    if x > 0.0:
        return x


def whole_rows(table):
    table[0] = 1.0


def stepped(n, by):
    for k in range(0, n, by):
        n -= k
    return n


@pytest.mark.parametrize("n", [0, 1, 9, 10])
def test_loops_go_on_stop_and_leave_their_variable_as_in_python(n):
    agrees(turns, n)
    agrees(widens, n + 3)


def test_a_loop_over_an_array_changes_another():
    rows, one, two = np.array([2, 0]), np.arange(3.0), np.arange(3.0)
    assert compiled(over, rows, one)(rows, one) == over(rows, two)
    np.testing.assert_array_equal(one, two)


def test_the_right_side_is_worked_out_before_anything_is_assigned():
    run = compiled(swapped, np.zeros(2))
    one, two = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    assert run(one) == swapped(two)
    np.testing.assert_array_equal(one, two)


def test_a_function_may_return_nothing():
    values = np.zeros(1)
    run = compiled(nothing, values)
    assert run(values) is None
    assert run(values) is None
    assert values[0] == 1.0


@pytest.mark.parametrize(
    ("function", "arguments", "why"),
    [
        (two_kinds, (np.zeros(1),), "no type is both"),
        (sometimes, (1.0,), "without returning"),
        (whole_rows, (np.zeros((2, 2)),), "item by item"),
        (stepped, (5, 1), "step"),
    ],
)
def test_what_python_would_allow_but_is_not_translated_is_refused(function, arguments, why):
    with pytest.raises(Refused, match=why):
        compiled(function, *arguments)
