"""Numbers: what is compiled does what Python does."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.compiler.twin import agrees, compiled


def whole(a, b):
    return a + b, a - b, a * b, a // b, a % b, a & b, -a, abs(a), a**2


def shifted(a, b):
    return a >> b, a << b, a | b


def real(a, b):
    return a + b, a - b, a * b, a / b, -a, abs(a), a**2, min(a, b), max(a, b), max(b, a, 0.0)


def ordered(a, b):
    count = 0
    count = 2 * count + (a < b)
    count = 2 * count + (a <= b)
    count = 2 * count + (a > b)
    count = 2 * count + (a >= b)
    count = 2 * count + (a == b)
    return 2 * count + (a != b)


def functions(x, y):
    near = np.ceil(x), np.floor(y), np.round(10 * y)
    long = np.sqrt(x), np.hypot(x, y), np.arctan2(y, x), np.log(x), np.exp(y), x**y
    total = np.cos(x) + np.sin(y)
    for k in range(3):
        total += near[k]
    return total, long[0], long[1], long[2], long[3], long[4], long[5]


def mixed(n, x):
    return n + x, n * x, n / (n + 1), max(n, x), float(n), int(x), n < x


WHOLE, ORDER = compiled(whole, 1, 1), compiled(ordered, 1.0, 1.0)
REAL = compiled(real, 1.0, 1.0)
SMALL = st.integers(-1000, 1000)
ANY = st.floats(allow_nan=True) | st.sampled_from([0.0, -0.0, 1.0])


@given(SMALL, SMALL.filter(bool))
def test_integers_divide_downward_as_in_python(a, b):
    assert WHOLE(a, b) == whole(a, b)


def test_an_integer_divided_by_zero_is_zero():
    assert WHOLE(7, 0)[3:5] == (0, 0)


@given(ANY, ANY)
def test_floats_are_compared_as_in_python_nan_and_signed_zeros_included(a, b):
    assert ORDER(a, b) == ordered(a, b)
    with np.errstate(all="ignore"):
        expected = real(np.float64(a), np.float64(b))
    for found, plain in zip(REAL(a, b), expected, strict=True):
        assert repr(found) == repr(float(plain)) or (math.isnan(found) and math.isnan(plain))


def test_bits_are_shifted():
    agrees(shifted, 45, 3)


@pytest.mark.parametrize(("x", "y"), [(0.3, 0.7), (2.5, -1.5), (1e9, 1e-9)])
def test_functions_of_floats_are_those_of_numpy(x, y):
    found = compiled(functions, x, y)(x, y)
    np.testing.assert_allclose(found, functions(x, y), rtol=4e-16)


def test_integers_and_floats_mix():
    found = compiled(lifted, 3, 2.5)(3, 2.5)
    assert found == lifted(3, 2.5)


def lifted(n, x):
    a, b, c, d, e, f, less = mixed(n, x)
    return a, b, c, d, e, f, 1 if less else 0
