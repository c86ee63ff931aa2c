"""One round of the self-generation operator, and the certificate that closes it, as loops.

The same mathematics as `operator` and `beyond`, for one game in normalised payoffs, written for
numba: a `Stage` is the tuple ``(g, c, need, discount)`` of the arrays of `operator.Stage`, a `Room`
is scratch space, and everything else is a ring.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .kernels_plane import distance, excess, intersection, precedes
from .operator import CONSTANT, CORNER, ON_EDGE_0, ON_EDGE_1, TIGHT, VERTEX
from .polygon import Array, Index

__all__ = ["MOST", "ROUND", "Room", "Tables", "generate", "make_room", "raise_threat", "reach_beyond"]

MOST = 600
"""Rings with more vertices than this are left to the exact path."""

_EQUAL = 1e-14
_MISSING = 1e-13
_SLIGHT = 1e-14


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
    points, info
        Generated payoffs, with profile, kind of continuation, and the vertex or edge it lies on.
    low
        Shape ``(N, 2)``: the worst continuations of each profile; inf where there are none.
    use
        Shape ``(N,)``: 0 for profiles known to have no continuation, 1 for the others, 2 for those
        that matter near the current ring.
    plain
        Row k says: vertex k, followed by edge k.
    once, once_tag, twice, twice_tag
        A ring cut by one and by two constraints: vertices; kind, vertex or edge, the edge after.
    """

    points: Array
    info: Index
    low: Array
    use: Index
    plain: Index
    once: Array
    once_tag: Index
    twice: Array
    twice_tag: Index


def make_room(n: int, most: int) -> Room:
    """Return room for `n` profiles and rings of up to `most` vertices."""
    cap = n * (most + 4)
    plain = np.empty((most + 8, 3), dtype=np.intp)
    for k in range(most + 8):
        plain[k, 0], plain[k, 1], plain[k, 2] = VERTEX, k, k
    return Room(
        np.empty((cap, 2)),
        np.empty((cap, 3), dtype=np.intp),
        np.empty((n, 2)),
        np.ones(n, dtype=np.intp),
        plain,
        np.empty((most + 8, 2)),
        plain.copy(),
        np.empty((most + 8, 2)),
        plain.copy(),
    )


def _cut(source: Array, tag: Index, count: int, line: tuple[int, float], out: Array, out_tag: Index) -> int:
    """Keep the part of a polygon with ``coordinate axis >= at``; return its size."""
    axis, at = line
    kept = 0
    for k in range(count):
        after = k + 1 if k + 1 < count else 0
        here, there = source[k, axis], source[after, axis]
        stays = here >= at - TIGHT
        if stays:
            out[kept, 0], out[kept, 1] = source[k, 0], source[k, 1]
            out_tag[kept, 0], out_tag[kept, 1], out_tag[kept, 2] = tag[k, 0], tag[k, 1], tag[k, 2]
            kept += 1
        if stays != (there >= at - TIGHT):
            share = min(max((at - here) / (there - here), 0.0), 1.0)
            x, y = source[k, 1 - axis], source[after, 1 - axis]
            out[kept, axis], out[kept, 1 - axis] = min(at, max(here, there)), x + share * (y - x)
            edge = tag[k, 2]
            out_tag[kept, 0] = CORNER if edge < 0 else ON_EDGE_0 + axis
            out_tag[kept, 1] = max(edge, 0)
            out_tag[kept, 2] = -1 if stays else edge
            kept += 1
    return kept


