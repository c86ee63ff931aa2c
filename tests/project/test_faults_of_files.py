"""Faults that users of the first version found in reading and writing files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from negotiation.errors import PayoffFileError
from negotiation.payoff_file import bundled, load, loads
from negotiation.payoff_file.exchange.nfg import read_nfg
from tests.cli.test_commands import run

GAMES = {
    "names that formulas or levers use": (
        'NFG 1 R "" { "1*11" "1*11" } { { "a+b" "a-b" "" } { "x" "x" } } ""\n'
        "1 2 3 4 5 6 7 8 9 10 11 12"
    ),
    "names that YAML reads as something else": (
        'NFG 1 R "yes: # no" { "null" "- a" } { { "~" "true" } { "b: c" "[d], {e}" } }\n'
        "1 2 3 4 5 6 7 8"
    ),
    "quotes inside names": (
        'NFG 1 R "the \\"big\\" game" { "A \\"x\\"" "B" } { { "1" "2" } { "1" "2" } } ""\n'
        "1 2 3 4 5 6 7 8"
    ),
    "outcomes, zero for none": (
        'NFG 1 R "t" { "A" "B" } { { "1" "2" } { "1" "2" } } ""\n'
        '{ { "one" 1, -1.5 } { "" 1/3 2 } }\n0 1 2 1'
    ),
    "numbers of every form": (
        'NFG 1 D "t" { "A" "B" } { 2 2 }\n1. +2 3/6 .25 -5e-1 6E1 007 -0'
    ),
    "comments": (
        '// made by hand\nNFG 1 R "t" { "A" "B" } // two\n{ { "//" "2" } { "1" "2" } }\n'
        '"a // comment"\n1 2 3 4 // the first four\n5 6 7 8 //'
    ),
    "one action each": 'NFG 1 R "t" { "A" "B" } { { "1" } { "1" } } "" 3 4',
}  # fmt: skip


@pytest.mark.parametrize("text", GAMES.values(), ids=GAMES)
def test_fault_14_what_is_imported_solves_and_a_changed_name_is_said(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("a.nfg").write_text(text, encoding="utf-8")
    done = run("import", "a.nfg", "a.yaml")
    assert done.exit_code == 0, done.output
    assert run("solve", "a.yaml").exit_code == 0
    assert run("check", "a.yaml").exit_code == 0
    _, players, actions, tables = read_nfg(text)
    model = load("a.yaml")
    assert model.game().exact == tables
    for before, after in zip(
        players + sum(actions, ()), model.players + sum(model.actions, ()), strict=True
    ):
        assert before == after or f"is called {after!r}" in done.stderr


PLAYED = [slug for slug in bundled() if load(slug).kind in {"repeated", "dynamic"}]


@pytest.mark.parametrize("slug", PLAYED)
def test_fault_14_what_is_exported_imports_again_with_the_same_payoffs(tmp_path, monkeypatch, slug):
    monkeypatch.chdir(tmp_path)
    Path("a.nfg").write_text(run("export", slug, "--to", "nfg").stdout, encoding="utf-8")
    assert run("import", "a.nfg", "a.yaml").exit_code == 0
    assert np.array_equal(load("a.yaml").game().payoffs, load(slug).game().payoffs)


FILE = """title: Pact
players:
  Row: {actions: {C: {chips: 1}, D: {chips: 0}}, discount: d}
  Column: {actions: [stop, go], discount: 0.75}
parameters:
  d: {value: 0.5, range: [0, 100], unit: "1", meaning: "m", grade: assumed}
  T: {value: 10, range: [0, 20], unit: "1", meaning: "m", grade: assumed}
payoffs:
  Row: [[9, 1], [T, 3]]
  Column: [[9, 10], [1, 3]]
"""
MISTAKES = {
    "a decimal comma in braces": ("value: 10", "value: 9,85", "expected 9.85", "9,85"),
    "a decimal comma in quotes": ("value: 10", 'value: "0,85"', "expected 0.85", "0,85"),
    "a comma for thousands": ("value: 10", 'value: "94,000"', "expected 94000, or 94.000", "94,0"),
    "a decimal comma in a formula": ("[T, 3]", "['T*1,5', 3]", "expected 1.5", "1,5"),
    "a decimal comma in a table": ("[T, 3]", "[1,5, 3]", "expected 1.5", "1,5"),
    "a decimal comma in a range": ("[0, 20]", "[0,5, 20]", "expected 0.5", "0,5"),
    "a colon in a text": ('"m", grade: assumed}\npay', "a: b, grade: x}\npay", "a ':' in", ": b"),
    "a hash in a text": ('"m", grade: assumed}\npay', "a #1, grade: x}\npay", "a '#' with", "#1"),
    "an odd space": ("  T:", "\xa0 T:", "U+00A0 in the indentation is not a plain", "\xa0 T"),
    "nothing between commas": ("[stop, go]", "[stop, , go]", "nothing where a value", ", go"),
    "one player": ("  Column: {actions: [stop, go], discount: 0.75}\n", "", "1 entry", "Row"),
    "patience of 90": ("value: 0.5", "value: 90", "expected a number in [0, 1)", "90"),
    "a payoff divided by a lever": ("[[9, 1], [T, 3]]", "1 / chips", "with chips = 0", "1 / "),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said", "place"), MISTAKES.values(), ids=MISTAKES)
def test_fault_16_a_message_says_what_to_write_and_points_there(before, after, said, place):
    loads(FILE)
    assert FILE.count(before) == 1
    text = FILE.replace(before, after)
    with pytest.raises(PayoffFileError) as caught:
        loads(text)
    problem = next(p for p in caught.value.problems if said in str(p))
    lines = text.splitlines()
    assert lines[problem.line - 1][problem.col - 1 :].startswith(place)
    assert not [
        p for p in caught.value.problems if "octal" in str(p) or "unknown key 'par" in str(p)
    ]


def test_fault_16_an_empty_name_is_not_among_those_expected():
    text = FILE.replace("[stop, go]", "[bulk, '', stop]") + "outcomes: {a: {cells: [C/stip]}}\n"
    with pytest.raises(PayoffFileError) as caught:
        loads(text)
    assert ", ," not in str(caught.value)
    assert "one of ," not in str(caught.value)
