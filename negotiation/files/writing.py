"""Files that are seen whole or not at all.

What is written goes to a draft first: a new file with a name that nobody can guess, in the folder
of its target, whose place it takes by one renaming. So a target is never seen half-written, no
link that lies in the way is followed, and a full disk leaves what was there before.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from negotiation.errors import UsageError
from negotiation.files.reading import shown

__all__ = ["draft_beside", "mark", "refuse_special", "unwritable", "write_whole"]

_TRIES = 100


def refuse_special(target: Path, *, folders: bool = False) -> None:
    """Refuse a target in whose place no file should come: a pipe, a device, or a folder.

    Parameters
    ----------
    target
        Where something is to be written.
    folders
        Whether it may be a folder.

    Raises
    ------
    UsageError
        If it is one, or where it would be cannot be looked at.
    """
    try:
        kind = target.stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise unwritable(target, error) from None
    if stat.S_ISDIR(kind):
        if folders:
            return
        raise UsageError(f"{shown(target)} is a folder; expected a name for a file")
    if not stat.S_ISREG(kind):
        raise UsageError(f"{shown(target)} is not a regular file; expected a name for a file")


def write_whole(target: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file so that it is seen whole or not at all.

    Parameters
    ----------
    target
        Where to. A link there is replaced, never followed.
    content
        What to write.
    replace
        Whether to take the place of a file that is there.

    Raises
    ------
    UsageError
        If that cannot be done, with the reason; or there is a file and `replace` is False.
    """
    with draft_beside(target) as draft:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            _link(draft, target)


def _link(draft: Path, target: Path) -> None:
    """Give a file its name unless that is taken."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise UsageError(f"{shown(target)} exists already; expected a new name") from None
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise UsageError(f"{shown(target)} exists already; expected a new name") from None
        draft.replace(target)


@contextmanager
def draft_beside(target: Path) -> Iterator[Path]:
    """Yield a new empty file to fill, which takes the target's place once all has gone well.

    If it is renamed or linked before, as what must not replace anything is, nothing more happens.

    Raises
    ------
    UsageError
        If something cannot be written, with the reason.
    """
    refuse_special(target)
    draft = None
    try:
        draft = _new_draft(target)
        yield draft
        if draft.exists() and draft.stat().st_nlink == 1:
            draft.replace(target)
            _keep_names(target.parent)
    except (OSError, ValueError) as error:
        raise unwritable(target, error) from None
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _new_draft(target: Path) -> Path:
    """Make an empty file beside the target that did not exist before."""
    for _ in range(_TRIES):
        draft = target.with_name(f"{mark(target)}-{secrets.token_hex(8)}.draft")
        with suppress(FileExistsError):
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return draft
    raise FileExistsError(f"no free name beside {target.name}")  # pragma: no cover


def mark(target: Path) -> str:
    """Return the beginning of what belongs to a target, short whatever the target's name."""
    return ".negotiate-" + sha256(os.fsencode(target.name)).hexdigest()[:16]


def _keep_names(folder: Path) -> None:
    """Ask the system to keep the new name even if the machine stops now."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def unwritable(target: Path, error: Exception) -> UsageError:
    """Return the error that says what cannot be written, and why."""
    reason = getattr(error, "strerror", None) or error
    return UsageError(f"cannot write {shown(target)}: {reason}")
