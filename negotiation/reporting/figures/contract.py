"""The map of a contract: two terms, where the outcome holds, and the deals that stand out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from negotiation.deals.contract_map import ContractMap
from negotiation.deals.deal import Deal
from negotiation.reporting.figures.drawing import (
    COLOURS,
    Picture,
    halo,
    label_points,
    new_figure,
    style,
)
from negotiation.reporting.pages.deal import kind_names, unit_of
from negotiation.solution.verdict import listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["contract_figure"]

_EDGES = (("-", "orange"), ((0, (5, 2)), "blue"))
"""Line and colour of where each side is just indifferent."""


def contract_figure(drawn: ContractMap) -> Picture:
    """Draw where the outcome holds, who breaks it beyond each edge, and the deals."""
    analysis = drawn.analysis
    first, second = (analysis.contract.terms[k] for k in (drawn.x, drawn.y))
    with style():
        figure, axes = new_figure(7.2, 5.0)
        _region(axes, drawn)
        _contours(axes, drawn)
        _edges(axes, drawn)
        _marks(axes, drawn)
        axes.set_xlabel(_axis(first.name, first.meaning, first.unit))
        axes.set_ylabel(_axis(second.name, second.meaning, second.unit))
        axes.legend(
            frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=2.6
        )
    return Picture("contract", _caption(drawn), _alt(drawn), figure)


def _axis(name: str, meaning: str, unit: str) -> str:
    what = f"{name}: {meaning}" if meaning else name
    what = what if len(what) <= 60 else name
    return f"{what} ({unit})" if unit else what


def _region(axes: Axes, drawn: ContractMap) -> None:
    margin = drawn.margin
    axes.set_xlim(drawn.across[0], drawn.across[-1])
    axes.set_ylim(drawn.up[0], drawn.up[-1])
    axes.margins(0)
    span = max(float(np.abs(margin).max()), 1e-300)
    if (margin >= 0).any() and (margin < 0).any():
        areas = axes.contourf(
            drawn.across, drawn.up, margin, levels=[-2 * span, 0, 2 * span],
            colors=[COLOURS["pale"], COLOURS["mist"]], hatches=["//", None],
        )  # fmt: skip
        areas.set_edgecolor("white")
        areas.set_linewidth(0)
    else:
        axes.set_facecolor(COLOURS["mist" if (margin >= 0).all() else "pale"])
    if drawn.holds.any():
        axes.fill([], [], fc=COLOURS["mist"], ec=COLOURS["quiet"], lw=0.5, label="it holds")
    if not drawn.holds.all():
        axes.fill([], [], fc=COLOURS["pale"], ec="white", lw=0, hatch="//", label="it does not")


def _contours(axes: Axes, drawn: ContractMap) -> None:
    """Lines of equal smaller slack, where the outcome holds."""
    margin = drawn.margin
    top = float(margin.max())
    if top <= 0:
        return
    step = _round(top / 4)
    levels = [step * k for k in range(1, 9) if step * k < top]
    if levels:
        lines = axes.contour(
            drawn.across, drawn.up, margin, levels=levels, colors=COLOURS["quiet"], linewidths=0.7
        )
        for text in axes.clabel(lines, fmt=number, fontsize=7):
            text.set_path_effects(halo())
        axes.plot(
            [],
            [],
            "-",
            lw=0.7,
            color=COLOURS["quiet"],
            label=f"smaller loss from breaking it, {unit_of(drawn.analysis)}",
        )


def _round(x: float) -> float:
    """Return 1, 2 or 5 times a power of ten, near a number."""
    power = 10.0 ** np.floor(np.log10(x))
    return float(min((1, 2, 5, 10), key=lambda k: abs(k * power - x)) * power)


def _edges(axes: Axes, drawn: ContractMap) -> None:
    names = drawn.analysis.contract.model.players
    for i, (line, colour) in enumerate(_EDGES):
        slack = drawn.slack[:, :, i]
        if slack.min() < 0 <= slack.max():
            axes.contour(
                drawn.across, drawn.up, slack, levels=[0],
                colors=COLOURS[colour], linewidths=1.8, linestyles=[line],
            )  # fmt: skip
            axes.plot(
                [], [], lw=1.8, color=COLOURS[colour], linestyle=line,
                label=f"{names[i]} is indifferent; beyond, it breaks it",
            )  # fmt: skip


def _marks(axes: Axes, drawn: ContractMap) -> None:
    """Mark the deals; hollow where their other terms are not those of the map."""
    analysis, own = drawn.analysis, drawn.analysis.contract.own
    places: dict[tuple[int, int], tuple[float, float, list[str]]] = {}
    fine = 300 / np.array([np.ptp(drawn.across), np.ptp(drawn.up)])
    for one in (*analysis.deals, analysis.own):
        x, y = one.terms[drawn.x], one.terms[drawn.y]
        inside = drawn.across[0] <= x <= drawn.across[-1] and drawn.up[0] <= y <= drawn.up[-1]
        if not inside:
            continue
        flat = _in_plane(drawn, one, own)
        star = "file" in one.kinds
        axes.plot(
            x, y, "*" if star else "o", ms=11 if star else 6, clip_on=False, zorder=5,
            mfc=COLOURS["yellow"] if flat else "white", mec=COLOURS["ink"],
        )  # fmt: skip
        at = round(float(x * fine[0])), round(float(y * fine[1]))  # closer than a mark is wide
        places.setdefault(at, (x, y, []))[2].extend(kind_names(analysis, one.kinds))
    labels = [(x, y, "\n".join(kinds)) for x, y, kinds in places.values()]
    label_points(axes, labels, fontsize=7.5, color=COLOURS["ink"], zorder=6)
    axes.plot([], [], "o", ms=6, mfc=COLOURS["yellow"], mec=COLOURS["ink"], label="deal")
    if len(own) > 2:
        axes.plot(
            [], [], "o", ms=6, mfc="white", mec=COLOURS["ink"], label="deal with other terms moved"
        )
    axes.plot([], [], "*", ms=10, mfc=COLOURS["yellow"], mec=COLOURS["ink"], label="the file's own")


def _in_plane(drawn: ContractMap, one: Deal, own: np.ndarray) -> bool:
    others = [k for k in range(len(own)) if k not in (drawn.x, drawn.y)]
    return all(abs(one.terms[k] - own[k]) <= 1e-9 * max(1.0, abs(own[k])) for k in others)


def _caption(drawn: ContractMap) -> str:
    analysis = drawn.analysis
    names = analysis.contract.names
    rest = [
        f"{names[k]} at {number(analysis.contract.own[k])}"
        for k in range(len(names))
        if k not in (drawn.x, drawn.y)
    ]
    held = f" The other terms stay at the file's: {listed(rest)}." if rest else ""
    return (
        f"Terms of {analysis.contract.outcome}. Plain ground: both sides keep to it; hatched: some "
        "side breaks it. Thin lines: what the side with less to lose would lose by breaking it, on "
        f"average, in {unit_of(analysis)}. "
        f"Beyond a thick line the side named in the key would break it.{held}"
    )


def _alt(drawn: ContractMap) -> str:
    analysis = drawn.analysis
    names = analysis.contract.names
    share = float(drawn.holds.mean())
    marks = [f"{kind_names(analysis, d.kinds)[0]} at ({number(d.terms[drawn.x])}, "
             f"{number(d.terms[drawn.y])})" for d in analysis.deals]  # fmt: skip
    return (
        f"Map of {names[drawn.x]} (across) and {names[drawn.y]} (up): the outcome holds on "
        f"{100 * share:.0f} % of the area. Marked: {listed(marks)}."
    )
