"""Everything that can go wrong, as one tree.

::

    NegotiationError                 exit 1
    ├── PayoffFileError              a payoff file has problems (all of them, with line and column)
    ├── FormulaError                 one formula is not acceptable (position inside the formula)
    ├── UsageError                   exit 2: an argument names or says something impossible
    ├── GameError                    arrays that are not a game: shape, NaN, discount factor
    ├── NotConvergedError            an iteration stopped before its answer could be trusted
    │   └── NearCriticalError        the answer changes within rounding of these inputs
    └── CertificateError             a computed equilibrium failed its check from the definition

"No truce" and "no pure equilibrium" are results, never exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "CertificateError",
    "FormulaError",
    "GameError",
    "NearCriticalError",
    "NegotiationError",
    "NotConvergedError",
    "PayoffFileError",
    "Problem",
    "UsageError",
    "near_name",
]


_BEGINNING = 3
"""Letters of a beginning that names something."""


class NegotiationError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a payoff file.

    Attributes
    ----------
    file, line, col
        Where; line and column count from 1, as editors do.
    message
        What is wrong.
    expected
        What was expected instead.
    hint
        A near name, when there is one.
    source
        The line of the file, for the caret.
    """

    file: str
    line: int
    col: int
    message: str
    expected: str = ""
    hint: str = ""
    source: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.col}: error: {self.message}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.hint:
            text += f"; did you mean {self.hint!r}?"
        if self.source:
            text += f"\n    {self.source}\n    {' ' * (self.col - 1)}^"
        return text


class PayoffFileError(NegotiationError):
    """Raised for a payoff file with problems; all of them are in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.col)))
        super().__init__("\n".join(map(str, self.problems)))


class FormulaError(NegotiationError):
    """Raised for a formula that is not acceptable.

    Attributes
    ----------
    col
        Offset of the fault inside the formula text, from 0.
    expected, hint
        As in `Problem`.
    """

    def __init__(self, message: str, *, col: int = 0, expected: str = "", hint: str = "") -> None:
        self.message = message
        self.col = col
        self.expected = expected
        self.hint = hint
        super().__init__(message + (f"; expected {expected}" if expected else ""))


class UsageError(NegotiationError):
    """Raised for an argument that is unknown or impossible."""

    exit_code = 2


class GameError(NegotiationError):
    """Raised for arrays that do not make a game."""


class NotConvergedError(NegotiationError):
    """Raised when an iteration stopped before it converged.

    Attributes
    ----------
    residual
        Size of the last change, in units of the payoff scale.
    """

    def __init__(self, message: str, *, residual: float) -> None:
        self.residual = residual
        super().__init__(f"{message} (residual {residual:.3g})")


class NearCriticalError(NotConvergedError):
    """Raised where rounding of the inputs would decide the answer."""


class CertificateError(NegotiationError):
    """Raised when a computed equilibrium fails its check from the definition."""


def near_name(name: str, known: Iterable[str]) -> str:
    """Return the name in `known` closest to `name`, or ''.

    Examples
    --------
    >>> near_name("patiense_us", ["patience_us", "patience_cn"])
    'patience_us'
    >>> near_name("chips", ["h200-licence", "chips-for-rare-earths"])
    'chips-for-rare-earths'
    >>> near_name("zzz", ["s", "r"])
    ''
    """
    known = list(known)
    lowered = {k.lower(): k for k in reversed(known)}
    match = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    if not match and len(name) >= _BEGINNING:
        match = [k for k in lowered if k.startswith(name.lower())]
    return lowered[match[0]] if match else ""
