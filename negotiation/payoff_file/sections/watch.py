"""The section ``watch:`` of a payoff file: dated events to come, and figures that tell."""

from __future__ import annotations

import datetime
import re

from negotiation.payoff_file.draft import Draft
from negotiation.payoff_file.fields import describe, items, record, text
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import Watch
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq

__all__ = ["WATCH_KEYS", "read_watch"]

WATCH_KEYS = (("what",), ("date", "moves", "source"))
_ENTRY = "{date: 2026-11-10, what: the suspensions end, moves: [F], source: [...]}"
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
MOST_WORDS = 200
"""Characters of an entry: it stands on a page with little room."""


def read_watch(draft: Draft, node: Node | None) -> tuple[Watch, ...]:
    """Read the entries, in file order: each has a date, or a number that it moves, or both."""
    if node is None:
        return ()
    entries = items(draft.log, node, "watch", f"a list of entries such as {_ENTRY}")
    if isinstance(node, Seq) and not entries:
        draft.log.add(node, "watch is empty", f"entries such as {_ENTRY}")
    read = [_entry(draft, entry, f"watch[{k}]") for k, entry in enumerate(entries)]
    return tuple(w for w in read if w is not None)


def _entry(draft: Draft, node: Node, where: str) -> Watch | None:
    log = draft.log
    before = len(log.problems)
    entry = record(log, node, where, WATCH_KEYS)
    what = text(log, entry.get("what"), f"{where}.what", MOST_WORDS)
    date = _date(draft, entry.get("date"), f"{where}.date")
    moves = _names(draft, entry.get("moves"), f"{where}.moves", "parameters")
    cited = _names(draft, entry.get("source"), f"{where}.source", "sources")
    if isinstance(node, Map) and "date" not in entry and "moves" not in entry:
        log.add(node, f"{where} has neither date nor moves", "one of the two, or both")
    if not isinstance(node, Map) or len(log.problems) > before:
        return None
    return Watch(what, date, moves, cited)


def _date(draft: Draft, node: Node | None, where: str) -> str:
    """Read a day, a month or a year that the calendar has; "" without one."""
    if node is None:
        return ""
    said = text(draft.log, node, where)
    if said and not (_DATE.fullmatch(said) and _exists(said)):
        draft.log.add(node, f"{where} is {quoted(said)}", "a date such as 2026-11-10 or 2026-11")
    return said


def _exists(said: str) -> bool:
    year, month, day = (*map(int, said.split("-")), 1, 1)[:3]
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _names(draft: Draft, node: Node | None, where: str, kind: str) -> tuple[str, ...]:
    """Read one name or a list of names that the file declares."""
    log = draft.log
    if node is None:
        return ()
    sources = [s.id for s in draft.sources]
    numbers = [*draft.scope.get("parameters", []), *draft.scope.get("states", [])]
    known = numbers if kind == "parameters" else sources
    entries = node.items if isinstance(node, Seq) else (node,)
    if not entries:
        log.add(node, f"{where} is empty", f"names of {kind}")
    names = []
    for item in entries:
        if not isinstance(item, Scalar):
            log.add(item, f"{where} is {describe(item)}", f"names of {kind}")
            continue
        name = text(log, item, where)
        if name and name not in known:
            message = f"{where} {quoted(name)} is unknown"
            expected = (
                "the name of a parameter"
                if kind == "parameters"
                else "an identifier in the file's sources block"
            )
            log.add(item, message, expected, name=name, among=known)
        names.append(name)
    return tuple(names)
