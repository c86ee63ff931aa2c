"""What `--full` and `--formulas` add, checked against the numbers they are made from."""

from __future__ import annotations

import json

import pytest

from negotiation.analysis.thresholds import flips
from negotiation.games.game import Game
from negotiation.payoff_file import load, loads
from negotiation.reporting.pages.details import full_dict, more_blocks
from negotiation.solution.as_json import to_dict
from negotiation.solution.solution import Solution, solve
from tests.first_edition import first_edition

DILEMMA = """
title: A dilemma with a temptation to choose
period: month
parameters:
  T: {value: 10, range: [9.5, 40], unit: points, meaning: temptation, grade: assumed}
players: {Row: {actions: [C, D], discount: 0.75}, Column: {actions: [C, D], discount: 0.9}}
payoffs: {Row: [[9, 1], [T, 3]], Column: [[9, 10], [1, 3]]}
outcomes:
  cooperation: {profiles: [[C, C]], truce: true}
  conflict: {profiles: [[D, D]]}
"""


@pytest.fixture(scope="module")
def flagship() -> Solution:
    return solve(load(first_edition("chips-for-rare-earths")))


@pytest.fixture(scope="module")
def dilemma() -> Solution:
    return solve(loads(DILEMMA))


def block(solution: Solution, start: str, *, formulas: bool = False):
    return next(b for b in more_blocks(solution, formulas=formulas) if b.title.startswith(start))


def test_every_threshold_is_listed_nearest_first(flagship):
    found = block(flagship, "What would flip it")
    assert len(found.rows) == len(flips(flagship.model))
    assert found.rows[0] == (
        "F = 12",
        "managed truce holds up to 13",
        "China would break it beyond",
    )
    assert ("s = 0.52", "managed truce holds up to 0.545", "China would break it beyond") in (
        found.rows
    )


def test_a_breach_is_played_out_and_punished(flagship):
    found = block(flagship, "If China broke managed truce once")
    plays = [row[1:3] for row in found.rows]
    assert plays[0] == plays[1] == ("condition", "supply+buy")
    assert plays[2] == ("condition", "cut+buy (breach)")
    assert {us for us, _ in plays[3:]} == {"embargo"}
    assert {row[3:] for row in found.rows[3:]} == {("-28", "6.6")}


def test_learning_is_shown_for_truces_with_something_at_stake(flagship):
    found = block(flagship, "If both sides learn")
    assert [row[0] for row in found.rows] == ["managed truce", "open trade"]
    assert all(0 <= float(x) <= 1 for row in found.rows for x in row[1:])
    assert "not a probability" in found.notes[0]


def test_formulas_are_given_with_their_numbers(dilemma):
    lines = " ".join(block(dilemma, "Thresholds as formulas", formulas=True).lines)
    assert "patience of Row = (T - 9)/(T - 3), here 0.143." in lines
    assert "T = 27, here 27." in lines
    assert "$" in lines


def test_the_full_json_adds_to_the_contract_and_changes_nothing(dilemma):
    plain, full = to_dict(dilemma), full_dict(dilemma, formulas=True)
    json.dumps(full, allow_nan=False)
    assert {k: full[k] for k in plain if k != "outcomes"} == {
        k: plain[k] for k in plain if k != "outcomes"
    }
    assert full["thresholds"][0]["at"] == pytest.approx(27.0)
    assert full["patience_formulas"][0]["value"] == pytest.approx(1 / 7)
    assert full["outcomes"][0]["strategy"]["mermaid"].startswith("stateDiagram-v2")
    # Row needs (10 - 9)/(10 - 3), Column the same, whatever the other's patience.
    assert full["frontier"]["cooperation"][1] == pytest.approx([1 / 7, 1 / 7], abs=1e-9)


def test_a_bare_game_has_no_thresholds_of_numbers():
    bare = solve(Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75))
    assert more_blocks(bare) == ()
    assert "thresholds" not in full_dict(bare)
