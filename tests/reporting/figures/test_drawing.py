"""Figures: the same bytes, labels apart, and numbers where they belong."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from negotiation.games.game import Game
from negotiation.reporting.figures.drawing import COLOURS, label_points, new_figure, save, style
from negotiation.reporting.figures.solution import frontier_figure, payoff_figure, slack_figure
from negotiation.solution.solution import solve
from tests.first_edition import first_edition


def lightness(colour):
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_regions_stay_apart_in_grey():
    used = sorted(lightness(COLOURS[c]) for c in ("pale", "sky", "blue", "ink"))
    assert min(np.diff(used)) > 0.1


def test_a_user_s_own_settings_do_not_leak_in_or_out(solved, tmp_path):
    picture = payoff_figure(solved(first_edition("h200-licence")))
    before = save(picture, tmp_path, "a")[1].read_bytes()
    with mpl.rc_context({"font.size": 30, "svg.hashsalt": "x", "axes.facecolor": "red"}):
        again = payoff_figure(solved(first_edition("h200-licence")))
        assert save(again, tmp_path, "a")[1].read_bytes() == before
        assert mpl.rcParams["font.size"] == 30


def test_labels_hide_neither_each_other_nor_points():
    points = [(0.5, 0.5, "one"), (0.51, 0.5, "another"), (0.5, 0.52, "a third"), (1.0, 1.0, "edge")]
    with style():
        figure, axes = new_figure()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        label_points(axes, points)
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        boxes = [mpl.text.Text.get_window_extent(t, renderer) for t in axes.texts]
        frame = axes.get_window_extent(renderer)
    assert len(boxes) == 4
    for k, box in enumerate(boxes):
        assert frame.x0 - 1 <= box.x0
        assert box.x1 <= frame.x1 + 1
        assert not any(box.overlaps(other) for other in boxes[:k])


def test_bars_are_as_long_as_the_slack(solved):
    solution = solved(first_edition("chips-for-rare-earths"))
    axes = slack_figure(solution).figure.axes[0]
    drawn = sorted(bar.get_width() for bar in axes.patches)
    slacks = [
        x
        for o in solution.outcomes
        if o.truce or (o.sustained and o.tightest_player is not None)
        for x in o.slack
    ]
    assert drawn == pytest.approx(sorted(slacks))


def test_the_frontier_goes_through_the_thresholds(solved):
    solution = solved(first_edition("chips-for-rare-earths"))
    picture = frontier_figure(solution)
    lines = [line.get_xydata() for line in picture.figure.axes[0].lines[:-1]]
    truces = [o for o in solution.outcomes if o.truce and o.sustained]
    for o, line in zip(truces, lines, strict=True):
        assert line.min(axis=0) == pytest.approx(o.optimal_penal_code_by_player, abs=1e-6)
    assert "No patience below 1 sustains standoff." in picture.caption


def test_a_set_that_is_a_point_or_empty_is_drawn_too():
    flat = Game.from_tables([[1, 0], [0, -1]], [[1, 0], [0, -1]], discount=0.1)
    pennies = Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], discount=0.5)
    for game in (flat, pennies):
        picture = payoff_figure(solve(game))
        assert picture.figure.axes
    assert "empty" in picture.alt
    assert frontier_figure(solve(pennies)) is None
