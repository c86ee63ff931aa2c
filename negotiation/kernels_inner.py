"""The inner set and the whole solution of one game, as loops. See `inner_set` and `payoff_set`."""

from __future__ import annotations

import numpy as np

from .kernels_plane import excess, hausdorff, hull, intersection, pick, thin
from .kernels_set import MOST, Room, Tables, generate, raise_threat, reach_beyond
from .operator import CONSTANT, CORNER, ON_EDGE_0, VERTEX
from .polygon import Array, Index

__all__ = ["SOLVE", "solve_set"]

_SELF = 1e-12
_THIN = 1e-13
_COARSE = 1e-10
_MANY = 250
_GROWN = 3e-12
_CLOSE = 1e-9
_SETTLED = 1e-13
_PASSES = 100
_DIRECTIONS = 32


def _least(ring: Array, floor: Array) -> Array:
    """Return the ring's worst payoffs, but at least `floor`."""
    low = floor.copy()
    for i in range(2):
        worst = np.inf
        for k in range(len(ring)):
            worst = min(worst, ring[k, i])
        low[i] = max(low[i], worst)
    return low


def _follow(tables: Tables, info: Index, start: Index, add: Array, times: Array, root: Index) -> None:
    """Resolve chains of unconstrained continuations: ``V = add + times * V[root]``."""
    m = len(info)
    state, stack = np.zeros(m, dtype=np.intp), np.empty(m, dtype=np.intp)
    d = tables.discount
    for k in range(m):
        depth, node = 0, k
        while state[node] == 0 and info[node, 1] == VERTEX:
            state[node] = 1
            stack[depth] = node
            depth += 1
            node = start[node]
        if state[node] == 1:  # a cycle: its value is fixed by the discounting
            for i in range(2):
                total, weight, x = 0.0, 1.0, node
                while weight == 1.0 or x != node:
                    total += weight * (1.0 - d[i]) * tables.g[info[x, 0], i]
                    weight *= d[i]
                    x = start[x]
                add[node, i], times[node, i] = total / (1.0 - weight), 0.0
        elif state[node] == 0:
            for i in range(2):
                add[node, i], times[node, i] = 0.0, 1.0
        if state[node] < 2:
            root[node] = node
            state[node] = 2
        while depth > 0:
            depth -= 1
            x = stack[depth]
            if state[x] == 2:
                continue
            then = start[x]
            for i in range(2):
                add[x, i] = (1.0 - d[i]) * tables.g[info[x, 0], i] + d[i] * add[then, i]
                times[x, i] = d[i] * times[then, i]
            root[x] = root[then]
            state[x] = 2


def _solve_linear(matrix: Array, right: Array) -> bool:
    """Solve in place by elimination with row exchanges; whether it is regular."""
    n = len(right)
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


def _residual(
    tables: Tables, ring: Array, info: Index, ends: Index, fixed: Array, rows: Index, out: Array
) -> None:
    """Write T(V) - V at `rows` to column 0 of `out`, and what the derivatives need to the rest.

    Columns 1 and 2: the share along the edge and its slope, where a continuation is on one.
    """
    low = _least(ring, fixed)
    d = tables.discount
    for b in range(len(rows)):
        r = rows[b]
        a, kind, p, q = info[r, 0], info[r, 1], ends[r, 0], ends[r, 1]
        for i in range(2):
            line = low[i] + tables.need[a, i]
            if kind == CORNER or kind == ON_EDGE_0 + i:
                today = (1.0 - d[i]) * tables.g[a, i]
                out[2 * b + i, 0] = today + d[i] * line - ring[r, i]
            if kind == ON_EDGE_0 + i:
                j = 1 - i
                run, rise = ring[q, i] - ring[p, i], ring[q, j] - ring[p, j]
                share = (line - ring[p, i]) / run if run != 0.0 else 0.0
                slope = rise / run if run != 0.0 else 0.0
                then = ring[p, j] + share * rise
                today = (1.0 - d[j]) * tables.g[a, j]
                out[2 * b + j, 0] = today + d[j] * then - ring[r, j]
                out[2 * b + j, 1], out[2 * b + j, 2] = share, slope


