"""Batches: the same answers as one game at a time."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import empty_facts, stage
from negotiation.equilibria.repeated.set_parts import mixed_nash_batch, payoff_sets_batch
from negotiation.errors import GameError
from negotiation.kernels.hulls import hausdorff
from negotiation.sweeps.batch import REGIME_NAMES, solve_batch
from tests.first_edition import first_edition
from tests.reference.one_by_one import Tally, compare, random_games


def test_a_batch_says_what_solve_says_of_each_game() -> None:
    model = ng.load(first_edition("chips-for-rare-earths"))
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


@pytest.mark.parametrize(
    ("shape", "kind", "common", "count"),
    [
        ((2, 2), "integer", True, 800),
        ((2, 2), "tied", True, 700),
        ((2, 2), "real", True, 500),
        ((2, 3), "integer", True, 400),
        ((2, 3), "tied", True, 500),
        ((3, 3), "integer", True, 60),
        ((3, 3), "real", True, 60),
        ((2, 4), "tied", True, 40),
        ((2, 2), "tied", False, 20),
        ((2, 3), "integer", False, 12),
    ],
)
def test_every_field_is_what_the_single_game_path_finds(shape, kind, common, count) -> None:
    """More than three thousand games in all, solved again one by one."""
    tally = Tally()
    compare(random_games(shape, kind, common=common, count=count, seed=5), tally)
    assert tally.different == []
    assert (tally.games, tally.refused) == (count, 0)
    assert tally.exactly <= 0.1 * count + 8


def test_a_single_game_is_refused() -> None:
    with pytest.raises(GameError, match="use solve"):
        solve_batch(ng.Game.from_tables([[1]], [[1]]))


def test_the_flagship_at_random_points_is_what_the_single_game_path_finds() -> None:
    model, rng = ng.load(first_edition("chips-for-rare-earths")), np.random.default_rng(8)
    points = {"s": rng.uniform(0.1, 0.8, 20), "patience_cn": rng.uniform(0.2, 0.9, 20)}
    tally = Tally()
    batch = compare(model.game(**points), tally)
    assert tally.different == []
    assert not batch.finished_exactly.all()


def test_without_payoff_sets_all_else_is_the_same() -> None:
    model = ng.load(first_edition("chips-for-rare-earths"))
    game = model.game(s=np.linspace(0.3, 0.8, 6)[:, None], patience_cn=np.linspace(0.3, 0.9, 6))
    whole, part = solve_batch(game), solve_batch(game, payoff_sets=False)
    assert (whole.regime == part.regime).all()
    assert (whole.sustained == part.sustained).all()
    assert np.allclose(
        whole.min_spe_payoffs, part.min_spe_payoffs, rtol=0, atol=1e-7, equal_nan=True
    )


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


def test_where_dominance_leaves_one_action_ties_leave_nothing_open() -> None:
    """Player 1's first action pays best whatever the other does; the others end after that."""
    game = random_games((3, 4), "tied", common=True, count=60, seed=2)
    payoffs = game.payoffs.copy()
    payoffs[:30, 0, 0] += 4
    payoffs[30:, 1, :, 2] += 4
    facts = empty_facts(60, 3, 4)
    assert not stage(ng.Game(payoffs, game.discount), facts).any()
    for k in range(60):
        alone = ng.nash(ng.Game(payoffs[k], game.discount[k]))
        assert facts.worst[k].tolist() == np.min([e.payoffs for e in alone.equilibria], 0).tolist()
