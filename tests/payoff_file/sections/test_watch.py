"""The section ``watch:``, labels of numbers and meanings of outcomes."""

from __future__ import annotations

import pytest

from negotiation.errors import PayoffFileError
from negotiation.payoff_file import loads

FILE = """
title: A dilemma with a date
parameters:
  T: {value: 5, range: [4, 9], unit: points, grade: mixed, source: paper, meaning: temptation,
      label: what cheating brings}
  d: {value: 0.6, range: [0.1, 0.9], unit: per period, grade: assumed, meaning: patience}
players:
  Row: {actions: [C, D], discount: d}
  Column: {actions: [C, D], discount: d}
payoffs:
  Row: [[3, 0], [T, 1]]
  Column: [[3, T], [0, 1]]
outcomes:
  peace: {profiles: [[C, C]], truce: true, meaning: nobody cheats}
watch:
  - {date: 2026-11-10, what: the pact ends, moves: [T, d], source: paper}
  - {what: a figure, moves: T}
sources:
  paper: {title: A paper, address: here, date: 2026}
"""


def test_events_and_figures_are_read_in_file_order():
    event, figure = loads(FILE).watch
    assert (event.what, event.date, event.moves) == ("the pact ends", "2026-11-10", ("T", "d"))
    assert event.sources == ("paper",)
    assert (figure.what, figure.date, figure.moves) == ("a figure", "", ("T",))


def test_labels_and_meanings_are_words_for_people():
    model = loads(FILE)
    assert [p.words for p in model.parameters] == ["what cheating brings", "patience"]
    assert model.outcomes[0].meaning == "nobody cheats"
    assert model.game().outcomes[0].meaning == "nobody cheats"


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ("2026-11-10", "2026-13-10", "a date such as 2026-11-10"),
        ("2026-11-10", "2026-02-30", "a date such as 2026-11-10"),
        ("2026-11-10", "10/07/2019", "a date such as 2026-11-10"),
        ("moves: [T, d]", "moves: [T, dd]", "did you mean 'd'"),
        ("moves: [T, d]", "moves: []", "watch[0].moves is empty"),
        ("moves: [T, d], source: paper", "source: papers", "did you mean 'paper'"),
        ("what: a figure, moves: T", "what: a figure", "watch[1] has neither date nor moves"),
        ("what: a figure, moves: T", "moves: T", "watch[1].what is missing"),
        ("what: a figure", "wat: a figure", "did you mean 'what'"),
        ("what: a figure", f"what: {'x' * 201}", "at most 200"),
        ("label: what cheating brings", "label: [a]", "parameters.T.label"),
        ("meaning: nobody cheats", "meaning: {a: b}", "outcomes.peace.meaning"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change, to, said):
    assert change in FILE
    with pytest.raises(PayoffFileError) as refused:
        loads(FILE.replace(change, to))
    text = str(refused.value)
    assert said in text
    assert text.startswith("<text>:")
