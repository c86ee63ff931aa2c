"""Critical values of one parameter, in order, with the changes and their reasons.

A scan finds out between which points something changes, finer where a player's slack nearly
vanishes. Each change is closed in on by questions that settle without the whole set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated import bounds as batch_ask
from negotiation.equilibria.repeated.payoff_set import best_deviation_payoffs
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.regimes import REGIMES
from negotiation.sweeps.crossings import (
    TOGETHER,
    Axis,
    Codes,
    Crossing,
    Question,
    crossings,
    questions,
)
from negotiation.sweeps.grid import Grid
from negotiation.sweeps.sweep import Job

__all__ = ["Change", "Line", "Reason", "critical_values"]

_SCAN = 257
_PIECES = 16


@dataclass(frozen=True)
class Reason:
    """Reason why one outcome starts or stops being sustained.

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
        The value of the parameter, exact to 1e-9 of the span if it is `sure`.
    before, after
        The regimes just below and just above.
    reasons
        One for each outcome that starts or stops there.
    sure
        Whether rounding moves the value by no more than that; see `crossings`.
    """

    at: float
    before: str
    after: str
    reasons: tuple[Reason, ...]
    sure: bool = True


@dataclass(frozen=True, eq=False)
class Line:
    """Regimes and outcomes along one parameter.

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
    """Return every critical value of one parameter, for the regime and for each truce.

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
            f"{model.title!r} has states that move; call "
            "negotiation.sweeps.dynamic_line.moving_line(model, name, span, settings), or run "
            "`negotiate solve --vary`"
        )
    low, high = span
    others = {k: v for k, v in (settings or {}).items() if k != name}
    job = Job(model, Grid((name,), (np.array([low, high]),), sampled=True), others)
    scan = _Scan(Axis(job, low, high), tuple(questions(job)))
    x, codes, slack = scan.settled(np.linspace(0.0, 1.0, _SCAN))
    near = _nearly(slack)
    if near.any():
        finer = (x[near][:, None] + np.linspace(-1, 1, 2 * _PIECES + 1) / (_SCAN - 1)).ravel()
        x, codes, _ = scan.settled(np.unique(np.clip(np.concatenate((x, finer)), 0.0, 1.0)))
    state = codes[0]
    regime, sustained = scan.regime(state), scan.held(state)
    return Line(name, (low, high), regime, sustained, scan.changes(x, codes), job)


def _nearly(slack: Array) -> npt.NDArray[np.bool_]:
    """Return where a slack comes close to 0 between points without a change of sign."""
    size = np.abs(slack)
    near = np.zeros(len(slack), dtype=np.bool_)
    step = np.abs(slack[1:-1] - slack[:-2]) + np.abs(slack[2:] - slack[1:-1])
    lowest = (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])
    near[1:-1] = (lowest & (size[1:-1] < step) & (step > 0)).any(axis=1)
    return near


@dataclass(frozen=True, eq=False)
class _Scan:
    """Queries along one parameter."""

    axis: Axis
    asked: tuple[Question, ...]

    @property
    def job(self) -> Job:
        return self.axis.job

    def settled(self, shares: Array) -> tuple[Array, Codes, Array]:
        """Answer every query and give every slack, dropping points within rounding."""
        every = batch_ask.every(*(q.test for q in self.asked))
        at_points = self.axis.bounds(shares, every, compare=True)
        codes = np.stack([q.test(at_points) for q in self.asked], axis=1)
        slack = np.concatenate([at_points.slack(cell) for _, cell in self.job.cells], axis=1)
        keep = (codes >= 0).all(axis=1)
        return shares[keep], codes[keep], np.where(np.isfinite(slack), slack, np.nan)[keep]

    def regime(self, state: Codes) -> str:
        """Name the regime: that of the narrowest area with the point in it."""
        named = [q.regime for q, yes in zip(self.asked, state, strict=True) if yes and q.regime]
        return named[-1] if named else REGIMES[-1][0]

    def held(self, state: Codes) -> tuple[str, ...]:
        sustained = {q.what for q, yes in zip(self.asked, state, strict=True) if yes}
        return tuple(o for o in self.job.outcomes if o in sustained)

    def changes(self, x: Array, codes: Codes) -> tuple[Change, ...]:
        """Locate every change of an answer; those at one value count as one."""
        remaining = list(crossings(self.axis, self.asked, x, codes))
        state, changes = codes[0].copy(), []
        while remaining:
            group = [c for c in remaining if c.share <= remaining[0].share + TOGETHER]
            remaining = remaining[len(group) :]
            before = state.copy()
            for c in group:
                state[c.index] = 1 - state[c.index]
            changes.append(self._change(group, before, state.copy()))
        return tuple(changes)

    def _change(self, group: list[Crossing], before: Codes, after: Codes) -> Change:
        exact = [c.share for c in group if c.player is not None]
        at = float(self.axis.value(exact[0] if exact else group[0].share))
        reasons = tuple(
            self._reason(c, bool(after[c.index]), at)
            for c in group
            if self.asked[c.index].what in self.job.outcomes
        )
        sure = all(c.sure for c in group)
        return Change(at, self.regime(before), self.regime(after), reasons, sure)

    def _reason(self, crossing: Crossing, starts: bool, at: float) -> Reason:
        outcome, i = self.asked[crossing.index].what, crossing.player
        name, (row, column) = self.job.cells[self.job.outcomes.index(outcome)]
        if i is None:
            return Reason(name, starts)
        game = self.job.model.game(**self.job.settings, **{self.job.points.names[0]: at})
        own = (game.payoffs[0, :, column] if i == 0 else game.payoffs[1, row, :]).copy()
        own[(row, column)[i]] = -np.inf
        gain = best_deviation_payoffs(game)[i, row, column] - game.payoffs[i, row, column]
        nothing = gain <= 1e-6 * np.ptp(game.payoffs[i])
        return Reason(name, starts, i, int(own.argmax()), 0.0 if nothing else float(gain))
