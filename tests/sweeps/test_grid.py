from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.sweeps.grid import (
    grid,
    parse_axis,
    parse_span,
    points_asked_for,
    rectangles,
    sobol_sample,
)
from tests.first_edition import first_edition


def test_the_last_axis_runs_fastest():
    g = grid({"s": [1, 2], "r": [3, 4, 5]})
    at = g.at(0, 6)
    assert list(zip(at["s"], at["r"], strict=True)) == list(product([1, 2], [3, 4, 5]))


def test_any_run_of_points_is_part_of_the_whole():
    g = grid({"a": np.arange(3), "b": np.arange(4), "c": np.arange(5)})
    whole = g.at(0, g.size)
    for start, stop in [(0, 7), (7, 31), (31, 60)]:
        part = g.at(start, stop)
        assert all((part[n] == whole[n][start:stop]).all() for n in "abc")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("s=0:1:3", [0, 0.5, 1]),
        ("s=1:0:3", [1, 0.5, 0]),
        ("V=0.1:10:3:log", [0.1, 1, 10]),
        ("r=0.3,0.1", [0.3, 0.1]),
        (" r = 0.3 ", [0.3]),
    ],
)
def test_axes_are_linear_logarithmic_or_listed(text, values):
    name, found = parse_axis(text)
    assert name == text.split("=")[0].strip()
    assert found == pytest.approx(values, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("s", "names no values"),
        ("s=", "names no values"),
        ("s=0:1", "of the form FROM:TO:POINTS"),
        ("s=0:1:2:log:x", "of the form"),
        ("s=0:1:one", "'one' is not a number of points"),
        ("s=0:1:1", "'1' is not a number of points"),
        ("s=0:1:9:lin", "'lin' is not a spacing"),
        ("s=0:1:9:log", "both ends above 0"),
        ("s=a,b", "'s=a,b'"),
        ("s=0,inf", "'s=0,inf'"),
        ("s=0:1:99999999999", "is not a number of points"),
    ],
)
def test_an_axis_that_makes_no_sense_is_refused_with_its_text(text, part):
    with pytest.raises(UsageError, match=part):
        parse_axis(text)


@pytest.mark.parametrize("text", ["s=1:0", "s=0:1:5", "s=0", "s", "s=x:1"])
def test_a_span_needs_two_ends_in_order(text):
    with pytest.raises(UsageError):
        parse_span(text)


def test_a_grid_has_finite_values_and_a_bounded_size():
    for axes in ({}, {"s": []}, {"s": [[1.0]]}, {"s": [np.nan]}):
        with pytest.raises(UsageError):
            grid(axes)
    with pytest.raises(UsageError, match="at most"):
        grid({"a": np.arange(10**5), "b": np.arange(10**5)})


def test_a_sample_fills_the_ranges_evenly_and_repeats_with_its_seed():
    parameters = load(first_edition("chips-for-rare-earths")).parameters
    g, same, other = (sobol_sample(parameters, 256, seed) for seed in (0, 0, 1))
    assert g.shape == (256,)
    ranges = {p.name: p.range for p in parameters}
    for name, values, again in zip(g.names, g.values, same.values, strict=True):
        low, high = ranges[name]
        counts = np.histogram(values, bins=16, range=(low, high))[0]
        assert (counts == 16).all()
        assert (values == again).all()
    assert any((a != b).any() for a, b in zip(g.values, other.values, strict=True))


def test_either_axes_or_a_sample_and_each_axis_once():
    parameters = load(first_edition("chips-for-rare-earths")).parameters
    assert points_asked_for(parameters, ["s=0:1:3"], None, 0).shape == (3,)
    assert points_asked_for(parameters, [], "sobol:5", 0).shape == (5,)
    for vary, sample in [([], None), (["s=0:1:3"], "sobol:5"), (["s=0,1", "s=2"], None)]:
        with pytest.raises(UsageError):
            points_asked_for(parameters, vary, sample, 0)
    for sample in ("sobol", "sobol:x", "sobol:0", "grid:5"):
        with pytest.raises(UsageError):
            points_asked_for(parameters, [], sample, 0)


@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_rectangles_cover_a_run_once_and_in_order(data, shape):
    size = int(np.prod(shape))
    start = data.draw(st.integers(0, size))
    stop = data.draw(st.integers(start, size))
    numbers = np.arange(size).reshape(shape)
    found = [numbers[block].ravel() for block in rectangles(start, stop, tuple(shape))]
    assert np.concatenate([np.empty(0, int), *found]).tolist() == list(range(start, stop))
