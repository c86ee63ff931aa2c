"""A sweep run by run: on this machine's cores, or on workers of a dask cluster."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from negotiation.errors import UsageError
from negotiation.files.locks import claimed
from negotiation.sweeps.files import Parts, check_output, finish
from negotiation.sweeps.sweep import Columns, Job, solve_points
from negotiation.sweeps.workers import by_cluster, by_processes

__all__ = ["AT_ONCE", "run_sweep"]

AT_ONCE = 32_768
"""Points in a run: what a kill can lose, times the number of workers."""

MOST_GAMES = 100_000
"""Points where the state moves that may be solved at once."""

GAMES = 4
"""Games in a run where the state moves; each may take a second."""


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
    with claimed(output):
        parts.open(resume=resume)
        todo = parts.missing()
        progress(job.points.size - sum(_size(parts, k) for k in todo))
        try:
            done = (
                by_cluster(scheduler, parts, todo)
                if scheduler
                else by_processes(workers, parts, todo)
                if workers
                else ((k, solve_points(job, *parts.bounds(k))) for k in todo)
            )
            with closing(done):
                _keep(parts, done, progress)
        finally:
            parts.remove_if_useless()
        finish(parts)


def _at_once(job: Job) -> int:
    """Return the number of points in a run: those of a few games in a dynamic model.

    Starts of the same game are solved together, so a run must not cut through them. Where they lie
    apart, because another number runs faster, all is one run.
    """
    if not job.moves:
        return AT_ONCE
    axes = {axis.name for axis in job.model.axes}
    starts = [name in axes for name in job.points.names]
    if starts != sorted(starts) or (job.points.sampled and any(starts)):
        if job.points.size > MOST_GAMES:
            raise UsageError(
                f"{job.points.size:,} points at once, since starts vary before other numbers; "
                f"expected at most {MOST_GAMES:,}, or starts last"
            )
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
