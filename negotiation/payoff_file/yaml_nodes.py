"""YAML text → nodes that know their line and column; no Python object is ever constructed.

The text is read as a stream of events, so that what is refused (anchors, aliases, tags, depth,
numbers of entries) is refused before anything is built from it, and nothing recurses. Scalars stay
the text that they are: ``No`` is two letters and ``010`` three digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from negotiation.errors import PayoffFileError
from negotiation.payoff_file.diagnostics import Log

__all__ = ["Map", "Node", "Scalar", "Seq", "place", "read_nodes"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_ENTRIES = 500
MAX_NODES = 50_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text.

    Attributes
    ----------
    text
        What it says, unquoted.
    line, col
        Where it starts, from 1.
    plain
        Whether it is without quotes.
    comment
        Line and column of a comment that follows on its last line.
    """

    text: str
    line: int
    col: int
    plain: bool = True
    comment: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Seq:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Map:
    """Keys with their nodes; every key occurs once."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    col: int


Node = Scalar | Seq | Map


_CONTROL = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufffe\uffff]"
)
_INDENTATION = re.compile(
    "[ \t]*([\xa0\u2000-\u200a\u202f\u205f\u3000])\\s*(?:- |[\\w\"'].*:(?:\\s|$))"
)
"""A line that looks like an entry and is moved in by something that only looks like a space."""
_COMMENT = re.compile(r"[ \t]+#")
_REFUSED_EVENTS = {
    "anchor": ("an anchor (&) is not allowed", "the value itself, or quotes around text with '&'"),
    "tag": (
        "a tag (!) is not allowed",
        "a plain value, or quotes around text that starts with '!'",
    ),
}
_SYNTAX = (
    ("tab character", "a tab", "spaces for indentation"),
    ("scanning an alias", "a '*' that YAML takes for an alias", "quotes around it: '*'"),
    ("scanning an anchor", "a '&' that YAML takes for an anchor", "quotes around the text"),
    ("cannot start any token", "a character that cannot start a value", "quotes around the text"),
    ("block sequence entries", "a '-' that YAML takes for a list", "no space after it, or quotes"),
    ("mapping values are not allowed", "a ':' out of place", "quotes around text with ': '"),
    ("did not find expected node content", "nothing where a value should be", "a value"),
    ("could not find expected ':'", "a line that is not 'key: value'", "a ':' and a space"),
    ("did not find expected ',' or '}'", "a '{' that is not closed", "',' or '}'"),
    ("did not find expected ',' or ']'", "a '[' that is not closed", "',' or ']'"),
    ("unexpected end of stream", "a quote that is not closed", "a closing quote"),
    ("<document start>", "text after the end of the model", "one model in one file"),
    ("did not find expected key", "a line that does not fit", "a key, indented as its neighbours"),
    ("'-' indicator", "a line that does not fit", "'- ', indented as its neighbours"),
)


def read_nodes(data: bytes, name: str, log: Log | None = None) -> tuple[Map, Log]:
    """Read the bytes of a YAML file; after other files of one model, into their log.

    Returns
    -------
    tuple
        The top level of the file, and a log that holds what was wrong but could be read past.

    Raises
    ------
    PayoffFileError
        If it cannot be read past.

    Examples
    --------
    >>> top, log = read_nodes(b"title: No", "game.yaml")
    >>> top.entries[0][1]
    Scalar(text='No', line=1, col=8, plain=True, comment=None)
    """
    log = Log(name) if log is None else log
    before = log.begin(name)
    text = _decode(data, log, before)
    log.lines.extend(re.split("\r\n|\r|\n", text))
    _check_characters(text, log, before)
    log.stop_if_any()
    root = _compose(text, log, before)
    if isinstance(root, Map):
        return root, log
    if root is not None:
        log.add(root, "the file is not a payoff file", "keys with values, such as 'title: Chicken'")
    raise PayoffFileError(log.problems)


def _decode(data: bytes, log: Log, before: int) -> str:
    if len(data) > MAX_BYTES:
        expected = "a payoff file of at most 1,000,000 bytes"
        log.add_at(before + 1, 1, "the file is larger than 1 MB", expected)
    elif not data.strip():
        expected = "a payoff file; `negotiate new` makes one"
        log.add_at(before + 1, 1, "the file is empty", expected)
    log.stop_if_any()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8")
        line, col = before + good.count("\n") + 1, len(good) - good.rfind("\n")
        log.add_at(line, col, f"byte 0x{data[error.start]:02x} is not UTF-8", "text saved as UTF-8")
    raise PayoffFileError(log.problems)


def _check_characters(text: str, log: Log, before: int) -> None:
    for match in _CONTROL.finditer(text):
        rows = re.split("\r\n|\r|\n", text[: match.start()])
        message = f"character U+{ord(match.group()):04X} is invisible or controls the terminal"
        log.add_at(before + len(rows), len(rows[-1]) + 1, message, "printable text")
        if len(log.problems) >= 10:
            return
    for row, line in enumerate(log.lines[before:], before + 1):
        stranger = _INDENTATION.match(line)
        if stranger:
            message = f"character U+{ord(stranger[1]):04X} in the indentation is not a plain space"
            log.add_at(row, stranger.start(1) + 1, message, "spaces for indentation")


def _compose(text: str, log: Log, before: int) -> Node | None:
    """Build nodes from events; a stack of open collections instead of recursion."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    building = _Building(log, before)
    try:
        for event in yaml.parse(text, Loader=loader):
            building.take(event)
            if building.stopped:
                break
    except yaml.MarkedYAMLError as error:
        _add_syntax(log, error, before)
    except yaml.YAMLError as error:  # pragma: no cover - the characters were checked before
        log.add_at(before + 1, 1, f"not YAML: {error}")
    if building.stopped or building.root is None:
        log.stop_if_any()
    if building.root is None:
        log.add_at(before + 1, 1, "the file has only comments", "a payoff file")
    return building.root


