"""Cases that once failed when files were made by chance, and a few that are made anew each time."""

import warnings

import pytest

from benchmarks.checks import fuzz
from negotiation.payoff_file import loads

FAILED: list[int] = []
"""Numbers of cases of seed 0, see `benchmarks/checks/fuzz.py`, in which something went wrong."""


@pytest.mark.parametrize("case", FAILED)
def test_what_once_failed_is_read_or_refused(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fuzz.read(fuzz.made(0, case))


@pytest.mark.parametrize(
    "names", ['"A\x1b" "B"', '"A" "A"', '"" ""', '"A\u202e" "A\u202e"', '"' + "y" * 500 + '" "B"']
)
def test_players_of_a_tree_get_names_that_a_payoff_file_can_have(names):  # case 10752
    fuzz.imported_tree(fuzz.TREE.replace('"A" "B"', names))
    fuzz.imported_tree(fuzz.TREE.replace('"x"', f'"{names[1:3]}"'))


def test_some_hundred_files_are_read_or_refused_and_at_least_half_are_valid():
    valid = sum(fuzz.read(fuzz.made(7, case)) is not None for case in range(300))
    assert valid > 130


@pytest.mark.parametrize("formula", ["1", "2 - 1", "p", "p + q"])
def test_what_depends_on_nothing_is_the_same_in_every_cell_and_at_every_point(formula):
    model = loads(f"""
title: A constant
players:
  Row: {{actions: [C, D], discount: 0.6}}
  Column: {{actions: [C, D], discount: q}}
parameters:
  q: {{value: 0.5, range: [0, 0.9], unit: share, meaning: patience, grade: assumed}}
  p: {{value: "2 * 0.25", range: [0, 1], unit: share, meaning: half, grade: assumed}}
definitions: {{c: {formula}, d: c + 1}}
payoffs:
  Row: [[c, 0], [d, 1]]
  Column: d
outcomes:
  pact: {{truce: true, profiles: [[C, C]]}}
""")
    worth = float(model.game().payoffs[0, 0, 0])
    assert worth == (0.5 if formula == "p" else 1.0)
    assert (model.game().payoffs[1] == worth + 1).all()
    many = model.game(q=[0.1, 0.5])
    assert many.payoffs.shape == (2, 2, 2, 2)
    assert many.payoffs[1].tolist() == model.game().payoffs.tolist()
    assert many.payoffs[0, 0, 1, 0] == (many.payoffs[0, 0, 0, 0] + 1)


def test_more_than_memory_has_room_for_is_refused_before_it_is_asked_for():
    from negotiation.errors import UsageError

    rows = ", ".join(f"a{k}" for k in range(200))
    model = loads(f"""
title: Large
players:
  Row: {{actions: [{rows}], discount: 0.5}}
  Column: {{actions: [{rows}], discount: 0.5}}
parameters:
  v: {{value: 1, range: [0, 2], unit: x, meaning: y, grade: assumed}}
payoffs: {{Row: v, Column: v}}
""")
    with pytest.raises(UsageError, match=r"100,000 games of 200 by 200 actions at once"):
        model.game(v=[1.0] * 100_000)


def test_a_grid_of_too_many_pairs_of_actions_is_refused_in_the_file():
    from negotiation.errors import PayoffFileError

    rows = ", ".join(f"a{k}" for k in range(200))
    with pytest.raises(PayoffFileError, match="at most 1,000,000 pairs in all"):
        loads(f"""
title: Large
players:
  Row: {{actions: [{rows}], discount: 0.5}}
  Column: {{actions: [{rows}], discount: 0.5}}
states:
  s: {{start: 0, from: 0, to: 1, step: 0.001, unit: x, meaning: y, grade: assumed}}
dynamics: {{s: 0}}
payoffs: {{Row: s, Column: s}}
""")
