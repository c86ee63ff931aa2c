"""Figures of the page as plotly's plain data.

Colours are named by their role, such as ``@blue``; the page puts in those of its light or dark
look. Nothing is told by colour alone: areas are hatched, lines dashed, points labelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.explore.standing import Row, Standing, short_unit
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.verdict import listed, number
from negotiation.sweeps.crossings import ANY, BETTER, NO_THREAT

if TYPE_CHECKING:
    from negotiation.analysis.deviations import Why
    from negotiation.analysis.samples import Swing
    from negotiation.solution.path import Outlook
    from negotiation.solution.play import Record
    from negotiation.sweeps.boundaries import Area
    from negotiation.sweeps.regime_map import Panel

__all__ = ["Figure", "clock", "effects", "map_of", "match_of", "payoffs", "temptations"]

Figure = dict[str, Any]
"""``data`` and ``layout`` as plotly takes them, and ``alt``, what it shows in words."""

_CELLS = 40
_LINE = {"color": "@ink", "width": 1}
_HATCHES = ("/", "\\", "x", "-", "|", "+", ".")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def _layout(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "margin": {"l": 58, "r": 14, "t": 10, "b": 44},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
    }
    return base | more


def _axis(title: str, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "title": {"text": title, "standoff": 8},
        "zeroline": False,
        "fixedrange": True,
        "ticks": "outside",
        "ticklen": 3,
    }
    return base | more


def _pattern(hatch: str, colour: str, solidity: float) -> dict[str, Any]:
    return {"shape": hatch, "fgcolor": colour, "solidity": solidity, "fillmode": "overlay"}


def payoffs(found: Standing, ring: Array | None) -> Figure:
    """Draw what the two sides can get: all there is, what can be sustained, and the outcomes.

    Parameters
    ----------
    found
        What holds.
    ring
        Corners of the set of sustainable payoffs, shape ``(m, 2)``; None while it is not known.
    """
    game, unit = found.game, short_unit(found.model)
    cells = game.payoffs.reshape(2, -1).T
    data = [_area(_hull(cells), "everything that play can give", "@pale", "")]
    if ring is not None and len(ring):
        data.append(_area(ring, "what can be kept up", "@mist", "/"))
    rows = [*found.others, *found.rows]
    held, cannot = ([r for r in rows if r.sustained is yes] for yes in (True, False))
    data += [
        _dots(found, _places(cannot), "circle-open", "cannot be kept up"),
        _dots(found, _places(held), "circle", "can be kept up"),
    ]
    if np.isfinite(found.threats).all():
        x, y = found.threats.tolist()
        a, b = game.players
        said = f"worst credible payoffs<br>{a} {number(x)}, {b} {number(y)}"
        data.append(
            {"type": "scatter", "mode": "markers", "x": [x], "y": [y], "hovertext": [said],
             "hoverinfo": "text", "marker": {"symbol": "x-thin-open", "size": 9, "color": "@ink"}}
        )  # fmt: skip
    titles = [f"{player}{', ' + unit if unit else ''}" for player in game.players]
    names = [r.name for r in held]
    said = f"These can be kept up: {listed(names)}." if names else "None of them can be kept up."
    return {
        "data": data,
        "layout": _layout(xaxis=_axis(titles[0]), yaxis=_axis(titles[1])),
        "alt": f"Outcomes by the payoffs of {game.players[0]} across and of {game.players[1]} "
        f"upward. {said}",
    }


def _area(ring: Array, name: str, colour: str, hatch: str) -> dict[str, Any]:
    closed = np.concatenate((ring, ring[:1]))
    pattern = {"shape": hatch, "fgcolor": "@blue", "bgcolor": colour, "size": 7, "solidity": 0.12}
    return {
        "type": "scatter", "mode": "lines", "x": closed[:, 0].tolist(), "y": closed[:, 1].tolist(),
        "fill": "toself", "fillcolor": colour, "fillpattern": pattern if hatch else {},
        "line": {"color": "@blue" if hatch else "@quiet", "width": 2 if hatch else 1},
        "name": name, "hoverinfo": "skip",
    }  # fmt: skip


def _hull(points: Array) -> Array:
    """Return the corners of the convex hull of points, which may lie on a line."""
    from scipy.spatial import ConvexHull, QhullError

    points = np.unique(points, axis=0)
    try:
        return np.asarray(points[ConvexHull(points).vertices], dtype=np.float64)
    except (QhullError, ValueError):
        return points[[0, -1]]


def _places(rows: list[Row]) -> list[tuple[tuple[float, float], list[Row]]]:
    """Put rows with the same payoffs together."""
    found: dict[tuple[float, float], list[Row]] = {}
    for r in rows:
        found.setdefault((round(r.payoffs[0], 9), round(r.payoffs[1], 9)), []).append(r)
    return list(found.items())


def _dots(
    found: Standing, places: list[tuple[tuple[float, float], list[Row]]], symbol: str, what: str
) -> dict[str, Any]:
    """Draw outcomes as dots: truces named, the others when pointed at."""
    middle = float(np.mean(found.game.payoffs[0]))
    texts, hovers, sides = [], [], []
    for (x, y), rows in places:
        named = list(dict.fromkeys(r.name.partition(" (")[0] for r in rows if r.truce))
        texts.append(listed(named) if named else "")
        every = list(dict.fromkeys(r.name for r in rows))
        hovers.append(f"{'<br>'.join(every)}<br>{number(x)}, {number(y)}: {what}")
        sides.append("middle left" if x > middle else "middle right")
    return {
        "type": "scatter", "mode": "markers+text",
        "x": [x for (x, _), _ in places], "y": [y for (_, y), _ in places],
        "text": texts, "textposition": sides, "hovertext": hovers, "hoverinfo": "text",
        "marker": {
            "symbol": symbol, "color": "@ink", "line": {"width": 1.5, "color": "@ink"},
            "size": [10 if any(r.truce for r in rows) else 6 for _, rows in places],
        },
    }  # fmt: skip


def map_of(panel: Panel, here: tuple[float, float], titles: tuple[str, str]) -> Figure:
    """Draw what holds where over two numbers, with exact outlines.

    Parameters
    ----------
    panel
        From `sweeps.regime_map`.
    here
        The point shown by the sliders.
    titles
        Of the two axes.
    """
    (x0, x1), (y0, y1) = panel.plane.spans
    said = [_kind_name(kind) for kind in panel.kinds]
    data = [_painted(area, k) for k, area in enumerate(panel.areas) if area.rings]
    data.append(_places_to_go(panel, said))
    data.append(
        {"type": "scatter", "mode": "markers", "x": [here[0]], "y": [here[1]],
         "hovertext": ["where the sliders are"], "hoverinfo": "text",
         "marker": {"symbol": "star", "size": 15, "color": "@ink",
                    "line": {"width": 1, "color": "@paper"}}}
    )  # fmt: skip
    return {
        "data": data,
        "layout": _layout(
            xaxis=_axis(titles[0], range=[x0, x1]),
            yaxis=_axis(titles[1], range=[y0, y1]),
            annotations=_labels(panel, said),
            hoverdistance=-1,
        ),
        "alt": f"Map over {titles[0]} across and {titles[1]} upward. Places: {listed(said)}.",
        "goes": list(panel.plane.job.points.names),
    }


def _kind_name(kind: tuple[str, tuple[str, ...]]) -> str:
    regime, held = kind
    return listed(held) if held else regime


_GROUNDS = {ANY: "@pale", BETTER: "@mist", NO_THREAT: "@yellow"}


def _painted(area: Area, k: int) -> dict[str, Any]:
    """Paint an area over the wider ones: regimes plain, outcomes hatched, each line its dashes."""
    closed = [np.concatenate((ring, ring[:1])) for ring in area.rings]
    gap = [[None, None]]
    points = [p for ring in closed for p in (*ring.tolist(), *gap)][:-1]
    ground = _GROUNDS.get(area.what)
    pattern = {
        "shape": _HATCHES[k % len(_HATCHES)], "fgcolor": "@ink", "bgcolor": "rgba(80,160,220,0.16)",
        "size": 9, "solidity": 0.05,
    }  # fmt: skip
    return {
        "type": "scatter", "mode": "lines", "name": area.what, "hoverinfo": "skip",
        "x": [p[0] for p in points], "y": [p[1] for p in points], "fill": "toself",
        "fillcolor": ground or "rgba(0,0,0,0)", "fillpattern": {} if ground else pattern,
        "line": {"color": "@ink", "width": 1.5, "dash": _DASHES[k % len(_DASHES)]},
    }  # fmt: skip


def _places_to_go(panel: Panel, said: list[str]) -> dict[str, Any]:
    """Return unseen points all over the map, to be pointed at and clicked."""
    (x0, x1), (y0, y1) = panel.plane.spans
    step = max(1, len(panel.image) // _CELLS)
    codes = panel.image[step // 2 :: step, step // 2 :: step]
    shares = (np.arange(len(panel.image)) + 0.5)[step // 2 :: step] / len(panel.image)
    x, y = np.meshgrid(x0 + shares * (x1 - x0), y0 + shares * (y1 - y0), indexing="ij")
    return {
        "type": "scatter", "mode": "markers", "x": x.ravel().tolist(), "y": y.ravel().tolist(),
        "text": [said[int(k)] for k in codes.ravel()], "marker": {"size": 9, "opacity": 0},
        "hovertemplate": "%{text}<br>%{x:.3g}, %{y:.3g}: click to go there<extra></extra>",
    }  # fmt: skip


def _labels(panel: Panel, said: list[str]) -> list[dict[str, Any]]:
    """Write what holds at the middle of every kind of place, where there is room."""
    from scipy.ndimage import distance_transform_cdt

    (x0, x1), (y0, y1) = panel.plane.spans
    size, found = len(panel.image), []
    for k, name in enumerate(said):
        depth = distance_transform_cdt(np.pad(panel.image == k, 1))[1:-1, 1:-1]
        column, row = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth.max() < size / 40:
            continue
        x, y = ((int(n) + 0.5) / size for n in (column, row))
        found.append(
            {"x": x0 + x * (x1 - x0), "y": y0 + y * (y1 - y0),
             "text": name.replace(" and ", " and<br>"),
             "showarrow": False, "bgcolor": "@paper", "opacity": 0.9, "borderpad": 2,
             "xanchor": "left" if x < 0.12 else "right" if x > 0.88 else "center"}
        )  # fmt: skip
    return found


def clock(found: Outlook) -> Figure | None:
    """Draw how long the truce lasts; None if no path was found."""
    if found.longest is None or found.shortest is None:
        return None
    period = found.model.period or "period"
    time = list(range(found.periods + 1))
    lines = (
        (found.bound, "at most, in any equilibrium", "@quiet", "dash"),
        (found.longest.clock.lasts, "longest-lived path", "@blue", "solid"),
        (found.shortest.clock.lasts, "shortest-lived path", "@orange", "dot"),
    )
    data = [
        {"type": "scatter", "mode": "lines", "x": time, "y": np.asarray(y).tolist(), "name": name,
         "hovertemplate": f"%{{y:.3f}} after %{{x}} {period}s<extra>{name}</extra>",
         "line": {"color": colour, "dash": dash, "width": 2}}
        for y, name, colour, dash in lines
    ]  # fmt: skip
    return {
        "data": data,
        "layout": _layout(
            showlegend=True,
            legend={"x": 1, "xanchor": "right", "y": 1, "bgcolor": "rgba(0,0,0,0)"},
            xaxis=_axis(f"{period}s from the start"),
            yaxis=_axis("chance that the truce still holds", range=[-0.02, 1.04]),
        ),
        "alt": f"Chance that the truce still holds over {found.periods} {period}s: on the "
        f"longest-lived path it ends at {float(found.longest.clock.lasts[-1]):.3f}, on the "
        f"shortest-lived at {float(found.shortest.clock.lasts[-1]):.3f}.",
    }


def temptations(model: PayoffFile, players: tuple[str, str], found: Why) -> Figure:
    """Draw what each side gains at once by breaking an outcome, and what it loses later."""
    unit = short_unit(model)
    sides = found.sides
    bars = (
        ("gains at once", [s.gain for s in sides], "@orange", ""),
        ("loses later", [max(s.loss, 0.0) for s in sides], "@blue", "/"),
    )
    data = [
        {"type": "bar", "orientation": "h", "y": list(players), "x": values, "name": name,
         "text": [number(v) for v in values], "textposition": "auto", "cliponaxis": False,
         "hovertemplate": "%{y} " + name + " %{x:.4g}<extra></extra>",
         "marker": {"color": colour, "line": {"color": "@ink", "width": 1},
                    "pattern": _pattern(hatch, "@paper", 0.25)}}
        for name, values, colour, hatch in bars
    ]  # fmt: skip
    return {
        "data": data,
        "layout": _layout(
            showlegend=True, barmode="group", legend={"orientation": "h", "y": 1.16, "x": 0},
            xaxis=_axis(f"summed over all later {model.period or 'period'}s, discounted"
                        + (f", {unit}" if unit else "")),
            yaxis=_axis("", autorange="reversed"),
        ),
        "alt": "; ".join(
            f"{player} gains {number(s.gain)} at once and loses {number(max(s.loss, 0.0))} later"
            for player, s in zip(players, sides, strict=True)
        )
        + ".",
    }  # fmt: skip


def effects(model: PayoffFile, swings: tuple[Swing, ...], here: float) -> Figure:
    """Draw the truce margin over the range of each number alone, the widest on top.

    Parameters
    ----------
    model
        For its unit.
    swings
        The widest first.
    here
        The margin at the point itself.
    """
    shown = swings[::-1]
    names = [s.parameter for s in shown]
    data = [
        {"type": "bar", "orientation": "h", "y": names, "base": here, "name": name,
         "x": [v - here for v in values],
         "customdata": [[e, v] for e, v in zip(ends, values, strict=True)],
         "hovertemplate": "%{y} = %{customdata[0]:.4g}: margin %{customdata[1]:.4g}<extra></extra>",
         "marker": {"color": colour, "line": {"color": "@ink", "width": 0.5},
                    "pattern": _pattern(hatch, "@ink", 0.1)}}
        for name, ends, values, colour, hatch in (
            ("at the low end", [s.low for s in shown], [s.at_low for s in shown], "@sky", ""),
            ("at the high end", [s.high for s in shown], [s.at_high for s in shown], "@blue", "/"),
        )
    ]  # fmt: skip
    zero = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": "@orange", "width": 2, "dash": "dash"}}  # fmt: skip
    unit = short_unit(model)
    return {
        "data": data,
        "layout": _layout(
            showlegend=True, barmode="overlay", shapes=[zero],
            margin={"l": 110, "r": 14, "t": 10, "b": 44},
            legend={"orientation": "h", "y": 1.12, "x": 0},
            xaxis=_axis("margin of the best truce" + (f", {unit}" if unit else "")
                        + "; no truce is sure to hold left of 0"),
            yaxis=_axis(""),
        ),
        "alt": "Effect of each number alone on the margin of the best truce. The largest are "
        f"{listed(names[::-1][:3])}." if names else "No number has an effect alone.",
    }  # fmt: skip


def match_of(record: Record) -> Figure:
    """Draw what each person got period by period beside what the deal brings."""
    match = record.match
    game = match.solution.game
    time = [t.period + 1 for t in record.turns]
    data: list[dict[str, Any]] = []
    for k, i in enumerate(match.people):
        who = game.players[i]
        breaches = [t.broke(i) and match.outcome is not None for t in record.turns]
        data += [
            {"type": "scatter", "mode": "lines", "x": time, "y": [t.deal[i] for t in record.turns],
             "name": f"{who}, the deal", "line": {"color": "@quiet", "dash": _DASHES[1 + k]}},
            {"type": "scatter", "mode": "lines+markers", "x": time,
             "y": [t.payoffs[i] for t in record.turns], "name": f"{who} got",
             "line": {"color": ("@blue", "@orange")[k]},
             "marker": {"size": 9, "symbol": ["x" if b else "circle" for b in breaches]}},
        ]  # fmt: skip
    model = match.solution.model
    unit = short_unit(model) if model is not None else ""
    period = (model.period if model is not None else "") or "period"
    return {
        "data": data,
        "layout": _layout(
            showlegend=True,
            legend={"orientation": "h", "y": 1.16, "x": 0},
            xaxis=_axis(period, dtick=1, range=[0.5, max(time[-1], 4) + 0.5]),
            yaxis=_axis(f"payoff{', ' + unit if unit else ''}"),
        ),
        "alt": "Payoffs " + "; ".join(
            f"of {game.players[i]}: " + ", ".join(number(t.payoffs[i]) for t in record.turns)
            for i in match.people
        ) + ".",
    }  # fmt: skip
