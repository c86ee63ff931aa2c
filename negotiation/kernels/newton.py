"""Newton's method for the vertices of a self-generating set, compiled.

See `inner_set`: how every vertex is generated is known, where it lies is not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.generation import CORNER, ON_EDGE_0, VERTEX
from negotiation.kernels.hulls import Array, Index
from negotiation.kernels.operator import Tables

__all__ = ["System", "eliminate", "make_system", "newton"]

_UNKNOWNS = 160


class System(NamedTuple):
    """Scratch space: a matrix and a right-hand side, and for each vertex what `_follow` finds.

    Attributes
    ----------
    matrix, right
        For at most `_UNKNOWNS` equations.
    chain, root, seat
        Shapes ``(most, 4)``, ``(most,)`` and ``(most,)``.
    """

    matrix: Array
    right: Array
    chain: Array
    root: Index
    seat: Index


def make_system(most: int) -> System:
    """Return room for rings of up to `most` vertices."""
    root, seat = np.zeros((2, most), dtype=np.intp)
    matrix = np.zeros((_UNKNOWNS, _UNKNOWNS))
    return System(matrix, np.zeros(_UNKNOWNS), np.zeros((most, 4)), root, seat)


def _follow(tables: Tables, info: Index, m: int, chain: Array, root: Index) -> None:
    """Resolve chains of unconstrained continuations: ``V = add + times * V[root]``.

    Columns 0 and 1 of `chain` are what to add, 2 and 3 the times. By doubling; a chain that never
    meets a binding constraint runs round a cycle, whose value the discounting fixes by itself.
    """
    for k in range(m):
        chained = info[k, 1] == VERTEX
        root[k] = info[k, 2] if chained else k
        for i in range(2):
            d = tables.discount[i]
            chain[k, 2 + i] = d if chained else 1.0
            chain[k, i] = (1.0 - d) * tables.g[info[k, 0], i] if chained else 0.0
    moving = True
    while moving:
        moving = False
        for k in range(m):
            link = root[k]
            if info[link, 1] != VERTEX or chain[k, 2] + chain[k, 3] == 0.0:
                continue
            moving = True
            for i in range(2):
                if link == k:
                    chain[k, i] /= 1.0 - chain[k, 2 + i]
                    chain[k, 2 + i] = 0.0
                else:
                    chain[k, i] += chain[k, 2 + i] * chain[link, i]
                    chain[k, 2 + i] *= chain[link, 2 + i]
            root[k] = root[link]


def eliminate(matrix: Array, right: Array, n: int) -> bool:
    """Solve in place by elimination with row exchanges; whether it is regular."""
    for k in range(n):
        best = k
        for r in range(k + 1, n):
            if abs(matrix[r, k]) > abs(matrix[best, k]):
                best = r
        if not abs(matrix[best, k]) > 1e-300:
            return False
        if best != k:
            for s in range(k, n):
                matrix[k, s], matrix[best, s] = matrix[best, s], matrix[k, s]
            right[k], right[best] = right[best], right[k]
        for r in range(k + 1, n):
            factor = matrix[r, k] / matrix[k, k]
            if factor != 0.0:
                for s in range(k + 1, n):
                    matrix[r, s] -= factor * matrix[k, s]
                right[r] -= factor * right[k]
    for k in range(n - 1, -1, -1):
        for s in range(k + 1, n):
            right[k] -= matrix[k, s] * right[s]
        right[k] /= matrix[k, k]
    return True


def _enter(
    matrix: Array, row: int, by: float, at: tuple[int, int], links: tuple[Index, Array, Index]
) -> None:
    """Subtract a derivative by coordinate i of a vertex, following its chain to the unknown."""
    vertex, i = at
    seat, chain, root = links
    column = seat[root[vertex]]
    if column >= 0:
        matrix[row, 2 * column + i] -= by * chain[vertex, 2 + i]


def _begin(
    tables: Tables,
    ring: Array,
    m: int,
    info: Index,
    seat: Index,
    system: tuple[Array, Array],
) -> None:
    """Write the equations as if no vertex had a continuation: the payoff today less V."""
    matrix, right = system
    for k in range(m):
        if seat[k] < 0:
            continue
        for i in range(2):
            row = 2 * seat[k] + i
            right[row] = (1.0 - tables.discount[i]) * tables.g[info[k, 0], i] - ring[k, i]
            for s in range(len(right)):
                matrix[row, s] = 0.0
            matrix[row, row] = 1.0


def _equations(
    tables: Tables,
    ring: Array,
    m: int,
    info: Index,
    fixed: Array,
    links: tuple[Index, Array, Index],
    system: tuple[Array, Array],
) -> float:
    """Write ``T(V) - V`` and the identity less T's derivatives; return the largest residual."""
    matrix, right = system
    d, seat, size = tables.discount, links[0], 0.0
    _begin(tables, ring, m, info, seat, system)
    for i in range(2):
        j, bottom = 1 - i, 0
        for k in range(1, m):
            if ring[k, i] < ring[bottom, i]:
                bottom = k
        moves = ring[bottom, i] > fixed[i]
        for k in range(m):
            if seat[k] < 0 or (info[k, 1] != CORNER and info[k, 1] != ON_EDGE_0 + i):
                continue
            line = max(ring[bottom, i], fixed[i]) + tables.need[info[k, 0], i]
            right[2 * seat[k] + i] += d[i] * line
            if moves:
                _enter(matrix, 2 * seat[k] + i, d[i], (bottom, i), links)
            if info[k, 1] == CORNER:
                continue
            p, q, row = info[k, 2], info[k, 3], 2 * seat[k] + j
            run, rise = ring[q, i] - ring[p, i], ring[q, j] - ring[p, j]
            share = (line - ring[p, i]) / run if run != 0.0 else 0.0
            slope = rise / run if run != 0.0 else 0.0
            right[row] += d[j] * (ring[p, j] + share * rise)
            _enter(matrix, row, d[j] * (1.0 - share), (p, j), links)
            _enter(matrix, row, d[j] * share, (q, j), links)
            _enter(matrix, row, -d[j] * (1.0 - share) * slope, (p, i), links)
            _enter(matrix, row, -d[j] * share * slope, (q, i), links)
            if moves:
                _enter(matrix, row, d[j] * slope, (bottom, i), links)
    for k in range(m):
        if seat[k] >= 0:
            size = max(size, abs(right[2 * seat[k]]), abs(right[2 * seat[k] + 1]))
    return size


