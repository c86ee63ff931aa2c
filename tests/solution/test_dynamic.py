"""`solve` on models whose state moves: what holds now, beside what would hold if nothing moved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import negotiation as ng
from negotiation.cli import main
from negotiation.payoff_file import load, loads
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.dynamic import dynamic_page
from negotiation.solution.as_json import to_dict
from negotiation.solution.dynamic import DynamicSolution, solve, solve_dynamic
from negotiation.solution.dynamic_verdict import along, dynamic_verdict, headline

DATA = Path(__file__).parents[1] / "data"
RACE = load(DATA / "race.yaml")
LADDER = load(DATA / "ladder.yaml")

DYING = """
title: A lever that dies
period: year
players: {Row: {actions: {keep: {k: 1}, grab: {k: 0}}, discount: 0.9},
          Column: {actions: {give: {g: 1}, hold: {g: 0}}, discount: 0.9}}
parameters:
  pace: {value: 0.5, range: [0, 0.5], unit: share, meaning: rise of s, grade: assumed}
states: {s: {start: 0, from: 0, to: 1, step: 0.5, unit: share, meaning: end, grade: assumed}}
dynamics: {s: pace}
payoffs: {Row: (1 - k + 2*g)*(1 > s), Column: (1 - g + 2*k)*(1 > s)}
outcomes:
  truce: {profiles: [[keep, give]], truce: true}
  rupture: {profiles: [[grab, hold]]}
"""


@pytest.fixture(scope="module")
def race():
    return solve_dynamic(RACE, patience=0.6)


def run(*arguments):
    return CliRunner().invoke(main, ["solve", *arguments])


def test_solve_takes_both_kinds_of_model():
    assert isinstance(solve(LADDER), DynamicSolution)
    assert ng.solve(load("prisoners-dilemma")).regime == "armed truce"


def test_a_lever_that_is_sure_to_die_undoes_a_truce_that_would_hold():
    """Two periods before a known end nothing can be rewarded later, so the truce goes at once; if s
    stood still at 0 it would be worth 2 a year against .3 + .9 = 1.2 for taking 3 once."""
    found = solve_dynamic(loads(DYING))
    truce, rupture = found.outcomes
    assert (truce.now, truce.frozen, truce.kept, truce.states) == (False, True, True, (2,))
    assert rupture.now
    assert headline(found) == "NO TRUCE NOW"
    said = " ".join(dynamic_verdict(found))
    assert "no truce named here can be shown to hold even for this year at s=0" in said
    assert "If s stood still, truce could be played: it is the movement" in said
    assert "If s stood still, truce could be kept up for ever." in said


def test_a_lever_that_dies_slowly_does_not():
    found = solve_dynamic(loads(DYING), pace=0.05)
    assert found.outcomes[0].now
    assert headline(found) == "A TRUCE FOR NOW"
    assert "though both see s move" in dynamic_verdict(found)[0]


def test_nothing_changes_where_nothing_moves():
    found = solve_dynamic(loads(DYING), pace=0)
    assert found.game.count == 1
    np.testing.assert_allclose(found.start.vertices, found.still.vertices, atol=1e-12)
    np.testing.assert_allclose(found.frozen.repeated.vertices, found.start.vertices, atol=1e-9)
    for o in found.outcomes:
        assert o.now == o.frozen


def test_an_outcome_that_can_be_kept_up_for_ever_can_be_played_in_the_still_game(race):
    for o in race.outcomes:
        assert o.frozen or not o.kept


def test_only_states_that_the_start_leads_to_are_listed(race):
    assert race.game.count == 4 * 3
    assert (race.game.levels >= np.array([0.5, 0.2]) - 1e-12).all()
    assert race.game.states[race.game.start] == "s=0.5, r=0.2"


def test_a_setting_moves_the_start():
    found = solve_dynamic(RACE, patience=0.6, s=0.8, r=0.6)
    assert found.game.states == ("s=0.8, r=0.6",)
    assert to_dict(found)["parameters"]["s"] == 0.8


def test_the_last_level_along_a_number_stops_at_the_first_gap(race):
    every = tuple(range(race.game.count))
    assert along(race, every, 0) == pytest.approx(0.8)
    assert along(race, every, 1) == pytest.approx(0.6)
    without = tuple(s for s in every if abs(race.game.levels[s, 0] - 0.7) > 1e-9)
    assert along(race, without, 0) == pytest.approx(0.6)
    assert along(race, (), 0) is None


def test_the_json_keeps_the_contract(race):
    data = json.loads(json.dumps(to_dict(race), allow_nan=False))
    assert data["schema"] == "negotiate/solve/1"
    assert data["model"]["kind"] == "dynamic"
    assert data["start"] == "s=0.5, r=0.2"
    assert set(data["states"]) == set(race.game.states)
    for state in data["states"].values():
        assert state["status"] in {"polygon", "segment", "point", "empty"}
        assert state["gap"] >= 0
        if state["min_spe_payoffs"]:
            lowest = np.min(state["payoff_set"], axis=0)
            np.testing.assert_allclose(state["min_spe_payoffs"], lowest, atol=1e-9)
    assert isinstance(data["markov_equilibria_complete"], bool)
    for e in data["markov_equilibria"]:
        assert set(e["policy"]) == set(e["values"]) == set(race.game.states)
        for pair in e["policy"].values():
            assert [sum(x) for x in pair] == pytest.approx([1, 1])
    assert data["verdict"] == " ".join(dynamic_verdict(race))
    assert data["fixed_state_verdict"] == to_dict(race.frozen)["verdict"]


def test_a_markov_equilibrium_lies_in_the_set_of_its_state(race):
    from negotiation.kernels.hulls import distance

    for e in race.markov.listed:
        for state, value in zip(race.sets.states, e.values, strict=True):
            assert distance(value[None], state.vertices)[0] <= state.gap + 1e-9


def test_the_page_starts_with_the_verdict(race):
    text = plain(dynamic_page(race))
    assert text.startswith(headline(race) + "\nGiven these payoffs and speeds, ")
    for title in (
        "What can be played this quarter",
        "Where truces can be played as s and r grow",
        "What stable plans can give, average per quarter",
        "Plans that look at the state alone, not at what was done",
        "What this does not say",
    ):
        assert f"\n{title}\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_named_states_are_listed_one_by_one():
    text = plain(dynamic_page(solve_dynamic(LADDER)))
    assert "in low" in text
    assert "\nState by state\n" in text
    assert "Where truces" not in text


def test_without_an_equilibrium_in_pure_strategies_that_is_what_is_said():
    text = """
