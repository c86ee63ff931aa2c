"""Changes of a signalling game's list of equilibria: along a number, over two, over samples.

A list says who sends what, what is answered, and which refinements each class passes. Where the
model is no game (chances that do not sum to 1, an alternative that cannot be kept up) there is
none.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.equilibria.signalling.lists import Entry, Known, equilibrium_list
from negotiation.errors import GameError, PayoffFileError, UsageError
from negotiation.files.locks import claimed
from negotiation.files.writing import draft_beside
from negotiation.games.game import Array
from negotiation.games.signalling_game import SignallingGame
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.signalling.solution import (
    SignallingSolution,
    signalling_game_at,
    solve_signals,
)
from negotiation.solution.signalling.words import entry_words, surviving
from negotiation.sweeps.grid import Grid

__all__ = [
    "NO_GAME",
    "SignalLine",
    "SignalMap",
    "Stretch",
    "signal_line",
    "signal_map",
    "write_signal_table",
]

POINTS_ON_A_LINE = 129
POINTS_ON_A_SIDE = 100
_CLOSE = 1e-12
_MOST_CHANGES = 64
NO_GAME = ("no game at these numbers",)
"""What stands for a list where there is none."""

Listing = tuple[str, ...]
Watch = Callable[[Iterable[Any], str], Iterable[Any]]


@dataclass(frozen=True)
class Stretch:
    """A part of a line with one list.

    Attributes
    ----------
    low, high
        Its ends.
    classes
        Every class in words, with what it passes.
    surviving
        Those of which some equilibria pass the intuitive criterion.
    """

    low: float
    high: float
    classes: Listing
    surviving: Listing


@dataclass(frozen=True, eq=False)
class SignalLine:
    """Changes of the list along one parameter.

    Attributes
    ----------
    model, name, settings
        What was varied, and what was set.
    now
        The file's value.
    stretches
        In order; a change lies between two, bisected until floats no longer tell them apart.
    points
        How many points were looked at before bisecting; what happens only between two of them is
        not seen.
    """

    model: PayoffFile
    name: str
    settings: dict[str, Any]
    now: float
    stretches: tuple[Stretch, ...]
    points: int


@dataclass(frozen=True, eq=False)
class SignalMap:
    """The surviving lists over two parameters.

    Attributes
    ----------
    model, names, settings
        What was varied, and what was set.
    values
        Along both axes.
    lists
        Each list that occurs; the commonest first.
    index
        ``index[i, j]``: the list at the i-th value of the first and the j-th of the second.
    """

    model: PayoffFile
    names: tuple[str, str]
    settings: dict[str, Any]
    values: tuple[Array, Array]
    lists: tuple[Listing, ...]
    index: NDArray[np.int64]


def signal_line(
    model: PayoffFile,
    name: str,
    span: tuple[float, float],
    settings: Mapping[str, Any],
    points: int = POINTS_ON_A_LINE,
) -> SignalLine:
    """Find where the list of equilibria changes along one parameter.

    Parameters
    ----------
    model
        Of kind "signalling".
    name, span
        The parameter, and its ends.
    settings
        Other parameters at other values.
    points
        How many to look at before bisecting.
    """

    def listing(x: float) -> tuple[Listing, Listing]:
        return _listing(model, {**settings, name: x}, None)

    marks = [float(x) for x in np.linspace(*span, points)]
    found = [listing(x) for x in marks]
    stretches: list[Stretch] = []
    start = span[0]
    for (low, before), (high, after) in zip(
        zip(marks, found, strict=True), list(zip(marks, found, strict=True))[1:], strict=False
    ):
        while before != after and len(stretches) < _MOST_CHANGES:
            at, low, following = _change(listing, (low, before), high, abs(span[1] - span[0]))
            stretches.append(Stretch(start, at, *before))
            start, before = at, following
    stretches.append(Stretch(start, span[1], *found[-1]))
    now = float(model.values(**settings)[name])
    return SignalLine(model, name, dict(settings), now, tuple(_joined(stretches)), points)


def _change(
    listing: Callable[[float], tuple[Listing, Listing]],
    left: tuple[float, tuple[Listing, Listing]],
    high: float,
    size: float,
) -> tuple[float, float, tuple[Listing, Listing]]:
    """Bisect the first change right of a point; return where, a point behind it, and its list."""
    low, before = left
    after = listing(high)
    while high - low > _CLOSE * size:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        here = listing(middle)
        if here == before:
            low = middle
        else:
            high, after = middle, here
    return (low + high) / 2, high, after


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Leave out stretches that bisecting could not tell from one point."""
    low, high = stretches[0].low, stretches[-1].high
    kept = [s for s in stretches if s.high - s.low > 4 * _CLOSE * (high - low)]
    kept[0] = replace(kept[0], low=low)
    kept[-1] = replace(kept[-1], high=high)
    return kept


