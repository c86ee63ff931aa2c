from pathlib import Path

import numpy as np
import pytest

from negotiation import boundaries
from negotiation.boundaries import ACCURACY, BOTH, NO_THREAT, look_at, trace
from negotiation.payoff_file import load, loads
from negotiation.solution import solve

ADDITIVE = load(str(Path(__file__).parent / "data" / "additive.yaml"))


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
    harmony = [line for line in found if line.what == NO_THREAT]
    assert harmony
    for line in harmony:
        assert np.abs(line.points[:, 0] - line.points[:, 1]).max() < 2e-6


def test_an_island_is_a_closed_curve():
    model = loads(
        "title: T\nparameters:\n"
        "  x: {value: 0, range: [-1, 1], unit: u, meaning: m, grade: assumed}\n"
        "  y: {value: 0, range: [-1, 1], unit: u, meaning: m, grade: assumed}\n"
        "players:\n  A: {actions: [hold, hit], discount: 0.5}\n"
        "  B: {actions: [hold, hit], discount: 0.5}\n"
        "definitions:\n  take: 2 + x ^ 2 + y ^ 2\n"
        "payoffs:\n  A: [[0, 0 - 4.5], [take, take - 4.5]]\n"
        "  B: [[0, take], [0 - 4.5, take - 4.5]]\n"
        "outcomes:\n  truce: {profiles: [[hold, hold]], truce: true}\n"
    )
    plane = look_at(model, {"x": (-1, 1), "y": (-1, 1)}, 9, {})
    question = next(q for q in boundaries._questions(plane.job) if q.what == "truce")
    (line,) = boundaries._contours(plane, question)
    assert (line[0] == line[-1]).all()
    found = boundaries._on_the_curve(plane, question, line)
    assert np.hypot(*(2 * found - 1).T) == pytest.approx(0.5, abs=2e-6)
