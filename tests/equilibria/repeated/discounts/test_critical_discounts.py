"""Thresholds of whole batches: the same as the single-game path's, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.discounts.critical_discounts import (
    critical_discounts_batch,
    critical_discounts_by_player_batch,
)
from negotiation.equilibria.repeated.discounts.patience import (
    critical_discount,
    critical_discount_by_player,
    penal_threats,
)
from negotiation.games.game import Game
from negotiation.sweeps.batch import solve_batch


def some_games(count: int, shape: tuple[int, int], whole: bool) -> Game:
    rng = np.random.default_rng(29)
    size = (count, 2, *shape)
    payoffs = rng.integers(0, 10, size).astype(float) if whole else rng.random(size)
    return Game(payoffs, rng.choice([0.3, 0.6, 0.75, 0.9], (count, 2)))


def number(patience: float | None) -> float:
    return np.inf if patience is None else patience


@pytest.mark.parametrize(("shape", "whole"), [((2, 2), True), ((2, 2), False), ((2, 3), True)])
def test_common_thresholds_are_those_of_the_single_game_path(
    shape: tuple[int, int], whole: bool
) -> None:
    games = some_games(16, shape, whole)
    found = critical_discounts_batch(games)
    kinds = set()
    for k in range(16):
        one = Game(games.payoffs[k], games.discount[k])
        threats = penal_threats(one)
        for profile in np.ndindex(shape):
            alone = number(critical_discount(one, profile, threats))
            assert found[(k, *profile)] == pytest.approx(alone, abs=1e-9)
            kinds.add("none" if alone == 0 else "never" if np.isinf(alone) else "some")
    assert kinds == {"none", "some", "never"}


def test_thresholds_by_player_are_those_of_the_single_game_path() -> None:
    games = some_games(30, (2, 2), True)
    found = critical_discounts_by_player_batch(games)
    inside = 0
    for k in range(30):
        one = Game(games.payoffs[k], games.discount[k])
        threats = penal_threats(one)
        for a, b in np.ndindex(2, 2):
            alone = [number(x) for x in critical_discount_by_player(one, (a, b), threats)]
            assert found[k, :, a, b] == pytest.approx(alone, abs=1e-9)
            inside += sum(0 < x < 1 for x in alone)
    assert inside >= 5


def test_few_games_need_no_compiler_and_find_the_same() -> None:
    games = some_games(16, (2, 2), True)
    few = Game(games.payoffs[:3], games.discount[:3])
    assert critical_discounts_batch(few) == pytest.approx(
        critical_discounts_batch(games)[:3], abs=1e-9
    )


def test_a_batch_of_any_shape_keeps_it() -> None:
    pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])
    grid = Game(np.broadcast_to(pd.payoffs, (2, 3, 2, 2, 2)), np.full((2, 3, 2), 0.5))
    solved = solve_batch(grid)
    assert solved.penal_code.shape == (2, 3, 2, 2)
    assert solved.penal_code[..., 0, 0] == pytest.approx(np.full((2, 3), 1 / 7))
    assert solved.penal_code_by_player.shape == (2, 3, 2, 2, 2)
    assert solved.penal_code_by_player[..., 0, 0] == pytest.approx(np.full((2, 3, 2), 1 / 7))
    assert np.isinf(solved.penal_code[..., 0, 1]).all()


def test_a_cell_that_pays_just_the_worst_payoff_is_not_missed_by_rounding() -> None:
    """Player 2 gets 2 at (0, 1), and no less in any equilibrium once both are patient enough."""
    first = [[-1.0, 2.0, 0.0], [3.0, 1.0, -4.0], [1.0, 3.0, -5.0]]
    second = [[-4.0, 2.0, -2.0], [0.0, 4.0, 4.0], [4.0, 4.0, -2.0]]
    game = Game(np.array([[first, second]] * 12), np.full((12, 2), 0.3))
    found = critical_discounts_by_player_batch(game)[:, 0, 0, 1]
    assert found == pytest.approx(np.full(12, 4 / 7), abs=1e-9)
