"""The frontier of patience, checked from both sides of every point."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.equilibria.repeated.discounts.frontier import discount_frontier
from negotiation.equilibria.repeated.discounts.patience import (
    critical_discount,
    patience_needed,
    penal_threats,
)
from negotiation.equilibria.repeated.payoff_set import payoff_set, with_discount
from negotiation.games.game import Game

ABREU = [[10, 3, 0], [15, 7, -4], [7, 5, -15]]
"""Row's payoffs in the Cournot game of Abreu (1988), Econometrica 56:383-396."""

# Row's punishment needs patience of both sides, so neither side's least patience is constant.
BENT = (
    [[5, 5, 2], [5, 4, -5], [-4, 4, -5]],
    [[5, 4, 5], [-2, -4, 0], [5, -1, 4]],
)


def sustained(game: Game, profile: tuple[int, int], discount: tuple[float, float]) -> bool:
    here = with_discount(game, np.clip(discount, 0.0, 1 - 1e-9))
    threats = payoff_set(here).min_spe_payoffs
    if threats is None:
        return False
    return bool((patience_needed(here, profile, threats) <= here.discount + 1e-12).all())


def on_the_edge(
    game: Game, profile: tuple[int, int], point: np.ndarray, side: float = 1e-6
) -> bool:
    """Sustained just above, and not just below in at least one coordinate."""
    x, y = point
    below = [(x - side, y), (x, y - side), (x - side, y - side)]
    return sustained(game, profile, (x + side, y + side)) and not all(
        sustained(game, profile, b) for b in below if min(b) >= 0
    )


def test_a_fixed_threat_gives_a_corner() -> None:
    game = Game.from_tables(ABREU, np.array(ABREU).T)
    edge = discount_frontier(game, (0, 0), np.array([7.0, 7.0]))
    assert edge == pytest.approx(np.array([[0.625, 1.0], [0.625, 0.625], [1.0, 0.625]]), abs=2e-6)


def test_no_patience_gives_an_empty_frontier() -> None:
    pennies = Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    assert discount_frontier(pennies, (0, 0), penal_threats(pennies)).shape == (0, 2)
    game = Game.from_tables(ABREU, np.array(ABREU).T)
    assert discount_frontier(game, (2, 2), penal_threats(game)).shape == (0, 2)


def test_a_stage_equilibrium_needs_no_patience() -> None:
    game = Game.from_tables([[2, 0], [0, 1]], [[1, 0], [0, 2]])
    edge = discount_frontier(game, (0, 0), penal_threats(game))
    assert edge[:2].tolist() == [[0.0, 1 - 1e-6], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("tables", "profile"), [((ABREU, np.array(ABREU).T), (0, 0)), (BENT, (0, 1))]
)
def test_every_point_lies_on_the_edge(tables: tuple, profile: tuple[int, int]) -> None:
    game = Game.from_tables(*tables)
    edge = discount_frontier(game, profile, penal_threats(game), points=3, straight=0.02)
    inner = [p for p in edge if p.max() < 0.999]
    assert inner
    assert all(on_the_edge(game, profile, p) for p in inner[:: max(1, len(inner) // 4)])
    assert (np.diff(edge[:, 0]) >= 0).all()


def test_the_frontier_meets_the_diagonal_at_the_common_threshold() -> None:
    game = Game.from_tables(ABREU, np.array(ABREU).T)
    common = critical_discount(game, (0, 0), penal_threats(game))
    edge = discount_frontier(game, (0, 0), penal_threats(game), points=3)
    assert common == pytest.approx(1 / 3, abs=1e-9)
    assert np.abs(edge - common).sum(axis=1).min() <= 1e-6


def test_swapping_the_players_mirrors_the_frontier() -> None:
    a, b = map(np.array, BENT)
    one = discount_frontier(Game.from_tables(a, b), (0, 1), np.array([4.0, 2.0]))
    other = discount_frontier(Game.from_tables(b.T, a.T), (1, 0), np.array([2.0, 4.0]))
    assert one == pytest.approx(other[::-1, ::-1], abs=1e-9)
