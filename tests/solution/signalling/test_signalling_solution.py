"""What stands behind a signal: proposals kept up or refused, and what a message is worth."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from negotiation.equilibria.signalling.lists import Known, equilibrium_list
from negotiation.errors import GameError, PayoffFileError, UsageError
from negotiation.payoff_file import load, loads
from negotiation.solution.signalling.as_json import signalling_dict
from negotiation.solution.signalling.solution import refusal_chance, solve_signals
from negotiation.solution.signalling.verdict import signalling_verdict
from negotiation.solution.solution import solve
from negotiation.sweeps.signalling import NO_GAME, signal_line, signal_map
from tests.payoff_file.sections.test_signalling_sections import PRIVATE
from tests.reference.signalling import random_game

MODEL = loads(PRIVATE)


def test_a_proposal_is_kept_up_where_the_repeated_game_says_so():
    for p in solve_signals(MODEL).proposals:
        at = {"mild": 1, "keen": 15}[p.type]
        known = {o.name: o for o in solve(MODEL.bargain(), x=at).outcomes}
        assert p.kept == known[p.outcome].sustained
        assert p.slack == pytest.approx(known[p.outcome].slack)
        assert [float(v) for v in p.offered] == list(known[p.outcome].payoffs)


def test_what_is_refused_is_replaced_and_the_refuser_is_named():
    refused = [p for p in solve_signals(MODEL).proposals if not p.kept]
    assert [(p.type, p.outcome, p.played, p.refused_by) for p in refused] == [
        ("keen", "deal", "rupture", (1,))
    ]
    assert refused[0].payoffs == (0, 0)
    assert refused[0].best[1] == ("break", 15.0)


def test_an_alternative_that_cannot_be_kept_up_is_an_error_with_its_place():
    text = PRIVATE.replace("otherwise: rupture", "otherwise: deal")
    with pytest.raises(PayoffFileError, match=r"22:14.*'deal' cannot be kept up at type 'keen'.*B"):
        solve_signals(loads(text, "bargain.yaml"))


def test_costs_are_paid_out_of_the_payoff_of_the_side_that_knows():
    game = solve_signals(MODEL, k=Fraction(3, 2)).game
    assert game.players == ("B", "A")
    assert game.sender[0] == ((Fraction(3, 2), Fraction(-3, 2)), (3, 0))
    assert game.receiver[0][0] == game.receiver[0][1] == (3, 0)


def test_setting_what_every_type_sets_is_refused():
    with pytest.raises(UsageError, match="given type by type"):
        solve_signals(MODEL, x=2)


def test_chances_that_do_not_sum_to_one_at_a_setting_are_an_error():
    text = PRIVATE.replace("chance: p,", "chance: p*p + p*(1 - p)*2,").replace(
        "chance: 1 - p", "chance: (1 - p)*(1 - p)"
    )
    assert len(solve_signals(loads(text)).equilibria.classes) > 0
    wrong = PRIVATE.replace("chance: p,", "chance: 0.3,")
    with pytest.raises(GameError, match="sum to"):
        solve_signals(loads(wrong), p=0.5)


def test_the_json_says_everything_once_and_in_plain_numbers():
    data = signalling_dict(solve_signals(load("beer-quiche")))
    assert data["schema"] == "negotiate/solve/1"
    own = data["signalling"]
    assert own["complete"] is True
    assert own["cells"] == 4
    assert [c["kind"] for c in own["classes"]] == ["pooling", "pooling"]
    assert own["classes"][0]["payoffs"] == {"weak": [2, 2], "strong": [3, 3]}
    assert own["classes"][0]["responses"]["quiche"]["fight"] == [0.5, 1]
    assert own["thresholds"][0]["belief"] == 0.5
    assert [(p["from"], p["to"]) for p in own["prior_line"]] == [(0, 0.5), (0.5, 0.5), (0.5, 1)]


def test_the_verdict_names_what_is_answered_and_why_nothing_changes():
    words = " ".join(signalling_verdict(solve_signals(load("beer-quiche"))))
    assert "no message changes Bully's mind" in words
    one = " ".join(signalling_verdict(solve_signals(load("beer-quiche"), p_strong=1)))
    assert "'strong' for certain" in one


def test_lists_are_the_classes_of_the_solution_whichever_way_they_are_found():
    for seed in range(40):
        game = random_game(seed, (2, 2, 2))
        assert equilibrium_list(game, Known()) == equilibrium_list(game)


def test_a_line_changes_where_the_exact_prior_line_does():
    model = load("beer-quiche")
    line = signal_line(model, "p_strong", (0.1, 0.9), {}, points=17)
    assert [s.low for s in line.stretches[1:]] == pytest.approx([0.5], abs=1e-9)
    exact = [float(p.low) for p in solve_signals(model).priors if p.low > 0]
    assert set(exact) == {0.5}


def test_a_map_is_a_grid_of_solutions():
    found = signal_map(MODEL, {"p": (0, 1), "k": (0, 6)}, {}, points=6)
    for i, p in enumerate(found.values[0]):
        for j, k in enumerate(found.values[1]):
            line = signal_map(MODEL, {"p": (p, p + 1e-9), "k": (k, k + 1e-9)}, {}, points=1)
            assert found.lists[found.index[i, j]] == line.lists[0]
    assert np.unique(found.index).size == len(found.lists)


def test_where_there_is_no_game_a_line_says_so():
    text = PRIVATE.replace("chance: 1 - p", "chance: 0.7")
    line = signal_line(loads(text), "p", (0.1, 0.9), {}, points=5)
    assert any(s.classes == NO_GAME for s in line.stretches)


def test_the_chance_of_a_refusal_is_that_of_the_type_that_refuses():
    solution = solve_signals(MODEL, p=0.1)
    for c in solution.equilibria.classes:
        low, high = refusal_chance(solution, c)
        assert 0 <= low <= high <= 0.1 + 1e-12


def test_the_chance_of_a_refusal_is_the_sum_over_what_is_sent_and_answered():
    """By hand: the share of the type that refuses, times the chance that it is offered the deal."""
    counted = 0
    for p, k in ((0.1, 2), (0.5, 0.5), (0.9, 1), (0.97, 2.5)):
        solution = solve_signals(MODEL, p=p, k=k)
        game = solution.game
        keen, offer = game.types.index("keen"), 0
        for c in solution.equilibria.classes:
            seen = (*c.sends, *(c.responses[m] for m in c.sent))
            if any(low < high for rows in seen for low, high in rows):
                continue
            expected = game.prior[keen] * sum(
                c.sends[keen][m][0] * c.responses[m][offer][0] for m in c.sent
            )
            assert refusal_chance(solution, c) == (expected, expected)
            counted += 1
    assert counted


def test_a_proposal_that_no_type_can_keep_up_is_a_result():
    text = PRIVATE.replace("set: {x: 1}", "set: {x: 14}").replace("none: rupture", "none: rupture")
    solution = solve_signals(loads(text))
    assert [p.played for p in solution.proposals if p.outcome == "deal"] == ["rupture"] * 2
    words = " ".join(signalling_verdict(solution))
    assert "no message changes A's mind" in words
