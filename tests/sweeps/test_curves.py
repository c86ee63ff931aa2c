import numpy as np
import pytest

from negotiation.sweeps.curves import Curve, Stretch, outlines


def outline(ask, steps, accuracy=1e-6):
    x = np.linspace(0, 1, steps)
    grid = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2)
    return outlines(ask(grid).reshape(steps, steps) == 1, ask, accuracy)


def counted(test):
    """An asker that counts the points it was asked about."""

    def ask(points):
        ask.points += len(points)
        return test(points).astype(np.int8)

    ask.points = 0
    return ask


def test_a_disc_has_one_closed_curve_as_round_as_asked():
    ask = counted(lambda p: np.hypot(*(p - 0.5).T) < 0.3)
    ((circle,),) = outline(ask, 11)
    assert circle.resolved
    assert (circle.points[0] == circle.points[-1]).all()
    middles = 0.5 * (circle.points[1:] + circle.points[:-1])
    for points in (circle.points, middles):
        assert np.abs(np.hypot(*(points - 0.5).T) - 0.3).max() < 1e-6
    assert ask.points < 25 * len(circle.points)


def test_points_lie_where_the_answer_is_yes():
    ask = counted(lambda p: p[:, 1] > p[:, 0] ** 2)
    ((curve, *_),) = outline(ask, 9)
    assert isinstance(curve, Curve)
    assert (ask(curve.points) == 1).all()


@pytest.mark.parametrize("angle", [50, 90, 140])
def test_corners_are_found_however_sharp(angle):
    half = np.radians(angle / 2)
    tip = np.array([0.437, 0.561])

    def wedge(p):
        off = p - tip
        return np.abs(off[:, 1]) < np.tan(half) * off[:, 0]

    ask = counted(wedge)
    (ring,) = outline(ask, 21)
    (curve,) = (piece for piece in ring if isinstance(piece, Curve))
    assert curve.resolved
    assert np.hypot(*(curve.points - tip).T).min() < 3e-6


def test_a_hole_has_a_ring_of_its_own_that_runs_the_other_way():
    def ring(p):
        far = np.hypot(*(p - 0.5).T)
        return (far < 0.4) & (far > 0.2)

    (outer,), (inner,) = sorted(outline(counted(ring), 21), key=lambda r: -np.ptp(r[0].points))
    sizes = []
    for piece in (outer, inner):
        x, y = piece.points.T
        sizes.append(0.5 * (x[:-1] @ y[1:] - y[:-1] @ x[1:]))
    assert sizes == pytest.approx([np.pi * 0.16, -np.pi * 0.04], abs=1e-4)


def test_an_answer_everywhere_has_no_curve():
    ((side,),) = outline(counted(lambda p: p[:, 0] >= 0), 5)
    assert isinstance(side, Stretch)
    assert outline(counted(lambda p: p[:, 0] < 0), 5) == ()


def test_a_curve_beside_points_that_stay_undecided_is_not_called_resolved():
    def ask(points):
        gap = points[:, 0] - 0.53
        return np.where(np.abs(gap) < 1e-3, -1, gap > 0).astype(np.int8)

    ((*pieces,),) = outline(ask, 9)
    assert [piece.resolved for piece in pieces if isinstance(piece, Curve)] == [False]
