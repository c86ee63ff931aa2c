"""Observed play beside what can be kept up, against counts made by hand."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.solution.history import explained, history, month_name, period_name
from negotiation.solution.solution import solve

DILEMMA = """\
title: Prisoner's dilemma
period: {period}
players:
  Row: {{actions: [C, D], discount: {discount}}}
  Column: {{actions: [C, D], discount: {discount}}}
payoffs:
  Row: [[9, 1], [10, 3]]
  Column: [[9, 10], [1, 3]]
outcomes:
  peace: {{profiles: [[C, C]], truce: true}}
observed:
{observed}
"""


def dilemma(*observed, period="quarter", discount=0.75):
    lines = "\n".join(f"  - {{{text}}}" for text in observed)
    return loads(DILEMMA.format(period=period, discount=discount, observed=lines))


def test_the_flagships_history_is_what_a_hand_counts():
    # Sustained in the flagship: managed truce, open trade, slow-walked trade with either licence,
    # and rupture, with either way to buy: 6 of the 18 pairs. Seen: ten quarters of embargo and
    # supply from 2022 Q4 on; 2025 Q2, the only one of the six; two of the standoff; one of it
    # slow-walked; one of the standoff again. As before: nine of the ten, and 2025 Q4.
    found = history(load("chips-for-rare-earths"))
    names = ["US squeeze", "rupture", "standoff", "slow-walked standoff", "standoff"]
    assert [s.names for s in found.stretches] == [(name,) for name in names]
    assert [s.stretch for s in found.seen] == [0] * 10 + [1, 2, 2, 3, 4]
    assert [s.hit for s in found.seen] == [False] * 10 + [True] + [False] * 4
    assert [s.as_before for s in found.seen] == [
        None, *[True] * 9, False, False, True, False, False,
    ]  # fmt: skip
    assert (found.model.hits, found.model.periods, found.model.area) == (1, 15, 6 / 18)
    assert found.model.measure == pytest.approx(1 / 15 - 6 / 18)
    assert (found.before.hits, found.before.periods) == (10, 14)
    assert found.before.measure == pytest.approx(10 / 14 - 1 / 18)


def test_the_wider_bargains_history_is_what_a_hand_counts():
    # Sustained: everything without a raise in which ore is supplied or slowed, 3 x 4, and rupture
    # with either way to buy: 14 of 36. Seen: all of it but the quarter of the tariffs.
    found = history(load("wider-bargain"))
    first, second = found.solution.game.actions
    allowed = {(first[a], second[b]) for a, b in found.allowed}
    held = {a for a in first if a.endswith("+hold")}
    gentle = {b for b in second if not b.startswith("cut")}
    cut = {("embargo+hold", "cut+buy"), ("embargo+hold", "cut+refuse")}
    assert allowed == {(a, b) for a in held for b in gentle} | cut
    assert [s.hit for s in found.seen] == [True] * 10 + [False] + [True] * 4
    assert found.model.measure == pytest.approx(14 / 15 - 14 / 36)
    assert found.before.measure == pytest.approx(10 / 14 - 1 / 36)


def test_a_period_belongs_to_the_stretch_that_covers_most_of_it():
    model = dilemma(
        "from: 2024-01, to: 2024-05, profile: [C, C]",  # two of three months of Q2
        "from: 2024-06, to: 2024-10, profile: [D, D]",  # only one month of Q4
        "from: 2025-03, to: 2025-08, profile: [C, D]",  # one month of Q1, two of Q3
    )
    found = history(model)
    names = [period_name(s.start, "quarter") for s in found.seen]
    assert names == ["2024 Q1", "2024 Q2", "2024 Q3", "2025 Q2", "2025 Q3"]
    assert [s.stretch for s in found.seen] == [0, 0, 1, 2, 2]
    assert [s.as_before for s in found.seen] == [None, True, False, None, True]
    assert (found.before.hits, found.before.periods) == (2, 3)


def test_play_that_is_not_told_apart_is_hit_by_any_of_its_pairs():
    model = dilemma("from: 2024-01, to: 2024-06, profile: ['*', C]", discount=0)
    found = history(model)
    assert not found.stretches[0].sustained
    assert found.model.measure == pytest.approx(0 - 1 / 4)
    assert found.before.area == 2 / 4
    model = dilemma("from: 2024-01, to: 2024-06, profile: ['*', D]", discount=0)
    assert history(model).model.measure == pytest.approx(1 - 1 / 4)


@pytest.mark.parametrize(
    ("period", "count"), [("month", 24), ("quarter", 8), ("half-year", 4), ("year", 2)]
)
def test_every_kind_of_period_is_counted(period, count):
    found = history(dilemma("from: 2024-01, to: 2025-12, profile: [C, C]", period=period))
    assert (found.model.hits, found.model.periods) == (count, count)
    assert found.before.hits == count - 1


def test_one_period_has_none_before():
    found = history(dilemma("from: 2024-01, to: 2024-03, profile: [C, C]"))
    assert (found.before.periods, found.before.hit_rate, found.before.area) == (0, 0.0, 0.0)


def test_settings_change_what_is_explained():
    model = load("wider-bargain")
    assert "can explain it" in explained(solve(model))
    assert "does not explain it" in explained(solve(model, rise=1))
    assert not history(model, rise=1).stretches[-1].sustained


def test_solve_says_near_the_top_whether_the_last_was_explained():
    shown = CliRunner().invoke(main, ["solve"]).output
    top = " ".join(shown.split("\n\n")[0].split())
    assert "What was seen last, standoff (condition / supply+refuse), until June 2026" in top
    assert "Against what was seen" in shown
    found = json.loads(CliRunner().invoke(main, ["solve", "--json"]).output)
    assert [s["sustained"] for s in found["observed"]] == [False, True, False, False, False]
    assert found["observed"][-1]["to"] == "2026-06"


def test_a_file_without_observed_play_has_no_history():
    with pytest.raises(UsageError, match="no 'observed' play"):
        history(load("chicken"))
    assert explained(solve(load("chicken"))) == ""
    assert "seen" not in CliRunner().invoke(main, ["solve", "chicken"]).output


def test_a_state_that_moves_has_no_history(tmp_path):
    entry = "{from: 2024-01, to: 2024-03, profile: [condition, supply+buy]}"
    path = tmp_path / "race.yaml"
    path.write_text(f"extends: substitution-race\nobserved: [{entry}]\n")
    assert CliRunner().invoke(main, ["history", str(path)]).exit_code == 2
    with pytest.raises(UsageError, match="its state moves"):
        history(load(path))


def test_history_prints_and_writes_the_same_figures():
    shown = CliRunner().invoke(main, ["history"]).output
    for words in ("1 of 15", "0.067", "0.333", "-0.267", "10 of 14", "+0.659", "6 of 18"):
        assert words in shown
    found = json.loads(CliRunner().invoke(main, ["history", "--json"]).output)
    assert found["schema"] == "negotiate/history/1"
    assert found["success"]["model"]["measure"] == pytest.approx(1 / 15 - 1 / 3)
    assert found["periods"][-1] == {
        "period": "2026 Q2", "stretch": 4, "hit": False, "as_before": False,
    }  # fmt: skip


def test_months_have_names():
    assert month_name(2025 * 12) == "January 2025"
