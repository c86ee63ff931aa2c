"""Games read from .nfg files, and written as payoff files."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from negotiation.errors import FormulaError, PayoffFileError, UsageError
from negotiation.files.reading import read_regular, shown
from negotiation.files.writing import write_whole
from negotiation.games.game import ExactTables
from negotiation.payoff_file.fields import MAX_LABEL, MAX_TEXT
from negotiation.payoff_file.formulas.tokens import MAX_NUMBER, quoted, read_number
from negotiation.payoff_file.reader import loads
from negotiation.payoff_file.sections.players import MAX_ACTIONS

__all__ = [
    "Strategic",
    "bounded_number",
    "convert",
    "exact_text",
    "printable",
    "read_nfg",
    "to_yaml",
]

Strategic = tuple[str, tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]], ExactTables]
"""Title, players, actions and payoffs ``[i][a0][a1]`` of a game in strategic form."""

_MOST = 1_000_000


_SPACE = re.compile(r"(?:\s|//[^\n]*)*")
"""What stands between tokens: blanks, and comments to the end of a line."""
_TOKEN = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([{},])|([^\s{},"]+))')


def _tokens(text: str) -> list[str]:
    """Split into quoted strings (with a leading quote), braces and words; commas are spaces."""
    tokens, at = [], _after_space(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise UsageError(f"line {line}: a quotation mark is not closed")
        quoted, brace, word = match.groups()
        if quoted is not None:
            tokens.append('"' + quoted.replace('\\"', '"'))
        elif brace != ",":
            tokens.append(brace or word)
        at = _after_space(text, match.end())
    return tokens


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Reader:
    """Cursor over the tokens of a .nfg file."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = _tokens(text), 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            found = quoted(token.lstrip('"')) if token else "the end"
            raise UsageError(f"expected {expected or 'more'} but found {found}")
        self.at += 1
        return token

    def group(self, depth: int = 2) -> list[Any]:
        """Read a braced list of strings, numbers and further lists, up to a depth."""
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
        raise UsageError(f"more follows after the payoffs: {quoted(reader.peek())}")
    n0 = len(actions[0])
    tables = tuple(
        tuple(tuple(pairs[a + n0 * b][i] for b in range(len(actions[1]))) for a in range(n0))
        for i in (0, 1)
    )
    return title, (players[0], players[1]), actions, (tables[0], tables[1])


