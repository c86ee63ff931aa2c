"""The server: what is let in, which process answers, and what goes out with it.

Only this machine is served. A request must name this server as its host, and come from this page
if it comes from a page at all; bodies and addresses are limited, and nothing in them is a path.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import re
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as WebRequest
from starlette.responses import Response
from starlette.routing import Route

from negotiation.errors import UsageError
from negotiation.explore.requests import HTML, TEXT, Reply, Request
from negotiation.explore.shelf import GIVEN, TYPED, Typed
from negotiation.explore.workers import Worker
from negotiation.files.reading import read_regular

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Site", "application", "given_file", "headers", "plotly_file"]

MOST_BYTES = 3_100_000
"""Of a body: a payoff file of 1 MB, each byte written as three characters in a form."""

_TEXTS = 64
_QUICK, _SLOW, _REPORT = 10.0, 120.0, 300.0
_SLOW_PARTS = ("deal", "full", "map", "marks", "sensitivity", "signal", "time", "why")
_QUICK_PARTS = ("figure",)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' {}; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STYLE = re.compile(rb"""createElement\("style"\);[^']{1,200}?textContent='((?:[^'\\])*)'""")


@cache
def headers() -> dict[str, str]:
    """Return what is sent with everything.

    The policy allows no style but the page's own and those that plotly.js adds: an empty one that
    it fills by rules, and those in its text, each by its digest.
    """
    styles = [b"", *_STYLE.findall(_plotly())]
    digests = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in styles]
    return {
        "Content-Security-Policy": _POLICY.format(" ".join(f"'sha256-{d}'" for d in digests)),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


_STATIC = {
    "explore.css": "text/css; charset=utf-8",
    "explore.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Site:
    """State of the server: its processes, the file it was given, texts typed into it.

    Parameters
    ----------
    home
        Key of the model that is shown first.
    given
        The file that the command was given, unless it is bundled.
    hosts
        Names with port under which it may be reached.
    quick
        The process that answers what must be quick.
    everywhere
        Whether it listens on all addresses of the machine.
    """

    def __init__(
        self,
        home: str,
        given: Typed | None,
        hosts: tuple[str, ...],
        quick: Worker,
        *,
        everywhere: bool = False,
    ) -> None:
        self.home, self.hosts, self.everywhere = home, hosts, everywhere
        self._given, self._stamp = given, _stamp(given)
        self.typed: OrderedDict[str, Typed] = OrderedDict()
        self.quick, self.slow = quick, Worker((Request("marks", typed=given, home=home),))

    @property
    def given(self) -> Typed | None:
        """The file that the command was given, read again if it has changed."""
        stamp = _stamp(self._given)
        if self._given is not None and stamp != self._stamp:
            self._given, self._stamp = given_file(self._given.path), stamp
        return self._given

    def request(self, name: str, query: str, body: str = "") -> Request:
        """Return a request with the text behind the model that it names."""
        key = next(iter(parse_qs(query, max_num_fields=400).get("model", [self.home])))
        typed = self.given if key == GIVEN else self.typed.get(key)
        return Request(name, query, body, typed, self.home)

    def is_called(self, host: str) -> bool:
        """Tell whether a Host header names this server.

        Listening everywhere, it may be named by any address, but by no name that somebody else
        could point at it.
        """
        if host in self.hosts:
            return True
        address, _, port = host.rpartition(":")
        if not self.everywhere or f":{port}" not in {h[h.rindex(":") :] for h in self.hosts}:
            return False
        try:
            ipaddress.ip_address(address.strip("[]"))
        except ValueError:
            return False
        return True

    def keep(self, key: str, typed: Typed) -> None:
        """Keep a text that was typed; the oldest go when there are many."""
        self.typed[key] = typed
        self.typed.move_to_end(key)
        while len(self.typed) > _TEXTS:
            self.typed.popitem(last=False)

    async def ask(self, request: Request, gone: threading.Event | None = None) -> Reply:
        """Return the answer of the process that a request is for, unless its client has gone."""
        slow = request.name in _SLOW_PARTS or request.name == "report"
        limit = _REPORT if request.name == "report" else _SLOW if slow else _QUICK
        worker = self.slow if slow else self.quick
        reply = await run_in_threadpool(worker.ask, request, limit, gone)
        if not self.slow.started and not slow:  # only now, so that the first verdict comes first
            asyncio.get_running_loop().run_in_executor(None, self.slow.start)
        return reply


def given_file(path: str) -> Typed:
    """Return the text of a file on disk; nothing if it cannot be read, which its model says."""
    try:
        text = read_regular(Path(path), MOST_BYTES)[:MOST_BYTES].decode("utf-8-sig", "replace")
    except (OSError, UsageError):
        text = ""
    return Typed(Path(path).name, text, path)


def _stamp(given: Typed | None) -> tuple[int, int] | None:
    if given is None:
        return None
    try:
        found = Path(given.path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def application(site: Site) -> Starlette:
    """Return the application that answers for a site."""

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        yield
        site.quick.stop()
        site.slow.stop()

    return Starlette(
        routes=[
            *(Route(path, _getting(site, name), methods=["GET"]) for path, name in _GET),
            Route("/part/{name}", _getting(site, ""), methods=["GET"]),
            Route("/static/{name}", _static, methods=["GET"]),
            Route("/check", _posting(site, _checked), methods=["POST"]),
            Route("/text", _posting(site, _typed), methods=["POST"]),
        ],
        exception_handlers={
            404: _saying(404, "There is nothing at this address."),
            405: _saying(405, "That cannot be done at this address."),
        },
        lifespan=running,
        middleware=[_guard(site)],
    )


_GET = (("/", "page"), ("/live", "live"), ("/download", "download"), ("/report", "report"))
_Handler = Callable[[WebRequest], Awaitable[Response]]


def _getting(site: Site, name: str) -> _Handler:
    """Return what answers a GET with a handler of that name, or that of the part asked for."""

    async def answer(web: WebRequest) -> Response:
        handler = name or web.path_params["name"]
        if not name and handler not in (*_SLOW_PARTS, *_QUICK_PARTS):
            return _no(404, "There is no such part.")
        try:
            request = site.request(handler, web.url.query)
        except ValueError:
            return _no(422, "The address cannot be read; it holds too much.")
        gone = threading.Event()
        watching = asyncio.create_task(_watch(web, gone))
        try:
            reply = await site.ask(request, gone)
        finally:
            watching.cancel()
        return _excused(reply) if name == "page" and reply.kind == TEXT else _sent(reply)

    return answer


async def _watch(web: WebRequest, gone: threading.Event) -> None:
    """Say when a client has gone, for a page that moved on asks for nothing any more."""
    while (await web.receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _excused(reply: Reply) -> Response:
    """Return a sentence as a page with a way out."""
    said = escape(reply.body.decode())
    text = f'<!doctype html><title>negotiate</title><p>{said}</p><p><a href="/">Start again</a></p>'
    return Response(text, reply.status, media_type=HTML)


def _posting(site: Site, what: Callable[[Site, str], Awaitable[Response]]) -> _Handler:
    """Return what answers a POST of a text."""

    async def answer(web: WebRequest) -> Response:
        body = await _body(web)
        return body if isinstance(body, Response) else await what(site, body)

    return answer


def _saying(status: int, said: str) -> Callable[[WebRequest, Exception], Awaitable[Response]]:
    async def answer(_web: WebRequest, _error: Exception) -> Response:
        return _no(status, said)

    return answer


async def _checked(site: Site, body: str) -> Response:
    return _sent(await site.ask(Request("check", "", body)))


def _guard(site: Site) -> Any:
    """Return the doorman as starlette takes it."""
    from starlette.middleware import Middleware

    class Doorman:
        """Lets in only what names this server and comes from nowhere else."""

        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await self.app(scope, receive, send)
                return
            refusal = _refusal(site, WebRequest(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            with_headers = _with_headers(send)
            try:
                await self.app(scope, receive, with_headers)
            except ClientDisconnect:
                return

    return Middleware(Doorman)


def _with_headers(send: Any) -> Any:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            known = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(
                    (name.lower().encode(), value.encode())
                    for name, value in headers().items()
                    if name.lower().encode() not in known
                ),
            ]
        await send(message)

    return sending


def _refusal(site: Site, web: WebRequest) -> Response | None:
    """Return why a request is not let in; None if it is."""
    named = web.headers.getlist("host")
    if len(named) != 1 or not site.is_called(named[0]):
        return _no(421, "This server answers under its own name only.")
    origin = web.headers.get("origin")
    if origin is not None and origin != f"http://{named[0]}":
        return _no(403, "Requests from other pages are not answered.")
    if web.headers.get("sec-fetch-site") == "cross-site" and (
        web.headers.get("sec-fetch-mode") != "navigate" or web.method != "GET"
    ):
        return _no(403, "Requests from other pages are not answered.")
    if len(web.url.query) > 8_000:
        return _no(414, "The address is too long.")
    return None


async def _body(web: WebRequest) -> str | Response:
    """Return what was sent, unless it is too much or no text."""
    sent = bytearray()
    try:
        async with asyncio.timeout(10):
            async for chunk in web.stream():
                sent += chunk
                if len(sent) > MOST_BYTES:
                    return _no(413, "That is too much; a payoff file has at most 1 MB.")
    except TimeoutError:
        return _no(408, "The text did not arrive in time.")
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        return _no(400, "That is no text; expected UTF-8.")


async def _typed(site: Site, body: str) -> Response:
    """Keep a typed text that is a model and go to it, else show its mistakes."""
    reply = await site.ask(Request("text", "", body, site.given, site.home))
    if reply.kind != TEXT or reply.status != 200:
        return _sent(reply)
    key = reply.body.decode()
    assert key.startswith(TYPED)
    from negotiation.explore.handlers import typed_text

    site.keep(key, Typed("typed.yaml", typed_text(body)))
    return Response(status_code=303, headers={"Location": f"/?model={key}"})


async def _static(web: WebRequest) -> Response:
    name = web.path_params["name"]
    if name == "plotly.min.js":
        return Response(_plotly(), media_type="text/javascript; charset=utf-8", headers=_KEPT)
    if name not in _STATIC:
        return _no(404, "There is nothing at this address.")
    data = files("negotiation.explore").joinpath("static", name).read_bytes()
    return Response(data, media_type=_STATIC[name], headers={"Cache-Control": "no-cache"})


_KEPT = {"Cache-Control": "private, max-age=3600"}


def plotly_file() -> Any:
    """Return plotly.js as the installed package plotly brings it."""
    return files("plotly").joinpath("package_data", "plotly.min.js")


@cache
def _plotly() -> bytes:
    data = plotly_file().read_bytes()
    assert isinstance(data, bytes)
    return data


def _sent(reply: Reply) -> Response:
    headers = {}
    if reply.filename:
        safe = "".join(c for c in reply.filename if c.isascii() and (c.isalnum() or c in "-_."))
        headers["Content-Disposition"] = f'attachment; filename="{safe or "download"}"'
    return Response(reply.body, reply.status, headers, reply.kind)


def _no(status: int, said: str) -> Response:
    return Response(said, status, headers(), TEXT)
