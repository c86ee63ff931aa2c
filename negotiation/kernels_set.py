"""One round of the self-generation operator, and the certificate that closes it, as loops.

The same mathematics as `operator` and `beyond`, for one game in normalised payoffs, written for
numba: a `Stage` is the tuple ``(g, c, need, discount)`` of the arrays of `operator.Stage`, a `Room`
is scratch space, and everything else is a ring.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .kernels_plane import distance, excess, hull, intersection, pick, precedes
from .operator import CONSTANT, CORNER, ON_EDGE_0, ON_EDGE_1, TIGHT, VERTEX
from .polygon import Array, Index

__all__ = ["MOST", "ROUND", "Room", "Tables", "generate", "make_room", "raise_threat", "reach_beyond"]

MOST = 600
"""Rings with more vertices than this are left to the exact path."""

_EQUAL = 1e-14
_MISSING = 1e-13


class Tables(NamedTuple):
    """The arrays of `operator.Stage` that compiled code needs; N profiles.

    Attributes
    ----------
    g, c, need
        Shape ``(N, 2)``.
    discount
        Shape ``(2,)``.
    """

    g: Array
    c: Array
    need: Array
    discount: Array


class Room(NamedTuple):
    """Scratch space for one thread.

    Attributes
    ----------
    points, then
        Generated payoffs and their continuations.
    info
        Their profile, kind of continuation, and the vertex or edge of the ring it lies on.
    low
        Shape ``(N, 2)``: the worst continuations of each profile; inf where there are none.
    dead
        Shape ``(N,)``: profiles known to have no continuation.
    corner, tag, other, other_tag
        Two polygons being clipped: vertices; kind, vertex or edge, and the edge that follows.
    """

    points: Array
    then: Array
    info: Index
    low: Array
    dead: Array
    corner: Array
    tag: Index
    other: Array
    other_tag: Index


def make_room(n: int, most: int) -> Room:
    """Return room for `n` profiles and rings of up to `most` vertices."""
    cap = n * (most + 4)
    return Room(
        np.empty((cap, 2)),
        np.empty((cap, 2)),
        np.empty((cap, 3), dtype=np.intp),
        np.empty((n, 2)),
        np.zeros(n),
        np.empty((most + 8, 2)),
        np.empty((most + 8, 3), dtype=np.intp),
        np.empty((most + 8, 2)),
        np.empty((most + 8, 3), dtype=np.intp),
    )


def _cut(polygon: Array, tag: Index, count: int, line: tuple[int, float], room: Room) -> int:
    """Keep the part with ``coordinate axis >= at``, in `room.corner` and `room.tag`; its size."""
    axis, at = line
    out, label, kept = room.corner, room.tag, 0
    for k in range(count):
        after = (k + 1) % count
        here, there = polygon[k, axis], polygon[after, axis]
        stays, comes = here >= at - TIGHT, there >= at - TIGHT
        if stays:
            for j in range(2):
                out[kept, j] = polygon[k, j]
            for j in range(3):
                label[kept, j] = tag[k, j]
            kept += 1
        if stays != comes:
            share = min(max((at - here) / (there - here), 0.0), 1.0)
            out[kept, axis] = min(at, max(here, there))
            out[kept, 1 - axis] = polygon[k, 1 - axis] + share * (
                polygon[after, 1 - axis] - polygon[k, 1 - axis]
            )
            edge = tag[k, 2]
            label[kept, 0] = CORNER if edge < 0 else (ON_EDGE_0 if axis == 0 else ON_EDGE_1)
            label[kept, 1] = max(edge, 0)
            label[kept, 2] = -1 if stays else edge
            kept += 1
    return kept


def _continuations(ring: Array, ic0: float, ic1: float, room: Room) -> int:
    """Write the ring's part with w >= (ic0, ic1) to `room.corner` and `room.tag`; its size."""
    m = count = len(ring)
    low0 = low1 = np.inf
    for k in range(m):
        low0, low1 = min(low0, ring[k, 0]), min(low1, ring[k, 1])
        room.tag[k, 0], room.tag[k, 1], room.tag[k, 2] = VERTEX, k, k
    if low0 >= ic0 - TIGHT and low1 >= ic1 - TIGHT:
        for k in range(m):
            room.corner[k, 0], room.corner[k, 1] = ring[k, 0], ring[k, 1]
        return m
    first = low0 < ic0 - TIGHT
    if first and low1 < ic1 - TIGHT:
        for k in range(m):
            for j in range(3):
                room.other_tag[k, j] = room.tag[k, j]
        count = _cut(ring, room.other_tag, m, (0, ic0), room)
        for k in range(count):
            for j in range(2):
                room.other[k, j] = room.corner[k, j]
            for j in range(3):
                room.other_tag[k, j] = room.tag[k, j]
        return _cut(room.other, room.other_tag, count, (1, ic1), room)
    for k in range(m):
        for j in range(3):
            room.other_tag[k, j] = room.tag[k, j]
    return _cut(ring, room.other_tag, m, (0, ic0) if first else (1, ic1), room)


