"""A sweep run by run: on this machine's cores, or on workers of a dask cluster."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negotiation.errors import UsageError
from negotiation.sweeps.files import Parts, check_output, finish
from negotiation.sweeps.sweep import Columns, Job, solve_points

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["AT_ONCE", "run_sweep"]

AT_ONCE = 32_768
"""Points in a run: what a kill can lose, times the number of workers."""

PATIENCE = 5
"""Seconds to wait for a scheduler to answer."""

GAMES = 4
"""Games in a run where the state moves; each may take a second."""

RETRIES = 3
"""How often a run is tried again after the worker that had it was lost."""


def run_sweep(
    job: Job,
    output: Path,
    *,
    resume: bool = False,
    workers: int = 0,
    scheduler: str = "",
    at_once: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Solve every point of a sweep and write the result to a file.

    Parameters
    ----------
    job
        The sweep.
    output
        Where to; its ending says which kind: .csv, .nc or .zarr.
    resume
        Go on with what an interrupted sweep left beside `output`.
    workers
        Number of local worker processes; 0 computes in this one, on all cores.
    scheduler
        Address of an existing dask scheduler, instead of local workers.
    at_once
        Points in a run; by default as many as take some seconds.
    progress
        Called with the number of points of every finished run.

    Raises
    ------
    UsageError
        If the output cannot be written, or an unfinished sweep is in the way.
    """
    check_output(output)
    parts = Parts(job, output, at_once or _at_once(job))
    parts.open(resume=resume)
    todo = parts.missing()
    progress(job.points.size - sum(_size(parts, k) for k in todo))
    try:
        if workers or scheduler:
            with _client(workers, scheduler) as client:
                _keep(parts, _spread(client, parts, todo), progress)
        else:
            _keep(parts, ((k, solve_points(job, *parts.bounds(k))) for k in todo), progress)
    finally:
        parts.remove_if_useless()
    finish(parts)


def _at_once(job: Job) -> int:
    """Return how many points make a run: those of a few games where the state moves.

    Starts of the same game are solved together, so a run must not cut through them. Where they lie
    apart, because another number runs faster, all is one run.
    """
    if not job.moves:
        return AT_ONCE
    axes = {axis.name for axis in job.model.axes}
    starts = [name in axes for name in job.points.names]
    if starts != sorted(starts) or (job.points.sampled and any(starts)):
        return max(job.points.size, 1)
    return GAMES * math.prod(job.points.shape[starts.count(False) :] if any(starts) else ())


def _size(parts: Parts, number: int) -> int:
    start, stop = parts.bounds(number)
    return stop - start


def _keep(
    parts: Parts, done: Iterator[tuple[int, Columns]], progress: Callable[[int], None]
) -> None:
    for number, columns in done:
        parts.save(number, columns)
        progress(_size(parts, number))


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Client]:
    """Connect to a scheduler, or start one here that only this machine can reach."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "workers need dask; install it with pip install 'negotiate[sweep]'"
        ) from None
    if scheduler:
        try:
            client = Client(scheduler, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(f"no dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _spread(client: Client, parts: Parts, todo: list[int]) -> Iterator[tuple[int, Columns]]:
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
