"""Formulas: text that a person wrote, checked, evaluated, and printed for other people.

The language is numbers, names, ``+ - * / ^ **``, comparisons (worth 1 or 0), ``a if cond else b``
and ``min max exp log sqrt abs tanh``. Nothing else gets past `parse`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from negotiation._numpy import Array
from negotiation.errors import FormulaError
from negotiation.payoff_file.formulas.evaluation import (
    MAX_EXPONENT,
    InexactError,
    exactly,
    numerically,
    one_number,
)
from negotiation.payoff_file.formulas.parser import Name, Node, Number, Operation, build, walk
from negotiation.payoff_file.formulas.printing import latex, latex_name, symbolic
from negotiation.payoff_file.formulas.tokens import FUNCTIONS, name_fault, read_number

__all__ = [
    "FUNCTIONS",
    "Formula",
    "InexactError",
    "constant",
    "evaluate",
    "evaluate_exact",
    "evaluate_one",
    "latex_name",
    "name_fault",
    "parse",
    "read_number",
    "to_latex",
    "to_sympy",
    "unknown_names",
]


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula.

    Attributes
    ----------
    text
        As written.
    tree
        Its checked syntax tree.
    names
        Every name that it uses.
    """

    text: str
    tree: Node
    names: frozenset[str]

    @property
    def number(self) -> Fraction | None:
        """The number, if the formula is only a number, possibly with a sign."""
        signed = isinstance(self.tree, Operation) and self.tree.op == "neg"
        inner = self.tree.args[0] if isinstance(self.tree, Operation) and signed else self.tree
        if not isinstance(inner, Number):
            return None
        return -inner.exact if signed else inner.exact


def parse(text: str) -> Formula:
    """Check a formula.

    Raises
    ------
    FormulaError
        With the offset of the fault, what was expected, and a near name if there is one.

    Examples
    --------
    >>> sorted(parse("w*s_inf + (1 - w)*s_train").names)
    ['s_inf', 's_train', 'w']
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    negotiation.errors.FormulaError: '__import__' is not letters, ...
    """
    tree = build(text)
    for node in walk(tree):
        if isinstance(node, Operation) and node.op == "**":
            _check_power(node)
    names = frozenset(n.name for n in walk(tree) if isinstance(n, Name))
    return Formula(text, tree, names)


def _is_constant(tree: Node) -> bool:
    return not any(isinstance(n, Name) for n in walk(tree))


def _check_power(node: Operation) -> None:
    """Bound constant powers, which other readers of the tree might expand digit by digit."""
    base, exponent = node.args
    if not _is_constant(exponent):
        return
    size = abs(one_number(exponent, {}))
    if not size <= MAX_EXPONENT:
        raise FormulaError(
            "an exponent that is too large", col=node.col, expected=f"at most {MAX_EXPONENT}"
        )
    if not _is_constant(base):
        return
    value, zero = abs(one_number(node, {})), one_number(base, {}) == 0
    if not (1e-300 < value < 1e300 or (zero and value == 0)):
        expected = "a real value between 1e-300 and 1e300"
        raise FormulaError("a power out of bounds", col=node.col, expected=expected)


def constant(value: Fraction) -> Formula:
    """Return the formula of a number.

    Examples
    --------
    >>> constant(Fraction(1, 4)).number
    Fraction(1, 4)
    """
    return Formula(str(value), Number(str(value), value), frozenset())


def unknown_names(formula: Formula, known: Iterable[str]) -> list[Name]:
    """List the names, with their places, that are not in `known`; each once.

    Examples
    --------
    >>> unknown_names(parse("a + bb"), {"a"})
    [Name(name='bb', col=4)]
    """
    missing = formula.names - set(known)
    first: dict[str, Name] = {}
    for node in walk(formula.tree):
        if isinstance(node, Name) and node.name in missing:
            first.setdefault(node.name, node)
    return list(first.values())


def _require(formula: Formula, env: Mapping[str, Any]) -> None:
    for name in unknown_names(formula, env):
        raise FormulaError(f"no value for {name.name!r}", col=name.col)


def evaluate(formula: Formula, env: Mapping[str, Any]) -> Array:
    """Evaluate over numbers or arrays that broadcast together.

    Returns
    -------
    Array
        Of the broadcast shape; NaN wherever an operation had no finite result.

    Examples
    --------
    >>> import numpy as np
    >>> evaluate(parse("-x^2 if x > 0 else 1/x"), {"x": np.array([2.0, 0.0, -4.0])})
    array([-4.  ,   nan, -0.25])
    """
    _require(formula, env)
    return numerically(formula.tree, env)


def evaluate_exact(formula: Formula, env: Mapping[str, Fraction]) -> Fraction:
    """Evaluate over rationals.

    Raises
    ------
    InexactError
        If the value is not rational, or has more than about 1000 digits.

    Examples
    --------
    >>> evaluate_exact(parse("0.36^1.5 / 3"), {})
    Fraction(9, 125)
    """
    _require(formula, env)
    return exactly(formula.tree, env)


def evaluate_one(formula: Formula, env: Mapping[str, float]) -> float:
    """Evaluate over single numbers, without numpy; NaN if there is no finite value.

    Examples
    --------
    >>> evaluate_one(parse("1/x"), {"x": 4.0}), evaluate_one(parse("1/x"), {"x": 0.0})
    (0.25, nan)
    """
    _require(formula, env)
    return one_number(formula.tree, env)


def to_latex(formula: Formula) -> str:
    r"""Render for a report.

    Examples
    --------
    >>> print(to_latex(parse("W*(1 - r)*cut^theta")))
    W \, \left(1 - r\right) \, \mathrm{cut}^{\theta}
    """
    return latex(formula.tree)


def to_sympy(formula: Formula) -> Any:
    """Return the formula as a sympy expression over real symbols.

    Examples
    --------
    >>> to_sympy(parse("0.5*x + x/4"))
    3*x/4
    """
    return symbolic(formula.tree)
