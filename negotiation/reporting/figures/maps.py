"""Map of regimes over two parameters, with the binding player along each line."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.games.game import Array
from negotiation.reporting.figures.drawing import COLOURS, Picture, halo, side_by_side, style
from negotiation.solution.regimes import REGIMES
from negotiation.solution.verdict import listed
from negotiation.sweeps.boundaries import BOTH, PUNISHMENT, Area
from negotiation.sweeps.regime_map import Panel, who

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_LEAST_AREA = 0.004
_HALF_A_LABEL = 120.0
"""Pixels of a curve on either side of the middle of its label that should be straight."""
_LOOK = {
    "self-enforcing": ("#eef6fb", ".."),
    "armed truce": ("#a9d3ee", ""),
    "partial cooperation": ("#e8c766", "\\\\\\"),
    "no cooperation": ("#8f8f8f", "///"),
    "no pure equilibrium": ("#ffffff", "xxx"),
}
"""Colour and hatch of each regime; apart in grey too."""

_DASHES = {
    0: "-",
    1: (0, (6, 2)),
    BOTH: "-.",
    PUNISHMENT: (0, (6, 1.5, 1, 1.5, 1, 1.5)),
    -1: (0, (1, 1.5)),
}


def draw(panels: Sequence[Panel]) -> Picture:
    """Draw maps side by side, with one key for all."""
    with style():
        figure, places = side_by_side(len(panels), 3.6, 5.4)
        for axes, panel in zip(places, panels, strict=True):
            _draw_one(axes, panel)
        _key(figure, panels)
        figure.draw_without_rendering()
        for axes, panel in zip(places, panels, strict=True):
            _name_boundaries(axes, panel, _mark_file(axes, panel) + _name_regions(axes, panel))
    return Picture("map", _caption(panels), _alt(panels), figure)


def _draw_one(axes: Axes, panel: Panel) -> None:
    (x0, x1), (y0, y1) = panel.plane.spans
    names = panel.plane.job.points.names
    colour, hatch = _LOOK[REGIMES[-1][0]]
    axes.fill([x0, x1, x1, x0], [y0, y0, y1, y1], fc=colour, hatch=hatch, lw=0, zorder=1)
    for area in panel.areas:
        if area.regime:
            _paint(axes, area)
    _tell_truces_apart(axes, panel)
    for boundary in panel.boundaries:
        axes.plot(
            *boundary.points.T, color=COLOURS["ink"], lw=1.3, ls=_DASHES[boundary.player], zorder=3
        )
    x, y = panel.plane.job.points.values
    open_ = np.nonzero((panel.plane.answers < 0).any(axis=0))
    axes.plot(x[open_[0]], y[open_[1]], "x", color=COLOURS["orange"], ms=4, zorder=3)
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_xlabel(_axis(panel, names[0]))
    axes.set_ylabel(_axis(panel, names[1]))
    axes.set_title(panel.title or _headline(panel))


_TINTS = ((COLOURS["sky"], ""), (COLOURS["mist"], "\\\\"), ("#bfe3d0", ".."), ("#9fb8dd", "//"),
          ("#dcd3ea", "||"), ("#f3dfc1", "--"))  # fmt: skip
"""Colour and hatch of each set of truces that an armed truce can be."""


def _tints(panel: Panel) -> list[int]:
    """Return the kinds of place in which some truce holds by threat, the most truces first."""
    armed = [k for k, (regime, _) in enumerate(panel.kinds) if regime == "armed truce"]
    return sorted(armed, key=lambda k: (-len(panel.kinds[k][1]), panel.kinds[k][1]))


def _tell_truces_apart(axes: Axes, panel: Panel) -> None:
    """Fill each set of truces in a colour and hatch of its own."""
    (x0, x1), (y0, y1) = panel.plane.spans
    n = len(panel.image)
    x, y = x0 + (np.arange(n) + 0.5) * (x1 - x0) / n, y0 + (np.arange(n) + 0.5) * (y1 - y0) / n
    tints = _tints(panel)
    if len(tints) < 2:
        return
    for colour, k in zip(_TINTS, tints, strict=False):
        axes.contourf(
            x, y, (panel.image == k).T.astype(float), levels=[0.5, 1.5],
            colors=[colour[0]], hatches=[colour[1]], zorder=2,
        )  # fmt: skip


def _headline(panel: Panel) -> str:
    """Say what the map shows: who breaks the truces along its lines."""
    sides = {b.player for b in panel.boundaries if b.what in panel.plane.job.outcomes}
    players = panel.plane.job.model.players
    if sides and sides <= {0, 1}:
        who_breaks = listed(players[i] for i in sorted(sides))
        return f"Beyond the lines {who_breaks} would break a truce"
    return "Which truces hold"


def _paint(axes: Axes, area: Area) -> None:
    """Fill an area, over those that contain it; rings around holes run the other way."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    rings = [Outline(np.concatenate((ring, ring[:1])), closed=True) for ring in area.rings]
    if rings:
        colour, hatch = _LOOK[area.regime]
        axes.add_artist(PathPatch(Outline.make_compound_path(*rings), fc=colour, lw=0, zorder=1))
        if hatch:
            axes.add_artist(
                PathPatch(
                    Outline.make_compound_path(*rings),
                    fc="none",
                    ec=COLOURS["quiet"],
                    hatch=hatch,
                    lw=0,
                    zorder=1,
                )
            )


