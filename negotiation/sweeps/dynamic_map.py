"""Map of the outcomes supportable at the start of a dynamic model, cell by cell.

Numbers on a grid are taken at their levels; there is nothing between two of them. Other numbers are
taken at the middles of equal steps. Nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.errors import UsageError
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.starts import Standing, Watch, asked_about, standings, unwatched
from negotiation.solution.verdict import number
from negotiation.sweeps.dynamic_line import levels_within

__all__ = ["POINTS", "CellMap", "cell_maps", "moving_maps", "to_dict"]

Array = npt.NDArray[np.float64]

MOST_CELLS = 40_000
"""Cells of all maps together; each is a game, or a start of one."""

POINTS = 9
"""Steps along a number that is not on a grid, unless asked otherwise: each takes a solution."""


@dataclass(frozen=True, eq=False)
class CellMap:
    """One map of cells, for one value of the third number if there is one.

    Attributes
    ----------
    model, settings
        The file, and what was set.
    names
        The number across and the number upward.
    values, edges
        Along each, where the cells were solved, and where they end.
    outcomes
        Those that were asked about.
    found
        ``found[i][j]`` at the i-th value across and the j-th upward.
    title
        The value of the third number, or empty.
    """

    model: PayoffFile
    settings: dict[str, Any]
    names: tuple[str, str]
    values: tuple[Array, Array]
    edges: tuple[Array, Array]
    outcomes: tuple[str, ...]
    found: tuple[tuple[Standing, ...], ...]
    title: str = ""

    def held(self, i: int, j: int) -> tuple[str, ...]:
        """Return the outcomes that can be played in one cell."""
        pairs = zip(self.outcomes, self.found[i][j].supportable_now, strict=True)
        return tuple(name for name, yes in pairs if yes)


def cell_maps(
    model: PayoffFile,
    spans: Mapping[str, tuple[float, float]],
    settings: Mapping[str, Any],
    points: int = POINTS,
    watch: Watch = unwatched,
) -> CellMap:
    """Solve a map over two numbers.

    Parameters
    ----------
    model
        A dynamic payoff file.
    spans
        The number across and the number upward, each with the ends of its axis.
    settings
        Other numbers that differ from the file's values.
    points
        Cells along a number that is not on a grid.
    watch
        Shows how far the work has come.

    Raises
    ------
    UsageError
        If no level of a number on a grid lies within its span, or a setting is impossible.
    """
    x, y = spans
    fixed = {k: v for k, v in settings.items() if k not in spans}
    across, upward = (_cells(model, name, spans[name], points) for name in (x, y))
    outcomes = asked_about(model)
    wide, high = len(across[0]), len(upward[0])
    where = {x: np.repeat(across[0], high), y: np.tile(upward[0], wide)}
    flat = standings(model, where, fixed, outcomes, watch)
    rows = tuple(tuple(flat[i * high : (i + 1) * high]) for i in range(wide))
    values, edges = (across[0], upward[0]), (across[1], upward[1])
    return CellMap(model, fixed, (x, y), values, edges, outcomes, rows)


def _cells(
    model: PayoffFile, name: str, span: tuple[float, float], points: int
) -> tuple[Array, Array]:
    """Return the values of a number, and the ends of the cells around them."""
    levels = levels_within(model, name, span)
    if levels is None:
        edges = np.linspace(*span, points + 1)
        return 0.5 * (edges[1:] + edges[:-1]), edges
    if len(levels) == 1:
        axis = next(a for a in model.axes if a.name == name)
        half = 0.5 * float(axis.levels[1] - axis.levels[0])
        return levels, np.array([levels[0] - half, levels[0] + half])
    middle = 0.5 * (levels[1:] + levels[:-1])
    ends = (2 * levels[0] - middle[0], 2 * levels[-1] - middle[-1])
    return levels, np.concatenate(([ends[0]], middle, [ends[1]]))


def moving_maps(
    model: PayoffFile,
    spans: Mapping[str, tuple[float, float]],
    by: tuple[str, Array] | None,
    settings: Mapping[str, Any],
    points: int = POINTS,
    watch: Watch = unwatched,
) -> tuple[CellMap, ...]:
    """Solve a map for each value of a third number, or the only one; else as `cell_maps`."""
    cells = points**2 * (1 if by is None else len(by[1]))
    if cells > MOST_CELLS:
        raise UsageError(
            f"{cells:,} cells, each of them a game; expected at most {MOST_CELLS:,}: fewer --points"
        )
    if by is None:
        return (cell_maps(model, spans, settings, points, watch),)
    name, values = by
    return tuple(
        replace(
            cell_maps(model, spans, {**settings, name: v}, points, watch),
            title=f"{name} = {number(v)}",
        )
        for v in values.tolist()
    )


def to_dict(maps: Sequence[CellMap]) -> dict[str, Any]:
    """Return the maps as data; schema ``negotiate/map/1``, with cells instead of boundaries."""
    model = maps[0].model
    return {
        "schema": "negotiate/map/1",
        "model": {"title": model.title, "file": model.path, "sha256": model.sha256},
        "parameters": list(maps[0].names),
        "values": [v.tolist() for v in maps[0].values],
        "maps": [
            {
                "settings": {n: float(v) for n, v in sorted(m.settings.items())},
                "cells": [
                    [_cell(m, i, j) for j in range(len(m.values[1]))]
                    for i in range(len(m.values[0]))
                ],
            }
            for m in maps
        ],
    }


def _cell(cell_map: CellMap, i: int, j: int) -> dict[str, Any]:
    standing = cell_map.found[i][j]
    pairs = list(zip(cell_map.outcomes, standing.supportable_now, strict=True))
    return {
        "regime": standing.regime,
        "sustained": [name for name, yes in pairs if yes],
        "not_known": [name for name, yes in pairs if yes is None],
    }
