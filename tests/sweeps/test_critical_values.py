from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.reporting.pages import critical_values as critical_text
from negotiation.solution.solution import solve
from negotiation.sweeps.critical_values import critical_values
from negotiation.sweeps.grid import span_asked_for
from tests.first_edition import first_edition

ADDITIVE = load(str(Path(__file__).parents[1] / "data" / "additive.yaml"))
EDGE = load(str(Path(__file__).parents[1] / "data" / "held_with_equality.yaml"))
SHRINKING = load(str(Path(__file__).parents[1] / "data" / "shrinking_lead.yaml"))
FLAGSHIP = load(first_edition("chips-for-rare-earths"))


@cache
def along(name):
    return critical_values(FLAGSHIP, *span_asked_for(FLAGSHIP.parameters, name))


def additive(name, **settings):
    return critical_values(ADDITIVE, *span_asked_for(ADDITIVE.parameters, name), settings)


def both_sides(model, name, at, aside, **settings):
    """Solve just below and just above a value: regime and sustained outcomes."""
    found = [solve(model, **{**settings, name: at + side}) for side in (-aside, aside)]
    return [(s.regime, tuple(o.name for o in s.outcomes if o.truce and o.sustained)) for s in found]


@pytest.mark.parametrize(
    ("name", "at", "starts"), [("d", 0.4, True), ("gain", 2.5, False), ("loss", 4.0, True)]
)
def test_the_additive_truce_changes_where_patience_is_gain_over_loss(name, at, starts):
    line = additive(name)
    (change,) = (c for c in line.changes if c.reasons)
    assert change.at == pytest.approx(at, abs=1e-9)
    (reason,) = change.reasons
    assert (reason.outcome, reason.starts) == ("truce", starts)
    assert reason.action == 1
    assert reason.gain == pytest.approx(2.5 if name == "gain" else 2.0)


@pytest.mark.parametrize("name", ["patience_us", "W"])
def test_solve_agrees_on_both_sides_of_every_change(name):
    line = along(name)
    assert line.changes
    held = line.held()
    for k, change in enumerate(line.changes):
        aside = 2e-9 * (line.span[1] - line.span[0])
        (before, first), (after, then) = both_sides(FLAGSHIP, name, change.at, aside)
        assert (before, after) == (change.before, change.after)
        assert (first, then) == (held[k], held[k + 1])


def test_the_flagships_thresholds_in_s_are_those_of_the_closed_form():
    line = along("s")
    by_outcome = {r.outcome: c.at for c in line.changes for r in c.reasons}
    assert by_outcome["managed truce"] == pytest.approx(0.54506172839506, abs=1e-9)
    assert by_outcome["open trade"] == pytest.approx(0.72037037037037, abs=1e-9)


def test_a_window_narrower_than_the_scan_is_found_where_the_slack_comes_close():
    width = np.sqrt((2.5 - 2.4995) / 1000)
    assert 2 * width < 1 / 256
    line = additive("shift", gain=2.4995)
    found = [c.at for c in line.changes if c.reasons]
    assert found == pytest.approx([0.3 - width, 0.3 + width], abs=1e-9)


def test_where_a_truce_needs_no_threat_its_end_is_when_a_player_starts_to_gain():
    line = critical_values(load(first_edition("h200-licence")), "s", (0.7, 0.75))
    (change,) = line.changes
    assert change.sure
    (reason,) = change.reasons
    assert (reason.player, reason.gain) == (1, 0.0)
    told = critical_text.page(line)[0].lines[1]
    assert told.endswith("Beijing starts to gain at once by playing hold back.")


def test_where_everything_vanishes_solve_changes_within_a_billionth():
    (change,) = critical_values(FLAGSHIP, "s", (0.75, 0.81)).changes
    assert (change.before, change.after, change.reasons) == (
        "partial cooperation",
        "no cooperation",
        (),
    )
    assert change.sure
    aside = 2e-9 * 0.06
    told = [r for r, _ in both_sides(FLAGSHIP, "s", change.at, aside)]
    assert told == ["partial cooperation", "no cooperation"]


