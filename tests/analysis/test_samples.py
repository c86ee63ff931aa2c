"""Indices with known answers, and an analysis whose parts agree with each other."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from negotiation.analysis.samples import analyse, sobol, tornado
from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.sensitivity import pages, to_dict
from negotiation.solution.solution import solve
from tests.analysis.test_smallest_changes import FILE


def words(found):
    return " ".join(plain(pages(found)).split())


def ishigami(unit):
    x = np.pi * (2 * unit - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def test_indices_of_the_ishigami_function_are_the_known_ones():
    """Ishigami and Homma (1990); closed forms with a = 7, b = 0.1."""
    a, b = 7.0, 0.1
    v1 = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    v2, v13 = a**2 / 8, 8 * b**2 * np.pi**8 / 225
    total = v1 + v2 + v13
    found = {i.parameter: i for i in sobol(ishigami, ("x", "y", "z"), 1024, 0)}
    for name, first, whole in (("x", v1, v1 + v13), ("y", v2, v2), ("z", 0.0, v13)):
        index = found[name]
        assert index.first == pytest.approx(first / total, abs=0.03)
        assert index.total == pytest.approx(whole / total, abs=0.03)
        low, high = index.total_interval
        assert low <= index.total <= high
        assert low - 0.02 <= whole / total <= high + 0.02


@pytest.fixture(scope="module")
def dilemma():
    return analyse(loads(FILE), cases=256, seed=3)


def test_the_margin_is_the_slack_of_the_best_truce(dilemma):
    alone = solve(loads(FILE))
    assert dilemma.margin == pytest.approx(min(alone.outcomes[0].slack))
    assert dilemma.kind == alone.regime


def test_the_tornado_gives_the_margin_at_both_ends(dilemma):
    model = loads(FILE)
    assert {s.parameter for s in dilemma.swings} == {"T", "d"}
    for s in dilemma.swings:
        for value, margin in ((s.low, s.at_low), (s.high, s.at_high)):
            there = solve(model, **{s.parameter: value})
            assert margin == pytest.approx(min(there.outcomes[0].slack))
    widths = [abs(s.at_high - s.at_low) for s in dilemma.swings]
    assert widths == sorted(widths, reverse=True)


def test_the_box_is_where_the_truce_fails(dilemma):
    names = dilemma.space.names
    limits = {names[k]: ends for k, ends in dilemma.box.limits.items()}
    assert limits.get("d", (-np.inf, np.inf))[0] == -np.inf
    assert limits.get("T", (-np.inf, np.inf))[1] == np.inf
    assert dilemma.box.density > 0.7
    assert sum(dilemma.shares.values()) == 256


def test_the_same_seed_gives_the_same_and_another_seed_another_sample(dilemma):
    again = analyse(loads(FILE), cases=256, seed=3)
    assert to_dict(again) == to_dict(dilemma)
    assert analyse(loads(FILE), cases=256, seed=0).indices != dilemma.indices


def test_the_page_changes_with_the_model(dilemma):
    page = words(dilemma)
    other = words(analyse(loads(FILE.replace("value: 0.6", "value: 0.2")), cases=64))
    assert "there is an armed truce: the truce that holds best has" in page
    assert "to spare" in page
    assert "all in the worst direction, to end every truce" in page
    assert "per period short" in other
    assert "to make a truce hold" in other
    assert "probability" in page


def test_a_certain_truce_needs_no_conditions():
    narrow = FILE.replace("[10, 40]", "[10, 12.5]").replace("[0.1, 0.9]", "[0.55, 0.9]")
    found = analyse(loads(narrow), cases=32)
    assert found.box is None
    page = words(found)
    assert "It is sure in none of 32 sampled cases that no truce holds." in page
    assert "None: no single number, moved alone within its range, makes or breaks a truce." in page


def test_a_wrong_number_of_cases_and_a_file_without_truces_are_refused():
    with pytest.raises(UsageError, match="power of two"):
        analyse(loads(FILE), cases=100)
    with pytest.raises(UsageError, match="no parameter has a range"):
        analyse(load("matching-pennies"))


def test_the_command_prints_json_and_keeps_progress_apart(tmp_path):
    path = tmp_path / "dilemma.yaml"
    path.write_text(FILE, encoding="utf-8")
    result = CliRunner().invoke(main, ["sensitivity", str(path), "--cases", "16", "--json"])
    data = json.loads(result.stdout)
    assert data["schema"] == "negotiate/sensitivity/1"
    assert {f["parameter"] for f in data["flips"]["alone"]} == {"T", "d"}
    assert "each number alone" in result.stderr


def test_a_held_number_is_not_varied():
    assert {
        s.parameter for s in tornado(analyse(loads(FILE), settings={"T": 11}, cases=16).space)
    } == {"d"}
