"""Every value of one parameter at which the answer changes, in order, with what changes and why.

A scan finds out between which points something changes, finer where a player's slack nearly
vanishes. Each change is closed in on by questions that settle without the whole set; where it is
a slack that changes sign, its zero gives the last digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import batch_ask
from .batch_ask import Bounds, bounds
from .contents import PayoffFile
from .errors import UsageError
from .game import Array
from .grid import Grid
from .questions import Question, questions
from .regimes import REGIMES
from .repeated import best_deviation_payoffs
from .sweeps import Job

__all__ = ["Change", "Line", "Reason", "critical_values"]

Codes = npt.NDArray[np.int8]

_SCAN = 257
_PIECES = 16
_SHORT = 1e-7
"""Share of the span below which a slack counts as a straight line."""
_STEADY = 1e-5
"""A slack that is within this share of the payoff range so close by does not jump."""
_EXACT = 1e-10
"""Share of the span to which changes are closed in on."""
_TOGETHER = 2e-9
"""Changes closer together than this share count as one."""


@dataclass(frozen=True)
class Reason:
    """Why one outcome starts or stops being sustained.

    Attributes
    ----------
    outcome, starts
        Which, and whether it can be kept up above rather than below the value.
    player, action
        Whose constraint is met exactly there, and that player's best way to break the outcome;
        None where the set of equilibria itself jumps.
    gain
        What breaking it brings that player at once, in payoff units; 0 where the player only just
        starts to gain, or no longer does.
    """

    outcome: str
    starts: bool
    player: int | None = None
    action: int | None = None
    gain: float = 0.0


@dataclass(frozen=True)
class Change:
    """One critical value.

    Attributes
    ----------
    at
        The value of the parameter, exact to 1e-9 of the span.
    before, after
        The regimes just below and just above.
    reasons
        One for each outcome that starts or stops there.
    sure
        Whether the answer is certain within 1e-9 of the span on both sides; else rounding leaves
        it open over more.
    """

    at: float
    before: str
    after: str
    reasons: tuple[Reason, ...]
    sure: bool = True


@dataclass(frozen=True, eq=False)
class Line:
    """What happens along one parameter.

    Attributes
    ----------
    name, span
        The parameter, and the ends between which it was varied.
    regime, sustained
        At the lower end.
    changes
        In order.
    job
        What was solved.
    """

    name: str
    span: tuple[float, float]
    regime: str
    sustained: tuple[str, ...]
    changes: tuple[Change, ...]
    job: Job

    def held(self) -> tuple[tuple[str, ...], ...]:
        """Return the sustained outcomes on every stretch, in order."""
        stretches = [set(self.sustained)]
        for change in self.changes:
            starts = {r.outcome for r in change.reasons if r.starts}
            stops = {r.outcome for r in change.reasons if not r.starts}
            stretches.append((stretches[-1] | starts) - stops)
        return tuple(tuple(o for o in self.job.outcomes if o in held) for held in stretches)


def critical_values(
    model: PayoffFile,
    name: str,
    span: tuple[float, float],
    settings: Mapping[str, Any] | None = None,
) -> Line:
    """Find every value of one parameter at which the regime or a sustained truce changes.

    Parameters
    ----------
    model
        A payoff file.
    name
        The parameter.
    span
        Where to look. Two changes closer together than 1/256
        of it, with the same answer on either side, can be missed.
    settings
        Other parameters that differ from the file's values.

    Raises
    ------
    UsageError
        If there is no such parameter, or the state of the model moves.
    """
    if model.kind == "dynamic":
        raise UsageError(
            f"{model.title!r} has states that move; call negotiation.dynamic_critical.moving_line"
            "(model, name, span, settings), or run `negotiate solve --vary`"
        )
    low, high = span
    others = {k: v for k, v in (settings or {}).items() if k != name}
    job = Job(model, Grid((name,), (np.array([low, high]),), sampled=True), others)
    scan = _Scan(job, low, high, tuple(questions(job)))
    x, codes, slack = scan.settled(np.linspace(0.0, 1.0, _SCAN))
    near = _nearly(slack)
    if near.any():
        finer = (x[near][:, None] + np.linspace(-1, 1, 2 * _PIECES + 1) / (_SCAN - 1)).ravel()
        x, codes, _ = scan.settled(np.unique(np.clip(np.concatenate((x, finer)), 0.0, 1.0)))
    state = codes[0]
    regime, held = scan.regime(state), scan.held(state)
    return Line(name, (low, high), regime, held, scan.changes(x, codes), job)


def _nearly(slack: Array) -> npt.NDArray[np.bool_]:
    """Where a slack comes close to nothing between two points without showing a change."""
    size = np.abs(slack)
    near = np.zeros(len(slack), dtype=np.bool_)
    step = np.abs(slack[1:-1] - slack[:-2]) + np.abs(slack[2:] - slack[1:-1])
    lowest = (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])
    near[1:-1] = (lowest & (size[1:-1] < step) & (step > 0)).any(axis=1)
    return near


@dataclass(frozen=True, eq=False)
class _Scan:
    """A parameter with the rest of the model, addressed by shares of its span."""

    job: Job
    low: float
    high: float
    asked: tuple[Question, ...]

    def value(self, share: Array | float) -> Any:
        return self.low + np.asarray(share) * (self.high - self.low)

    def bounds(self, shares: Array, test: batch_ask.Question, *, compare: bool) -> Bounds:
        values = {self.job.points.names[0]: self.value(shares)}
        game = self.job.model.game(**self.job.settings, **values)
        return bounds(game, test, compare=compare)

    def settled(self, shares: Array) -> tuple[Array, Codes, Array]:
        """Answer every question, and give every slack; points within rounding are left out."""
        known = self.bounds(shares, batch_ask.every(*(q.test for q in self.asked)), compare=True)
        codes = np.stack([q.test(known) for q in self.asked], axis=1)
        slack = np.concatenate([known.slack(cell) for _, cell in self.job.cells], axis=1)
        keep = (codes >= 0).all(axis=1)
        return shares[keep], codes[keep], np.where(np.isfinite(slack), slack, np.nan)[keep]

    def regime(self, state: Codes) -> str:
        """Name the regime: that of the narrowest area that the point is in."""
        named = [q.regime for q, yes in zip(self.asked, state, strict=True) if yes and q.regime]
        return named[-1] if named else REGIMES[-1][0]

    def held(self, state: Codes) -> tuple[str, ...]:
        held = {q.what for q, yes in zip(self.asked, state, strict=True) if yes}
        return tuple(o for o in self.job.outcomes if o in held)

    def changes(self, x: Array, codes: Codes) -> tuple[Change, ...]:
        """Close in on every change of an answer, and tell those at one value together."""
        found = sorted(
            (at, q, exact)
            for q in range(len(self.asked))
            for at, exact in self._crossings(q, x, codes[:, q])
        )
        state, changes = codes[0].copy(), []
        while found:
            here = [c for c in found if c[0] <= found[0][0] + _TOGETHER]
            found = found[len(here) :]
            before = state.copy()
            for _, q, _ in here:
                state[q] = 1 - state[q]
            changes.append(self._change(here, before, state.copy()))
        return tuple(changes)

    def _crossings(self, q: int, x: Array, codes: Codes) -> list[tuple[float, bool]]:
        """Halve every interval in which an answer changes; tell also if rounding left it wide."""
        k = np.flatnonzero(codes[1:] != codes[:-1])
        a, b, first = x[k], x[k + 1], codes[k]
        question = self.asked[q]

        def ask(shares: Array) -> Codes:
            known = self.bounds(shares, question.test, compare=question.compares)
            return question.test(known)

        while len(k) and (b - a).max() > _EXACT:
            middle = 0.5 * (a + b)
            same = ask(middle) == first
            a, b = np.where(same, middle, a), np.where(same, b, middle)
        at = 0.5 * (a + b)
        sure = ask(np.minimum(at + 10 * _EXACT, x[k + 1])) == 1 - first if len(k) else k > 0
        return list(zip(at.tolist(), sure.tolist(), strict=True))

    def _change(
        self, crossings: list[tuple[float, int, bool]], before: Codes, after: Codes
    ) -> Change:
        share = crossings[0][0]
        slack = {q: self._binding(q, share) for _, q, _ in crossings}
        exact = [at for at, _ in filter(None, slack.values())]
        at = float(self.value(exact[0] if exact else share))
        reasons = tuple(
            self._reason(q, bool(after[q]), slack[q], at)
            for _, q, _ in crossings
            if self.asked[q].what in self.job.outcomes
        )
        sure = all(sure for _, _, sure in crossings)
        return Change(at, self.regime(before), self.regime(after), reasons, sure)

    def _binding(self, q: int, share: float) -> tuple[float, int] | None:
        """Return where a player's slack changes sign, and whose; None if it jumps.

        The slack is straight enough over a ten-millionth of the span.
        """
        if self.asked[q].what not in self.job.outcomes:
            return None
        cell = self.job.cells[self.job.outcomes.index(self.asked[q].what)][1]
        ends = np.clip([share - _SHORT, share + _SHORT], 0.0, 1.0)
        known = self.bounds(ends, batch_ask.worst_known, compare=False)
        slack = known.slack(cell) / known.spread
        player = int(slack[int(slack.min(axis=1).argmin())].argmin())
        first, last = slack[:, player].tolist()
        if not max(abs(first), abs(last)) <= _STEADY or first * last > 0:
            return None
        crossed = ends[0] + first / (first - last) * (ends[1] - ends[0]) if first != last else share
        return float(crossed if abs(crossed - share) <= 10 * _EXACT else share), player

    def _reason(
        self, q: int, starts: bool, crossing: tuple[float, int] | None, at: float
    ) -> Reason:
        name, (row, column) = self.job.cells[self.job.outcomes.index(self.asked[q].what)]
        if crossing is None:
            return Reason(name, starts)
        i = crossing[1]
        game = self.job.model.game(**self.job.settings, **{self.job.points.names[0]: at})
        own = (game.payoffs[0, :, column] if i == 0 else game.payoffs[1, row, :]).copy()
        own[(row, column)[i]] = -np.inf
        gain = best_deviation_payoffs(game)[i, row, column] - game.payoffs[i, row, column]
        nothing = gain <= 1e-6 * np.ptp(game.payoffs[i])
        return Reason(name, starts, i, int(own.argmax()), 0.0 if nothing else float(gain))
