"""From a model to a checked solution: units, names, certificates, and who is bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import GAMES, solve_game

import negotiation as ng
from negotiation import solution as module
from negotiation import stage
from negotiation.certify_automaton import check_automaton
from negotiation.errors import CertificateError, GameError, UsageError
from negotiation.game import Game, Outcome
from negotiation.payoff_file import load, loads
from negotiation.repeated import payoff_set, with_discount
from negotiation.solution import Deviation, OutcomeResult, Solution, solve

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
        assert (o.band, o.sustained, o.binding) == (p.band, p.sustained, p.binding)
        assert [d.action for d in o.best_deviation] == [d.action for d in p.best_deviation]
        assert all(map(same, thresholds(o), thresholds(p)))
        assert all(map(same, o.trust.trust_needed, p.trust.trust_needed))


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
            (o.trust.trust_needed, p.trust.trust_needed),
            ([d.gain for d in o.best_deviation], [d.gain for d in p.best_deviation]),
        ):
            assert all(map(same, x, y[::-1]))
        if o.binding is not None and len(set(np.round(one.margins(o), 9))) == 2:
            assert p.binding == 1 - o.binding


@pytest.mark.parametrize("k", range(len(GAMES)))
def test_sustained_outcomes_have_strategies_that_pass_the_definition(k):
    for o in solve_game(k).outcomes:
        assert (o.strategy is not None) == o.sustained
        if o.strategy is not None:
            check_automaton(GAMES[k], o.strategy)
            assert o.strategy.states[0].profile == o.profile


def held_at(game: Game, profile: tuple[int, int], discount: Any) -> bool:
    """Whether playing `profile` for ever is in equilibrium, from the payoff set alone."""
    moved = with_discount(game, discount)
    threats = payoff_set(moved).threats
    if threats is None:
        return False
    a, b = profile
    paid = moved.payoffs[:, a, b]
    caught = np.array([moved.payoffs[0, :, b].max(), moved.payoffs[1, a].max()])
    value = (1 - moved.discount) * caught + moved.discount * threats
    return bool((paid >= value - 1e-9).all())


@pytest.mark.parametrize("k", range(10))
def test_thresholds_are_where_outcomes_begin_to_hold(k):
    game, (pact, _) = GAMES[k], solve_game(k).outcomes
    (reward, sucker), (tempt, punish) = game.payoffs[0]
    reward, tempt = (
        np.array([reward, game.payoffs[1, 0, 0]]),
        np.array([tempt, game.payoffs[1, 0, 1]]),
    )
    punish = np.array([punish, game.payoffs[1, 1, 1]])
    assert sucker < punish[0]
    need = (tempt - reward) / (tempt - punish)  # Friedman (1971): in a dilemma D, D is the minmax
    assert pact.optimal_penal_code == pytest.approx(need.max(), abs=1e-9)
    for i, least in enumerate(pact.optimal_penal_code_by_player):
        enough = need[1 - i] <= game.discount[1 - i]
        assert least == (pytest.approx(need[i], abs=1e-9) if enough else None)
    assert held_at(game, pact.profile, need.max() + 1e-6)
    assert not held_at(game, pact.profile, need.max() - 1e-6)


@pytest.mark.parametrize("k", range(len(GAMES)))
def test_the_binding_player_is_tempted_and_closest(k):
    found = solve_game(k)
    for o in found.outcomes:
        tempted = [d.gain > 0 for d in o.best_deviation]
        if o.binding is None:
            assert not any(tempted)
        elif o.sustained:
            assert tempted[o.binding]
            assert found.margins(o)[o.binding] == pytest.approx(min(found.margins(o)), abs=1e-9)
        elif o.slack is not None:
            assert o.slack[o.binding] < 0


def test_a_bare_table_examines_every_cell():
    found = solve(Game.from_tables([[1, 2], [3, 4]], [[1, 2], [3, 4]], discount=0.5))
    assert [o.name for o in found.outcomes] == ["0 / 0", "0 / 1", "1 / 0", "1 / 1"]
    assert found.model is None
    assert found.parameters == {}


def test_nothing_pays_better_than_a_best_reply_that_differs_by_rounding():
    game = Game.from_tables([[0.3], [0.1 + 0.2]], [[0.0], [0.0]], discount=0.5)
    assert [o.best_deviation[0] for o in solve(game).outcomes] == [
        Deviation(0, 0.0),
        Deviation(1, 0.0),
    ]


def test_a_player_who_cannot_be_held_there_is_bound_even_if_not_tempted():
    # Column likes (0, 0) best of its row; Row gets less than its minmax.
    game = Game.from_tables(
        [[0, 0], [2, 2]], [[1, 0], [1, 0]], outcomes=(Outcome("x", ((0, 0),), truce=True),)
    )
    assert solve(game).outcomes[0].binding == 0


def test_where_nothing_is_sustained_there_are_no_threats(solved):
    found = solved("matching-pennies")
    assert all(o.slack is None and not o.sustained for o in found.outcomes)
    assert {o.best_deviation[o.binding].gain for o in found.outcomes} == {2.0}


def test_values_and_settings_are_kept(solved):
    found = solved("chips-for-rare-earths", s=0.8)
    assert found.parameters["s"] == 0.8
    assert found.settings == {"s": 0.8}
    assert found.worst_stage.tolist() == pytest.approx([-28, 6.6])
    assert found.sustained == ("rupture",)


def test_the_public_name_gives_the_same_answer(solved):
    assert ng.solve(load("prisoners-dilemma")).to_dict() == solved("prisoners-dilemma").to_dict()


def test_impossible_questions_are_refused():
    with pytest.raises(UsageError, match="unknown parameter"):
        solve(load("chips-for-rare-earths"), zz=1)
    with pytest.raises(GameError, match="batch"):
        solve(Game.from_tables(np.zeros((3, 2, 2)), np.zeros((3, 2, 2))))


def with_wrong_path(good: Callable[..., Any]) -> Callable[..., Any]:
    """Make a solver of strategies that stays on the path after a breach."""

    def bad(*args: Any) -> Any:
        found = good(*args)
        if found is None or len(found.states) == 1:
            return found
        first, *rest = found.states
        return replace(found, states=(replace(first, after=(0, 0)), *rest))

    return bad


def test_strategies_that_fail_their_check_are_refused(monkeypatch):
    monkeypatch.setattr(module, "sustain", with_wrong_path(module.sustain))
    with pytest.raises(CertificateError, match="gain"):
        solve(load("prisoners-dilemma"))


def test_missing_strategies_are_refused(monkeypatch):
    monkeypatch.setattr(module, "sustain", lambda *_: None)
    with pytest.raises(CertificateError, match="no strategies were found for 'cooperation'"):
        solve(load("prisoners-dilemma"))


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


def test_a_threshold_is_never_above_a_patience_that_is_known_to_be_enough(monkeypatch):
    monkeypatch.setattr(module, "critical_discount_by_player", lambda *_: (None, 0.99))
    pact = solve(load("prisoners-dilemma")).outcomes[0]
    assert pact.optimal_penal_code_by_player == (0.75, 0.75)
