"""Models for other programs: Gambit's .nfg, JSON and CSV out; .nfg in.

The .nfg format lists one pair of payoffs for each profile, the first player's action changing
fastest. Numbers are written as exact fractions where the file's numbers allow it, so that nothing
is lost on the way.

References
----------
R. Savani and T. Turocy, Gambit: The package for computation in game theory, file formats.
"""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import __version__
from .contents import PayoffFile
from .errors import UsageError
from .game import Game, exact_tables
from .nfg_reader import Strategic, read_nfg

__all__ = [
    "FORMATS",
    "convert",
    "export",
    "to_csv",
    "to_json",
    "to_nfg",
    "to_yaml",
]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def to_nfg(model: PayoffFile, settings: dict[str, Any] | None = None) -> str:
    """Return the one-round game in Gambit's format for strategic games.

    The comment holds version, model hash and citation. Discount factors have no place in the
    format and stand there too.

    Parameters
    ----------
    model
        A payoff file.
    settings
        Parameters at other values than the file's.
    """
    game = model.game(**(settings or {}))
    tables = exact_tables(game)
    (n0, n1), players = game.shape, " ".join(map(_quoted, game.players))
    names = "\n".join("{ " + " ".join(map(_quoted, a)) + " }" for a in game.actions)
    cells = [f"{tables[0][a][b]} {tables[1][a][b]}" for b in range(n1) for a in range(n0)]
    comment = _quoted(_comment(model, game, settings or {}))
    return (
        f"NFG 1 R {_quoted(model.title)} {{ {players} }}\n\n{{\n{names}\n}}\n{comment}\n\n"
        + "\n".join(_payoff_lines(cells))
        + "\n"
    )


def _payoff_lines(cells: list[str]) -> list[str]:
    """Return all pairs of payoffs as outcomes, and then which belongs to which profile."""
    outcomes = [f'{{ "" {cell.replace(" ", ", ")} }}' for cell in cells]
    return ["{", *outcomes, "}", " ".join(str(k + 1) for k in range(len(cells)))]


def _comment(model: PayoffFile, game: Game, settings: dict[str, Any]) -> str:
    factors = ", ".join(
        f"{p} {float(d):.12g}" for p, d in zip(game.players, game.discount, strict=True)
    )
    parts = [
        f"One round of: {model.title}. Exported by negotiate {__version__}",
        f"model SHA-256 {model.sha256}",
        f"discount factors: {factors}",
    ]
    if settings:
        parts.append("set: " + ", ".join(f"{k}={float(v):.12g}" for k, v in settings.items()))
    parts.append("cite: negotiate, equilibria of two-power bargains, see CITATION.cff")
    return "; ".join(parts)


def to_json(model: PayoffFile, settings: dict[str, Any] | None = None) -> str:
    """Return the game with names, payoffs, discount factors and outcomes as JSON."""
    game = model.game(**(settings or {}))
    values = model.values(**(settings or {}))
    data = {
        "schema": "negotiate/game/1",
        "version": __version__,
        "title": model.title,
        "sha256": model.sha256,
        "period": model.period,
        "parameters": {name: float(v) for name, v in values.items()},
        "players": list(game.players),
        "discount": game.discount.tolist(),
        "actions": [list(a) for a in game.actions],
        "payoffs": game.payoffs.tolist(),
        "outcomes": [
            {"name": o.name, "truce": o.truce, "profiles": [list(p) for p in o.profiles]}
            for o in game.outcomes
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(model: PayoffFile, settings: dict[str, Any] | None = None) -> str:
    """Return one row for each profile: both actions, both payoffs, the outcome's name."""
    game = model.game(**(settings or {}))
    named = {p: o.name for o in game.outcomes for p in o.profiles}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first, second = game.players
    writer.writerow([first, second, f"payoff {first}", f"payoff {second}", "outcome"])
    for a, row in enumerate(game.actions[0]):
        for b, column in enumerate(game.actions[1]):
            pair = [repr(float(x)) for x in game.payoffs[:, a, b]]
            writer.writerow([row, column, *pair, named.get((a, b), "")])
    return out.getvalue()


FORMATS = {"nfg": to_nfg, "json": to_json, "csv": to_csv}


def export(model: PayoffFile, kind: str, settings: dict[str, Any] | None = None) -> str:
    """Return a model as text of one of `FORMATS`.

    Of a model whose state moves this is the round at the start.

    Raises
    ------
    UsageError
        If there is no such format.
    """
    if kind not in FORMATS:
        raise UsageError(f"unknown format {kind!r}; expected one of: {', '.join(FORMATS)}")
    return FORMATS[kind](model, settings)


def convert(source: str, new: str, discount: float) -> None:
    """Write a payoff file from a .nfg file; never over another.

    Parameters
    ----------
    source, new
        Paths.
    discount
        Discount factor of both players.

    Raises
    ------
    UsageError
        If a file cannot be read or written, is not a two-player .nfg, or exists already.
    """
    if not 0 <= discount < 1:
        raise UsageError(f"a discount factor of {discount:g}; expected a number in [0, 1)")
    try:
        text = Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {source}: {_reason(error)}") from None
    try:
        game = read_nfg(text)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
    made = to_yaml(game, discount, f"From {Path(source).name}.")
    try:
        with Path(new).open("x", encoding="utf-8") as out:
            out.write(made)
    except FileExistsError:
        raise UsageError(f"{new} exists already; expected a new name") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {new}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def to_yaml(game: Strategic, discount: float, note: str) -> str:
    """Return a payoff file with plain tables, to edit.

    Parameters
    ----------
    game
        From `read_nfg`.
    discount
        Discount factor of both players; a .nfg file has none.
    note
        Where the game is from.
    """
    title, players, actions, tables = game

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    def row(cells: tuple[Fraction, ...]) -> str:
        return f"[{', '.join(map(_exact, cells))}]"

    lines = [f"# {' '.join(note.split())}", f"title: {text(title or 'A game')}", "players:"]
    for name, own in zip(players, actions, strict=True):
        listed = ", ".join(map(text, own))
        lines.append(f"  {text(name)}: {{actions: [{listed}], discount: {discount:g}}}")
    lines.append("payoffs:")
    for name, table in zip(players, tables, strict=True):
        lines += [f"  {text(name)}:", *(f"    - {row(cells)}" for cells in table)]
    return "\n".join(lines) + "\n"


def _exact(x: Fraction) -> str:
    """Write a fraction as a decimal where it is one, else as a quotient, which is a formula too."""
    rest = x.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        from decimal import Context

        return str(Context(prec=60).divide(x.numerator, x.denominator))
    return f"{x.numerator}/{x.denominator}"
