"""The least patience that is enough, where what is needed depends on patience itself.

Players with patience x can believe other punishments than less patient ones, so a deal needs more
or less patience: ``need(x)`` is what it needs with the punishments that patience x makes credible.
Enough is an x with ``need(x) <= x``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .errors import NearCriticalError

__all__ = ["SHARP", "TIES", "first", "smallest"]

TIES = 1e-12
"""Differences up to this, of patience or of payoffs in [0, 1], are rounding."""

SHARP = 1e-11
"""How closely a change is closed in on unless less is asked for."""
_NEAR = 1e-7
_LADDER = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def smallest(need: Callable[[float], float], low: float, high: float) -> float | None:
    """Return the smallest x in [low, high] with ``need(x) <= x``, for a non-increasing `need`.

    Where ``need(x) > x`` the answer is above x; otherwise need(x) is the next to try. Where `need`
    is locally constant that ends the search at once. Only the sign of ``need(x) - x`` is relied on:
    a value that is enough may be larger than the true one.
    """
    if low > high:
        return None
    first = need(low)
    if first <= low + TIES:
        return low
    top = min(first, high)
    last = need(top)
    if last > top + TIES:
        if top >= high or need(high) > high:
            return None
        top, last = high, need(high)
    return _close_in(need, low, top, last)


def first(
    need: Callable[[float], float], low: float, high: float, rung: float, sharp: float = SHARP
) -> float | None:
    """Return the first x in [low, high] with ``need(x) <= x``, for a `need` of any shape.

    Looks on a ladder of points, `rung` among them, then closes in on the first change to within
    `sharp`. A crossing and a re-crossing between two rungs are missed.
    """
    if low > high:
        return None
    below = None
    for x in (low, *sorted({x for x in (*_LADDER, rung) if low < x < high}), high):
        value = need(x)
        if value <= x + TIES:
            return x if below is None else _close_in(need, below, x, value, sharp)
        below = x
    return None


def _close_in(
    need: Callable[[float], float], low: float, top: float, value: float, sharp: float = SHARP
) -> float:
    """Return the change between `low`, where ``need(x) > x``, and `top`, where not.

    A set that vanishes all at once cannot be told apart from one that is about to; there the
    search stops within 1e-7 of the change, or says that it cannot.
    """
    try:
        for _ in range(3):
            guess = max(value, low + sharp)
            if guess >= top:
                break
            value = need(guess)
            if value > guess + TIES:
                low = guess
                break
            top = guess
        below = max(top - sharp, low)
        if below > low and need(below) > below + TIES:
            return top
        while top - low > sharp:
            middle = _between(low, top)
            if need(middle) <= middle + TIES:
                top = middle
            else:
                low = middle
    except NearCriticalError:
        if top - low > _NEAR:
            raise
    return top


def _between(low: float, top: float) -> float:
    """Return a number well inside ``(low, top)`` with a short binary fraction.

    Searches for one change from different ends then meet at the same points, whose bounds are
    already known.
    """
    step = 0.5 ** math.ceil(1 - math.log2(top - low))
    return round((low + top) / (2 * step)) * step
