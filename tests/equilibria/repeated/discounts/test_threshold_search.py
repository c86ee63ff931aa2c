"""The least patience that is enough: needs that are constant, that jump, and that come back."""

from __future__ import annotations

import pytest

from negotiation.equilibria.repeated.discounts.threshold_search import answer, first, smallest
from negotiation.errors import NearCriticalError


def counted(need):
    calls = []

    def asked(x):
        calls.append(x)
        return need(x)

    return asked, calls


@pytest.mark.parametrize("level", [0.0, 1 / 7, 0.25, 0.9])
def test_a_need_that_is_constant_is_the_answer_after_few_questions(level):
    asked, calls = counted(lambda _: level)
    assert answer(smallest(0.0, 1.0), asked) == level
    assert len(calls) <= 4


@pytest.mark.parametrize("jump", [0.2, 1 / 3, 0.777])
def test_a_need_that_falls_all_at_once_is_found_at_the_fall(jump):
    def need(x):
        return 0.1 if x >= jump else 0.95

    assert answer(smallest(0.0, 1.0), need) == pytest.approx(jump, abs=2e-11)
    assert answer(first(0.0, 1.0, 0.5), need) == pytest.approx(jump, abs=2e-11)


def test_a_need_that_falls_smoothly_is_met_where_it_crosses():
    # 0.9 - 0.5 x = x at 0.6
    assert answer(smallest(0.0, 1.0), lambda x: 0.9 - 0.5 * x) == pytest.approx(0.6, abs=2e-11)


def test_what_is_enough_at_once_is_the_lowest():
    assert answer(smallest(0.3, 1.0), lambda _: 0.1) == 0.3
    assert answer(first(0.3, 1.0, 0.5), lambda _: 0.1) == 0.3


@pytest.mark.parametrize("need", [lambda _: float("inf"), lambda x: x + 0.01])
def test_never_enough_is_none(need):
    assert answer(smallest(0.0, 1.0), need) is None
    assert answer(first(0.0, 1.0, 0.5), need) is None


def test_a_lowest_value_above_the_highest_is_none():
    assert answer(smallest(0.9, 0.5), lambda _: 0.0) is None
    assert answer(first(0.9, 0.5, 0.7), lambda _: 0.0) is None


def test_a_need_that_comes_back_is_met_where_it_is_first_met():
    # enough on [0.45, 0.65], and again from 0.9 on
    def need(x):
        return 0.0 if 0.45 <= x <= 0.65 or x >= 0.9 else 1.0

    assert answer(first(0.0, 1.0, 0.5), need) == pytest.approx(0.45, abs=2e-11)


def test_a_window_between_two_rungs_is_found_if_the_given_point_is_inside():
    def need(x):
        return 0.0 if 0.26 <= x <= 0.3 else 1.0

    assert answer(first(0.0, 0.5, 0.28), need) == pytest.approx(0.26, abs=2e-11)
    assert answer(first(0.0, 0.5, 0.39), need) is None


def refusing(below, above):
    """A need of 0.1 from `above` on and 0.95 up to `below`; in between nobody can tell."""

    def need(x):
        if below < x < above:
            raise NearCriticalError("too near", residual=0.0)
        return 0.1 if x >= above else 0.95

    return need


def test_where_nobody_can_tell_the_answer_is_still_enough():
    need = refusing(0.6 - 1e-5, 0.6 + 1e-9)
    found = answer(smallest(0.0, 1.0), need)
    assert found == pytest.approx(0.6, abs=2e-9)
    assert need(found) <= found


def test_where_nobody_can_tell_over_a_wide_stretch_that_is_said():
    with pytest.raises(NearCriticalError):
        answer(smallest(0.0, 1.0), refusing(0.55, 0.65))


def test_values_on_the_right_side_are_enough_even_if_they_are_rough():
    """Whoever answers may stop once the side is known, so a value may overstate the need."""

    def need(x):  # truly 0.9 - 0.5 x, which meets x at 0.6
        exact = 0.9 - 0.5 * x
        return 0.5 * (exact + x)

    assert answer(smallest(0.0, 1.0), need) == pytest.approx(0.6, abs=2e-11)
    assert answer(first(0.0, 1.0, 0.5), need) == pytest.approx(0.6, abs=2e-11)
