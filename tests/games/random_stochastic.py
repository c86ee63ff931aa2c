"""Random stochastic games, for tests and `benchmarks/checks/stochastic_campaign.py`."""

from __future__ import annotations

import numpy as np

PAYOFFS = {
    "whole": lambda rng, shape: rng.integers(-5, 6, shape),
    "tied": lambda rng, shape: rng.integers(0, 3, shape),
    "real": lambda rng, shape: rng.normal(0, 3, shape),
}
KINDS = tuple(PAYOFFS)


def assorted_game(seed):
    """Two to six states with one to three actions a side and factors from .3 to .95.

    In even seeds states only move ahead; seeds take whole, tied and real payoffs in turn.
    """
    rng = np.random.default_rng(1000 + seed)
    count = int(rng.integers(2, 7))
    payoffs, tables = [], []
    for s in range(count):
        shape = (2, 2) if rng.random() < 0.6 else tuple(rng.integers(1, 4, 2))
        payoffs.append(PAYOFFS[KINDS[seed % 3]](rng, (2, *shape)).astype(float))
        ahead = np.arange(s + 1, count) if seed % 2 == 0 else np.arange(count)
        dense = np.zeros((*shape, count))
        for cell in np.ndindex(shape):
            dense[(*cell, s)] = rng.random() + 0.05
            for _ in range(rng.integers(1, 3)):
                if len(ahead):
                    dense[(*cell, rng.choice(ahead))] += rng.random()
        tables.append(dense / dense.sum(axis=-1, keepdims=True))
    high = rng.uniform(0.3, 0.95)
    return payoffs, tables, high if rng.random() < 0.5 else rng.uniform(0.3, 0.95, 2)


def patient_game(seed):
    """Six states that all lead to one another, two actions a side, factors from .8 to .97."""
    rng = np.random.default_rng(5000 + seed)
    payoffs = [PAYOFFS[("whole", "real")[seed % 2]](rng, (2, 2, 2)).astype(float) for _ in range(6)]
    tables = [rng.dirichlet(np.full(6, 0.3 if seed % 3 else 1.0), size=(2, 2)) for _ in range(6)]
    high = rng.uniform(0.8, 0.97)
    return payoffs, tables, high if seed % 4 < 2 else rng.uniform(0.8, 0.97, 2)
