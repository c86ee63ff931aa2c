"""Degrees of payoffs in the terms: an upper bound for each term, read off the formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from negotiation.games.game import Array
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.formulas.parser import Name, Node, Number, Operation, walk
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.profiles import payoff_arrays
from negotiation.payoff_file.values import reach

__all__ = ["bending"]

Degrees = tuple[float, ...]
"""For each term: 0 if a value does not depend on it, 1 if it is affine in it, inf if who knows."""

_UNKNOWN = float("inf")
_COMPARED = ("<", "<=", ">", ">=")


Bools = npt.NDArray[np.bool_]
Switch = Callable[[Node, Node], None]
"""Told of every choice between two values, each affine in every term."""


def bending(
    model: PayoffFile, terms: Sequence[str], values: Mapping[str, Array] | None = None
) -> tuple[list[str], Bools]:
    """Return the terms in which some payoff may not be affine, and where choices are settled.

    A choice such as ``min(a, b)`` or ``a if x > y else b`` bends nothing where the same branch is
    taken for all terms. Where both sides of it are affine in every term, that is so if one is no
    smaller at all corners of the box of terms.

    Parameters
    ----------
    model
        A payoff file in which nothing moves.
    terms
        Names of parameters.
    values
        What is set at the corners of the box, in every case: shape ``(corners, cases)``, or what
        broadcasts to it. Without, or with an open box, every choice counts as bending.

    Returns
    -------
    tuple
        Names, empty if every payoff is a sum of products of different terms; and for each case
        whether that holds there: whether its choices are settled.
    """
    shape = np.broadcast_shapes(*(v.shape for v in values.values())) if values else (1, 1)
    sure = np.ones(shape[1], dtype=np.bool_)
    flat = {n: np.broadcast_to(v, shape).reshape(-1) for n, v in (values or {}).items()}

    def switch(one: Node, other: Node) -> None:
        """Keep the cases in which one of two values is no smaller at all corners, in each cell."""
        rules = _formula(one), _formula(other)
        env = {n: np.asarray(v) for n, v in model.values(**flat).items()}
        cells = len(model.actions[0]), len(model.actions[1])
        both = payoff_arrays(rules, model.parts, env, cells)
        lead = (both[:, 0] - both[:, 1]).reshape(*shape, -1)
        size = 1e-12 * (1.0 + np.abs(both).max())
        sure[:] &= ((lead >= -size).all(axis=0) | (lead <= size).all(axis=0)).all(axis=-1)

    degrees: dict[str, Degrees] = {}
    formulas = {p.name: [p.formula] for p in model.parameters if p.formula is not None}
    formulas |= {name: [formula] for name, formula in model.definitions}
    formulas |= {name: list(column) for name, (_, column) in model.attributes.items()}
    answered = _answered(model, terms, set(flat))
    constants = {p.name for p in model.parameters if p.formula is None} | set(flat)

    def of_name(name: str) -> Degrees:
        if name in terms:
            return tuple(float(name == t) for t in terms)
        if name in constants:
            return (0.0,) * len(terms)
        if name in answered:
            return answered[name]
        if name not in degrees:
            degrees[name] = every(formulas[name])
        return degrees[name]

    def every(rules: Iterable[Formula]) -> Degrees:
        told = switch if values else None
        return _most(_degrees(f.tree, of_name, len(terms), told) for f in rules)

    rules: list[Formula] = []
    for rule in model.payoffs:
        rules += [rule] if isinstance(rule, Formula) else [cell for row in rule for cell in row]
    payoffs, patience = every(rules), every(model.discounts)
    return [t for t, p, d in zip(terms, payoffs, patience, strict=True) if p > 1 or d > 0], sure


def _formula(tree: Node) -> Formula:
    return Formula("", tree, frozenset(n.name for n in walk(tree) if isinstance(n, Name)))


def _answered(model: PayoffFile, terms: Sequence[str], held: set[str]) -> dict[str, Degrees]:
    """Return how what followers do depends on terms: by jumps, where a term sways any of them."""
    formulas = {p.name: p.formula for p in model.parameters if p.formula is not None}
    formulas = {n: f for n, f in formulas.items() if n not in held} | dict(model.definitions)
    weighed = [f for x in model.followers for f in x.formulas]
    weighed += [f for x in model.followers for column in x.columns.values() for f in column]
    weighed += [f for _, column in model.attributes.values() for f in column]
    sways = reach({name for f in weighed for name in f.names}, formulas) if weighed else set()
    degrees = tuple(_UNKNOWN if t in sways else 0.0 for t in terms)
    return {name: degrees for x in model.followers for name in x.attributes}


def _most(each: Iterable[Degrees]) -> Degrees:
    return tuple(max(column) for column in zip(*each, strict=True))


def _degrees(
    tree: Node, of_name: Callable[[str], Degrees], k: int, switch: Switch | None
) -> Degrees:
    if isinstance(tree, Number):
        return (0.0,) * k
    if isinstance(tree, Name):
        return of_name(tree.name)
    parts = [_degrees(arg, of_name, k, switch) for arg in tree.args]
    if tree.op in ("+", "-", "neg"):
        return _most(parts)
    if tree.op == "*":
        return tuple(map(sum, zip(*parts, strict=True)))
    bent = tuple(_UNKNOWN if x > 0 else 0.0 for x in _most(parts))
    if tree.op == "/":
        above, below = parts
        return tuple(_UNKNOWN if b > 0 else a for a, b in zip(above, below, strict=True))
    if tree.op in ("min", "max"):
        return _chosen(tree.args, parts, switch, bent)
    if tree.op == "if":
        return _conditional(tree, parts, switch, (of_name, k))
    if tree.op == "**":
        power = tree.args[1]
        if isinstance(power, Number) and power.exact.denominator == 1 and power.exact >= 0:
            return tuple(x * int(power.exact) for x in parts[0])
    return bent


def _chosen(
    args: tuple[Node, ...], parts: list[Degrees], switch: Switch | None, bent: Degrees
) -> Degrees:
    """Return the degrees of the largest or smallest of several values."""
    most = _most(parts)
    if max(most) == 0:
        return most
    if switch is None or max(most) > 1:
        return bent
    for k, one in enumerate(args):
        for other in args[k + 1 :]:
            switch(one, other)
    return most


def _conditional(
    tree: Operation,
    parts: list[Degrees],
    switch: Switch | None,
    names: tuple[Callable[[str], Degrees], int],
) -> Degrees:
    test, *branches = parts
    either = _most(branches)
    condition = tree.args[0]
    if max(test) == 0:
        return either
    if switch is not None and isinstance(condition, Operation) and condition.op in _COMPARED:
        sides = [_degrees(arg, *names, switch) for arg in condition.args]
        if max(_most(sides)) <= 1:
            switch(*condition.args)
            return either
    return tuple(_UNKNOWN if t > 0 else e for t, e in zip(test, either, strict=True))
