"""Terms, as the command line and files give them, and what is wrong with bad ones."""

import numpy as np
import pytest

from negotiation.deals.terms import contract, read_terms, settled, worst_payoffs
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.errors import PayoffFileError, UsageError
from negotiation.games.game import Game
from negotiation.payoff_file import loads
from tests.reference.flagship import flagship

FILE = """\
title: A licence
parameters:
  x: {value: 0.6, range: [0, 1], unit: share, grade: assumed, meaning: cap}
  y: {value: 1, range: [0, 2], unit: share, grade: assumed, meaning: strings}
  z: {value: 3, range: [0, 5], unit: u, grade: assumed, meaning: not used}
  v: {value: 3, range: [0, 5], unit: u, grade: assumed, meaning: used}
players:
  US: {actions: [license, embargo], discount: 0.8}
  China: {actions: [supply, stop], discount: 0.9}
payoffs:
  US: [["v + y*x - 10*x", -28], [0, -28]]
  China: [["19*x", 25], [0, 6]]
outcomes:
  truce: {profiles: [[license, supply]], truce: true}
  squeeze: {profiles: [[embargo, supply], [license, stop]]}
"""


def test_terms_are_read():
    assert read_terms(["x=0:0.5", "y", " v = -1 : 1e1 "]) == {
        "x": (0, 0.5), "y": None, "v": (-1, 10)
    }  # fmt: skip
    assert read_terms(["x=-inf:inf"]) == {"x": (-np.inf, np.inf)}


@pytest.mark.parametrize(
    ("texts", "what"),
    [(["x=1"], "NAME=LOW:HIGH"), (["=0:1"], "NAME=LOW:HIGH"), (["x=0:1:2"], "NAME=LOW:HIGH"),
     (["x=a:1"], "'x=a:1'"), (["x=0:"], "'x=0:'"), (["x=0:1", "x"], "twice"), (["x="], "LOW:HIGH"),
     (["x=nan:1"], "'x=nan:1'")],
)  # fmt: skip
def test_a_bad_term_is_named(texts, what):
    with pytest.raises(UsageError, match=what):
        read_terms(texts)


@pytest.mark.parametrize(
    ("terms", "what"),
    [
        ({"xx": None}, "unknown parameter 'xx'; did you mean 'x'"),
        ({"z": None}, "term 'z': no payoff depends on it"),
        ({"x": (1.0, 0.0)}, "term 'x' runs from 1 to 0"),
        ({"x": (1.0, 1.0)}, "lower bound below"),
        ({"x": (float("nan"), 1.0)}, "lower bound below"),
        (dict.fromkeys("abcde"), "5 terms"),
        ({}, "no terms to bargain over"),
    ],
)
def test_impossible_terms_are_refused(terms, what):
    with pytest.raises(UsageError, match=what):
        contract(loads(FILE), terms)


def test_the_outcome_is_the_files_the_first_truce_or_the_one_asked_for():
    terms = {"x": None}
    assert contract(loads(FILE), terms).outcome == "truce"
    named = loads(FILE + "deal: squeeze\n")
    assert contract(named, terms).profile == (1, 0)
    assert contract(named, terms, "truce").profile == (0, 0)
    with pytest.raises(UsageError, match="did you mean 'squeeze'"):
        contract(named, terms, "squeze")
    with pytest.raises(UsageError, match="names no truce"):
        contract(loads(FILE.replace(", truce: true", "")), terms)


def test_the_files_own_terms_are_what_is_set():
    found = contract(loads(FILE), {"y": None, "x": (0, 0.5)}, settings={"x": 0.3})
    assert found.own.tolist() == [1.0, 0.3]
    assert found.bounds == ((0.0, 2.0), (0, 0.5))
    assert found.terms[1].unit == "share"
    assert float(found.model.game(**found.at([1.0, 0.5])).payoffs[1, 0, 0]) == 9.5


# --- in files ----------------------------------------------------------------------------------


def test_a_file_names_terms_and_deal():
    model = loads(FILE + "terms:\n  x: [0, 0.5]\n  y:\ndeal: squeeze\n")
    assert model.terms == (("x", (0.0, 0.5)), ("y", (0.0, 2.0)))
    assert model.deal == "squeeze"
    assert contract(model).names == ("x", "y")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("terms: {xx: [0, 1]}", "16:9: error: terms: 'xx' is not a parameter"),
        ("terms: {z: [0, 1]}", "16:9: error: terms: no payoff depends on 'z'"),
        ("terms: {x: [1, 0]}", "terms.x runs from 1 to 0"),
        ("terms: {x: [0, one]}", "terms.x: "),
        ("terms: {x: 3}", "terms.x is '3'"),
        ("terms: {x: [0]}", "terms.x is a list of 1"),
        ("terms: [x, y]", "terms is a list"),
        ("terms: {x: , y: , v: , z: , x2: }", "terms has 5 entries; expected at most 4"),
        ("deal: truse", "16:7: error: deal: there is no outcome 'truse'"),
        ("deal: [truce]", "deal is a list"),
    ],
)
def test_what_is_wrong_in_a_file_has_its_place(text, what):
    with pytest.raises(PayoffFileError) as caught:
        loads(FILE + text + "\n", "f.yaml")
    assert what in str(caught.value)


def test_all_that_is_wrong_with_terms_is_said_at_once():
    with pytest.raises(PayoffFileError) as caught:
        loads(FILE + "terms: {xx: [0, 1], x: [1, 0], y: [a, 1]}\n", "f.yaml")
    assert len(caught.value.problems) == 3


# --- worst payoffs -----------------------------------------------------------------------------


def test_worst_payoffs_are_those_of_the_payoff_set():
    draw = np.random.default_rng(4)
    payoffs = draw.integers(-5, 6, (24, 2, 3, 3)).astype(float)
    games = Game(payoffs, np.tile(draw.uniform(0.3, 0.7, (24, 1)), (1, 2)))
    found = worst_payoffs(games)
    few = worst_payoffs(Game(payoffs[:8], games.discount[:8]))
    for k in range(24):
        exact = payoff_set(Game(payoffs[k], games.discount[k])).min_spe_payoffs
        wanted = np.full(2, np.inf) if exact is None else exact
        np.testing.assert_allclose(found[k], wanted, atol=1e-9)
        if k < 8:
            np.testing.assert_allclose(few[k], wanted, atol=1e-9)


def test_who_breaks_it_is_settled_as_exactly_as_if_all_were_solved():
    deal = contract(flagship())
    draw = np.random.default_rng(2)
    cases = {"W": draw.uniform(4, 300, 40), "F": draw.uniform(0, 40, 40)}
    game = deal.games(deal.own[None], cases)
    found, exact = settled(deal, game, smallest=True), deal.values(game).by_player()
    np.testing.assert_array_equal(found < 0, exact < 0)
    assert found.min() == pytest.approx(exact.min())
    assert (found <= exact + 1e-9).all()
