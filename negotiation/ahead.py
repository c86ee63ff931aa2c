"""Kernels that will be needed soon, compiled in other processes while this one compiles another.

Compiling holds Python's lock, so threads would not help. What the other process leaves on disk is
loaded here; where it leaves nothing, `compiled` compiles as if nobody had tried.
"""

from __future__ import annotations

import os

import numpy as np

from .compiled import beside, kernel
from .kernels_round import make_room

__all__ = ["ahead", "call"]


def ahead(*names: str) -> None:
    """Begin to compile ``inner_sets`` or ``certify``, unless there is only one core for it."""
    if len(os.sched_getaffinity(0)) > 1:
        for name in names:
            beside(name, f"from negotiation.ahead import call; call({name!r})")


def call(name: str) -> None:
    """Call a kernel with no games, which compiles it for the types that batches have."""
    payoffs, pairs = np.zeros((0, 2, 2, 2)), np.zeros((0, 2))
    rings, sizes = np.zeros((0, 8, 2)), np.zeros(0, dtype=np.intp)
    game = payoffs, pairs, np.zeros((0, 4), dtype=np.intp)
    state, rows, scratch = (rings, sizes, pairs), np.arange(0), make_room(4, 8)
    if name == "inner_sets":
        kernel(name)(game, state, state, rows, True, scratch)
    else:
        kernel(name)(game, state, state[:2], np.zeros(0), rows, scratch)
