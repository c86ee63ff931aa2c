"""Page of `negotiate path`: the equilibrium path, and fixed-policy projections."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.stochastic.truce_clock import quantiles
from negotiation.reporting.blocks import Block
from negotiation.solution.path import line
from negotiation.solution.path_json import terms
from negotiation.solution.verdict import listed, number

if TYPE_CHECKING:
    from negotiation.equilibria.stochastic.restriction import Restriction
    from negotiation.solution.path import Life, Outlook, Threshold

__all__ = ["page", "policy_words", "restricting"]

_MOMENTS = (1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 60, 80, 120)
_NONE = "-"


def page(found: Outlook) -> tuple[Block, ...]:
    """Return the page of `negotiate path`, the answer first."""
    blocks = [
        Block(_title(found), lines=_verdict(found)),
        _lasting(found),
        _way(found),
        *_terms(found),
        _drawn(found),
        *([restricting(found.restriction, _period(found))] if found.restriction else []),
        _assumed(found),
        _silent(found),
    ]
    return tuple(b for b in blocks if b.lines or b.rows)


def _period(outlook: Outlook) -> str:
    return outlook.model.period or "period"


def _title(outlook: Outlook) -> str:
    if outlook.longest is None or outlook.bound[1] == 0:
        return "NO TRUCE"
    if outlook.longest.clock.lasts[1] == 0:
        return "NO TRUCE ON ANY PATH FOUND"
    if _sure(outlook.longest.clock.for_ever):
        return "TRUCE FOR EVER"
    return "TRUCE FOR EVER, PERHAPS" if outlook.longest.clock.for_ever > 0 else "TRUCE FOR A WHILE"


def _verdict(outlook: Outlook) -> tuple[str, ...]:
    """State the duration of the truce, its bound, and the effect of foresight."""
    period, start = _period(outlook), outlook.game.states[outlook.game.start]
    if outlook.sets.states[outlook.game.start].min_spe_payoffs is None:
        return (
            f"From {start} on there is no equilibrium in pure strategies, with or without truce.",
        )
    if outlook.bound[1] == 0:
        return (
            f"Given these payoffs and speeds, no truce outcome can be kept up from {start} even "
            f"for one {period}, whatever is promised for later.",
        )
    chances = _chances(outlook)
    if outlook.longest is None or outlook.shortest is None or outlook.longest.clock.lasts[1] == 0:
        but = f", but with no larger chance than {chances}" if chances else ""
        return (
            "Given these payoffs and speeds, no path found on which play depends on the state "
            f"alone keeps a truce from {start}.",
            f"Plans that remember more may keep one{but}.",
        )
    bound = "Whatever both sides may agree on, no equilibrium keeps it with a larger chance than "
    without = "Nor need there be any truce: some equilibrium starts without one."
    return (
        f"Given these payoffs and speeds, a truce can be kept up from {start} "
        + _how_long(outlook, outlook.longest),
        _shortest(outlook, outlook.longest, outlook.shortest),
        *([f"{bound}{chances}."] if chances else []),
        *([without] if outlook.without else []),
        *(_sight(outlook, t) for t in outlook.thresholds),
    )


def _how_long(outlook: Outlook, life: Life) -> str:
    period = _period(outlook)
    if _sure(life.clock.for_ever):
        return "for ever: on the longest-lived path found it is never broken."
    if life.clock.for_ever > 0:
        return (
            f"and, on the longest-lived path found, is never broken with probability "
            f"{_chance(life.clock.for_ever)}."
        )
    return (
        f"but not for ever: on the longest-lived path found it lasts {number(life.clock.mean)} "
        f"{period}s on average, and {outlook.periods} {period}s with probability "
        f"{_chance(float(life.clock.lasts[-1]))}."
    )


def _shortest(outlook: Outlook, longest: Life, shortest: Life) -> str:
    period, lasts = _period(outlook), shortest.clock
    if (lasts.for_ever, lasts.mean) == (longest.clock.for_ever, longest.clock.mean):
        return "On every path found it lasts as long."
    if lasts.for_ever > 0:
        return (
            f"On the shortest-lived it is never broken with probability {_chance(lasts.for_ever)}."
        )
    return f"On the shortest-lived it lasts {number(lasts.mean)} {period}s on average."


def _chances(outlook: Outlook) -> str:
    """Write the bound at several moments, rounded up; empty where it is no bound."""
    moments = [k for k in (8, 16, 40) if k < outlook.periods] + [outlook.periods]
    ceilings = {k: math.ceil(float(outlook.bound[k]) * 1000) / 1000 for k in moments}
    chances = [f"{x:g} for {k} {_period(outlook)}s" for k, x in ceilings.items() if x < 1]
    return listed(chances) if chances else ""


def _sure(chance: float) -> bool:
    return chance > 1 - 1e-12


def _chance(x: float) -> str:
    """Write a probability; only 0 and 1 themselves are written as 0 and 1."""
    if 0 < x < 0.0005:
        return "below 0.001"
    if 0.9995 <= x < 1 - 1e-12:
        return "above 0.999"
    return format(x, ".3f") if 1e-12 < x < 1 - 1e-12 else format(x, ".0f")


def _sight(outlook: Outlook, t: Threshold) -> str:
    """State the change along one axis caused by both sides foreseeing its movement."""
    others = [a for a in outlook.game.axes if a != t.axis]
    rest = f", with {listed(others)} at the start" if others else ""
    if t.frozen is None or t.moving is None:
        static = "never" if t.frozen is None else f"up to {t.axis} = {number(t.frozen)}"
        moving = "never" if t.moving is None else f"up to {number(t.moving)}"
        return (
            f"If nothing moved, a truce could be kept for ever {static}{rest}; as it moves, it is "
            f"kept {moving}."
        )
    base = (
        f"If nothing moved, a truce could be kept for ever up to {t.axis} = "
        f"{number(t.frozen)}{rest}; "
    )
    gap = t.frozen - t.moving
    if gap > 1e-9:
        return base + (
            f"as it is, both see the levers dying, and the longest-lived path keeps it only up to "
            f"{number(t.moving)}, {number(gap)} less."
        )
    if gap < -1e-9:
        return base + (
            f"as it is, the longest-lived path keeps it up to {number(t.moving)}, {number(-gap)} "
            "further: a truce with an end can be worth keeping where one for ever is not."
        )
    return base + "the longest-lived path keeps it just as far although both see it moving."


def _lasting(outlook: Outlook) -> Block:
    if outlook.longest is None or outlook.shortest is None:
        return Block("")
    moments = sorted({k for k in _MOMENTS if k <= outlook.periods} | {outlook.periods})
    columns = (outlook.longest.clock.lasts, outlook.shortest.clock.lasts, outlook.bound)
    return Block(
        "How long the truce lasts",
        header=(f"{_period(outlook)}s", "longest-lived", "shortest-lived", "any, at most"),
        rows=tuple((str(k), *(_chance(float(c[k])) for c in columns)) for k in moments),
        notes=(f"Probability that it is kept in each of the first so many {_period(outlook)}s.",),
    )


def _way(outlook: Outlook) -> Block:
    """List the levels of the axes along the longest-lived path."""
    game = outlook.game
    if outlook.longest is None or game.levels is None:
        return Block("")
    moments = [0, *(k for k in (4, 8, 16, 24, 32, 40, 60, 80, 120) if k <= outlook.periods)]
    rows = []
    for k in moments:
        row = [str(k)]
        for j in range(len(game.axes)):
            chances = outlook.longest.clock.state[k]
            low, high = quantiles(game.levels[:, j], chances, (0.05, 0.95)).tolist()
            row += [f"{chances @ game.levels[:, j]:.3f}", f"{number(low)} to {number(high)}"]
        rows.append(tuple(row))
    names = [name for axis in game.axes for name in (f"expected {axis}", "nine in ten")]
    return Block(
        "On the way, on the longest-lived path",
        header=(f"after {_period(outlook)}s", *names),
        rows=tuple(rows),
        notes=("Whether the truce still holds or not. Nine in ten histories are in the range.",),
    )


def _terms(outlook: Outlook) -> list[Block]:
    """List the terms of the deal along each axis, or state by state where states have names."""
    game = outlook.game
    if game.levels is None:
        lines = [("Terms, state by state", "state", list(range(game.count)), list(game.states))]
    else:
        lines = []
        for k, axis in enumerate(game.axes):
            states = line(game, k)
            names = [number(x) for x in game.levels[states, k].tolist()]
            others = [a for a in game.axes if a != axis]
            at = f", {listed(others)} staying at the start" if others else ""
            lines.append((f"Terms as {axis} rises{at}", axis, states, names))
    return [
        Block(
            title,
            header=(head, "longest-lived", "shortest-lived", "some equilibrium", "if frozen"),
            rows=tuple((name, *_deals(outlook, s)) for name, s in zip(names, states, strict=True)),
            notes=(
                "What is played on two paths; truce outcomes that some equilibrium plays here; and "
                "those that could be played for ever if nothing moved.",
            )
            if head == lines[-1][1]
            else (),
        )
        for title, head, states, names in lines
    ]


def _deals(outlook: Outlook, s: int) -> tuple[str, ...]:
    game, frozen = outlook.game, outlook.frozen[s]
    deals = []
    for life in (outlook.longest, outlook.shortest):
        cell = (-1, -1) if life is None else tuple(life.path.cells[s].tolist())
        deals.append(_NONE if min(cell) < 0 else terms(game, s, cell))
    lists = [
        [terms(game, s, (a, b)) for a, b in np.argwhere(cells).tolist()]
        for cells in (outlook.possible[s], np.zeros((0, 0)) if frozen is None else frozen)
    ]
    possible, still = (", ".join(dict.fromkeys(names)) or _NONE for names in lists)
    return (*deals, possible, "too close to say" if frozen is None else still)


def _drawn(outlook: Outlook) -> Block:
    """Show histories of the longest-lived path, drawn by chance."""
    if not len(outlook.histories) or outlook.longest is None:
        return Block("")
    game, path = outlook.game, outlook.longest.path
    rows = []
    for k, states in enumerate(outlook.histories.tolist()):
        runs = groupby(terms(game, s, tuple(path.cells[s].tolist())) for s in states[:-1])
        story = ", ".join(f"{name} {sum(1 for _ in run)}" for name, run in runs)
        rows.append((str(k + 1), story, game.states[states[-1]]))
    return Block(
        f"How it may go: {len(rows)} histories of the longest-lived path",
        header=("", f"what is played, for how many {_period(outlook)}s", "where it ends"),
        rows=tuple(rows),
        notes=(f"Drawn by chance with seed {outlook.seed}; everything else here is exact.",),
    )


def _assumed(outlook: Outlook) -> Block:
    names = [p.name for p in outlook.model.parameters if p.grade == "assumed"]
    if not names:
        return Block("")
    count = f"{len(names)} of {len(outlook.model.parameters)} parameters"
    return Block("Assumed, without a source", lines=(f"{listed(names)} ({count}).",))


def _silent(outlook: Outlook) -> Block:
    """List the limits of the page."""
    lines = [
        "That a truce can be kept up does not say that it will be. The chances here are those of "
        "the moves of the state, given what is played; the model has no others.",
        "The two paths are the longest- and shortest-lived of eight, one for each way to choose "
        "among deals that withstand every breach; on each, what is played depends on the state "
        "alone, and a breach is answered with the worst that is believable. Paths that remember "
        "more, or draw lots, are left out; the bound covers them.",
    ]
    if outlook.model.not_modelled:
        lines += ["Left out of this model:", *(f"- {x}" for x in outlook.model.not_modelled)]
    return Block("What this does not say", lines=tuple(lines))


Array = npt.NDArray[np.float64]


def restricting(one: Restriction, period: str) -> Block:
    """Return a table of the projection of each policy, and a comparison of two.

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
            "any pair of actions lets it. Which policy is faster is what the file's speeds say: it "
            "is assumed here, and not found.",
        ),
    )


