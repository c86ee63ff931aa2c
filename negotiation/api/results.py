"""Results as users of Python hold them: short to print, shown by a notebook, tables, figures, JSON.

The packages below know nothing of each other's words and pages; here they are put together, and
each is loaded when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from negotiation.errors import UsageError, near_name
from negotiation.solution import as_json, dynamic, solution
from negotiation.solution import path as over_time
from negotiation.solution.signalling import solution as signalling
from negotiation.solution.signalling.as_json import signalling_dict
from negotiation.solution.verdict import listed
from negotiation.sweeps import sweep as sweeping

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from negotiation.solution.outcomes import OutcomeResult

__all__ = [
    "DynamicSolution",
    "Outlook",
    "SignallingSolution",
    "Solution",
    "Sweep",
    "dressed",
    "frame",
]

_T = TypeVar("_T")


class Solution(solution.Solution):
    """Everything about one game at one parameter point."""

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        title = self.model.title if self.model is not None else self.game.title
        return named("Solution", title, self.regime, _holding(self.sustained))

    def outcome(self, name: str) -> OutcomeResult:
        """Return what is known about a named outcome: its first sustained cell, else its first.

        Raises
        ------
        UsageError
            If there is no such outcome, with the nearest name.
        """
        found = [o for o in self.outcomes if o.name == name]
        if not found:
            raise _unknown("outcome", name, [o.name for o in self.outcomes])
        return next((o for o in found if o.sustained), found[0])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate solve`, schema ``negotiate/solve/1``."""
        return as_json.to_dict(self)

    def to_frame(self) -> pandas.DataFrame:
        """Return a table of the outcomes for pandas, a row for each cell."""
        a, b = self.game.players
        rows = []
        for o in self.outcomes:
            slack, least = o.slack or (None, None), o.optimal_penal_code_by_player
            rows.append(
                {
                    "outcome": o.name,
                    a: self.game.actions[0][o.profile[0]],
                    b: self.game.actions[1][o.profile[1]],
                    f"payoff.{a}": o.payoffs[0],
                    f"payoff.{b}": o.payoffs[1],
                    "truce": o.truce,
                    "sustained": o.sustained,
                    "band": o.band,
                    f"slack.{a}": slack[0],
                    f"slack.{b}": slack[1],
                    f"critical_discount.{a}": least[0],
                    f"critical_discount.{b}": least[1],
                    "tightest_player": None
                    if o.tightest_player is None
                    else self.game.players[o.tightest_player],
                }
            )
        return frame(rows)

    def plot(self) -> Figure:
        """Return the figure of payoffs: what can be had, what can be kept up, the outcomes."""
        from negotiation.reporting.figures.solution import payoff_figure
        from negotiation.reporting.notebook import showing

        return showing(payoff_figure(self))

    def _repr_html_(self) -> str:
        from negotiation.reporting.blocks import Block
        from negotiation.reporting.figures.solution import payoff_figure
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages.solution import breaking, outcomes
        from negotiation.solution.verdict import verdict

        opening = Block(self.regime.upper(), lines=verdict(self))
        return cell((opening, outcomes(self), breaking(self)), payoff_figure(self))


