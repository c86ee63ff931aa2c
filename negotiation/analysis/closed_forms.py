"""Thresholds as formulas of the file's parameters, wherever they have such a form.

What has to be patient enough is one inequality, the constraint of `incentive`; it is affine in
payoffs, hence the rational formulas. A formula holds where the same deviation is best and the same
branches of ``min``, ``max``, ``abs`` and conditions apply as at the point it was made for; it is
given only if it reproduces the number found numerically, and "no closed form" is an answer.

sympy is kept on a short lead: besides the limits of `algebra`, a bound on the number of calls,
counted in this thread, ends what takes too long in spite of them. Counting needs no clock, so the
outcome does not depend on the machine's load; and no process, which would cost a second and,
forked from a threaded program, can hang.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from negotiation.analysis.constraint import (
    Condition,
    Constraint,
    NoFormError,
    crossings,
    ratio,
    shown,
    solved,
)
from negotiation.errors import FormulaError, UsageError, near_name
from negotiation.payoff_file.formulas.formula import evaluate, latex_name, parse
from negotiation.payoff_file.model import PayoffFile

__all__ = [
    "ClosedForm",
    "NoClosedForm",
    "critical_parameter",
    "critical_parameter_formula",
    "critical_patience_formula",
]

MAX_CALLS = 3_000_000
"""Bound on the Python calls that sympy may use: a few seconds."""

_ACCURACY, _JUMP = 1e-9, 1e-6


@dataclass(frozen=True)
class ClosedForm:
    """A threshold as a formula.

    Attributes
    ----------
    expression
        In the language of payoff files: `formula.parse` reads it.
    text, latex
        The same as an equation, for people.
    value
        What the expression comes to at the file's values, in the threshold's own unit.
    numeric
        The same threshold found without the formula; they agree to 1e-9.
    where
        The deviation and the threat that the formula is about.
    holds_above
        For a parameter, whether the deal is kept above the threshold rather than below; True for
        patience.
    """

    expression: str
    text: str
    latex: str
    value: float
    numeric: float
    where: str
    holds_above: bool = True


@dataclass(frozen=True)
class NoClosedForm:
    """A threshold without a formula.

    Attributes
    ----------
    reason
        Why not.
    numeric
        The threshold all the same; None if there is none.
    where, holds_above
        As for `ClosedForm`.
    """

    reason: str
    numeric: float | None
    where: str
    holds_above: bool = True


class _TooLongError(BaseException):
    """Raised past the bound on calls; no `Exception`, since sympy catches those."""


def critical_patience_formula(
    model: PayoffFile,
    profile: tuple[int, int],
    player: int,
    threat: tuple[int, int],
    settings: Mapping[str, Any] | None = None,
) -> ClosedForm | NoClosedForm:
    r"""Return a player's critical discount factor for a deal, as a formula.

    ``δ* = (c_i(a) - g_i(a)) / (c_i(a) - v_i)``, per period.

    Parameters
    ----------
    model
        A payoff file.
    profile, player, threat
        As in `Condition`.
    settings
        Parameters that differ from the file's values.

    Examples
    --------
    >>> from negotiation.payoff_file import loads
    >>> model = loads('''
    ... title: Prisoner's dilemma
    ... parameters:
    ...   T: {value: 10, range: [9, 20], unit: points, meaning: temptation, grade: assumed}
    ... players: {Row: {actions: [C, D], discount: 0.75}, Column: {actions: [C, D], discount: 0.75}}
    ... payoffs: {Row: [[9, 1], [T, 3]], Column: [[9, T], [1, 3]]}
    ... ''')
    >>> critical_patience_formula(model, (0, 0), 0, (1, 1)).text
    'patience of Row = (T - 9)/(T - 3)'
    """
    constraint = Constraint(model, Condition(profile, player, threat), dict(settings or {}))
    g, c, v = (float(x[0]) for x in constraint.levels({}))
    where = constraint.where({})
    if c - g <= 0:
        return NoClosedForm("no patience is needed: the deal is a best reply", 0.0, where)
    if g <= v:
        return NoClosedForm("no patience is enough: the threat is no worse", None, where)
    numeric = (c - g) / (c - v)

    def make() -> tuple[str, str]:
        deal, best, threatened = (constraint.payoff(cell, {}) for cell in constraint.cells({}))
        return shown(ratio(best - deal, best - threatened, constraint.values({})))

    left = (
        f"patience of {model.players[player]}",
        rf"\delta_{{\mathrm{{{model.players[player]}}}}}^*",
    )
    return _checked(make, constraint, left, numeric, (where, True))


def critical_parameter_formula(
    model: PayoffFile,
    name: str,
    condition: Condition,
    settings: Mapping[str, Any] | None = None,
    bounds: tuple[float, float] | None = None,
) -> tuple[ClosedForm | NoClosedForm, ...]:
    """Return the values of a parameter at which a player stops, or starts, keeping a deal.

    The threat stays the same cell throughout; whether it is still an equilibrium there is the
    caller's to say. A slack that touches zero without changing sign is not a threshold.

    Parameters
    ----------
    model
        A payoff file.
    name
        The parameter; it may be one that enters a discount factor. A parameter given by a formula
        is then free of it.
    condition
        Whose constraint.
    settings
        Other parameters that differ from the file's values.
    bounds
        Where to look; by default the parameter's range.

    Returns
    -------
    tuple
        One entry a threshold, in ascending order; empty if there is none within bounds.

    Raises
    ------
    UsageError
        If there is no such parameter.
    """
    constraint = _constraint(model, name, condition, settings)
    return tuple(
        _parameter_formula(constraint, name, root, rising)
        for root, rising in critical_parameter(model, name, condition, settings, bounds)
    )


def critical_parameter(
    model: PayoffFile,
    name: str,
    condition: Condition,
    settings: Mapping[str, Any] | None = None,
    bounds: tuple[float, float] | None = None,
) -> tuple[tuple[float, bool], ...]:
    """Return the same thresholds as numbers, and whether the deal is kept above each.

    Parameters and errors as for `critical_parameter_formula`, which is much slower.
    """
    constraint = _constraint(model, name, condition, settings)
    low, high = bounds or next(p.range for p in model.parameters if p.name == name)
    return tuple(crossings(lambda x: constraint.slack({name: x}), low, high))


def _constraint(
    model: PayoffFile, name: str, condition: Condition, settings: Mapping[str, Any] | None
) -> Constraint:
    """Return the model at its settings with one parameter left free."""
    names = [p.name for p in model.parameters]
    if name not in names:
        hint = near_name(name, names)
        raise UsageError(
            f"unknown parameter {name!r}" + (f"; did you mean {hint!r}?" if hint else "")
        )
    return Constraint(model, condition, {k: v for k, v in (settings or {}).items() if k != name})


def _parameter_formula(
    constraint: Constraint, name: str, root: float, rising: bool
) -> ClosedForm | NoClosedForm:
    at_root = {name: root}
    about = constraint.where(at_root), rising
    if abs(float(constraint.slack(at_root)[0])) > _JUMP:
        return NoClosedForm("the slack jumps over zero", root, *about)

    def make() -> tuple[str, str]:
        deal, best, threatened = (
            constraint.payoff(cell, at_root, name) for cell in constraint.cells(at_root)
        )
        factor = constraint.model.discounts[constraint.condition.player]
        delta = constraint.symbolic(factor, constraint.condition.profile, at_root, name)
        slack = deal - (1 - delta) * best - delta * threatened
        return shown(solved(slack, name, root, constraint.values(at_root)))

    return _checked(make, constraint, (name, latex_name(name)), root, about)


def _checked(
    make: Callable[[], tuple[str, str]],
    constraint: Constraint,
    left: tuple[str, str],
    numeric: float,
    about: tuple[str, bool],
) -> ClosedForm | NoClosedForm:
    """Make the formula within bounds, and give it only if it reproduces the number."""
    try:
        expression, typeset = _bounded(make)
        value = float(evaluate(parse(expression), constraint.values({})))
    except (NoFormError, FormulaError) as error:
        return NoClosedForm(str(error), numeric, *about)
    except (_TooLongError, RecursionError, MemoryError):
        return NoClosedForm("it is too complicated to solve within bounds", numeric, *about)
    if not abs(value - numeric) <= _ACCURACY * max(1.0, abs(numeric)):
        return NoClosedForm("the formula does not reproduce the number", numeric, *about)
    text, latex = f"{left[0]} = {expression}", f"{left[1]} = {typeset}"
    return ClosedForm(expression, text, latex, value, numeric, *about)


def _bounded(make: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """Run with a bound on the number of calls in this thread; importing sympy is not counted."""
    import_module("sympy")
    left = MAX_CALLS

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            raise _TooLongError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return make()
    finally:
        sys.setprofile(before)
