"""Crossings along one parameter: the values at which an answer changes.

The questions are those behind the regimes and the outcomes that hold. An answer whose two sides are
known is closed in on by halving. Where it is a slack that changes sign, its zero gives the last
digits. Then both discount factors are moved by a little, just beside the change: nearly always that
moves the change as little. Where a constraint holds with equality whatever the parameter, it can
move it as far as it likes (see `near_critical`), and its place is not known for sure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated import bounds as batch_ask
from negotiation.equilibria.repeated.bounds import Bounds, bounds
from negotiation.equilibria.repeated.screening import NEAR
from negotiation.games.game import Array, Game
from negotiation.sweeps.sweep import Job

__all__ = [
    "ANY",
    "BETTER",
    "NO_THREAT",
    "TOGETHER",
    "Axis",
    "Codes",
    "Crossing",
    "Question",
    "crossings",
    "questions",
]

NO_THREAT = "no threat needed"
BETTER = "something better than rupture"
TRUCE = "some truce"
ANY = "some equilibrium in pure strategies"
"""What holds where the answer is yes, of questions that are not about one outcome."""


@dataclass(frozen=True, eq=False)
class Question:
    """Property whose answer changes with the answer of `solve`.

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
        """Tell whether payoffs are compared with stage equilibria."""
        return self.what == BETTER


def questions(job: Job) -> list[Question]:
    """Return the questions, widest first: where one holds, so do those before it.

    Between them the answers tell the regime, and which of the job's outcomes can be kept up.
    """
    truces = np.zeros(tuple(map(len, job.model.actions)), dtype=np.bool_)
    for outcome in job.model.outcomes:
        for cell in outcome.profiles:
            truces[cell] |= outcome.truce
    free = batch_ask.self_enforcing(truces)
    cells = [(a, b) for a, b in np.argwhere(truces).tolist()]
    sustained = batch_ask.either(free, *(batch_ask.held(cell) for cell in cells))
    better = batch_ask.either(batch_ask.better, sustained)
    by_threat = Question(TRUCE, "armed truce", sustained)
    by_anything = Question(BETTER, "partial cooperation", better, by_threat)
    return [
        Question(ANY, "no cooperation", batch_ask.anything, by_anything),
        by_anything,
        *(
            Question(o, "armed truce" if truces[cell] else "", batch_ask.held(cell))
            for o, cell in job.cells
        ),
        Question(NO_THREAT, "self-enforcing", free, beyond=by_threat),
    ]


Codes = npt.NDArray[np.int8]

TOGETHER = 2e-9
"""Changes closer together than this share of the span count as one."""

_EXACT = 1e-10
"""Share of the span to which changes are closed in on."""
_SHORT = 1e-7
"""Share of the span below which a slack counts as a straight line."""
_STEADY = 1e-5
"""A slack that is within this share of the payoff range so close by does not jump."""
_NUDGE = 1e-10
"""What discount factors are moved by: well over what counts as equal, so that it can be seen, and
as much less than `_SHORT` as rounding, 1e-12, is less than the 1e-9 that is promised."""
_FAR = 1e-4
"""What lies further from a change than this share has nothing to do with it."""
_TIES = 1e-12
"""Payoffs closer together than this share of their range count as equal."""


@dataclass(frozen=True, eq=False)
class Axis:
    """Parameter of a model, addressed by shares of its span.

    Attributes
    ----------
    job
        The model and the parameter.
    low, high
        The ends of the span.
    """

    job: Job
    low: float
    high: float

    def value(self, share: Array | float) -> Any:
        """Return the parameter's value."""
        return self.low + np.asarray(share) * (self.high - self.low)

    def bounds(
        self,
        shares: Array,
        test: batch_ask.Question,
        *,
        compare: bool,
        nudge: Array | float = 0.0,
    ) -> Bounds:
        """Return the bounds that a question needs, with discount factors moved by `nudge`."""
        values = {self.job.points.names[0]: self.value(shares)}
        game = self.job.model.game(**self.job.settings, **values)
        if np.any(nudge):
            moved = game.discount + np.reshape(nudge, (-1, 1))
            game = Game(game.payoffs, np.clip(moved, 0.0, 1.0 - _NUDGE))
        return bounds(game, test, compare=compare)


@dataclass(frozen=True)
class Crossing:
    """Place at which one answer changes.

    Attributes
    ----------
    share
        Where, as a share of the span.
    index
        Of the question.
    player
        Whose slack changes sign there; None if that is not what happens.
    sure
        Whether rounding moves it by no more than a billionth of the span.
    """

    share: float
    index: int
    player: int | None
    sure: bool


