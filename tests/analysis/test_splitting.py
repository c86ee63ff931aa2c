"""Regimes of samples, against solving every point."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.margins import regimes_at
from negotiation.analysis.ranges import space
from negotiation.analysis.samples import sample
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.solution.solution import solve
from tests.analysis.test_smallest_changes import FILE
from tests.first_edition import first_edition


@pytest.mark.parametrize(
    "model", [load(first_edition("h200-licence")), loads(FILE)], ids=["h200", "dilemma"]
)
def test_a_sampled_regime_is_what_solving_says(model):
    varied = space(model)
    values = varied.values(sample(len(varied.names), 32, 3))
    found = regimes_at(model, values)
    assert len(set(found.tolist())) >= 2
    for k, name in enumerate(found):
        one = {n: float(v[k]) for n, v in values.items()}
        assert name == solve(model, **one).regime


def test_turn_taking_is_told_from_rupture():
    """Chips for rare earths at a high value of denial: no truce, yet something is left."""
    model = load(first_edition("chips-for-rare-earths"))
    found = regimes_at(model, {"F": np.array([12.0, 40.0]), "s": np.array([0.52, 0.52])})
    assert found.tolist() == ["armed truce", "partial cooperation"]
    assert regimes_at(model, {"s": np.array([0.8])}).tolist() == ["no cooperation"]


def test_a_model_without_a_truce_is_refused():
    with pytest.raises(UsageError):
        regimes_at(load("matching-pennies"), {})
