"""Truce margins and regimes of samples, against solving each point alone."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.margins import KINDS, judge, outlook
from negotiation.analysis.ranges import space
from negotiation.analysis.samples import sample
from negotiation.errors import UsageError
from negotiation.games.game import Game, Outcome
from negotiation.payoff_file import load
from negotiation.solution.solution import solve
from tests.first_edition import first_edition


@pytest.fixture(scope="module")
def points():
    """A dozen points of the flagship, half of them without a plain worst case."""
    found = space(load(first_edition("chips-for-rare-earths")))
    unit = 0.5 * sample(len(found.names), 8, 4) + 0.5 * found.here
    return found, found.values(unit), 8


def test_margins_and_regimes_are_those_of_solve(points):
    found, values, n = points
    model = found.model
    judged = judge(model, values)
    found = outlook(model.game(**values), model.outcomes)
    assert found.exact
    for k in range(n):
        alone = solve(model, **{name: float(v[k]) for name, v in values.items()})
        slacks = [min(o.slack) for o in alone.outcomes if o.truce]
        regime = alone.regime if alone.regime in KINDS else "no truce"
        assert judged.kind[k] in (regime, "open")
        assert judged.margin[k] <= max(slacks) + 1e-8
        if judged.kind[k] != "open":
            assert (judged.margin[k] >= 0) == (max(slacks) >= 0)
        assert found.margin[k] == pytest.approx(max(slacks), abs=1e-8)
        assert {name for name, x in found.held.items() if x[k]} == set(alone.sustained)
    assert (judged.kind != "open").sum() > n / 2


def test_where_nothing_is_believable_a_breach_goes_unpunished():
    game = Game.from_tables(
        [[1, -1], [-1, 1]],
        [[-1, 1], [1, -1]],
        discount=0.5,
        outcomes=(Outcome("heads", ((0, 0),), truce=True),),
    )
    found = outlook(game, game.outcomes)
    assert found.margin == pytest.approx(0.5 * (-1 - 1))
    assert not found.held["heads"]


def test_without_a_truce_there_is_no_margin():
    with pytest.raises(UsageError, match="no outcome of this model is a truce"):
        judge(load("matching-pennies"), {})


def test_one_game_and_a_batch_of_one_agree():
    model = load(first_edition("h200-licence"))
    one = outlook(model.game(), model.outcomes)
    many = outlook(model.game(s=np.array([0.52])), model.outcomes)
    assert one.margin == pytest.approx(many.margin[0])
    assert {n: bool(x) for n, x in one.held.items()} == {
        n: bool(x[0]) for n, x in many.held.items()
    }
