"""Signalling games in payoff files: what is read, and what is refused at which line and column."""

from __future__ import annotations

from fractions import Fraction

import pytest

from negotiation.errors import PayoffFileError, UsageError
from negotiation.payoff_file import load, loads
from negotiation.payoff_file.signalling import plain_game
from negotiation.solution.signalling.solution import signalling_game_at

GOOD = """\
title: Beer and quiche
kind: signalling
types: {weak: 0.1, strong: 0.9}
messages: [beer, quiche]
responses: [fight, not]
players: {sender: Drinker, receiver: Bully}
payoffs:
  sender:   {weak: {beer: [0, 2], quiche: [1, 3]}, strong: {beer: [1, 3], quiche: [0, 2]}}
  receiver: {weak: {beer: [1, 0], quiche: [1, 0]}, strong: {beer: [0, 1], quiche: [0, 1]}}
"""
PRIVATE = """\
title: A bargain
parameters:
  p: {value: 0.3, range: [0, 1], unit: share, meaning: chance, grade: assumed}
  k: {value: 2, range: [0, 9], unit: points, meaning: cost, grade: assumed}
  x: {value: 1, range: [0, 20], unit: points, meaning: temptation, grade: assumed}
players:
  A: {actions: [keep, break], discount: 0.8}
  B: {actions: [keep, break], discount: 0.8}
payoffs:
  A: [[3, -1], [4, 0]]
  B: [[3, 3 + x], [-1, 0]]
outcomes:
  deal: {profiles: [[keep, keep]], truce: true}
  rupture: {profiles: [[break, break]]}
private:
  player: B
  types:
    mild: {chance: 1 - p, set: {x: 1}}
    keen: {chance: p, set: {x: 15}}
  messages: {promise: {cost: {mild: k, keen: 0}}, nothing: {}}
  responses: {offer: deal, none: rupture}
  otherwise: rupture
"""


def test_a_game_in_a_file_is_the_game_that_it_says():
    model = loads(GOOD)
    game = plain_game(model.signalling, model.exactly(), {}, model.title)
    assert model.kind == "signalling"
    assert game.prior == (Fraction(1, 10), Fraction(9, 10))
    assert game.sender[1] == ((1, 3), (0, 2))
    assert game.players == ("Drinker", "Bully")


def test_responses_may_differ_by_message():
    text = """\
title: Poker
kind: signalling
types: {Red: 1/2, Black: 1/2}
messages: [Raise, Fold]
responses: {Raise: [Meet, Pass], Fold: [end]}
payoffs:
  sender: {Red: {Raise: [2, 1], Fold: [1]}, Black: {Raise: [-2, 1], Fold: [-1]}}
  receiver: {Red: {Raise: [-2, -1], Fold: [-1]}, Black: {Raise: [2, -1], Fold: [1]}}
"""
    game, _ = signalling_game_at(loads(text), {})
    assert game.responses == (("Meet", "Pass"), ("end",))
    assert game.players == ("Sender", "Receiver")


def test_chances_and_payoffs_may_be_formulas_of_parameters():
    model = load("beer-quiche")
    game, _ = signalling_game_at(model, {"p_strong": Fraction(1, 3)})
    assert game.prior == (Fraction(2, 3), Fraction(1, 3))


@pytest.mark.parametrize(("chance", "left"), [(0, "weak"), (1, "strong")])
def test_a_chance_of_nothing_leaves_one_type(chance, left):
    game, _ = signalling_game_at(load("beer-quiche"), {"p_strong": chance})
    assert game.types == (left,)


