"""A model as other packages see one."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from negotiation.analysis.other_tools import as_ema_model, evaluate, to_salib_problem
from negotiation.payoff_file import load
from negotiation.solution.solution import solve
from tests.first_edition import first_edition


def test_outcomes_are_numbers_and_one_regime_is_one():
    model = load(first_edition("h200-licence"))
    found = evaluate(model, E=80)
    alone = solve(model, E=80)
    regimes = {k: v for k, v in found.items() if k.startswith("regime_")}
    assert sum(regimes.values()) == 1
    assert regimes["regime_" + alone.regime.replace(" ", "_")] == 1
    assert found["holds_conditional_sale"] == ("conditional sale" in alone.sustained)
    assert found["truce_margin"] == pytest.approx(
        max(min(o.slack) for o in alone.outcomes if o.truce)
    )


def test_a_salib_problem_covers_the_ranges():
    model = load(first_edition("h200-licence"))
    problem, margin = to_salib_problem(model, s=0.6)
    assert "s" not in problem["names"]
    assert problem["num_vars"] == len(problem["names"]) == len(problem["bounds"])
    low, high = np.array(problem["bounds"]).T
    found = margin(np.stack([low, high]))
    assert found.shape == (2,)
    values = dict(zip(problem["names"], low, strict=True))
    assert found[0] == pytest.approx(evaluate(model, s=0.6, **values)["truce_margin"])


def test_an_ema_model_has_the_same_uncertainties_and_runs(monkeypatch):
    """The workbench itself is tried in benchmarks/; here something that records stands for it."""

    class Model(types.SimpleNamespace):
        def __init__(self, name, function):
            super().__init__(name=name, function=function)

    stand_in = types.SimpleNamespace(
        Model=Model,
        RealParameter=lambda name, low, high: (name, low, high),
        ScalarOutcome=lambda name: name,
    )
    monkeypatch.setitem(sys.modules, "ema_workbench", stand_in)
    found = as_ema_model(load(first_edition("h200-licence")))
    assert found.name == "TheH200Licence"
    assert ("E", 0.0, 100.0) in found.uncertainties
    assert set(found.function(E=80)) == set(found.outcomes)
