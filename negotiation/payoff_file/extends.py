"""``extends``: a payoff file laid over the file it extends, key by key.

A file may give only what differs from another: a bundled model by its name, or a file by its path
from the extending file. Mappings merge by key, to any depth; text, numbers and lists are replaced;
a key that is ``null`` takes away what the base has there. Nothing is checked before all is merged,
so a file is checked once, as what it comes to; every node keeps its place in its own file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from negotiation.errors import UsageError
from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.files import find_base, read_bytes, shown
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq, read_nodes

__all__ = ["Merged", "files_of", "merge", "read_merged"]

MAX_BASES = 4
"""How many files may stand one upon another below the one that is read."""


@dataclass(frozen=True)
class Merged:
    """A payoff file with its bases laid under it.

    Attributes
    ----------
    top
        The sections that it comes to, without ``extends``.
    log
        With the lines of all the files, and what was wrong but could be read past.
    sha256
        Digest of the bytes of the file, or, where it extends another, of all the files' digests.
    bases
        Names of the files below it, the nearest first.
    """

    top: Map
    log: Log
    sha256: str
    bases: tuple[str, ...]


def read_merged(data: bytes, name: str, folder: Path | None) -> Merged:
    """Read a file and the files that it extends.

    Parameters
    ----------
    data, name
        Bytes of the file, and its name for messages.
    folder
        Where it stands; None for text from elsewhere, which may extend bundled models only.

    Raises
    ------
    PayoffFileError
        If a file cannot be read past, a base is missing, or files extend one another in a circle.
    """
    log = Log(name)
    layers = [read_nodes(data, name, log)[0]]
    digests, names, seen = [hashlib.sha256(data).hexdigest()], [name], {_own(folder, name)}
    node = _extends(log, layers[0])
    while node is not None:
        if len(names) > MAX_BASES:
            message = f"more than {MAX_BASES} files below {name}"
            log.add(node, message, f"at most {MAX_BASES}, each extending the next")
            break
        try:
            path = find_base(node.text.strip(), folder)
            data = read_bytes(path)
        except UsageError as error:
            log.add(node, f"extends: {error}", "a bundled model, or a path from this file")
            break
        if path.resolve() in seen:
            ring = " -> ".join([*(Path(n).name for n in names), path.name])
            log.add(node, f"files extend one another in a circle: {ring}", "a base of its own")
            break
        seen.add(path.resolve())
        names.append(shown(path))
        digests.append(hashlib.sha256(data).hexdigest())
        layers.append(read_nodes(data, names[-1], log)[0])
        folder = path.parent
        node = _extends(log, layers[-1])
    log.stop_if_any()
    top = layers.pop()
    while layers:
        top = merge(log, top, layers.pop())
    kept = tuple((key, value) for key, value in top.entries if key.text != "extends")
    whole = digests[0] if len(digests) == 1 else _digest(digests)
    return Merged(Map(kept, top.line, top.col), log, whole, tuple(names[1:]))


def _own(folder: Path | None, name: str) -> Path | None:
    return None if folder is None else (folder / Path(name).name).resolve()


def _digest(digests: list[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _extends(log: Log, top: Map) -> Scalar | None:
    """Find what a file says under ``extends``; None if it says nothing, or nothing sensible."""
    for key, value in top.entries:
        if key.text == "extends":
            if isinstance(value, Scalar) and value.text.strip() and value.text.isprintable():
                return value
            log.add(value, "extends is not a name", "a bundled model, or a path from this file")
    return None


def merge(log: Log, base: Map, over: Map, where: str = "") -> Map:
    """Lay a mapping over another: the base's keys in their order, then the new ones."""
    entries = {key.text: (key, value) for key, value in base.entries}
    for key, value in over.entries:
        path = f"{where}.{key.text}" if where else key.text
        below = entries.get(key.text)
        if _is_null(value):
            if below is None:
                message = f"{quoted(path[:120])} is null, but the file extended has no such key"
                expected = "a key of the base, to take it away"
                log.add(key, message, expected, name=key.text, among=list(entries))
            entries.pop(key.text, None)
        elif below is not None and isinstance(below[1], Map) and isinstance(value, Map):
            log.under[key.line, key.col] = below[0].line, below[0].col
            entries[key.text] = (key, merge(log, below[1], value, path))
        else:
            entries[key.text] = (key, value)
    return Map(tuple(entries.values()), over.line, over.col)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in {"null", "~"}


def files_of(log: Log, node: Node) -> dict[str, int]:
    """Return the files that a node's parts come from, each with the first line there."""
    found: dict[str, int] = {}
    waiting: list[Node] = [node]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, Map):
            waiting.extend(child for _, child in part.entries)
        elif isinstance(part, Seq) and part.items:
            waiting.extend(part.items)
        file, line = log.place(part.line)
        found[file] = min(line, found.get(file, line))
    return found
