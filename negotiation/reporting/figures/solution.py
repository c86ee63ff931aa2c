"""Figures of a solution: payoffs, incentives, discount factors and regions."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from negotiation.analysis.samples import Sensitivity, Swing
from negotiation.deals.bargaining import bargaining_solutions
from negotiation.equilibria.repeated.discounts.frontier import discount_frontier
from negotiation.equilibria.repeated.discounts.patience import penal_threats
from negotiation.equilibria.repeated.feasible import feasible_set
from negotiation.games.game import Array
from negotiation.kernels.hulls import above
from negotiation.reporting.figures.drawing import (
    COLOURS,
    PAGE,
    Picture,
    halo,
    label_points,
    new_figure,
    style,
)
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.units import units_of
from negotiation.solution.verdict import label, listed, number, period_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["frontier_figure", "payoff_figure", "slack_figure", "tornado_figure"]

_MOST_BARS = 14
_MARKS = {"Nash": "^", "Kalai-Smorodinsky": "s", "egalitarian": "v", "utilitarian": "P"}


def _units(solution: Solution) -> tuple[str, str]:
    """Return what averages are per, and their unit in brackets where the file gives a rate."""
    units = units_of(solution.model)
    return units.per, f" ({units.unit})" if units.rate else ""


def payoff_figure(solution: Solution) -> Picture:
    """Draw the feasible, individually rational and sustainable payoffs."""
    game, repeated = solution.game, solution.repeated
    per, said = _units(solution)
    first, second = game.players
    cells = game.payoffs.reshape(2, -1).T
    feasible = feasible_set(cells, game.discount)
    rational = above(feasible, solution.minmax.pure)
    with style():
        figure, axes = new_figure(PAGE, 5.0)
        _area(axes, feasible, COLOURS["pale"], None, "feasible")
        _area(axes, rational, COLOURS["mist"], None, "above both floors")
        _area(axes, repeated.vertices, COLOURS["sky"], "////", "sustainable")
        solutions = {}
        if len(repeated.vertices):
            solutions = bargaining_solutions(repeated.vertices, solution.worst_stage)
        for name, point in solutions.items():
            axes.plot(
                *point, _MARKS[name], ms=6, mfc=COLOURS["yellow"], mec=COLOURS["ink"], label=name
            )
        points = _named_points(solution)
        axes.plot(*np.array([p[:2] for p in points]).T, "o", ms=4, color=COLOURS["ink"])
        axes.set_xlabel(f"{first}: average payoff{said} per {per}")
        axes.set_ylabel(f"{second}: average payoff{said} per {per}")
        axes.margins(0.08)
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        label_points(axes, points, fontsize=8, color=COLOURS["ink"])
    caption = _payoff_caption(tuple(solutions))
    return Picture("payoffs", caption, _payoff_alt(solution), figure)


def _area(axes: Axes, ring: np.ndarray, colour: str, hatch: str | None, name: str) -> None:
    """Fill a region; draw a degenerate one as a segment or a point."""
    if len(ring) >= 3:
        axes.fill(*ring.T, fc=colour, ec=COLOURS["ink"], lw=0.6, hatch=hatch, alpha=0.9, label=name)
    elif len(ring):
        axes.plot(*ring.T, "-D", ms=3, lw=2, color=colour, label=name)


def _named_points(solution: Solution) -> list[tuple[float, float, str]]:
    """Name the payoffs of every outcome, once for equal payoffs; truces first."""
    places: dict[tuple[float, float], list[str]] = {}
    for o in sorted(solution.outcomes, key=lambda o: not o.truce):
        names = places.setdefault((round(o.payoffs[0], 9), round(o.payoffs[1], 9)), [])
        if o.name not in names:
            names.append(o.name)
    return [(x, y, ", ".join(names)) for (x, y), names in places.items()]


def _payoff_caption(marked: tuple[str, ...]) -> str:
    text = (
        "What the two sides can get on average. Grey: by any play. Pale blue: no side gets less "
        "than it can secure. Hatched: what believable threats keep up at the patience given."
    )
    if not marked:
        return text
    return (
        f"{text} Marks: four ideas of a fair division of the hatched set, counted from each side's "
        "worst one-off equilibrium."
    )


def _payoff_alt(solution: Solution) -> str:
    sustained = list(dict.fromkeys(o.name for o in solution.outcomes if o.sustained))
    clause = (
        f"inside or on the edge of it lie {listed(sustained)}"
        if sustained
        else "no named outcome is in it"
    )
    return (
        f"Payoffs of {solution.game.players[0]} (across) and {solution.game.players[1]} (up). The "
        f"sustainable set is a {solution.repeated.status}; {clause}."
        if solution.repeated.status != "empty"
        else f"Payoffs of {solution.game.players[0]} (across) and {solution.game.players[1]} (up). "
        "The sustainable set is empty."
    )


def _telling(solution: Solution) -> list[OutcomeResult]:
    return [
        o for o in solution.outcomes if o.truce or (o.sustained and o.tightest_player is not None)
    ]


def slack_figure(solution: Solution) -> Picture | None:
    """Draw the incentive slack of each side at each outcome; None without any."""
    game, (per, said) = solution.game, _units(solution)
    shown = [o for o in _telling(solution) if o.slack is not None]
    if not shown:
        return None
    with style():
        figure, axes = new_figure(PAGE, 1.0 + 0.62 * len(shown))
        widths = [x for o in shown for x in o.slack or ()]
        span = (max(*widths, 0.0) - min(*widths, 0.0)) or 1.0
        for row, o in enumerate(reversed(shown)):
            for i, x in enumerate(o.slack or ()):
                _slack_bar(axes, row, i, x, f"{game.players[i]} {number(x)}")
        axes.set_yticks(range(len(shown)), [label(solution, o) for o in reversed(shown)])
        axes.tick_params(axis="y", length=0, labelcolor=COLOURS["ink"])
        axes.axvline(0, color=COLOURS["ink"], lw=1)
        low, high = min(*widths, 0.0), max(*widths, 0.0)
        axes.set_xlim(low - (0.3 * span if low < 0 else 0.02 * span), high + 0.2 * span)
        axes.set_xlabel(f"average loss{said} per {per} from breaking it")
    return Picture(
        "slack",
        f"What each side would lose on average per {per} by breaking an outcome. "
        "An outcome can be kept up if no bar points to the left.",
        "Bars: "
        + "; ".join(
            f"{label(solution, o)}, "
            + listed(f"{p} {number(x)}" for p, x in zip(game.players, o.slack or (), strict=True))
            for o in shown
        )
        + ".",
        figure,
    )


def _slack_bar(axes: Axes, row: int, i: int, x: float, name: str) -> None:
    """Draw the incentive slack of one side at an outcome, player 0 above player 1."""
    at, left = row + (0.19 if i == 0 else -0.19), x < 0
    colour = COLOURS["sky"] if i == 0 else COLOURS["blue"]
    axes.barh(at, x, 0.34, ec=COLOURS["ink"], lw=0.6, hatch="xxx" if left else "", fc=colour)
    axes.annotate(
        name, (x, at), (-3 if left else 3, 0), fontsize=8,
        textcoords="offset points", ha="right" if left else "left", va="center",
    )  # fmt: skip


def tornado_figure(found: Sensitivity) -> Picture:
    """Draw the truce margin over the range of each number, the largest swing on top."""
    shown = [s for s in found.swings if s.at_low != s.at_high][:_MOST_BARS]
    period = found.space.model.period or "period"
    now = dict(zip(found.space.names, found.space.physical(found.space.here), strict=True))
    with style():
        figure, axes = new_figure(PAGE, 1.1 + 0.34 * max(len(shown), 1))
        ends = [x for s in shown for x in (s.at_low, s.at_high)] + [found.bound, 0.0]
        span = (max(ends) - min(ends)) or 1.0
        for row, s in enumerate(reversed(shown)):
            _swing_bars(axes, row, s, found.bound, 0.004 * span)
        axes.set_yticks(
            range(len(shown)),
            [_called(found, s.parameter, float(now[s.parameter])) for s in reversed(shown)],
        )
        axes.tick_params(axis="y", length=0, labelcolor=COLOURS["ink"])
        axes.axvline(found.bound, color=COLOURS["quiet"], lw=0.8)
        axes.axvline(0, color=COLOURS["orange"], lw=1.4, ls=(0, (4, 2)))
        axes.set_xlim(min(ends) - 0.1 * span, max(ends) + 0.1 * span)
        axes.set_ylim(-0.7, len(shown) - 0.3)
        sure = abs(found.margin - found.bound) <= 1e-6 * abs(found.margin)
        left_of_it = "no truce holds" if sure else "no truce is sure to hold"
        axes.set_xlabel(f"truce margin per {period}; {left_of_it} left of the dashed line")
    words = {p.name: p.words for p in found.space.parameters}
    least = [words[s.parameter] for s in shown[:3]]
    return Picture(
        "tornado",
        "The truce margin when one number alone goes to the low end (plain) or the high end "
        "(hatched) of its range. The ends of the bars give the values.",
        f"Tornado chart of {len(shown)} numbers."
        + (f" The widest bars belong to {listed(least)}." if least else ""),
        figure,
    )


def _called(found: Sensitivity, name: str, now: float) -> str:
    """Write a number in words, where the file has a label for it, with its value."""
    p = next(p for p in found.space.parameters if p.name == name)
    return textwrap.fill(f"{p.label or name} = {number(now)}", 34)


def _swing_bars(axes: Axes, row: int, swing: Swing, margin_now: float, least: float) -> None:
    """Draw the swing of the margin with a number; label ends over `least` away."""
    for end, value, colour, hatch in (
        (swing.at_low, swing.low, COLOURS["sky"], ""),
        (swing.at_high, swing.high, COLOURS["blue"], "///"),
    ):
        axes.barh(
            row, end - margin_now, 0.68, left=margin_now,
            fc=colour, ec=COLOURS["ink"], lw=0.5, hatch=hatch, alpha=0.95,
        )  # fmt: skip
        left = end < margin_now
        if abs(end - margin_now) > least:
            axes.annotate(
                number(value), (end, row), (-3 if left else 3, 0), fontsize=7.5,
                textcoords="offset points", ha="right" if left else "left", va="center",
                path_effects=halo(),
            )  # fmt: skip


def frontier_figure(solution: Solution) -> Picture | None:
    """Draw the discount-factor frontier of each truce; None without any."""
    game = solution.game
    threats = penal_threats(game)
    edges = [
        (
            label(solution, o),
            discount_frontier(game, o.profile, threats, points=9, straight=0.01, sharp=1e-3),
        )
        for o in solution.outcomes
        if o.truce
    ]
    drawn = [(name, edge) for name, edge in edges if len(edge)]
    if not drawn:
        return None
    never = [name for name, edge in edges if not len(edge)]
    with style():
        figure, axes = new_figure(4.6, 4.5)
        _frontiers(axes, solution, drawn)
    tail = f" No patience below 1 sustains {listed(never)}." if never else ""
    return Picture(
        "patience",
        "Patience that is enough: above and to the right of a line that outcome can be kept up."
        + tail,
        "; ".join(
            f"{name}: {game.players[0]} needs about {edge[:, 0].min():.2f} or more, "
            f"{game.players[1]} about {edge[:, 1].min():.2f}"
            for name, edge in drawn
        )
        + "."
        + tail,
        figure,
    )


def _frontiers(axes: Axes, solution: Solution, drawn: list[tuple[str, Array]]) -> None:
    """Draw each truce's frontier, the ground beyond it, and the actual discount factors."""
    game, ink = solution.game, COLOURS["ink"]
    looks = ((COLOURS["blue"], "-"), (COLOURS["orange"], "--"), (ink, ":"))
    for k, (_, edge) in enumerate(drawn):
        line, dashes = looks[k % 3]
        axes.fill(*np.concatenate((edge, [[1.0, 1.0]])).T, fc=line, alpha=0.13, lw=0)
        axes.plot(*edge.T, color=line, lw=1.6, ls=dashes)
    axes.plot(*game.discount, "*", ms=11, color=ink)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xlabel(f"{game.players[0]}: weight of the next {period_of(solution)}")
    axes.set_ylabel(f"{game.players[1]}: weight of the next {period_of(solution)}")
    corners = [(*(edge[np.argmin(edge.sum(axis=1))] + (0.01, 0.035)), name) for name, edge in drawn]
    label_points(axes, [(*game.discount, "the values given"), *corners], fontsize=8, color=ink)
