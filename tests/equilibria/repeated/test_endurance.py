"""What a truce can bear: closed forms against plain payoff streams and known answers."""

import numpy as np
import plain_streams as plain
import pytest

from negotiation.equilibria.repeated.endurance import (
    alarm_rate_limit,
    discount_needed_with_delay,
    discount_needed_with_stock,
    largest_delay,
    largest_stock,
    renewal_needed,
    reopening_limit,
    shortest_freeze,
    turnover_limit,
)

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


@pytest.mark.parametrize(
    ("stock", "least"), [(0, 0.07542857142857143), (4, 0.596), (8, 0.7503808889961219), (10, 0.791)]
)
def test_stocks_of_the_us_ask_for_known_patience(stock, least):
    digits = 1e-12 if len(str(least)) > 6 else 5e-4
    assert discount_needed_with_stock(*US, stock) == pytest.approx(least, abs=digits)


def test_a_us_stock_of_eleven_quarters_breaks_the_managed_truce():
    assert largest_stock(*US, 0.8) == 10


def test_delays_ask_for_known_patience():
    need = discount_needed_with_delay(1, 2, [0, 1, 2, 3])
    assert need == pytest.approx([1 / 3, 0.5, 0.58975, 0.64780], abs=5e-6)
    assert need[:2] == pytest.approx([1 / 3, 0.5], abs=1e-9)


def test_known_renewal_beliefs():
    assert renewal_needed(1, 2, 0.9, 1) == pytest.approx(0.37037037037037035, abs=1e-9)
    assert renewal_needed(1, 2, 0.9, 4) == pytest.approx(0.14606429750376113, abs=1e-9)
    assert renewal_needed(*CHINA, 4) == pytest.approx(0.686, abs=5e-4)


def test_known_turnover_and_false_alarm_limits():
    assert turnover_limit(*CHINA) == pytest.approx(0.11747685185185186, abs=1e-9)
    assert alarm_rate_limit(*CHINA, 1) == pytest.approx(0.11747685185185186, abs=1e-9)
    assert shortest_freeze(*CHINA, [0, 0.05, 0.1, 0.11, 0.118]).tolist() == [6, 8, 18, 25, np.inf]


def test_a_gift_game_that_is_reopened_needs_more_patience():
    # effort 2δ(1 - rho) is the most that δ = .3 sustains: effort .6 never reopened, .48 at rho = .2
    for effort, chance in ((0.6, 0.0), (0.48, 0.2)):
        assert reopening_limit(effort / 2, 0.3) == pytest.approx(chance, abs=1e-9)


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
