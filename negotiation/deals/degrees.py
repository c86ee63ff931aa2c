"""How payoffs depend on terms: an upper bound on the degree in each term, read off the formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.formulas.parser import Name, Node, Number
from negotiation.payoff_file.model import PayoffFile

__all__ = ["bending"]

Degrees = tuple[float, ...]
"""For each term: 0 if a value does not depend on it, 1 if it is affine in it, inf if who knows."""

_UNKNOWN = float("inf")


def bending(model: PayoffFile, terms: Sequence[str], settings: Sequence[str] = ()) -> list[str]:
    """Return the terms in which some payoff may not be affine, or on which patience depends.

    Parameters
    ----------
    model
        A payoff file in which nothing moves.
    terms
        Names of parameters.
    settings
        Parameters that are set, whatever formula the file gives for them.

    Returns
    -------
    list
        Names. If it is empty every payoff is a sum of products of different terms.
    """
    degrees: dict[str, Degrees] = {}
    formulas = {p.name: [p.formula] for p in model.parameters if p.formula is not None}
    formulas |= {name: [formula] for name, formula in model.definitions}
    formulas |= {name: list(column) for name, (_, column) in model.attributes.items()}
    constants = {p.name for p in model.parameters if p.formula is None} | set(settings)

    def of_name(name: str) -> Degrees:
        if name in terms:
            return tuple(float(name == t) for t in terms)
        if name in constants:
            return (0.0,) * len(terms)
        if name not in degrees:
            degrees[name] = _most(_degrees(f.tree, of_name, len(terms)) for f in formulas[name])
        return degrees[name]

    rules: list[Formula] = []
    for rule in model.payoffs:
        rules += [rule] if isinstance(rule, Formula) else [cell for row in rule for cell in row]
    payoffs = _most(_degrees(f.tree, of_name, len(terms)) for f in rules)
    patience = _most(_degrees(f.tree, of_name, len(terms)) for f in model.discounts)
    return [t for t, p, d in zip(terms, payoffs, patience, strict=True) if p > 1 or d > 0]


def _most(each: Iterable[Degrees]) -> Degrees:
    return tuple(max(column) for column in zip(*each, strict=True))


def _degrees(tree: Node, of_name: Callable[[str], Degrees], k: int) -> Degrees:
    if isinstance(tree, Number):
        return (0.0,) * k
    if isinstance(tree, Name):
        return of_name(tree.name)
    parts = [_degrees(arg, of_name, k) for arg in tree.args]
    if tree.op in ("+", "-", "neg"):
        return _most(parts)
    if tree.op == "*":
        return tuple(map(sum, zip(*parts, strict=True)))
    bent = tuple(_UNKNOWN if x > 0 else 0.0 for x in _most(parts))
    if tree.op == "/":
        above, below = parts
        return tuple(_UNKNOWN if b > 0 else a for a, b in zip(above, below, strict=True))
    if tree.op == "if":
        test, *branches = parts
        either = _most(branches)
        return tuple(_UNKNOWN if t > 0 else e for t, e in zip(test, either, strict=True))
    if tree.op == "**":
        power = tree.args[1]
        if isinstance(power, Number) and power.exact.denominator == 1 and power.exact >= 0:
            return tuple(x * int(power.exact) for x in parts[0])
    return bent
