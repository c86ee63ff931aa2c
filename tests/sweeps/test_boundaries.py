from pathlib import Path

import numpy as np
import pytest

from negotiation.equilibria.repeated.discounts.patience import slack
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stage.nash import nash
from negotiation.errors import UsageError
from negotiation.kernels.hulls import beats_both
from negotiation.payoff_file import load, loads
from negotiation.solution.solution import solve
from negotiation.sweeps.boundaries import ACCURACY, BOTH, _to_the_right, areas, look_at, trace
from negotiation.sweeps.crossings import BETTER, NO_THREAT
from tests.first_edition import first_edition

FLAGSHIP = load(first_edition("chips-for-rare-earths"))
ADDITIVE = load(str(Path(__file__).parents[1] / "data" / "additive.yaml"))


def lines(model, spans, resolution=21, **settings):
    return trace(look_at(model, spans, resolution, settings))


@pytest.fixture(scope="module")
def additive():
    return lines(ADDITIVE, {"gain": (0.1, 5.0), "d": (0.0, 0.99)})


def test_the_additive_truce_ends_where_patience_is_gain_over_loss(additive):
    (line,) = additive
    assert (line.what, line.player, line.accuracy) == ("truce", BOTH, ACCURACY)
    gain, d = line.points.T
    assert np.abs(d - gain / 5).max() < ACCURACY
    assert (gain.min(), d.min()) == pytest.approx((0.1, 0.02), abs=0.3)
    assert d.max() == pytest.approx(0.99, abs=1e-6)


def test_straight_lines_between_the_points_are_as_close_as_the_points():
    (line,) = lines(ADDITIVE, {"loss": (1.0, 10.0), "d": (0.05, 0.95)}, 15)
    loss, d = line.points.T
    for share in (0.25, 0.5, 0.75):
        between = line.points[:-1] + share * (line.points[1:] - line.points[:-1])
        off = np.abs(between[:, 1] - 2 / between[:, 0])
        assert (off / 0.9).max() < 3 * ACCURACY
    assert np.abs(d - 2 / loss).max() < 2 * ACCURACY
    assert len(line.points) > 100


