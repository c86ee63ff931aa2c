"""Expressions tidied, solved and printed with sympy, which is imported only when asked.

It is kept on a short lead: expressions are bounded in size and solved only up to degree two, by our
own rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, prod
from typing import Any

import numpy as np

from negotiation.payoff_file.formulas.formula import evaluate, latex_name, parse

__all__ = ["NoFormError", "ratio", "shown", "solved", "tidy"]

MAX_TERMS = 400
"""Largest expression to multiply out."""
MAX_TEXT = 600
"""A formula longer than this tells nobody anything."""

_DEGREE = 2


class NoFormError(Exception):
    """There is no formula, or none worth printing."""


def ratio(above: Any, below: Any, values: Mapping[str, Any]) -> Any:
    """Return a fraction with a positive denominator at these values."""
    sign = 1 if float(evaluate(parse(str(below)), values)) > 0 else -1
    return tidy(sign * above) / tidy(sign * below)


def solved(slack: Any, name: str, root: float, values: Mapping[str, Any]) -> Any:
    """Solve ``slack = 0`` for the parameter, if that is a matter of degree one or two."""
    import sympy

    unknown = next((s for s in slack.free_symbols if s.name == name), None)
    if _terms(slack) > MAX_TERMS:
        raise NoFormError(f"the condition has more than {MAX_TERMS} terms")
    numerator = sympy.fraction(sympy.together(slack))[0]
    if _terms(numerator) > MAX_TERMS:
        raise NoFormError(f"the condition has more than {MAX_TERMS} terms")
    whole = None if unknown is None else numerator.as_poly(unknown)
    if whole is None:
        raise NoFormError(f"the condition is not a polynomial in {name}")
    pieces = [whole]
    if whole.degree() > _DEGREE:
        pieces = [f.as_poly(unknown) for f, _ in sympy.factor_list(numerator)[1]]
    found = [x for p in pieces for x in _roots_of(p, values)]
    if not found:
        raise NoFormError(f"the condition has degree {whole.degree()} in {name}")
    near = [abs(float(evaluate(parse(str(x)), values)) - root) for x in found]
    return found[int(np.nanargmin([*near, np.inf])) % len(found)]


def _roots_of(polynomial: Any, values: Mapping[str, Any]) -> list[Any]:
    import sympy

    coefficients = polynomial.all_coeffs() if polynomial is not None else []
    if len(coefficients) == 2:
        a, b = coefficients
        return [ratio(-b, a, values)]
    if len(coefficients) == 3:
        a, b, c = (tidy(x) for x in coefficients)
        spread = sympy.sqrt(tidy(b**2 - 4 * a * c))
        return [(-b + spread) / (2 * a), (-b - spread) / (2 * a)]
    return []


def shown(expression: Any) -> tuple[str, str]:
    """Return an expression as text and as LaTeX."""
    import sympy

    text = str(expression)
    if len(text) > MAX_TEXT:
        raise NoFormError(f"the formula has more than {MAX_TEXT} characters")
    names = {s: latex_name(s.name) for s in expression.free_symbols}
    return text, sympy.latex(expression, symbol_names=names, mul_symbol=r"\,")


def tidy(expression: Any) -> Any:
    """Return the shortest of some equal forms."""
    import sympy

    if _terms(expression) > MAX_TERMS:
        return expression
    gathered = sympy.expand(expression)
    while True:
        symbols = sorted(gathered.free_symbols, key=str)
        forms = [sympy.factor_terms(sympy.collect(gathered, s)) for s in symbols]
        best = min(forms, key=_length, default=gathered)
        if _length(best) >= _length(gathered):
            break
        gathered = best
    return min((expression, sympy.factor(expression), gathered), key=_length)


def _terms(expression: Any) -> int:
    """Bound the number of terms of an expression when it is multiplied out."""
    parts = [_terms(a) for a in expression.args]
    if expression.is_Add:
        return sum(parts)
    if expression.is_Mul:
        return prod(parts)
    if expression.is_Pow and expression.exp.is_Integer:
        n = abs(int(expression.exp))
        return comb(parts[0] + n - 1, n)
    return max(parts, default=1)


def _length(expression: Any) -> tuple[int, int, str]:
    """Rank forms: fewest symbols, then fewest characters."""
    import sympy

    text = str(expression)
    symbols = sum(e.is_Symbol for e in sympy.preorder_traversal(expression))
    return symbols, len(text), text
