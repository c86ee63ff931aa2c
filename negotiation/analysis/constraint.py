"""Incentive constraint of one player in a model, numerically and symbolically.

With g_i(a) from the deal, c_i(a) from the best deviation and v_i from a threat that is a known
cell, player i keeps the deal exactly when ``g_i(a) ≥ (1-δ_i) c_i(a) + δ_i v_i`` (Friedman 1971 for
reversion to a stage equilibrium). Expressions are tidied, solved and printed with sympy, which is
imported only when asked and kept on a short lead: expressions are bounded in size and solved only
up to degree two, by our own rule.

References
----------
J. Friedman (1971), A non-cooperative equilibrium for supergames, Review of Economic Studies 38.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import comb, prod
from typing import Any

import numpy as np

from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.formulas.evaluation import numerically
from negotiation.payoff_file.formulas.formula import (
    Formula,
    constant,
    evaluate,
    latex_name,
    parse,
    to_sympy,
)
from negotiation.payoff_file.formulas.parser import Name, Node, Number, Operation, walk
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.values import reach

__all__ = [
    "Condition",
    "Constraint",
    "NoFormError",
    "crossings",
    "ratio",
    "shown",
    "solved",
    "tidy",
]

MAX_TERMS = 400
"""Largest expression to multiply out."""
MAX_TEXT = 600
"""A formula longer than this tells nobody anything."""

_DEGREE = 2


class NoFormError(Exception):
    """Raised where there is no formula, or none worth printing."""


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
    polynomial = None if unknown is None else numerator.as_poly(unknown)
    if polynomial is None:
        raise NoFormError(f"the condition is not a polynomial in {name}")
    pieces = [polynomial]
    if polynomial.degree() > _DEGREE:
        pieces = [f.as_poly(unknown) for f, _ in sympy.factor_list(numerator)[1]]
    solutions = [x for p in pieces for x in _roots_of(p, values)]
    if not solutions:
        raise NoFormError(f"the condition has degree {polynomial.degree()} in {name}")
    near = [abs(float(evaluate(parse(str(x)), values)) - root) for x in solutions]
    return solutions[int(np.nanargmin([*near, np.inf])) % len(solutions)]


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
    """Return the shortest of several equal forms of an expression."""
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


MAX_SIZE = 2_000
"""Largest payoff formula, in operations after definitions are put in."""

Cell = tuple[int, int]
_GRID, _INSIDE, _ROUNDS = 401, 33, 12
_NOISE = 1e-12
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Condition:
    """Player `player` keeps to `profile` because of `threat`, both cells ``(a0, a1)``.

    The threat is worth the player's payoff there for ever after: a stage equilibrium, or the cell
    of the pure minmax.
    """

    profile: tuple[int, int]
    player: int
    threat: tuple[int, int]


@dataclass(frozen=True)
class Constraint:
    """Incentive constraint of a model at given settings, numerically and symbolically."""

    model: PayoffFile
    condition: Condition
    settings: dict[str, Any]

    def __post_init__(self) -> None:
        shape = tuple(map(len, self.model.actions))
        for cell in (self.condition.profile, self.condition.threat):
            if not all(0 <= k < n for k, n in zip(cell, shape, strict=True)):
                raise UsageError(f"there is no cell {cell}; expected indices below {shape}")
        if self.condition.player not in (0, 1):
            raise UsageError(f"there is no player {self.condition.player}; expected 0 or 1")

    def values(self, here: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter's value; `here` may hold an array."""
        return self.model.values(**{**self.settings, **here})

    def _replies(self, changes: Mapping[str, Any]) -> tuple[Array, Array]:
        """Return i's payoffs in all cells, and against the other's part of the deal."""
        parameter_values = {
            k: np.atleast_1d(np.asarray(v, float)) for k, v in self.values(changes).items()
        }
        i, (a, b) = self.condition.player, self.condition.profile
        own = self.model.tables(parameter_values)[:, i]
        return own, own[:, :, b] if i == 0 else own[:, a, :]

    def levels(self, here: Mapping[str, Any]) -> tuple[Array, Array, Array]:
        """Return g_i(a), c_i(a) and v_i, each of shape ``(points,)``."""
        (a, b), (p, q) = self.condition.profile, self.condition.threat
        own, replies = self._replies(here)
        return own[:, a, b], replies.max(axis=1), own[:, p, q]

    def slack(self, here: Mapping[str, Any]) -> Array:
        """Return the slack over the player's stakes; NaN where something has no finite value."""
        g, c, v = self.levels(here)
        delta = evaluate(self.model.discounts[self.condition.player], self.values(here))
        stakes = np.maximum(np.abs(c - v), np.abs(c - g))
        slack = ((g - v) - (1 - delta) * (c - v)) / np.where(stakes > 0, stakes, 1.0)
        return np.where((delta >= 0) & (delta < 1), slack, np.nan)

    def cells(self, here: Mapping[str, Any]) -> tuple[Cell, Cell, Cell]:
        """Return the deal, the best deviation from it and the threat."""
        best = int(self._replies(here)[1][0].argmax())
        i, deal = self.condition.player, self.condition.profile
        return deal, (best, deal[1]) if i == 0 else (deal[0], best), self.condition.threat

    def where(self, here: Mapping[str, Any]) -> str:
        """Say which deviation and which threat these are."""
        i, actions = self.condition.player, self.model.actions
        _, best, threat = self.cells(here)
        cell = f"{actions[0][threat[0]]}, {actions[1][threat[1]]}"
        return f"{self.model.players[i]} deviates to {actions[i][best[i]]}; the threat is ({cell})"

    def payoff(self, cell: Cell, here: Mapping[str, Any], unknown: str = "") -> Any:
        """Return the player's payoff in a cell as a sympy expression."""
        rule = self.model.payoffs[self.condition.player]
        return self.symbolic(
            rule if isinstance(rule, Formula) else rule[cell[0]][cell[1]], cell, here, unknown
        )

    def symbolic(self, formula: Formula, cell: Cell, here: Mapping[str, Any], unknown: str) -> Any:
        """Return a formula as a sympy expression of parameters, all else substituted.

        Symbols are positive where the file's range says so, which settles powers of zero.
        """
        import sympy

        values = {k: float(v) for k, v in self.values(here).items()}
        tree = _inlined(formula.tree, self._parts(cell, here, unknown), values)[0]
        names = frozenset(n.name for n in walk(tree) if isinstance(n, Name))
        low = {p.name: min(p.range[0], values[p.name]) for p in self.model.parameters}
        sign = {
            sympy.Symbol(n, real=True): sympy.Symbol(n, positive=True) for n in names if low[n] > 0
        }
        return to_sympy(Formula("", tree, names)).xreplace(sign)

    def _parts(self, cell: Cell, here: Mapping[str, Any], unknown: str) -> dict[str, Formula]:
        """Return the formulas that stand behind names."""
        formulas = {p.name: p.formula for p in self.model.parameters if p.formula is not None}
        free = {n: f for n, f in formulas.items() if n not in self.settings}
        parts = {n: f for n, f in free.items() if unknown in reach(f.names, free)}
        attributes = {n: column[cell[i]] for n, (i, column) in self.model.attributes.items()}
        return parts | dict(self.model.definitions) | attributes | self._answered(cell, here)

    def _answered(self, cell: Cell, here: Mapping[str, Any]) -> dict[str, Formula]:
        """Return the attributes of what followers choose in a cell."""
        if not self.model.followers:
            return {}
        chosen = self.model.answers(**{**self.settings, **here}).chosen
        return {
            name: column[int(picked[0, cell[0], cell[1]])]
            for follower, picked in zip(self.model.followers, chosen, strict=True)
            for name, column in follower.columns.items()
        }


