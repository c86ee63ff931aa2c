"""Why an outcome holds or fails, in words and as JSON."""

from __future__ import annotations

import json

from click.testing import CliRunner

from negotiation.analysis.deviations import cells_of, explain
from negotiation.cli import main
from negotiation.games.game import Game
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.why import account, pages, reason, to_dict
from negotiation.solution.solution import solve
from negotiation.sweeps.critical_values import critical_values
from tests.first_edition import first_edition


def told(solution, name):
    return explain(solution, cells_of(solution, name)[0])


def test_the_words_change_with_the_numbers(solved):
    at = {
        s: told(solved(first_edition("chips-for-rare-earths"), s=s), "managed truce")
        for s in (0.52, 0.6)
    }
    text = {
        s: reason(solved(first_edition("chips-for-rare-earths"), s=s), w) for s, w in at.items()
    }
    assert "managed truce holds" in text[0.52]
    assert "does not stop China from breaking it" in text[0.6]


def test_what_cannot_be_held_below_its_floor_loses_nothing(solved):
    solution = solved(first_edition("chips-for-rare-earths"))
    found = told(solution, "standoff")
    china = account(solution, found.outcome, found.sides[1])
    assert "would lose nothing afterwards" in china
    assert "6.6 per quarter, more than the 0.5 of this outcome" in china


def test_a_side_that_is_not_tempted_has_no_reason(solved):
    solution = solved(first_edition("chips-for-rare-earths"))
    found = told(solution, "rupture")
    assert "neither US nor China would gain by breaking it even once" in reason(solution, found)
    assert "has no reason to break it" in account(solution, found.outcome, found.sides[0])


def test_without_an_equilibrium_no_threat_is_believable(solved):
    solution = solved("matching-pennies")
    found = explain(solution, (0, 0))
    assert "no threat is believable" in reason(solution, found)
    assert not any(side.keeps for side in found.sides)
    assert any("can be relied on" in account(solution, found.outcome, s) for s in found.sides)


def test_any_cell_of_a_bare_game_can_be_asked_about():
    solution = solve(Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75))
    found = explain(solution, cells_of(solution, profile="0/0")[0])
    assert found.changes == ()
    assert "0 / 0 HOLDS" in plain(pages(solution, found))


def test_what_vary_finds_is_listed_whatever_the_threat_rests_on(solved):
    """The punishment is no one-off equilibrium there; and at a third of patience it switches."""
    solution = solved("abreu-cournot")
    explanation = explain(solution, (0, 0))
    lines = {
        name: critical_values(solution.model, name, span, solution.settings)
        for name, span in ((p.name, p.range) for p in solution.model.parameters)
        if span[0] < span[1]
    }
    told = {(name, c.at) for name, line in lines.items() for c in line.changes if c.reasons}
    assert explanation.changes
    assert {(f.parameter, f.at) for f in explanation.changes} <= told
    text = plain(pages(solution, explanation))
    assert "Not searched" not in text


def test_the_command_prints_a_page_or_json():
    run = CliRunner().invoke
    page = run(main, ["why", "--outcome", "standoff"])
    assert page.exit_code == 0
    assert page.output.startswith("STANDOFF FAILS\nGiven these payoffs standoff fails")
    data = json.loads(run(main, ["why", "--profile", "license/supply+buy", "--json"]).stdout)
    assert data["schema"] == "negotiate/why/1"
    assert data["cells"][0]["name"] == "open trade"
    assert data["cells"][0]["holds"]
    assert run(main, ["why"]).exit_code == 2


def test_the_json_agrees_with_the_page(solved):
    solution = solved(first_edition("chips-for-rare-earths"))
    found = told(solution, "managed truce")
    data = to_dict(solution, (found,))["cells"][0]
    assert [s["keeps"] for s in data["sides"]] == [True, True]
    assert {c["parameter"] for c in data["changes"]} == {f.parameter for f in found.changes}


def test_a_state_that_moves_is_said_to_be_frozen():
    result = CliRunner().invoke(main, ["why", "substitution-race", "--outcome", "standoff"])
    assert "taken as frozen at its start" in result.stderr
    assert "frozen" not in CliRunner().invoke(main, ["why", "--outcome", "standoff"]).stderr