def generate(tables: Tables, ring: Array, threat: Array, full: bool, room: Room) -> int:
    """Write one round's payoffs to `room`; return how many. See `operator.generate`."""
    d0, d1 = tables.discount[0], tables.discount[1]
    east = north = -np.inf
    for k in range(len(ring)):
        east, north = max(east, ring[k, 0]), max(north, ring[k, 1])
    made = 0
    for a in range(len(tables.g)):
        room.low[a, 0] = room.low[a, 1] = np.inf
        ic0, ic1 = threat[0] + tables.need[a, 0], threat[1] + tables.need[a, 1]
        if room.dead[a] > 0.0 or ic0 > east + TIGHT or ic1 > north + TIGHT:
            continue
        count = _continuations(ring, ic0, ic1, room)
        x, y = tables.g[a, 0], tables.g[a, 1]
        for k in range(count):
            for j in range(2):
                room.low[a, j] = min(room.low[a, j], room.corner[k, j])
        if count > 0 and not full and x >= ic0 - TIGHT and y >= ic1 - TIGHT:
            if distance(x, y, ring) <= TIGHT:
                room.points[made, 0], room.points[made, 1] = x, y
                room.then[made, 0], room.then[made, 1] = x, y
                room.info[made, 0], room.info[made, 1], room.info[made, 2] = a, CONSTANT, 0
                made += 1
                continue
        for k in range(count):
            w0, w1 = room.corner[k, 0], room.corner[k, 1]
            if full or abs(w0 - ic0) <= TIGHT or abs(w1 - ic1) <= TIGHT:
                room.points[made, 0] = (1.0 - d0) * x + d0 * w0
                room.points[made, 1] = (1.0 - d1) * y + d1 * w1
                room.then[made, 0], room.then[made, 1] = w0, w1
                room.info[made, 0] = a
                room.info[made, 1], room.info[made, 2] = room.tag[k, 0], room.tag[k, 1]
                made += 1
    return made


def raise_threat(tables: Tables, room: Room, threat: Array, fixed: Array) -> None:
    """Raise both lower bounds on the worst payoffs in place. See `operator.threat_bound`.

    Profiles without a continuation are marked dead: the sets only shrink from here.
    """
    for i in range(2):
        bound, exact = np.inf, False
        for a in range(len(tables.g)):
            if room.low[a, i] < np.inf:
                d = tables.discount[i]
                forced = (1.0 - d) * tables.g[a, i] + d * room.low[a, i]
                least = max(tables.c[a, i], forced)
                if least < bound:
                    bound, exact = least, tables.c[a, i] >= forced
            else:
                room.dead[a] = 1.0
        if exact:
            fixed[i] = max(fixed[i], bound)
        threat[i] = max(threat[i], bound)


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


def _frame(ring: Array) -> Frame:
    m = len(ring)
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


def _pay(frame: Frame, goal: Array, on: Index, paid: Array) -> float:
    """Write the goal as a non-negative mix of two normals, in `paid`; return what is missing."""
    px, py = frame.edges[on[0], 1], -frame.edges[on[0], 0]
    qx, qy = frame.edges[on[1], 1], -frame.edges[on[1], 0]
    det = px * qy - py * qx
    along = (goal[0] * qy - goal[1] * qx) / det if det > 1e-15 else px * goal[0] + py * goal[1]
    paid[0] = max(along, 0.0)
    x, y = goal[0] - paid[0] * px, goal[1] - paid[0] * py
    paid[1] = max(x * qx + y * qy, 0.0)
    return abs(x - paid[1] * qx) + abs(y - paid[1] * qy)


def _search(frame: Frame, line: Array, goal: Array, w: Array, on: Index) -> None:
    """Find the constraints with the least slack at w on either side of the goal."""
    best = np.full(2, np.inf)
    for t in range(len(frame.edges)):
        x, y = frame.edges[t, 1], -frame.edges[t, 0]
        slack = line[t] - x * w[0] - y * w[1]
        turn = np.arctan2(goal[0] * y - goal[1] * x, goal[0] * x + goal[1] * y)
        cost = max(slack, 0.0) + 1e-9 * abs(turn)
        if turn <= 0.0 and cost < best[0]:
            best[0] = cost
            on[0] = t
        if turn >= 0.0 and cost < best[1]:
            best[1] = cost
            on[1] = t