def _axis(panel: Panel, name: str) -> str:
    """Label an axis in words with its unit, narrower where several maps share the width."""
    p = next(p for p in panel.plane.job.model.parameters if p.name == name)
    unit = f" ({p.unit})" if p.unit and p.unit != "none" else ""
    return textwrap.fill(f"{sentence_case(p.words)}{unit}", 34 if panel.title else 64)


def sentence_case(text: str) -> str:
    """Return a text with a capital at its start."""
    return text[:1].upper() + text[1:]


def _named(panels: Sequence[Panel]) -> list[str]:
    """Return what the two parameters are called in words."""
    about = {p.name: p.words for p in panels[0].plane.job.model.parameters}
    return [about[name] for name in panels[0].plane.job.points.names]


def _mark_file(axes: Axes, panel: Panel) -> list[Any]:
    """Mark the file's own values, if they are on the map; return the text beside the mark."""
    job = panel.plane.job
    now = job.model.values(**job.settings)
    place = [float(now[name]) for name in job.points.names]
    if not all(a <= v <= b for v, (a, b) in zip(place, panel.plane.spans, strict=True)):
        return []
    axes.plot(*place, "P", ms=9, mfc="white", mec=COLOURS["ink"], mew=1.2, zorder=5)
    share = [(v - a) / (b - a) for v, (a, b) in zip(place, panel.plane.spans, strict=True)]
    right, up = share[0] < 0.9, share[1] < 0.95
    text = axes.annotate(
        "as in the file",
        (place[0], place[1]),
        (8 if right else -8, 4 if up else -4),
        textcoords="offset points",
        ha="left" if right else "right",
        va="bottom" if up else "top",
        fontsize=8,
        zorder=6,
        path_effects=halo(),
    )
    return [text]


def _name_boundaries(axes: Axes, panel: Panel, texts: list[Any]) -> None:
    """Name the binding constraint along the longest stretch of each boundary."""
    longest: dict[tuple[str, int], Array] = {}
    for b in panel.boundaries:
        key = (b.what, b.player)
        if key not in longest or _length(panel, b.points) > _length(panel, longest[key]):
            longest[key] = b.points
    for (outcome, player), points in longest.items():
        if len(points) >= 2 and _length(panel, points) >= 0.25:
            text, hides = _written_along(axes, points, _words(panel, outcome, player), texts)
            if hides and player < 0:
                text.remove()
            else:
                texts.append(text)


def _words(panel: Panel, outcome: str, player: int) -> str:
    if player == PUNISHMENT:
        return f"{outcome}: its punishment lapses"
    return outcome if player < 0 else f"{who(panel, player)} would break {outcome}"


def _written_along(axes: Axes, points: Array, words: str, texts: list[Any]) -> tuple[Any, bool]:
    """Write words beside a curve where they hide least; return the text, and if it overlaps."""
    text = axes.text(
        0.0,
        0.0,
        words,
        fontsize=7.5,
        rotation_mode="anchor",
        ha="center",
        zorder=4,
        path_effects=halo(),
    )
    text.set_in_layout(False)
    others = [t.get_window_extent() for t in texts]
    best = (np.inf, 0.5, "bottom")
    for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88):
        for side in ("bottom", "top"):
            bend = _put(axes, text, points, (share, side))
            cost = _hidden(axes, text, others) + bend
            if cost < best[0] - 1e-9:
                best = cost, share, side
    _put(axes, text, points, best[1:])
    return text, _hidden(axes, text, others) > 0.0


def _put(axes: Axes, text: Any, points: Array, where: tuple[float, str]) -> float:
    """Move a text beside a curve; return the area between the two, roughly, in square pixels."""
    shown = axes.transData.transform(points)
    walked = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(shown, axis=0).T))))
    at = walked[-1] * where[0] + _HALF_A_LABEL * np.linspace(-1, 1, 5)
    x, y = (np.interp(at, walked, shown[:, k]) for k in (0, 1))
    dx, dy = x[-1] - x[0], y[-1] - y[0]
    angle = float(np.degrees(np.arctan2(dy, dx)))
    text.set_position(axes.transData.inverted().transform((x[2], y[2])))
    text.set_rotation(angle - 180 * np.sign(angle) if abs(angle) > 90 else angle)
    text.set_va(where[1])
    off = np.abs((x - x[0]) * dy - (y - y[0]) * dx) / max(float(np.hypot(dx, dy)), 1.0)
    return float(2 * _HALF_A_LABEL * off.max())


