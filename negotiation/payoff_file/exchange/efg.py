"""Signalling games read from and written as Gambit's .efg trees.

A tree is read if it has the shape of a signalling game: chance draws a type, a sender who knows it
moves, and a receiver who sees the move and not the type ends the game. Whatever else it is, it is
refused with what it is, at its line and column.

References
----------
R. Savani and T. Turocy, Gambit: The package for computation in game theory, file formats.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, NoReturn

from negotiation import __version__
from negotiation.errors import PayoffFileError, Problem, UsageError
from negotiation.files.reading import read_regular, shown
from negotiation.files.writing import write_whole
from negotiation.games.signalling_game import SignallingGame, signalling_game
from negotiation.payoff_file.exchange.export import ascii_labels, ascii_quoted
from negotiation.payoff_file.exchange.nfg import bounded_number, exact_text, printable
from negotiation.payoff_file.fields import MAX_TEXT
from negotiation.payoff_file.reader import loads

__all__ = ["convert_tree", "read_tree", "to_efg", "to_signalling_yaml"]

_MOST = 1_000_000
_DEEPEST = 100
_LONGEST = 60
_TOKEN = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<brace>[{},])|(?P<word>[^\s{},"]+)')
_EXPECTED = "chance, then a sender who knows its draw, then a receiver who sees the message only"


class _Token(NamedTuple):
    kind: str
    text: str
    line: int
    col: int


@dataclass
class _Node:
    """A node of a tree: what moves there, and the payoffs gathered on the way."""

    kind: str
    line: int
    col: int
    player: int = 0
    infoset: int = 0
    actions: list[str] = field(default_factory=list)
    chances: list[Fraction] = field(default_factory=list)
    payoffs: list[Fraction] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)


class _Reader:
    """Tokens with a place in them, and what the file has defined so far."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.tokens = list(self._split(text))
        self.at = 0
        self.players: list[str] = []
        self.infosets: dict[tuple[int, int], tuple[list[str], list[Fraction]]] = {}
        self.outcomes: dict[int, list[Fraction]] = {0: []}

    def _split(self, text: str) -> list[_Token]:
        found, at, line, start = [], 0, 1, 0
        while at < len(text):
            if text[at].isspace():
                if text[at] == "\n":
                    line, start = line + 1, at + 1
                at += 1
                continue
            match = _TOKEN.match(text, at)
            if match is None:
                self.fail(line, at - start + 1, "a quotation mark is not closed", "a closing one")
            kind = str(match.lastgroup)
            if match.group() != ",":
                words = match.group(kind).replace('\\"', '"')
                found.append(_Token(kind, words, line, at - start + 1))
            line += match.group().count("\n")
            if "\n" in match.group():
                start = at + match.group().rindex("\n") + 1
            at = match.end()
        return found

    def fail(self, line: int, col: int, message: str, expected: str = _EXPECTED) -> NoReturn:
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        source = source if source.isprintable() and len(source) < 300 else ""
        problem = Problem(self.name, line, col, message, expected, source=source)
        raise PayoffFileError([problem])

    def fault(self, node: _Node | _Token, message: str, expected: str = _EXPECTED) -> NoReturn:
        self.fail(node.line, node.col, message, expected)

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, kind: str, expected: str) -> _Token:
        token = self.peek()
        if token is None:
            last = len(self.lines) or 1
            self.fail(last, len(self.lines[-1]) + 1 if self.lines else 1, "the file ends", expected)
        if token.kind != kind:
            self.fault(token, f"{_shown(token.text)} is out of place", expected)
        self.at += 1
        return token

    def next_is(self, kind: str, text: str | None = None) -> bool:
        token = self.peek()
        return token is not None and token.kind == kind and text in (None, token.text)

    def number(self, what: str) -> Fraction:
        token = self.take("word", what)
        value = bounded_number(token.text)
        if value is None:
            self.fault(token, f"{_shown(token.text)} is not a number", what)
        return value

    def whole(self, what: str) -> int:
        token = self.peek()
        value = self.number(what)
        if value.denominator != 1 or value < 0:
            assert token is not None, "a number was read"
            self.fault(token, f"{_shown(token.text)} is not a whole number", what)
        return int(value)

    def brace(self, text: str) -> None:
        token = self.take("brace", f"'{text}'")
        if token.text != text:
            self.fault(token, f"'{token.text}' is out of place", f"'{text}'")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")


