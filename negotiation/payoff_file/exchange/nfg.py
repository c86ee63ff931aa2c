"""Games read from .nfg files, and written as payoff files."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from negotiation.errors import UsageError
from negotiation.games.game import ExactTables

__all__ = ["Strategic", "convert", "exact_text", "read_nfg", "to_yaml"]

Strategic = tuple[str, tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]], ExactTables]
"""Title, players, actions and payoffs ``[i][a0][a1]`` of a game in strategic form."""

_MOST = 1_000_000


_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([{},])|([^\s{},"]+))')


def _tokens(text: str) -> list[str]:
    """Split into quoted strings (with a leading quote), braces and words; commas are spaces."""
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise UsageError(f"line {line}: a quotation mark is not closed")
        quoted, brace, word = match.groups()
        if quoted is not None:
            found.append('"' + quoted.replace('\\"', '"'))
        elif brace != ",":
            found.append(brace or word)
        at = match.end()
    return found


class _Reader:
    """Tokens with a place in them."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = _tokens(text), 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise UsageError(
                f"expected {expected or 'more'} but found {token.lstrip(chr(34)) or 'the end'}"
            )
        self.at += 1
        return token

    def group(self, depth: int = 2) -> list[Any]:
        """Read braces with strings, numbers and, to some depth, further braces inside."""
        self.take("{")
        if not depth:
            raise UsageError("found a brace that is one too many")
        inside: list[Any] = []
        while self.peek() != "}":
            inside.append(self.group(depth - 1) if self.peek() == "{" else self.take())
        self.take("}")
        return inside


def read_nfg(text: str) -> Strategic:
    """Read a two-player game in Gambit's format for strategic games, either variant of it.

    Parameters
    ----------
    text
        The file: payoffs listed profile by profile, or outcomes and their numbers.

    Raises
    ------
    UsageError
        If it is not such a file, or has another number of players.
    """
    if len(text) > _MOST:
        raise UsageError(f"more than {_MOST:,} characters")
    reader = _Reader(text)
    for word in ("NFG", "1"):
        reader.take(word)
    if reader.take() not in {"R", "D"}:
        raise UsageError("expected R or D after NFG 1")
    title = reader.take().lstrip('"')
    players = [str(p).lstrip('"') for p in reader.group()]
    if len(players) != 2:
        raise UsageError(f"the game has {len(players)} players; expected 2")
    sizes = reader.group()
    if len(sizes) != 2:
        raise UsageError(f"strategies of {len(sizes)} players; expected of 2")
    if reader.peek().startswith('"'):
        reader.take()
    actions = _actions(sizes)
    count = len(actions[0]) * len(actions[1])
    pairs = _by_outcome(reader, count) if reader.peek() == "{" else _by_profile(reader, count)
    if reader.peek():
        raise UsageError(f"more follows after the payoffs: {reader.peek()!r}")
    n0 = len(actions[0])
    tables = tuple(
        tuple(tuple(pairs[a + n0 * b][i] for b in range(len(actions[1]))) for a in range(n0))
        for i in (0, 1)
    )
    return title, (players[0], players[1]), actions, (tables[0], tables[1])


def _actions(sizes: list[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the names of strategies, or make some where there are only numbers of them."""
    found = []
    for part in sizes:
        if isinstance(part, list):
            names = [str(x).lstrip('"') for x in part]
            unique = len(set(names)) == len(names) and all(names)
            found.append(tuple(names if unique else map(str, range(1, len(names) + 1))))
        elif str(part).isdigit():
            found.append(tuple(map(str, range(1, int(part) + 1))))
        else:
            raise UsageError(f"expected the names or the number of strategies, found {part!r}")
        if not found[-1]:
            raise UsageError("a player without strategies")
    return found[0], found[1]


def _number(text: Any) -> Fraction:
    try:
        return Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{str(text).lstrip(chr(34))!r} is not a number") from None


def _by_profile(reader: _Reader, count: int) -> list[tuple[Fraction, Fraction]]:
    return [(_number(reader.take()), _number(reader.take())) for _ in range(count)]


def _by_outcome(reader: _Reader, count: int) -> list[tuple[Fraction, Fraction]]:
    """Read outcomes, then the number of the outcome of each profile; 0 pays nothing."""
    pairs = [(Fraction(0), Fraction(0))]
    for outcome in reader.group():
        if not isinstance(outcome, list) or len(outcome) != 3:
            raise UsageError("expected an outcome: a name and two payoffs")
        pairs.append((_number(outcome[1]), _number(outcome[2])))
    chosen = [_number(reader.take()) for _ in range(count)]
    wrong = [k for k in chosen if k.denominator != 1 or not 0 <= k < len(pairs)]
    if wrong:
        raise UsageError(f"there is no outcome {wrong[0]}")
    return [pairs[int(k)] for k in chosen]


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
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {source}: it is not text in UTF-8") from None
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
        return f"[{', '.join(map(exact_text, cells))}]"

    lines = [f"# {' '.join(note.split())}", f"title: {text(title or 'A game')}", "players:"]
    for name, own in zip(players, actions, strict=True):
        listed = ", ".join(map(text, own))
        lines.append(f"  {text(name)}: {{actions: [{listed}], discount: {discount:g}}}")
    lines.append("payoffs:")
    for name, table in zip(players, tables, strict=True):
        lines += [f"  {text(name)}:", *(f"    - {row(cells)}" for cells in table)]
    return "\n".join(lines) + "\n"


def exact_text(x: Fraction) -> str:
    """Write a fraction as a decimal where it is one, else as a quotient, which is a formula too."""
    rest = x.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        from decimal import Context

        return str(Context(prec=60).divide(x.numerator, x.denominator))
    return f"{x.numerator}/{x.denominator}"
