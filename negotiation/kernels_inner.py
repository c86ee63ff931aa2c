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
_GENERATIONS = 400


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


def _solved(tables: Tables, ring: Array, index: Index, fixed: Array, room: Room) -> Array:
    """Return the ring that the structure of the round in `room` implies; its own if none.

    `index` picks the hull's vertices among the round's points.
    """
    points, n, m = pick(room.points, index), len(ring), len(index)
    seat, source = _seats(ring, points), room.info
    info, ends = np.empty((m, 2), dtype=np.intp), np.empty((m, 2), dtype=np.intp)
    for k in range(m):
        row = index[k]
        info[k, 0], info[k, 1] = source[row, 0], source[row, 1]
        ends[k, 0], ends[k, 1] = seat[source[row, 2]], seat[(source[row, 2] + 1) % n]
    moved = points.copy()
    if not _newton(tables, moved, info, ends, fixed):
        return points
    return pick(moved, hull(moved))


def _place(ring: Array, m: int, east: int, x: float, y: float, least: float) -> int:
    """Return where to insert a point that lies outside by more than `least`; -1 if it does not."""
    if x < ring[0, 0]:
        return 0 if ring[0, 0] - x > least else -1
    if x > ring[east, 0]:
        return east + 1 if x - ring[east, 0] > least else -1
    for upper in range(2):
        first, last = (east, m) if upper == 1 else (0, east)
        while last - first > 1:
            middle = (first + last) // 2
            if (ring[middle, 0] <= x) == (upper == 0):
                first = middle
            else:
                last = middle
        end = last if last < m else 0
        ex, ey = ring[end, 0] - ring[first, 0], ring[end, 1] - ring[first, 1]
        px, py = x - ring[first, 0], y - ring[first, 1]
        if ex * py - ey * px < -least * np.hypot(ex, ey):
            return first + 1
    return -1


def _insert(ring: Array, m: int, place: int, x: float, y: float) -> int:
    """Insert a point and drop the vertices it makes idle; return the new number."""
    first = last = place  # vertices first..last-1 go
    while m > 2 and last - first < m - 2:
        a, b = (last + 1) % m, last % m
        if (ring[b, 0] - x) * (ring[a, 1] - y) - (ring[b, 1] - y) * (ring[a, 0] - x) > 0.0:
            break
        last += 1
    while m > 2 and last - first < m - 2:
        a, b = (first - 2) % m, (first - 1) % m
        if (ring[b, 0] - ring[a, 0]) * (y - ring[a, 1]) - (ring[b, 1] - ring[a, 1]) * (
            x - ring[a, 0]
        ) > 0.0:
            break
        first -= 1
    if 0 < first and last <= m:
        shift = first + 1 - last
        if shift > 0:
            for k in range(m - 1, last - 1, -1):
                ring[k + 1, 0], ring[k + 1, 1] = ring[k, 0], ring[k, 1]
        else:
            for k in range(last, m):
                ring[k + shift, 0], ring[k + shift, 1] = ring[k, 0], ring[k, 1]
        ring[first, 0], ring[first, 1] = x, y
        return m + shift
    kept, out = 0, np.empty((m + 1, 2))
    for k in range(last, first + m):
        out[kept, 0], out[kept, 1] = ring[k % m, 0], ring[k % m, 1]
        kept += 1
    out[kept, 0], out[kept, 1] = x, y
    kept += 1
    start = 0
    for k in range(1, kept):
        if out[k, 0] < out[start, 0] or (out[k, 0] == out[start, 0] and out[k, 1] < out[start, 1]):
            start = k
    for k in range(kept):
        ring[k, 0], ring[k, 1] = out[(start + k) % kept, 0], out[(start + k) % kept, 1]
    return kept