def _newton(tables: Tables, ring: Array, info: Index, ends: Index, fixed: Array) -> bool:
    """Solve V = T(V) from `ring`, in place; False if the structure has no solution nearby."""
    m = len(ring)
    add, times, root = np.empty((m, 2)), np.empty((m, 2)), np.empty(m, dtype=np.intp)
    _follow(tables, info, ends[:, 0].copy(), add, times, root)
    seat, count = np.full(m, -1), 0
    rows = np.empty(m, dtype=np.intp)
    for k in range(m):
        if info[k, 1] > VERTEX:
            seat[k], rows[count] = count, k
            count += 1
        elif info[k, 1] == CONSTANT:
            ring[k, 0], ring[k, 1] = tables.g[info[k, 0], 0], tables.g[info[k, 0], 1]
    rows = rows[:count].copy()
    out, size, d = np.zeros((2 * count, 3)), np.inf, tables.discount
    for _ in range(12):
        for k in range(m):
            if info[k, 1] == VERTEX:
                for i in range(2):
                    ring[k, i] = add[k, i] + times[k, i] * ring[root[k], i]
        _residual(tables, ring, info, ends, fixed, rows, out)
        size = 0.0
        for b in range(2 * count):
            size = max(size, abs(out[b, 0]))
        if not size < 1e3:
            return False
        if size <= 1e-15:
            break
        matrix, right = np.eye(2 * count), out[:, 0].copy()
        for i in range(2):
            bottom = 0
            for k in range(m):
                if ring[k, i] < ring[bottom, i]:
                    bottom = k
            moves = ring[bottom, i] > fixed[i]
            j = 1 - i
            for b in range(count):
                r = rows[b]
                kind, p, q = info[r, 1], ends[r, 0], ends[r, 1]
                if moves and (kind == CORNER or kind == ON_EDGE_0 + i):
                    _enter(matrix, 2 * b + i, bottom, i, -d[i], seat, root, times)
                if kind == ON_EDGE_0 + i:
                    share, slope, row = out[2 * b + j, 1], out[2 * b + j, 2], 2 * b + j
                    _enter(matrix, row, p, j, -d[j] * (1.0 - share), seat, root, times)
                    _enter(matrix, row, q, j, -d[j] * share, seat, root, times)
                    _enter(matrix, row, p, i, d[j] * (1.0 - share) * slope, seat, root, times)
                    _enter(matrix, row, q, i, d[j] * share * slope, seat, root, times)
                    if moves:
                        _enter(matrix, row, bottom, i, -d[j] * slope, seat, root, times)
        if not _solve_linear(matrix, right):
            return False
        for b in range(count):
            for i in range(2):
                ring[rows[b], i] += right[2 * b + i]
    return size <= 1e-13


def _enter(matrix: Array, row: int, vertex: int, i: int, by: float, seat: Index, root: Index, times: Array) -> None:
    """Add a derivative by coordinate i of a vertex, following its chain to the unknown there."""
    column = seat[root[vertex]]
    if column >= 0:
        matrix[row, 2 * column + i] += by * times[vertex, i]


def _seats(old: Array, new: Array) -> Index:
    """Return the vertex of `new` nearest to each of `old`; nearly so where there are many."""
    seat = np.empty(len(old), dtype=np.intp)
    n, last = len(new), 0
    everywhere = len(old) * n <= 1600
    for k in range(len(old)):
        best, at = np.inf, last
        for step in range(n if everywhere or k == 0 else min(n, 12)):
            t = step if everywhere or k == 0 else (last + step - 3) % n
            x, y = new[t, 0] - old[k, 0], new[t, 1] - old[k, 1]
            if x * x + y * y < best:
                best, at = x * x + y * y, t
        seat[k] = last = at
    return seat


def _solved(tables: Tables, ring: Array, made: int, fixed: Array, room: Room) -> Array:
    """Return the ring that the structure of the round in `room` implies; its own if none."""
    index = hull(room.points[:made])
    points, n = pick(room.points, index), len(ring)
    m = len(points)
    seat = _seats(ring, points)
    info, ends = np.empty((m, 2), dtype=np.intp), np.empty((m, 2), dtype=np.intp)
    for k in range(m):
        info[k, 0], info[k, 1] = room.info[index[k], 0], room.info[index[k], 1]
        ends[k, 0] = seat[room.info[index[k], 2]]
        ends[k, 1] = seat[(room.info[index[k], 2] + 1) % n]
    moved = points.copy()
    if not _newton(tables, moved, info, ends, fixed):
        return points
    return pick(moved, hull(moved))


def _inner_set(tables: Tables, ring: Array, fixed: Array, room: Room) -> tuple[bool, Array]:
    """Look for the largest self-generating set near `ring`; whether one was found."""
    full = tables.discount[0] != tables.discount[1]
    found, best, grown, solve, fine = False, ring, np.inf, True, True
    floor = np.full(2, -np.inf)
    for count in range(_PASSES):
        made = generate(tables, ring, _least(ring, fixed), full, room)
        if made > 0 and solve:
            ring = _solved(tables, ring, made, fixed, room)
            fine = fine and len(ring) <= _MANY
            ring = thin(ring, _THIN if fine else _COARSE)
            if len(ring) > MOST:
                break
            made = generate(tables, ring, _least(ring, floor), full, room)
        if made == 0:
            break
        new = pick(room.points, hull(room.points[:made]))
        if excess(ring, new) > _SELF:
            ring, solve = (ring, True) if solve else (new, True)
            if len(ring) > MOST:
                break
            continue
        found, best = True, ring
        growth = excess(new, ring)
        if growth <= (_GROWN if fine else 5.0 * _COARSE) or len(new) > MOST:
            break
        solve = growth < 0.2 * grown or count % 8 == 0
        ring, grown = new, growth
    return found, best


