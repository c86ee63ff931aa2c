"""A guard against input that would keep the program busy for ever; no measure of speed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LONG = 30.0
"""Seconds of computing: a hundred times what is needed, and nothing beside what would explode."""


@contextmanager
def soon_over() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < LONG
