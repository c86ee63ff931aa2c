"""Values of parameters: settings over the file, and formulas in the order of dependence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from numbers import Real
from typing import Any

from negotiation._numpy import Array, np
from negotiation.errors import FormulaError, UsageError, near_name
from negotiation.payoff_file.formulas.formula import (
    Formula,
    InexactError,
    evaluate,
    evaluate_exact,
    evaluate_one,
    read_number,
)
from negotiation.payoff_file.formulas.tokens import quoted

__all__ = [
    "batch_shape",
    "exact_values",
    "find_cycle",
    "in_range",
    "merge",
    "parse_setting",
    "points",
    "reach",
    "refuse_too_many",
    "single_values",
    "unknown_parameter",
    "values",
]


def parse_setting(text: str) -> tuple[str, Fraction]:
    """Read a setting such as ``s=0.6``, exactly.

    Raises
    ------
    UsageError
        If it is not a name, "=" and a finite number.

    Examples
    --------
    >>> parse_setting("s=0.6")
    ('s', Fraction(3, 5))
    """
    name, equals, number = (part.strip() for part in text.partition("="))
    if not (name and equals and number):
        raise UsageError(f"{quoted(text)} is not a setting; expected NAME=NUMBER, such as s=0.6")
    try:
        return name, read_number(number)
    except FormulaError as error:
        raise UsageError(f"setting {quoted(text)}: {error}") from None


def merge(
    numbers: Mapping[str, Fraction], known: Iterable[str], settings: Mapping[str, Any]
) -> tuple[dict[str, Array], dict[str, Fraction]]:
    """Override the file's numbers by the settings.

    Returns
    -------
    tuple
        Every number as an array, and those that are single numbers exactly.
    """
    names = list(known)
    for name in settings:
        if name not in names:
            raise unknown_parameter(name, names)
    merged: dict[str, Any] = {**numbers, **settings}
    arrays = {name: _array(name, value) for name, value in merged.items()}
    single = {name: v for name, v in merged.items() if arrays[name].ndim == 0}
    return arrays, {name: _fraction(v, arrays[name]) for name, v in single.items()}


def unknown_parameter(name: str, known: Sequence[str]) -> UsageError:
    """Return the error for a parameter that a model does not have, with all that it has."""
    near = near_name(name, known) if len(name) <= 80 else ""
    return UsageError(
        f"unknown parameter {quoted(name)}; "
        + (f"did you mean {near!r}? " if near else "")
        + f"the parameters are: {', '.join(known) or 'none'}"
    )


def _array(name: str, value: Any) -> Array:
    try:
        raw = np.asarray(float(value) if isinstance(value, Real) else value)
        fits = raw.dtype.kind in "iuf" and not isinstance(value, bool)
        array = raw.astype(np.float64) if fits else None
    except (TypeError, ValueError, OverflowError):
        array = None
    if array is None or not np.isfinite(array).all():
        raise UsageError(
            f"parameter {name!r} is {quoted(str(value))}; expected a finite number, or an array of"
            " finite numbers"
        )
    return array


def _fraction(value: Any, array: Array) -> Fraction:
    """Read a single number as the decimal that a person would write for it."""
    return Fraction(value) if isinstance(value, int | Fraction) else Fraction(repr(float(array)))


def batch_shape(arrays: Mapping[str, Array]) -> tuple[int, ...]:
    """Return the shape that all arrays broadcast to; ``()`` if there is none.

    Examples
    --------
    >>> batch_shape({"s": np.zeros((3, 1)), "r": np.zeros(4), "V": np.float64(1)})
    (3, 4)
    """
    try:
        return np.broadcast_shapes(*(v.shape for v in arrays.values()))
    except ValueError:
        listed = ", ".join(f"{n} {v.shape}" for n, v in arrays.items() if v.ndim)
        raise UsageError(f"arrays that do not broadcast together: {listed}") from None


def points(arrays: Mapping[str, Array], run: slice) -> dict[str, Array]:
    """Take a run of points from flat arrays; single numbers stay single."""
    return {name: v[run] if v.ndim else v for name, v in arrays.items()}


def in_range(value: Any, bounds: tuple[float, float]) -> bool:
    """Tell whether all values are within bounds, up to rounding.

    Examples
    --------
    >>> in_range(0.1 + 0.2, (0, 0.3)), in_range(0.4, (0, 0.3))
    (True, False)
    """
    low, high = bounds
    slack = 1e-12 * max(abs(low), abs(high))
    if isinstance(value, float):  # without numpy
        return low - slack <= value <= high + slack
    return bool(np.all((np.asarray(value) >= low - slack) & (np.asarray(value) <= high + slack)))


MOST_NUMBERS = 2 * 10**8
"""Payoffs that are held at once: about 1.6 GB."""


def find_cycle(formulas: Mapping[str, Formula]) -> list[str]:
    """Return names that depend on each other, the first repeated at the end, or [].

    Examples
    --------
    >>> from negotiation.payoff_file.formulas.formula import parse
    >>> find_cycle({"a": parse("b + 1"), "b": parse("c"), "c": parse("2")})
    []
    """
    try:
        _order(formulas)
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _order(formulas: Mapping[str, Formula]) -> list[str]:
    graph = {name: sorted(f.names & formulas.keys()) for name, f in formulas.items()}
    return list(TopologicalSorter(graph).static_order())


def values(formulas: Mapping[str, Formula], given: Mapping[str, Any]) -> dict[str, Array]:
    """Evaluate formulas that depend on one another; a name in `given` keeps its value.

    Returns
    -------
    dict
        Every given name and every formula's, in the order of dependence.
    """
    env: dict[str, Any] = dict(given)
    for name in _order({n: f for n, f in formulas.items() if n not in given}):
        env[name] = evaluate(formulas[name], env)
    return env


def single_values(formulas: Mapping[str, Formula], given: Mapping[str, float]) -> dict[str, float]:
    """Evaluate such formulas over single numbers, without numpy; NaN if not finite."""
    env = dict(given)
    for name in _order({n: f for n, f in formulas.items() if n not in given}):
        env[name] = evaluate_one(formulas[name], env)
    return env


def exact_values(
    formulas: Mapping[str, Formula], given: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """Evaluate such formulas over rationals; names without a rational value are left out."""
    env = dict(given)
    for name in _order({n: f for n, f in formulas.items() if n not in given}):
        if formulas[name].names <= env.keys():
            try:
                env[name] = evaluate_exact(formulas[name], env)
            except InexactError:
                continue
    return env


def reach(names: Iterable[str], formulas: Mapping[str, Formula]) -> set[str]:
    """Return the names and all that they depend on through formulas."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(formulas[name].names if name in formulas else ())
    return reached


def refuse_too_many(points: int, rules: int, shape: tuple[int, int]) -> None:
    """Refuse to hold payoffs that no memory has room for, before asking for any.

    Raises
    ------
    UsageError
        With how many games there may be at once.
    """
    each = rules * shape[0] * shape[1]
    if points * each > MOST_NUMBERS:
        raise UsageError(
            f"{points:,} games of {shape[0]} by {shape[1]} actions at once; expected at most "
            f"{MOST_NUMBERS // each:,}"
        )
