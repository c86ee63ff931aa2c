"""The page started: a port found, the server run, the browser opened."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from negotiation.errors import UsageError
from negotiation.explore.requests import Request
from negotiation.explore.shelf import GIVEN, Typed
from negotiation.explore.workers import Worker
from negotiation.payoff_file import bundled, load

if TYPE_CHECKING:
    import uvicorn

__all__ = ["PORT", "serve"]

PORT = 8765
LOCAL = "127.0.0.1"
ANYWHERE = ("0.0.0.0", "::")


def serve(
    file: str,
    *,
    host: str = LOCAL,
    port: int = PORT,
    browser: bool = True,
    say: Callable[[str], None],
) -> None:
    """Serve the page until it is interrupted.

    Parameters
    ----------
    file
        A payoff file, or the name of a bundled model.
    host, port
        Where to listen; port 0 takes any that is free.
    browser
        Whether to open it.
    say
        Prints a line.

    Raises
    ------
    UsageError
        If a package is missing, or the port is taken.
    PayoffFileError
        If the file has mistakes.
    """
    _refuse_without(("plotly", "starlette", "uvicorn"))
    home, given = _opened(file)
    listening = _listening(host, port)
    port = int(listening.getsockname()[1])
    quick = Worker(tuple(Request(name, typed=given, home=home) for name in ("page", "figure")))
    quick.start()  # it loads what it needs while the server does
    import uvicorn

    from negotiation.explore.server import Site, application

    site = Site(home, given, _names(host, port), quick, everywhere=host in ANYWHERE)
    server = uvicorn.Server(
        uvicorn.Config(
            application(site),
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=512,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
        )
    )
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{LOCAL if host in ANYWHERE else shown}:{port}/"
    say(f"The page is at {address} (Ctrl-C stops it)")
    if browser:
        threading.Thread(target=_open_when_ready, args=(server, address), daemon=True).start()
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn hands it on after it has shut down
        pass
    finally:
        quick.stop()
        listening.close()


def _refuse_without(packages: tuple[str, ...]) -> None:
    """Say which package is missing, if one is."""
    for package in packages:
        if (package in sys.modules and sys.modules[package] is None) or not find_spec(package):
            raise UsageError(
                f"the page needs the package {package}; install it with "
                "pip install 'negotiation[explore]'"
            )


def _opened(file: str) -> tuple[str, Typed | None]:
    """Return the key of the model shown first, and its text if it is not bundled."""
    if file in bundled():
        return file, None
    load(file)
    path = Path(file).resolve()
    return GIVEN, Typed(path.name, path.read_text(encoding="utf-8-sig"), str(path))


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(128)
    except OSError as error:
        found.close()
        raise UsageError(
            f"port {port} of {host} cannot be used: {error.strerror or error}; expected another, "
            "such as --port 0 for any that is free"
        ) from None
    return found


def _names(host: str, port: int) -> tuple[str, ...]:
    """Return the names with port under which the page may be asked for."""
    shown = f"[{host}]" if ":" in host else host
    names = [LOCAL, "localhost", "[::1]", shown]
    return tuple(dict.fromkeys(f"{name}:{port}" for name in names))


def _open_when_ready(server: uvicorn.Server, address: str) -> None:
    for _ in range(200):
        if server.started:
            webbrowser.open(address)
            return
        time.sleep(0.05)