def crossings(
    axis: Axis, asked: tuple[Question, ...], x: Array, codes: Codes
) -> tuple[Crossing, ...]:
    """Return every place at which an answer changes, in order.

    Parameters
    ----------
    axis
        The parameter.
    asked
        The questions.
    x, codes
        Shares of the span in order, shape ``(n,)``, and the answers there, ``(n, Q)``.
    """
    changes = [
        _examined(axis, asked, Crossing(at, q, None, sure))
        for q, question in enumerate(asked)
        for at, sure in _closed_in(axis, question, x, codes[:, q])
    ]
    return tuple(sorted(changes, key=lambda c: (c.share, c.index)))


def _closed_in(axis: Axis, question: Question, x: Array, codes: Codes) -> list[tuple[float, bool]]:
    """Halve every interval in which an answer changes; tell also if rounding left it wide."""
    k = np.flatnonzero(codes[1:] != codes[:-1])
    a, b, first = x[k], x[k + 1], codes[k]

    def ask(shares: Array) -> Codes:
        return question.test(axis.bounds(shares, question.test, compare=question.compares))

    while len(k) and (b - a).max() > _EXACT:
        middle = 0.5 * (a + b)
        same = ask(middle) == first
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    at = 0.5 * (a + b)
    sure = ask(np.minimum(at + 10 * _EXACT, x[k + 1])) == 1 - first if len(k) else k > 0
    return list(zip(at.tolist(), sure.tolist(), strict=True))


def _examined(axis: Axis, asked: tuple[Question, ...], crossing: Crossing) -> Crossing:
    """Refine a crossing to the zero of a slack, and test it against rounding."""
    question, slope = asked[crossing.index], np.inf
    if question.what in axis.job.outcomes:
        zero = _zero(
            axis, axis.job.cells[axis.job.outcomes.index(question.what)][1], crossing.share
        )
        if zero is not None:
            share, player, slope = zero
            crossing = replace(crossing, share=share, player=player)
    elif question.what == BETTER:
        crossing = _where_it_is_nothing(axis, question, crossing)
    aside = max(_SHORT, 10 * _NUDGE / slope) if slope > 0 else np.inf
    return replace(crossing, sure=crossing.sure and _firm(axis, question, crossing.share, aside))


def _zero(axis: Axis, cell: tuple[int, int], share: float) -> tuple[float, int, float] | None:
    """Return the zero of a slack, its player and its slope; None if it jumps.

    The slack is straight enough over a ten-millionth of the span.
    """
    ends = np.clip([share - _SHORT, share + _SHORT], 0.0, 1.0)
    at_points = axis.bounds(ends, batch_ask.worst_known, compare=False)
    slack = at_points.slack(cell) / at_points.spread
    player = int(slack[int(slack.min(axis=1).argmin())].argmin())
    first, last = slack[:, player].tolist()
    if not max(abs(first), abs(last)) <= _STEADY or first * last > 0:
        return None
    slope = abs(last - first) / float(ends[1] - ends[0])
    crossed = float(ends[0]) + abs(first) / slope if slope > 0 else share
    near = abs(crossed - share) <= 10 * _EXACT + 2 * _TIES / slope if slope > 0 else False
    return crossed if near else share, player, slope


def _where_it_is_nothing(axis: Axis, question: Question, crossing: Crossing) -> Crossing:
    """Move a crossing to the zero of a lead that shrinks to 0.

    Unless a truce held so far, the answer changes where the lead is `NEAR`. Where it shrinks slowly
    that is some way off. It is straight enough over a ten-millionth of the span.
    """
    beside = crossing.share + _SHORT * np.array([-2.0, -1.0, 1.0, 2.0])
    at_points = axis.bounds(np.clip(beside, 0.0, 1.0), question.test, compare=True)
    side = slice(2, 4) if at_points.least[3] > NEAR else slice(1, None, -1)
    near, far = at_points.least[side].tolist()
    if not NEAR < near <= far <= _STEADY:
        return crossing
    slope = (far - near) / _SHORT
    limit = near - slope * _SHORT
    if abs(limit) <= 0.1 * NEAR:
        return crossing
    straight = abs(limit - NEAR) <= 0.1 * NEAR < slope
    off = NEAR / slope if straight else 0.0
    return replace(
        crossing, share=crossing.share + (-off if side.start == 2 else off), sure=straight
    )


def _firm(axis: Axis, question: Question, share: float, aside: float) -> bool:
    """Tell whether nudging both discount factors leaves the answer on one side unchanged.

    If it does, nothing that the change rests on holds with equality whatever the parameter.
    """
    if aside > _FAR:
        return False
    shares = np.clip([share - aside, share + aside], 0.0, 1.0).repeat(3)
    nudge = np.tile([0.0, -_NUDGE, _NUDGE], 2)
    at_points = axis.bounds(shares, question.test, compare=question.compares, nudge=nudge)
    below, above = question.test(at_points).reshape(2, 3)
    apart = below[0] >= 0 and above[0] == 1 - below[0]
    return bool(apart and ((below == below[0]).all() or (above == above[0]).all()))
