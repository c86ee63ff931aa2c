"""Where a truce holds, over the two numbers that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .drawing import COLOURS, Picture, halo, new_figure, style
from .game import Array
from .judging import KINDS, judge
from .sensitivity import Sensitivity
from .verdict import listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["region_figure"]

_POINTS = 161
_LOOK = (("#ffffff", ".."), (COLOURS["sky"], ""), (COLOURS["pale"], "////"), ("#ffffff", "xx"))
"""Colour and hatch of each of `KINDS`."""


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
    x, y, codes = _codes(found, first, second)
    with style():
        figure, axes = new_figure(6.0, 4.4)
        _fill(axes, x, y, codes)
        here = found.space.physical(found.space.here)
        axes.plot(here[first], here[second], "*", ms=11, color=COLOURS["ink"], mec="white")
        axes.annotate(
            "the values given",
            (here[first], here[second]),
            (7, 4),
            textcoords="offset points",
            fontsize=8,
            path_effects=halo(),
        )
        for axis, k in ((axes.xaxis, first), (axes.yaxis, second)):
            p = found.space.parameters[k]
            axis.set_label_text(f"{p.name} ({p.unit})")
    shown = [KINDS[int(k)] for k in np.unique(codes)]
    return Picture("region", _caption(found, first, second), _alt(found, shown), figure)


def _codes(found: Sensitivity, first: int, second: int) -> tuple[Array, Array, Array]:
    """Return both axes, and the index in `KINDS` of every point of the plane."""
    steps = np.linspace(0, 1, _POINTS)
    unit = np.repeat(found.space.here[None], _POINTS**2, axis=0)
    unit[:, first], unit[:, second] = np.tile(steps, _POINTS), np.repeat(steps, _POINTS)
    kind = judge(found.space.model, found.space.values(unit)).kind
    codes = np.array([KINDS.index(k) for k in kind], dtype=np.float64)
    low, high = np.array([found.space.parameters[k].range for k in (first, second)]).T
    x, y = (low[k] + steps * (high[k] - low[k]) for k in (0, 1))
    return x, y, codes.reshape(_POINTS, _POINTS)


def _fill(axes: Axes, x: Array, y: Array, codes: Array) -> None:
    """Fill every region and write its name at its middle."""
    for k, (colour, hatch) in enumerate(_LOOK):
        inside = codes == k
        if not inside.any():
            continue
        axes.contourf(
            x, y, inside.astype(float), levels=[0.5, 1.5], colors=[colour], hatches=[hatch]
        )
        if not inside.all():
            axes.contour(x, y, inside.astype(float), levels=[0.5], colors=COLOURS["ink"])
        row, column = _middle(inside)
        axes.text(
            x[column], y[row], KINDS[k], ha="center", va="center", fontsize=9, path_effects=halo()
        )


def _middle(inside: Array) -> tuple[int, int]:
    """Return the point of a region that is farthest from everything outside it."""
    from scipy.ndimage import distance_transform_cdt

    depth = distance_transform_cdt(np.pad(inside, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column)


def _caption(found: Sensitivity, first: int, second: int) -> str:
    a, b = (found.space.names[k] for k in (first, second))
    return (
        f"Where a truce holds if {a} and {b} are others and all else stays as given, read off "
        f"a grid of {_POINTS} by {_POINTS} points. These two account for most of the variance of "
        "the truce margin."
    )


def _alt(found: Sensitivity, shown: list[str]) -> str:
    a, b = (i.parameter for i in found.indices[:2])
    point = ", ".join(
        f"{n} = {number(float(v))}"
        for n, v in zip(found.space.names, found.space.physical(found.space.here), strict=True)
        if n in (a, b)
    )
    return f"Map over {a} (across) and {b} (up) with {listed(shown)}. The values given are {point}."
