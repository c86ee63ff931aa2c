"""Functions that call functions."""

import numpy as np
import pytest

from negotiation.kernels.compiler.program import program
from negotiation.kernels.compiler.text import INT, Refused
from tests.kernels.compiler.twin import agrees, compiled


def half(x: float):
    return x / 2


def parted(n):
    return n // 2, n % 2


def scaled(values, by):
    out = np.empty(len(values))
    for k in range(len(values)):
        out[k] = by * values[k]
    return out


def calls(n, values):
    (a, b), c = parted(n), half(n)
    more = scaled(scaled(values, 2), 0.5)
    return a, b, c + half(c), more[1]


def endless(n):
    return endless(n - 1)


def returns_an_array(n):
    return np.zeros(n)


def test_functions_call_others_with_arrays_numbers_and_tuples():
    values = np.array([1.0, 3.0])
    run = compiled(calls, 7, values)
    assert run(7, values) == calls(7, values)


def test_a_function_is_translated_once_for_each_list_of_types():
    text, _ = program(thrice, (INT,))
    made = [line for line in text.splitlines() if line.startswith("define") and "parted" in line]
    assert len(made) == 1
    agrees(thrice, 9)


def thrice(n):
    a, b = parted(n)
    c, d = parted(a)
    e, f = parted(c)
    return b, d, e, f


def test_a_function_that_calls_itself_and_a_kernel_that_returns_an_array_are_refused():
    with pytest.raises(Refused, match="calls itself"):
        compiled(endless, 3)
    with pytest.raises(Refused, match="returns numbers"):
        compiled(returns_an_array, 3)
