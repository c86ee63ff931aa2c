"""All vertices of best-reply polytopes: integers only, no floats, no games.

Everything is stated for one table of payoffs ``rows[r][c]``: what a reply r earns against an
opponent's pure action c. With d columns, the *best-reply cone* of the opponent is::

    C = {(x, v) : x >= 0, v >= sum_c rows[r][c] x_c for every r}

Scaled to v = 1 (where v > 0) its rays are the vertices of the best-reply polytope; to sum(x) = 1,
of the upper envelope over the opponent's mixed strategies. Label c < d says
x_c = 0, label d + r says that reply r is best.

Integers never overflow and ties are ties, so a degenerate game is no special case: a degenerate
polytope has few vertices, each with more labels than its dimension.

References
----------
T. Motzkin, H. Raiffa, G. Thompson, R. Thrall (1953), The double description method.
K. Fukuda, A. Prodon (1996), Double description method revisited.
D. Avis, G. Rosenberg, R. Savani, B. von Stengel (2010), Enumeration of Nash equilibria for
two-player games, Economic Theory 42, 9-37.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

__all__ = [
    "IntegerTable",
    "LimitReachedError",
    "Meter",
    "Ray",
    "Rows",
    "Strategy",
    "Weights",
    "best_reply_vertices",
    "completely_labelled",
    "connected_components",
    "integer_table",
    "maximal_bicliques",
    "probabilities",
]

Rows = Sequence[Sequence[int]]
Strategy = tuple[Fraction, ...]
Weights = tuple[int, ...]


class IntegerTable(NamedTuple):
    """A table of rationals as ``low + unit * rows``, the least integer at 0.

    Multiplying or shifting the rationals changes `low` and `unit` and leaves `rows` alone: this is
    why equilibria cannot depend on units.
    """

    rows: tuple[tuple[int, ...], ...]
    low: Fraction
    unit: Fraction

    @property
    def transposed(self) -> tuple[tuple[int, ...], ...]:
        """The rows with the players' places exchanged."""
        return tuple(zip(*self.rows, strict=True))


class Ray(NamedTuple):
    """An extreme ray of a best-reply cone, in lowest integers.

    Attributes
    ----------
    x
        Weights on the opponent's actions, not normalised.
    v
        The best payoff against them, in the same scale.
    labels
        Bit c: ``x[c] == 0``; bit d + r: reply r is best.
    """

    x: Weights
    v: int
    labels: int


def probabilities(weights: Weights) -> Strategy:
    """Return the weights divided by their sum."""
    total = sum(weights)
    return tuple(Fraction(w, total) for w in weights)