def _price(tables: Tables, frame: Frame, a: int, line: Array, room: Room, out: Prices, row: int, count: int) -> int:
    """Append profile a's rows; return the new number of rows, or -1 if prices were not found."""
    total = len(frame.edges)
    goal, w, paid = np.empty(2), np.empty(2), np.empty(2)
    on = np.empty(2, dtype=np.intp)
    best, near = 0, 0
    for t in range(total):
        nx, ny = frame.edges[t, 1], -frame.edges[t, 0]
        goal[0], goal[1] = tables.discount[0] * nx, tables.discount[1] * ny
        if t == 0:
            for k in range(count):
                if goal[0] * (room.corner[k, 0] - room.corner[best, 0]) + goal[1] * (
                    room.corner[k, 1] - room.corner[best, 1]
                ) > 0.0:
                    best = k
            near = total - 1
            for k in range(total):
                if not precedes(-goal[1], goal[0], frame.edges[k, 0], frame.edges[k, 1]):
                    near = k
        for _ in range(count):
            after = (best + 1) % count
            if goal[0] * (room.corner[after, 0] - room.corner[best, 0]) + goal[1] * (
                room.corner[after, 1] - room.corner[best, 1]
            ) < 0.0:
                break
            best = after
        for _ in range(total):
            after = (near + 1) % total
            if frame.edges[after, 0] * goal[0] + frame.edges[after, 1] * goal[1] < 0.0:
                break
            near = after
        w[0], w[1] = room.corner[best, 0], room.corner[best, 1]
        top = goal[0] * w[0] + goal[1] * w[1]
        kind, e = room.tag[best, 0], frame.seat[room.tag[best, 1]]
        on[0], on[1] = near, (near + 1) % total
        if kind == ON_EDGE_0:
            on[0], on[1] = frame.axis[0], e
        elif kind == ON_EDGE_1:
            on[0], on[1] = frame.axis[1], e
        elif kind == CORNER:
            on[0], on[1] = frame.axis[0], frame.axis[1]
        if kind == ON_EDGE_0 or kind == ON_EDGE_1:
            px, py = frame.edges[on[0], 1], -frame.edges[on[0], 0]
            qx, qy = frame.edges[on[1], 1], -frame.edges[on[1], 0]
            if px * qy - py * qx < 0.0:
                on[0], on[1] = on[1], on[0]
        missing = _pay(frame, goal, on, paid)
        if missing > _MISSING or paid[0] * line[on[0]] + paid[1] * line[on[1]] > top + _MISSING:
            _search(frame, line, goal, w, on)
            missing = _pay(frame, goal, on, paid)
        if missing > _MISSING:
            return -1
        bound = paid[0] * line[on[0]] + paid[1] * line[on[1]]
        today = (1.0 - tables.discount[0]) * nx * tables.g[a, 0] + (
            1.0 - tables.discount[1]
        ) * ny * tables.g[a, 1]
        out.reach[row] = today + bound + 4.0 * missing - frame.bound[t]
        out.paid[row, 0], out.paid[row, 1] = paid[0], paid[1]
        out.on[row, 0], out.on[row, 1], out.on[row, 2] = t, on[0], on[1]
        row += 1
    return row


def reach_beyond(tables: Tables, inner: Array, outer: Array, threat: Array, room: Room) -> float:
    """Return how far a sustainable payoff of `outer` can lie outside `inner`; inf if not shown.

    See `beyond.reach_beyond`. Every profile that `outer` does not rule out is priced at `inner`;
    bounds that are known exactly (a threat that cannot be lower) are not widened.
    """
    frame = _frame(inner)
    total = len(frame.edges)
    room_for = len(tables.g) * total
    out = Prices(np.empty(room_for), np.empty((room_for, 2)), np.empty((room_for, 3), np.intp))
    beyond, low, free = np.empty(total), np.empty(2), np.ones(total)
    at = 0
    for t in range(total):
        x, y = frame.edges[t, 1], -frame.edges[t, 0]
        for _ in range(len(outer)):
            after = (at + 1) % len(outer)
            if x * (outer[after, 0] - outer[at, 0]) + y * (outer[after, 1] - outer[at, 1]) < 0.0:
                break
            at = after
        beyond[t] = max(x * outer[at, 0] + y * outer[at, 1] - frame.bound[t], 0.0)
    for i in range(2):
        t = frame.axis[i]
        low[i] = -frame.bound[t]
        if low[i] - threat[i] <= _EQUAL:
            low[i], free[t] = threat[i], 0.0
            frame.bound[t] = -threat[i]
        beyond[t] = max(min(beyond[t], low[i] - threat[i]), 0.0)
    line, rows = frame.bound.copy(), 0
    for a in range(len(tables.g)):
        if room.dead[a] > 0.0:
            continue
        ic0, ic1 = low[0] + tables.need[a, 0], low[1] + tables.need[a, 1]
        count = _continuations(inner, ic0, ic1, room)
        line[frame.axis[0]], line[frame.axis[1]] = -ic0, -ic1
        rows = _price(tables, frame, a, line, room, out, rows, count) if count > 0 else -1
        if rows < 0:
            return np.inf
    widened = _smallest_widening(out, rows, beyond, free)
    if widened[0] < 0.0:
        return np.inf
    for t in range(total):
        widened[t] += frame.bound[t]
    return excess(intersection(frame.edges, widened), inner)


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


ROUND = (
    make_room,
    _cut,
    _continuations,
    generate,
    raise_threat,
    _frame,
    _pay,
    _search,
    _price,
    reach_beyond,
    _smallest_widening,
    _widen,
)
"""Everything here that compiled code may call."""
