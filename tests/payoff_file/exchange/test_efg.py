"""Signalling games as Gambit's trees: there and back, and what is refused."""

from __future__ import annotations

import pytest

from negotiation.errors import PayoffFileError, UsageError
from negotiation.payoff_file import loads
from negotiation.payoff_file.exchange.efg import (
    convert_tree,
    read_tree,
    to_efg,
    to_signalling_yaml,
)
from negotiation.solution.signalling.solution import signalling_game_at
from tests.reference.signalling import random_game

CARDS = """\
EFG 2 R "Cards" { "Fred" "Alice" }
"A comment
over two lines."

c "" 1 "" { "Red" 1/2 "Black" 1/2 } 0
p "" 1 1 "" { "Raise" "Fold" } 0
p "" 2 1 "" { "Meet" "Pass" } 0
t "" 1 "Win Big" { 2, -2 }
t "" 2 "Win" { 1, -1 }
t "" 2 "Win" { 1, -1 }
p "" 1 2 "" { "Raise" "Fold" } 0
p "" 2 1 "" { "Meet" "Pass" } 0
t "" 3 "Lose Big" { -2, 2 }
t "" 2
t "" 4 "Lose" { -1, 1 }
"""


def test_a_tree_is_read_with_messages_that_end_the_game():
    game = read_tree(CARDS)
    assert game.players == ("Fred", "Alice")
    assert game.types == ("Red", "Black")
    assert game.responses == (("Meet", "Pass"), ("end",))
    assert game.sender == (((2, 1), (1,)), ((-2, 1), (-1,)))


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 3), (2, 3, 2)])
def test_a_game_survives_the_way_there_and_back(shape):
    for seed in range(4):
        game = random_game(seed, shape)
        back = read_tree(to_efg(game))
        assert (back.prior, back.sender, back.receiver) == (game.prior, game.sender, game.receiver)
        assert (back.types, back.messages) == (game.types, game.messages)
        again, _ = signalling_game_at(loads(to_signalling_yaml(game, "test")), {})
        assert (again.prior, again.sender, again.receiver) == (
            game.prior,
            game.sender,
            game.receiver,
        )


def test_payoffs_on_the_way_are_added_up():
    paid = CARDS.replace('{ "Raise" "Fold" } 0', '{ "Raise" "Fold" } 9 "paid" { 10, 0 }', 1)
    assert read_tree(paid).sender[0] == ((12, 11), (11,))


FAULTS = [
    ("EFG 2 R", "NFG 2 R", (1, 1), "'NFG' is out of place"),
    ('{ "Fred" "Alice" }', '{ "Fred" }', (1, 19), "a tree of 1 players"),
    ('c "" 1 "" { "Red" 1/2 "Black" 1/2 } 0', 'p "" 2 9 "" { "l" "r" } 0', (5, 1), "starts with"),
    ('"Red" 1/2', '"Red" 1/3', (5, 1), "chances that sum to 5/6"),
    ('"Red" 1/2', '"Red" half', (5, 19), "'half' is not a number"),
    ('p "" 1 2 "" { "Raise"', 'p "" 1 1 "" { "Raise"', (11, 1), "does not know what chance drew"),
    ('p "" 1 2 "" { "Raise" "Fold" }', 'p "" 1 2 "" { "Raise" "Call" }', (11, 1), "hangs on the"),
    ('p "" 1 2 "" { "Raise"', 'p "" 2 2 "" { "Raise"', (11, 1), "who moves first hangs on"),
    (
        'p "" 2 1 "" { "Meet" "Pass" } 0\nt "" 3',
        'p "" 2 2 "" { "Meet" "Pass" } 0\nt "" 3',
        (12, 1),
        "sees more than the message",
    ),
    ('t "" 1 "Win Big" { 2, -2 }', 't "" 1 "Win Big" { 2 }', (8, 6), "1 payoffs"),
    ('t "" 1 "Win Big" { 2, -2 }', 't "" 1 "Win Big" { 2, x }', (8, 23), "'x' is not a number"),
    ('t "" 4 "Lose" { -1, 1 }', 't "" 5', (15, 6), "outcome 5 has no payoffs"),
    ('t "" 4 "Lose" { -1, 1 }\n', "", (14, 7), "the file ends"),
    ("{ -1, 1 }\n", '{ -1, 1 }\nt "" 2\n', (16, 1), "more follows after the tree"),
    ('"Lose" { -1', '"Lose { -1', (15, 8), "quotation mark is not closed"),
    ('p "" 1 1 ""', 'p "" 3 1 ""', (6, 6), "no player 3"),
    ('p "" 1 1 ""', 'p "" 1 1.5 ""', (6, 8), "not a whole number"),
    ('p "" 1 1 ""', 'q "" 1 1 ""', (6, 1), "'q' is out of place"),
]


@pytest.mark.parametrize(("old", "new", "place", "fault"), FAULTS)
def test_another_tree_or_a_mistake_is_refused_at_its_place(old, new, place, fault):
    text = CARDS.replace(old, new, 1)
    assert text != CARDS
    with pytest.raises(PayoffFileError) as caught:
        read_tree(text, "game.efg")
    (problem,) = caught.value.problems
    assert fault in problem.message
    assert (problem.line, problem.col) == place


def test_a_receiver_who_does_not_see_the_message_is_another_tree():
    blind = read_tree(to_efg(random_game(0, (2, 2, 2))))
    text = to_efg(blind).replace('p "" 2 2 ""', 'p "" 2 1 ""')
    with pytest.raises(PayoffFileError, match="does not see the message"):
        read_tree(text)


def test_a_tree_becomes_a_file_and_never_over_another(tmp_path):
    source, new = tmp_path / "cards.efg", tmp_path / "cards.yaml"
    source.write_text(CARDS)
    convert_tree(str(source), str(new))
    assert loads(new.read_text()).kind == "signalling"
    with pytest.raises(UsageError):
        convert_tree(str(source), str(new))
    with pytest.raises(UsageError):
        convert_tree(str(tmp_path / "none.efg"), str(tmp_path / "x.yaml"))