def integer_table(table: Sequence[Sequence[Fraction]]) -> IntegerTable:
    """Return the table in lowest non-negative integers.

    Examples
    --------
    >>> t = integer_table([[Fraction(1, 2), Fraction(3, 2)], [Fraction(5, 2), Fraction(1, 2)]])
    >>> t.rows, t.low, t.unit
    (((0, 1), (2, 0)), Fraction(1, 2), Fraction(1, 1))
    """
    scale = lcm(*(q.denominator for row in table for q in row))
    whole = [[q.numerator * (scale // q.denominator) for q in row] for row in table]
    low = min(map(min, whole))
    step = gcd(*(w - low for row in whole for w in row)) or 1
    rows = tuple(tuple((w - low) // step for w in row) for row in whole)
    return IntegerTable(rows, Fraction(low, scale), Fraction(step, scale))


class LimitReachedError(Exception):
    """The work limit is used up: a signal to the caller, who has another way."""


class Meter:
    """Counts work down from a limit, in operations of about 0.1 microseconds.

    Work and not time, so that the outcome never depends on the machine.
    """

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, work: int) -> None:
        """Take off `work`, or raise `LimitReachedError`."""
        self.left -= work
        if self.left < 0:
            raise LimitReachedError


def best_reply_vertices(rows: Rows, meter: Meter) -> list[Ray]:
    """Return all vertices of the best-reply polytope except 0.

    The double description method: start from the orthant cut by the first reply, insert one reply
    at a time, and join neighbours on either side of its hyperplane.

    Parameters
    ----------
    rows
        ``rows[r][c]``, integers, shape (n_replies, d).
    meter
        Bounds the work.

    Raises
    ------
    LimitReachedError
        If the work would exceed it.

    Examples
    --------
    >>> rays = best_reply_vertices([[1, 0], [0, 1]], Meter(10**6))
    >>> [(ray.x, ray.v, bin(ray.labels)) for ray in rays]
    [((1, 0), 1, '0b110'), ((1, 1), 1, '0b1100'), ((0, 1), 1, '0b1001')]
    """
    d = len(rows[0])
    orthant = (1 << d) - 1
    units = [[int(c == k) for c in range(d)] for k in range(d)]
    rays = [Ray((0,) * d, 1, orthant)]  # the apex: the polytope's vertex 0
    rays += [_lowest(e, rows[0][k], orthant ^ 1 << k | 1 << d) for k, e in enumerate(units)]
    for r, row in enumerate(rows[1:], start=1):
        rays = _insert(rays, row, 1 << d + r, meter)
    return [ray for ray in rays if any(ray.x)]


def _lowest(x: Sequence[int], v: int, labels: int) -> Ray:
    divisor = gcd(v, *x)
    return Ray(tuple(w // divisor for w in x), v // divisor, labels)


def _insert(rays: list[Ray], row: Sequence[int], bit: int, meter: Meter) -> list[Ray]:
    """Cut the cone with ``v >= row . x``; `bit` is the label of equality."""
    d = len(row)
    meter.spend(len(rays) * d)
    slack = [ray.v - sum(a * w for a, w in zip(row, ray.x, strict=True)) for ray in rays]
    new_rays = [
        ray if s > 0 else ray._replace(labels=ray.labels | bit)
        for ray, s in zip(rays, slack, strict=True)
        if s >= 0
    ]
    above = [k for k, s in enumerate(slack) if s > 0]
    below = [k for k, s in enumerate(slack) if s < 0]
    for p, q in _neighbours([ray.labels for ray in rays], above, below, d, meter):
        up, down, s, t = rays[p], rays[q], slack[p], -slack[q]
        v = s * down.v + t * up.v
        meter.spend(4 * d * (1 + v.bit_length() // 64))
        x = [s * b + t * a for a, b in zip(up.x, down.x, strict=True)]
        new_rays.append(_lowest(x, v, up.labels & down.labels | bit))
    return new_rays


def _neighbours(
    labels: list[int], above: list[int], below: list[int], d: int, meter: Meter
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of adjacent rays on either side of a cut.

    Two rays are adjacent if they share d - 1 independent labels. A ray with exactly d labels is
    simple: its labels are independent, so sharing d - 1 of them suffices, and a dictionary of the
    shared ridges finds its simple neighbours at once. Two rays that both carry more labels are
    adjacent if no third ray carries all labels they share (Fukuda & Prodon 1996, prop. 7).
    """
    simple = [mask.bit_count() == d for mask in labels]
    ridges: dict[int, list[int]] = {}
    for p in above:
        if simple[p]:
            for ridge in _ridges(labels[p]):
                ridges.setdefault(ridge, []).append(p)
    crowded = [p for p in above if not simple[p]]
    for q in below:
        if simple[q]:
            yield from ((p, q) for ridge in _ridges(labels[q]) for p in ridges.get(ridge, ()))
        candidates = crowded if simple[q] else above
        meter.spend(len(candidates))
        for p in candidates:
            shared = labels[p] & labels[q]
            if shared.bit_count() >= d - 1 and (
                simple[p] or simple[q] or _only_two_carry(shared, labels, meter)
            ):
                yield p, q


def _ridges(mask: int) -> Iterator[int]:
    rest = mask
    while rest:
        bit = rest & -rest
        rest ^= bit
        yield mask ^ bit


def _only_two_carry(shared: int, labels: list[int], meter: Meter) -> bool:
    count = 0
    for k, other in enumerate(labels):
        if shared & other == shared:
            count += 1
            if count > 2:
                meter.spend(k)
                return False
    meter.spend(len(labels))
    return True


def completely_labelled(
    first: Sequence[int], second: Sequence[int], n_labels: int
) -> list[tuple[int, int]]:
    """Return the index pairs that carry all labels between them.

    Examples
    --------
    >>> completely_labelled([0b0110, 0b1001], [0b1001, 0b0111], 4)
    [(0, 0), (1, 1)]
    """
    full = (1 << n_labels) - 1
    kind: type[np.generic] = np.uint64 if n_labels <= 64 else np.object_
    others = np.array(second, dtype=kind)
    missing = np.array([full & ~mask for mask in first], dtype=kind)
    return [
        (k, j)
        for k, need in enumerate(missing)
        for j in np.flatnonzero(np.equal(np.bitwise_and(others, need), need)).tolist()
    ]


def connected_components(pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Return the components of a bipartite graph, each as positions of its edges in `pairs`.

    Examples
    --------
    >>> connected_components([(0, 0), (1, 1), (0, 2), (2, 2)])
    ((0, 2, 3), (1,))
    """
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]
        return node

    for x, y in pairs:
        parent[root((0, x))] = root((1, y))
    components: dict[tuple[int, int], list[int]] = {}
    for k, (x, _) in enumerate(pairs):
        components.setdefault(root((0, x)), []).append(k)
    return tuple(map(tuple, components.values()))


def maximal_bicliques(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the maximal complete bipartite subgraphs, each as positions in `pairs`.

    Examples
    --------
    >>> maximal_bicliques([(0, 0), (0, 1), (1, 1)])
    [(0, 1), (1, 2)]
    """
    position = {pair: k for k, pair in enumerate(pairs)}
    partners: dict[int, frozenset[int]] = {}
    for x, y in pairs:
        partners[x] = partners.get(x, frozenset()) | {y}
    closed: set[frozenset[int]] = set()
    for ys in partners.values():
        closed |= {ys} | {ys & other for other in closed}
    return sorted(
        tuple(sorted(position[x, y] for x in partners if partners[x] >= ys for y in ys))
        for ys in closed
        if ys
    )
