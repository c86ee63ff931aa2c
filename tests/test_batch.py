"""Batches: the same answers as one game at a time."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.batch import REGIME_NAMES, solve_batch
from negotiation.errors import GameError


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


def test_a_single_game_is_refused() -> None:
    with pytest.raises(GameError, match="use solve"):
        solve_batch(ng.Game.from_tables([[1]], [[1]]))
