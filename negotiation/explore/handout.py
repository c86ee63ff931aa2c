"""One file with sliders, for a mail or a course page: a grid solved beforehand, and a small script.

It needs nothing from anywhere. With scripts off it shows the verdict, the table and the figures of
the file's own values.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from negotiation import __version__
from negotiation.errors import UsageError, near_name
from negotiation.explore.rendering import bars, filled, plain
from negotiation.explore.shelf import with_patience
from negotiation.explore.sliders import first_names, sliders
from negotiation.explore.standing import Standing, headline, short_unit, stand, stand_at
from negotiation.files.locks import claimed
from negotiation.files.writing import refuse_special, write_whole
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.figures.drawing import Picture, style
from negotiation.reporting.figures.solution import payoff_figure, slack_figure
from negotiation.solution.solution import solve

__all__ = ["handout", "write_handout"]

MOST = 3
"""Sliders at most."""

_POINTS = (0, 101, 25, 11)
"""Values of each number, by how many there are."""


def write_handout(
    model: PayoffFile,
    output: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    names: Sequence[str] = (),
) -> None:
    """Write the page to a file.

    Parameters
    ----------
    model
        A payoff file; one whose state moves is taken as it is at the start.
    output
        Where to; what is there is replaced.
    settings
        Parameters that differ from the file's values.
    names
        Numbers to slide, at most three; by default those that matter most.

    Raises
    ------
    UsageError
        If a number does not exist or has no range, there are too many, or the file cannot be
        written.
    """
    if output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output} is no name for a page; expected one that ends in .html")
    refuse_special(output)
    with claimed(output):
        write_whole(output, handout(model, settings=settings, names=names).encode())


def handout(
    model: PayoffFile,
    *,
    settings: Mapping[str, Any] | None = None,
    names: Sequence[str] = (),
) -> str:
    """Return the page; parameters as for `write_handout`."""
    given = dict(settings or {})
    if model.kind == "signalling":
        raise UsageError(
            f"{model.title!r} is a signalling game, for which there is no page in one file; "
            "expected a repeated or dynamic game"
        )
    model = with_patience(model)
    chosen = _chosen(model, names, given)
    found = stand(model, given)
    shown = {s.parameter.name: s for s in sliders(model, found.values, given)}
    axes = {n: _axis(shown[n].low, shown[n].high, found.values[n], len(chosen)) for n in chosen}
    solution = solve(model.frozen(), **given)
    pictures = [p for p in (payoff_figure(solution), slack_figure(solution)) if p is not None]
    script, look = (
        files("negotiation.explore").joinpath("static", name).read_text(encoding="utf-8").strip()
        for name in ("handout.js", "handout.css")
    )
    return str(
        filled(
            "handout.html",
            model=model,
            standing=found,
            said=headline(found),
            unit=short_unit(model),
            players=found.game.players,
            actions=found.game.actions,
            bars=bars(found),
            sliders=[shown[n] for n in chosen],
            axes={n: [plain(x) for x in axis] for n, axis in axes.items()},
            at={n: int(np.argmin(np.abs(axis - found.values[n]))) for n, axis in axes.items()},
            data=json.dumps(_grid(model, axes, given), ensure_ascii=False, separators=(",", ":")),
            figures=[(_png(p), p.alt, p.caption) for p in pictures],
            script=script,
            look=look,
            digests={"script": _digest(f"\n{script}\n"), "style": _digest(f"\n{look}\n")},
            version=__version__,
        )
    )


def _chosen(model: PayoffFile, names: Sequence[str], given: Mapping[str, Any]) -> tuple[str, ...]:
    ranged = [p.name for p in model.frozen().parameters if p.range[1] > p.range[0]]
    for name in names:
        if name not in ranged:
            near = near_name(name, ranged)
            hint = f"did you mean {near!r}? " if near else ""
            raise UsageError(
                f"{name!r} is no number with a range; {hint}they are: {', '.join(ranged)}"
            )
        if name in given:
            raise UsageError(f"{name!r} is both set and a slider; expected one of the two")
    if len(set(names)) != len(names) or len(names) > MOST:
        raise UsageError(f"{len(names)} sliders; expected at most {MOST}, each once")
    best = [n for n in first_names(model) if n not in given]
    return tuple(names) or tuple(best[:MOST])


def _axis(low: float, high: float, now: float, count: int) -> Array:
    """Return values of a number from end to end, the present one among them."""
    steps = np.linspace(low, high, _POINTS[count])
    near = int(np.argmin(np.abs(steps - now)))
    if 0 < near < len(steps) - 1 and low <= now <= high:
        steps[near] = now
        return steps
    return np.unique(np.append(steps, now))


def _grid(model: PayoffFile, axes: Mapping[str, Array], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds at every point, the last number running fastest; words each once."""
    mesh = np.meshgrid(*axes.values(), indexing="ij") if axes else []
    points = {n: x.ravel() for n, x in zip(axes, mesh, strict=True)}
    every = stand_at(model, points, given) if axes else iter([stand(model, given)])
    regimes: dict[str, int] = {}
    found = []
    for one in every:
        code = regimes.setdefault(one.regime, len(regimes))
        found.append([code, headline(one), [_cells(one, k) for k in range(len(one.rows))]])
    return {"sizes": [len(x) for x in axes.values()], "regimes": list(regimes), "points": found}


def _cells(one: Standing, k: int) -> list[Any]:
    row, game = one.rows[k], one.game
    slack = [None if x != x else float(f"{x:.4g}") for x in row.slack]
    who = "nobody is tempted"
    if row.breaker is not None and row.action is not None:
        action = game.actions[row.breaker][row.action]
        who = f"{game.players[row.breaker]}: {action}, {row.gain:.3g} more at once"
    return [int(row.sustained), *slack, who]


def _png(picture: Picture) -> str:
    held = io.BytesIO()
    with style():
        picture.figure.savefig(held, format="png", dpi=110, metadata={"Software": None})
    return base64.b64encode(held.getvalue()).decode()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
