"""Endurance of a sustained outcome: the stocks, delay, expiry and turnover that it can bear.

Two numbers describe each player's temptation, both per period and in the same unit: the deviation
gain h of the best one-shot deviation, and the surplus d of the outcome over the payoff that follows
a breach in every later period. Alone they give the critical discount factor h/(h + d). A function
here moves one assumption: when the punishment bites, how long the outcome runs, who governs, and
how well a breach is seen. All take numbers or arrays that broadcast together. In all of them an end
that is nobody's breach (no renewal, a new government) is followed by the same payoff as a breach.

References
----------
D. Abreu (1988), On the theory of infinitely repeated games with discounting, Econometrica 56.
E. Green and R. Porter (1984), Noncooperative collusion under imperfect price information,
Econometrica 52. S. Goldlücke and S. Kranz (2023), Reconciling relational contracting and hold-up: a
model of repeated negotiations, Journal of the European Economic Association 21.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "alarm_rate_limit",
    "discount_needed_with_delay",
    "discount_needed_with_stock",
    "largest_delay",
    "largest_stock",
    "renewal_needed",
    "reopening_limit",
    "shortest_freeze",
    "turnover_limit",
]

Array = npt.NDArray[np.float64]
Numbers = npt.ArrayLike

_STEPS = 200
_EQUAL = 1e-12
"""Shares of a payoff within which a constraint counts as met with equality, as in `solve`."""


def discount_needed_with_stock(gain: Numbers, surplus: Numbers, periods: Numbers) -> Array:
    """Return the critical discount factor when the punishment bites only after some periods.

    A stock of the other side's good lasts so long, and so does the gain of having broken the deal:
    the player collects h in D + 1 periods before it loses d in all others.

    Parameters
    ----------
    gain, surplus
        h and d, payoffs a period.
    periods
        D, at least 0.

    Returns
    -------
    Array
        ``(h/(h + d))^(1/(D + 1))``; 0 for a player who gains nothing, 1 where nothing is lost.

    Examples
    --------
    >>> discount_needed_with_stock(2.112, 25.888, [0, 8]).round(6).tolist()
    [0.075429, 0.750381]
    """
    share = _critical(gain, surplus)
    return np.asarray(share ** (1.0 / (np.asarray(periods, dtype=np.float64) + 1.0)))


def largest_stock(gain: Numbers, surplus: Numbers, discount: Numbers) -> Array:
    """Return how many periods of stock leave the outcome self-enforcing for a player.

    Returns
    -------
    Array
        Whole periods; inf where no stock breaks it, -1 where it does not hold even without one.

    Examples
    --------
    >>> largest_stock(2.112, 25.888, 0.8).tolist()
    10.0
    """
    share, factor = np.broadcast_arrays(_critical(gain, surplus), np.asarray(discount, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        periods = np.floor(np.log(share) / np.log(factor) - 1.0)
    periods = np.where(np.isfinite(periods), np.clip(periods, -1.0, None), -1.0)
    # the logarithms may be a hair to either side where a constraint holds with equality
    for _ in range(2):
        more = share <= factor ** (periods + 2.0) * (1 + _EQUAL)
        periods = np.where(more, periods + 1.0, periods)
    fewer = (periods >= 0) & (share > factor ** (periods + 1.0) * (1 + _EQUAL))
    periods = np.where(fewer, periods - 1.0, periods)
    return np.where(share <= 0, np.inf, periods)


def discount_needed_with_delay(gain: Numbers, surplus: Numbers, periods: Numbers) -> Array:
    """Return the critical discount factor when the gain is one-off and only the loss is delayed.

    Parameters
    ----------
    gain, surplus
        h and d, payoffs a period.
    periods
        D, at least 0, for which the loss is delayed beyond the next period.

    Returns
    -------
    Array
        The δ at which ``(1 - δ) h = δ^(D + 1) d``; 0 for a player who gains nothing, 1 where
        nothing is lost.

    Examples
    --------
    >>> discount_needed_with_delay(1, 2, [0, 1, 2, 3]).round(5).tolist()
    [0.33333, 0.5, 0.58975, 0.6478]
    """
    h, d, late = np.broadcast_arrays(*(np.asarray(x, float) for x in (gain, surplus, periods)))
    low, high = np.zeros(h.shape), np.ones(h.shape)
    for _ in range(_STEPS):  # bisection: the left side falls in δ, the right side rises
        middle = 0.5 * (low + high)
        short = (1 - middle) * h > middle ** (late + 1) * d
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.where(h <= 0, 0.0, np.where(d <= 0, 1.0, high))


def largest_delay(gain: Numbers, surplus: Numbers, discount: Numbers) -> Array:
    """Return how many periods the loss alone may be delayed; conventions as in `largest_stock`.

    Examples
    --------
    >>> largest_delay(1, 2, 0.6).tolist()
    2.0
    """
    h, d, factor = np.broadcast_arrays(*(np.asarray(x, float) for x in (gain, surplus, discount)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (1 - factor) * h / d
        periods = np.floor(np.log(ratio) / np.log(factor) - 1.0 + _EQUAL)
    periods = np.where(np.isfinite(periods) & (d > 0), np.clip(periods, -1.0, None), -1.0)
    return np.where(h <= 0, np.inf, periods)


def renewal_needed(gain: Numbers, surplus: Numbers, discount: Numbers, periods: Numbers) -> Array:
    """Return the smallest believed chance of renewal at which an expiring outcome is kept to.

    It runs for T periods, is renewed for as long with probability rho, and ends otherwise. The last
    period of a term is the most tempting.

    Parameters
    ----------
    gain, surplus, discount
        h, d and δ.
    periods
        T, at least 1.

    Returns
    -------
    Array
        ``rho* = h(1-δ) / (δd(1-δ^T) + h(1-δ)δ^T)``; 0 for a player who gains nothing, inf where
        even certain renewal is not enough.

    Examples
    --------
    >>> round(float(renewal_needed(6.1, 1.58, 0.9, 4)), 3)
    0.686
    """
    h, d, delta, term = (
        np.asarray(x, dtype=np.float64) for x in (gain, surplus, discount, periods)
    )
    once, left = h * (1 - delta), delta**term
    with np.errstate(divide="ignore", invalid="ignore"):
        need = once / (delta * d * (1 - left) + once * left)
    enough = (need >= 0) & (need <= 1 + _EQUAL) & (d > 0)
    return np.where(h <= 0, 0.0, np.where(enough, np.minimum(need, 1.0), np.inf))


def turnover_limit(gain: Numbers, surplus: Numbers, discount: Numbers) -> Array:
    """Return the largest chance a period of a government that ends the outcome.

    Returns
    -------
    Array
        ``λ* = 1 - h/(δ(h + d))``; 1 for a player who gains nothing, negative where the outcome does
        not hold even without turnover (by how much δ falls short, as a share of what it needs to
        be), -inf where no δ would do.

    Examples
    --------
    >>> round(float(turnover_limit(6.1, 1.58, 0.9)), 4)
    0.1175
    """
    share, delta = _critical(gain, surplus), np.asarray(discount, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = 1.0 - share / delta
    nothing = (np.asarray(surplus, float) <= 0) & (share > 0)
    return np.where(share <= 0, 1.0, np.where(nothing, -np.inf, limit))


def alarm_rate_limit(
    gain: Numbers, surplus: Numbers, discount: Numbers, detection: Numbers = 1.0
) -> Array:
    """Return the rate of false alarms above which no freeze, however long, deters a breach.

    Parameters
    ----------
    gain, surplus, discount
        h, d and δ.
    detection
        β: the chance that a breach sets off the alarm in its own period.

    Returns
    -------
    Array
        ``alpha* = (βδd - (1-δ)h) / (δ(h + d))``, a chance a period; 1 for a player who gains
        nothing, negative where even no false alarm at all leaves it undeterred.

    Examples
    --------
    >>> round(float(alarm_rate_limit(6.1, 1.58, 0.9)), 4)
    0.1175
    """
    h, d, delta, seen = (
        np.asarray(x, dtype=np.float64) for x in (gain, surplus, discount, detection)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = (seen * delta * d - (1 - delta) * h) / (delta * (h + d))
    return np.where(h <= 0, 1.0, np.where((d > 0) & (delta > 0), limit, -np.inf))


def shortest_freeze(
    gain: Numbers, surplus: Numbers, discount: Numbers, false_alarm: Numbers, detection: Numbers = 1
) -> Array:
    """Return how long a freeze must follow an alarm to deter a breach.

    During the freeze each period pays what follows a breach, then the outcome is taken up again.
    An alarm goes off in a period with probability β if there was a breach in it, else alpha.

    Parameters
    ----------
    gain, surplus, discount
        h, d and δ.
    false_alarm, detection
        alpha and β, chances a period.

    Returns
    -------
    Array
        The smallest whole T with ``h <= (β - alpha)δ(1-δ^T)d / (1-δ+δ alpha (1-δ^T))``; 0 for a
        player who gains nothing, inf where none is long enough.

    Examples
    --------
    >>> shortest_freeze(6.1, 1.58, 0.9, [0, 0.05, 0.1, 0.11, 0.12]).tolist()
    [6.0, 8.0, 18.0, 25.0, inf]
    """
    h, d, delta, alarm, seen = np.broadcast_arrays(
        *(
            np.asarray(x, dtype=np.float64)
            for x in (gain, surplus, discount, false_alarm, detection)
        )
    )
    deterrence = delta * ((seen - alarm) * d - h * alarm)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = h * (1 - delta) / deterrence  # of a freeze for ever
        periods = np.ceil(np.log1p(-share) / np.log(delta) - _EQUAL)
    works = (deterrence > 0) & (share < 1) & np.isfinite(periods)
    # a bare unit to either side of a whole number is the logarithm's rounding
    fewer = works & (periods > 1) & (share <= (1 - delta ** (periods - 1)) * (1 + _EQUAL))
    periods = np.where(fewer, periods - 1, np.maximum(periods, 1))
    return np.where(h <= 0, 0.0, np.where(works, periods, np.inf))


def reopening_limit(critical: Numbers, discount: Numbers) -> Array:
    """Return the largest chance a period that the deal is reopened, when the sides can pay.

    A repeated negotiation equilibrium with renegotiation probability rho is a subgame-perfect
    equilibrium with payments at the discount factor δ(1 - rho).

    Parameters
    ----------
    critical
        Critical discount factor with payments, common to both.
    discount
        δ, common to both.

    Returns
    -------
    Array
        ``1 - critical/δ``; negative where the deal does not hold even if it is never reopened.

    Examples
    --------
    >>> float(reopening_limit(0.45, 0.9))
    0.5
    """
    need, delta = np.asarray(critical, float), np.asarray(discount, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(need <= 0, 1.0, np.asarray(1.0 - need / delta))


def _critical(gain: Numbers, surplus: Numbers) -> Array:
    """Return ``h/(h + d)``: 0 for a player who gains nothing, 1 where nothing is lost."""
    h, d = np.broadcast_arrays(np.asarray(gain, float), np.asarray(surplus, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = h / (h + d)
    return np.where(h <= 0, 0.0, np.where(d <= 0, 1.0, share))
