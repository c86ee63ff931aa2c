"""A map of regimes over two parameters: what holds where, and whose constraint draws each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .boundaries import ANY, BETTER, BOTH, NO_THREAT, Boundary, Plane, look_at, trace
from .contents import PayoffFile
from .drawing import COLOURS, Picture, style
from .errors import UsageError
from .game import Array
from .grid import parse_axis, span_asked_for
from .sweeps import REGIMES
from .verdict import listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Panel", "asked_for", "draw", "map_panels", "to_dict", "write"]

_FINER = 6
_LEAST_AREA = 0.004
_LOOK = {
    "undecided": ("#ffffff", "oo"),
    "harmony": ("#eef6fb", ".."),
    "armed truce": ("#a9d3ee", ""),
    "lopsided truce": ("#e8c766", "\\\\\\"),
    "rupture": ("#8f8f8f", "///"),
    "no pure equilibrium": ("#ffffff", "xxx"),
}
"""Colour and hatch of each regime; apart in grey too."""

_DASHES = {0: "-", 1: (0, (6, 2)), BOTH: "-.", -1: (0, (1, 1.5))}


@dataclass(frozen=True, eq=False)
class Panel:
    """One map, at one value of the third parameter if there is one.

    Attributes
    ----------
    plane
        The grid, solved.
    boundaries
        The curves, traced.
    image
        Shape ``(X, Y)``: index into `kinds` at the middle of every pixel.
    kinds
        Regime and sustained truces of each kind of place.
    title
        The value of the third parameter, or empty.
    """

    plane: Plane
    boundaries: tuple[Boundary, ...]
    image: npt.NDArray[np.intp]
    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    title: str = ""


def map_panels(
    model: PayoffFile,
    spans: Mapping[str, tuple[float, float]],
    *,
    by: tuple[str, Sequence[float] | Array] | None = None,
    resolution: int = 101,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Panel, ...]:
    """Solve and trace the maps over two parameters.

    Parameters
    ----------
    model
        A payoff file.
    spans
        The horizontal and the vertical parameter with the ends of their axes.
    by
        A third parameter with its values, one map for each.
    resolution
        Points of the grid along each axis.
    settings
        Parameters that differ from the file's values.
    """
    given = dict(settings or {})
    if by is None:
        return (_panel(look_at(model, spans, resolution, given), ""),)
    name, values = by
    return tuple(
        _panel(look_at(model, spans, resolution, {**given, name: v}), f"{name} = {number(v)}")
        for v in values
    )


def asked_for(
    model: PayoffFile,
    settings: Mapping[str, Any],
    output: Path | None,
    *,
    as_json: bool,
    points: int,
    **axes: str | None,
) -> tuple[Panel, ...]:
    """Make the maps that were asked for on the command line.

    Raises
    ------
    UsageError
        If the axes make no sense, or there is nothing to write.
    """
    if output is None and not as_json:
        raise UsageError("nothing to write: expected -o with a .png or .svg, or --json")
    if output is not None and output.suffix not in _SAVED:
        raise UsageError(f"cannot write {output.name!r}; expected a name ending in .png or .svg")
    spans = dict(span_asked_for(model.parameters, str(axes[k])) for k in ("x", "y"))
    if len(spans) < 2:
        raise UsageError("--x and --y name the same parameter; expected two")
    third = parse_axis(axes["by"]) if axes["by"] else None
    return map_panels(model, spans, by=third, resolution=points, settings=settings)


_SAVED: dict[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
}


def write(picture: Picture, output: Path) -> None:
    """Write a picture, without dates or versions inside."""
    with style():
        picture.figure.savefig(output, metadata=_SAVED[output.suffix])


def _panel(plane: Plane, title: str) -> Panel:
    codes = _codes(plane.columns)
    fine = _finer(plane, plane.shaped(codes))
    found, image = np.unique(fine, return_inverse=True)
    return Panel(plane, trace(plane), image.reshape(fine.shape), _kinds(plane, found), title)


def _codes(columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Return one number for each combination of regime and sustained truces."""
    sustained = columns["sustained"]
    bits = sustained @ (1 << np.arange(sustained.shape[1], dtype=np.int64))
    return np.asarray(columns["regime"].astype(np.int64) + len(REGIMES) * bits)


