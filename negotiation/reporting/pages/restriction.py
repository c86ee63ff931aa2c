"""Does restriction defeat itself? The answer as a table and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from negotiation.reporting.page_parts import Block
from negotiation.solution.verdict import number

if TYPE_CHECKING:
    from negotiation.equilibria.stochastic.restriction import Restriction

__all__ = ["restricting"]

Array = npt.NDArray[np.float64]


def restricting(one: Restriction, period: str) -> Block:
    """Return a table of where each policy leads, and a sentence that compares two.

    Parameters
    ----------
    one
        What was found.
    period
        What the model calls a period.
    """
    rows = []
    for a, row in enumerate(one.rows):
        alike = np.ptp(one.levels[:, a], axis=1).max() <= 1e-12
        for b, column in enumerate(one.columns[:1] if alike else one.columns):
            name = row if alike else f"{row}, {column}"
            rows.append((name, *(f"{x:.3f}" for x in one.levels[:, a, b])))
    for name, levels in zip(("slowest", "fastest"), one.equal, strict=True):
        if np.ptp(levels, axis=(1, 2)).max() <= 1e-12:
            rows.append((f"equal speeds, the {name}", *(f"{x:.3f}" for x in levels[:, 0, 0])))
    return Block(
        "Does restriction defeat itself?",
        lines=(_defeat(one, period),),
        header=("kept up for ever", *(f"after {k}" for k in one.periods)),
        rows=tuple(rows),
        notes=(
            f"Expected {one.axis} after so many {period}s, whatever that policy costs. With "
            f"equal speeds {one.axis} rises as fast whatever is played, as slowly, or as fast, as "
            "any pair of actions lets it.",
        ),
    )


def _defeat(one: Restriction, period: str) -> str:
    """Compare the slowest with the fastest policy, halfway."""
    k = len(one.periods) // 2
    table = one.levels[k]
    fast, slow = float(table.max()), float(table.min())
    if fast - slow <= 1e-12:
        return f"At these speeds {one.axis} rises alike whatever is played."
    whole = [_policy(one, table, level) for level in (fast, slow)]
    return (
        f"At the speeds of this file {whole[0]} for {one.periods[k]} {period}s brings {one.axis} "
        f"from {number(one.start)} to {fast:.3f} on average; {whole[1]}, to {slow:.3f}."
    )


def _policy(one: Restriction, table: Array, level: float) -> str:
    """Name the policy that leads to a level: one side's alone, if that is enough."""
    near = np.abs(table - level) <= 1e-12
    for alone, names in ((near.all(1), one.rows), (near.all(0), one.columns)):
        if alone.any():
            return names[int(alone.argmax())]
    a, b = np.argwhere(near)[0].tolist()
    return f"{one.rows[a]} with {one.columns[b]}"