def _start(tables: Tables) -> Array:
    """Return a ring that contains everything feasible. See `feasible.feasible_set`.

    With two discount factors: half-planes in 32 directions, each with the exact support. In a
    direction, the profile that pays most changes with time at the hull's edges only, and each
    spell between two changes is a geometric sum.
    """
    ring = pick(tables.g, hull(tables.g))
    d0, d1 = max(tables.discount[0], 1e-300), max(tables.discount[1], 1e-300)
    m = len(ring)
    if d0 == d1 or m < 2:
        return ring
    edges, bounds = np.empty((_DIRECTIONS, 2)), np.empty(_DIRECTIONS)
    speed = np.log(d1 / d0)
    for t in range(_DIRECTIONS):
        angle = 2.0 * np.pi * (t + 1) / _DIRECTIONS - 0.5 * np.pi
        ex, ey = np.cos(angle), np.sin(angle)
        if t % (_DIRECTIONS // 4) == _DIRECTIONS // 4 - 1:
            ex, ey = np.round(ex), np.round(ey)
        edges[t, 0], edges[t, 1] = ex, ey
        bounds[t] = _support(ring, (ey, -ex), (d0, d1), speed)
    return intersection(edges, bounds)


def _support(ring: Array, n: tuple[float, float], d: tuple[float, float], speed: float) -> float:
    """Return the most of ``n·v`` over all average discounted payoffs of sequences of vertices."""
    m, at = len(ring), 0
    x, y = (1.0 - d[0]) * n[0], (1.0 - d[1]) * n[1]
    for k in range(m):
        if x * (ring[k, 0] - ring[at, 0]) + y * (ring[k, 1] - ring[at, 1]) > 0.0:
            at = k
    turn = 1 if n[0] * n[1] * speed > 0.0 else m - 1
    total, time, p0, p1 = 0.0, 0.0, 1.0, 1.0
    for _ in range(m + 1):
        after = (at + turn) % m
        dx, dy = ring[after, 0] - ring[at, 0], ring[after, 1] - ring[at, 1]
        gain0, gain1 = x * dx, y * dy
        until = np.inf
        if gain0 * gain1 < 0.0:
            until = np.ceil(np.log(-gain0 / gain1) / speed)
            if (gain0 > 0.0) == (speed > 0.0):
                until = np.inf
        elif gain0 + gain1 > 0.0:
            until = time
        q0, q1 = d[0] ** max(until, time), d[1] ** max(until, time)
        total += n[0] * ring[at, 0] * (p0 - q0) + n[1] * ring[at, 1] * (p1 - q1)
        if until == np.inf:
            break
        time, p0, p1, at = max(until, time), q0, q1, after
    return total


def solve_set(tables: Tables, room: Room, rounds: int) -> tuple[int, Array, Array, float]:
    """Find the subgame-perfect payoff set of one game. See `payoff_set.solve_set`.

    Returns
    -------
    tuple
        1 if solved, 0 if the set is empty, -1 if left to the exact path; the inner ring; the
        worst payoffs; and the bound on the Hausdorff distance to the true set.
    """
    full = tables.discount[0] != tables.discount[1]
    threat = np.full(2, np.inf)
    for a in range(len(tables.g)):
        room.dead[a] = 0.0
        for i in range(2):
            threat[i] = min(threat[i], tables.c[a, i])
    fixed, ring, inner = threat.copy(), _start(tables), np.empty((0, 2))
    known, attempt, search = False, 2, 2
    for count in range(1, rounds + 1):
        made = generate(tables, ring, threat, full, room)
        if made == 0:
            return 0, ring, threat, 0.0
        before = threat.copy()
        raise_threat(tables, room, threat, fixed)
        new = pick(room.points, hull(room.points[:made]))
        if len(new) > MOST:
            break
        threat = _least(new, threat)
        residual = abs(threat[0] - before[0]) + abs(threat[1] - before[1])
        settled = residual <= _SETTLED and hausdorff(ring, new) + residual <= _SETTLED
        ring = new
        if count >= attempt or settled:
            attempt = count + max(2, count // 3)
            if not known or count >= search or settled:
                found, better = _inner_set(tables, ring, fixed, room)
                search = 4 * count
                if found:
                    known, inner = True, better
            if known:
                close = _CLOSE if len(inner) <= _MANY else 100.0 * _CLOSE
                gap = hausdorff(inner, ring)
                if gap > _SETTLED:
                    gap = min(gap, reach_beyond(tables, inner, ring, threat, room))
                if gap <= close:
                    return 1, inner, _least(inner, np.full(2, -np.inf)), gap
            if settled:
                break
    return -1, ring, threat, np.inf


SOLVE = (
    _least,
    _follow,
    _solve_linear,
    _residual,
    _enter,
    _newton,
    _seats,
    _solved,
    _inner_set,
    _start,
    _support,
    solve_set,
)
"""Everything here that compiled code may call."""
