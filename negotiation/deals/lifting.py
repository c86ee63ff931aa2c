"""Payoffs that are affine in terms, or become so when products of terms are lifted to variables.

A function of terms is multi-affine where it is affine in each of them alone: a sum of products of
different terms. Replacing each product by a variable makes it affine; the trouble is to say which
values the products can take together. Where the products nest, as in x, x y and x y z, each being
the one before times a term that stands nowhere else, the answer is exact: with every factor but the
last at least 0, the product runs between the bounds of its last term times the product before it.

References
----------
G. McCormick (1976), Computability of global solutions to factorable nonconvex programs,
Mathematical Programming 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from negotiation.games.game import Array

__all__ = ["Lift", "coefficients", "corners", "lift", "products"]

_NOTHING = 1e-11
"""Coefficients below this share of the largest value are rounding."""

_FREE = 1e-8
"""Products below this share of their unit leave the terms in them free."""

Bounds = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Lift:
    """Lift of the terms into variables in which payoffs are affine.

    Variable t is the product of the term t and of the variable of its parent.

    Attributes
    ----------
    bounds
        Lowest and highest value of each term; may be infinite.
    parent
        For each term the one whose variable multiplies it; -1 for none.
    """

    bounds: Bounds
    parent: tuple[int, ...]

    @property
    def order(self) -> tuple[int, ...]:
        """Terms, each after its parent."""
        return tuple(sorted(range(len(self.parent)), key=lambda t: len(self.path(t))))

    def path(self, t: int) -> tuple[int, ...]:
        """Return the factors of a variable, outermost first."""
        factors = [t]
        while self.parent[factors[0]] >= 0:
            factors.insert(0, self.parent[factors[0]])
        return tuple(factors)

    def variables(self, terms: Array) -> Array:
        """Return the variables at terms of shape ``(..., k)``."""
        columns = [terms[..., list(self.path(t))].prod(axis=-1) for t in range(len(self.parent))]
        return np.stack(columns, axis=-1)

    def terms(self, variables: Array, otherwise: Array) -> Array:
        """Return the terms that give some variables, shape ``(k,)``.

        Where a product is 0 because of what it is multiplied with, the term itself is free, and
        taken from `otherwise`.
        """
        terms = np.array(otherwise, dtype=np.float64)
        for t in self.order:
            above = 1.0 if self.parent[t] < 0 else variables[self.parent[t]]
            if abs(above) > _FREE * self.unit(self.parent[t]):
                terms[t] = variables[t] / above
            terms[t] = min(max(terms[t], self.bounds[t][0]), self.bounds[t][1])
        return terms

    def unit(self, t: int) -> float:
        """Return what counts as one unit of a variable: the largest that its bounds make it."""
        if t < 0:
            return 1.0
        ends = [
            max((abs(x) for x in self.bounds[s] if np.isfinite(x)), default=1.0) or 1.0
            for s in self.path(t)
        ]
        return float(np.prod(ends))

    def rows(self) -> tuple[Array, Array]:
        """Return the values that the variables can take, as ``matrix @ y <= right``."""
        k, rows, right = len(self.parent), [], []
        for t, (low, high) in enumerate(self.bounds):
            for sign, bound in ((-1.0, low), (1.0, high)):
                if not np.isfinite(bound):
                    continue
                row = np.zeros(k)
                row[t] = sign
                if self.parent[t] >= 0:
                    row[self.parent[t]] -= sign * bound
                rows.append(row)
                right.append(sign * bound if self.parent[t] < 0 else 0.0)
        return np.array(rows).reshape(-1, k), np.array(right)


def products(k: int) -> tuple[tuple[int, ...], ...]:
    """Return all products of different terms, as the terms in them; the empty one first.

    Examples
    --------
    >>> products(2)
    ((), (0,), (1,), (0, 1))
    """
    return tuple(c for size in range(k + 1) for c in combinations(range(k), size))


def corners(bounds: Bounds) -> Array:
    """Return points at which a multi-affine function says all about itself, shape ``(2^k, k)``.

    They are the corners of the box of bounds; an infinite side is cut off after one unit.
    """
    ends = [_ends(*b) for b in bounds]
    grid = np.meshgrid(*ends, indexing="ij")
    return np.stack([g.reshape(-1) for g in grid], axis=-1)


def _ends(low: float, high: float) -> tuple[float, float]:
    if np.isfinite(low):
        return low, high if np.isfinite(high) else low + max(1.0, abs(low))
    return (high - max(1.0, abs(high)), high) if np.isfinite(high) else (0.0, 1.0)


def coefficients(bounds: Bounds, values: Array) -> Array:
    """Return the coefficients of multi-affine functions from their values at the corners.

    Parameters
    ----------
    bounds
        Of the terms.
    values
        Shape ``(2^k, ...)``, at `corners`.

    Returns
    -------
    Array
        Shape ``(2^k, ...)``, in the order of `products`; what is only rounding is exactly 0.

    Examples
    --------
    >>> box = ((0.0, 2.0), (0.0, 3.0))
    >>> x, y = corners(box).T
    >>> coefficients(box, 1 + 2 * x - 5 * x * y).tolist()
    [1.0, 2.0, 0.0, -5.0]
    """
    points = corners(bounds)
    unit = np.abs(points).max(axis=0)
    unit = np.where(unit > 0, unit, 1.0)
    every = products(len(bounds))
    matrix = np.stack([(points / unit)[:, list(p)].prod(axis=1) for p in every], axis=1)
    flat = values.reshape(len(values), -1)
    solved = np.linalg.solve(matrix, flat)
    size = np.abs(flat).max(axis=0) * max(1.0, np.linalg.cond(matrix) / 100)
    solved = np.where(np.abs(solved) <= _NOTHING * size, 0.0, solved)
    solved = solved / np.array([unit[list(p)].prod() for p in every])[:, None]
    return np.asarray(solved.reshape(values.shape), dtype=np.float64)


def lift(bounds: Bounds, used: Iterable[tuple[int, ...]]) -> Lift | str:
    """Return how to lift the products that occur; where that would not be exact, say why.

    Parameters
    ----------
    bounds
        Of the terms.
    used
        The products with a coefficient other than 0.

    Returns
    -------
    Lift or str
        A string names the terms in the way by their number, in braces.

    Examples
    --------
    >>> lift(((0, 1), (0, 1)), [(0,), (0, 1)]).parent
    (-1, 0)
    >>> lift(((0, 1), (0, 1)), [(0,), (1,), (0, 1)])
    '{1} stands alone and is multiplied by {0}'
    """
    present = [frozenset(p) for p in used if p]
    with_it = {
        t: frozenset.intersection(*(p for p in present if t in p))
        for t in range(len(bounds))
        if any(t in p for p in present)
    }
    parent: dict[int, int] = {}
    for product in sorted(present, key=lambda p: (len(p), sorted(p))):
        chain = sorted(product, key=lambda t: (len(with_it[t]), t))
        for before, t in zip([-1, *chain], chain, strict=False):
            if parent.setdefault(t, before) != before:
                return _clash(t, parent[t], before)
    for t, above in parent.items():
        while above >= 0:
            if not bounds[above][0] >= 0:
                return f"{{{above}}} multiplies {{{t}}} and may be negative"
            above = parent[above]
    return Lift(bounds, tuple(parent.get(t, -1) for t in range(len(bounds))))


def _clash(t: int, one: int, other: int) -> str:
    if min(one, other) < 0:
        return f"{{{t}}} stands alone and is multiplied by {{{max(one, other)}}}"
    return f"{{{t}}} is multiplied by {{{one}}} and, elsewhere, by {{{other}}}"
