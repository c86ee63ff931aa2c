"""A lock beside an output, which says who writes it."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from negotiation.errors import UsageError
from negotiation.files.reading import read_regular, shown
from negotiation.files.writing import mark, refuse_special, unwritable

try:
    import fcntl
except ImportError:  # pragma: no cover - on Windows drafts have to do
    fcntl = None  # type: ignore[assignment]

__all__ = ["claimed"]

_TRIES = 100


@contextmanager
def claimed(target: Path) -> Iterator[None]:
    """Hold a lock on an output, so that no other run of ours writes it meanwhile.

    The system gives the lock up when its holder ends, however that comes about. Drafts that a
    killed run has left are removed.

    Raises
    ------
    UsageError
        If another run holds it, saying which; or the folder cannot be written to.
    """
    refuse_special(target, folders=True)
    if fcntl is None:  # pragma: no cover - Windows
        yield
        return
    lock = target.with_name(f"{mark(target)}.lock")
    try:
        descriptor = _locked(lock, target)
    except (OSError, ValueError) as error:
        raise unwritable(target, error) from None
    try:
        for left in target.parent.glob(f"{mark(target)}-*.draft"):
            with suppress(OSError):
                left.unlink()
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _locked(lock: Path, target: Path) -> int:
    """Open and lock the file; say in it who holds it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    for _ in range(_TRIES):
        descriptor = os.open(lock, flags, 0o644)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
                raise UsageError(f"{shown(lock)} is in the way; delete it")
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(f"{shown(target)} is being written by {_holder(lock)}") from None
            if _is_still(lock, facts):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, json.dumps(_me()).encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise UsageError(f"{shown(target)} is being written by another process")  # pragma: no cover


def _is_still(lock: Path, facts: os.stat_result) -> bool:
    """Tell whether the file that was locked is the one that has the name now."""
    try:
        return os.path.samestat(lock.lstat(), facts)
    except FileNotFoundError:
        return False


def _me() -> dict[str, Any]:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"process": os.getpid(), "machine": socket.gethostname(), "since": now}


def _holder(lock: Path) -> str:
    """Say who holds a lock, as far as that can be read."""
    try:
        found = json.loads(read_regular(lock, 1000))
        process, machine, since = (found[k] for k in ("process", "machine", "since"))
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return "another process"
    words = f"process {process} on {machine} since {since}"
    return f"{shown(words)[:200]}; wait for it, or stop it"
