"""One cell for ever: certified strategies, thresholds, and who is bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from negotiation.certificates.automaton import check_automaton
from negotiation.equilibria.repeated.payoff_set import payoff_set, with_discount
from negotiation.errors import CertificateError
from negotiation.games.game import Game, Outcome
from negotiation.payoff_file import load
from negotiation.solution import outcomes as playing
from negotiation.solution.outcomes import Deviation
from negotiation.solution.solution import solve
from tests.conftest import GAMES, solve_game


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
    threats = payoff_set(moved).min_spe_payoffs
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
        if o.tightest_player is None:
            assert not any(tempted)
        elif o.sustained:
            assert tempted[o.tightest_player]
            assert o.patience_margin[o.tightest_player] == pytest.approx(
                min(o.patience_margin), abs=1e-9
            )
        elif o.slack is not None:
            assert o.slack[o.tightest_player] < 0


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
    assert solve(game).outcomes[0].tightest_player == 0


def test_where_nothing_is_sustained_there_are_no_threats(solved):
    found = solved("matching-pennies")
    assert all(o.slack is None and not o.sustained for o in found.outcomes)
    assert {o.best_deviation[o.tightest_player].gain for o in found.outcomes} == {2.0}


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
    monkeypatch.setattr(playing, "sustain", with_wrong_path(playing.sustain))
    with pytest.raises(CertificateError, match="gain"):
        solve(load("prisoners-dilemma"))


def test_missing_strategies_are_refused(monkeypatch):
    monkeypatch.setattr(playing, "sustain", lambda *_: None)
    with pytest.raises(CertificateError, match="no strategies were found for 'cooperation'"):
        solve(load("prisoners-dilemma"))


def test_a_threshold_is_never_above_a_patience_that_is_known_to_be_enough(monkeypatch):
    monkeypatch.setattr(playing, "critical_discount_by_player", lambda *_: (None, 0.99))
    pact = solve(load("prisoners-dilemma")).outcomes[0]
    assert pact.optimal_penal_code_by_player == (0.75, 0.75)
