"""Answers to questions about a model: why, what if, how sure, and a match played out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from negotiation.api.results import Solution, frame
from negotiation.errors import UsageError
from negotiation.solution.verdict import listed

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from negotiation.analysis import deviations, samples
    from negotiation.analysis import scenarios as comparing
    from negotiation.deals import deal as dealing
    from negotiation.solution import play as playing

__all__ = ["Comparison", "Deals", "Played", "Sensitivity", "Why"]


@dataclass(frozen=True, eq=False, repr=False)
class Why:
    """Reasons for which the profiles of an outcome hold or fail.

    Attributes
    ----------
    solution
        What was found.
    cells
        One answer for each cell of the outcome.
    """

    solution: Solution
    cells: tuple[deviations.Why, ...]

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        first = self.cells[0].outcome
        model = self.solution.model
        return named(
            "Why", model.title if model else "", first.name, "holds" if first.sustained else "fails"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate why`, schema ``negotiate/why/1``."""
        from negotiation.reporting.pages import why as pages

        return pages.to_dict(self.solution, self.cells)

    def plot(self) -> Figure:
        """Return the figure of what each side loses by breaking the outcomes."""
        from negotiation.reporting.figures.solution import slack_figure
        from negotiation.reporting.notebook import showing

        picture = slack_figure(self.solution)
        if picture is None:
            raise UsageError("there is nothing to draw: no payoff can be sustained")
        return showing(picture)

    def _repr_html_(self) -> str:
        from negotiation.reporting.figures.solution import slack_figure
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages import why as pages

        blocks = tuple(b for w in self.cells for b in pages.pages(self.solution, w))
        return cell(blocks, slack_figure(self.solution))


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Scenarios side by side, and what makes the difference.

    Attributes
    ----------
    scenarios
        The columns.
    differences
        Why each but the first differs from the first.
    """

    scenarios: tuple[comparing.Scenario, ...]
    differences: tuple[comparing.Difference, ...]

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        return named("Comparison", *(f"{s.name}: {s.solution.regime}" for s in self.scenarios))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate compare`, schema ``negotiate/compare/1``."""
        from negotiation.reporting.pages import scenarios as pages

        return pages.to_dict(self.scenarios, self.differences)

    def to_frame(self) -> pandas.DataFrame:
        """Return the numbers that differ for pandas, with their shares of the difference."""
        return frame(
            [
                {
                    "scenario": d.scenario.name,
                    "parameter": c.parameter,
                    "before": c.before,
                    "after": c.after,
                    "alone": c.alone,
                    "share": c.share,
                }
                for d in self.differences
                for c in d.causes
            ]
        )

    def _repr_html_(self) -> str:
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages import scenarios as pages

        return cell(pages.pages(self.scenarios, self.differences))


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """Sensitivity of a verdict to the file's assumptions.

    Attributes
    ----------
    found
        Everything about it; see `analysis.samples.Sensitivity`.
    """

    found: samples.Sensitivity

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        most = [i.parameter for i in self.found.indices[:3]]
        model = self.found.space.model
        return named("Sensitivity", model.title, self.found.kind, f"hangs most on {listed(most)}")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate sensitivity`, schema ``negotiate/sensitivity/1``."""
        from negotiation.reporting.pages import sensitivity as pages

        return pages.to_dict(self.found)

    def to_frame(self) -> pandas.DataFrame:
        """Return for pandas what each number does alone, and its share of the variance."""
        index = {i.parameter: i for i in self.found.indices}
        return frame(
            [
                {
                    "parameter": s.parameter,
                    "low": s.low,
                    "high": s.high,
                    "at_low": s.at_low,
                    "at_high": s.at_high,
                    "first": index[s.parameter].first,
                    "total": index[s.parameter].total,
                }
                for s in self.found.swings
            ]
        )

    def plot(self) -> Figure:
        """Return the tornado chart."""
        from negotiation.reporting.figures.solution import tornado_figure
        from negotiation.reporting.notebook import showing

        return showing(tornado_figure(self.found))

    def _repr_html_(self) -> str:
        from negotiation.reporting.figures.solution import tornado_figure
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages import sensitivity as pages

        return cell(pages.pages(self.found)[:3], tornado_figure(self.found))


@dataclass(frozen=True, eq=False, repr=False)
class Played:
    """A match played out.

    Attributes
    ----------
    record
        Period by period; see `solution.play.Record`.
    """

    record: playing.Record

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        match, turns = self.record.match, self.record.turns
        deal = match.outcome.name if match.outcome is not None else "no deal"
        got = ", ".join(f"{x:.4g}" for x in self.record.totals)
        return named("Played", deal, f"{len(turns)} periods against {match.against}", f"got {got}")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate play`, schema ``negotiate/play/1``."""
        from negotiation.reporting.pages import play as pages

        return pages.to_dict(self.record)

    def to_frame(self) -> pandas.DataFrame:
        """Return the match for pandas, a row for each period."""
        game, rows = self.record.match.solution.game, []
        for t in self.record.turns:
            row: dict[str, Any] = {"period": t.period + 1, "state": t.state}
            for i, player in enumerate(game.players):
                row[player] = game.actions[i][t.played[i]]
                row[f"payoff.{player}"], row[f"deal.{player}"] = t.payoffs[i], t.deal[i]
                row[f"gain.{player}"], row[f"later_cost.{player}"] = t.gain[i], t.later[i]
            rows.append(row)
        return frame(rows)

    def _repr_html_(self) -> str:
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages import play as pages

        return cell(pages.pages(self.record))


@dataclass(frozen=True, eq=False, repr=False)
class Deals:
    """Terms of an outcome that are self-enforcing, and those that stand out.

    Attributes
    ----------
    found
        Everything about it; see `deals.deal.DealAnalysis`.
    """

    found: dealing.DealAnalysis

    def __repr__(self) -> str:
        from negotiation.reporting.notebook import named

        deal = self.found.contract
        what = "some terms hold" if self.found.exists else "no terms hold"
        return named("Deals", deal.model.title, deal.outcome, f"{what}: {listed(deal.names)}")

    def deal(self, kind: str = "nash") -> dealing.Deal:
        """Return the deal of a kind.

        Raises
        ------
        UsageError
            If there is none, with the reason.
        """
        one = self.found.deal(kind)
        if one is None:
            known = [k for d in self.found.deals for k in d.kinds]
            why = self.found.missing.get(kind, f"the deals are: {', '.join(known)}")
            raise UsageError(f"no deal {kind!r}; {why}")
        return one

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of `negotiate deal`, schema ``negotiate/deal/1``."""
        from negotiation.deals.as_json import to_dict

        return to_dict(self.found)

    def to_frame(self) -> pandas.DataFrame:
        """Return the deals for pandas, one a row, the file's own terms last."""
        names, players = self.found.contract.names, self.found.contract.model.players
        return frame(
            [
                {
                    "deal": ", ".join(d.kinds),
                    **dict(zip(names, d.terms, strict=True)),
                    **{f"payoff {p}": d.payoffs[i] for i, p in enumerate(players)},
                    **{f"slack {p}": d.slack[i] if d.slack else None
                       for i, p in enumerate(players)},
                    "sustained": d.sustained,
                    "holds in": d.holds_in,
                }
                for d in (*self.found.deals, self.found.own)
            ]
        )  # fmt: skip

    def plot(self, x: str | None = None, y: str | None = None) -> Figure:
        """Return the map of two terms, by default the first two."""
        from negotiation.deals.contract_map import contract_map
        from negotiation.reporting.figures.contract import contract_figure
        from negotiation.reporting.notebook import showing

        return showing(contract_figure(contract_map(self.found, x, y)))

    def _repr_html_(self) -> str:
        from negotiation.reporting.notebook import cell
        from negotiation.reporting.pages.deal import pages

        return cell(pages(self.found))