def _kinds(plane: Plane, codes: npt.NDArray[np.int64]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = plane.job.outcomes
    return tuple(
        (
            REGIMES[code % len(REGIMES)],
            tuple(n for k, n in enumerate(names) if code // len(REGIMES) >> k & 1),
        )
        for code in codes.tolist()
    )


def _finer(plane: Plane, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return codes at pixels, solving only those in cells whose corners differ."""
    corners = np.stack((codes[:-1, :-1], codes[1:, :-1], codes[:-1, 1:], codes[1:, 1:]))
    fine = np.kron(corners[0], np.ones((_FINER, _FINER), dtype=np.int64))
    mixed = (corners != corners[0]).any(axis=0)
    i, j = np.nonzero(np.kron(mixed, np.ones((_FINER, _FINER), dtype=bool)))
    if len(i):
        unit = (np.stack((i, j), axis=1) + 0.5) / np.array(fine.shape)
        fine[i, j] = _codes(plane.at(unit))
    return np.asarray(fine)


def draw(panels: Sequence[Panel]) -> Picture:
    """Draw maps side by side, with one key for all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(len(panels), 3)
    down = -(-len(panels) // across)
    with style():
        wide = 7.2 if len(panels) == 1 else 3.6 * across
        figure = Figure(figsize=(wide, 5.4 * down), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for axes, panel in zip(grid, panels, strict=False):
            _draw_one(axes, panel)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        _key(figure, panels)
    return Picture("map", _caption(panels), _alt(panels), figure)


def _draw_one(axes: Axes, panel: Panel) -> None:
    (x0, x1), (y0, y1) = panel.plane.spans
    names = panel.plane.job.points.names
    regimes = np.array([REGIMES.index(regime) for regime, _ in panel.kinds])[panel.image]
    x = x0 + (np.arange(panel.image.shape[0]) + 0.5) / panel.image.shape[0] * (x1 - x0)
    y = y0 + (np.arange(panel.image.shape[1]) + 0.5) / panel.image.shape[1] * (y1 - y0)
    from matplotlib.colors import ListedColormap

    colours = ListedColormap([_LOOK[name][0] for name in REGIMES])
    axes.imshow(
        regimes.T,
        origin="lower",
        extent=(x0, x1, y0, y1),
        aspect="auto",
        cmap=colours,
        vmin=-0.5,
        vmax=len(REGIMES) - 0.5,
        interpolation="nearest",
    )
    for k, name in enumerate(REGIMES):
        here = (regimes == k).T.astype(float)
        if _LOOK[name][1] and here.any():
            axes.contourf(x, y, here, levels=[0.5, 1.5], colors="none", hatches=[_LOOK[name][1]])
    for boundary in panel.boundaries:
        axes.plot(
            *boundary.points.T, color=COLOURS["ink"], lw=1.3, ls=_DASHES[boundary.player], zorder=3
        )
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_xlabel(_axis(panel, names[0]))
    axes.set_ylabel(_axis(panel, names[1]))
    axes.set_title(panel.title)
    _name_boundaries(axes, panel)
    _name_regions(axes, panel, x, y)
    _mark_file(axes, panel)


def _axis(panel: Panel, name: str) -> str:
    p = next(p for p in panel.plane.job.model.parameters if p.name == name)
    unit = f" ({p.unit})" if p.unit and p.unit != "none" else ""
    return f"{p.meaning or name}: {name}{unit}" if len(p.meaning) < 60 else f"{name}{unit}"


def _mark_file(axes: Axes, panel: Panel) -> None:
    """Mark the file's own values, if they are on the map."""
    from matplotlib.patheffects import withStroke

    job = panel.plane.job
    now = job.model.values(**job.settings)
    place = [float(now[name]) for name in job.points.names]
    if all(a <= v <= b for v, (a, b) in zip(place, panel.plane.spans, strict=True)):
        axes.plot(*place, "P", ms=9, mfc="white", mec=COLOURS["ink"], mew=1.2, zorder=5)
        axes.annotate(
            "file",
            (place[0], place[1]),
            (7, 5),
            textcoords="offset points",
            fontsize=8,
            zorder=6,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def _name_boundaries(axes: Axes, panel: Panel) -> None:
    """Write along the longest stretch of each curve whose constraint binds there."""
    from matplotlib.patheffects import withStroke

    longest: dict[tuple[str, int], Array] = {}
    for b in panel.boundaries:
        key = (b.what, b.player)
        if key not in longest or _length(panel, b.points) > _length(panel, longest[key]):
            longest[key] = b.points
    players = panel.plane.job.model.players
    for (what, player), points in longest.items():
        if len(points) < 2 or _length(panel, points) < 0.12:
            continue
        place, angle = _middle(axes, points)
        words = what if player < 0 else f"{_who(players, player)} would break {what}"
        axes.text(
            float(place[0]),
            float(place[1]),
            words,
            fontsize=7.5,
            rotation=angle,
            rotation_mode="anchor",
            ha="center",
            va="bottom",
            zorder=4,
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
        )


def _who(players: tuple[str, str], player: int) -> str:
    return listed(players) if player == BOTH else players[player]


def _length(panel: Panel, points: Array) -> float:
    """Return a curve's length as a share of the sides."""
    low, high = np.array(panel.plane.spans).T
    return float(np.hypot(*np.diff((points - low) / (high - low), axis=0).T).sum())


def _middle(axes: Axes, points: Array) -> tuple[Array, float]:
    """Return the middle of a curve, and its angle there on the page in degrees."""
    shown = axes.transData.transform(points)
    walked = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(shown, axis=0).T))))
    place = np.array([np.interp(0.5 * walked[-1], walked, points[:, k]) for k in (0, 1)])
    ends = [
        np.array([np.interp(share * walked[-1], walked, shown[:, k]) for k in (0, 1)])
        for share in (0.4, 0.6)
    ]
    dx, dy = ends[1] - ends[0]
    angle = float(np.degrees(np.arctan2(dy, dx)))
    return place, angle - 180 * np.sign(angle) if abs(angle) > 90 else angle


def _name_regions(axes: Axes, panel: Panel, x: Array, y: Array) -> None:
    """Write into every region large enough which truces hold there."""
    from matplotlib.patheffects import withStroke
    from scipy import ndimage

    for k, (regime, held) in enumerate(panel.kinds):
        parts, count = ndimage.label(panel.image == k)
        for part in range(1, count + 1):
            mask = parts == part
            if mask.mean() < _LEAST_AREA:
                continue
            inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
            i, j = np.unravel_index(inside.argmax(), inside.shape)
            words = "\n".join((regime, *held)) if held else regime
            axes.text(
                float(x[i]),
                float(y[j]),
                words,
                ha="center",
                va="center",
                fontsize=8,
                zorder=4,
                fontweight="bold" if not held else "normal",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )


def _key(figure: Figure, panels: Sequence[Panel]) -> None:
    """Explain colours and lines below the maps."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = {regime for panel in panels for regime, _ in panel.kinds}
    handles: list[Any] = [
        Patch(fc=_LOOK[r][0], hatch=_LOOK[r][1], ec=COLOURS["ink"], lw=0.5, label=r)
        for r in REGIMES
        if r in shown
    ]
    drawn = {b.player for panel in panels for b in panel.boundaries}
    players = panels[0].plane.job.model.players
    for k in (0, 1, BOTH):
        if k in drawn:
            text = f"where {_who(players, k)} would start to gain by breaking"
            handles.append(Line2D([], [], color=COLOURS["ink"], ls=_DASHES[k], label=text))
    if -1 in drawn:
        line = Line2D([], [], color=COLOURS["ink"], ls=_DASHES[-1], label="other changes of regime")
        handles.append(line)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def _caption(panels: Sequence[Panel]) -> str:
    names = panels[0].plane.job.points.names
    return (
        f"What can be kept up as {names[0]} and {names[1]} change and all else stays as it is. "
        "Each region names every truce that holds in it. Each line belongs to the side named: "
        "across it that side would start to gain by breaking the truce."
    )


def _alt(panels: Sequence[Panel]) -> str:
    shown = [
        regime for regime in REGIMES if any(regime == r for panel in panels for r, _ in panel.kinds)
    ]
    names = panels[0].plane.job.points.names
    return f"Map of regimes over {names[0]} and {names[1]} with areas of {listed(shown)}."


_ABOUT = {NO_THREAT: "harmony", BETTER: "lopsided truce", ANY: "rupture"}


def to_dict(panels: Sequence[Panel]) -> dict[str, Any]:
    """Return the maps as data; schema ``negotiate/map/1``."""
    job = panels[0].plane.job
    return {
        "schema": "negotiate/map/1",
        "model": {"title": job.model.title, "file": job.model.path, "sha256": job.model.sha256},
        "parameters": list(job.points.names),
        "spans": [list(ends) for ends in panels[0].plane.spans],
        "maps": [
            {
                "settings": {n: float(v) for n, v in sorted(p.plane.job.settings.items())},
                "places": [
                    {
                        "regime": regime,
                        "sustained": list(held),
                        "share": float((p.image == k).mean()),
                    }
                    for k, (regime, held) in enumerate(p.kinds)
                ],
                "boundaries": [_curve(p, b) for b in p.boundaries],
            }
            for p in panels
        ],
    }


def _curve(panel: Panel, b: Boundary) -> dict[str, Any]:
    players = panel.plane.job.model.players
    return {
        "of": b.what,
        "regime": _ABOUT.get(b.what),
        "binding": _who(players, b.player) if b.player >= 0 else None,
        "accuracy": b.accuracy if np.isfinite(b.accuracy) else None,
        "points": b.points.tolist(),
    }
