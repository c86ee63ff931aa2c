"""Which numbers are varied, and how shares of ranges become values."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.ranges import space
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from tests.first_edition import first_edition

FILE = """
title: Numbers made of numbers
parameters:
  a: {value: 1, range: [0, 2], unit: x, meaning: a, grade: assumed}
  b: {value: 1, range: [0, 4], unit: x, meaning: b, grade: assumed}
  c: {value: 3, range: [3, 3], unit: x, meaning: c, grade: assumed}
  sum: {value: a + b, range: [1, 5], unit: x, meaning: sum, grade: assumed}
  %s
players: {Row: {actions: [C, D], discount: 0.75}, Column: {actions: [C, D], discount: 0.9}}
payoffs: {Row: [[9, 1], [sum, %s]], Column: [[9, 10], [1, 3]]}
outcomes: {peace: {profiles: [[C, C]], truce: true}}
"""


def test_a_formula_is_varied_in_place_of_the_numbers_that_act_through_it():
    found = space(loads(FILE % ("", "3")))
    assert found.names == ("sum",)
    assert found.inside == {"a": "sum", "b": "sum"}


def test_a_number_that_also_acts_elsewhere_is_varied_itself():
    found = space(loads(FILE % ("", "a")))
    assert found.names == ("a", "b")
    assert found.inside == {}


def test_formulas_of_formulas_are_varied_at_the_top():
    top = "top: {value: 2*sum, range: [0, 9], unit: x, meaning: top, grade: assumed}"
    model = loads((FILE % (top, "3")).replace("[sum, 3]", "[top, 3]"))
    found = space(model)
    assert found.names == ("top",)
    assert found.inside == dict.fromkeys(("a", "b", "sum"), "top")


def test_the_flagship_varies_substitution_and_not_its_parts():
    found = space(load(first_edition("chips-for-rare-earths")))
    assert "s" in found.names
    assert not {"w", "s_inf", "s_train"} & set(found.names)
    assert found.inside == dict.fromkeys(("w", "s_inf", "s_train"), "s")


def test_what_is_set_is_held():
    found = space(load(first_edition("chips-for-rare-earths")), {"s": 0.6})
    assert "s" not in found.names
    assert found.values(found.here)["s"] == 0.6


def test_shares_become_values_and_the_file_is_where_it_should_be():
    model = load(first_edition("chips-for-rare-earths"))
    found = space(model)
    values = found.values(np.stack([np.zeros(len(found.names)), found.here]))
    for p in found.parameters:
        assert values[p.name][0] == p.range[0]
        assert values[p.name][1] == pytest.approx(model.values()[p.name])


def test_without_ranges_there_is_nothing_to_vary():
    with pytest.raises(UsageError, match="no parameter has a range"):
        space(load("prisoners-dilemma"))
