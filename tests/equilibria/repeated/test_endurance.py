"""What a truce can bear: closed forms against plain payoff streams and known answers."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from negotiation.equilibria.repeated import endurance
from negotiation.equilibria.repeated.endurance import (
    alarm_rate_limit,
    discount_needed_with_delay,
    discount_needed_with_stock,
    largest_delay,
    largest_stock,
    renewal_needed,
    shortest_freeze,
    turnover_limit,
)
from tests.reference import payoff_streams as plain

DATA = Path(__file__).parents[2] / "data"
CASES = 1000
CHINA = 6.1, 1.58, 0.9
"""Gain, surplus and discount factor of China in the managed truce of version 0.1."""
US = 2.112, 25.888


@pytest.fixture(scope="module")
def cases():
    draw = np.random.default_rng(0)
    return {
        "h": draw.uniform(0.05, 10, CASES),
        "d": draw.uniform(0.05, 30, CASES),
        "discount": draw.uniform(0.05, 0.985, CASES),
    }


def agree(answer, difference):
    """Check an answer yes or no against the sign of a difference, but for rounding."""
    clear = np.abs(difference) > 1e-9
    assert clear.mean() > 0.98
    np.testing.assert_array_equal(answer[clear], (difference > 0)[clear])
    assert 0.05 < answer.mean() < 0.95  # a test that is all one answer shows nothing


def test_stocks_hold_just_where_the_streams_say(cases):
    periods = np.random.default_rng(1).integers(0, 12, CASES).astype(float)
    obeyed = plain.with_stock(**cases, periods=periods)
    agree(cases["discount"] >= discount_needed_with_stock(cases["h"], cases["d"], periods), obeyed)
    agree(largest_stock(*cases.values()) >= periods, obeyed)


def test_the_largest_stock_holds_and_one_more_does_not(cases):
    most = largest_stock(*cases.values())
    assert (most >= -1).all()
    assert (most == np.round(most)).all()
    some = most >= 0
    assert (plain.with_stock(**cases, periods=most)[some] > -1e-9).all()
    assert (plain.with_stock(**cases, periods=most + 1) < 1e-9).all()


def test_delays_hold_just_where_the_streams_say(cases):
    periods = np.random.default_rng(2).integers(0, 40, CASES).astype(float)
    obeyed = plain.with_delay(**cases, periods=periods)
    agree(cases["discount"] >= discount_needed_with_delay(cases["h"], cases["d"], periods), obeyed)
    agree(largest_delay(*cases.values()) >= periods, obeyed)


def test_renewal_that_is_needed_is_enough_and_less_is_not(cases):
    draw = np.random.default_rng(3)
    term, belief = draw.integers(1, 13, CASES), draw.uniform(0, 1, CASES)
    last = plain.with_expiry(**cases, term=term, renewal=belief, period=term - 1)
    agree(belief >= renewal_needed(*cases.values(), term), last)


def test_the_last_period_of_a_term_is_the_most_tempting(cases):
    draw = np.random.default_rng(4)
    term, belief = draw.integers(1, 13, CASES), draw.uniform(0, 1, CASES)
    last = plain.with_expiry(**cases, term=term, renewal=belief, period=term - 1)
    for back in range(2, 6):
        earlier = plain.with_expiry(
            **cases, term=term, renewal=belief, period=np.maximum(term - back, 0)
        )
        assert (earlier >= last - 1e-9).all()


def test_turnover_holds_just_where_the_streams_say(cases):
    chance = np.random.default_rng(5).uniform(0, 1, CASES)
    agree(chance <= turnover_limit(*cases.values()), plain.with_turnover(**cases, chance=chance))


def test_freezes_deter_just_where_the_streams_say(cases):
    draw = np.random.default_rng(6)
    freeze = draw.integers(1, 30, CASES)
    rates = {"false": draw.uniform(0, 0.3, CASES), "detection": draw.uniform(0.2, 1, CASES)}
    obeyed = plain.with_alarms(**cases, freeze=freeze, **rates)
    agree(freeze >= shortest_freeze(*cases.values(), *rates.values()), obeyed)


def test_above_the_limit_of_false_alarms_no_freeze_deters(cases):
    draw = np.random.default_rng(7)
    false, detection = draw.uniform(0, 0.5, CASES), draw.uniform(0.2, 1, CASES)
    for_ever = np.full(CASES, plain.PERIODS)
    obeyed = plain.with_alarms(**cases, freeze=for_ever, false=false, detection=detection)
    agree(false < alarm_rate_limit(*cases.values(), detection), obeyed)
    long = np.isfinite(shortest_freeze(*cases.values(), false, detection))
    agree(long, obeyed)


KNOWN = [
    e for e in yaml.safe_load((DATA / "published_deals.yaml").read_text("utf-8"))
    if hasattr(endurance, e["solves"])
]  # fmt: skip


@pytest.mark.parametrize("entry", KNOWN, ids=lambda e: e["id"])
def test_known_answers(entry):
    found = getattr(endurance, entry["solves"])(*entry["arguments"])
    assert found == pytest.approx(entry["expected"], abs=entry["tolerance"] or 1e-15)


def test_a_us_stock_of_eleven_quarters_breaks_the_managed_truce():
    assert largest_stock(*US, 0.8) == 10


def test_no_freeze_deters_above_the_limit():
    assert shortest_freeze(*CHINA, 0.1174) < np.inf
    assert shortest_freeze(*CHINA, 0.1175) == np.inf


def test_who_gains_nothing_bears_everything():
    assert largest_stock(0.0, 5.0, 0.5) == np.inf
    assert largest_delay(-1.0, 5.0, 0.5) == np.inf
    assert renewal_needed(0.0, 5.0, 0.5, 3) == 0
    assert turnover_limit(0.0, 5.0, 0.5) == 1
    assert shortest_freeze(0.0, 5.0, 0.5, 0.1) == 0
    assert discount_needed_with_stock(0.0, 5.0, 4) == 0


def test_where_nothing_is_lost_nothing_is_borne():
    for discount in (0.0, 0.9):
        assert largest_stock(1.0, 0.0, discount) == -1
        assert largest_delay(1.0, 0.0, discount) == -1
        assert renewal_needed(1.0, 0.0, discount, 3) == np.inf
        assert turnover_limit(1.0, 0.0, discount) == -np.inf
        assert alarm_rate_limit(1.0, 0.0, discount) == -np.inf
        assert shortest_freeze(1.0, 0.0, discount, 0.0) == np.inf
    assert discount_needed_with_delay(1.0, 0.0, 2) == 1


def test_equality_counts_as_held():
    # h = d = 1 at δ = 1/2: δ^(D + 1) = 1/2 at D = 0 exactly
    assert largest_stock(1.0, 1.0, 0.5) == 0
    assert renewal_needed(1.0, 1.0, 0.5, 1) == 1
    assert turnover_limit(1.0, 1.0, 0.5) == 0
    # (h, d, δ) = (1, 3, .5): a freeze of T periods weighs 1 - 2^-T; T = ∞ needs 1/3, T = 1 has 1/2
    assert shortest_freeze(1.5, 3.0, 0.5, 0.0) == 1
