"""New arrays, parts of arrays, and memory."""

import resource
import sys

import numpy as np
import pytest

from negotiation.kernels.compiler.text import Refused
from tests.kernels.compiler.twin import agrees, compiled


def indexed(table, i, j):
    part = table[i]
    part[j, 0] += 1.0
    return part[j, 0], table[i, j, 1], part[j][1], table[0, j][0]


def filled(n):
    a, b = np.zeros((n, 2)), np.ones(n)
    c, d = np.full(n, -np.inf), np.full((2, n), 7)
    e, f = np.zeros(3, dtype=np.intp), np.ones(2, np.intp)
    g = np.empty(n)
    for k in range(n):
        g[k] = a[k, 1] + b[k] + d[1, k] + e[2] + f[1]
    return g[n - 1], c[0], d[0, 0]


def copied(values, n):
    other, few = values.copy(), values[:n].copy()
    other[0] = 9.0
    few[0] = 8.0
    return values[0], other[0], few[0], len(values[:n]), len(few)


def made(n):
    big = np.ones(n)
    return big, 2.0 * big[0]


def many(rounds, n):
    total = 0.0
    for _ in range(rounds):
        total += once(n)
    return total


def once(n):
    values, double = made(n)
    return values[n - 1] + double


def fresh(n):
    """Each turn of a loop makes another array, which must not be the one of the turn before."""
    before = np.zeros(2)
    for k in range(n):
        now = np.zeros(2)
        now[0] = before[0] + k
        before = now
    return before[0], before[1]


def strings(n):
    return np.empty(n, dtype=np.int8)


def test_an_array_is_indexed_in_full_or_in_part():
    one, two = np.arange(24.0).reshape(2, 3, 4), np.arange(24.0).reshape(2, 3, 4)
    assert compiled(indexed, one, 1, 2)(one, 1, 2) == indexed(two, 1, 2)
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("n", [1, 5, 2000])
def test_new_arrays_hold_what_they_are_filled_with(n):
    run = compiled(filled, n)
    assert run(n) == filled(n)
    agrees(fresh, n)


def test_copies_are_apart_from_what_they_were_made_of():
    values = np.arange(5.0)
    run = compiled(copied, values, 2)
    for n in (2, 7):
        assert run(values, n) == copied(values, n)


def test_memory_is_given_back_when_a_function_ends():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size, rounds = 1_000_000, 100
    assert compiled(many, rounds, size)(rounds, size) == 3.0 * rounds
    unit = 1 if sys.platform == "darwin" else 1024
    grown = unit * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < 8 * size * rounds / 10


def test_other_items_are_refused():
    with pytest.raises(Refused, match="int8"):
        compiled(strings, 3)
