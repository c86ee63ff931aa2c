"""Models for other programs: Gambit's .nfg, GameTracer's .gam, JSON and CSV.

The .nfg format lists one pair of payoffs for each profile, the first player's action changing
fastest. Numbers are written as exact fractions, so that nothing is lost on the way. Gambit reads
names of printable ASCII characters only; other letters are written as the nearest ones.

References
----------
R. Savani and T. Turocy, Gambit: The package for computation in game theory, file formats.
B. Blum, D. Koller and C. Shelton, GameTracer, file formats.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from fractions import Fraction
from itertools import count
from typing import Any

from negotiation import __version__
from negotiation.errors import UsageError
from negotiation.games.game import ExactTables, Game
from negotiation.payoff_file.model import PayoffFile

__all__ = [
    "FORMATS",
    "ascii_labels",
    "ascii_quoted",
    "export",
    "to_csv",
    "to_gam",
    "to_json",
    "to_nfg",
]


def _ascii(text: str) -> str:
    r"""Return the nearest text of printable ASCII characters without double spaces.

    Examples
    --------
    >>> _ascii("Größe  «\u4e2d»\\")
    'Grosse "?"/'
    """
    plain = text.translate(_NEAREST)
    parts = unicodedata.normalize("NFKD", plain)
    ascii_text = "".join(c for c in parts if not unicodedata.combining(c))
    ascii_text = "".join(c if " " <= c <= "~" else " " if c.isspace() else "?" for c in ascii_text)
    return " ".join(ascii_text.split())


_NEAREST = str.maketrans(
    {"\\": "/", "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-",
     "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"', "\u2018": "'", "\u2019": "'",
     "\u00df": "ss", "\u00e6": "ae", "\u00c6": "AE", "\u00f8": "o", "\u00d8": "O"}
)  # fmt: skip
"""Signs that Unicode does not take apart: backslash, dashes, quotation marks, ß, æ and ø."""


def ascii_quoted(text: str) -> str:
    """Return a text in quotes, in characters that Gambit reads."""
    escaped = _ascii(text).replace('"', '\\"')
    return f'"{escaped}"'


def ascii_labels(names: tuple[str, ...]) -> str:
    """Return quoted names, numbered where two would be the same or none is left of one."""
    plain: list[str] = []
    for name in map(_ascii, names):
        tail = (f"{name} {k}".strip() for k in count(2))
        plain.append(
            name if name and name not in plain else next(t for t in tail if t not in plain)
        )
    return " ".join(map(ascii_quoted, plain))


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
    tables = game.exact or _as_they_are(game)
    (n0, n1), players = game.shape, ascii_labels(game.players)
    names = "\n".join("{ " + ascii_labels(a) + " }" for a in game.actions)
    cells = [f"{tables[0][a][b]} {tables[1][a][b]}" for b in range(n1) for a in range(n0)]
    comment = ascii_quoted(_comment(model, game, settings or {}))
    return (
        f"NFG 1 R {ascii_quoted(model.title)} {{ {players} }}\n\n{{\n{names}\n}}\n{comment}\n\n"
        + "\n".join(_payoff_lines(cells))
        + "\n"
    )


def _as_they_are(game: Game) -> ExactTables:
    """Return floats as the shortest decimals that are read back unchanged."""
    first, second = (
        tuple(tuple(Fraction(repr(float(x))) for x in row) for row in table)
        for table in game.payoffs
    )
    return first, second


def _payoff_lines(cells: list[str]) -> list[str]:
    """Return all payoff pairs as outcomes, then the outcome index of every profile."""
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


def to_gam(model: PayoffFile, settings: dict[str, Any] | None = None) -> str:
    """Return the one-round game in GameTracer's format, which QuantEcon reads.

    The format holds numbers only: of players, of actions, and all payoffs of one player after the
    other, the first player's action changing fastest. Every payoff has a decimal point, since
    readers take a number without one for an integer. Parameters as for `to_nfg`.
    """
    game = model.game(**(settings or {}))
    columns = [game.payoffs[i].T.reshape(-1).tolist() for i in (0, 1)]
    lines = [" ".join(map(_with_point, column)) for column in columns]
    return f"2\n{game.shape[0]} {game.shape[1]}\n\n" + "\n".join(lines) + "\n"


def _with_point(x: float) -> str:
    """Write a number that is read back unchanged, always with a decimal point."""
    digits, e, exponent = repr(float(x)).partition("e")
    return (digits if "." in digits else f"{digits}.0") + e + exponent


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
    """Return one row for each profile: both actions, both payoffs, the outcome's name.

    Names that begin as a formula of a spreadsheet does are written with an apostrophe before them.
    """
    game = model.game(**(settings or {}))
    named = {p: o.name for o in game.outcomes for p in o.profiles}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first, second = game.players
    header = [first, second, f"payoff {first}", f"payoff {second}", "outcome"]
    writer.writerow(map(_cell, header))
    for a, row in enumerate(game.actions[0]):
        for b, column in enumerate(game.actions[1]):
            pair = [repr(float(x)) for x in game.payoffs[:, a, b]]
            writer.writerow([_cell(row), _cell(column), *pair, _cell(named.get((a, b), ""))])
    return out.getvalue()


def _cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe where one would."""
    return f"'{text}" if text[:1] in _FORMULAS else text


_FORMULAS = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")

FORMATS = {"nfg": to_nfg, "gam": to_gam, "json": to_json, "csv": to_csv}


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
