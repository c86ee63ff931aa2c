"""The value of a syntax tree: as floats over whole arrays, as one float, or exactly as a rational.

In floats every operation is strict: a result that is not finite becomes NaN and stays NaN, so that
``exp(-1/x)`` at x = 0 is an error to report and not a quiet 0. Only ``a if c else b`` forgets, and
only what was wrong in the branch it did not take. One float at a time needs no numpy, whose import
would take longer than everything else about reporting a bad file.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, reduce
from typing import Any

from negotiation._numpy import Array, np
from negotiation.payoff_file.formulas.parser import Name, Node, Number

__all__ = ["InexactError", "exactly", "numerically", "one_number"]

MAX_EXPONENT = 64
MAX_BITS = 4000
MAX_ROOT = 12


class InexactError(ArithmeticError):
    """Signal that a value is not rational, or too long to be worth it."""


def _real(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.nan, compare(a, b))


def _reduced(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *args: reduce(function, args)


def _chosen(condition: Any, then: Any, otherwise: Any) -> Any:
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0, then, otherwise))


@cache
def _operations() -> dict[str, Callable[..., Any]]:
    return {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.divide,
        "**": _real(np.power),
        "neg": np.negative,
        "<": _real(np.less),
        "<=": _real(np.less_equal),
        ">": _real(np.greater),
        ">=": _real(np.greater_equal),
        "==": _real(np.equal),
        "!=": _real(np.not_equal),
        "if": _chosen,
        "min": _reduced(np.minimum),
        "max": _reduced(np.maximum),
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "abs": np.abs,
        "tanh": np.tanh,
    }


def numerically(tree: Node, env: Mapping[str, Any]) -> Array:
    """Evaluate a tree over arrays that broadcast together; NaN marks what has no finite value."""
    with np.errstate(all="ignore"):
        return np.asarray(_float(tree, env), dtype=np.float64)


def _float(tree: Node, env: Mapping[str, Any]) -> Any:
    if isinstance(tree, Number):
        return np.float64(tree.exact)
    if isinstance(tree, Name):
        return np.asarray(env[tree.name], dtype=np.float64)
    value = _operations()[tree.op](*(_float(arg, env) for arg in tree.args))
    finite = np.isfinite(value)
    return value if finite.all() else np.where(finite, value, np.nan)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 1 or exponent == 0:
        return Fraction(1)
    if base == 0 and exponent > 0:
        return Fraction(0)
    if exponent.denominator > MAX_ROOT or abs(exponent) > MAX_EXPONENT or base == 0:
        raise InexactError
    root = _root(base, exponent.denominator)
    if (root.numerator.bit_length() + root.denominator.bit_length()) * abs(exponent) > MAX_BITS:
        raise InexactError
    return Fraction(root**exponent.numerator)


def _root(base: Fraction, n: int) -> Fraction:
    """Return the n-th root where it is rational."""
    if n == 1:
        return base
    if base < 0 or max(base.numerator, base.denominator) > 10**15:
        raise InexactError
    root = Fraction(round(base.numerator ** (1 / n)), round(base.denominator ** (1 / n)))
    if root**n != base:
        raise InexactError
    return root


def _quotient(a: Fraction, b: Fraction) -> Fraction:
    if b == 0:
        raise InexactError
    return a / b


def _only(at: int, value: int) -> Callable[[Fraction], Fraction]:
    """Return exp, log or tanh over rationals, defined only where its value is rational."""

    def function(x: Fraction) -> Fraction:
        if x != at:
            raise InexactError
        return Fraction(value)

    return function


_EXACT: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "**": _power,
    "neg": operator.neg,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "min": min,
    "max": max,
    "exp": _only(0, 1),
    "log": _only(1, 0),
    "sqrt": lambda x: _power(x, Fraction(1, 2)),
    "abs": abs,
    "tanh": _only(0, 0),
}


def exactly(tree: Node, env: Mapping[str, Fraction]) -> Fraction:
    """Evaluate a tree over rationals.

    Raises
    ------
    InexactError
        If a value is not rational, or has more than about 1000 digits.
    """
    if isinstance(tree, Number):
        return tree.exact
    if isinstance(tree, Name):
        return env[tree.name]
    if tree.op == "if":
        condition, then, otherwise = tree.args
        return exactly(then if exactly(condition, env) else otherwise, env)
    value = Fraction(_EXACT[tree.op](*(exactly(arg, env) for arg in tree.args)))
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise InexactError
    return value


_ONE_NUMBER = _EXACT | {
    "/": operator.truediv,
    "**": math.pow,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
}


def one_number(tree: Node, env: Mapping[str, float]) -> float:
    """Evaluate a tree over single floats, as `numerically` does; NaN if it has no finite value."""
    if isinstance(tree, Number):
        return float(tree.exact)
    if isinstance(tree, Name):
        return float(env[tree.name])
    if tree.op == "if":
        test = one_number(tree.args[0], env)
        return test if math.isnan(test) else one_number(tree.args[1 if test else 2], env)
    args = [one_number(arg, env) for arg in tree.args]
    if any(map(math.isnan, args)):
        return math.nan
    try:
        value = float(_ONE_NUMBER[tree.op](*args))
    except (ArithmeticError, ValueError):
        return math.nan
    return value if math.isfinite(value) else math.nan
