"""Sliders: those that matter most first, with marks where the answer changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from negotiation.analysis.ranges import space
from negotiation.analysis.samples import tornado
from negotiation.explore.shelf import opened
from negotiation.explore.sliders import FIRST, first_names, sliders, turns
from negotiation.explore.standing import stand
from tests.reference.library import BARGAINS


def test_the_first_sliders_move_the_margin_most() -> None:
    model = opened("chips-for-rare-earths", None)
    swings = tornado(space(model, {}))
    widest = sorted(swings, key=lambda s: -abs(s.at_high - s.at_low))[:FIRST]
    assert list(first_names(model)) == [s.parameter for s in widest]


@pytest.mark.parametrize("slug", BARGAINS)
def test_every_number_with_a_range_is_a_slider(slug: str) -> None:
    model = opened(slug, None)
    values = {name: float(x) for name, x in model.values().items()}
    made = sliders(model, values, {})
    ranged = {p.name for p in model.parameters if p.range[1] > p.range[0]}
    assert {s.parameter.name for s in made} == ranged
    for s in made:
        assert s.origin
        assert 0 < s.grain <= (s.high - s.low) / 100
        assert not s.given
        assert (s.low <= s.value <= s.high) != s.outside


def test_a_number_that_was_set_says_so() -> None:
    model = opened("chicken", None)
    found = stand(model, {"prize": 99})
    made = {s.parameter.name: s for s in sliders(model, found.values, {"prize": 99})}
    assert (made["prize"].given, made["prize"].outside) == (True, True)
    assert not made["cost"].given


@pytest.mark.parametrize("name", ["patience_row", "cost"])
def test_the_answer_changes_at_each_mark_and_nowhere_else(name: str) -> None:
    model = opened("chicken", None)
    p = next(p for p in model.parameters if p.name == name)
    low, high = p.range

    def answer(x: float) -> tuple[str, tuple[bool, ...]]:
        found = stand(model, {name: x})
        return found.regime, tuple(r.sustained for r in found.rows)

    found = turns(model, name, {})
    assert found
    edges = [low, *(t.at for t in found), high]
    for left, right in pairwise(edges):
        inside = np.linspace(left, right, 7)[1:-1]
        assert len({answer(x) for x in inside}) == 1
    for turn in found:
        step = 1e-6 * (high - low)
        assert answer(turn.at - step) != answer(turn.at + step)
        assert turn.share == pytest.approx((turn.at - low) / (high - low))
        assert turn.said


def test_marks_move_with_the_other_sliders() -> None:
    model = opened("chicken", None)
    assert [t.at for t in turns(model, "cost", {})] != [
        t.at for t in turns(model, "cost", {"prize": 3.4})
    ]


def test_a_signal_starts_with_chances_and_costs() -> None:
    first = first_names(opened("deepseek-signal", None))
    assert set(first) == {"p_ahead", "k_behind", "k_ahead", "s_behind"}