def _add_syntax(log: Log, error: yaml.MarkedYAMLError, before: int) -> None:
    complaint = f"{error.context or ''} {error.problem or ''}"
    mark: Any = error.problem_mark or error.context_mark
    line, col = min(before + mark.line, len(log.lines) - 1), mark.column
    if log.lines[line][col : col + 1] == "\t":
        complaint = "tab character"
    match = next((row for row in _SYNTAX if row[0] in complaint), None)
    message, expected = match[1:] if match else (f"not YAML: {error.problem}", "")
    if "does not fit" in message and line and " #" in log.lines[line - 1]:
        expected += "; a comment in the line above ends a formula"
    opening: Any = error.context_mark
    if "not closed" in message and "quote" not in message:
        unquoted = _unquoted(log, before, mark, opening)
        if unquoted is not None:
            log.add_at(*unquoted)
            log.stop_if_any()
    if "not closed" in message and opening and opening.line == mark.line and "quote" not in message:
        message, expected = "this is out of place", f"{expected}, or quotes around the text before"
    elif "not closed" in message and opening:
        line, col = before + opening.line, opening.column
    log.add_at(line + 1, col + 1, message, expected)
    log.stop_if_any()


def _unquoted(log: Log, before: int, mark: Any, opening: Any) -> tuple[int, int, str, str] | None:
    """Return the place of a ':' or '#' without quotes that made a bracket seem unclosed."""
    expected = "quotes around the text"
    line = before + mark.line
    if line < len(log.lines) and log.lines[line][mark.column : mark.column + 1] == ":":
        return line + 1, mark.column + 1, "a ':' inside a text without quotes", expected
    if opening is None:
        return None
    for row in range(before + opening.line, min(line + 1, len(log.lines))):
        at = re.search(r"\S\s+#", log.lines[row])
        if at:
            message = "a '#' without quotes: what follows it is a comment"
            return row + 1, at.end(), message, f"{expected}, or the comment on a line of its own"
    return None


@dataclass
class _Open:
    """A collection that is being read."""

    line: int
    col: int
    is_map: bool
    children: list[Node] = field(default_factory=list)


