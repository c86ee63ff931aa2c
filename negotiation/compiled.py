"""Kernels compiled by numba when a batch first needs them, and kept on disk for the next time.

Nothing here is imported by a single `solve`. numba's own cache looks only at the file of the
function it compiled, not at what that function calls, so the folder of the cache is named after
all kernel sources: an edit can never run stale code.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from threading import Lock
from typing import Any

__all__ = ["beside", "kernel", "stored"]

_DRIVERS = {
    "sets_common": "kernels_common",
    "outer_rounds": "kernels_outer",
    "inner_sets": "kernels_inner",
    "certify": "kernels_certify",
    "mixed_all": "kernels_stage",
    "settle": "rounds",
}
"""Each function to compile, with its module."""

_MODULES = (
    "kernels_plane",
    "kernels_round",
    "kernels_newton",
    "planar",
    "kernels_sweep",
    *dict.fromkeys(_DRIVERS.values()),
)
_SOURCES = (*_MODULES, "operator", "linking")

_LOCK = Lock()
_READY: dict[str, Callable[..., Any]] = {}
_UNDER_WAY: dict[str, subprocess.Popen[bytes]] = {}
_OPTIONS = {"nogil": True, "error_model": "numpy"}
_BARE = ("planar", "rounds")
"""Modules whose functions make no arrays: without counting references they compile faster."""

_LEAN = {"_nrt": False, "no_rewrites": True, "no_cfunc_wrapper": True}


def kernel(name: str) -> Callable[..., Any]:
    """Return a compiled kernel; the first call with new types compiles it or loads it from disk."""
    with _LOCK:
        if name not in _READY:
            _READY[name] = _compile(name)
        return _READY[name]


def beside(name: str, program: str) -> None:
    """Start Python on a program that compiles a kernel, once; `kernel` waits for it to end.

    Nothing is started for what is on disk, or where there is no disk to leave it on.
    """
    with _LOCK:
        if name in _READY or name in _UNDER_WAY or cache_folder() is None or stored(name):
            return
        path = f"import gc, sys; gc.disable(); sys.path[:] = {sys.path!r}"
        none = subprocess.DEVNULL
        try:
            _UNDER_WAY[name] = process = subprocess.Popen(
                [sys.executable, "-c", f"{path}; {program}"], stdin=none, stdout=none, stderr=none
            )
        except (OSError, ValueError):
            return
        atexit.register(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind that nobody waits for."""
    if process.poll() is None:
        process.kill()
    process.wait()


def stored(name: str) -> bool:
    """Tell whether a kernel has been compiled before, so that it only has to be loaded."""
    folder = cache_folder()
    return name in _READY or (
        folder is not None and any(folder.rglob(f"{_DRIVERS[name]}.{name}-*.nbi"))
    )


def _compile(name: str) -> Callable[..., Any]:
    if name in _UNDER_WAY:
        _UNDER_WAY[name].wait()
    numba: Any = import_module("numba")
    driver = getattr(import_module(f".{_DRIVERS[name]}", __package__), name)
    if not _READY:
        for helper in _helpers():
            options = _options(helper.__module__.rpartition(".")[2]) | _steps()
            import_module("numba.extending").register_jitable(**options)(helper)
    folder = cache_folder()
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder or "")
    try:
        compiled: Callable[..., Any] = numba.njit(
            cache=folder is not None, **_options(_DRIVERS[name])
        )(driver)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


def _options(module: str) -> dict[str, Any]:
    return _OPTIONS | (_LEAN if module in _BARE else {})


def _steps() -> dict[str, Any]:
    """Return how helpers are compiled: as `linking` says, or in numba's own way if it cannot."""
    try:
        return {"pipeline_class": import_module(".linking", __package__).HelperCompiler}
    except (ImportError, AttributeError):  # another version of numba
        return {}


def _helpers() -> list[Callable[..., Any]]:
    """Return every function of the kernel modules; those that are called get compiled."""
    found: list[Callable[..., Any]] = []
    for name in _MODULES:
        module = import_module(f".{name}", __package__)
        found += [
            f for f in vars(module).values() if isfunction(f) and f.__module__ == module.__name__
        ]
    return found


def cache_folder() -> Path | None:
    """Return where compiled kernels are kept: with the package, else with the user; else None."""
    here = Path(__file__).parent
    digest = sha256()
    for name in _SOURCES:
        digest.update((here / f"{name}.py").read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or Path("~").expanduser() / ".cache"
    for base in (here / "__pycache__", Path(home) / "negotiate"):
        folder = base / f"kernels-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None
