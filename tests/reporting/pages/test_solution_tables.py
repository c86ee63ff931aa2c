"""The tables of a page: cells, mixtures, thresholds and temptations."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from negotiation.games.game import Game
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages import solution as solution_tables
from tests.conftest import solve_game
from tests.first_edition import first_edition
from tests.reporting.page_text import FLAGSHIP, flat, section, text_of


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
    lines = plain((solution_tables.matrix(wide),)).splitlines()
    assert max(map(len, lines)) <= 100
    assert "thing+" in lines[1] + lines[2] + lines[3]


def test_thresholds_of_the_flagship(solved):
    told = section(solved(FLAGSHIP), "If played for ever")
    assert re.search(
        r"managed truce \[truce\] +yes, risk-dominant +0\.075 +0\.794 +0\.794 +0\.794", told
    )
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
    assert "They form 2 connected sets:" in section(
        solved(first_edition("h200-licence")), "If played once"
    )


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
