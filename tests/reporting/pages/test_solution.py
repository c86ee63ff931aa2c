"""The page: what it holds, how it is laid out, and that nothing is wider than it should be."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from negotiation.equilibria.repeated.stationary_transfers import payments
from negotiation.games.game import Game, Outcome
from negotiation.reporting.blocks import Block, plain, show
from negotiation.reporting.pages import solution as text
from negotiation.reporting.pages.solution import page
from negotiation.solution.solution import Solution, solve
from negotiation.solution.verdict import verdict
from tests.conftest import GAMES, solve_game
from tests.first_edition import first_edition
from tests.reference.library import BARGAINS
from tests.reporting.page_text import FLAGSHIP, flat, section, text_of

SMALL = [slug for slug in BARGAINS if slug != "wider-bargain"]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("slug", SMALL)
def test_bundled_models_fit_in_a_hundred_columns(solved, slug, full):
    told = text_of(solved(slug), full=full)
    assert max(map(len, told.splitlines())) <= 100
    assert told.endswith("\n")
    assert not told.endswith("\n\n")
    assert "\x1b" not in told


@pytest.mark.parametrize("width", [0, 1, 30, 60, 80, 160, 500])
def test_any_width_shows_everything(solved, width):
    wide, narrow = (text_of(solved(FLAGSHIP), width=w) for w in (100, width))
    assert sorted(re.findall(r"-?\d+\.\d+", wide)) == sorted(re.findall(r"-?\d+\.\d+", narrow))
    if width >= 80:
        assert max(map(len, narrow.splitlines())) <= max(width, 100)


@pytest.mark.parametrize("k", range(len(GAMES)))
def test_every_small_game_has_a_page(k):
    for full in (False, True):
        told = text_of(solve_game(k), full=full)
        assert max(map(len, told.splitlines())) <= 100
        assert not re.search(r"\bnan\b|\binf\b|None|\bfloat", told)
        assert "  \n" not in told


def test_the_page_opens_with_the_regime_and_the_verdict(solved):
    first = page(solved(FLAGSHIP))[0]
    assert first.title == "ARMED TRUCE"
    assert first.lines == verdict(solved(FLAGSHIP))


def test_blocks_come_in_the_order_of_questions(solved):
    titles = [b.title for b in page(solved(FLAGSHIP), full=True)]
    assert titles == [
        "ARMED TRUCE",
        "Payoffs per quarter: US (rows), China (columns)",
        "If played once",
        "If played for ever",
        "If someone breaks the outcome",
        "What keeps each outcome going",
        "Robust, or only possible?",
        "If the sides can pay each other",
        "Method",
        "Assumed, without a source",
        "What this does not say",
    ]


def test_strategies_are_told_for_what_holds_and_reasons_for_what_does_not(solved):
    told = flat(section(solved(FLAGSHIP), "What keeps each outcome going", full=True))
    assert "- managed truce: grim. Both keep to condition / supply+buy every quarter." in told
    assert "- standoff is not sustained: China gets 0.5 per quarter from it" in told


def test_renegotiation_names_whose_punishment_does_not_pay():
    # (1, 1) is a better equilibrium of playing once; whoever punishes would rather not.
    a = np.array([[5, 4, 0], [5.5, 5.2, 0], [0, 0, 1]])
    found = paid((a, a.T), 0.9)
    assert found.renegotiation[0, 0].fails == (0, 1)
    told = flat(section(found, "Robust", full=True))
    assert "no: punishing Row and Column does not pay" in told


def paid(tables: Any, discount: float) -> Solution:
    truce = (Outcome("deal", ((0, 0),), truce=True),)
    return solve(Game.from_tables(*tables, discount=discount, outcomes=truce))


def test_payments_that_would_sustain_a_truce_are_checked_against_their_definition():
    found = paid(([[4, 0], [6, 2]], [[4, 5], [0, 2]]), 0.45)
    deal = payments(found.game, (0, 0))
    assert deal is not None
    low, high = sorted(map(abs, deal.interval))
    told = flat(section(found, "If the sides can pay", full=True))
    assert f"deal would hold if Column paid Row between {low:.3g} and {high:.3g} each" in told


def test_truces_that_no_payment_sustains_or_that_need_none(solved):
    told = section(solved(first_edition("h200-licence")), "If the sides can pay", full=True)
    assert "clean sale: no payment each year would sustain it at this patience" in told
    found = paid(([[9, 1], [10, 3]], [[9, 10], [1, 3]]), 0.1)
    told = flat(section(found, "If the sides can pay", full=True))
    deal = payments(found.game, (0, 0))
    assert ("no payment each" in told) == (deal is None)
    held = solved("prisoners-dilemma")
    free = replace(held, outcomes=(replace(held.outcomes[0], sustained=False),))
    assert "would hold without a regular payment" in text._payments(free).lines[0]


def test_assumptions_and_omissions_close_the_page(solved):
    told = flat(text_of(solved(FLAGSHIP)))
    assert "patience_us and patience_cn (10 of 22 parameters)." in told
    assert "Left out of this model: - Taiwan and anything military." in told
    assert "Assumed" not in text_of(solve_game(0))


def test_lists_hang_and_words_are_not_split():
    block = Block("t", lines=("- " + "well-known word " * 12,), header=("a",), rows=())
    lines = plain((block,), 60).splitlines()
    assert lines[1].startswith("- well-known")
    assert lines[2].startswith("  w")
    assert not any(line.endswith("-") for line in lines)


def test_columns_take_the_width_that_a_terminal_takes():
    block = Block("t", header=("who", "x"), rows=(("東京", "1"), ("e\u0301", "2"), ("ab", "3")))
    lines = plain((block,)).splitlines()
    assert lines[3] == "  東京  1"
    assert lines[4] == "  e\u0301     2"
    assert lines[5] == "  ab    3"


def test_a_terminal_shows_the_same_lines(solved, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    blocks = page(solved("prisoners-dilemma"))
    show(blocks)
    assert capsys.readouterr().out.rstrip() == plain(blocks).rstrip()


def test_cells_are_wrapped_after_spaces_and_plus_signs_only():
    name = "embargo+hold / supply+refuse"
    block = Block("t", header=("outcome", "n"), rows=((name, "-1.5"),))
    lines = plain((block,), 30).splitlines()[3:]
    assert max(map(len, lines)) <= 30
    assert "".join(line.strip().removesuffix("-1.5").strip() for line in lines).replace(
        " ", ""
    ) == name.replace(" ", "")
