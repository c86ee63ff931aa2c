"""Regular files read up to a bound; their names as they can be printed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from negotiation.errors import UsageError

__all__ = ["read_regular", "shown"]


def shown(path: str | Path) -> str:
    r"""Return a path as it can be printed.

    Examples
    --------
    >>> shown("a\x1b[31m.yaml")
    'a?[31m.yaml'
    """
    return "".join(c if c.isprintable() else "?" for c in str(path))


def read_regular(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file, one more than `most` at the most.

    A pipe or a device is never waited for, whatever takes the file's place meanwhile.

    Raises
    ------
    OSError
        If it cannot be read.
    UsageError
        If it is not a regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    flags |= getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{shown(path)} is not a regular file; expected one")
        return file.read(most + 1)
