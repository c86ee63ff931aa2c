"""Gambit's format for strategic games, both variants, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from negotiation.errors import UsageError
from negotiation.payoff_file.exchange.nfg import read_nfg

OUTCOMES = """NFG 1 R "Two by three" { "Alice \\"A\\"" "Bob" }

{ { "1" "2" } { "l" "m" "r" } }
"A comment, with { braces }"

{ { "a" 1, 2 } { "b" -1/3, 0.5 } { "" 1e2, 0 } }
1 2 3 0 2 1
"""
PAYOFFS = 'NFG 1 R "Plain" { "A" "B" } { 2 2 }\n\n9 9 10 1\n1 10 3 3\n'


def test_outcomes_and_their_numbers_are_read():
    title, players, actions, tables = read_nfg(OUTCOMES)
    assert (title, players) == ("Two by three", ('Alice "A"', "Bob"))
    assert actions == (("1", "2"), ("l", "m", "r"))
    third = Fraction(-1, 3)
    assert tables[0] == ((1, 100, third), (third, 0, 1))
    assert tables[1] == ((2, 0, Fraction(1, 2)), (Fraction(1, 2), 0, 2))


def test_payoffs_in_a_row_are_read():
    _, _, actions, tables = read_nfg(PAYOFFS)
    assert actions == (("1", "2"), ("1", "2"))
    assert tables == (((9, 1), (10, 3)), ((9, 10), (1, 3)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found the end"),
        ("EFG 2 R", "expected NFG"),
        ('NFG 1 R "x" { "A" } { 2 }\n1 2', "1 players"),
        ('NFG 1 R "x" { "A" "B" "C" } { 2 2 2 }\n', "3 players"),
        (PAYOFFS.replace("3 3", "3"), "found the end"),
        (PAYOFFS + " 4", "more follows"),
        (PAYOFFS.replace("10 1", "x 1"), "is not a number"),
        (PAYOFFS.replace("10 1", "1/0 1"), "is not a number"),
        (PAYOFFS.replace("{ 2 2 }", "{ 2 0 }"), "without strategies"),
        (OUTCOMES.replace("1 2 3 0", "1 2 9 0"), "no outcome 9"),
        (OUTCOMES.replace("1, 2", "1"), "expected an outcome"),
        ('NFG 1 R "x', "not closed"),
        ("NFG 1 R " + "{ " * 3000, "found"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(text, said):
    with pytest.raises(UsageError, match=said):
        read_nfg(text)
