"""Truce margins and regimes of samples, against solving each point alone."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.errors import UsageError
from negotiation.factors import space
from negotiation.judging import judge, margins, outlook
from negotiation.payoff_file import load
from negotiation.sensitivity import sample
from negotiation.solution import solve


@pytest.fixture(scope="module")
def points():
    """A dozen points of the flagship, half of them without a plain worst case."""
    found = space(load("chips-for-rare-earths"))
    unit = 0.5 * sample(len(found.names), 8, 4) + 0.5 * found.here
    return found, found.values(unit), 8


def test_margins_and_regimes_are_those_of_solve(points):
    found, values, n = points
    model = found.model
    judged, margin = judge(model, values), margins(model, values)
    held = outlook(model.game(**values), model.outcomes).held
    for k in range(n):
        alone = solve(model, **{name: float(v[k]) for name, v in values.items()})
        slacks = [min(o.slack) for o in alone.outcomes if o.truce]
        assert judged.regime[k] == alone.regime
        assert judged.margin[k] == pytest.approx(max(slacks), abs=1e-8)
        assert margin[k] == pytest.approx(max(slacks), abs=1e-8)
        assert {name for name, x in held.items() if x[k]} == set(alone.sustained)
    assert (judged.holds == (judged.margin >= 0)).all()


def test_where_nothing_is_believable_a_breach_goes_unpunished():
    model = load("matching-pennies")
    game = model.game()
    g = game.payoffs
    named = [o for o in model.outcomes if o.truce] or None
    if named is None:
        with pytest.raises(UsageError, match="no outcome of this model is a truce"):
            margins(model, {})
        return
    assert margins(model, {}) < 0, g


def test_one_game_and_a_batch_of_one_agree():
    model = load("h200-licence")
    one = outlook(model.game(), model.outcomes)
    many = outlook(model.game(s=np.array([0.52])), model.outcomes)
    assert one.margin == pytest.approx(many.margin[0])
    assert {n: bool(x) for n, x in one.held.items()} == {
        n: bool(x[0]) for n, x in many.held.items()
    }
