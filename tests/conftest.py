"""Shared fixtures. Hypothesis repeats the same examples every time, without a clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import settings

from negotiation.payoff_file import load
from negotiation.solution import Solution, solve

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("repeatable")


@cache
def _solved(slug: str, settings: tuple[tuple[str, float], ...]) -> Solution:
    return solve(load(slug), **dict(settings))


@pytest.fixture(scope="session")
def solved() -> Callable[..., Solution]:
    """Solve a bundled model, each point once in a session: ``solved(slug, s=0.6)``."""
    return lambda slug, **values: _solved(slug, tuple(sorted(values.items())))