def generate(tables: Tables, ring: Array, threat: Array, least: int, room: Room) -> int:
    """Write one round's payoffs to `room`; return how many. See `operator.generate`.

    Only profiles whose mark in ``room.use`` is at least `least`. With a common discount factor,
    only continuations that bind; see there.
    """
    g, need, points, info, low = tables.g, tables.need, room.points, room.info, room.low
    once, once_tag, twice, twice_tag = room.once, room.once_tag, room.twice, room.twice_tag
    d0, d1 = tables.discount[0], tables.discount[1]
    full, m, made = d0 != d1, len(ring), 0
    west = south = np.inf
    east = north = -np.inf
    for k in range(m):
        west, east = min(west, ring[k, 0]), max(east, ring[k, 0])
        south, north = min(south, ring[k, 1]), max(north, ring[k, 1])
    for a in range(len(g)):
        low[a, 0] = low[a, 1] = np.inf
        ic0, ic1 = threat[0] + need[a, 0], threat[1] + need[a, 1]
        if room.use[a] < least or ic0 > east + TIGHT or ic1 > north + TIGHT:
            continue
        source, tag, count = ring, room.plain, m
        if west < ic0 - TIGHT:
            count = _cut(source, tag, count, (0, ic0), once, once_tag)
            source, tag = once, once_tag
        if south < ic1 - TIGHT and count > 0:
            count = _cut(source, tag, count, (1, ic1), twice, twice_tag)
            source, tag = twice, twice_tag
        x, y = g[a, 0], g[a, 1]
        alone = not full and count > 0 and x >= ic0 - TIGHT and y >= ic1 - TIGHT
        alone = alone and distance(x, y, ring) <= TIGHT
        if alone:
            points[made, 0], points[made, 1] = x, y
            info[made, 0], info[made, 1], info[made, 2] = a, CONSTANT, 0
            made += 1
        for k in range(count):
            w0, w1 = source[k, 0], source[k, 1]
            low[a, 0], low[a, 1] = min(low[a, 0], w0), min(low[a, 1], w1)
            if not alone and (full or abs(w0 - ic0) <= TIGHT or abs(w1 - ic1) <= TIGHT):
                points[made, 0] = (1.0 - d0) * x + d0 * w0
                points[made, 1] = (1.0 - d1) * y + d1 * w1
                info[made, 0], info[made, 1], info[made, 2] = a, tag[k, 0], tag[k, 1]
                made += 1
    return made


def raise_threat(tables: Tables, room: Room, threat: Array, fixed: Array) -> None:
    """Raise both lower bounds on the worst payoffs in place. See `operator.threat_bound`.

    Profiles without a continuation are marked: they never get one, as the sets only shrink.
    """
    g, c, low = tables.g, tables.c, room.low
    for i in range(2):
        bound, exact, d = np.inf, False, tables.discount[i]
        for a in range(len(g)):
            if low[a, i] == np.inf:
                room.use[a] = 0
                continue
            forced = (1.0 - d) * g[a, i] + d * low[a, i]
            least = max(c[a, i], forced)
            if least < bound:
                bound, exact = least, c[a, i] >= forced
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


def _bound(tables: Tables, frame: Frame, a: int, ic: Array, source: Array, tag: Index, reach: Array, out: Prices, row: int) -> int:
    """Price profile a where `reach` says so, with its constraints; the number of rows, or -1."""
    edges, axis, d = frame.edges, frame.axis, tables.discount
    goal, w, paid = np.empty(2), np.empty(2), np.empty(2)
    on, line, count = np.empty(2, dtype=np.intp), frame.bound.copy(), len(source)
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
        if kind == ON_EDGE_0 or kind == ON_EDGE_1:
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


def _price(tables: Tables, frame: Frame, low: Array, ring: Array, out: Prices, room: Room) -> int:
    """Bound the reach of every profile that may be used; return the number of rows, or -1."""
    need, total, m = tables.need, len(frame.edges), len(ring)
    once, once_tag, twice, twice_tag = room.once, room.once_tag, room.twice, room.twice_tag
    today, ic = np.empty((len(need), total)), np.empty(2)
    if not _unbound(tables, frame, out, today):
        return -1
    row = total
    for a in range(len(need)):
        beyond = False
        for t in range(total):
            beyond = beyond or today[a, t] > _SLIGHT
        if room.use[a] == 0 or not beyond:
            continue
        ic[0], ic[1] = low[0] + need[a, 0], low[1] + need[a, 1]
        count = _cut(ring, room.plain, m, (0, ic[0]), once, once_tag)
        count = _cut(once, once_tag, count, (1, ic[1]), twice, twice_tag)
        row = _bound(tables, frame, a, ic, twice[:count], twice_tag, today[a], out, row) if count else -1
        if row < 0:
            return -1
    return row


def reach_beyond(tables: Tables, inner: Array, outer: Array, threat: Array, room: Room) -> float:
    """Return how far a sustainable payoff of `outer` can lie outside `inner`; inf if not shown.

    See `beyond.reach_beyond`. Every profile that `outer` does not rule out is priced at `inner`;
    bounds that are known exactly (a threat that cannot be lower) are not widened.
    """
    frame = _frame(inner)
    edges, bound, total, m = frame.edges, frame.bound, len(frame.edges), len(outer)
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
    rows = _price(tables, frame, low, inner, out, room)
    if rows < 0:
        return np.inf
    widened = _smallest_widening(out, rows, beyond, free)
    if widened[0] < 0.0:
        return np.inf
    for t in range(total):
        widened[t] += bound[t]
    return excess(intersection(edges, widened), inner)


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
    generate,
    raise_threat,
    _frame,
    _pay,
    _search,
    _unbound,
    _bound,
    _price,
    reach_beyond,
    _smallest_widening,
    _widen,
)
"""Everything here that compiled code may call."""
