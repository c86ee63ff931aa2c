"""The page: what it holds, how it is laid out, and that nothing is wider than it should be."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import GAMES, solve_game

from negotiation import text
from negotiation.game import Game, Outcome
from negotiation.payments import payments
from negotiation.payoff_file import bundled
from negotiation.solution import Solution, solve
from negotiation.terminal import plain, show
from negotiation.text import Block, page
from negotiation.verdict import verdict

FLAGSHIP = "chips-for-rare-earths"
SMALL = [slug for slug in bundled() if slug != "wider-bargain"]


def text_of(found: Solution, *, full: bool = False, width: int = 100) -> str:
    return plain(page(found, full=full), width)


def section(found: Solution, title: str, *, full: bool = False) -> str:
    (block,) = (b for b in page(found, full=full) if b.title.startswith(title))
    return plain((block,))


def flat(told: str) -> str:
    return " ".join(told.split())


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


def test_stars_mark_best_replies_and_letters_name_outcomes(solved):
    told = section(solved("prisoners-dilemma"), "Payoffs")
    assert "C  9, 9 a  1, 10*" in told
    assert "D  10*, 1  3*, 3* b" in told
    assert "Outcomes: a cooperation, b mutual defection." in told


def test_a_wide_table_has_the_two_payoffs_of_a_cell_on_two_lines(solved):
    lines = section(solved(FLAGSHIP), "Payoffs").splitlines()
    row = next(k for k, line in enumerate(lines) if "license" in line)
    assert lines[row].split() == ["license", "-15.2", "-2", "-22.3", "-9.08", "-43.2", "-30"]
    assert lines[row + 1].split()[:3] == ["19.3", "b", "0.5"]


def test_an_eight_by_eight_table_with_long_names_is_readable():
    draw = np.random.default_rng(1)
    names = tuple(tuple(f"{who} does thing+{k}" for k in range(8)) for who in "ab")
    found = solve_game(3)
    game = Game.from_tables(*draw.integers(-999, 999, (2, 8, 8)), discount=0.5, actions=names)
    wide = replace(found, game=game, outcomes=())
    lines = plain((text._matrix(wide),)).splitlines()
    assert max(map(len, lines)) <= 100
    assert "thing+" in lines[1] + lines[2] + lines[3]


def test_thresholds_of_the_flagship(solved):
    told = section(solved(FLAGSHIP), "If played for ever")
    assert re.search(r"managed truce \[truce\] +yes, robust +0\.075 +0\.794 +0\.794 +0\.794", told)
    assert re.search(r"standoff \[truce\] +no, impossible +never +never +never +never", told)
    assert "0.800 for US and 0.900 for China" in flat(told)
    assert "Not sustained at any patience that both share: US squeeze and Chinese squeeze" in flat(
        told
    )


def test_temptations_of_the_flagship(solved):
    told = section(solved(FLAGSHIP), "If someone breaks")
    assert re.search(r"managed truce +US +embargo +\+2\.11 +-20\.3", told)
    assert re.search(r"China +cut\+buy +\+6\.1 +-0\.812", told)
    assert re.search(r"China +cut\+buy +\+13\.8 +\+6\.87", told)


def test_a_name_for_several_cells_is_shown_with_its_cell(solved):
    told = text_of(solved(FLAGSHIP, s=0.8))
    assert "rupture (embargo / cut+refuse)" in told
    assert "cut+buy" in section(solved(FLAGSHIP, s=0.8), "If played once")


def test_where_nothing_holds_there_is_a_sentence_and_no_empty_table(solved):
    told = text_of(solved("matching-pennies"), full=True)
    assert "Nothing holds. Not sustained at any patience that both share: all 4 cells." in told
    assert "Robust, or only possible?" not in told
    assert "What keeps each outcome going" not in told


def test_mixtures_are_given_in_per_cent(solved):
    assert "heads (50%) or tails (50%)" in section(solved("matching-pennies"), "If played once")


def test_connected_equilibria_are_counted(solved):
    assert "They form one connected set:" in section(solved(FLAGSHIP), "If played once")
    assert "They form 2 connected sets:" in section(solved("h200-licence"), "If played once")


def test_long_lists_are_cut_and_say_so(solved):
    found = solved("prisoners-dilemma")
    stage = replace(
        found.stage, equilibria=found.stage.equilibria * 30, components=((0,),), complete=False
    )
    told = section(replace(found, stage=stage), "If played once")
    assert "6 more in the JSON." in told
    assert "too large to be sure that these are all of them" in told
    many = replace(found, outcomes=found.outcomes * 15)
    assert "6 more in the JSON." in section(many, "If played for ever")


def test_a_threshold_under_one_s_feet_is_pointed_out(solved):
    found = solved("prisoners-dilemma")
    edge = replace(found, repeated=replace(found.repeated, near_critical=True))
    assert "with a hair less, part of this is lost" in flat(section(edge, "If played for ever"))


def test_a_simple_threat_that_is_mixed_is_pointed_out(solved):
    found = solved("prisoners-dilemma")
    o = replace(found.outcomes[0], nash_reversion=0.1, optimal_penal_code=None)
    assert "is a mixed one" in flat(section(replace(found, outcomes=(o,)), "If played for ever"))
    assert "is a mixed one" not in flat(section(found, "If played for ever"))


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
    told = section(solved("h200-licence"), "If the sides can pay", full=True)
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
