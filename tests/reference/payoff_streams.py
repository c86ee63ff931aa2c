"""Payoff streams written out period by period, to check the closed forms of what a truce can bear.

Payoffs count from what follows a breach: 0 a period after one, d while the outcome lasts, d + h in
the period of a breach. A value is the plain discounted sum of expected payoffs, cut off where what
remains cannot matter. All functions take arrays, one entry a case, and return what obeying is worth
above the best breach.
"""

import numpy as np

PERIODS = 2000
"""At a discount factor of 0.985 what comes later weighs 1e-13."""


def total(discount, payoffs):
    """Sum a stream, given as a function of the period."""
    value, weight = np.zeros_like(discount), np.ones_like(discount)
    for t in range(PERIODS):
        value = value + weight * payoffs(t)
        weight = weight * discount
    return value


def with_stock(h, d, discount, periods):
    obey = total(discount, lambda _: d)
    breach = total(discount, lambda t: np.where(t <= periods, d + h, 0.0))
    return obey - breach


def with_delay(h, d, discount, periods):
    obey = total(discount, lambda _: d)

    def after(t):
        return d + h if t == 0 else np.where(t <= periods, d, 0.0)

    return obey - total(discount, after)


def with_expiry(h, d, discount, term, renewal, period):
    """Compare in one period of a term, the first being 0: the chance that it lasts is followed."""

    def obey(t):
        ends_seen = (t + period) // term
        return renewal**ends_seen * d

    return total(discount, obey) - (d + h)


def with_turnover(h, d, discount, chance):
    return total(discount, lambda t: (1 - chance) ** t * d) - (d + h)


def with_alarms(h, d, discount, freeze, false, detection):
    """Follow the chances of being in the truce, and in each period that is left of a freeze."""
    return _alarmed(d, d, discount, freeze, false, false) - _alarmed(
        d + h, d, discount, freeze, detection, false
    )


def _alarmed(first, d, discount, freeze, first_alarm, false):
    cases, every, size = len(d), np.arange(len(d)), int(freeze.max()) + 2
    truce, back = np.ones(cases), np.zeros((size, cases))  # back[t % size]: returns in period t
    worth, weight = np.zeros(cases), np.ones(cases)
    for t in range(PERIODS):
        truce = truce + back[t % size]
        back[t % size] = 0.0
        worth = worth + weight * truce * (first if t == 0 else d)
        alarm = truce * (first_alarm if t == 0 else false)
        truce = truce - alarm
        back[(t + 1 + freeze) % size, every] += alarm
        weight = weight * discount
    return worth
