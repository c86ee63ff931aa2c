"""Where a truce holds, over the two numbers that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from negotiation.analysis.margins import KINDS, Judged, judge
from negotiation.analysis.samples import Sensitivity
from negotiation.games.game import Array
from negotiation.reporting.figures.drawing import COLOURS, Picture, halo, new_figure, style
from negotiation.solution.verdict import listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["region_figure"]

_POINTS = 161
_FAR = 1e12
_LOOK = (("#ffffff", ".."), (COLOURS["sky"], ""), (COLOURS["pale"], "////"), ("#ffffff", "xx"))
"""Colour and hatch of each of `KINDS`."""
_OPEN = (
    " Open: no truce holds by punishments of one round followed by what both can keep up, but "
    "harsher punishments could exist."
)


def region_figure(found: Sensitivity) -> Picture | None:
    """Draw the kinds of truce over two numbers; None if only one varies.

    Parameters
    ----------
    found
        Whose two numbers with the largest total indices span the figure.
    """
    if len(found.indices) < 2:
        return None
    first, second = (found.space.names.index(i.parameter) for i in found.indices[:2])
    x, y, judged = _plane(found, first, second)
    codes = np.array([KINDS.index(k) for k in judged.kind]).reshape(_POINTS, _POINTS)
    with style():
        figure, axes = new_figure(6.0, 4.4)
        _fill(axes, x, y, judged)
        _name(axes, x, y, codes)
        here = found.space.physical(found.space.here)
        axes.plot(
            here[first], here[second], "*", ms=11, color=COLOURS["ink"], mec="white", zorder=7
        )
        axes.annotate(
            "the values given",
            (here[first], here[second]),
            (7, 4),
            textcoords="offset points",
            fontsize=8,
            path_effects=halo(),
            zorder=7,
        )
        for axis, k in ((axes.xaxis, first), (axes.yaxis, second)):
            p = found.space.parameters[k]
            axis.set_label_text(f"{p.name} ({p.unit})")
    shown = [KINDS[int(k)] for k in np.unique(codes)]
    caption = _caption(found, first, second) + (_OPEN if "open" in shown else "")
    return Picture("region", caption, _alt(found, shown), figure)


def _plane(found: Sensitivity, first: int, second: int) -> tuple[Array, Array, Judged]:
    """Return both axes, and what is known at every point, the first running fastest."""
    steps = np.linspace(0, 1, _POINTS)
    unit = np.repeat(found.space.here[None], _POINTS**2, axis=0)
    unit[:, first], unit[:, second] = np.tile(steps, _POINTS), np.repeat(steps, _POINTS)
    low, high = np.array([found.space.parameters[k].range for k in (first, second)]).T
    x, y = (low[k] + steps * (high[k] - low[k]) for k in (0, 1))
    return x, y, judge(found.space.model, found.space.values(unit))


def _fill(axes: Axes, x: Array, y: Array, judged: Judged) -> None:
    """Fill every region, one over the other, each from where its margin is zero between points."""
    armed, open_ = judged.margin, np.maximum(judged.margin, judged.most)
    fields = ((2, np.ones_like(armed)), (3, open_), (1, armed), (0, judged.lead))
    for order, (k, field) in enumerate(fields, 1):
        values = np.clip(field, -_FAR, _FAR).reshape(_POINTS, _POINTS)
        if values.max() < 0:
            continue
        colour, hatch = _LOOK[k]
        axes.contourf(
            x, y, values, levels=[0.0, 2 * _FAR], colors=[colour], hatches=[hatch], zorder=order
        )
        if values.min() < 0:
            axes.contour(x, y, values, levels=[0.0], colors=COLOURS["ink"], zorder=order + 0.5)


def _name(axes: Axes, x: Array, y: Array, codes: Array) -> None:
    """Write the name of every region at its middle, clear of the frame."""
    clear = _POINTS // 25
    for k in np.unique(codes).tolist():
        row, column = (min(max(c, clear), _POINTS - 1 - clear) for c in _middle(codes == k))
        axes.text(
            x[column], y[row], KINDS[k], ha="center", va="center", fontsize=9, path_effects=halo(),
            zorder=6,
        )  # fmt: skip


def _middle(inside: Array) -> tuple[int, int]:
    """Return the point of a region that is farthest from everything outside it."""
    from scipy.ndimage import distance_transform_cdt

    depth = distance_transform_cdt(np.pad(inside, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column)


def _caption(found: Sensitivity, first: int, second: int) -> str:
    a, b = (found.space.names[k] for k in (first, second))
    return (
        f"Where a truce holds if {a} and {b} are others and all else stays as given. Lines are "
        f"drawn between {_POINTS} by {_POINTS} points, so they are right to within "
        f"{100 / (_POINTS - 1):.1g} % of the sides, and anything smaller can be missed. No other "
        "two numbers account for more of the variance of the truce margin, interactions included."
    )


def _alt(found: Sensitivity, shown: list[str]) -> str:
    a, b = (i.parameter for i in found.indices[:2])
    point = ", ".join(
        f"{n} = {number(float(v))}"
        for n, v in zip(found.space.names, found.space.physical(found.space.here), strict=True)
        if n in (a, b)
    )
    return f"Map over {a} (across) and {b} (up) with {listed(shown)}. The values given are {point}."
