"""From a model to a checked solution: units, names, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.stage import nash as stage
from negotiation.errors import CertificateError, GameError, UsageError
from negotiation.games.game import Game
from negotiation.payoff_file import load, loads
from negotiation.solution.as_json import to_dict
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution, solve
from tests.conftest import GAMES, solve_game
from tests.first_edition import first_edition

SOME = range(0, len(GAMES), 3)


def same(a: float | None, b: float | None) -> bool:
    return a == b if a is None or b is None else abs(a - b) < 1e-7


def alike(one: Solution, other: Solution) -> None:
    """Assert that nothing that has no unit differs."""
    assert one.regime == other.regime
    assert one.sustained == other.sustained
    assert one.repeated.status == other.repeated.status
    assert len(one.stage.equilibria) == len(other.stage.equilibria)
    for e, f in zip(one.stage.equilibria, other.stage.equilibria, strict=True):
        assert e.exact == f.exact
    for o, p in zip(one.outcomes, other.outcomes, strict=True):
        assert (o.band, o.sustained, o.tightest_player) == (p.band, p.sustained, p.tightest_player)
        assert [d.action for d in o.best_deviation] == [d.action for d in p.best_deviation]
        assert all(map(same, thresholds(o), thresholds(p)))
        assert all(map(same, o.trust.critical_belief, p.trust.critical_belief))


def thresholds(o: OutcomeResult) -> list[float | None]:
    return [
        o.nash_reversion,
        o.optimal_penal_code,
        *o.nash_reversion_by_player,
        *o.optimal_penal_code_by_player,
    ]


@pytest.mark.parametrize("k", SOME)
@pytest.mark.parametrize(("factor", "shift"), [(1e6, 0.0), (1.0, 1e6), (1e-6, 0.0)])
def test_units_change_nothing(k, factor, shift):
    game = GAMES[k]
    moved = Game.from_tables(
        *(game.payoffs * factor + shift), discount=game.discount, outcomes=game.outcomes
    )
    alike(solve_game(k), solve(moved))


DECIMALS = """
title: A quarrel
players:
  Row: {{actions: [C, D], discount: 0.7}}
  Column: {{actions: [C, D], discount: 0.7}}
payoffs:
  Row: [[{0}, {1}], [{2}, {3}]]
  Column: [[{0}, {2}], [{1}, {3}]]
outcomes:
  peace: {{profiles: [[C, C]], truce: true}}
"""


def test_units_change_nothing_in_a_file_with_decimals():
    small = solve(loads(DECIMALS.format("0.3", "0.1", "0.4", "0.2")))
    large = solve(loads(DECIMALS.format("300000", "100000", "400000", "200000")))
    moved = solve(loads(DECIMALS.format("1000000.3", "1000000.1", "1000000.4", "1000000.2")))
    alike(small, large)
    alike(small, moved)
    assert small.outcomes[0].optimal_penal_code == pytest.approx(0.5)


def mirrored(game: Game) -> Game:
    outcomes = tuple(
        replace(o, profiles=tuple((b, a) for a, b in o.profiles)) for o in game.outcomes
    )
    return Game.from_tables(
        game.payoffs[1].T, game.payoffs[0].T, discount=game.discount[::-1], outcomes=outcomes
    )


@pytest.mark.parametrize("k", SOME)
def test_naming_the_other_player_first_mirrors_everything(k):
    one, other = solve_game(k), solve(mirrored(GAMES[k]))
    assert (one.regime, one.sustained) == (other.regime, other.sustained)
    pairs = {(e.exact[1], e.exact[0]) for e in other.stage.equilibria}
    assert {e.exact for e in one.stage.equilibria} == pairs
    for o, p in zip(one.outcomes, other.outcomes, strict=True):
        assert (o.band, o.profile) == (p.band, p.profile[::-1])
        assert same(o.optimal_penal_code, p.optimal_penal_code)
        for x, y in (
            (o.optimal_penal_code_by_player, p.optimal_penal_code_by_player),
            (o.trust.critical_belief, p.trust.critical_belief),
            ([d.gain for d in o.best_deviation], [d.gain for d in p.best_deviation]),
        ):
            assert all(map(same, x, y[::-1]))
        if o.tightest_player is not None and len(set(np.round(o.patience_margin, 9))) == 2:
            assert p.tightest_player == 1 - o.tightest_player


def test_a_bare_table_examines_every_cell():
    found = solve(Game.from_tables([[1, 2], [3, 4]], [[1, 2], [3, 4]], discount=0.5))
    assert [o.name for o in found.outcomes] == ["0 / 0", "0 / 1", "1 / 0", "1 / 1"]
    assert found.model is None
    assert found.parameters == {}


def test_values_and_settings_are_kept(solved):
    found = solved(first_edition("chips-for-rare-earths"), s=0.8)
    assert found.parameters["s"] == 0.8
    assert found.settings == {"s": 0.8}
    assert found.worst_stage.tolist() == pytest.approx([-28, 6.6])
    assert found.sustained == ("rupture",)


def test_the_public_name_gives_the_same_answer(solved):
    assert ng.solve(load("prisoners-dilemma")).to_dict() == to_dict(solved("prisoners-dilemma"))


def test_impossible_questions_are_refused():
    with pytest.raises(UsageError, match="unknown parameter"):
        solve(load(first_edition("chips-for-rare-earths")), zz=1)
    with pytest.raises(GameError, match="batch"):
        solve(Game.from_tables(np.zeros((3, 2, 2)), np.zeros((3, 2, 2))))


def test_one_off_equilibria_that_fail_their_check_are_refused(monkeypatch):
    good = stage.completely_labelled
    # Every pair of vertices is claimed to be an equilibrium.
    monkeypatch.setattr(
        stage,
        "completely_labelled",
        lambda xs, ys, n: (
            [(i, j) for i in range(len(xs)) for j in range(len(ys))] or good(xs, ys, n)
        ),
    )
    with pytest.raises(CertificateError, match="gains"):
        solve(load("prisoners-dilemma"))