def _hidden(axes: Axes, text: Any, others: list[Any]) -> float:
    """Return the area of a text that overlaps others or leaves the axes, in square pixels."""
    from matplotlib.transforms import Bbox

    box, inside = text.get_window_extent(), axes.get_window_extent()
    size = box.width * box.height
    within = Bbox.intersection(box, inside)
    lost = size - (within.width * within.height if within else 0.0)
    for other in others:
        both = Bbox.intersection(box, other)
        lost += both.width * both.height if both else 0.0
    return float(lost)


def _length(panel: Panel, points: Array) -> float:
    """Return a curve's length as a share of the sides."""
    low, high = np.array(panel.plane.spans).T
    return float(np.hypot(*np.diff((points - low) / (high - low), axis=0).T).sum())


def _name_regions(axes: Axes, panel: Panel) -> list[Any]:
    """Write into every large region the truces that hold there; return the texts."""
    from scipy import ndimage

    written: list[Any] = []
    steps = (np.arange(len(panel.image)) + 0.5) / len(panel.image)
    for k, (regime, truces) in enumerate(panel.kinds):
        parts, count = ndimage.label(panel.image == k)
        for part in range(1, count + 1):
            mask = parts == part
            if mask.mean() < _LEAST_AREA:
                continue
            inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
            roomy = np.argwhere(inside >= 0.9 * inside.max())
            candidates = roomy[np.linspace(0, len(roomy) - 1, 25).astype(int)]
            candidates = candidates[
                np.argsort(np.abs(candidates - candidates.mean(axis=0)).sum(axis=1), kind="stable")
            ]
            text = axes.text(
                0.0,
                0.0,
                "\n".join((regime, *truces)),
                ha="center",
                va="center",
                fontsize=8,
                zorder=4,
                fontweight="bold" if not truces else "normal",
                path_effects=halo(),
            )
            text.set_in_layout(False)
            _placed(axes, text, panel.plane.places(steps[candidates]), written)
            written.append(text)
    return written


def _placed(axes: Axes, text: Any, places: Array, written: list[Any]) -> None:
    """Move a text to the first of the given places at which it hides least."""
    others = [t.get_window_extent() for t in written]
    cost = []
    for place in places:
        text.set_position((float(place[0]), float(place[1])))
        _kept_inside(axes, text)
        cost.append(_hidden(axes, text, others))
    best = places[int(np.argmin(np.round(cost)))]
    text.set_position((float(best[0]), float(best[1])))
    _kept_inside(axes, text)


def _kept_inside(axes: Axes, text: Any) -> None:
    """Move a text back inside the axes."""
    box, inside = text.get_window_extent().padded(3), axes.get_window_extent()
    x = max(inside.x0 - box.x0, 0.0) + min(inside.x1 - box.x1, 0.0)
    y = max(inside.y0 - box.y0, 0.0) + min(inside.y1 - box.y1, 0.0)
    place = axes.transData.transform(text.get_position()) + np.array([x, y])
    text.set_position(axes.transData.inverted().transform(place))


def _key(figure: Figure, panels: Sequence[Panel]) -> None:
    """Draw the key of colours and lines below the maps."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = {regime for panel in panels for regime, _ in panel.kinds}
    handles: list[Any] = [
        Patch(fc=_LOOK[r][0], hatch=_LOOK[r][1], ec=COLOURS["quiet"], lw=0.5, label=r)
        for r, _ in REGIMES
        if r in shown
    ]
    drawn = {b.player for panel in panels for b in panel.boundaries}
    entries = {
        k: f"where {who(panels[0], k)} would start to gain by breaking" for k in (0, 1, BOTH)
    }
    entries |= {PUNISHMENT: "where a punishment can no longer be believed"}
    entries |= {-1: "other changes of regime"}
    for k, text in entries.items():
        if k in drawn:
            handles.append(Line2D([], [], color=COLOURS["ink"], ls=_DASHES[k], label=text))
    if any((panel.plane.answers < 0).any() for panel in panels):
        mark = Line2D([], [], marker="x", color=COLOURS["orange"], ms=4, ls="", label="undecided")
        handles.append(mark)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def _caption(panels: Sequence[Panel]) -> str:
    names = _named(panels)
    return (
        f"What can be kept up as {names[0]} and {names[1]} change and all else stays as it is. "
        "Each region names every truce that holds in it. Each line belongs to the side named: "
        "across it that side would start to gain by breaking the truce."
    )


def _alt(panels: Sequence[Panel]) -> str:
    shown = [
        regime
        for regime, _ in REGIMES
        if any(regime == r for panel in panels for r, _ in panel.kinds)
    ]
    names = _named(panels)
    return f"Map of regimes over {names[0]} and {names[1]} with areas of {listed(shown)}."