def read_tree(text: str, name: str = "<text>") -> SignallingGame:
    """Read a signalling game from Gambit's format for trees.

    Parameters
    ----------
    text
        The file.
    name
        For messages.

    Raises
    ------
    PayoffFileError
        If it is no such file or the tree is another kind of game; with line and column.
    """
    if len(text) > _MOST:
        raise UsageError(f"{name}: more than {_MOST:,} characters")
    reader = _Reader(text, name)
    for word in ("EFG", "2"):
        token = reader.take("word", "EFG 2 R")
        if token.text != word:
            reader.fault(token, f"{_shown(token.text)} is out of place", "EFG 2 R")
    if (token := reader.take("word", "R or D")).text not in ("R", "D"):
        reader.fault(token, f"{_shown(token.text)} is out of place", "R or D")
    title = reader.take("quoted", "the title in quotes").text
    reader.brace("{")
    first = reader.peek()
    while reader.next_is("quoted"):
        reader.players.append(reader.take("quoted", "a player").text)
    reader.brace("}")
    if len(reader.players) != 2:
        assert first is not None, "there is a token"
        reader.fault(first, f"a tree of {len(reader.players)} players", "two players")
    if reader.next_is("quoted"):
        reader.at += 1
    root = _node(reader, [Fraction(0)] * 2, 0)
    if (rest := reader.peek()) is not None:
        reader.fault(rest, f"more follows after the tree: {_shown(rest.text)}", "the end")
    return _as_signalling(reader, root, title)


def _node(reader: _Reader, so_far: list[Fraction], depth: int) -> _Node:
    start = reader.take("word", "a node: c, p or t")
    node = _Node(start.text, start.line, start.col)
    if start.text not in ("c", "p", "t"):
        reader.fault(start, f"{_shown(start.text)} is out of place", "a node: c, p or t")
    if depth > _DEEPEST:
        reader.fault(start, f"a tree deeper than {_DEEPEST} moves")
    reader.take("quoted", "the name of the node in quotes")
    if start.text != "t":
        _moves(reader, node)
    node.payoffs = [x + y for x, y in zip(so_far, _outcome(reader), strict=True)]
    for _ in node.actions:
        node.children.append(_node(reader, node.payoffs, depth + 1))
    return node


def _moves(reader: _Reader, node: _Node) -> None:
    if node.kind == "p":
        token = reader.peek()
        node.player = reader.whole("the number of a player")
        if node.player not in (1, 2):
            assert token is not None, "a number was read"
            reader.fault(token, f"there is no player {node.player}", "player 1 or 2")
    node.infoset = reader.whole("the number of an information set")
    if reader.next_is("quoted"):
        reader.at += 1
    key = (node.player, node.infoset)
    if reader.next_is("brace", "{"):
        reader.brace("{")
        while reader.next_is("quoted"):
            node.actions.append(reader.take("quoted", "an action").text)
            if node.kind == "c":
                node.chances.append(reader.number("the chance of a move"))
        reader.brace("}")
        reader.infosets.setdefault(key, (node.actions, node.chances))
    if key not in reader.infosets:
        reader.fault(node, "an information set whose moves are not given", "its moves in braces")
    known, node.chances = reader.infosets[key]
    if node.actions and len(node.actions) != len(known):
        reader.fault(node, "an information set with two lists of moves", "one list")
    node.actions = known
    if not known:
        reader.fault(node, "a node without moves", "at least one move")


def _outcome(reader: _Reader) -> list[Fraction]:
    token = reader.peek()
    number = reader.whole("the number of an outcome")
    if reader.next_is("quoted"):
        reader.at += 1
    if reader.next_is("brace", "{"):
        reader.brace("{")
        payoffs = []
        while reader.next_is("word"):
            payoffs.append(reader.number("a payoff"))
        reader.brace("}")
        if len(payoffs) != 2:
            assert token is not None, "a number was read"
            reader.fault(token, f"an outcome with {len(payoffs)} payoffs", "two payoffs")
        reader.outcomes[number] = payoffs
    if number not in reader.outcomes:
        assert token is not None, "a number was read"
        reader.fault(token, f"outcome {number} has no payoffs", "its payoffs in braces")
    return reader.outcomes[number] or [Fraction(0), Fraction(0)]


