"""Payoff files on disk: found by path or by the name of a bundled model, and read as bytes."""

from __future__ import annotations

from pathlib import Path

from negotiation.errors import UsageError, near_name
from negotiation.files.reading import read_regular, shown
from negotiation.payoff_file.yaml_nodes import MAX_BYTES

__all__ = ["bundled", "find", "find_base", "read_bytes", "shown"]


def bundled() -> dict[str, Path]:
    """Map the names of the bundled models to their files.

    They are inside the installed package, or beside it in a checkout.
    """
    package = Path(__file__).parent.parent
    folders = (package / "payoffs", package.parent / "payoffs")
    found = next((f for f in folders if f.is_dir()), None)
    return {p.stem: p for p in sorted(found.glob("*.yaml"))} if found else {}


def find(path_or_slug: str | Path, folder: Path | None = None) -> Path:
    """Find a payoff file, by the name of a bundled model or by its path.

    Parameters
    ----------
    path_or_slug
        What a person wrote.
    folder
        Where a path starts; by default the present directory.

    Raises
    ------
    UsageError
        If there is no such file.
    """
    models = bundled()
    name = str(path_or_slug)
    if isinstance(path_or_slug, str) and name in models:
        return models[name]
    if not name:
        raise UsageError("the name of the model is empty; expected a payoff file or a model")
    written = shown(name[:200])
    try:
        path = Path(path_or_slug) if folder is None else folder / path_or_slug
        if path.is_dir():
            raise UsageError(f"{written!r} is a directory; expected a payoff file")
        if path.exists():
            return path
        beside = [p.name for p in sorted(path.parent.glob("*.yaml"))[:200]]
    except (OSError, ValueError) as error:
        raise UsageError(f"{written!r} cannot be read: {error}") from None
    raise _missing(written, path.name[:80], [*models, *beside])


def find_base(name: str, folder: Path | None) -> Path:
    """Find what a file extends: a bundled model, or a path from the folder of the file.

    Raises
    ------
    UsageError
        If there is no such file; or if `folder` is None, for text that is in no file, and it is
        not a bundled model.
    """
    models = bundled()
    if folder is None and name not in models:
        written = shown(name[:200])
        raise _missing(written, name[:80], list(models))
    return find(name, folder)


def _missing(written: str, name: str, known: list[str]) -> UsageError:
    hint = near_name(name, known)
    return UsageError(
        f"there is no payoff file or model {written!r}; "
        + (f"did you mean {hint!r}? " if hint else "")
        + f"the models are: {', '.join(bundled()) or 'none'}"
    )


def read_bytes(path: Path) -> bytes:
    """Read the bytes of a payoff file, and hardly more of them than one may have.

    Raises
    ------
    UsageError
        If it is not a regular file, or cannot be read.
    """
    try:
        return read_regular(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{shown(path)} cannot be read: {reason}") from None
