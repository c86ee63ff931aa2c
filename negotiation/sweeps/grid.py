"""The points of a sweep: a grid over named parameters, or a sample of the file's ranges."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.errors import FormulaError, UsageError, near_name
from negotiation.games.game import Array
from negotiation.payoff_file.formulas.formula import read_number
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import Parameter
from negotiation.payoff_file.values import unknown_parameter

__all__ = [
    "Grid",
    "grid",
    "parse_axis",
    "parse_sample",
    "parse_span",
    "points_asked_for",
    "rectangles",
    "sobol_sample",
]

MOST_POINTS = 10**9
MOST_ON_AN_AXIS = 10**7
MOST_SAMPLED = 10**8
"""Numbers in a sample: points times parameters."""
MOST_MAPS = 24


@dataclass(frozen=True, eq=False)
class Grid:
    """Points in parameter space, counted with the last axis running fastest.

    Attributes
    ----------
    names
        Parameter names.
    values
        For a grid the values along each axis. For a sample the coordinates of every point.
    sampled
        Whether `values` are coordinates of points rather than axes.
    """

    names: tuple[str, ...]
    values: tuple[Array, ...]
    sampled: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of values along the axes; for a sample the number of points."""
        return (len(self.values[0]),) if self.sampled else tuple(map(len, self.values))

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes; for a sample there is one, "point"."""
        return ("point",) if self.sampled else self.names

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def at(self, start: int, stop: int) -> dict[str, Array]:
        """Return the coordinates of points `start` to `stop`, an array for each parameter."""
        flat = np.arange(start, stop)
        if self.sampled:
            return {n: v[flat] for n, v in zip(self.names, self.values, strict=True)}
        index = np.unravel_index(flat, self.shape)
        return {n: v[k] for n, v, k in zip(self.names, self.values, index, strict=True)}


def grid(axes: Mapping[str, Any]) -> Grid:
    """Make a grid from the values along each axis.

    Parameters
    ----------
    axes
        Parameter name → one-dimensional array of finite numbers.

    Raises
    ------
    UsageError
        If an axis is empty or not one-dimensional, or the grid is larger than a billion points.

    Examples
    --------
    >>> g = grid({"s": [0.1, 0.2], "r": [1, 2, 3]})
    >>> g.shape, {n: v.tolist() for n, v in g.at(2, 4).items()}
    ((2, 3), {'s': [0.1, 0.2], 'r': [3.0, 1.0]})
    """
    if not axes:
        raise UsageError("a sweep needs at least one parameter to vary")
    values = tuple(np.asarray(v, dtype=np.float64) for v in axes.values())
    for name, v in zip(axes, values, strict=True):
        if v.ndim != 1 or not v.size or not np.isfinite(v).all():
            raise UsageError(f"axis {name!r} has to be a list of finite numbers")
    points = Grid(tuple(axes), values)
    if points.size > MOST_POINTS:
        raise UsageError(f"a grid of {points.size} points; expected at most {MOST_POINTS}")
    return points


def parse_axis(text: str) -> tuple[str, Array]:
    """Read the values of one axis: ``s=0:1:101``, ``V=1:100:20:log`` or ``r=0.1,0.2,0.5``.

    Raises
    ------
    UsageError
        If the text is none of these.

    Examples
    --------
    >>> parse_axis("s=0:1:5")[1].tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    >>> parse_axis("V=1:100:3:log")[1].tolist()
    [1.0, 10.0, 100.0]
    """
    name, body = _named(text, "s=0:1:101, V=1:100:20:log or r=0.1,0.2")
    if ":" not in body:
        return name, np.array([_number(text, part) for part in body.split(",")])
    low, high, count, *rest = _span_parts(text, body, 3)
    if rest and rest != ["log"]:
        raise UsageError(f"{quoted(text)}: {quoted(rest[0])} is not a spacing; expected log")
    if not count.isascii() or not count.isdigit() or not 2 <= int(count) <= MOST_ON_AN_AXIS:
        raise UsageError(
            f"{quoted(text)}: {quoted(count)} is not a number of points from 2 to {MOST_ON_AN_AXIS}"
        )
    a, b = _number(text, low), _number(text, high)
    if rest and min(a, b) <= 0:
        raise UsageError(f"{quoted(text)}: a log axis needs both ends above 0")
    space = np.geomspace if rest else np.linspace
    return name, np.asarray(space(a, b, int(count)), dtype=np.float64)


def parse_span(text: str) -> tuple[str, tuple[float, float]]:
    """Read a parameter with its two ends, such as ``s=0:1``.

    Examples
    --------
    >>> parse_span("s=0:0.9")
    ('s', (0.0, 0.9))
    """
    name, body = _named(text, "s=0:1")
    low, high, *rest = _span_parts(text, body, 2)
    if rest:
        raise UsageError(f"{quoted(text)} has too many parts; expected NAME=FROM:TO, such as s=0:1")
    a, b = _number(text, low), _number(text, high)
    if a >= b:
        raise UsageError(f"{quoted(text)}: the first end has to be below the second")
    return name, (a, b)


def _named(text: str, example: str) -> tuple[str, str]:
    name, equals, body = (part.strip() for part in text.partition("="))
    if not (name and equals and body):
        raise UsageError(f"{quoted(text)} names no values; expected NAME=VALUES, such as {example}")
    return name, body


def _span_parts(text: str, body: str, least: int) -> list[str]:
    parts = [part.strip() for part in body.split(":")]
    if not least <= len(parts) <= least + 1:
        wanted = ("FROM", "TO", "POINTS")[:least]
        raise UsageError(f"{quoted(text)} is not of the form {':'.join(wanted)}")
    return parts


def _number(text: str, part: str) -> float:
    try:
        return float(read_number(part.strip()))
    except FormulaError as error:
        raise UsageError(f"{quoted(text)}: {error}") from None


def span_asked_for(parameters: Sequence[Parameter], text: str) -> tuple[str, tuple[float, float]]:
    """Read a parameter with its two ends; by default those of its range.

    Raises
    ------
    UsageError
        If there is no such parameter, or it has no range and no ends are given.
    """
    name, ends = parse_span(text) if "=" in text else (text, None)
    by_name = {p.name: p for p in parameters}
    if name not in by_name:
        raise unknown_parameter(name, list(by_name))
    low, high = ends or by_name[name].range
    if low >= high:
        raise UsageError(f"{quoted(name)} has no range in the file; expected {name}=FROM:TO")
    return name, (low, high)


def plane_asked_for(
    parameters: Sequence[Parameter], *, x: str, y: str, by: str | None
) -> tuple[dict[str, tuple[float, float]], tuple[str, Array] | None]:
    """Read the axes of a map: two parameters with their ends, and a third with its values.

    Raises
    ------
    UsageError
        If they make no sense.
    """
    spans = dict(span_asked_for(parameters, text) for text in (x, y))
    if len(spans) < 2:
        raise UsageError("--x and --y name the same parameter; expected two")
    third = parse_axis(by) if by else None
    if third and len(third[1]) > MOST_MAPS:
        raise UsageError(
            f"--by gives {len(third[1]):,} values, a map for each; expected at most {MOST_MAPS}"
        )
    return spans, third


def sobol_sample(parameters: Sequence[Parameter], count: int, seed: int) -> Grid:
    """Sample the ranges of parameters by a scrambled Sobol sequence (Owen 1998).

    Parameters
    ----------
    parameters
        Those to vary, each within its range; the others keep their values.
    count
        Number of points; powers of 2 fill the ranges most evenly.
    seed
        Of the scrambling; the same seed gives the same points.

    Raises
    ------
    UsageError
        If there is nothing to vary or `count` is not positive.
    """
    from scipy.stats import qmc

    vary = [p for p in parameters if p.range[0] < p.range[1]]
    if not vary or not 1 <= count <= MOST_ON_AN_AXIS:
        raise UsageError(
            "nothing to sample: no parameter has a range"
            if not vary
            else f"{count} points; expected from 1 to {MOST_ON_AN_AXIS}"
        )
    if count * len(vary) > MOST_SAMPLED:
        raise UsageError(
            f"{count:,} points of {len(vary)} parameters; expected at most "
            f"{MOST_SAMPLED // len(vary):,} points"
        )
    engine = qmc.Sobol(len(vary), rng=np.random.default_rng(seed))
    unit = engine.random_base2(max(count - 1, 0).bit_length())[:count]
    low, high = np.array([p.range for p in vary]).T
    points = low + (high - low) * unit
    return Grid(tuple(p.name for p in vary), tuple(points.T), sampled=True)


def parse_sample(text: str) -> int:
    """Read a sampling such as ``sobol:4096``: the number of points.

    Examples
    --------
    >>> parse_sample("sobol:4096")
    4096
    """
    kind, colon, count = text.partition(":")
    if kind != "sobol" or not colon or not count.isascii() or not count.isdigit():
        near = near_name(kind, ["sobol"])
        hint = f"; did you mean {near!r}?" if near and near != kind else ""
        raise UsageError(f"{quoted(text)} is not a sample; expected sobol:POINTS{hint}")
    return int(count)


def points_asked_for(
    parameters: Sequence[Parameter], vary: Sequence[str], sample: str | None, seed: int
) -> Grid:
    """Make the points of a sweep from what was written on the command line.

    Raises
    ------
    UsageError
        If neither or both of a grid and a sample are asked for, or one is not well written.
    """
    if bool(vary) == bool(sample):
        raise UsageError("expected either --vary, once for each axis, or --sample")
    if sample:
        return sobol_sample(parameters, parse_sample(sample), seed)
    axes = [parse_axis(text) for text in vary]
    names = [name for name, _ in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--vary gives {name!r} twice; expected each parameter once")
    return grid(dict(axes))


def rectangles(start: int, stop: int, shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Cut a run of points of a grid into blocks, in order.

    Examples
    --------
    >>> list(rectangles(1, 6, (2, 3)))  # doctest: +NORMALIZE_WHITESPACE
    [(slice(0, 1, None), slice(1, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    if len(shape) == 1:
        yield (slice(start, stop),)
        return
    inner = math.prod(shape[1:])
    while start < stop:
        row, offset = divmod(start, inner)
        if offset == 0 and stop - start >= inner:
            rows = (stop - start) // inner
            yield (slice(row, row + rows), *(slice(0, n) for n in shape[1:]))
            start += rows * inner
        else:
            end = min(stop, (row + 1) * inner)
            for block in rectangles(offset, offset + end - start, shape[1:]):
                yield (slice(row, row + 1), *block)
            start = end
