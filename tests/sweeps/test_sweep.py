import sys

import numpy as np
import pytest

from negotiation.errors import GameError, UsageError
from negotiation.payoff_file import load, loads
from negotiation.solution.solution import solve
from negotiation.sweeps.boundaries import look_at
from negotiation.sweeps.critical_values import critical_values
from negotiation.sweeps.grid import grid
from negotiation.sweeps.sweep import RESERVED, Job, columns_of, sweep
from tests.first_edition import first_edition
from tests.games.small_games import RATCHET

FLAGSHIP = load(first_edition("chips-for-rare-earths"))


@pytest.fixture(scope="module")
def swept():
    return sweep(FLAGSHIP, {"s": [0.45, 0.6, 0.9], "patience_cn": [0.3, 0.9]}, r=0.25)


def test_a_sweep_is_a_loop_of_solves(swept):
    names = swept.job.outcomes
    assert names == ("managed truce", "open trade", "standoff")
    for i, j in np.ndindex(3, 2):
        point = {"s": swept["s"][i], "patience_cn": swept["patience_cn"][j], "r": 0.25}
        alone = solve(FLAGSHIP, **point)
        assert swept.regimes()[i, j] == alone.regime
        assert swept["min_spe_payoff"][i, j] == pytest.approx(
            alone.repeated.min_spe_payoffs, abs=1e-9
        )
        by_name = {o.name: o for o in alone.outcomes}
        for k, name in enumerate(names):
            assert bool(swept["sustained"][i, j, k]) == by_name[name].sustained
            assert swept["slack"][i, j, k] == pytest.approx(by_name[name].slack, abs=1e-9)


def test_the_tidy_table_has_a_row_for_each_point(swept):
    table = swept.table()
    assert {len(v) for v in table.values()} == {6}
    assert table["s"].tolist() == [0.45, 0.45, 0.6, 0.6, 0.9, 0.9]
    assert table["regime"].tolist() == swept.regimes().ravel().tolist()
    assert table["slack.open trade.US"].tolist() == swept["slack"][:, :, 1, 0].ravel().tolist()


def test_labelled_arrays_say_the_same(swept):
    labelled = swept.to_xarray()
    here = labelled.sel(s=0.6, patience_cn=0.9, outcome="open trade", player="China")
    assert float(here.slack) == swept["slack"][1, 1, 1, 1]
    assert str(here.regime.values) == swept.regimes()[1, 1]
    assert labelled.attrs["model_sha256"] == FLAGSHIP.sha256
    assert labelled.attrs["set"] == "r=0.25"
    assert labelled.s.attrs["units"] == "share"
    assert set(labelled.data_vars) == {c.name for c in columns_of(swept.job)}


def test_labelled_arrays_without_xarray_say_what_to_install(swept, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(UsageError, match="pip install"):
        swept.to_xarray()


def test_outcomes_of_several_cells_are_named_with_each_and_unnamed_games_report_every_cell():
    plain = loads(
        "title: T\nplayers:\n  A: {actions: [x, y], discount: d}\n"
        "  B: {actions: [x, y], discount: d}\n"
        "parameters:\n  d: {value: 0.5, range: [0, 0.9], unit: share, meaning: m, grade: assumed}\n"
        "payoffs:\n  A: [[1, 0], [0, 1]]\n  B: [[1, 0], [0, 1]]\n"
    )
    assert sweep(plain, {"d": [0.5]}).job.outcomes == ("x / x", "x / y", "y / x", "y / y")


def test_impossible_points_are_refused_before_and_during_a_sweep():
    with pytest.raises(UsageError, match="did you mean"):
        sweep(FLAGSHIP, {"patiense_us": [0.5]})
    with pytest.raises(UsageError, match="both set and varied"):
        sweep(FLAGSHIP, {"s": [0.5]}, s=0.4)
    with pytest.raises(UsageError):
        sweep(FLAGSHIP, {"patience_us": [0.5, 1.5]})
    with pytest.raises(GameError):
        sweep(FLAGSHIP, {"s": [0.5, 1e308]}, V=1e308)


def test_where_the_state_moves_an_outcome_counts_if_it_can_be_played_now():
    """By hand: the truce pays 2 while it lasts; its value V solves V = 2(1-d) + d(0.9 V + 0.1).

    Breaking it pays 3(1-d) + d, so it can be played now where V is at least that.
    """

    def value(d):
        return (2 * (1 - d) + 0.1 * d) / (1 - 0.9 * d)

    factors = [0.3, 0.5, 0.55, 0.6, 0.9]
    expected = [value(d) >= 3 - 2 * d for d in factors]
    assert expected == [False, False, False, True, True]
    found = sweep(loads(RATCHET), {"d": factors})
    assert found["sustained"][:, 0].tolist() == expected
    names = ["armed truce" if held else "no cooperation" for held in expected]
    assert found.regimes().tolist() == names
    assert np.isnan(found["slack"]).all()


def test_maps_and_critical_values_of_moving_states_say_what_to_call_instead():
    with pytest.raises(UsageError, match=r"dynamic_map\.cell_maps"):
        look_at(loads(RATCHET), {"d": (0.1, 0.9)}, 5, {})
    with pytest.raises(UsageError, match=r"dynamic_line\.moving_line"):
        critical_values(loads(RATCHET), "d", (0.1, 0.9))


def test_no_number_is_varied_under_the_name_of_a_column():
    model = loads(NAMED.format(name="regime"))
    with pytest.raises(UsageError, match="'regime' cannot be varied: a column"):
        sweep(model, {"regime": [0.5]})
    job = Job(loads(NAMED.format(name="axes")), grid({"axes": [0.5, 1.0]}), {})
    assert {c.name for c in columns_of(job)} | {"outcome", "player", "point"} == RESERVED


@pytest.mark.parametrize("name", ["model", "axes", "settings", "self", "formulas", "start"])
def test_a_number_may_have_the_name_of_an_argument(name):
    found = sweep(loads(NAMED.format(name=name)), {name: [0.5, 1.0]})
    assert found[name].tolist() == [0.5, 1.0]


NAMED = """
title: Names
players:
  Row: {{actions: [C, D], discount: 0.6}}
  Column: {{actions: [C, D], discount: 0.6}}
parameters:
  {name}: {{value: 1, range: [0, 2], unit: x, meaning: y, grade: assumed}}
definitions: {{c: 1, d: c + 1}}
payoffs:
  Row: [[3, 0], [4, {name}]]
  Column: [[3, 4], [0, c]]
outcomes:
  pact: {{truce: true, profiles: [[C, C]]}}
"""
