"""Where a truce holds: the plane is judged as single points are."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.margins import KINDS, judge
from negotiation.analysis.samples import analyse
from negotiation.payoff_file import loads
from negotiation.reporting.figures.solution import _plane, region_figure
from tests.analysis.test_smallest_changes import FILE


@pytest.fixture(scope="module")
def found():
    return analyse(loads(FILE), cases=64)


def codes_of(found, first, second):
    x, y, judged = _plane(found, first, second)
    return x, y, np.array([KINDS.index(k) for k in judged.kind]).reshape(len(y), len(x))


def test_every_point_is_judged_at_its_own_values(found):
    first, second = (found.space.names.index(i.parameter) for i in found.indices[:2])
    x, y, codes = codes_of(found, first, second)
    names = found.space.names[first], found.space.names[second]
    for row, column in ((0, 0), (40, 100), (160, 7)):
        values = dict(zip(names, (x[column], y[row]), strict=True))
        assert KINDS[int(codes[row, column])] == judge(found.space.model, values).kind


def test_regions_are_named_where_they_are(found):
    picture = region_figure(found)
    axes = picture.figure.axes[0]
    first, second = (found.space.names.index(i.parameter) for i in found.indices[:2])
    x, y, codes = codes_of(found, first, second)
    for text in axes.texts:
        if text.get_text() in KINDS:
            at = text.get_position()
            row, column = np.abs(y - at[1]).argmin(), np.abs(x - at[0]).argmin()
            assert KINDS[int(codes[row, column])] == text.get_text()
    assert {t.get_text() for t in axes.texts} >= {"armed truce", "no truce"}
    assert "T = 12" in picture.alt


def test_one_number_makes_no_map():
    assert region_figure(analyse(loads(FILE), settings={"T": 12}, cases=16)) is None