class _Building:
    """State of the composer: open collections, innermost last."""

    def __init__(self, log: Log, before: int) -> None:
        self.log = log
        self.before = before
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.count = 0
        self.stopped = False

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        line, col = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        line += self.before
        if isinstance(event, yaml.ScalarEvent):
            self.place(self.scalar(event, line, col))
        elif isinstance(event, yaml.AliasEvent):
            self.log.add_at(line, col, "an alias (*) is not allowed", "the value itself, or '*'")
            alias = Scalar("", line, col)
            self.log.silence(alias)
            self.place(alias)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.check_refused(event, line, col)
            self.open.append(_Open(line, col, isinstance(event, yaml.MappingStartEvent)))
            if len(self.open) > MAX_DEPTH:
                self.stop(line, col, f"more than {MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            self.place(self.close(self.open.pop()))
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.stop(line, col, "a second document", "one model in one file")

    def stop(self, line: int, col: int, message: str, expected: str = "a payoff file") -> None:
        self.log.add_at(line, col, message, expected)
        self.stopped = True

    def check_refused(self, event: Any, line: int, col: int) -> None:
        for attribute, (message, expected) in _REFUSED_EVENTS.items():
            if getattr(event, attribute):
                self.log.add_at(line, col, message, expected)
                self.log.silence(Scalar("", line, col))

    def scalar(self, event: yaml.ScalarEvent, line: int, col: int) -> Scalar:
        self.check_refused(event, line, col)
        end: Any = event.end_mark
        at = self.before + end.line
        last = self.log.lines[at] if at < len(self.log.lines) else ""
        after = _COMMENT.match(last, end.column)
        comment = (at + 1, after.end()) if after else None
        node = Scalar(event.value, line, col, not event.style, comment)
        if _CONTROL.search(event.value):
            self.log.add(node, "an escape for a character that is invisible", "printable text")
            self.log.silence(node)
        return node

    def place(self, node: Node) -> None:
        self.count += 1
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.children.append(node)
        if self.count > MAX_NODES:
            self.stop(node.line, node.col, f"more than {MAX_NODES} values in one file")
        if len(parent.children) > MAX_ENTRIES * (1 + parent.is_map):
            self.stop(node.line, node.col, f"more than {MAX_ENTRIES} entries")

    def close(self, done: _Open) -> Node:
        if not done.is_map:
            return Seq(tuple(done.children), done.line, done.col)
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.log.add(key, "a list or mapping as a key", "a name")
            elif key.text in entries:
                _, first = self.log.place(entries[key.text][0].line)
                message = f"key {key.text[:60]!r} occurs twice, first in line {first}"
                self.log.add(key, message, "each key once")
            else:
                entries[key.text] = (key, value)
        return Map(tuple(entries.values()), done.line, done.col)


def place(scalar: Scalar, offset: int, lines: Iterable[str]) -> tuple[int, int]:
    """Return line and column of a character of a scalar's text, given its offset there.

    Quotes, indentation and line breaks of the file are skipped by walking the text and the file
    side by side, over the characters that are not blank.

    Examples
    --------
    >>> place(Scalar("a + b", 1, 4, plain=False), 4, ["x: 'a + ", "    b'"])
    (2, 5)
    """
    rows = list(lines)
    wanted = sum(not c.isspace() for c in scalar.text[:offset])
    if scalar.text[offset : offset + 1].isspace():
        wanted -= 1
    row, col = scalar.line - 1, scalar.col - 1
    if not scalar.plain:
        header = rows[row][col : col + 1] in {"|", ">"}
        row, col = (row + 1, 0) if header else (row, col + 1)
    text = [c for c in scalar.text if not c.isspace()]
    seen = 0
    while row < len(rows) and seen < len(text):
        for at in range(col, len(rows[row])):
            if rows[row][at].isspace():
                continue
            if rows[row][at] != text[seen]:
                return scalar.line, scalar.col
            if seen == max(wanted, 0):
                return row + 1, at + 1
            seen += 1
            if seen == len(text):
                break
        row, col = row + 1, 0
    return scalar.line, scalar.col