def _actions(sizes: list[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the names of strategies as they are; number them where only their count is given."""
    names_by_player = []
    for part in sizes:
        if isinstance(part, list):
            names_by_player.append(tuple(str(x)[str(x).startswith('"') :] for x in part))
        elif re.fullmatch(r"[0-9]{1,9}", part):
            if int(part) > MAX_ACTIONS:
                raise UsageError(f"{int(part):,} strategies; expected at most {MAX_ACTIONS}")
            names_by_player.append(tuple(map(str, range(1, int(part) + 1))))
        else:
            raise UsageError(
                f"expected the names or the number of strategies, found {quoted(str(part))}"
            )
        if not 1 <= len(names_by_player[-1]) <= MAX_ACTIONS:
            raise UsageError(
                f"a player with more than {MAX_ACTIONS} strategies"
                if names_by_player[-1]
                else "a player without strategies"
            )
    return names_by_player[0], names_by_player[1]


DIGITS = 400

_NUMBER = re.compile(
    rf"[-+]?(?:[0-9]{{1,{DIGITS}}}/[0-9]{{1,{DIGITS}}}"
    r"|(?=[0-9.]{1,400}(?![0-9.]))(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)"
)
"""A quotient or a decimal number, of a length and a size that can be worked with."""


def bounded_number(text: str) -> Fraction | None:
    """Return a decimal number or a quotient exactly, None if it is none or too long or large.

    That is seen before anything is computed: ``1e999999999`` would take for ever.

    Examples
    --------
    >>> bounded_number("-1/3"), bounded_number("2.5e3"), bounded_number("1e999999999")
    (Fraction(-1, 3), Fraction(2500, 1), None)
    """
    try:
        value = Fraction(text) if _NUMBER.fullmatch(text) else None
    except ZeroDivisionError:
        return None
    return value if value is not None and (not value or 1e-300 < abs(value) < 1e300) else None


def _number(text: Any) -> Fraction:
    value = bounded_number(text) if isinstance(text, str) else None
    if value is None:
        raise UsageError(f"{quoted(str(text).lstrip(chr(34)))} is not a number that can be read")
    return value


def _by_profile(reader: _Reader, count: int) -> list[tuple[Fraction, Fraction]]:
    return [(_number(reader.take()), _number(reader.take())) for _ in range(count)]


def _by_outcome(reader: _Reader, count: int) -> list[tuple[Fraction, Fraction]]:
    """Read outcomes, then the outcome index of each profile; index 0 pays 0."""
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


def convert(source: str, new: str, discount: float) -> tuple[str, ...]:
    """Write a payoff file from a .nfg file, which `load` then reads; never over another.

    Parameters
    ----------
    source, new
        Paths.
    discount
        Discount factor of both players.

    Returns
    -------
    tuple
        What had to be changed: names that a payoff file cannot have.

    Raises
    ------
    UsageError
        If a file cannot be read or written, is not a two-player .nfg, or exists already; or the
        game cannot be a payoff file.
    """
    if not 0 <= discount < 1:
        raise UsageError(f"a discount factor of {discount!r}; expected a number in [0, 1)")
    try:
        game, changes = _legal(read_nfg(_text(source)))
        yaml_text = to_yaml(game, discount, f"From {shown(Path(source).name)}.")
        loads(yaml_text, new)
    except PayoffFileError as error:
        first = error.problems[0]
        reason = f"{first.message}; expected {first.expected}" if first.expected else first.message
        raise UsageError(f"{shown(source)} cannot be a payoff file: {reason}") from None
    except UsageError as error:
        raise UsageError(f"{shown(source)}: {error}") from None
    write_whole(Path(new), yaml_text.encode(), replace=False)
    return changes


def _text(source: str) -> str:
    """Return the text of a file."""
    try:
        data = read_regular(Path(source), 4 * _MOST)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("it is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"it cannot be read: {getattr(error, 'strerror', error)}") from None


def _legal(game: Strategic) -> tuple[Strategic, tuple[str, ...]]:
    """Return a game with names that a payoff file can have, and what was changed."""
    title, players, actions, tables = game
    sides = _names(players, "player")
    named = tuple(_names(own, "") for own in actions)
    pairs = [*zip(players, sides, strict=True)]
    for before, after in zip(actions, named, strict=True):
        pairs += zip(before, after, strict=True)
    changes = tuple(f"{quoted(a)} is called {quoted(b)}" for a, b in pairs if a != b)
    whole = printable(title)[:MAX_TEXT]
    return (whole, (sides[0], sides[1]), (named[0], named[1]), tables), changes


def _names(names: tuple[str, ...], stem: str) -> tuple[str, ...]:
    """Return names of one line, short, without + and *, none empty and no two alike."""
    made: list[str] = []
    for k, name in enumerate(names, 1):
        plain = printable(name if stem else re.sub(r"[+*]", "-", name))[: MAX_LABEL - 5].strip()
        plain = plain or f"{stem} {k}".strip()
        choices = (plain, *(f"{plain} {n}" for n in range(2, MAX_ACTIONS + 2)))
        made.append(next(c for c in choices if c not in made))
    return tuple(made)


def printable(text: str) -> str:
    """Return text on one line in which every character can be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


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
    factor = exact_text(Fraction(repr(float(discount))))
    for name, own in zip(players, actions, strict=True):
        listed = ", ".join(map(text, own))
        lines.append(f"  {text(name)}: {{actions: [{listed}], discount: {factor}}}")
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
        from decimal import Context, Inexact

        context = Context(prec=MAX_NUMBER, traps=[])
        decimal = str(context.divide(x.numerator, x.denominator))
        if not context.flags[Inexact] and _is_number(decimal):
            return decimal
    if len(str(abs(x.numerator))) <= MAX_NUMBER >= len(str(x.denominator)):
        return f"{x.numerator}/{x.denominator}"
    raise UsageError(f"a payoff of more than {MAX_NUMBER} digits, about {float(x):g}")


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except FormulaError:
        return False
    return True