def _as_signalling(reader: _Reader, root: _Node, title: str) -> SignallingGame:
    if root.kind != "c":
        who = "ends at once" if root.kind == "t" else f"starts with {_who(reader, root)}"
        reader.fault(root, f"another kind of tree: it {who}, not with chance")
    if sum(root.chances) != 1 or min(root.chances) < 0:
        reader.fault(root, f"chances that sum to {sum(root.chances)}", "chances that sum to 1")
    _senders(reader, root)
    first = root.children[0]
    order = [_matched(reader, first, node) for node in root.children]
    messages = _named(first.actions)
    types = _named(root.actions)
    responses = {}
    for k, m in enumerate(messages):
        answered = [node.children[own[k]] for node, own in zip(root.children, order, strict=True)]
        responses[m] = _responses(reader, answered, first.player)
    _sees_messages(reader, root)
    tables: list[dict[str, dict[str, list[Fraction]]]] = []
    for side in (first.player - 1, 2 - first.player):
        tables.append(
            {
                t: {
                    m: [leaf.payoffs[side] for leaf in _leaves(node.children[own[k]])]
                    for k, m in enumerate(messages)
                }
                for t, node, own in zip(types, root.children, order, strict=True)
            }
        )
    names = reader.players if first.player == 1 else reader.players[::-1]
    if names[0] == names[1] or not all(names):
        names = ["Sender", "Receiver"]
    return signalling_game(
        dict(zip(types, root.chances, strict=True)),
        responses,
        tables[0],
        tables[1],
        players=(names[0], names[1]),
        title=" ".join(title.split()) or "A signalling game",
    )


def _who(reader: _Reader, node: _Node) -> str:
    return reader.players[node.player - 1] or f"player {node.player}"


def _senders(reader: _Reader, root: _Node) -> None:
    """Check that one player moves after chance, and knows what chance drew."""
    seen: set[int] = set()
    for node in root.children:
        if node.kind != "p":
            what = "chance moves twice" if node.kind == "c" else "a draw ends the game"
            reader.fault(node, f"another kind of tree: {what}")
        if node.player != root.children[0].player:
            reader.fault(node, "another kind of tree: who moves first hangs on the draw")
        if node.infoset in seen:
            reader.fault(
                node,
                f"another kind of tree: {_who(reader, node)} does not know what chance drew",
            )
        seen.add(node.infoset)


def _matched(reader: _Reader, first: _Node, node: _Node) -> list[int]:
    """Return where each message of the first type stands among those of another."""
    labelled = len(set(first.actions)) == len(first.actions) and all(first.actions)
    alike = sorted(node.actions) == sorted(first.actions) if labelled else True
    if len(node.actions) != len(first.actions) or not alike:
        reader.fault(node, "another kind of tree: what can be sent hangs on the type")
    if labelled:
        return [node.actions.index(name) for name in first.actions]
    return list(range(len(first.actions)))


def _responses(reader: _Reader, nodes: list[_Node], sender: int) -> tuple[str, ...]:
    """Check what answers one message; return the responses."""
    first = nodes[0]
    for node in nodes:
        if node.kind == "c" or (node.kind == "p" and node.player == sender):
            what = "chance moves" if node.kind == "c" else f"{_who(reader, node)} moves again"
            reader.fault(node, f"another kind of tree: {what} after a message")
        if node.kind != first.kind:
            reader.fault(node, "another kind of tree: the type says whether a message is answered")
        if node.infoset != first.infoset:
            who = _who(reader, node)
            reader.fault(node, f"another kind of tree: {who} sees more than the message")
        for leaf in node.children:
            if leaf.kind != "t":
                reader.fault(leaf, "another kind of tree: it goes on after the answer")
    return tuple(_named(first.actions)) if first.kind == "p" else ("end",)