class DynamicSolution(dynamic.DynamicSolution):
    """Everything about one model whose state moves, at one parameter point."""

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        now = [o.name for o in self.outcomes if o.now]
        held = f"{listed(now)} can be played now" if now else "nothing named can be played now"
        return named("DynamicSolution", self.model.title, f"{self.game.count} states", held)

    def outcome(self, name: str) -> dynamic.OutcomeNow:
        """Return what is known about a named outcome.

        Raises
        ------
        UsageError
            If there is no such outcome, with the nearest name.
        """
        found = next((o for o in self.outcomes if o.name == name), None)
        if found is None:
            raise _unknown("outcome", name, [o.name for o in self.outcomes])
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate solve`, schema ``negotiate/solve/1``."""
        return as_json.to_dict(self)

    def to_frame(self) -> pandas.DataFrame:
        """Return a table of the outcomes for pandas."""
        return frame(
            [
                {
                    "outcome": o.name,
                    "truce": o.truce,
                    "now": o.now,
                    "frozen": o.frozen,
                    "kept": o.kept,
                    "states": len(o.states),
                }
                for o in self.outcomes
            ]
        )

    def plot(self) -> Figure:
        """Return the figure of payoffs as if nothing moved."""
        from negotiation.reporting.figures.solution import payoff_figure
        from negotiation.reporting.notebook import showing

        return showing(payoff_figure(self.frozen))

    def _repr_html_(self) -> str:
        from negotiation.reporting.figures.solution import payoff_figure
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages.dynamic import dynamic_page

        return cell(dynamic_page(self)[:2], payoff_figure(self.frozen))


class Sweep(sweeping.Sweep):
    """A finished sweep in memory; ``pandas.DataFrame(sweep)`` is its table."""

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        points = self.job.points
        axes = ", ".join(
            f"{n} ({len(v)})" for n, v in zip(points.names, points.values, strict=True)
        )
        return named("Sweep", self.job.model.title, axes, self._shares())

    def __len__(self) -> int:
        return self.job.points.size

    def __iter__(self) -> Iterator[dict[str, Any]]:
        table = self.table()
        return (
            dict(zip(table, row, strict=True))
            for row in zip(*(column.tolist() for column in table.values()), strict=True)
        )

    def to_frame(self) -> pandas.DataFrame:
        """Return the tidy table for pandas, a row for each point."""
        return frame(self.table())

    def _shares(self) -> str:
        regimes = self.regimes().ravel().tolist()
        found = {r: regimes.count(r) for r in dict.fromkeys(regimes)}
        return ", ".join(f"{r} at {n} of {len(regimes)}" for r, n in found.items())

    def _repr_html_(self) -> str:
        from negotiation.reporting.blocks import MOST_ROWS, Block
        from negotiation.reporting.notebook import cell

        table = self.table()
        some = [[_short(x) for x in column[:MOST_ROWS].tolist()] for column in table.values()]
        left = len(self) - MOST_ROWS
        block = Block(
            f"{self.job.model.title}: {len(self)} points",
            lines=(f"{self._shares()}. Shares of points are not probabilities.",),
            header=tuple(table),
            rows=tuple(zip(*some, strict=True)),
            notes=(f"{left} more rows in to_frame().",) if left > 0 else (),
        )
        return cell((block,))


class Outlook(over_time.Outlook):
    """Course of a truce from the start of a dynamic model."""

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        lasts = "no truce on any path found"
        if self.longest is not None and self.longest.clock.lasts[1] > 0:
            lasts = (
                f"the longest-lived truce lasts {self.longest.clock.mean:.3g} periods on average"
            )
        return named("Outlook", self.model.title, lasts)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate path`, schema ``negotiate/path/1``."""
        from negotiation.solution import path_json

        return path_json.to_dict(self)

    def to_frame(self) -> pandas.DataFrame:
        """Return for pandas how long the truce lasts, a row for each period."""
        columns: dict[str, Any] = {"period": range(self.periods + 1), "at_most": self.bound}
        for name, life in (("longest", self.longest), ("shortest", self.shortest)):
            if life is not None:
                columns[name] = life.clock.lasts
        return frame(columns)

    def plot(self) -> Figure:
        """Return the figure of `negotiate path`."""
        from negotiation.reporting.figures.path import clock_figure
        from negotiation.reporting.notebook import showing

        return showing(clock_figure(self))

    def _repr_html_(self) -> str:
        from negotiation.reporting.figures.path import clock_figure
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages.path import page

        drawn = self.longest is not None and self.game.levels is not None
        return cell(page(self)[:2], clock_figure(self) if drawn else None)


class SignallingSolution(signalling.SignallingSolution):
    """All equilibria of a model in which one side knows more, at one parameter point."""

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        kinds = [c.kind for c in self.equilibria.classes]
        return named("SignallingSolution", self.model.title, f"all equilibria: {listed(kinds)}")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate solve`, schema ``negotiate/solve/1``."""
        return signalling_dict(self)

    def to_frame(self) -> pandas.DataFrame:
        """Return a table of the classes of equilibria for pandas."""
        game = self.game
        rows = []
        for c in self.equilibria.classes:
            ends = {
                f"{end}.{t}": float(x)
                for t, v in zip(game.types, c.payoffs, strict=True)
                for end, x in zip(("low", "high"), v, strict=True)
            }
            passed = {"intuitive": c.intuitive, "d1": c.d1, "undefeated": c.undefeated}
            rows.append({"kind": c.kind, **ends, **passed})
        return frame(rows)

    def plot(self) -> Figure:
        """Return the bar of priors with its lists of equilibria; the tree without two types."""
        from negotiation.reporting.figures.signalling import prior_figure, tree_figure
        from negotiation.reporting.notebook import showing

        picture = prior_figure(self) or tree_figure(self)
        if picture is None:
            raise UsageError("no figure: the tree has too many branches to be read")
        return showing(picture)

    def _repr_html_(self) -> str:
        from negotiation.reporting.figures.signalling import prior_figure
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages.signalling import signalling_page

        return cell(signalling_page(self), prior_figure(self))


def dressed(kind: type[_T], found: Any) -> _T:
    """Return the same result with the words, pages and figures that belong to it."""
    return kind(**{f.name: getattr(found, f.name) for f in fields(found)})


def _unknown(what: str, name: str, known: Sequence[str]) -> UsageError:
    names = list(dict.fromkeys(known))
    near = near_name(name, names)
    hint = f"did you mean {near!r}? " if near else ""
    return UsageError(f"unknown {what} {name!r}; {hint}expected one of: {', '.join(names)}")


def _holding(names: tuple[str, ...]) -> str:
    if not names:
        return "nothing named holds"
    return f"{listed(names)} {'holds' if len(names) == 1 else 'hold'}"


def _short(x: Any) -> str:
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def frame(data: Any) -> pandas.DataFrame:
    """Return a table for pandas.

    Raises
    ------
    UsageError
        Without pandas, which the extra ``[sweep]`` brings.
    """
    try:
        import pandas
    except ImportError:
        raise UsageError(
            "tables for pandas need pandas; install it with pip install 'negotiation[sweep]'"
        ) from None
    return pandas.DataFrame(data)