def _inlined(
    tree: Node, parts: Mapping[str, Formula], values: Mapping[str, float]
) -> tuple[Node, int]:
    """Put parts into a tree and take the branches that apply at the values; also the work done."""
    if isinstance(tree, Number):
        return tree, 1
    if isinstance(tree, Name):
        return _inlined(parts[tree.name].tree, parts, values) if tree.name in parts else (tree, 1)
    if tree.op == "if":
        test, then, otherwise = tree.args
        condition, work = _inlined(test, parts, values)
        branch = then if float(numerically(condition, values)) else otherwise
        chosen, size = _inlined(branch, parts, values)
        return chosen, _within_size(size + work)
    inner = [_inlined(arg, parts, values) for arg in tree.args]
    size = _within_size(1 + sum(s for _, s in inner))
    args = tuple(a for a, _ in inner)
    if tree.op in ("min", "max", "abs"):
        args = (*args, Operation("neg", args)) if tree.op == "abs" else args
        choose = np.argmin if tree.op == "min" else np.argmax
        chosen = args[int(choose([float(numerically(a, values)) for a in args]))]
        return chosen, size
    node = Operation(tree.op, args)
    if tree.op in _COMPARISONS:
        return constant(Fraction(int(numerically(node, values)))).tree, size
    return node, size


def _within_size(size: int) -> int:
    if size > MAX_SIZE:
        raise NoFormError(f"the payoffs have more than {MAX_SIZE} operations")
    return size


def crossings(slack: Callable[[Array], Array], low: float, high: float) -> list[tuple[float, bool]]:
    """Return the points at which a slack starts (True) or stops (False) being at least 0.

    Between points of a grid, each interval cut into pieces until its ends are neighbours.
    """
    roots = []
    grid = np.linspace(low, high, _GRID)
    grid_slack = slack(grid)
    noise = np.abs(grid_slack) <= _NOISE
    for k in np.flatnonzero((grid_slack[1:] >= 0) != (grid_slack[:-1] >= 0)):
        if np.isnan(grid_slack[k : k + 2]).any() or noise[k : k + 2].all():
            continue
        rising, (a, b) = bool(grid_slack[k + 1] >= 0), grid[k : k + 2]
        for _ in range(_ROUNDS):
            inner = np.linspace(a, b, _INSIDE)
            first = int(((slack(inner) >= 0) == rising).argmax())
            a, b = inner[max(first - 1, 0)], inner[max(first, 1)]
        roots.append((float(b if rising else a), rising))
    return roots