def _defeat(projection: Restriction, period: str) -> str:
    """Compare the slowest with the fastest policy, halfway."""
    k = len(projection.periods) // 2
    both = policy_words(projection)
    if both is None:
        return f"At these speeds {projection.axis} rises alike whatever is played."
    (fast_name, fast), (slow_name, slow) = both
    return (
        f"At the speeds of this file {fast_name} for {projection.periods[k]} {period}s brings "
        f"{projection.axis} from {number(projection.start)} to {fast:.3f} on average; "
        f"{slow_name}, to {slow:.3f}."
    )


def policy_words(
    projection: Restriction,
) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """Return the policies under which the axis rises fastest and slowest, and how far halfway.

    None where it rises alike whatever is played.
    """
    table = projection.levels[len(projection.periods) // 2]
    fast, slow = float(table.max()), float(table.min())
    if fast - slow <= 1e-12:
        return None
    return (
        (_policy(projection, table, fast), fast),
        (_policy(projection, table, slow), slow),
    )


def _policy(projection: Restriction, table: Array, level: float) -> str:
    """Name the policy that leads to a level: one side's alone, if that is enough."""
    near = np.abs(table - level) <= 1e-12
    for alone, names in ((near.all(1), projection.rows), (near.all(0), projection.columns)):
        if alone.any():
            return names[int(alone.argmax())]
    a, b = np.argwhere(near)[0].tolist()
    return f"{projection.rows[a]} with {projection.columns[b]}"
