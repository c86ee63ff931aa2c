"""Where the answer of a dynamic model changes along one number."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.dynamic_critical_values import page, to_dict
from negotiation.solution.dynamic import solve_dynamic
from negotiation.sweeps.dynamic_line import moving_line
from tests.games.small_games import RATCHET

DATA = Path(__file__).parents[1] / "data"
RACE = load(DATA / "race.yaml")


def test_a_change_is_closed_in_on_to_a_thousandth_of_the_span():
    """The truce pays (2(1-d) + d/10) / (1 - .9d) while it lasts, breaking it 3(1-d) + d: it can be
    played where 2 - 1.9d >= (3 - 2d)(1 - .9d), that is 1.8d^2 - 2.8d + 1 <= 0, or d >= 5/9."""
    line = moving_line(loads(RATCHET), "d", (0.1, 0.9))
    (change,) = pairwise(line.stretches)
    low, high = change[0].high, change[1].low
    assert low < 5 / 9 <= high
    assert high - low <= 0.8 / 1000
    assert [s.found.supportable_now for s in line.stretches] == [(False,), (True,)]
    assert line.solved == 17 + 6


def test_the_page_names_both_sides_of_a_change_and_the_accuracy():
    text = " ".join(plain(page(moving_line(loads(RATCHET), "d", (0.5, 0.6)))).split())
    assert "there is one change in what can be played in the first period as d (patience)" in text
    assert "truce can be played from there on" in text
    assert "a thousandth of the span apart" in text


def test_along_a_number_on_a_grid_every_level_is_a_start():
    line = moving_line(RACE, "s", (0.4, 0.8), {"patience": 0.6})
    assert line.levels
    assert line.solved == 5
    for stretch in line.stretches:
        for s in (stretch.low, stretch.high):
            alone = solve_dynamic(RACE, s=s, patience=0.6)
            assert stretch.found.supportable_now == (alone.outcomes[0].now,)
    assert "A start between two levels is not part of the model" in " ".join(
        plain(page(line)).split()
    )


def test_the_setting_of_the_number_that_varies_does_not_matter():
    lines = [moving_line(RACE, "s", (0.4, 0.8), {"s": s, "patience": 0.6}) for s in (0.4, 0.8)]
    assert lines[0].stretches == lines[1].stretches


def test_a_span_without_levels_is_refused():
    with pytest.raises(UsageError, match=r"no level of s lies from 0\.41 to 0\.49"):
        moving_line(RACE, "s", (0.41, 0.49))


def test_the_command_prints_both_forms():
    run = CliRunner().invoke(main, ["solve", str(DATA / "race.yaml"), "--vary", "s", "--json"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert found["schema"] == "negotiate/critical/1"
    assert found["levels"]
    line = moving_line(RACE, "s", (0.4, 0.8))
    assert found == json.loads(json.dumps(to_dict(line)))
    ends = np.array([[s["from"], s["to"]] for s in found["stretches"]])
    np.testing.assert_allclose(ends[[0, -1], [0, 1]], (0.4, 0.8))
    for change, (a, b) in zip(found["changes"], pairwise(found["stretches"]), strict=True):
        assert change["between"] == [a["to"], b["from"]]
    shown = CliRunner().invoke(main, ["solve", str(DATA / "race.yaml"), "--vary", "s"])
    assert shown.stdout.startswith("As s moves")
