"""Every value of one parameter at which the answer changes, in order, with what changes and why.

A scan finds out between which points something changes, finer where a player's slack nearly
vanishes; each interval is then cut until it is short, and the last digits come from the slack that
changes sign there, or from halving where the set of equilibria jumps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .contents import PayoffFile
from .errors import UsageError
from .game import Array
from .grid import Grid
from .repeated import best_deviation_payoffs
from .sweeps import REGIMES, UNDECIDED, Columns, Job, solve_points

__all__ = ["Change", "Line", "Reason", "critical_values"]

Spots = npt.NDArray[np.intp]

_SCAN = 257
_PIECES = 16
_SHORT = 1e-7
"""Share of the span below which a slack counts as a straight line."""
_EXACT = 1e-10
"""Share of the span to which jumps are closed in on."""


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
        What breaking it brings that player at once, in payoff units.
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
    """

    at: float
    before: str
    after: str
    reasons: tuple[Reason, ...]


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
        raise UsageError("--vary is not available for models whose state moves; expected sweep")
    low, high = span
    others = {k: v for k, v in (settings or {}).items() if k != name}
    job = Job(model, Grid((name,), (np.array([low, high]),), sampled=True), others)
    scan = _Scan(job, low, high)
    x, columns = scan.settled(np.linspace(0.0, 1.0, _SCAN))
    near = _nearly(columns)
    if near.any():
        finer = (x[near][:, None] + np.linspace(-1, 1, 2 * _PIECES + 1) / (_SCAN - 1)).ravel()
        x, columns = scan.settled(np.unique(np.clip(np.concatenate((x, finer)), 0.0, 1.0)))
    changes = tuple(scan.change(a, b) for a, b in scan.brackets(x, columns))
    first = _row(columns, 0)
    held = tuple(o for o, yes in zip(job.outcomes, first["sustained"], strict=True) if yes)
    return Line(name, (low, high), REGIMES[int(first["regime"])], held, changes, job)


def _row(columns: Columns, k: int) -> Columns:
    return {name: values[k] for name, values in columns.items()}


def _signature(columns: Columns) -> npt.NDArray[np.int64]:
    """Return one row for each point: regime and sustained outcomes."""
    return np.column_stack((columns["regime"], columns["sustained"])).astype(np.int64)


def _nearly(columns: Columns) -> npt.NDArray[np.bool_]:
    """Where a slack comes close to nothing between two points without showing a change."""
    slack = columns["slack"].reshape(len(columns["regime"]), -1)
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

    def value(self, share: Array | float) -> Any:
        return self.low + np.asarray(share) * (self.high - self.low)

    def solve(self, shares: Array) -> Columns:
        points = Grid(self.job.points.names, (self.value(shares),), sampled=True)
        job = Job(self.job.model, points, self.job.settings)
        return solve_points(job, 0, len(shares), payoff_sets=False)

    def settled(self, shares: Array) -> tuple[Array, Columns]:
        """Solve points; those within rounding of a change are left out."""
        columns = self.solve(shares)
        keep = columns["regime"] != REGIMES.index(UNDECIDED)
        return shares[keep], {name: values[keep] for name, values in columns.items()}

    def brackets(self, shares: Array, columns: Columns) -> list[tuple[float, float]]:
        """Cut every interval in which something changes until it is short."""
        found: list[tuple[float, float]] = []
        todo = _changing(shares, columns)
        while todo:
            short = [(a, b) for a, b in todo if b - a <= _SHORT]
            long = [(a, b) for a, b in todo if b - a > _SHORT]
            found += short
            todo = []
            if long:
                inner = np.concatenate([np.linspace(a, b, _PIECES + 1) for a, b in long])
                shares, columns = self.settled(np.unique(inner))
                pairs = _changing(shares, columns)
                todo = [p for p in pairs if any(a <= p[0] and p[1] <= b for a, b in long)]
        return sorted(found)

    def change(self, a: float, b: float) -> Change:
        """Find the exact value between two points close together, and the reasons."""
        columns = self.solve(np.array([a, b]))
        before, after = _row(columns, 0), _row(columns, 1)
        differ = np.flatnonzero(before["sustained"] != after["sustained"])
        crossings = {int(k): _crossing(before, after, int(k)) for k in differ}
        roots = [share for share, _ in filter(None, crossings.values())]
        share = a + roots[0] * (b - a) if roots else self._jump(a, b)
        at = float(self.value(share))
        reasons = tuple(
            self._reason(int(k), bool(after["sustained"][k]), crossings[int(k)], at) for k in differ
        )
        return Change(at, REGIMES[int(before["regime"])], REGIMES[int(after["regime"])], reasons)

    def _jump(self, a: float, b: float) -> float:
        """Halve an interval until the change is known exactly, or rounding decides."""
        first = _signature(self.solve(np.array([a])))[0]
        while b - a > _EXACT:
            middle = 0.5 * (a + b)
            columns = self.solve(np.array([middle]))
            if columns["regime"][0] == REGIMES.index(UNDECIDED):
                return middle
            same = bool((_signature(columns)[0] == first).all())
            a, b = (middle, b) if same else (a, middle)
        return 0.5 * (a + b)

    def _reason(
        self, k: int, starts: bool, crossing: tuple[float, int] | None, at: float
    ) -> Reason:
        name, (row, column) = self.job.cells[k]
        if crossing is None:
            return Reason(name, starts)
        i = crossing[1]
        game = self.job.model.game(**self.job.settings, **{self.job.points.names[0]: at})
        own = game.payoffs[0, :, column] if i == 0 else game.payoffs[1, row, :]
        gain = best_deviation_payoffs(game)[i, row, column] - game.payoffs[i, row, column]
        return Reason(name, starts, i, int(own.argmax()), float(gain))


def _changing(shares: Array, columns: Columns) -> list[tuple[float, float]]:
    rows = _signature(columns)
    k = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1))
    return [(float(shares[i]), float(shares[i + 1])) for i in k]


def _crossing(before: Columns, after: Columns, k: int) -> tuple[float, int] | None:
    """Return where between two points a player's slack changes sign, and whose; None if it jumps.

    The side on which the outcome holds has no negative slack; the player who has one on the other
    side is the one whose constraint binds.
    """
    worse, better = (after, before) if before["sustained"][k] else (before, after)
    failing = int(np.argmin(worse["slack"][k]))
    low, high = float(worse["slack"][k, failing]), float(better["slack"][k, failing])
    steady = np.allclose(worse["threat"], better["threat"], rtol=1e-5, atol=1e-5)
    if not (low < 0 <= high) or not steady:
        return None
    share = low / (low - high)
    return (share if worse is before else 1 - share), failing