def newton(tables: Tables, ring: Array, m: int, info: Index, fixed: Array, system: System) -> bool:
    """Solve V = T(V) from `ring`, in place; False if the structure has no solution nearby.

    Parameters
    ----------
    info
        For each vertex the profile, the kind of its continuation, and the ends of the edge that
        lies on, equal for a vertex.
    system
        Room, from `make_system`.
    """
    matrix, right, chain, root, seat = system
    _follow(tables, info, m, chain, root)
    count, links = 0, (seat, chain, root)
    for k in range(m):
        seat[k] = -1
        if info[k, 1] > VERTEX:
            seat[k] = count
            count += 1
    if 2 * count > len(right):
        return False
    for _ in range(12):
        for k in range(m):
            if info[k, 1] == VERTEX:
                for i in range(2):
                    ring[k, i] = chain[k, i] + chain[k, 2 + i] * ring[root[k], i]
        size = _equations(tables, ring, m, info, fixed, links, (matrix, right))
        if size <= 1e-15:
            return True
        if not size < 1e3 or not eliminate(matrix, right, 2 * count):
            return False
        for k in range(m):
            if seat[k] >= 0:
                ring[k, 0] += right[2 * seat[k]]
                ring[k, 1] += right[2 * seat[k] + 1]
    return size <= 1e-13
