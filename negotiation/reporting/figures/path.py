"""Figure of `negotiate path`: a fan of the state, and survival of the truce."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.stochastic.truce_clock import quantiles
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.reporting.figures.drawing import COLOURS, Picture, label_points, style
from negotiation.solution.path_json import SHARES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from negotiation.solution.path import Life, Outlook

__all__ = ["clock_figure"]

Bools = npt.NDArray[np.bool_]


def clock_figure(found: Outlook) -> Picture:
    """Draw the fan of the first axis above the truce's survival probability.

    Raises
    ------
    UsageError
        If no path was found, or states have no numbers.
    """
    if found.longest is None or found.game.levels is None:
        raise UsageError("there is no path to draw; expected a truce, and states on a grid")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(6.8, 5.6), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _fan(above, found, found.longest)
        _clock(below, found)
        figure.canvas.draw()
    axis, period = found.game.axes[0], found.model.period or "period"
    lasts = found.longest.clock.lasts
    middle = quantiles(found.game.levels[:, 0], found.longest.clock.state, (0.5,))[:, 0]
    alt = (
        f"Over {found.periods} {period}s the median of {axis} goes from {middle[0]:.3g} to "
        f"{middle[-1]:.3g}; the chance that the truce still holds falls to {lasts[-1]:.3f}."
    )
    caption = (
        f"Above: {axis} on the longest-lived path; half of all histories are in the dark band, "
        "nine in ten in the pale one; the truce is kept at the hatched levels, other numbers being "
        f"at their medians. Below: the probability that it was kept in each {period} so far."
    )
    return Picture("clock", caption, alt, figure)


def _fan(axes: Axes, outlook: Outlook, life: Life) -> None:
    """Draw bands and the median of the first axis, with the levels at which the truce is kept."""
    game, time = outlook.game, np.arange(outlook.periods + 1)
    assert game.levels is not None
    levels = game.levels[:, 0]
    _region(axes, outlook, life)
    low, first, middle, third, high = quantiles(levels, life.clock.state, SHARES).T
    kind: dict[str, Any] = {"step": "mid", "lw": 0}
    axes.fill_between(time, low, high, color=COLOURS["sky"], alpha=0.55, **kind)
    axes.fill_between(time, first, third, color=COLOURS["blue"], alpha=0.75, **kind)
    axes.step(time, middle, where="mid", color="white", lw=2.6)
    axes.step(time, middle, where="mid", color=COLOURS["ink"], lw=1.4)
    axes.plot(time, life.clock.state @ levels, color=COLOURS["ink"], lw=1, ls=":")
    parameter = next((p for p in outlook.model.parameters if p.name == game.axes[0]), None)
    unit = f", {parameter.unit}" if parameter and parameter.unit else ""
    axes.set_ylabel(f"{game.axes[0]}{unit}")
    axes.set_ylim(float(levels.min()) - 0.04 * np.ptp(levels), float(levels.max()) + 0.02)
    axes.set_xlim(0, outlook.periods)
    axes.set_title("Longest-lived path: median (line), mean (dots), half and nine in ten (bands)")


def _region(axes: Axes, outlook: Outlook, life: Life) -> None:
    """Shade the levels at which the truce is kept while the other axes are at their medians."""
    assert outlook.game.levels is not None
    grid = np.unique(outlook.game.levels[:, 0])
    edges = np.concatenate([[grid[0]], (grid[1:] + grid[:-1]) / 2, [grid[-1]]])
    sustained = _kept(outlook, life, grid)
    time = np.append(np.arange(outlook.periods + 1) - 0.5, outlook.periods + 0.5)
    sustained = np.concatenate([sustained, sustained[:, -1:]], axis=1)
    for row, (bottom, top) in zip(sustained, pairwise(edges), strict=True):
        axes.fill_between(
            time, bottom, top, where=row.tolist(), step="post",
            facecolor=COLOURS["pale"], edgecolor=COLOURS["quiet"], hatch="///", lw=0,
        )  # fmt: skip
    top = max((float(edges[j + 1]) for j in range(len(grid)) if sustained[j, 0]), default=None)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.9}
    place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "bbox": box, "fontsize": 8}
    if top is not None:
        axes.text(0.7, edges[0] + 0.02, "truce kept", va="bottom", **place)
        axes.text(0.015, min(top + 0.06, edges[-1]), "truce broken", va="bottom", **place)


def _kept(outlook: Outlook, life: Life, grid: Array) -> Bools:
    """Return at which levels of the first axis the truce is kept, ``(levels, periods + 1)``."""
    game = outlook.game
    assert game.levels is not None
    medians = (
        np.stack(
            [
                quantiles(game.levels[:, k], life.clock.state, (0.5,))[:, 0]
                for k in range(1, len(game.axes))
            ],
            axis=-1,
        )
        if len(game.axes) > 1
        else np.empty((outlook.periods + 1, 0))
    )
    index = {tuple(row): s for s, row in enumerate(game.levels.tolist())}
    return np.array(
        [[life.path.truce[index[(x, *at)]] for at in medians.tolist()] for x in grid.tolist()]
    )


def _clock(axes: Axes, outlook: Outlook) -> None:
    """Draw survival of the truce: on the two paths, and its upper bound."""
    assert outlook.longest is not None
    assert outlook.shortest is not None
    time = np.arange(outlook.periods + 1)
    lines = [
        (outlook.bound, "at most, in any equilibrium", COLOURS["quiet"], (0, (4, 2))),
        (outlook.longest.clock.lasts, "longest-lived path", COLOURS["blue"], "-"),
        (outlook.shortest.clock.lasts, "shortest-lived path", COLOURS["orange"], (0, (1, 1))),
    ]
    axes.set_xlim(0, outlook.periods)
    axes.set_ylim(0, 1.05)
    places = []
    for (values, name, colour, dashes), height in zip(lines, (0.75, 0.45, 0.2), strict=True):
        axes.plot(time, values, color=colour, ls=dashes, lw=1.6)
        at = int(np.abs(values - height).argmin())
        places.append((float(time[at]), float(values[at]), name))
    label_points(axes, places, fontsize=8)
    axes.set_ylabel("probability that\nthe truce still holds")
    axes.set_xlabel(f"{outlook.model.period or 'period'}s from the start")
