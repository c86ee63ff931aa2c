"""Runs of a sweep handed to other processes: of this machine, or of a dask cluster."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import TYPE_CHECKING, Any

from negotiation.errors import NegotiationError, UsageError
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.sweeps.files import Parts
from negotiation.sweeps.sweep import Columns, Job, solve_points

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["by_cluster", "by_processes"]

Done = Generator[tuple[int, Columns], None, None]

PATIENCE = 5
"""Seconds to wait for a scheduler to answer."""

RETRIES = 3
"""How often a run is tried again after the worker that had it was lost."""

SCHEMES = ("tcp", "tls")
"""Ways to reach a scheduler."""


def by_processes(workers: int, parts: Parts, todo: list[int]) -> Done:
    """Hand out runs to processes of this machine, which nobody else can reach, as they get free.

    Raises
    ------
    NegotiationError
        If processes are lost time and again.
    """
    left, lost = dict.fromkeys(todo), 0
    while left:
        try:
            for number, columns in _by_new_processes(workers, parts, list(left)):
                del left[number]
                yield number, columns
        except BrokenProcessPool:
            lost += 1
            if lost > RETRIES:
                raise NegotiationError(
                    f"worker processes were lost {lost} times, perhaps for want of memory; "
                    "finished points are kept, and --resume with fewer --workers goes on from there"
                ) from None


def _by_new_processes(workers: int, parts: Parts, todo: list[int]) -> Done:
    """Hand out runs to new processes; all end when this one does, however it ends."""
    context = get_context("spawn")
    alive, kept = context.Pipe(duplex=False)
    count = min(workers, len(todo))
    with ProcessPoolExecutor(count, context, _end_with, (alive,)) as pool:
        try:
            waiting, running = iter(todo), set()
            for number in islice(waiting, 2 * count):
                running.add(_submit(pool, parts, number))
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    running |= {_submit(pool, parts, number) for number in islice(waiting, 1)}
                    yield future.result()
        finally:
            kept.close()
            pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, parts: Parts, number: int) -> Future[tuple[int, Columns]]:
    return pool.submit(_one, number, parts.job.run(*parts.bounds(number)))


def _end_with(alive: Connection) -> None:
    """Leave Ctrl-C to the process that started this one, and end when that one does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        with suppress(OSError):
            alive.poll(None)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def by_cluster(scheduler: str, parts: Parts, todo: list[int]) -> Done:
    """Hand out runs to a dask cluster that is there; every one of its workers runs our code.

    Raises
    ------
    UsageError
        If dask is missing, the address is none, or nobody answers there.
    """
    with _client(scheduler) as client:
        yield from _spread(client, parts, todo)


@contextmanager
def _client(scheduler: str) -> Iterator[Client]:
    """Connect to a dask scheduler."""
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError:
        raise UsageError(
            "a scheduler needs dask; install it with pip install 'negotiation[sweep]'"
        ) from None
    scheme, given, _ = scheduler.rpartition("://")
    if given and scheme not in SCHEMES:
        raise UsageError(
            f"{quoted(scheduler)}: {quoted(scheme)} is not a way to reach a scheduler; expected "
            f"{' or '.join(f'{s}://HOST:PORT' for s in SCHEMES)}"
        )
    security = Security()
    if scheme == "tls" and not security.get_connection_args("client").get("ssl_context"):
        raise UsageError(
            "tls:// needs certificates, which dask's configuration names under distributed.comm.tls"
        )
    quiet = logging.getLogger("distributed")
    before = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        try:
            client = Client(scheduler, timeout=PATIENCE, security=security)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            reason = str(error).partition("\n")[0][:200]
            raise UsageError(
                f"no dask scheduler answers at {quoted(scheduler)}: {reason}"
            ) from None
        with client:
            yield client
    finally:
        quiet.setLevel(before)


def _spread(client: Client, parts: Parts, todo: list[int]) -> Done:
    """Hand out runs, a few for each worker at a time, and yield them as they finish."""
    from distributed import as_completed

    waiting = iter(todo)

    def submit(number: int) -> Any:
        run = parts.job.run(*parts.bounds(number))
        return client.submit(_one, number, run, pure=False, retries=RETRIES)

    at_a_time = 2 * max(len(client.scheduler_info()["workers"]), 1)
    queue = as_completed([submit(k) for k in islice(waiting, at_a_time)])
    for future in queue:
        yield future.result()
        future.release()
        following = next(waiting, None)
        if following is not None:
            queue.add(submit(following))


def _one(number: int, run: Job) -> tuple[int, Columns]:
    return number, solve_points(run, 0, run.points.size)
