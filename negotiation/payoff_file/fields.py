"""Nodes → checked values of one kind each: text, name, number, formula, record.

Every function notes what is wrong in the log and returns something harmless, so that reading goes
on and all problems of a file are found in one go. `where` is the dotted path used in messages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import pairwise

from negotiation.errors import FormulaError
from negotiation.payoff_file.diagnostics import Log, Placed
from negotiation.payoff_file.formulas.formula import (
    Formula,
    name_fault,
    parse,
    read_number,
    unknown_names,
)
from negotiation.payoff_file.formulas.tokens import decimal_comma, quoted
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq, place

__all__ = [
    "boolean",
    "comma_in_list",
    "declare",
    "formula",
    "items",
    "label",
    "mapping",
    "number",
    "record",
    "text",
]

MAX_TEXT = 5000
MAX_LABEL = 80
MAX_FORMULA_TEXT = 30_000
Scope = Mapping[str, list[str]]
"""Names by kind: those that a formula may use under its own kind, the others to explain why not."""


def describe(node: Node) -> str:
    """Say what a node is, for messages.

    Examples
    --------
    >>> describe(Seq((), 1, 1))
    'a list'
    """
    if isinstance(node, Map):
        return "a mapping"
    if isinstance(node, Seq):
        return "a list"
    return quoted(node.text) if node.text else "nothing"


def mapping(log: Log, node: Node, where: str, expected: str) -> dict[Scalar, Node]:
    """Read a mapping whose keys are free."""
    if not isinstance(node, Map):
        log.add(node, f"{where} is {describe(node)}", expected)
        return {}
    return dict(node.entries)


def record(
    log: Log,
    node: Node,
    where: str,
    keys: tuple[Collection[str], Collection[str]],
    at: Placed | None = None,
) -> dict[str, Node]:
    """Read a mapping with required and optional keys; log missing and unknown ones.

    A missing key is reported at `at`, by default where the mapping starts; unless an unknown key
    is so near to it that it must have been meant.
    """
    required, optional = keys
    allowed = [*required, *optional]
    prefix = f"{where}." if where else ""
    entries: dict[str, Node] = {}
    meant: set[str] = set()
    for key, value in mapping(log, node, where, f"a mapping with {', '.join(required)}").items():
        if key.text in allowed:
            entries[key.text] = value
            continue
        if _after_comma(log, key, where):
            continue
        beside = [k for k in _keys(node) if log.place(k.line)[0] == log.place(key.line)[0]]
        free = [k for k in allowed if all(k != other.text for other in beside)]
        stray = log.lines[key.line - 1][key.col - 1 + len(key.text) :].lstrip()[:1] in {",", "}"}
        expected = "one of " + ", ".join(k for k in allowed if k)
        if stray:
            expected += "; or quotes around a text that contains a comma"
        message = f"unknown key {quoted(prefix + key.text)}"
        meant.add(log.add(key, message, expected, name=key.text, among=free))
    if isinstance(node, Map):
        for key_name in required:
            if key_name not in entries and key_name not in meant:
                log.add(at or node, f"{prefix}{key_name} is missing", f"a key {key_name!r} here")
    return entries


def _after_comma(log: Log, key: Scalar, where: str) -> bool:
    """Note a key that is the rest of a number with a decimal comma, as in ``{value: 0,85}``."""
    before = re.search(r"[0-9]+,$", log.lines[key.line - 1][: key.col - 1])
    comma = decimal_comma(f"{before.group()}{key.text}") if before and key.plain else None
    if before is None or comma is None:
        return False
    log.add_at(key.line, before.start() + 1, f"{where}: {comma.message}", comma.expected)
    return True


def comma_in_list(log: Log, node: Seq) -> bool:
    """Note two numbers of a list without a space between them, as in ``[0,5, 20]``."""
    for one, two in pairwise(node.items):
        if not (isinstance(one, Scalar) and isinstance(two, Scalar) and one.plain and two.plain):
            continue
        joined = (two.line, two.col) == (one.line, one.col + len(one.text) + 1)
        comma = decimal_comma(f"{one.text},{two.text}") if joined else None
        if comma is not None:
            log.add(one, comma.message, comma.expected)
            return True
    return False


def _keys(node: Node) -> list[Scalar]:
    return [key for key, _ in node.entries] if isinstance(node, Map) else []


def items(log: Log, node: Node, where: str, expected: str) -> tuple[Node, ...]:
    """Read a list."""
    if isinstance(node, Seq):
        return node.items
    log.add(node, f"{where} is {describe(node)}", expected)
    return ()


def text(log: Log, node: Node | None, where: str, most: int = MAX_TEXT) -> str:
    """Read text for people."""
    if node is None:
        return ""
    if not isinstance(node, Scalar) or not node.text.strip():
        log.add(node, f"{where} is {describe(node)}", "text")
        return ""
    if len(node.text) > most:
        message = f"{where} has {len(node.text)} characters"
        log.add(node, message, f"at most {most}")
        return ""
    return node.text.strip()


def label(log: Log, node: Node, where: str) -> str:
    """Read the name of a player, an action, an outcome or a source: short, on one line."""
    name = text(log, node, where, MAX_LABEL)
    if name and not name.isprintable():
        log.add(node, f"{where} {quoted(name)} has unprintable characters", "printable text")
    return name


def declare(log: Log, key: Scalar, what: str, taken: dict[str, str]) -> str:
    """Read a new name for formulas, and enter it in `taken` with its kind."""
    name = key.text
    fault = name_fault(name)
    if fault:
        log.add(key, f"the name of {what} {fault}", "a name such as patience_us")
    elif name in taken:
        log.add(key, f"{what} {name!r} has the name of {taken[name]}", "a name of its own")
    taken.setdefault(name, what)
    return name


def boolean(log: Log, node: Node | None, where: str) -> bool:
    """Read true or false."""
    if node is None:
        return False
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    log.add(node, f"{where} is {describe(node)}", "true or false")
    return False


def number(log: Log, node: Node, where: str) -> Fraction | None:
    """Read a number exactly."""
    if not isinstance(node, Scalar):
        log.add(node, f"{where} is {describe(node)}", "a number")
        return None
    try:
        return read_number(node.text.strip())
    except FormulaError as error:
        log.add(node, f"{where}: {error.message}", error.expected)
        return None


def formula(log: Log, node: Node | None, where: str, uses: str, scope: Scope) -> Formula | None:
    """Read a number or a formula over the names of the kinds that `uses` lists."""
    if node is None:
        return None
    if not isinstance(node, Scalar):
        log.add(node, f"{where} is {describe(node)}", "a number or a formula")
        return None
    log.formula_text += len(node.text)
    if log.formula_text > MAX_FORMULA_TEXT:
        if log.formula_text - len(node.text) <= MAX_FORMULA_TEXT:
            most = f"at most {MAX_FORMULA_TEXT} characters of formulas in one file"
            log.add(node, "too much formula text from here on", most)
        return None
    try:
        parsed = parse(node.text)
    except FormulaError as error:
        if not _comment(log, node, where):
            _fault(log, node, where, decimal_comma(node.text) or error)
        return None
    if parsed.number is None and _comment(log, node, where):
        return None
    kinds = uses.split()
    names = [name for kind in kinds for name in scope.get(kind, ())]
    missing = unknown_names(parsed, names)
    for name in missing:
        other = next((kind for kind in scope if name.name in scope[kind]), "")
        message = f"{where}: unknown name {name.name!r}"
        expected = "the name of a parameter, an attribute or a definition"
        if other:
            message = f"{where}: {name.name!r} is among the {other}"
            expected = f"names of {', '.join(kinds)} only"
        fault = FormulaError(message, col=name.col, expected=expected)
        _fault(log, node, "", fault, name=name.name, among=names)
    return None if missing else parsed


def _comment(log: Log, node: Scalar, where: str) -> bool:
    """Refuse a comment after a formula without quotes, where YAML would cut the formula short."""
    if not (node.plain and node.comment):
        return False
    message = f"{where}: '#' after a formula: whatever follows it would be dropped"
    log.add_at(*node.comment, message, "comments on a line of their own")
    return True


def _fault(
    log: Log,
    node: Scalar,
    where: str,
    error: FormulaError,
    *,
    name: str = "",
    among: Collection[str] = (),
) -> None:
    """Note a fault inside a formula at its own line and column."""
    line, col = place(node, error.col, log.lines)
    message = f"{where}: {error.message}" if where else error.message
    at = Scalar("", line, col)
    if (node.line, node.col) in log.silenced:
        return
    if name:
        log.add(at, message, error.expected, name=name, among=among)
    else:
        log.add_at(line, col, message, error.expected, hint=error.hint)