title: Pennies later
states: [now, later]
start: now
players: {Row: {actions: [H, T], discount: 0.5}, Column: {actions: [H, T], discount: 0.5}}
payoffs:
  now: {Row: [[1, 0], [0, 1]], Column: [[1, 0], [0, 1]]}
  later: {Row: [[1, -1], [-1, 1]], Column: [[-1, 1], [1, -1]]}
transitions: {now: [[later, later], [later, later]], later: [[later, later], [later, later]]}
outcomes: {both: {profiles: [[H, H]], truce: true}}
"""
    found = solve_dynamic(loads(text))
    assert found.start.status == "empty"
    assert "nobody has to be kept guessing" in dynamic_verdict(found)[0]
    assert "none" in plain(dynamic_page(found))
    json.dumps(to_dict(found), allow_nan=False)


def test_the_command_prints_and_gives_json():
    result = run(str(DATA / "ladder.yaml"))
    assert result.exit_code == 0
    assert result.stdout.startswith("A TRUCE FOR NOW\n")
    data = json.loads(run(str(DATA / "ladder.yaml"), "--json").stdout)
    assert data["states"]["low"]["status"] == "point"
    assert run(str(DATA / "ladder.yaml"), "--json").stdout == json.dumps(data, indent=2) + "\n"


def test_the_command_says_what_is_wrong():
    result = run(str(DATA / "race.yaml"), "--set", "s=0.61")
    assert result.exit_code == 2
    assert "not a level of its grid; expected 0.6 or 0.7" in result.stderr
    result = run(str(DATA / "race.yaml"), "--set", "fast=0.9")
    assert result.exit_code == 1
    assert "the grid is too fine for the speed" in result.stderr
    result = run(str(DATA / "ladder.yaml"), "--formulas")
    assert result.exit_code == 2


def test_what_payments_could_do_is_in_the_json_and_on_the_full_page():
    found = solve_dynamic(LADDER)
    data = to_dict(found)["transfers"]
    assert data["weights"] == [1.0, 1.0]
    low = data["states"]["low"]
    assert low["path"] == ["wait", "wait"]
    """In high both get 2 for ever; in low waiting gives 8 together and a quarter of a chance of
    falling to 4, so that U = (1/2) 8 + (1/2)(3/4 U + 1/4 4)."""
    assert low["joint"] == pytest.approx((4 + 0.5) / (1 - 3 / 8))
    assert data["states"]["high"]["joint"] == pytest.approx(4)
    assert "If the sides could pay each other" not in plain(dynamic_page(found))
    page = " ".join(plain(dynamic_page(found, full=True)).split())
    assert "starts with wait / wait (peace), and plays a truce in 2 of the 2 states" in page


def test_a_named_state_can_be_set_as_the_start():
    data = json.loads(run(str(DATA / "ladder.yaml"), "--set", "start=high", "--json").stdout)
    assert data["start"] == "high"
    assert data["payoffs"] == [[[2.0]], [[2.0]]]
    wrong = run(str(DATA / "ladder.yaml"), "--set", "start=hihg")
    assert wrong.exit_code == 2
    assert "no state 'hihg'; did you mean 'high'? the states are: low, high" in wrong.stderr


def test_check_counts_the_states():
    result = CliRunner().invoke(main, ["check", str(DATA / "race.yaml")])
    assert "3 x 2 actions, 20 states, 5 parameters" in result.stdout
