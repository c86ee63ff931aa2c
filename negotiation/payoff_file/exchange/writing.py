"""Nodes → the text of a payoff file: what a file and its bases come to, and where it is from.

What is written reads as the same nodes again. Comments that stand above a key are carried over.
"""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.extends import Merged, files_of
from negotiation.payoff_file.files import bundled, find, read_bytes
from negotiation.payoff_file.reader import load, merged
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq

__all__ = ["merged_text", "started"]

WIDTH = 100
FLOW_LINES = 4
"""Lines that a mapping in braces may take; longer ones are written key by key."""
_UNSAFE_START = re.compile(r"[!&*?|>@`%#'\"{}\[\],]|[-:](?:\s|$)|[?](?:\s|$)")
_UNSAFE = re.compile(r":(?:\s|$)|\s#|^\s|\s$|^$")
_EXTENDING = """\
# Only what differs from the model below stands here; `negotiate show` prints what it comes to.
# A key that is null takes away what the model has there; lists are replaced.
{base}
title: >-
  {title}, changed
# For example, another value for a number and no source for it any more:
# parameters:
#   s: {{value: 0.6, grade: assumed, source: null}}
"""


def merged_text(found: Merged) -> str:
    """Return the text of the one file that a file and its bases come to.

    Comments above a key are kept. A line above each section, and above each entry that is from
    elsewhere than the one before, says the file and the line; nothing is said without a base.
    """
    lines: list[str] = []
    if found.bases:
        names = ", ".join(Path(n).name for n in found.bases)
        lines += [f"# {Path(found.log.file).name}, laid over {names}.", ""]
    said = ""
    for key, value in found.top.entries:
        if not isinstance(value, Map) or not value.entries:
            lines += _comments(found.log, key, "")
            said = _origin(found, value, "", said, lines)
            lines += _entry(key, value, 0)
            continue
        if lines and lines[-1]:
            lines.append("")
        lines += _comments(found.log, key, "")
        lines.append(f"{_scalar(key, flow=False)}:")
        said = ""
        for name, part in value.entries:
            lines += _comments(found.log, name, "  ")
            said = _origin(found, part, "  ", said, lines)
            lines += _entry(name, part, 2)
        said = ""
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def started(source: str, folder: Path, *, extend: bool) -> bytes:
    """Return the text that a new model starts from, in UTF-8.

    Parameters
    ----------
    source
        A payoff file or a bundled model, which is checked.
    folder
        Where the new file will stand.
    extend
        Give only what names the base, instead of a copy. Otherwise a file that extends nothing is
        copied byte by byte, and one that does is copied as what it comes to.

    Raises
    ------
    PayoffFileError, UsageError
        If there is no such model, or it has mistakes.
    """
    model, found = load(source), merged(source)
    if extend:
        base = source if source in bundled() else os.path.relpath(source, folder).replace("\\", "/")
        lines = _EXTENDING.format(
            base=_text("extends:", Scalar(base, 1, 1), 0)[0], title=model.title
        )
        return lines.encode()
    return merged_text(found).encode() if found.bases else read_bytes(find(source))


def _origin(found: Merged, node: Node, indent: str, said: str, lines: list[str]) -> str:
    """Say where an entry is from, unless the entry before it is from the same file."""
    if not found.bases:
        return said
    parts = [f"{Path(file).name}:{line}" for file, line in files_of(found.log, node).items()]
    files = ", ".join(sorted(name.rpartition(":")[0] for name in parts))
    if files != said:
        lines.append(f"{indent}# from {', '.join(parts)}")
    return files


def _comments(log: Log, key: Scalar, indent: str) -> list[str]:
    """Return the comments right above a key that begins its line, or above the base's key."""
    place = key.line, key.col
    found = _above(log, place, indent)
    while not found and place in log.under:
        place = log.under[place]
        found = _above(log, place, indent)
    return found


