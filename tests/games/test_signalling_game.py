"""Tables that do not make a signalling game are refused with what is wrong."""

from __future__ import annotations

import pytest

from negotiation.errors import GameError
from negotiation.games.signalling_game import signalling_game

RESPONSES = {"m": ["a", "b"]}
ROWS = {"t": {"m": [1, 0]}, "u": {"m": [0, 1]}}


@pytest.mark.parametrize(
    ("prior", "responses", "rows", "fault"),
    [
        ({"t": 0.5, "u": 0.6}, RESPONSES, ROWS, "sum to 1.1"),
        ({"t": -0.5, "u": 1.5}, RESPONSES, ROWS, "negative"),
        ({"t": 0.5, "u": 0.5}, RESPONSES, {"t": ROWS["t"]}, "no payoffs for 'u'"),
        ({"t": 1}, RESPONSES, {"t": {"m": [1]}}, "one payoff for each"),
        ({"t": 1}, {"m": []}, {"t": {"m": []}}, "at least one response"),
        ({"t": 1}, {"m": ["a", "a"]}, {"t": {"m": [1, 0]}}, "named twice"),
        ({"t": float("nan")}, RESPONSES, ROWS, "finite"),
        ({"t": 1}, RESPONSES, {"t": {"m": [float("inf"), 0]}}, "finite"),
        ({"t": 1}, RESPONSES, {"t": {"m": ["1/0", 0]}}, "not a number"),
        ({}, RESPONSES, ROWS, "sum to 0"),
    ],
)
def test_what_is_wrong_is_said(prior, responses, rows, fault):
    with pytest.raises(GameError, match=fault):
        signalling_game(prior, responses, rows, rows)


def test_chances_that_sum_to_one_up_to_rounding_are_made_to():
    rows = {name: {"m": [1, 0]} for name in "abc"}
    game = signalling_game(dict.fromkeys("abc", 0.1 + 0.7 / 3), RESPONSES, rows, rows)
    assert sum(game.prior) == 1
