"""The distance from an inner set to whatever might be sustainable, bounded, as loops.

See `beyond`: dual prices found at the inner set hold at every other, and if they map every widening
of it strictly inside itself, nothing lies outside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .kernels_plane import excess, hull, intersection, precedes
from .kernels_round import Room, Tables, cut
from .operator import ON_EDGE_0, ON_EDGE_1
from .polygon import Array, Index

__all__ = ["certify"]

_SETTLED = 1e-13
_EQUAL = 1e-14
_MISSING = 1e-13
_SLIGHT = 1e-14


class Frame(NamedTuple):
    """Directions round a ring: its edges' normals and the axes, sorted.

    Attributes
    ----------
    edges
        Shape ``(D, 2)``, unit.
    bound
        Shape ``(D,)``: the ring's support in each direction.
    seat
        Shape ``(m,)``: where each of the ring's edges is among them.
    axis
        Shape ``(2,)``: where the directions that bound each player's payoff below are.
    """

    edges: Array
    bound: Array
    seat: Index
    axis: Index


class Prices(NamedTuple):
    """Bounds on each profile's reach in each direction, one a row.

    Attributes
    ----------
    reach
        How far beyond the ring's own bound.
    paid
        Shape ``(rows, 2)``: the prices.
    on
        Shape ``(rows, 3)``: the direction, and the two directions whose bounds have the prices.
    """

    reach: Array
    paid: Array
    on: Index


def certify(
    tables: Tables, rings: tuple[Array, Array], n: int, m: int, threat: Array, room: Room
) -> float:
    """Bound the distance of an inner set to the true one.

    Parameters
    ----------
    rings, n, m
        The inner ring and an outer one, and their sizes, 0 for none.
    threat
        Lower bounds on both worst payoffs.

    Returns
    -------
    float
        inf where nothing could be shown.
    """
    inner, outer = rings
    if n <= 0 or m <= 0:
        return np.inf
    gap = max(excess(inner, n, outer, m), excess(outer, m, inner, n))
    if gap > _SETTLED:
        gap = min(gap, _reach_beyond(tables, rings, n, m, threat, room))
    return gap


def _frame(ring: Array, m: int) -> Frame:
    edges, vertex = np.empty((m + 6, 2)), np.empty(m + 6, dtype=np.intp)
    extra = np.zeros((6, 2))
    extra[0, 0], extra[1, 1], extra[2, 0], extra[3, 1] = 1.0, 1.0, -1.0, -1.0
    extras, count = 4, 0
    if m > 1:
        for k in range(m):
            x, y = ring[(k + 1) % m, 0] - ring[k, 0], ring[(k + 1) % m, 1] - ring[k, 1]
            size = np.hypot(x, y)
            edges[count, 0], edges[count, 1], vertex[count] = x / size, y / size, k
            count += 1
    if m == 2:
        for k in range(2):
            extra[4 + k, 0], extra[4 + k, 1] = -edges[k, 1], edges[k, 0]
        extras = 6
    for k in range(extras):
        x, y = extra[k, 0], extra[k, 1]
        place = count
        while place > 0 and precedes(x, y, edges[place - 1, 0], edges[place - 1, 1]):
            place -= 1
        if place > 0 and not precedes(edges[place - 1, 0], edges[place - 1, 1], x, y):
            edges[place - 1, 0], edges[place - 1, 1] = x, y
            continue
        for t in range(count, place, -1):
            edges[t, 0], edges[t, 1], vertex[t] = edges[t - 1, 0], edges[t - 1, 1], vertex[t - 1]
        edges[place, 0], edges[place, 1] = x, y
        vertex[place] = -1
        count += 1
    bound, seat, axis = np.empty(count), np.zeros(m, dtype=np.intp), np.zeros(2, dtype=np.intp)
    at = 0
    for t in range(count):
        if vertex[t] >= 0:
            at = vertex[t]
            seat[at] = t
        x, y = edges[t, 1], -edges[t, 0]
        bound[t] = x * ring[at, 0] + y * ring[at, 1]
        if vertex[t] >= 0:
            at = (at + 1) % m
            bound[t] = max(bound[t], x * ring[at, 0] + y * ring[at, 1])
        if x == -1.0:
            axis[0] = t
        if y == -1.0:
            axis[1] = t
    return Frame(edges[:count].copy(), bound, seat, axis)


def _pay(frame: Frame, goal: Array, on: Index, paid: Array) -> float:
    """Write the goal as a non-negative mix of two normals, in `paid`; return what is missing."""
    px, py = frame.edges[on[0], 1], -frame.edges[on[0], 0]
    qx, qy = frame.edges[on[1], 1], -frame.edges[on[1], 0]
    det = px * qy - py * qx
    along = (goal[0] * qy - goal[1] * qx) / det if det > 1e-15 else px * goal[0] + py * goal[1]
    paid[0] = max(along, 0.0)
    x, y = goal[0] - paid[0] * px, goal[1] - paid[0] * py
    paid[1] = max(x * qx + y * qy, 0.0)
    return float(abs(x - paid[1] * qx) + abs(y - paid[1] * qy))


def _search(frame: Frame, line: Array, goal: Array, w: Array, on: Index) -> None:
    """Find the constraints with the least slack at w on either side of the goal."""
    edges = frame.edges
    best0 = best1 = np.inf
    for t in range(len(edges)):
        x, y = edges[t, 1], -edges[t, 0]
        turn = np.arctan2(goal[0] * y - goal[1] * x, goal[0] * x + goal[1] * y)
        cost = max(line[t] - x * w[0] - y * w[1], 0.0) + 1e-9 * abs(turn)
        if turn <= 0.0 and cost < best0:
            best0 = cost
            on[0] = t
        if turn >= 0.0 and cost < best1:
            best1 = cost
            on[1] = t


def _unbound(tables: Tables, frame: Frame, out: Prices, today: Array) -> bool:
    """Price every direction as if no constraint on continuations bound: one row each.

    Those prices bound every profile's reach, so they serve all that need no better. In `today`,
    shape ``(N, D)``, what is left: the profiles that seem to reach beyond the ring.
    """
    edges, bound, total, g = frame.edges, frame.bound, len(frame.edges), tables.g
    d0, d1 = tables.discount[0], tables.discount[1]
    goal, paid, on, near = np.empty(2), np.empty(2), np.empty(2, dtype=np.intp), total - 1
    for t in range(total):
        nx, ny = edges[t, 1], -edges[t, 0]
        goal[0], goal[1] = d0 * nx, d1 * ny
        if t == 0:
            for k in range(total):
                if not precedes(-goal[1], goal[0], edges[k, 0], edges[k, 1]):
                    near = k
        for _ in range(total):
            after = near + 1 if near + 1 < total else 0
            if edges[after, 0] * goal[0] + edges[after, 1] * goal[1] < 0.0:
                break
            near = after
        on[0], on[1] = near, (near + 1) % total
        missing = _pay(frame, goal, on, paid)
        if missing > _MISSING:
            return False
        value = paid[0] * bound[on[0]] + paid[1] * bound[on[1]] + 4.0 * missing - bound[t]
        most = -np.inf
        for a in range(len(g)):
            reach = (1.0 - d0) * nx * g[a, 0] + (1.0 - d1) * ny * g[a, 1] + value
            today[a, t] = reach
            if reach <= _SLIGHT:
                most = max(most, reach)
        out.reach[t] = most
        out.paid[t, 0], out.paid[t, 1] = paid[0], paid[1]
        out.on[t, 0], out.on[t, 1], out.on[t, 2] = t, on[0], on[1]
    return True


def _bound(
    tables: Tables,
    frame: Frame,
    at: tuple[int, int],
    ic: Array,
    reach: Array,
    out: Prices,
    row: int,
    room: Room,
) -> int:
    """Price a profile where `reach` says so, with its constraints; the number of rows, or -1.

    `at` is the profile and the number of vertices of its continuations, in the last layer.
    """
    a, count = at
    source, tag = room.cut[2], room.tag[2]
    edges, axis, d = frame.edges, frame.axis, tables.discount
    goal, w, paid = np.empty(2), np.empty(2), np.empty(2)
    on, line = np.empty(2, dtype=np.intp), frame.bound.copy()
    line[axis[0]], line[axis[1]] = -ic[0], -ic[1]
    for t in range(len(edges)):
        if reach[t] <= _SLIGHT:
            continue
        nx, ny = edges[t, 1], -edges[t, 0]
        goal[0], goal[1] = d[0] * nx, d[1] * ny
        best, top = 0, -np.inf
        for k in range(count):
            value = goal[0] * source[k, 0] + goal[1] * source[k, 1]
            if value > top:
                best, top = k, value
        w[0], w[1] = source[best, 0], source[best, 1]
        kind, edge = tag[best, 0], frame.seat[tag[best, 1]]
        on[0], on[1] = axis[0], axis[1]
        if kind in (ON_EDGE_0, ON_EDGE_1):
            line_up = axis[kind - ON_EDGE_0]
            turn = edges[line_up, 0] * edges[edge, 1] - edges[line_up, 1] * edges[edge, 0]
            on[0], on[1] = (line_up, edge) if turn >= 0.0 else (edge, line_up)
        missing = _pay(frame, goal, on, paid)
        if missing > _MISSING or paid[0] * line[on[0]] + paid[1] * line[on[1]] > top + _MISSING:
            _search(frame, line, goal, w, on)
            missing = _pay(frame, goal, on, paid)
            if missing > _MISSING:
                return -1
        value = paid[0] * line[on[0]] + paid[1] * line[on[1]] + 4.0 * missing - frame.bound[t]
        value += (1.0 - d[0]) * nx * tables.g[a, 0] + (1.0 - d[1]) * ny * tables.g[a, 1]
        if row == len(out.reach):
            return -1
        out.reach[row] = value
        out.paid[row, 0], out.paid[row, 1] = paid[0], paid[1]
        out.on[row, 0], out.on[row, 1], out.on[row, 2] = t, on[0], on[1]
        row += 1
    return row


def _price(
    tables: Tables, frame: Frame, low: Array, ring: Array, m: int, out: Prices, room: Room
) -> int:
    """Bound the reach of every profile that may be used; return the number of rows, or -1."""
    need, total = tables.need, len(frame.edges)
    today, ic = np.empty((len(need), total)), np.empty(2)
    if not _unbound(tables, frame, out, today):
        return -1
    row = total
    for k in range(m):
        room.cut[0, k, 0], room.cut[0, k, 1] = ring[k, 0], ring[k, 1]
    for a in range(len(need)):
        beyond = False
        for t in range(total):
            beyond = beyond or today[a, t] > _SLIGHT
        if tables.use[a] == 0 or not beyond:
            continue
        ic[0], ic[1] = low[0] + need[a, 0], low[1] + need[a, 1]
        count = cut(room, 0, m, 0, ic[0])
        count = cut(room, 1, count, 1, ic[1])
        row = _bound(tables, frame, (a, count), ic, today[a], out, row, room) if count else -1
        if row < 0:
            return -1
    return row


def _reach_beyond(
    tables: Tables, rings: tuple[Array, Array], n: int, m: int, threat: Array, room: Room
) -> float:
    """Return how far a sustainable payoff of `outer` can lie outside `inner`; inf if not shown.

    Every profile that `outer`, of m vertices, does not rule out is priced at `inner`, of n; bounds
    that are known exactly (a threat that cannot be lower) are not widened.
    """
    inner, outer = rings
    frame = _frame(inner, n)
    edges, bound, total = frame.edges, frame.bound, len(frame.edges)
    cap = total * (1 + len(tables.g))
    out = Prices(np.empty(cap), np.empty((cap, 2)), np.empty((cap, 3), np.intp))
    beyond, low, free = np.empty(total), np.empty(2), np.ones(total)
    at = 0
    for t in range(total):
        x, y = edges[t, 1], -edges[t, 0]
        for _ in range(m):
            after = at + 1 if at + 1 < m else 0
            if x * (outer[after, 0] - outer[at, 0]) + y * (outer[after, 1] - outer[at, 1]) < 0.0:
                break
            at = after
        beyond[t] = max(x * outer[at, 0] + y * outer[at, 1] - bound[t], 0.0)
    for i in range(2):
        t = frame.axis[i]
        low[i] = -bound[t]
        if low[i] - threat[i] <= _EQUAL:
            low[i], free[t], bound[t] = threat[i], 0.0, -threat[i]
        beyond[t] = max(min(beyond[t], low[i] - threat[i]), 0.0)
    rows = _price(tables, frame, low, inner, n, out, room)
    if rows < 0:
        return np.inf
    widened = _smallest_widening(out, rows, beyond, free)
    if widened[0] < 0.0:
        return np.inf
    for t in range(total):
        widened[t] += bound[t]
    corner, kept = np.empty((3 * total, 2)), np.empty(3 * total, dtype=np.intp)
    made = intersection(edges, widened, total, kept, corner)
    for k in range(made):
        room.points[k, 0], room.points[k, 1] = corner[k, 0], corner[k, 1]
    made = hull(room.points, made, room.order, room.chosen)
    for k in range(made):
        at = room.chosen[k]
        corner[k, 0], corner[k, 1] = room.points[at, 0], room.points[at, 1]
    return excess(corner, made, inner, n)


def _smallest_widening(out: Prices, rows: int, beyond: Array, free: Array) -> Array:
    """Return the widening below which nothing is shown; -1 first if there is none."""
    total = len(beyond)
    widen, active = np.empty(total), np.zeros(rows)
    most = 1e-15
    for row in range(rows):
        if free[out.on[row, 0]] == 0.0:
            active[row] = -1.0
            continue
        most = max(most, out.reach[row])
        if out.reach[row] > -1e-9:
            active[row] = 1.0
    least = 2.0 * most
    for _ in range(20):
        if not _widen(out, rows, active, free, widen):
            break
        scale, late = least, False
        for t in range(total):
            if free[t] > 0.0:
                scale = max(scale, beyond[t] / widen[t])
        for row in range(rows):
            if active[row] != 0.0:
                continue
            t, p, q = out.on[row, 0], out.on[row, 1], out.on[row, 2]
            grows = scale * (out.paid[row, 0] * widen[p] + out.paid[row, 1] * widen[q] - widen[t])
            if out.reach[row] + max(grows, 0.0) >= -1e-12:
                active[row] = 1.0
                late = True
        if not late:
            for t in range(total):
                widen[t] *= least
            return widen
    widen[0] = -1.0
    return widen


def _widen(out: Prices, rows: int, active: Array, free: Array, widen: Array) -> bool:
    """Find D > 0 with ``price·D < D`` on active rows, in `widen`; whether there is one."""
    total, count = len(widen), 0
    some = np.empty(rows, dtype=np.intp)
    for row in range(rows):
        if active[row] > 0.0:
            some[count] = row
            count += 1
    for t in range(total):
        widen[t] = free[t]
    needs = np.empty(total)
    for _ in range(3000):
        for t in range(total):
            needs[t] = 0.0
        for k in range(count):
            row = some[k]
            t, p, q = out.on[row, 0], out.on[row, 1], out.on[row, 2]
            value = out.paid[row, 0] * widen[p] + out.paid[row, 1] * widen[q]
            needs[t] = max(needs[t], value)
        enough, most = True, 0.0
        for t in range(total):
            if free[t] > 0.0:
                enough = enough and needs[t] <= widen[t] - 0.5
                most = max(most, needs[t])
        if enough:
            return True
        if most > 1e9:
            return False
        for t in range(total):
            widen[t] = (needs[t] + 1.0) * free[t]
    return False