def _above(log: Log, place: tuple[int, int], indent: str) -> list[str]:
    at, found = place[0] - 1, []
    if log.lines[at][: place[1] - 1].strip():
        return []
    file, _ = log.place(place[0])
    while at > 0 and log.place(at)[0] == file and log.lines[at - 1].lstrip().startswith("#"):
        found.append(indent + log.lines[at - 1].strip())
        at -= 1
    return found[::-1]


def _entry(key: Scalar, node: Node, indent: int) -> list[str]:
    """Write a key with its value, at an indentation."""
    head = " " * indent + _scalar(key, flow=False) + ":"
    if isinstance(node, Scalar):
        return _text(head, node, indent)
    nested = isinstance(node, Map) and any(isinstance(v, Map) for _, v in node.entries)
    packed = _flow(head, node, indent, limit=1 if nested else FLOW_LINES)
    if packed is not None and (indent or isinstance(node, Seq)):
        return packed
    if isinstance(node, Seq):
        return [head, *(line for item in node.items for line in _item(item, indent + 2))]
    return [head, *(line for k, v in node.entries for line in _entry(k, v, indent + 2))]


def _item(node: Node, indent: int) -> list[str]:
    """Write an item of a list that is too long for one line."""
    if isinstance(node, Scalar):
        plain = " " * indent + "- " + _scalar(node, flow=False)
        if len(plain) <= WIDTH:
            return [plain]
        return [f"{' ' * indent}- >-", *_folded(node.text, indent + 4)] if _folds(node) else [plain]
    return _flow(" " * indent + "-", node, indent, limit=1000) or []


def _text(head: str, node: Scalar, indent: int) -> list[str]:
    line = f"{head} {_scalar(node, flow=False)}".rstrip()
    if len(line) <= WIDTH or not _folds(node):
        return [line]
    return [f"{head} >-", *_folded(node.text, indent + 2)]


def _folds(node: Scalar) -> bool:
    """Tell whether text comes out the same if it is folded over lines."""
    return " ".join(node.text.split()) == node.text


def _folded(text: str, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(
        text, WIDTH, initial_indent=margin, subsequent_indent=margin,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _flow(head: str, node: Map | Seq, indent: int, limit: int = FLOW_LINES) -> list[str] | None:
    """Write a collection in brackets over a few lines; None if it would take more."""
    opening, closing = ("{", "}") if isinstance(node, Map) else ("[", "]")
    parts = _parts(node)
    lines, here = [], f"{head} {opening}"
    for k, part in enumerate(parts):
        piece = part + ("," if k + 1 < len(parts) else closing)
        fresh = here.endswith(opening)
        if not fresh and len(here) + 1 + len(piece) > WIDTH:
            lines.append(here)
            here = " " * (indent + 4) + piece
        else:
            here += piece if fresh else f" {piece}"
    lines.append(here if parts else here + closing)
    return lines if len(lines) <= limit and all(len(x) <= WIDTH for x in lines) else None


def _parts(node: Map | Seq) -> list[str]:
    if isinstance(node, Seq):
        return [_inside(item) for item in node.items]
    return [f"{_scalar(k, flow=True)}: {_inside(v)}" for k, v in node.entries]


def _inside(node: Node) -> str:
    if isinstance(node, Scalar):
        return _scalar(node, flow=True)
    opening, closing = ("{", "}") if isinstance(node, Map) else ("[", "]")
    return opening + ", ".join(_parts(node)) + closing


def _scalar(node: Scalar, *, flow: bool) -> str:
    """Write text so that it reads as the same text, with quotes where YAML needs them."""
    text = node.text
    if node.plain and not text:
        return "''" if flow else ""
    unsafe = _UNSAFE_START.match(text) or _UNSAFE.search(text)
    if not unsafe and "\n" not in text and not (flow and re.search(r"[,\[\]{}]", text)):
        return text
    if "\n" in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return "'" + text.replace("'", "''") + "'"
