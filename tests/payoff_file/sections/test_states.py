"""Dynamic keys of a payoff file: every mistake has a place, a reason and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from negotiation.errors import PayoffFileError
from negotiation.payoff_file import loads

DATA = Path(__file__).parents[2] / "data"
RACE, LADDER = ((DATA / name).read_text("utf-8") for name in ("race.yaml", "ladder.yaml"))


def problems(text):
    with pytest.raises(PayoffFileError) as caught:
        loads(text, "game.yaml")
    return caught.value.problems


# old text, new text, words of the message and of what was expected
GRID = [
    ("start: 0.5,", "start: 0.55,", "states.s.start 0.55 is not a level; expected 0.5 or 0.6"),
    ("start: 1/5,", "start: fast,", "states.r.start 0.16 is not a level; expected 0 or 0.2"),
    ("start: 0.5,", "start: 0.9,", "states.s.start 0.9 is not a level; expected 0.8, on its grid"),
    ("start: 0.5,", "start: r,", "'r' is among the states; expected names of parameters only"),
    ("start: 0.5,", "begin: 0.5,", "unknown key 'states.s.begin'"),
    ("start: 0.5, ", "", "states.s.start is missing"),
    ("step: 0.1,", "step: 0.3,", "from 0.4 to 0.8 is not a whole number of steps"),
    ("step: 0.1,", "step: 0.3,", "or to: 0.7 or 1"),
    ("step: 0.1,", "step: 0,", "states.s.step is 0; expected a number above 0"),
    ("step: 0.1,", "step: -0.1,", "states.s.step is -0.1; expected a number above 0"),
    ("step: 0.1,", "step: 0.00001,", "has 40000 steps; expected at most 5000 states"),
    ("step: 0.1,", "step: 0.0002,", "the grid has more than 5000 states"),
    ("step: 0.1,", "step: fast,", "states.s.step"),
    ("to: 0.8,", "to: 0.4,", "states.s.to 0.4 is not above from 0.4"),
    ("made at home, grade: assumed", "made at home, grade: sourced", "states.s.source is missing"),
    ("  s: {start", "  fast: {start", "a state 'fast' has the name of a parameter"),
    ("dynamics:", "dinamics:", "unknown key 'dinamics'"),
    ("  s: (fast", "  ss: (fast", "unknown key 'dynamics.ss'"),
    ("  r: 0.05 - 0.04*ore\n", "", "dynamics.r is missing"),
    ("0.04*ore", "0.04*oar", "dynamics.r: unknown name 'oar'"),
    (
        "- 0.04*ore",
        "- 0.06*ore",
        "the expected rise at (license, supply), with s = 0.4, r = 0, is negative: -0.01",
    ),
    (
        "0.05 - 0.04*ore",
        "0.3 - 0.04*ore",
        "is more than one step: 0.3 against 0.2, so the grid is too fine",
    ),
    ("0.05 - 0.04*ore", "0.3 - 0.04*ore", "expected steps of 0.3 or more, or a shorter period"),
    ("0.05 - 0.04*ore", "0.05/(s - 0.6)", "with s = 0.6, r = 0, is not finite"),
    (
        "5*licensed*(1 - s)",
        "5*licensed/(s - 0.7)",
        "payoff of China at (license, supply) is not finite, with s = 0.7",
    ),
    ("value: 0.16,", "value: 1 - s,", "'s' is among the states; expected names of parameters only"),
    ("discount: patience", "discount: s", "players.US.discount: 's' is among the states"),
    ("{supply: {ore: 1}", "{supply: {ore: s}", "'s' is among the states"),
    ("states:\n", "start: s\nstates:\n", "'start' does not go with numbers on a grid"),
    ("states:\n", "transitions: {}\nstates:\n", "'transitions' does not go with numbers on a grid"),
    ("states:\n", "available: {}\nstates:\n", "'available' does not go with numbers on a grid"),
    ("states:\n", "dynamic:\n", "unknown key 'dynamic'"),
]


@pytest.mark.parametrize(("old", "new", "said"), GRID, ids=[row[2][:40] for row in GRID])
def test_a_mistake_on_a_grid_is_named(old, new, said):
    assert RACE.count(old) >= 1
    found = problems(RACE.replace(old, new, 1))
    assert said in "\n".join(map(str, found))


NAMED = [
    ("[low, high]\nstart", "[low, low]\nstart", "states has 'low' twice"),
    ("states: [low, high]", "states: []", "states is empty"),
    ("states: [low, high]", "states: low", "states is 'low'"),
    ("states: [low, high]\n", "", "'start' without states; expected a key 'states' too"),
    (
        "start: low",
        "start: lo",
        "start 'lo' is not a state; expected one of low, high; did you mean 'low'",
    ),
    ("start: low\n", "", "start is missing; expected a key 'start', with a list of states"),
    ("high: {Row: [wait], C", "hi: {Row: [wait], C", "unknown key 'available.hi'"),
    ("{Row: [wait], C", "{Rowe: [wait], C", "unknown key 'available.high.Rowe'"),
    ("Column: [wait]}", "Column: [wate]}", "available.high.Column: no action 'wate'"),
    ("Column: [wait]}", "Column: []}", "available.high.Column is empty"),
    ("Column: [wait]}", "Column: [wait, wait]}", "available.high.Column has 'wait' twice"),
    ("high: {Row: [[2]], C", "up: {Row: [[2]], C", "payoffs.high"),
    (
        "{Row: [[2]], C",
        "{Row: [[2, 2]], C",
        "payoffs.high.Row has a row of 2; expected 1 rows of 1",
    ),
    ("{Row: [[2]], C", "{Row: [[1/0]], C", "the payoff of Row at (wait, wait) is not finite"),
    ("Row: [[2]], C", "C", "payoffs.high.Row is missing"),
    (
        "{low: 1 - p, high: p}",
        "{low: p, high: p}",
        "transitions.low: the probabilities add up to 0.5, not 1",
    ),
    ("{low: 1 - p, high: p}", "{low: 1 + p, high: -p}", "transitions.low: a probability is 1.25"),
    ("{low: 1 - p, high: p}", "{}", "transitions.low: a cell is empty"),
    ("{low: 1 - p, high: p}", "{low: 1 - cost, high: cost}", "'cost' is among the attributes"),
    ("{low: 1 - p, high: p}", "lou", "unknown state 'lou'; expected the name of a state"),
    ("{low: 1 - p, high: p}", "{lou: 1 - p, high: p}", "did you mean 'low'"),
    ("  high: [[high]]", "  high: [[high, low]]", "transitions.high has a row of 2"),
    ("  high: [[high]]", "  high: high", "transitions.high is 'high'; expected 1 rows of 1"),
    ("  high: [[high]]\n", "", "transitions.high is missing"),
    ("start: low", "start: low\ndynamics: {}", "'dynamics' does not go with a list of states"),
]


@pytest.mark.parametrize(("old", "new", "said"), NAMED, ids=[row[2][:40] for row in NAMED])
def test_a_mistake_in_named_states_is_named(old, new, said):
    assert LADDER.count(old) >= 1
    found = problems(LADDER.replace(old, new, 1))
    assert said in "\n".join(map(str, found))


def test_every_mistake_has_its_line_and_column():
    text = LADDER.replace("Column: [wait]}", "Column: [wate]}").replace("start: low", "start: lo")
    found = [(p.line, p.col) for p in problems(text)]
    lines = text.splitlines()
    assert found == [
        (row + 1, lines[row].index(word) + 1) for row, word in ((5, "lo"), (9, "wate"))
    ]
    assert lines[5] == "start: lo"


def test_mistakes_of_all_kinds_come_in_one_go():
    text = RACE.replace("start: 0.5,", "start: 0.55,").replace("0.04*ore", "0.04*oar")
    text = text.replace("step: 0.2", "step: 0.7").replace("value: 0.9,", "value: 1.9,")
    assert len(problems(text)) == 4


def test_two_mistakes_of_a_rise_are_both_found():
    text = RACE.replace("0.05 - 0.04*ore", "0.3").replace("- slow)*access)/4", "- slow)*access)")
    assert [p.message.split(":")[0] for p in problems(text)] == ["dynamics.s", "dynamics.r"]
