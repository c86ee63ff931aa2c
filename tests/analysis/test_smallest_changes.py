"""Smallest changes, on a dilemma whose thresholds are known."""

from __future__ import annotations

import pytest

from negotiation.analysis.ranges import space
from negotiation.analysis.smallest_changes import change_together, changes_alone
from negotiation.payoff_file import loads
from negotiation.solution.solution import solve

# With T for the temptation and d for patience, cooperation holds while (T-9)(1-d) <= 6 d / ... :
# 9 >= (1-d) T + 3 d, that is d >= (T-9)/(T-3).
FILE = """
title: A dilemma
parameters:
  T: {value: 12, range: [10, 40], unit: points, meaning: temptation, grade: assumed}
  d: {value: 0.6, range: [0.1, 0.9], unit: share, meaning: patience, grade: assumed}
players: {Row: {actions: [C, D], discount: d}, Column: {actions: [C, D], discount: 0.9}}
payoffs: {Row: [[9, 1], [T, 3]], Column: [[9, 10], [1, 3]]}
outcomes: {cooperation: {profiles: [[C, C]], truce: true}}
"""


@pytest.fixture(scope="module")
def varied():
    return space(loads(FILE))


def test_each_number_alone_has_its_threshold(varied):
    found = {c.parameter: c for c in changes_alone(varied)}
    assert found["d"].at == pytest.approx((12 - 9) / (12 - 3), abs=1e-7)
    assert found["T"].at == pytest.approx((9 - 3 * 0.6) / (1 - 0.6), abs=1e-6)
    assert found["d"].share == pytest.approx((0.6 - 1 / 3) / 0.8, abs=1e-7)


def test_the_regime_is_another_just_beyond_and_the_same_just_before(varied):
    for c in changes_alone(varied):
        step = 1e-6 * (c.at - c.now)
        assert solve(varied.model, **{c.parameter: c.at + step}).regime in c.kind.replace(
            "no truce", "partial cooperation rupture"
        )
        assert solve(varied.model, **{c.parameter: c.at - step}).regime == "armed truce"


def test_both_together_need_less_than_either_alone(varied):
    together = change_together(varied)
    alone = min(c.share for c in changes_alone(varied))
    assert together.share < alone
    # both move by the same share: T = 12 + 30 t and d = 0.6 - 0.8 t meet the threshold
    t = together.share
    worth = (0.4 + 0.8 * t) * (12 + 30 * t) + 3 * (0.6 - 0.8 * t)
    assert worth == pytest.approx(9, abs=1e-4)
    assert together.values["T"] == pytest.approx(12 + 30 * t)
    assert solve(varied.model, **together.values).regime in (
        "partial cooperation",
        "no cooperation",
    )


def test_a_broken_truce_can_be_mended_together():
    varied = space(loads(FILE.replace("value: 0.6", "value: 0.2")))
    together = change_together(varied)
    assert solve(varied.model, **together.values).regime == "armed truce"


def test_what_never_flips_is_left_out():
    varied = space(
        loads(FILE.replace("[10, 40]", "[10, 12.5]").replace("[0.1, 0.9]", "[0.55, 0.9]"))
    )
    assert changes_alone(varied) == ()
    assert change_together(varied) is None
