"""Shared fixtures. Hypothesis repeats the same examples every time, without a clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import settings

from negotiation.games.game import Game, Outcome
from negotiation.payoff_file import load
from negotiation.solution.solution import Solution, solve

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("repeatable")


@cache
def _solved(slug: str, settings: tuple[tuple[str, float], ...]) -> Solution:
    return solve(load(slug), **dict(settings))


@pytest.fixture(scope="session")
def solved() -> Callable[..., Solution]:
    """Solve a bundled model, each point once in a session: ``solved(slug, s=0.6)``."""
    return lambda slug, **values: _solved(slug, tuple(sorted(values.items())))


def _dilemmas() -> list[Game]:
    """Prisoner's dilemmas of unequal sides: cooperation holds in some, and not in others."""
    draw = np.random.default_rng(11)
    games = []
    for k in range(10):
        sucker, punish, reward, tempt = np.sort(draw.choice(40, (2, 4), replace=False)).T / 4 - 3
        a = [[reward[0], sucker[0]], [tempt[0], punish[0]]]
        b = [[reward[1], tempt[1]], [sucker[1], punish[1]]]
        both = (Outcome("pact", ((0, 0),), truce=True), Outcome("quarrel", ((1, 1),)))
        discount = draw.integers(3, 19, 1 + k % 2) / 20
        games.append(Game.from_tables(a, b, discount=discount, outcomes=both))
    return games


def _random() -> list[Game]:
    """Games of many shapes with ties, constants, negative numbers and several truces."""
    draw = np.random.default_rng(5)
    rows = [(1, 1, 3, 0.5), (1, 4, 3, 0.5), (3, 1, 3, 0.5), (2, 2, 4, 0.6), (2, 2, 4, 0.85)]
    rows += [(2, 2, 4, 0.3), (2, 2, 4, 0.6), (3, 3, 3, 0.7), (3, 3, 2, 0.9), (4, 4, 2, 0.6)]
    rows += [(2, 3, 0, 0.4), (3, 3, 1, 0.5)]
    games = []
    for n0, n1, top, discount in rows:
        a, b = draw.integers(-top, top + 1, (2, n0, n1))
        first, second = (tuple(map(int, c)) for c in draw.integers(0, (n0, n1), (2, 2)))
        truces = [Outcome("first", (first,), truce=True)]
        truces += [Outcome("second", (second,), truce=True)] * (first != second)
        games.append(Game.from_tables(a, b, discount=discount, outcomes=tuple(truces)))
    return games


GAMES = (*_dilemmas(), *_random())
"""Small games used by many tests; each is solved once."""


@cache
def solve_game(k: int) -> Solution:
    """Solve one of `GAMES`."""
    return solve(GAMES[k])
