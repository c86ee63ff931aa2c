"""What can change as conditions do: the questions behind the regimes and the outcomes that hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.equilibria.repeated import bounds as batch_ask
from negotiation.sweeps.sweep import Job

__all__ = ["ANY", "BETTER", "NO_THREAT", "Question", "questions"]

NO_THREAT = "no threat needed"
BETTER = "something better than rupture"
TRUCE = "some truce"
ANY = "some equilibrium in pure strategies"
"""What holds where the answer is yes, of questions that are not about one outcome."""


@dataclass(frozen=True, eq=False)
class Question:
    """Something that changes where the answer of `solve` does.

    Attributes
    ----------
    what, regime
        What holds where the answer is yes; and the regime there, unless one before it in the table
        holds. Empty where an outcome that is no truce makes no regime.
    test
        The question.
    unless
        A question; a curve where its answer is yes just inside follows another one.
    beyond
        A question; a curve where its answer is no just outside follows another one.
    """

    what: str
    regime: str
    test: batch_ask.Question
    unless: Question | None = None
    beyond: Question | None = None

    @property
    def compares(self) -> bool:
        """Whether anything is compared with stage equilibria."""
        return self.what == BETTER


def questions(job: Job) -> list[Question]:
    """Return what can change, the widest first: whatever else holds, what comes before does too.

    Between them the answers tell the regime, and which of the job's outcomes can be kept up.
    """
    truces = np.zeros(tuple(map(len, job.model.actions)), dtype=np.bool_)
    for outcome in job.model.outcomes:
        for cell in outcome.profiles:
            truces[cell] |= outcome.truce
    free = batch_ask.harmony(truces)
    cells = [(a, b) for a, b in np.argwhere(truces).tolist()]
    held = batch_ask.either(free, *(batch_ask.held(cell) for cell in cells))
    better = batch_ask.either(batch_ask.better, held)
    by_threat = Question(TRUCE, "armed truce", held)
    by_anything = Question(BETTER, "lopsided truce", better, by_threat)
    return [
        Question(ANY, "rupture", batch_ask.anything, by_anything),
        by_anything,
        *(
            Question(o, "armed truce" if truces[cell] else "", batch_ask.held(cell))
            for o, cell in job.cells
        ),
        Question(NO_THREAT, "harmony", free, beyond=by_threat),
    ]
