"""Log of the problems of a payoff file, so that all are reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from negotiation.errors import PayoffFileError, Problem, near_name

__all__ = ["Log", "Placed"]

MAX_PROBLEMS = 100
MAX_SHOWN = 300
MAX_COMPARISONS = 5000


class Placed(Protocol):
    """Anything with a place in a file, counted from 1."""

    @property
    def line(self) -> int:
        """Line, from 1."""

    @property
    def col(self) -> int:
        """Column, from 1."""


@dataclass
class Log:
    """Problems of one file, in the order in which they were noted.

    Attributes
    ----------
    file
        Name of the file that is read first, for messages.
    lines
        The text, for the caret: of all files one after the other, where a file extends others, and
        the lines of nodes are counted through them all.
    starts
        For each file the number of lines before it, and its name.
    under
        Place of a key that is laid over another file's → the place of that one's key.
    problems
        What was found, at most 100.
    silenced
        Places of which enough has been said.
    comparisons, formula_text
        Work done so far on near names and on formulas, which are bounded for a whole file.
    """

    file: str
    lines: list[str] = field(default_factory=list)
    starts: list[tuple[int, str]] = field(default_factory=list)
    under: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    silenced: set[tuple[int, int]] = field(default_factory=set)
    comparisons: int = 0
    formula_text: int = 0

    def begin(self, name: str) -> int:
        """Begin another file; return the number of lines before it."""
        self.starts.append((len(self.lines), name))
        return len(self.lines)

    def place(self, line: int) -> tuple[str, int]:
        """Return the file that a line stands in, and its number there."""
        before = [start for start in self.starts if start[0] < line]
        first, name = before[-1] if before else (0, self.file)
        return name, line - first

    def base(self, node: Placed) -> str:
        """Return the name of the file that a node stands in; "" for the file itself."""
        name = self.place(node.line)[0]
        return "" if name == self.file else name

    @property
    def is_full(self) -> bool:
        """True if no further problem will be listed."""
        return len(self.problems) >= MAX_PROBLEMS

    def add(
        self,
        node: Placed,
        message: str,
        expected: str = "",
        *,
        name: str = "",
        among: Iterable[str] = (),
    ) -> str:
        """Note a problem at a node; `name` and the known names `among` give "did you mean"."""
        if (node.line, node.col) in self.silenced or self.is_full:
            return ""
        candidates = list(among)
        self.comparisons += len(candidates)
        near = 0 < len(name) <= 80 and self.comparisons <= MAX_COMPARISONS
        hint = near_name(name, candidates) if near else ""
        self.add_at(node.line, node.col, message, expected, hint=hint)
        return hint

    def add_at(
        self, line: int, col: int, message: str, expected: str = "", *, hint: str = ""
    ) -> None:
        """Note a problem at a line, counted through all files, and a column, both from 1."""
        if self.is_full:
            return
        if len(self.problems) == MAX_PROBLEMS - 1:
            message, expected, hint = "too many problems; the rest is not listed", "", ""
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        source = "".join(map(_visible, source)) if len(source) <= MAX_SHOWN else ""
        file, local = self.place(line)
        self.problems.append(Problem(file, local, col, message, expected, hint, source))

    def silence(self, node: Placed) -> None:
        """Suppress further problems at this place, which has been reported."""
        self.silenced.add((node.line, node.col))

    def stop_if_any(self) -> None:
        """Raise all problems in the log, if there are any."""
        if self.problems:
            raise PayoffFileError(self.problems)


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "?"
