"""Processes: one that takes too long is ended with a sentence, and the next request is answered."""

from __future__ import annotations

import threading
import time

from negotiation.explore.requests import Request
from negotiation.explore.workers import Worker


def test_what_takes_too_long_is_stopped_and_the_next_is_answered() -> None:
    worker = Worker()
    try:
        assert worker.ask(Request("live", "model=prisoners-dilemma"), 60).status == 200
        started = time.monotonic()
        late = worker.ask(Request("report", "model=wider-bargain"), 0.5)
        assert time.monotonic() - started < 20
        assert late.status == 504
        assert b"takes longer than" in late.body
        assert worker.ask(Request("live", "model=prisoners-dilemma"), 60).status == 200
    finally:
        worker.stop()


def test_a_process_that_was_ended_is_started_again() -> None:
    worker = Worker()
    try:
        first = worker.ask(Request("live", "model=prisoners-dilemma"), 60)
        process = worker._process
        assert process is not None
        process.kill()
        process.join(10)
        assert worker.ask(Request("live", "model=prisoners-dilemma"), 60) == first
    finally:
        worker.stop()


def test_a_stopped_worker_leaves_no_process() -> None:
    worker = Worker()
    worker.start()
    process = worker._process
    assert process is not None
    worker.stop()
    assert not process.is_alive()


def test_what_nobody_waits_for_any_more_is_not_worked_on() -> None:
    worker, gone = Worker(), threading.Event()
    try:
        worker.ask(Request("live", "model=prisoners-dilemma"), 60)
        gone.set()
        assert worker.ask(Request("report", "model=wider-bargain"), 60, gone).status == 503
        assert worker.ask(Request("live", "model=prisoners-dilemma"), 60).status == 200
    finally:
        worker.stop()
