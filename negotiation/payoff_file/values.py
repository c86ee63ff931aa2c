"""Values of parameters: settings over the file, formulas in order; and payoffs from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from numbers import Real
from typing import Any

from negotiation._numpy import Array, np
from negotiation.errors import FormulaError, UsageError, near_name
from negotiation.games.game import ExactTables
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
    "Attributes",
    "Table",
    "batch_shape",
    "depends_on",
    "exact_payoffs",
    "exact_values",
    "find_cycle",
    "in_range",
    "merge",
    "parse_setting",
    "payoff_arrays",
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


MAX_EXACT_CELLS = 1000
MOST_NUMBERS = 2 * 10**8
"""Payoffs that are held at once: about 1.6 GB."""
Table = tuple[tuple[Formula, ...], ...]
Attributes = Mapping[str, tuple[int, tuple[Formula, ...]]]
"""Attribute name → the player whose it is, and its value for each action of that player."""


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


def depends_on(
    formula: Formula,
    formulas: Mapping[str, Formula],
    attributes: Attributes,
    cell: tuple[int, int],
) -> set[str]:
    """Return all names that a payoff depends on in a cell, through formulas and attributes."""
    used = reach(formula.names, formulas)
    for name in used & attributes.keys():
        owner, column = attributes[name]
        used = used | reach(column[cell[owner]].names, formulas)
    return used


def payoff_arrays(
    rules: Iterable[Formula | Table],
    definitions: Mapping[str, Formula],
    attributes: Attributes,
    parameters: Mapping[str, Array],
    shape: tuple[int, int],
) -> Array:
    """Evaluate formulas of a profile, such as both players' payoffs, for a run of points.

    Parameters
    ----------
    rules
        Each a formula of the attributes, or a table of formulas ``[a0][a1]``.
    definitions, attributes
        What the rules may use besides parameters.
    parameters
        Each of shape ``()`` or ``(points,)``.
    shape
        Numbers of actions.

    Returns
    -------
    Array
        Shape ``(points, rules, n0, n1)``; NaN where there is no finite value.
    """
    broadcast = {name: value.reshape(-1, 1, 1) for name, value in parameters.items()}
    for name, (player, column) in attributes.items():
        cells = [np.asarray(evaluate(f, parameters)).reshape(-1) for f in column]
        stacked = np.stack(np.broadcast_arrays(*cells), axis=-1)
        broadcast[name] = stacked[:, :, None] if player == 0 else stacked[:, None, :]
    points = max((v.size for v in parameters.values()), default=1)
    every = tuple(rules)
    refuse_too_many(points, len(every), shape)
    env = {name: _with_axes(value) for name, value in values(definitions, broadcast).items()}
    out = np.empty((points, len(every), *shape))
    for k, rule in enumerate(every):
        if isinstance(rule, Formula):
            out[:, k] = evaluate(rule, env)
        else:
            _fill(out[:, k], rule, env)
    return out


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


def _with_axes(value: Array) -> Array:
    """Return a value with the axes (point, a0, a1); one that depends on nothing has none yet."""
    return value if value.ndim == 3 else np.reshape(value, (1, 1, 1))


def _fill(out: Array, table: Table, env: Mapping[str, Array]) -> None:
    for a0, row in enumerate(table):
        for a1, cell in enumerate(row):
            local = {name: _at(env[name], a0, a1) for name in cell.names}
            out[:, a0, a1] = evaluate(cell, local)


def _at(array: Array, a0: int, a1: int) -> Array:
    _, n0, n1 = array.shape
    return array[:, a0 if n0 > 1 else 0, a1 if n1 > 1 else 0]


def exact_payoffs(
    rules: Iterable[Formula | Table],
    definitions: Mapping[str, Formula],
    attributes: Attributes,
    parameters: Mapping[str, Fraction],
    shape: tuple[int, int],
) -> ExactTables | None:
    """Evaluate both payoff tables over rationals.

    Returns
    -------
    ExactTables or None
        None if a payoff is not rational, or if the tables are too large to be worth it.
    """
    if shape[0] * shape[1] > MAX_EXACT_CELLS:
        return None
    columns = {
        name: (player, [exact_values({name: f}, parameters).get(name) for f in column])
        for name, (player, column) in attributes.items()
    }
    both = tuple(rules)
    tables: list[list[list[Fraction]]] = [[[] for _ in range(shape[0])] for _ in both]
    for a0 in range(shape[0]):
        for a1 in range(shape[1]):
            attribute_values = {
                n: column[(a0, a1)[player]] for n, (player, column) in columns.items()
            }
            assigned = dict(parameters) | {
                n: v for n, v in attribute_values.items() if v is not None
            }
            env = exact_values(definitions, assigned)
            for table, rule in zip(tables, both, strict=True):
                cell = rule if isinstance(rule, Formula) else rule[a0][a1]
                value = exact_values({"": cell}, env).get("")
                if value is None:
                    return None
                table[a0].append(value)
    first, second = (tuple(map(tuple, t)) for t in tables)
    return first, second
