"""Map of a dynamic model: a cell for every start, with the truces supportable there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.reporting.figures.drawing import COLOURS, Picture, side_by_side, style
from negotiation.solution.starts import MOVING_REGIMES
from negotiation.solution.verdict import listed
from negotiation.sweeps.dynamic_map import CellMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_SHADES = (COLOURS["mist"], "#b4d8f0", COLOURS["sky"])
"""Ground of a cell by how many truces can be played in it, from one on; letters tell which."""

_OTHER = {"undecided": ("#ffffff", "oo"), "no cooperation": ("#b9b9b9", "////")}
_NONE = ("#ffffff", "xxx")


def draw(maps: Sequence[CellMap]) -> Picture:
    """Draw maps side by side, with one key for all."""
    with style():
        figure, places = side_by_side(len(maps), 3.8, 5.2)
        for axes, cell_map in zip(places, maps, strict=True):
            _draw_one(axes, cell_map, small=len(maps) > 1)
        _key(figure, maps)
    return Picture("map", _caption(maps), _alt(maps), figure)


def _look(cell_map: CellMap, i: int, j: int) -> tuple[str, str]:
    """Return colour and hatch of a cell."""
    truces, regime = cell_map.held(i, j), cell_map.found[i][j].regime
    if truces:
        return _SHADES[min(len(truces), len(_SHADES)) - 1], ""
    return _OTHER.get(regime, _NONE)


def _draw_one(axes: Axes, cell_map: CellMap, *, small: bool) -> None:
    from matplotlib.patches import Rectangle

    (across, upward), (x, y) = cell_map.edges, cell_map.values
    letters = {name: chr(ord("a") + k) for k, name in enumerate(cell_map.outcomes)}
    size = max(4.0, min(8.0, (90 if small else 190) / len(x)))
    for i in range(len(x)):
        for j in range(len(y)):
            colour, hatch = _look(cell_map, i, j)
            low, wide = (across[i], upward[j]), (np.diff(across)[i], np.diff(upward)[j])
            cell = Rectangle(low, *wide, fc=colour, hatch=hatch, ec="#8f8f8f", lw=0.3)
            axes.add_patch(cell)
            unknown = "?" if None in cell_map.found[i][j].supportable_now else ""
            words = "".join(letters[name] for name in cell_map.held(i, j)) + unknown
            axes.text(x[i], y[j], words, ha="center", va="center", fontsize=size)
    _lines(axes, cell_map)
    axes.set(xlim=across[[0, -1]], ylim=upward[[0, -1]], title=cell_map.title)
    axes.set_xlabel(_axis(cell_map, 0))
    axes.set_ylabel(_axis(cell_map, 1))
    _mark(axes, cell_map)


def _lines(axes: Axes, cell_map: CellMap) -> None:
    """Draw the edges between cells whose supportable truces differ."""
    (across, upward), shape = cell_map.edges, tuple(map(len, cell_map.values))
    ink: dict[str, Any] = {"color": COLOURS["ink"], "lw": 1.4, "solid_capstyle": "projecting"}
    for i in range(shape[0]):
        for j in range(shape[1]):
            supportable = cell_map.found[i][j].supportable_now
            if i + 1 < shape[0] and supportable != cell_map.found[i + 1][j].supportable_now:
                axes.plot([across[i + 1]] * 2, upward[j : j + 2], **ink)
            if j + 1 < shape[1] and supportable != cell_map.found[i][j + 1].supportable_now:
                axes.plot(across[i : i + 2], [upward[j + 1]] * 2, **ink)


def _axis(cell_map: CellMap, k: int) -> str:
    from textwrap import fill

    name = cell_map.names[k]
    p = next(p for p in cell_map.model.parameters if p.name == name)
    levels = any(axis.name == name for axis in cell_map.model.axes)
    words = f"{p.meaning}: {name}" if p.meaning else name
    unit = f" ({p.unit})" if p.unit and p.unit != "none" else ""
    return fill(f"{words}{unit}" + (", at the start" if levels else ""), 46)


def _mark(axes: Axes, cell_map: CellMap) -> None:
    """Outline the cell that the file's own values lie in, if they are on the map."""
    from matplotlib.patches import Rectangle

    now = cell_map.model.values(**cell_map.settings)
    place = [float(now[name]) for name in cell_map.names]
    if not all(e[0] <= v < e[-1] for v, e in zip(place, cell_map.edges, strict=True)):
        return
    ends = [
        e[np.searchsorted(e, v, "right") - 1 :][:2]
        for v, e in zip(place, cell_map.edges, strict=True)
    ]
    low, size = [float(e[0]) for e in ends], [float(e[1] - e[0]) for e in ends]
    orange = COLOURS["orange"]
    axes.add_patch(Rectangle((low[0], low[1]), *size, fc="none", ec=orange, lw=2, zorder=5))


def _key(figure: Figure, maps: Sequence[CellMap]) -> None:
    """Draw the key of letters and grounds below the maps."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for k, name in enumerate(maps[0].outcomes):
        handles.append(Line2D([], [], ls="", label=f"{chr(ord('a') + k)}  {name}"))
    shown = {f.regime for m in maps for row in m.found for f in row}
    for regime in MOVING_REGIMES:
        if regime in shown and regime != "armed truce":
            colour, hatch = _OTHER.get(regime, _NONE)
            label = _WORDS.get(regime, regime)
            handles.append(Patch(fc=colour, hatch=hatch, ec=COLOURS["ink"], lw=0.5, label=label))
    handles.append(Patch(fc="none", ec=COLOURS["orange"], lw=1.5, label="where the file starts"))
    look: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "fontsize": 8}
    figure.legend(handles=handles, ncols=4 if len(maps) == 1 else 6, **look)


_WORDS = {
    "no cooperation": "none of these can be played",
    "undecided": "within the precision of the calculation",
}


def _caption(maps: Sequence[CellMap]) -> str:
    x, y = maps[0].names
    return (
        f"Which outcomes can be played in the first period, as {x} and {y} change and all else "
        "stays as it is. Letters name every one that can; thick lines divide cells with different "
        "answers. Nothing is interpolated: each cell was solved at its middle, or at its level."
    )


def _alt(maps: Sequence[CellMap]) -> str:
    cells = [(m, i, j) for m in maps for i, row in enumerate(m.found) for j in range(len(row))]
    parts = [
        f"{name} in {sum(name in m.held(i, j) for m, i, j in cells)}" for name in maps[0].outcomes
    ]
    x, y = maps[0].names
    return f"Map over {x} and {y}: of {len(cells)} cells {listed(parts)}."
