"""Regime maps over two parameters: areas with exact outlines, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.regimes import REGIMES
from negotiation.solution.starts import Watch, unwatched
from negotiation.solution.verdict import listed, number
from negotiation.sweeps.boundaries import BOTH, PUNISHMENT, Area, Boundary, Plane, areas, look_at
from negotiation.sweeps.crossings import ANY, BETTER, NO_THREAT

__all__ = ["Panel", "map_panels", "to_dict", "who"]

_PIXELS = 240
_SIDES = (0, 1, BOTH)


@dataclass(frozen=True, eq=False)
class Panel:
    """One map, at one value of the third parameter if there is one.

    Attributes
    ----------
    plane
        The grid, with every question answered.
    areas
        Where each thing holds, the widest first.
    image
        Shape ``(X, Y)``: index into `kinds` at the middle of every pixel of the plane.
    kinds
        Regime and sustained truces of each kind of place.
    title
        The value of the third parameter, or empty.
    """

    plane: Plane
    areas: tuple[Area, ...]
    image: npt.NDArray[np.intp]
    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    title: str = ""

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """Return the curves of all areas."""
        return tuple(b for area in self.areas for b in area.boundaries)


def map_panels(
    model: PayoffFile,
    spans: Mapping[str, tuple[float, float]],
    *,
    by: tuple[str, Sequence[float] | Array] | None = None,
    resolution: int = 101,
    settings: Mapping[str, Any] | None = None,
    watch: Watch = unwatched,
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
    watch
        Passes on what is outlined, as a progress bar does.
    """
    fixed = dict(settings or {})
    if by is None:
        return (_panel(look_at(model, spans, resolution, fixed), "", watch),)
    name, values = by
    return tuple(
        _panel(
            look_at(model, spans, resolution, {**fixed, name: v}), f"{name} = {number(v)}", watch
        )
        for v in values
    )


def _panel(plane: Plane, title: str, watch: Watch) -> Panel:
    parts = areas(plane, watch)
    steps = (np.arange(_PIXELS) + 0.5) / _PIXELS
    x, y = plane.places(np.stack((steps, steps), axis=1)).T
    inside = np.stack([_contains(area, x, y).ravel() for area in parts], axis=1)
    kinds, image = np.unique(inside, axis=0, return_inverse=True)
    return Panel(
        plane,
        parts,
        image.reshape(_PIXELS, _PIXELS),
        tuple(_kind(parts, row) for row in kinds.tolist()),
        title,
    )


def _contains(area: Area, x: Array, y: Array) -> npt.NDArray[np.bool_]:
    """Return the points of a grid inside an area, by the even-odd rule."""
    above = np.zeros((len(x), len(y) + 1), dtype=np.intp)
    for ring in area.rings:
        after = np.roll(ring, -1, axis=0)
        k, column = np.nonzero((ring[:, :1] <= x) != (after[:, :1] <= x))
        share = (x[column] - ring[k, 0]) / (after[k, 0] - ring[k, 0])
        at = ring[k, 1] + share * (after[k, 1] - ring[k, 1])
        np.add.at(above, (column, np.searchsorted(y, at)), 1)
    return np.asarray(np.cumsum(above, axis=1)[:, :-1] % 2 == 1, dtype=np.bool_)


def _kind(parts: Sequence[Area], inside: Sequence[bool]) -> tuple[str, tuple[str, ...]]:
    """Name the regime, the first in the table that holds, and the outcomes that do."""
    regimes = {a.regime for a, yes in zip(parts, inside, strict=True) if yes}
    order = [name for name, _ in REGIMES]
    regime = next((name for name in order if name in regimes), order[-1])
    outcomes = [a for a in parts if a.what not in (ANY, BETTER, NO_THREAT)]
    sustained = {a.what for a, yes in zip(parts, inside, strict=True) if yes}
    return regime, tuple(a.what for a in outcomes if a.what in sustained)


def who(panel: Panel, player: int) -> str:
    """Name the player whose constraint binds, or both."""
    players = panel.plane.job.model.players
    return listed(players) if player == BOTH else players[player]


_ABOUT = {NO_THREAT: "self-enforcing", BETTER: "partial cooperation", ANY: "no cooperation"}


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
                        "sustained": list(sustained),
                        "share": float((p.image == k).mean()),
                    }
                    for k, (regime, sustained) in enumerate(p.kinds)
                ],
                "boundaries": [_curve(p, b) for b in p.boundaries],
                "undecided": int((p.plane.answers < 0).any(axis=0).sum()),
            }
            for p in panels
        ],
    }


def _curve(panel: Panel, b: Boundary) -> dict[str, Any]:
    return {
        "of": b.what,
        "regime": _ABOUT.get(b.what),
        "tightest_player": who(panel, b.player) if b.player in _SIDES else None,
        "punishment_lapses": b.player == PUNISHMENT,
        "accuracy": b.accuracy if np.isfinite(b.accuracy) else None,
        "points": b.points.tolist(),
    }
