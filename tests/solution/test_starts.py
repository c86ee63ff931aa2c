"""What can be played from each start of a model whose state moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.solution.dynamic import solve_dynamic
from negotiation.solution.starts import standings

RACE = load(Path(__file__).parents[1] / "data" / "race.yaml")


def test_starts_that_are_solved_together_get_the_answer_of_each_alone():
    points = {
        "s": np.array([0.4, 0.6, 0.8, 0.5]),
        "r": np.array([0.0, 0.2, 0.6, 0.2]),
        "patience": np.array([0.6, 0.6, 0.6, 0.9]),
    }
    found = standings(RACE, points, {}, ("trade", "rupture"))
    for k, here in enumerate(found):
        alone = solve_dynamic(RACE, **{name: float(v[k]) for name, v in points.items()})
        assert here.supportable_now == tuple(o.now for o in alone.outcomes)
        assert here.status == alone.start.status
        assert here.state == alone.start.name
        np.testing.assert_allclose(here.min_spe_payoffs, alone.start.min_spe_payoffs, atol=1e-9)


def test_points_that_differ_in_their_start_alone_are_solved_once():
    seen = []

    def watch(items, label):
        seen.append((len(items), label))
        return items

    points = {"s": np.array([0.4, 0.5, 0.6]), "patience": np.array([0.6, 0.6, 0.9])}
    standings(RACE, points, {}, ("trade",), watch)
    assert seen == [(2, "solving")]


def test_a_start_between_two_levels_is_refused():
    with pytest.raises(UsageError, match=r"s starts at 0\.45"):
        standings(RACE, {"s": np.array([0.5, 0.45])}, {}, ("trade",))


def test_states_with_names_start_where_the_file_says_or_where_they_are_told_to():
    ladder = load(Path(__file__).parents[1] / "data" / "ladder.yaml")
    points = {"p": np.array([0.1, 0.9])}
    for model, name in ((ladder, "low"), (ladder.starting("high"), "high")):
        assert [here.state for here in standings(model, points, {}, ("peace",))] == [name] * 2
