"""Processes that answer requests, so that one that takes too long can be ended."""

from __future__ import annotations

import multiprocessing
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from negotiation.explore.requests import TEXT, Reply, Request

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["Worker"]

_MOST_WAITING = 64
_BUSY = "Too much is being asked at once; try again in a moment."


class Worker:
    """One process with a queue in front of it.

    Parameters
    ----------
    warm
        What it answers once before anybody asks, so that everything is loaded.
    """

    def __init__(self, warm: tuple[Request, ...] = ()) -> None:
        self._warm = warm
        self._turn = threading.Lock()
        self._waiting = 0
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    @property
    def started(self) -> bool:
        """Tell whether there is a process, or there was."""
        return self._process is not None

    def start(self) -> None:
        """Start the process, if it is not running; returns before it is warm."""
        with self._turn:
            self._running()

    def ask(self, request: Request, seconds: float, gone: threading.Event | None = None) -> Reply:
        """Return the answer to a request, or a sentence after so many seconds of work.

        Waiting for others counts too, up to the same time once more. A request whose client has
        `gone` by the time that its turn comes is not worked on.
        """
        if self._waiting >= _MOST_WAITING:
            return Reply(_BUSY.encode(), 503, TEXT)
        self._waiting += 1
        try:
            if not self._has_turn(seconds, gone):
                return Reply(_BUSY.encode(), 503, TEXT)
            try:
                return self._answer(request, seconds)
            finally:
                self._turn.release()
        finally:
            self._waiting -= 1

    def _has_turn(self, seconds: float, gone: threading.Event | None) -> bool:
        """Wait for a turn, and take it unless nobody waits for the answer any more."""
        end = time.monotonic() + seconds
        while not self._turn.acquire(timeout=0.05):
            if (gone is not None and gone.is_set()) or time.monotonic() > end:
                return False
        if gone is not None and gone.is_set():
            self._turn.release()
            return False
        return True

    def stop(self) -> None:
        """End the process."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if process is not None:
            process.kill()
            process.join(5)
        if pipe is not None:
            pipe.close()

    def _answer(self, request: Request, seconds: float) -> Reply:
        for _ in range(2):  # once more if the process has died in the meantime
            pipe = self._running()
            started = time.monotonic()
            try:
                pipe.send(request)
                if pipe.poll(seconds):
                    reply = pipe.recv()
                    assert isinstance(reply, Reply)
                    return reply
            except (EOFError, OSError):
                self.stop()
                if time.monotonic() - started > 1:
                    break
                continue
            self.stop()
            self._running()
            said = (
                f"This takes longer than {seconds:.0f} seconds, so it was stopped. Other numbers, "
                "or a smaller game, may be quicker; the command line has no such limit."
            )
            return Reply(said.encode(), 504, TEXT)
        return Reply(b"The part that computes has stopped; try again.", 503, TEXT)

    def _running(self) -> Connection:
        """Return the pipe to the process, which is started if it is not running."""
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        self.stop()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._warm), daemon=True)
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        return ours


def _work(pipe: Connection, warm: tuple[Request, ...]) -> None:
    """Answer requests until the pipe closes."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this
    from negotiation.explore.handlers import respond

    for request in warm:
        respond(request)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(respond(pipe.recv()))