PLAIN_FAULTS = [
    ("kind: signalling", "kind: signaling", (2, 7), "did you mean 'signalling'"),
    ("weak: 0.1", "weak: 0.2", (3, 8), "sum to 1.1"),
    ("weak: 0.1", "weak: -0.1", (3, 15), "chance of 'weak' is -0.1"),
    ("weak: 0.1", "weak: 1.5", (3, 15), "chance of 'weak' is 1.5"),
    ("weak: 0.1", "weak: q", (3, 15), "unknown name 'q'"),
    ("weak: 0.1", "weak: 1/0", (3, 15), "nan"),
    ("{weak: 0.1, strong: 0.9}", "{}", (3, 8), "types is empty"),
    ("{weak: 0.1, strong: 0.9}", "[weak, strong]", (3, 8), "types is a list"),
    ("[beer, quiche]", "[]", (4, 11), "messages is empty"),
    ("[beer, quiche]", "[beer, beer]", (4, 18), "stands twice"),
    ("[beer, quiche]", "beer", (4, 11), "list of names"),
    ("[fight, not]", "[]", (5, 12), "responses is empty"),
    ("[fight, not]", "{beer: [fight, not]}", (5, 12), "responses.quiche is missing"),
    ("[fight, not]", "{beer: [fight, not], quich: [not]}", (5, 33), "did you mean 'quiche'"),
    ("[fight, not]", "{beer: [], quiche: [fight, not]}", (5, 19), "responses.beer is empty"),
    ("receiver: Bully", "receiver: Drinker", (6, 10), "both players are named 'Drinker'"),
    ("receiver: Bully", "bully: Bully", (6, 28), "unknown key 'players.bully'"),
    ("  sender:   {weak", "  sendr:   {weak", (8, 3), "did you mean 'sender'"),
    ("weak: {beer: [0, 2], quiche: [1, 3]}, ", "", (8, 13), "payoffs.sender.weak is missing"),
    ("[0, 2], quiche: [1, 3]}", "[0, 2]}", (8, 20), "payoffs.sender.weak.quiche is missing"),
    ("beer: [0, 2]", "beer: [0, 2, 3]", (8, 27), "has 3 payoffs"),
    ("beer: [0, 2]", "beer: 2", (8, 27), "payoffs.sender.weak.beer is '2'"),
    ("beer: [0, 2]", "beer: [0, two]", (8, 31), "unknown name 'two'"),
    ("beer: [0, 2]", "beer: [0, 1/0]", (8, 31), "not finite"),
    ("beer: [0, 2]", "beer: [0, {}]", (8, 31), "a mapping"),
    ("title: Beer", "outcomes: {}\ntitle: Beer", (1, 1), "unknown key 'outcomes'"),
]


@pytest.mark.parametrize(("old", "new", "place", "fault"), PLAIN_FAULTS)
def test_a_mistake_is_named_at_its_line_and_column(old, new, place, fault):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(PayoffFileError) as caught:
        loads(text, "game.yaml")
    found = [(p.line, p.col) for p in caught.value.problems if fault in str(p)]
    assert found == [place], str(caught.value)


PRIVATE_FAULTS = [
    ("player: B", "player: C", (16, 11), "unknown 'C'"),
    ("  player: B\n", "", (16, 3), "private.player is missing"),
    ("chance: p,", "chance: pp,", (19, 20), "unknown name 'pp'"),
    ("{chance: p, set: {x: 15}}", "{set: {x: 15}}", (19, 5), "keen.chance is missing"),
    ("set: {x: 15}", "set: {y: 15}", (19, 29), "unknown parameter 'y'"),
    ("set: {x: 15}", "set: {x: 150}", (19, 32), "outside range [0, 20]"),
    ("chance: p,", "chance: p + p,", (16, 3), "sum to 1.3"),
    ("{mild: k, keen: 0}", "{mild: k}", (20, 30), "cost.keen is missing"),
    ("{mild: k, keen: 0}", "[1, 2]", (20, 30), "cost is a list"),
    ("{mild: k, keen: 0}", "{mild: k, kean: 0}", (20, 40), "did you mean 'keen'"),
    ("offer: deal", "offer: dael", (21, 22), "did you mean 'deal'"),
    ("{offer: deal, none: rupture}", "{}", (21, 14), "responses is empty"),
    ("otherwise: rupture", "otherwise: nothing", (22, 14), "unknown 'nothing'"),
    ("  otherwise: rupture\n", "", (16, 3), "private.otherwise is missing"),
]


@pytest.mark.parametrize(("old", "new", "place", "fault"), PRIVATE_FAULTS)
def test_a_mistake_about_who_knows_what_is_named_too(old, new, place, fault):
    text = PRIVATE.replace(old, new, 1)
    assert text != PRIVATE
    with pytest.raises(PayoffFileError) as caught:
        loads(text, "bargain.yaml")
    found = [(p.line, p.col) for p in caught.value.problems if fault in str(p)]
    assert found, str(caught.value)
    assert place in found, str(caught.value)


def test_what_is_behind_private_information_is_the_bargain():
    model = loads(PRIVATE)
    assert model.kind == "signalling"
    assert model.bargain().kind == "repeated"
    assert model.bargain().game().payoffs.shape == (2, 2, 2)


def test_a_signalling_game_given_by_its_payoffs_is_no_game_of_two_actions():
    with pytest.raises(UsageError, match="signalling game"):
        loads(GOOD).game()
