"""Every point of a parameter grid solved, as labelled arrays.

One function goes from parameter values to answers, `solve_points`; a sweep calls it for one run of
points after another, so that memory does not grow with the grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from negotiation import __version__
from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.kernels.hulls import STATUSES
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.starts import standings
from negotiation.solution.units import units_of
from negotiation.sweeps.batch import REGIME_NAMES, solve_batch
from negotiation.sweeps.endurance import BORNE, borne
from negotiation.sweeps.grid import Grid, grid

if TYPE_CHECKING:
    import xarray

__all__ = ["Column", "Columns", "Job", "Sweep", "columns_of", "provenance", "solve_points", "sweep"]

Columns = dict[str, npt.NDArray[Any]]

UNDECIDED = "undecided"
"""Where rounding decides which regime it is: within about 1e-9 of a change."""

REGIMES = (UNDECIDED, *REGIME_NAMES)
RESERVED = frozenset(
    {"regime", "set", "min_spe_payoff", "sustained", "slack", "exact", "outcome", "player", "point"}
)
"""Names of columns and of their axes, which no parameter that is varied may have."""

SETS = (UNDECIDED, *STATUSES)
"""Names of the codes in a sweep's columns, which count from -1 in a batch and from 0 here."""


@dataclass(frozen=True)
class Column:
    """Description of one variable of a sweep.

    Attributes
    ----------
    name, meaning, unit
        For people and for files.
    per
        What it is given for beside the point: outcomes, players or both.
    names
        What its codes stand for; empty if it holds numbers or truth values.
    kind
        numpy's name of its type.
    """

    name: str
    meaning: str
    unit: str = ""
    per: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kind: str = "f8"