def _listing(
    model: PayoffFile, settings: Mapping[str, Any], known: Known | None
) -> tuple[Listing, Listing]:
    try:
        game, _ = signalling_game_at(model, settings)
    except (GameError, PayoffFileError):
        return NO_GAME, NO_GAME
    return _words(game, equilibrium_list(game, known))


def _words(game: SignallingGame, entries: tuple[Entry, ...]) -> tuple[Listing, Listing]:
    every = tuple(f"{entry_words(game, e)} (intuitive {e.intuitive}, D1 {e.d1})" for e in entries)
    return every, surviving(game, entries)


def signal_map(
    model: PayoffFile,
    spans: Mapping[str, tuple[float, float]],
    settings: Mapping[str, Any],
    points: int = POINTS_ON_A_SIDE,
    watch: Watch = lambda items, _: items,
) -> SignalMap:
    """Find the surviving list at every point of a grid over two parameters.

    Parameters
    ----------
    model
        Of kind "signalling".
    spans
        Two parameters with their ends.
    settings
        Others at other values.
    points
        Along each axis: the centres of so many equal parts.
    watch
        Told of every row.
    """
    names = tuple(spans)
    values = [
        low + (high - low) * (np.arange(points) + 0.5) / points for low, high in spans.values()
    ]
    known = Known()
    seen: dict[Listing, int] = {}
    index = np.empty((points, points), dtype=np.int64)
    for i in watch(range(points), "rows"):
        for j in range(points):
            at = {names[0]: float(values[0][i]), names[1]: float(values[1][j])}
            _, found = _listing(model, {**settings, **at}, known)
            index[i, j] = seen.setdefault(found, len(seen))
    counts = np.bincount(index.ravel())
    order = np.argsort(-counts, kind="stable")
    place = np.argsort(order, kind="stable")
    every = list(seen)
    return SignalMap(
        model=model,
        names=(names[0], names[1]),
        settings=dict(settings),
        values=(values[0], values[1]),
        lists=tuple(every[k] for k in order),
        index=place[index],
    )


def write_signal_table(
    model: PayoffFile,
    points: Grid,
    settings: Mapping[str, Any],
    output: Path,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Solve at every point and write one row for each class of equilibria there.

    Parameters
    ----------
    model
        Of kind "signalling".
    points, settings
        Where.
    output
        A new or old .csv file.
    progress
        Told how many points were done.

    Raises
    ------
    UsageError
        If the file is not a .csv or cannot be written.
    """
    if output.suffix.lower() != ".csv":
        raise UsageError(
            f"cannot write {output.name!r}: tables of signalling games are written as .csv"
        )
    at = points.at(0, points.size)
    with (
        claimed(output),
        draft_beside(output) as draft,
        draft.open("w", encoding="utf-8", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        header = _header(model)
        rows.writerow([*points.names, *header])
        for k in range(points.size):
            here = {n: float(v[k]) for n, v in at.items()}
            rows.writerows([*here.values(), *row] for row in _at(model, here, settings, header))
            progress(1)


def _at(
    model: PayoffFile, here: Mapping[str, float], settings: Mapping[str, Any], header: list[str]
) -> list[list[Any]]:
    """Return the rows of one point; where there is no game, one that says why."""
    try:
        found = solve_signals(model, **{**settings, **here})
    except (GameError, PayoffFileError) as error:
        return [[str(error).splitlines()[0], *[""] * (len(header) - 1)]]
    return list(_rows(found, header))


_FIXED = ("class", "kind", "intuitive", "d1", "undefeated", "receiver_low", "receiver_high")


def _header(model: PayoffFile) -> list[str]:
    rules = model.signalling
    assert rules is not None, "a signalling model says who knows what"
    types = [t if isinstance(t, str) else t.name for t in rules.types]
    return [*_FIXED, *(f"{t}_{end}" for t in types for end in ("low", "high"))]


def _rows(found: SignallingSolution, header: list[str]) -> Iterator[list[Any]]:
    game = found.game
    for c in found.equilibria.classes:
        entry = Entry(c.kind, *c.key, c.intuitive, c.d1)
        payoffs = {
            f"{t}_{end}": float(x)
            for t, v in zip(game.types, c.payoffs, strict=True)
            for end, x in zip(("low", "high"), v, strict=True)
        }
        words = entry_words(game, entry), c.kind, c.intuitive, c.d1, c.undefeated or ""
        earned = list(map(float, c.receiver_payoff))
        yield [*words, *earned, *(payoffs.get(name, "") for name in header[len(_FIXED) :])]