def test_solve_disagrees_with_itself_across_a_boundary_and_only_there(additive):
    (line,) = additive
    for gain, d in line.points[:: len(line.points) // 5]:
        held = [
            "truce" in solve(ADDITIVE, gain=gain, d=d + side).sustained for side in (-3e-6, 3e-6)
        ]
        assert held == [False, True]


def test_the_binding_side_is_named_on_each_stretch():
    found = lines(ADDITIVE, {"shift": (0.28, 0.30), "d": (0.3, 0.6)}, 7)
    by_player = {line.player: line.points for line in found if line.what == "truce"}
    assert 0 in by_player
    shift, d = by_player[0].T
    assert np.abs(d - (2 + 1000 * (shift - 0.3) ** 2) / 5).max() < 1e-5


def test_a_plane_in_which_nothing_changes_has_no_boundary():
    assert lines(ADDITIVE, {"gain": (0.1, 0.2), "d": (0.5, 0.9)}, 5) == ()


def test_a_boundary_can_be_where_no_threat_is_needed():
    model = loads(
        "title: T\nparameters:\n"
        "  x: {value: 1, range: [-1, 1], unit: u, meaning: m, grade: assumed}\n"
        "  d: {value: 0.5, range: [0, 0.9], unit: u, meaning: m, grade: assumed}\n"
        "players:\n  A: {actions: [hold, hit], discount: d}\n"
        "  B: {actions: [hold, hit], discount: d}\n"
        "payoffs:\n  A: [[2, 0], [2 + x - d, 1]]\n  B: [[2, 2 + x - d], [0, 1]]\n"
        "outcomes:\n  truce: {profiles: [[hold, hold]], truce: true}\n"
    )
    found = lines(model, {"x": (-0.5, 1.0), "d": (0.05, 0.6)}, 15)
    self_enforcing = [line for line in found if line.what == NO_THREAT]
    assert self_enforcing
    for line in self_enforcing:
        assert np.abs(line.points[:, 0] - line.points[:, 1]).max() < 2e-6


@pytest.fixture(scope="module")
def flagship():
    plane = look_at(FLAGSHIP, {"s": (0.66, 0.79), "patience_cn": (0.6, 0.7)}, 5, {})
    return plane, areas(plane)


def test_where_everything_better_than_rupture_vanishes_solve_changes_its_regime(flagship):
    plane, found = flagship
    (line,) = (b for area in found for b in area.boundaries if b.what == BETTER)
    assert line.accuracy == ACCURACY
    low, high = np.array(plane.spans).T
    unit = (line.points - low) / (high - low)
    for k in (len(unit) // 4, len(unit) // 2):
        step = unit[k + 1] - unit[k]
        across = np.array([-step[1], step[0]]) / np.hypot(*step)
        told = []
        for aside in (-2e-6, 2e-6):
            s, patience = low + (0.5 * (unit[k] + unit[k + 1]) + aside * across) * (high - low)
            told.append(regime(FLAGSHIP, s=s, patience_cn=patience))
        assert told == ["no cooperation", "partial cooperation"]


def regime(model, **values):
    """What `solve` says, without all else that it finds."""
    game = model.game(**values)
    found = payoff_set(game)
    worst = np.min([e.payoffs for e in nash(game).equilibria], axis=0)
    better = beats_both(found.vertices, worst, np.ptp(game.payoffs, axis=(1, 2)))
    held = [
        slack(game, p, found.min_spe_payoffs).min() >= 0 for o in game.outcomes for p in o.profiles
    ]
    truces = [o.truce for o in game.outcomes for _ in o.profiles]
    assert not any(h and t for h, t in zip(held, truces, strict=True))
    return "partial cooperation" if better else "no cooperation"


def test_areas_lie_within_each_other_in_the_order_of_the_regimes(flagship):
    _, found = flagship
    assert [a.regime for a in found] == [
        "no cooperation",
        "partial cooperation",
        *["armed truce"] * 3,
        "self-enforcing",
    ]
    sizes = {a.what: sum(map(enclosed, a.rings)) for a in found}
    whole = 0.13 * 0.1
    assert sizes["some equilibrium in pure strategies"] == pytest.approx(whole)
    assert whole > sizes[BETTER] > sizes["open trade"] > 0
    assert sizes["standoff"] == sizes[NO_THREAT] == 0


def enclosed(ring):
    """Area to the left of a closed ring."""
    x, y = ring.T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def test_where_states_move_the_call_that_maps_them_is_named():
    moving = load(Path(__file__).parents[1] / "data" / "race.yaml")
    with pytest.raises(UsageError, match=r"sweeps\.dynamic_map\.cell_maps"):
        look_at(moving, {"patience": (0.5, 0.9), "speed": (0.0, 1.0)}, 3, {})


def test_a_curve_that_turns_back_on_itself_has_a_side_all_along():
    model = loads(
        """
title: A curve through a corner
players:
  Row: {actions: [C, D], discount: 0.6}
  Column: {actions: [C, D], discount: 0.6}
parameters:
  v: {value: 1, range: [0, 5], unit: x, meaning: vee, grade: assumed}
  w: {value: 1, range: [0, 5], unit: x, meaning: wee, grade: assumed}
payoffs:
  Row: [[v, 0], [w+1, 1]]
  Column: [[3, 4], [0, 1]]
outcomes:
  pact: {truce: true, profiles: [[C, C]]}
"""
    )
    plane = look_at(model, {"v": (0.0, 5.0), "w": (0.0, 5.0)}, 21, {})
    found = trace(plane)
    assert found
    assert all(np.isfinite(b.points).all() for b in found)


@pytest.mark.parametrize(
    "points", [[[0, 0], [0, 0]], [[0, 0], [1, 0], [0, 0]], [[0, 0], [0, 0], [1, 0], [1, 0], [1, 1]]]
)
def test_directions_across_a_curve_are_units_or_nothing(points):
    across = _to_the_right(np.array(points, dtype=float))
    length = np.hypot(*across.T)
    assert np.isfinite(across).all()
    assert np.allclose(length, 1) or np.allclose(length, 0)