def test_a_value_that_hangs_on_rounding_is_marked_on_the_page_and_in_the_data():
    found = critical_values(EDGE, "row", (0.4, 0.6), {"column": 0.9})
    line = replace(found, changes=tuple(replace(c, sure=False) for c in found.changes))
    (change,) = line.changes
    opening, between, sure = critical_text.page(line)
    assert f"At row = {critical_text.value(change.at)} ? deal starts" in opening.lines[1]
    assert between.rows[0][1] == between.rows[1][0] == f"{critical_text.value(change.at)} ?"
    assert sure.lines[-1].startswith("?: only roughly there.")
    assert [c["sure"] for c in critical_text.to_dict(line)["changes"]] == [False]


def test_the_value_at_which_equality_is_met_is_itself_sure():
    (change,) = critical_values(EDGE, "row", (0.4, 0.6), {"column": 0.9}).changes
    assert change.at == pytest.approx(0.5, abs=2e-10)
    assert change.sure


@pytest.mark.parametrize("aside", [0.0, 1e-9, -1e-9])
@pytest.mark.parametrize("name", ["d", "gain", "loss"])
def test_closed_forms_are_never_marked(name, aside):
    line = additive(name, **({"gain": 2 + aside} if name != "gain" else {"loss": 5 + aside}))
    assert line.changes
    assert all(change.sure for change in line.changes)
    assert critical_text.page(line)[2].lines[0].startswith("Every value is exact")


def test_in_a_narrow_span_the_zero_of_the_slack_is_as_exact():
    line = critical_values(ADDITIVE, "d", (0.4 - 2e-3, 0.4 + 3e-3))
    (change,) = line.changes
    assert change.sure
    assert change.at == pytest.approx(0.4, abs=1e-9 * 5e-3)


def test_where_rounding_is_no_longer_small_beside_the_span_the_value_is_marked():
    (change,) = critical_values(ADDITIVE, "d", (0.4 - 2e-9, 0.4 + 3e-9)).changes
    assert not change.sure


def test_a_parameter_that_matters_not_has_no_critical_value():
    line = critical_values(FLAGSHIP, "margin", (0.5, 1.0), {"fee": 0.0})
    assert line.changes == ()
    assert line.held() == (("managed truce", "open trade"),)
    assert "nothing changes" in critical_text.page(line)[0].lines[0]


def test_the_page_says_who_and_by_what_and_changes_with_the_model():
    told = " ".join(critical_text.page(additive("d"))[0].lines)
    assert "At d = 0.4 truce starts to hold: what A would lose later by playing hit" in told
    assert "outweighs the 2 that it would gain" in told
    other = " ".join(critical_text.page(additive("d", gain=3))[0].lines)
    assert "At d = 0.6 truce starts to hold" in other
    assert "outweighs the 3 that it would gain" in other


def test_the_data_say_the_same_as_the_page():
    line = critical_values(ADDITIVE, "d", (0.2, 0.9), {"gain": 3})
    data = critical_text.to_dict(line)
    assert data["settings"] == {"gain": 3.0}
    assert data["span"] == [0.2, 0.9]
    assert [s["from"] for s in data["stretches"]] == [0.2, *(c["at"] for c in data["changes"])]
    assert data["changes"][-1]["outcomes"][0]["tightest_player"] in ("A", "B")
    assert data["stretches"][-1]["sustained"] == ["truce"]
    rows = critical_text.page(line)[1].rows
    assert [r[2] for r in rows] == [s["regime"] for s in data["stretches"]]


def test_an_unknown_parameter_gets_a_near_name():
    with pytest.raises(UsageError, match="did you mean 'patience_us'"):
        span_asked_for(FLAGSHIP.parameters, "patiense_us")


def test_where_states_move_the_call_that_finds_changes_is_named():
    moving = load(Path(__file__).parents[1] / "data" / "race.yaml")
    with pytest.raises(UsageError, match=r"sweeps\.dynamic_line\.moving_line"):
        critical_values(moving, "patience", (0.5, 0.9))


def test_a_place_that_cannot_be_told_from_nothing_is_written_as_nothing():
    line = critical_values(SHRINKING, "p", (-1.0, 1.5))
    (change,) = line.changes
    assert (change.before, change.after) == ("no cooperation", "partial cooperation")
    assert abs(change.at) <= 2.5e-9
    assert all(
        " p = 0 " in sentence for sentence in critical_text.to_dict(line)["changes"][0]["why"]
    )