def _grow(tables: Tables, ring: Array, threat: Array, least: float, index: Index, room: Room) -> Array:
    """Add payoffs whose continuation is a vertex just added, until they are within `least`.

    A ring that generates itself still does so afterwards. `index` picks the points to add first
    among the round's.
    """
    g, need, points = tables.g, tables.need, room.points
    d0, d1 = tables.discount[0], tables.discount[1]
    out, m = np.empty((MOST + 1, 2)), len(ring)
    for k in range(m):
        out[k, 0], out[k, 1] = ring[k, 0], ring[k, 1]
    fresh, next_fresh = pick(points, index), np.empty((MOST + 1, 2))
    count, step = len(index), 0
    while count > 0 and step < _GENERATIONS:
        added = 0
        for k in range(count):
            for a in range(len(g) if step > 0 else 1):
                x, y = fresh[k, 0], fresh[k, 1]
                if step > 0:
                    if room.use[a] < 2 or x < threat[0] + need[a, 0] or y < threat[1] + need[a, 1]:
                        continue
                    x, y = (1.0 - d0) * g[a, 0] + d0 * x, (1.0 - d1) * g[a, 1] + d1 * y
                east = _east(out, m)
                place = _place(out, m, east, x, y, least)
                if place < 0:
                    continue
                m = _insert(out, m, place, x, y)
                next_fresh[added, 0], next_fresh[added, 1] = x, y
                added += 1
                if m >= MOST or added >= MOST:
                    return out[:m].copy()
        count, step = added, step + 1
        if step == 1:
            fresh = np.empty((MOST + 1, 2))
        fresh, next_fresh = next_fresh, fresh
    return out[:m].copy()


def _east(ring: Array, m: int) -> int:
    """Return the last vertex of the lower chain: the rightmost, the lowest of several."""
    first, last = 0, m - 1
    while first < last:
        middle = (first + last) // 2
        if ring[middle + 1, 0] > ring[middle, 0]:
            first = middle + 1
        else:
            last = middle
    return first


def _mark(room: Room, index: Index) -> None:
    """Mark the profiles behind these points of a round as those that matter."""
    for k in range(len(index)):
        room.use[room.info[index[k], 0]] = 2


def _inner_set(tables: Tables, ring: Array, fixed: Array, room: Room) -> tuple[bool, Array]:
    """Look for the largest self-generating set near `ring`; whether one was found."""
    full = tables.discount[0] != tables.discount[1]
    found, best, solve, least, thinner = False, ring, True, 1, _THIN
    floor = np.full(2, -np.inf)
    for a in range(len(tables.g)):
        room.use[a] = min(room.use[a], 1)
    for _ in range(_PASSES):
        made = generate(tables, ring, _least(ring, fixed), least, room)
        if made > 0 and solve:
            index = hull(room.points[:made])
            if full:
                _mark(room, index)
                least = 2
            ring = thin(_solved(tables, ring, index, fixed, room), thinner)
            if len(ring) > MOST:
                break
            made = generate(tables, ring, _least(ring, floor), least, room)
        if made == 0:
            break
        index = hull(room.points[:made])
        new = pick(room.points, index)
        if len(new) > MOST:
            break
        if excess(ring, new) > _SELF:
            ring, solve, least = (ring, True, 1) if solve else (new, True, 1)
            continue
        found, best = True, ring
        if excess(new, ring) <= (_GROWN if thinner == _THIN else 5.0 * _COARSE):
            if least == 1:
                break
            least, solve = 1, False
            continue
        solve = True
        if full:
            ring = _grow(tables, ring, _least(ring, floor), 0.1 * thinner, index, room)
            if len(ring) > _MANY:
                thinner = _COARSE
        else:
            ring = new
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
    threat = np.full(2, np.inf)
    for a in range(len(tables.g)):
        room.use[a] = 1
        for i in range(2):
            threat[i] = min(threat[i], tables.c[a, i])
    fixed, ring, inner = threat.copy(), _start(tables), np.empty((0, 2))
    known, attempt, search = False, 2, 2
    for count in range(1, rounds + 1):
        made = generate(tables, ring, threat, 1, room)
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
    _place,
    _insert,
    _grow,
    _east,
    _mark,
    _inner_set,
    _start,
    _support,
    solve_set,
)
"""Everything here that compiled code may call."""
