"""Kernels compiled when a batch first needs them, and kept on disk for the next time.

Nothing here is imported by a single `solve`. What is on disk depends on the kernels, on how they
are translated, and on the processor; its folder is named after the first two and each file after
the third, so that an edit can never run stale code.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

__all__ = ["cache_folder", "kernel"]

_DRIVERS = {
    "sets_common": "outer_sets",
    "outer_rounds": "outer_sets",
    "inner_sets": "inner_sets",
    "sets_unequal": "inner_sets",
    "mixed_all": "support_enumeration",
    "shapes": "polygons",
    "settle": "stochastic_iteration",
}
"""Each function to compile, with its module."""

_LOCK = Lock()
_READY: dict[tuple[str, Any], Callable[..., Any]] = {}


def kernel(name: str) -> Callable[..., Any]:
    """Return a compiled kernel; the first call with new types compiles it or loads it from disk."""
    native = import_module(".machine_code", __package__)

    def call(*arguments: Any) -> Any:
        kinds, leaves = native.taken_apart(arguments)
        key = name, kinds
        if key not in _READY:
            with _LOCK:
                if key not in _READY:
                    _READY[key] = _compiled(name, tuple(map(native.type_of, arguments)))
        return _READY[key](leaves)

    return call


def _compiled(name: str, types: Any) -> Callable[..., Any]:
    native: Any = import_module(".machine_code", __package__)
    folder = cache_folder()
    digest = sha256(f"{types} {native.host()}".encode()).hexdigest()[:16]
    path = None if folder is None else folder / f"{name}-{digest}.o"
    if path is not None and path.exists():
        code = path.read_bytes()
    else:
        driver = getattr(import_module(f"negotiation.kernels.{_DRIVERS[name]}"), name)
        code = native.assemble(driver, types)
        if path is not None:
            _keep(path, code)
    found: Callable[..., Any] = native.bind(code, types)
    return found


def _keep(path: Path, code: bytes) -> None:
    """Write a file whole or not at all, whoever else writes it now."""
    part = path.with_suffix(f".{os.getpid()}")
    try:
        part.write_bytes(code)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)


@cache
def cache_folder() -> Path | None:
    """Return where compiled kernels are kept: with the package, else with the user; else None."""
    here = Path(__file__).parent.parent
    digest = sha256()
    for source in sorted(here.rglob("*.py")):
        digest.update(source.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or Path("~").expanduser() / ".cache"
    for base in (here.parent / "__pycache__", Path(home) / "negotiate"):
        folder = base / f"kernels-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None
