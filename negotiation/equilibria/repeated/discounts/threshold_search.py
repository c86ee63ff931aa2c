"""Threshold searches: the least x with ``need(x) <= x``, where the need depends on x.

Players with patience x can believe other punishments than less patient ones, so a deal needs more
or less patience: ``need(x)`` is what it needs with the punishments that patience x makes credible.
Enough is an x with ``need(x) <= x``.

A search is a generator that yields the x whose need it must know and is sent ``need(x)``, so that
thousands of searches can have their questions answered together. An answer nobody can give is
thrown into it as a `NearCriticalError`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator

from negotiation.errors import NearCriticalError

__all__ = ["SHARP", "TIES", "Search", "answer", "first", "smallest"]

Search = Generator[float, float, float | None]

TIES = 1e-12
"""Differences up to this, of patience or of payoffs in [0, 1], are rounding."""

SHARP = 1e-11
"""How closely a change is closed in on unless less is asked for."""

_NEAR = 1e-3
_LADDER = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def answer(search: Search, need: Callable[[float], float]) -> float | None:
    """Return the result of one search, run to its end by asking `need`."""
    try:
        x = next(search)
        while True:
            try:
                value = need(x)
            except NearCriticalError as error:
                x = search.throw(error)
            else:
                x = search.send(value)
    except StopIteration as end:
        threshold: float | None = end.value
        return threshold


def smallest(low: float, high: float) -> Search:
    """Return the smallest x in [low, high] with ``need(x) <= x``, for a non-increasing `need`.

    Which side of x the need lies on is believed; its value only says where to look next, since
    whoever answers may stop as soon as the side is known.
    """
    if low > high:
        return None
    value = yield low
    if value <= low + TIES:
        return low
    top = min(value, high)
    value = yield top
    if value > top + TIES:
        if top >= high:
            return None
        low, top = top, high
        value = yield high
        if value > high + TIES:
            return None
    return (yield from _close_in(low, top, value))


def first(low: float, high: float, rung: float, sharp: float = SHARP) -> Search:
    """Return the first x in [low, high] with ``need(x) <= x``, for a `need` of any shape.

    Looks on a ladder of points, `rung` among them, then closes in on the first change to within
    `sharp`. A crossing and a re-crossing between two rungs are missed.
    """
    if low > high:
        return None
    below = None
    for x in (low, *sorted({x for x in (*_LADDER, rung) if low < x < high}), high):
        value = yield x
        if value <= x + TIES:
            return x if below is None else (yield from _close_in(below, x, value, sharp))
        below = x
    return None


def _close_in(low: float, top: float, value: float, sharp: float = SHARP) -> Search:
    """Return the change between `low`, where ``need(x) > x``, and `top`, where not.

    A set that vanishes all at once cannot be told apart from one that is about to. Close to such a
    change what cannot be told counts as not enough, so the answer is still enough for sure.
    """
    for _ in range(3):
        guess = max(value, low + sharp)
        if guess >= top:
            break
        value = yield from _told(guess, top - low)
        if value > guess + TIES:
            low = guess
            break
        top = guess
    below = max(top - sharp, low)
    if below > low and (yield from _told(below, top - low)) > below + TIES:
        return top
    while top - low > sharp:
        middle = _between(low, top)
        if (yield from _told(middle, top - low)) <= middle + TIES:
            top = middle
        else:
            low = middle
    return top


def _told(x: float, width: float) -> Generator[float, float, float]:
    """Return need(x); infinite if nobody can tell and the search is within a narrow bracket."""
    try:
        return (yield x)
    except NearCriticalError:
        if width > _NEAR:
            raise
        return math.inf


def _between(low: float, top: float) -> float:
    """Return a number well inside ``(low, top)`` with a short binary fraction.

    Searches for one change from different ends then meet at the same points, whose bounds are
    already known.
    """
    step = 0.5 ** math.ceil(1 - math.log2(top - low))
    return round((low + top) / (2 * step)) * step
