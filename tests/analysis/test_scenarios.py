"""Scenarios side by side, and Shapley shares against the definition."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import permutations

import pytest
from click.testing import CliRunner

from negotiation.analysis.margins import outlook
from negotiation.analysis.scenarios import compare, read_scenario, scenario
from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.scenarios import pages
from negotiation.solution.solution import solve
from tests.first_edition import first_edition

LATER = {"s": 0.7, "r": 0.3, "patience_cn": 0.8}


@pytest.fixture(scope="module")
def found():
    model = load(first_edition("chips-for-rare-earths"))
    both = scenario("now", model, {}), scenario("later", model, LATER)
    return both, compare(both)[0]


def test_shares_average_over_all_orders_and_add_up(found):
    (now, later), difference = found
    model = now.model

    def margin(names):
        game = model.game(**{n: LATER[n] for n in names})
        return float(outlook(game, model.outcomes).margin)

    steps = {n: [] for n in LATER}
    for order in permutations(LATER):
        for k, n in enumerate(order):
            steps[n].append(margin(order[: k + 1]) - margin(order[:k]))
    for cause in difference.causes:
        assert cause.share == pytest.approx(sum(steps[cause.parameter]) / 6)
        assert cause.alone == pytest.approx(margin([cause.parameter]) - margin([]))
    assert sum(c.share for c in difference.causes) == pytest.approx(later.margin - now.margin)


def test_every_outcome_that_turns_is_traced(found):
    (now, later), difference = found
    held = {s.name: set(s.solution.sustained) for s in (now, later)}
    assert set(difference.turned) == held["now"] ^ held["later"]
    for name, sets in difference.turned.items():
        for group in sets:
            there = solve(now.model, **{n: LATER[n] for n in group})
            assert (name in there.sustained) == (name in held["later"])
            for left_out in group:
                fewer = {n: LATER[n] for n in group if n != left_out}
                assert (name in solve(now.model, **fewer).sustained) == (name in held["now"])


def test_many_numbers_are_shared_out_over_random_orders():
    names = [f"x{k}" for k in range(12)]
    parameters = "".join(
        f"  {n}: {{value: 0, range: [0, 1], unit: x, meaning: x, grade: assumed}}\n" for n in names
    )
    loss = " - ".join(f"{k}*{n}" for k, n in enumerate(names))
    text = (
        f"title: Many numbers\nparameters:\n{parameters}"
        "players: {Row: {actions: [C, D], discount: 0.75}, "
        "Column: {actions: [C, D], discount: 0.9}}\n"
        f"payoffs: {{Row: [[9, 1], [10, 3 - {loss}]], Column: [[9, 10], [1, 3]]}}\n"
        "outcomes: {peace: {profiles: [[C, C]], truce: true}}\n"
    )
    model = loads(text)
    change = dict.fromkeys(names, 0.01)
    both = scenario("now", model, {}), scenario("then", model, change)
    difference = compare(both, seed=1)[0]
    assert not difference.exact
    total = both[1].margin - both[0].margin
    assert sum(c.share for c in difference.causes) == pytest.approx(total)
    again = compare(both, seed=1)[0]
    assert again.causes == difference.causes


def test_different_games_are_not_traced():
    first = scenario("a", load(first_edition("chips-for-rare-earths")), {})
    second = scenario("b", load(first_edition("h200-licence")), {})
    difference = compare((first, second))[0]
    assert "payoffs" in difference.structure
    assert difference.causes == ()
    page = plain(pages((first, second), (difference,)))
    assert "differ in more than numbers" in page


def test_the_words_follow_the_numbers(found):
    (now, later), difference = found
    page = plain(pages((now, later), (difference,)))
    assert "managed truce no longer holds" in page
    back = compare((later, now))[0]
    page = plain(pages((later, now), (back,)))
    assert "start" in page
    same = compare((now, scenario("same", now.model, {"s": Fraction(13, 25)})))
    assert "Nothing differs: all numbers are the same." in plain(pages((now, now), same))


@pytest.mark.parametrize("text", ["later", "later:", ":s=1", "later:s", "x:s=1,s=2"])
def test_a_scenario_that_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError):
        read_scenario(text)


def test_the_command_needs_two():
    run = CliRunner().invoke
    assert run(main, ["compare", "h200-licence"]).exit_code == 2
    data = json.loads(run(main, ["compare", "--scenario", "a:s=0.7", "--json"]).stdout)
    assert data["differences"][0]["turned"]["managed truce"] == [["s"]]