def _sees_messages(reader: _Reader, root: _Node) -> None:
    for sender in root.children:
        seen: set[int] = set()
        for node in sender.children:
            if node.kind == "p" and node.infoset in seen:
                who = _who(reader, node)
                reader.fault(node, f"another kind of tree: {who} does not see the message")
            if node.kind == "p":
                seen.add(node.infoset)


def _leaves(node: _Node) -> list[_Node]:
    return node.children or [node]


def _named(labels: list[str]) -> list[str]:
    """Return labels as names: short, printable, each once; numbers where they are not."""
    names = [" ".join(x.split())[:_LONGEST] for x in labels]
    fine = all(x and x.isprintable() for x in names) and len(set(names)) == len(names)
    return names if fine else [str(k) for k in range(1, len(labels) + 1)]


def convert_tree(source: str, new: str) -> None:
    """Write a payoff file from an .efg file; never over another.

    Raises
    ------
    NegotiationError
        If a file cannot be read or written, or the tree is no signalling game.
    """
    try:
        text = read_regular(Path(source), 4 * _MOST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{shown(source)}: it is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{shown(source)}: it cannot be read: {reason}") from None
    game = read_tree(text, shown(source))
    made = to_signalling_yaml(game, f"From {shown(Path(source).name)}.")
    loads(made, new)
    write_whole(Path(new), made.encode(), replace=False)


def to_signalling_yaml(game: SignallingGame, note: str) -> str:
    """Return a payoff file of kind signalling, to edit.

    Parameters
    ----------
    game
        A game.
    note
        Where it is from.
    """

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    def row(values: tuple[Fraction, ...]) -> str:
        return f"[{', '.join(map(exact_text, values))}]"

    def names(values: tuple[str, ...]) -> str:
        return f"[{', '.join(map(text, values))}]"

    chances = ", ".join(
        f"{text(t)}: {exact_text(p)}" for t, p in zip(game.types, game.prior, strict=True)
    )
    sender, receiver = map(text, _named(list(game.players)))
    who = f"{{sender: {sender}, receiver: {receiver}}}"
    lines = [
        f"# {' '.join(note.split())}",
        f"title: {text(printable(game.title)[:MAX_TEXT] or 'A signalling game')}",
        "kind: signalling",
        f"types: {{{chances}}}",
        f"messages: {names(game.messages)}",
        "responses:",
        *(f"  {text(m)}: {names(a)}" for m, a in zip(game.messages, game.responses, strict=True)),
        f"players: {who}",
        "payoffs:",
    ]
    for side, tables in (("sender", game.sender), ("receiver", game.receiver)):
        lines.append(f"  {side}:")
        for t, rows in zip(game.types, tables, strict=True):
            cells = ", ".join(
                f"{text(m)}: {row(own)}" for m, own in zip(game.messages, rows, strict=True)
            )
            lines.append(f"    {text(t)}: {{{cells}}}")
    return "\n".join(lines) + "\n"


def to_efg(game: SignallingGame) -> str:
    """Return a signalling game as a tree in Gambit's format, with exact numbers.

    Parameters
    ----------
    game
        One game.
    """
    title, players = ascii_quoted(game.title or "A signalling game"), ascii_labels(game.players)
    labels = [ascii_labels(names) for names in game.responses]
    chances = " ".join(
        f"{name} {p}" for name, p in zip(_separate(game.types), game.prior, strict=True)
    )
    lines = [
        f"EFG 2 R {title} {{ {players} }}",
        ascii_quoted(f"A signalling game written by negotiate {__version__}."),
        "",
        f'c "" 1 "" {{ {chances} }} 0',
    ]
    outcome = 0
    for t in range(len(game.types)):
        lines.append(f'p "" 1 {t + 1} "" {{ {ascii_labels(game.messages)} }} 0')
        for m, own in enumerate(labels):
            lines.append(f'p "" 2 {m + 1} "" {{ {own} }} 0')
            for a in range(len(game.responses[m])):
                outcome += 1
                pair = f"{game.sender[t][m][a]}, {game.receiver[t][m][a]}"
                lines.append(f't "" {outcome} "" {{ {pair} }}')
    return "\n".join(lines) + "\n"


def _separate(names: tuple[str, ...]) -> list[str]:
    return re.findall(r'"(?:[^"\\]|\\.)*"', ascii_labels(names))