@dataclass(frozen=True, eq=False)
class Job:
    """A sweep to be computed, with everything that decides its numbers.

    Attributes
    ----------
    model
        The payoff file.
    points
        The grid.
    settings
        Parameters that differ from the file's values at every point.
    bears
        Whether to report also what each outcome can bear.
    """

    model: PayoffFile
    points: Grid
    settings: Mapping[str, Any]
    bears: bool = False

    def __post_init__(self) -> None:
        both = sorted(set(self.points.names) & set(self.settings))
        if both:
            raise UsageError(f"{both[0]!r} is both set and varied; expected one of the two")
        reserved = RESERVED | BORNE.keys() if self.bears else RESERVED
        taken = [name for name in self.points.names if name in reserved]
        if taken:
            raise UsageError(
                f"{taken[0]!r} cannot be varied: a column of the result has that name; expected "
                "another name in the file"
            )
        if self.bears and self.moves:
            raise UsageError(
                "--bears: what a truce bears is known where no state moves; leave it out"
            )
        first = {name: values[0] for name, values in self.points.at(0, 1).items()}
        if self.moves:
            self.model.stochastic(**self.settings, **first)
        else:
            self.model.game(**self.settings, **first)

    @property
    def moves(self) -> bool:
        """True if the model is dynamic."""
        return self.model.kind == "dynamic"

    def run(self, start: int, stop: int) -> Job:
        """Return the part of the sweep from point `start` to `stop`."""
        coordinates = self.points.at(start, stop)
        grid = Grid(tuple(coordinates), tuple(coordinates.values()), True)
        return Job(self.model, grid, self.settings, self.bears)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes reported."""
        return tuple(name for name, _ in self.cells)

    @property
    def cells(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """Name and profile of every reported outcome, one entry for each profile.

        The truces if the file names any, else all named outcomes, else every cell. Where the state
        moves an outcome is reported whole, since its cells may differ from state to state.
        """
        rows, columns = self.model.actions
        truces = any(o.truce for o in self.model.outcomes)
        if self.moves:
            named = [o for o in self.model.outcomes if o.truce or not truces]
            return tuple((o.name, o.profiles[0]) for o in named)
        pairs = [
            (o.name if len(o.profiles) == 1 else f"{o.name} ({rows[a]} / {columns[b]})", (a, b))
            for o in self.model.outcomes
            if o.truce or not truces
            for a, b in o.profiles
        ]
        return tuple(pairs) or tuple(
            (f"{row} / {column}", (a, b))
            for a, row in enumerate(rows)
            for b, column in enumerate(columns)
        )


def columns_of(job: Job) -> tuple[Column, ...]:
    """Return the columns that a sweep reports at each point."""
    told = units_of(job.model)
    unit = f"{told.unit if told.rate else 'payoff units'} per {told.per}"
    both = ("outcome", "player")
    units = {"stock": f"{told.period}s"}
    borne = tuple(Column(name, what, units.get(name, "1"), both) for name, what in BORNE.items())
    return (
        Column("regime", "what kind of peace the payoffs allow", names=REGIMES, kind="i1"),
        Column("set", "shape of the set of sustainable payoffs", names=SETS, kind="i1"),
        Column("min_spe_payoff", "worst sustainable payoff", unit, ("player",)),
        Column("sustained", "whether the outcome can be kept up for ever", "", both[:1], kind="?"),
        Column("slack", "what breaking the outcome loses on average", unit, both),
        Column("exact", "left to the exact solver of single games", kind="?"),
        *(borne if job.bears else ()),
    )


def solve_points(
    job: Job, start: int, stop: int, *, payoff_sets: bool = True, regimes: bool = True
) -> Columns:
    """Solve points `start` to `stop` of a sweep: an array for each column, points first.

    Without `payoff_sets` the column "set" may be undecided, without `regimes` also "regime"; all
    else is the same, and faster.
    """
    if job.moves:
        return _solve_moving(job, start, stop)
    wanted = {"payoff_sets": payoff_sets, "regimes": regimes}
    pieces = [
        _solve_still(job, k, min(k + AT_ONCE, stop), **wanted) for k in range(start, stop, AT_ONCE)
    ]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _solve_still(job: Job, start: int, stop: int, **wanted: bool) -> Columns:
    batch = solve_batch(job.model.game(**job.settings, **job.points.at(start, stop)), **wanted)
    cells = [batch.outcome(profile) for _, profile in job.cells]
    each = [borne(batch, profile) for _, profile in job.cells] if job.bears else []
    return {
        "regime": (batch.regime + 1).astype(np.int8),
        "set": (batch.status + 1).astype(np.int8),
        "min_spe_payoff": batch.min_spe_payoffs,
        "sustained": np.stack([c.sustained for c in cells], axis=-1),
        "slack": np.stack([c.slack for c in cells], axis=-2),
        "exact": batch.finished_exactly,
        **({n: np.stack([b[n] for b in each], axis=-2) for n in BORNE} if job.bears else {}),
    }


def _solve_moving(job: Job, start: int, stop: int) -> Columns:
    """Solve points of a dynamic model; those that differ in the start alone, together.

    An outcome counts as sustained where it can be played in the start state, in some equilibrium;
    the regime is an armed truce where a truce can. There is no slack.
    """
    coordinates, count = job.points.at(start, stop), stop - start
    answers = standings(job.model, coordinates, job.settings, job.outcomes)
    return {
        "regime": np.array([REGIMES.index(f.regime) for f in answers], dtype=np.int8),
        "set": np.array([SETS.index(f.status) for f in answers], dtype=np.int8),
        "min_spe_payoff": np.array([f.min_spe_payoffs for f in answers]),
        "sustained": np.array([[yes is True for yes in f.supportable_now] for f in answers]),
        "slack": np.full((count, len(job.cells), 2), np.nan),
        "exact": np.ones(count, dtype=np.bool_),
    }


def provenance(job: Job) -> dict[str, str]:
    """Return the metadata needed to reproduce the numbers."""
    model = job.model
    return {
        "title": model.title,
        "model_file": model.path.rpartition("/")[2],
        "model_sha256": model.sha256,
        "model_date": model.date,
        "set": ", ".join(f"{n}={float(v):.17g}" for n, v in sorted(job.settings.items())),
        "made_by": f"negotiate {__version__}",
    }


@dataclass(frozen=True, eq=False)
class Sweep:
    """A finished sweep in memory.

    Attributes
    ----------
    job
        What was asked.
    columns
        Name → array of the grid's shape, followed by outcomes and players where the column is
        given for each.
    """

    job: Job
    columns: Columns

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return one column, or the values along one axis."""
        points = self.job.points
        if name in points.names:
            return points.values[points.names.index(name)]
        return self.columns[name]

    def regimes(self) -> npt.NDArray[np.str_]:
        """Return the regime's name at every point."""
        return np.asarray(REGIMES)[self.columns["regime"]]

    def table(self) -> Columns:
        """Return one flat array for each column of the tidy table, as in the ``.csv``."""
        size = self.job.points.size
        flat = {
            n: v.reshape(size, *v.shape[len(self.job.points.shape) :])
            for n, v in self.columns.items()
        }
        return tidy(self.job, self.job.points.at(0, size), flat)

    def to_xarray(self) -> xarray.Dataset:
        """Return the same as an `xarray.Dataset`.

        Raises
        ------
        UsageError
            Without xarray, which the extra ``[sweep]`` brings.
        """
        try:
            from xarray import Dataset
        except ImportError:
            raise UsageError(
                "labelled arrays need xarray; install it with pip install 'negotiation[sweep]'"
            ) from None
        job, points = self.job, self.job.points
        coords: dict[str, Any] = {"outcome": list(job.outcomes), "player": list(job.model.players)}
        for name, values in zip(points.names, points.values, strict=True):
            coords[name] = (points.dims if points.sampled else name, values, axis_notes(job, name))
        data = {
            c.name: ((*points.dims, *c.per), _named(c, self.columns[c.name]), notes(c))
            for c in columns_of(job)
        }
        return Dataset(data, coords, provenance(job))


