"""Batches: the same answers as one game at a time."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.batch import REGIME_NAMES, BatchSolution, solve_batch
from negotiation.batch_exact import empty_facts, solve_exactly
from negotiation.batch_parts import mixed_nash_batch, payoff_sets_batch
from negotiation.errors import GameError
from negotiation.polygon import hausdorff
from negotiation.repeated import payoff_set


def test_a_batch_says_what_solve_says_of_each_game() -> None:
    model = ng.load("chips-for-rare-earths")
    game = model.game(s=np.array([0.2, 0.5, 0.62, 0.7]), patience_cn=np.array([0.4, 0.7, 0.9, 0.6]))
    batch = solve_batch(game)
    for k in range(4):
        alone = ng.solve(ng.Game(game.payoffs[k], game.discount[k], outcomes=game.outcomes))
        assert REGIME_NAMES[batch.regime[k]] == alone.regime
        for outcome in alone.outcomes:
            found = batch.outcome(outcome.profile)
            assert found.sustained[k] == outcome.sustained
            assert found.slack[k] == pytest.approx(outcome.slack)
            for name in ("nash_reversion", "transfers"):
                least = getattr(outcome, name)
                assert getattr(batch, name)[(k, *outcome.profile)] == pytest.approx(
                    np.inf if least is None else least
                )


def _check_against_the_exact_path(batch: BatchSolution) -> None:
    game = batch.game
    facts = empty_facts(len(game.payoffs), *game.shape)
    for k in range(len(game.payoffs)):
        solve_exactly(ng.Game(game.payoffs[k], game.discount[k]), facts, k)
    scale = np.ptp(game.payoffs, axis=(2, 3)).max(axis=1)[:, None]
    assert (batch.status == facts.status).all()
    assert (batch.pure_equilibria == facts.cells).all()
    assert (batch.sustained == facts.held).all()
    near = np.abs(batch.threats - facts.threats) <= 1e-8 * scale
    assert (near | (np.isnan(batch.threats) & np.isnan(facts.threats))).all()
    assert (np.abs(batch.worst_stage - facts.worst) <= 1e-12 * scale).all()
    lopsided = REGIME_NAMES.index("lopsided truce")
    assert ((batch.regime == lopsided) == facts.better).all()


@pytest.mark.parametrize("kind", ["real", "integer", "tied"])
def test_random_games_agree_with_the_exact_path(kind: str) -> None:
    rng = np.random.default_rng(5)
    draw = {
        "real": lambda size: rng.random(size),
        "integer": lambda size: rng.integers(-10, 11, size).astype(float),
        "tied": lambda size: rng.integers(0, 3, size).astype(float),
    }[kind]
    for n in ((2, 2), (3, 3), (2, 4)):
        discount = rng.choice([0.0, 0.2, 0.5, 0.6, 0.8, 0.9, 0.99], 40)
        game = ng.Game(draw((40, 2, *n)), discount[:, None] * np.ones(2))
        _check_against_the_exact_path(solve_batch(game))


def test_a_single_game_is_refused() -> None:
    with pytest.raises(GameError, match="use solve"):
        solve_batch(ng.Game.from_tables([[1]], [[1]]))


def test_games_with_different_discount_factors_agree_with_the_exact_path() -> None:
    rng = np.random.default_rng(8)
    discount = rng.uniform(0.1, 0.9, (12, 2))
    integers = ng.Game(rng.integers(-5, 6, (12, 2, 2, 3)).astype(float), discount)
    _check_against_the_exact_path(solve_batch(integers))
    model = ng.load("chips-for-rare-earths")
    points = {"s": rng.uniform(0.1, 0.8, 20), "patience_cn": rng.uniform(0.2, 0.9, 20)}
    flagship = model.game(**points)
    bare = ng.Game(flagship.payoffs, flagship.discount)
    batch = solve_batch(bare)
    assert not batch.finished_exactly.all()
    _check_against_the_exact_path(batch)


def test_without_payoff_sets_all_else_is_the_same() -> None:
    model = ng.load("chips-for-rare-earths")
    game = model.game(s=np.linspace(0.3, 0.8, 6)[:, None], patience_cn=np.linspace(0.3, 0.9, 6))
    whole, part = solve_batch(game), solve_batch(game, payoff_sets=False)
    assert (whole.regime == part.regime).all()
    assert (whole.sustained == part.sustained).all()
    assert np.allclose(whole.threats, part.threats, rtol=0, atol=1e-7, equal_nan=True)


def test_all_stage_equilibria_of_a_batch_are_found_ties_included() -> None:
    rng = np.random.default_rng(3)
    real, tied = rng.random((60, 2, 3, 3)), rng.integers(0, 3, (60, 2, 3, 3))
    game = ng.Game(np.concatenate((real, tied)), np.zeros(2))
    found = mixed_nash_batch(game)
    assert not found.finished_exactly[:60].any()
    assert found.finished_exactly[60:].any()
    for k in range(120):
        expected = [np.concatenate(e.strategies) for e in ng.nash(_one(game, k)).equilibria]
        got = np.concatenate([x[k, : found.counts[k]] for x in found.strategies], axis=1)
        assert len(got) == len(expected)
        for strategies in expected:
            assert np.abs(got - strategies).max(axis=1).min() < 1e-9


def test_vertices_of_a_batch_are_those_of_each_game() -> None:
    rng = np.random.default_rng(4)
    game = ng.Game(rng.random((40, 2, 3, 3)), rng.choice([0.3, 0.6, 0.9], (40, 1)) * np.ones(2))
    found = payoff_sets_batch(game)
    for k in range(40):
        alone = payoff_set(_one(game, k))
        ring = found.vertices[k, : found.counts[k]]
        assert (len(ring) == 0) == (alone.status == "empty")
        if len(ring):
            assert hausdorff(ring, alone.vertices) <= found.gap[k] + alone.gap + 1e-9


def _one(game: ng.Game, k: int) -> ng.Game:
    return ng.Game(game.payoffs[k], game.discount[k])
