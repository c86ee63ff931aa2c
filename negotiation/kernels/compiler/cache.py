"""Machine code on disk: found again by what it depends on, and trusted only if it is ours.

What is loaded from disk runs. So a folder counts only if it belongs to the user and nobody else may
write to it, and so does every file in it. A file begins with a digest of its key and its code: one
that was cut, damaged or exchanged for another is taken for one that is not there.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

__all__ = ["folder", "keep", "kept"]

MOST = 200_000_000
"""Bytes of a file that are read at most."""

_FOLDERS = 12
_DAYS = 60
"""Folders of other versions are removed beyond so many, and if not used for so long."""

_MAGIC = b"negotiation machine code 1\n"
_SHARED = stat.S_IWGRP | stat.S_IWOTH


def kept(name: str, key: str) -> bytes | None:
    """Return the code that was kept for a key; None if there is none that can be trusted.

    Parameters
    ----------
    name
        Of the function, which begins the file's name.
    key
        Everything that the code depends on besides the sources.
    """
    place = folder()
    if place is None:
        return None
    with suppress(OSError):
        held = _read(place / _file(name, key))
        start = len(_MAGIC) + 32
        if held.startswith(_MAGIC) and held[len(_MAGIC) : start] == _digest(key, held[start:]):
            return held[start:]
    return None


def keep(name: str, key: str, code: bytes) -> None:
    """Keep code for a key: whole or not at all, whoever else does so now; or not if that fails."""
    place = folder()
    if place is None:
        return
    target = place / _file(name, key)
    draft = target.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(_MAGIC + _digest(key, code) + code)
        draft.replace(target)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


_BINARY = getattr(os, "O_BINARY", 0)


def _file(name: str, key: str) -> str:
    return f"{name}-{sha256(key.encode()).hexdigest()[:16]}.o"


def _digest(key: str, code: bytes) -> bytes:
    """Return a digest of code with all that it is for, so that no other code passes for it."""
    return sha256(_sources().encode() + b"\0" + key.encode() + b"\0" + code).digest()


@cache
def _sources() -> str:
    """Return a digest of the folder ``kernels/``: an edit anywhere in it makes a new folder."""
    here = Path(__file__).parent.parent
    digest = sha256()
    for source in sorted(here.rglob("*.py")):
        digest.update(f"{source.relative_to(here).as_posix()}\0".encode())
        digest.update(sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def folder() -> Path | None:
    """Return where machine code of these sources is kept; None if there is no place for it.

    That is ``negotiation/kernels-…`` in ``$XDG_CACHE_HOME``, if that is an absolute path, else in
    ``~/.cache`` (on Windows ``%LOCALAPPDATA%``). Without a home, or where the home is not the
    user's own or cannot be written to, nothing is kept and everything is compiled anew.
    """
    base = _base()
    return None if base is None else _made(base, f"kernels-{_sources()[:16]}")


def _base() -> Path | None:
    """Return the user's folder for what can be made again; None without an absolute one."""
    given = os.environ.get("XDG_CACHE_HOME" if os.name != "nt" else "LOCALAPPDATA", "")
    if given:
        return Path(given) if Path(given).is_absolute() else None
    try:
        home = Path("~").expanduser()
    except RuntimeError:
        return None
    return home / ".cache" if home.is_absolute() and home.parent != home else None


@cache
def _made(base: Path, name: str) -> Path | None:
    """Make the folder in the user's folder, see that it is safe, and clear away old ones."""
    place = base / "negotiation" / name
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(base.stat()):
            return None
        for made in (place.parent, place):
            with suppress(FileExistsError):
                made.mkdir(mode=0o700)
            facts = made.lstat()
            if not (stat.S_ISDIR(facts.st_mode) and _is_private(facts)):
                return None
        os.utime(place)
    except (OSError, ValueError):
        return None
    _clear(place)
    return place


def _clear(place: Path) -> None:
    """Remove the folders of other versions that have not been used for long, or are too many."""
    with suppress(OSError):
        used = {p: p.lstat().st_mtime for p in place.parent.glob("kernels-*") if p != place}
        newest = sorted(used, key=lambda p: -used[p])
        for k, old in enumerate(newest):
            if k >= _FOLDERS or used[old] < time.time() - _DAYS * 86_400:
                shutil.rmtree(old, ignore_errors=True)


def _is_own(facts: os.stat_result) -> bool:
    """Tell whether something belongs to the user; where systems do not say, they keep it apart."""
    return not hasattr(os, "geteuid") or facts.st_uid == os.geteuid()


def _is_private(facts: os.stat_result) -> bool:
    """Tell whether something is the user's own and nobody else may write to it."""
    return _is_own(facts) and not (hasattr(os, "geteuid") and facts.st_mode & _SHARED)


def _read(path: Path) -> bytes:
    """Read a file that is regular, the user's own, and private.

    Raises
    ------
    OSError
        If it is not, or cannot be read.
    """
    flags = os.O_RDONLY | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor has no path
        facts = os.fstat(file.fileno())
        if not (stat.S_ISREG(facts.st_mode) and _is_private(facts)):
            raise PermissionError(str(path))
        return file.read(MOST)
