"""`negotiate play` as people and scripts use it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from negotiation.cli import main


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(main, ["play", *arguments], prog_name="negotiate", **more)


def data(*arguments: str) -> dict[str, Any]:
    found = run(*arguments, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_moves_are_played_and_added_up() -> None:
    found = data("prisoners-dilemma", "--as", "Row", "--moves", "C,D", "--periods", "4")
    assert [t["payoffs"] for t in found["turns"]] == [[9, 9], [10, 1], [3, 3], [3, 3]]
    assert found["totals"] == [25, 16]
    assert found["deal_totals"] == [36, 36]
    assert found["turns"][1]["later_cost"][0] == pytest.approx(18)
    assert found["account"] == [
        "Round 2: D instead of C brought Row 1 more at once and cost it 18 later: it did not pay."
    ]


def test_names_numbers_and_nothing_name_moves() -> None:
    wanted = data("prisoners-dilemma", "--moves", "C,D,D")
    assert data("prisoners-dilemma", "--moves", "1,2,") == wanted
    assert data("prisoners-dilemma", "--moves", ", 2 ,D") == wanted


def test_two_runs_with_one_seed_print_the_same() -> None:
    asked = ("abreu-cournot", "--against", "random", "--moves", "medium,high", "--seed", "11")
    assert run(*asked).output == run(*asked).output
    assert run(*asked).output != run(*asked[:-1], "12").output


def test_a_person_is_asked_and_mistakes_are_asked_again() -> None:
    found = run("prisoners-dilemma", "--periods", "3", input="\nE\n2\n1\n")
    assert found.exit_code == 0
    assert "D brings 10" in found.output
    assert "Column has no action 'E'" in found.stderr
    assert "Column played D (breach)" in found.output
    assert "Whom you met" in found.output


def test_the_end_of_the_input_ends_the_match() -> None:
    found = run("prisoners-dilemma", input="1\n")
    assert found.exit_code == 0
    assert "In 1 round Column got 9 in all" in found.output
    assert run("prisoners-dilemma", input="").exit_code == 2


def test_two_people_play_both_sides() -> None:
    found = run(
        "prisoners-dilemma", "--against", "yourself", "--periods", "2", input="1\n2\n2\n2\n"
    )
    assert "Column played D (breach)" in found.output
    assert "What was agreed" in found.output
    same = data("prisoners-dilemma", "--against", "yourself", "--moves", "C/D,D/D")
    assert same["as"] is None
    assert same["turns"][0]["payoffs"] == [1, 10]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--moves", "C,Q"], "move 2: Column has no action 'Q'"),
        (["--moves", "C", "--against", "yourself"], "not a pair of actions"),
        (["--moves", "C,C,C", "--periods", "2"], "3 moves for 2 periods"),
        (["--json"], "expected --moves too"),
        (["--as", "Rwo"], "did you mean 'Row'?"),
        (["--against", "gram"], "did you mean 'grim'?"),
        (["--set", "x=1"], "unknown parameter"),
    ],
)
def test_impossible_matches_are_refused_in_a_sentence(arguments: list[str], said: str) -> None:
    found = run("prisoners-dilemma", *arguments)
    assert found.exit_code == 2
    assert said in found.stderr
    assert "Traceback" not in found.output


def test_a_state_that_moves_stays_where_it_starts() -> None:
    found = run("substitution-race", "--moves", "1", "--periods", "2", "--against", "random")
    assert found.exit_code == 0
    assert "frozen" in found.stderr
