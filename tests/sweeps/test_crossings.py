"""Where one answer changes: what rounding moves is told from what it does not."""

from pathlib import Path

import numpy as np
import pytest

from negotiation.payoff_file import load
from negotiation.sweeps.crossings import BETTER, Axis, crossings, questions
from negotiation.sweeps.grid import Grid
from negotiation.sweeps.sweep import Job

DATA = Path(__file__).parents[1] / "data"
EDGE = load(str(DATA / "held_with_equality.yaml"))


def deal(low, high, between, **settings):
    """Return where along Column's patience the deal starts to hold."""
    span = Grid(("column",), (np.array([low, high]),), sampled=True)
    job = Job(EDGE, span, settings)
    (question,) = (q for q in questions(job) if q.what == "deal")
    shares = (np.array(between) - low) / (high - low)
    codes = np.array([[0], [1]], dtype=np.int8)
    return crossings(Axis(job, low, high), (question,), shares, codes)


def test_a_place_that_hangs_on_rounding_is_not_sure():
    (found,) = deal(0.5, 0.99, (0.83333, 0.83334))
    assert found.player is None
    assert not found.sure


@pytest.mark.parametrize("row", [0.501, 0.51])
def test_a_hair_beside_the_edge_the_place_is_sure(row):
    (found,) = deal(0.5, 0.99, (0.5, 0.83), row=row)
    assert found.sure


def test_a_lead_that_shrinks_slowly_to_nothing_ends_where_it_is_nothing():
    # At 1e-9 of the payoff range, below which no lead counts, p is still 1e-7.
    span = Grid(("p",), (np.array([-1.0, 1.5]),), sampled=True)
    job = Job(load(str(DATA / "shrinking_lead.yaml")), span, {})
    (question,) = (q for q in questions(job) if q.what == BETTER)
    codes = np.array([[0], [1]], dtype=np.int8)
    (found,) = crossings(Axis(job, -1.0, 1.5), (question,), np.array([0.0, 1.0]), codes)
    assert found.sure
    assert abs(found.share - 0.4) <= 1e-9