def _named(column: Column, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(column.names)[values] if column.names else values


def notes(column: Column) -> dict[str, str]:
    """Return a variable's meaning and unit, as files carry them."""
    return {"long_name": column.meaning, **({"units": column.unit} if column.unit else {})}


def axis_notes(job: Job, name: str) -> dict[str, str]:
    """Return a parameter's meaning and unit, as files carry them."""
    p = next(p for p in job.model.parameters if p.name == name)
    return {"long_name": p.meaning or p.name, **({"units": p.unit} if p.unit else {})}


def tidy(job: Job, where: Mapping[str, Array], columns: Columns) -> Columns:
    """Return one flat array for each column of a table with a row for each point."""
    table: Columns = dict(where)
    labels = {"outcome": job.outcomes, "player": job.model.players}
    for c in columns_of(job):
        values = _named(c, columns[c.name])
        for index in np.ndindex(values.shape[1:]):
            parts = [labels[kind][k] for kind, k in zip(c.per, index, strict=True)]
            table[_free(".".join([c.name, *parts]), table)] = values[(slice(None), *index)]
    return table


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """Return a name for a column, with a number where dots in names have made two alike."""
    names = (name, *(f"{name} ({k})" for k in range(2, len(taken) + 3)))
    return next(n for n in names if n not in taken)


def sweep(
    model: PayoffFile, axes: Mapping[str, Any], /, *, bears: bool = False, **settings: Any
) -> Sweep:
    """Solve a model at every point of a grid.

    Parameters
    ----------
    model
        A payoff file.
    axes
        Parameter name → values, one-dimensional; discount factors included.
    bears
        Whether to report also what each outcome can bear: stocks, expiry, turnover, false alarms.
    **settings
        Parameters that differ from the file's values at every point.

    Returns
    -------
    Sweep
        With plain arrays; `Sweep.to_xarray` labels them.

    Raises
    ------
    UsageError
        If a parameter is unknown or a value impossible.
    GameError
        If a payoff is not finite somewhere on the grid.

    Examples
    --------
    >>> from negotiation.payoff_file import load
    >>> found = sweep(load("chips-for-rare-earths"), {"patience_cn": [0.1, 0.9]})
    >>> found.regimes().tolist()
    ['no cooperation', 'armed truce']
    """
    job = Job(model, grid(axes), settings, bears)
    shape, size = job.points.shape, job.points.size
    columns: Columns = {}
    for start in range(0, size, _RUN):
        stop = min(start + _RUN, size)
        for name, values in solve_points(job, start, stop).items():
            if name not in columns:
                columns[name] = np.empty((size, *values.shape[1:]), values.dtype)
            columns[name][start:stop] = values
    return Sweep(job, {n: v.reshape(*shape, *v.shape[1:]) for n, v in columns.items()})


AT_ONCE, _RUN = 4096, 65_536
"""Points solved at a time, which bounds the memory that it takes; and asked for at a time."""
