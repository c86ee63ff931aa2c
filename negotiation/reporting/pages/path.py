"""The page of `negotiate path`: how the truce unfolds, and whether restriction defeats itself."""

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

__all__ = ["page", "restricting"]

_MOMENTS = (1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 60, 80, 120)
_NONE = "-"


def page(found: Outlook) -> tuple[Block, ...]:
    """Return what `negotiate path` prints, the answer first."""
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


def _period(found: Outlook) -> str:
    return found.model.period or "period"


def _title(found: Outlook) -> str:
    if found.longest is None or found.bound[1] == 0:
        return "NO TRUCE"
    if found.longest.clock.lasts[1] == 0:
        return "NO TRUCE ON ANY PATH FOUND"
    if _sure(found.longest.clock.for_ever):
        return "TRUCE FOR EVER"
    return "TRUCE FOR EVER, PERHAPS" if found.longest.clock.for_ever > 0 else "TRUCE FOR A WHILE"


def _verdict(found: Outlook) -> tuple[str, ...]:
    """Say how long the truce lasts, what bounds it, and how sight of the end matters."""
    period, start = _period(found), found.game.states[found.game.start]
    if found.sets.states[found.game.start].threats is None:
        return (
            f"From {start} on there is no equilibrium in pure strategies, with or without truce.",
        )
    if found.bound[1] == 0:
        return (
            f"Given these payoffs and speeds, no truce outcome can be kept up from {start} even "
            f"for one {period}, whatever is promised for later.",
        )
    chances = _chances(found)
    if found.longest is None or found.shortest is None or found.longest.clock.lasts[1] == 0:
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
        + _how_long(found, found.longest),
        _shortest(found, found.longest, found.shortest),
        *([f"{bound}{chances}."] if chances else []),
        *([without] if found.without else []),
        *(_sight(found, t) for t in found.thresholds),
    )


def _how_long(found: Outlook, life: Life) -> str:
    period = _period(found)
    if _sure(life.clock.for_ever):
        return "for ever: on the longest-lived path found it is never broken."
    if life.clock.for_ever > 0:
        return (
            f"and, on the longest-lived path found, is never broken with probability "
            f"{_chance(life.clock.for_ever)}."
        )
    return (
        f"but not for ever: on the longest-lived path found it lasts {number(life.clock.mean)} "
        f"{period}s on average, and {found.periods} {period}s with probability "
        f"{_chance(float(life.clock.lasts[-1]))}."
    )


def _shortest(found: Outlook, longest: Life, shortest: Life) -> str:
    period, lasts = _period(found), shortest.clock
    if (lasts.for_ever, lasts.mean) == (longest.clock.for_ever, longest.clock.mean):
        return "On every path found it lasts as long."
    if lasts.for_ever > 0:
        return (
            f"On the shortest-lived it is never broken with probability {_chance(lasts.for_ever)}."
        )
    return f"On the shortest-lived it lasts {number(lasts.mean)} {period}s on average."


def _chances(found: Outlook) -> str:
    """Write the bound at some moments, rounded up; empty if it says nothing at any."""
    moments = [k for k in (8, 16, 40) if k < found.periods] + [found.periods]
    ceilings = {k: math.ceil(float(found.bound[k]) * 1000) / 1000 for k in moments}
    said = [f"{x:g} for {k} {_period(found)}s" for k, x in ceilings.items() if x < 1]
    return listed(said) if said else ""


def _sure(chance: float) -> bool:
    return chance > 1 - 1e-12


def _chance(x: float) -> str:
    """Write a probability; one that is not 0 or 1 never looks like it."""
    if 0 < x < 0.0005:
        return "below 0.001"
    if 0.9995 <= x < 1 - 1e-12:
        return "above 0.999"
    return format(x, ".3f") if 1e-12 < x < 1 - 1e-12 else format(x, ".0f")


def _sight(found: Outlook, t: Threshold) -> str:
    """Say what changes along one axis because both sides see it move."""
    others = [a for a in found.game.axes if a != t.axis]
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


def _lasting(found: Outlook) -> Block:
    if found.longest is None or found.shortest is None:
        return Block("")
    moments = sorted({k for k in _MOMENTS if k <= found.periods} | {found.periods})
    columns = (found.longest.clock.lasts, found.shortest.clock.lasts, found.bound)
    return Block(
        "How long the truce lasts",
        header=(f"{_period(found)}s", "longest-lived", "shortest-lived", "any, at most"),
        rows=tuple((str(k), *(_chance(float(c[k])) for c in columns)) for k in moments),
        notes=(f"Probability that it is kept in each of the first so many {_period(found)}s.",),
    )


def _way(found: Outlook) -> Block:
    """Where the axes are on the way, on the longest-lived path."""
    game = found.game
    if found.longest is None or game.levels is None:
        return Block("")
    moments = [0, *(k for k in (4, 8, 16, 24, 32, 40, 60, 80, 120) if k <= found.periods)]
    rows = []
    for k in moments:
        row = [str(k)]
        for j in range(len(game.axes)):
            chances = found.longest.clock.state[k]
            low, high = quantiles(game.levels[:, j], chances, (0.05, 0.95)).tolist()
            row += [f"{chances @ game.levels[:, j]:.3f}", f"{number(low)} to {number(high)}"]
        rows.append(tuple(row))
    names = [name for axis in game.axes for name in (f"expected {axis}", "nine in ten")]
    return Block(
        "On the way, on the longest-lived path",
        header=(f"after {_period(found)}s", *names),
        rows=tuple(rows),
        notes=("Whether the truce still holds or not. Nine in ten histories are in the range.",),
    )


def _terms(found: Outlook) -> list[Block]:
    """List the terms of the deal along each axis, or state by state where states have names."""
    game = found.game
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
            rows=tuple((name, *_deals(found, s)) for name, s in zip(names, states, strict=True)),
            notes=(
                "What is played on two paths; truce outcomes that some equilibrium plays here; and "
                "those that could be played for ever if nothing moved.",
            )
            if head == lines[-1][1]
            else (),
        )
        for title, head, states, names in lines
    ]


def _deals(found: Outlook, s: int) -> tuple[str, ...]:
    game, frozen = found.game, found.frozen[s]
    told = []
    for life in (found.longest, found.shortest):
        cell = (-1, -1) if life is None else tuple(life.path.cells[s].tolist())
        told.append(_NONE if min(cell) < 0 else terms(game, s, cell))
    lists = [
        [terms(game, s, (a, b)) for a, b in np.argwhere(cells).tolist()]
        for cells in (found.possible[s], np.zeros((0, 0)) if frozen is None else frozen)
    ]
    some, still = (", ".join(dict.fromkeys(names)) or _NONE for names in lists)
    return (*told, some, "too close to say" if frozen is None else still)


def _drawn(found: Outlook) -> Block:
    """Show histories of the longest-lived path, drawn by chance."""
    if not len(found.histories) or found.longest is None:
        return Block("")
    game, path = found.game, found.longest.path
    rows = []
    for k, states in enumerate(found.histories.tolist()):
        runs = groupby(terms(game, s, tuple(path.cells[s].tolist())) for s in states[:-1])
        story = ", ".join(f"{name} {sum(1 for _ in run)}" for name, run in runs)
        rows.append((str(k + 1), story, game.states[states[-1]]))
    return Block(
        f"How it may go: {len(rows)} histories of the longest-lived path",
        header=("", f"what is played, for how many {_period(found)}s", "where it ends"),
        rows=tuple(rows),
        notes=(f"Drawn by chance with seed {found.seed}; everything else here is exact.",),
    )


def _assumed(found: Outlook) -> Block:
    names = [p.name for p in found.model.parameters if p.grade == "assumed"]
    if not names:
        return Block("")
    count = f"{len(names)} of {len(found.model.parameters)} parameters"
    return Block("Assumed, without a source", lines=(f"{listed(names)} ({count}).",))


def _silent(found: Outlook) -> Block:
    """Say what the page does not say."""
    lines = [
        "That a truce can be kept up does not say that it will be. The chances here are those of "
        "the moves of the state, given what is played; the model has no others.",
        "The two paths are the longest- and shortest-lived of eight, one for each way to choose "
        "among deals that withstand every breach; on each, what is played depends on the state "
        "alone, and a breach is answered with the worst that is believable. Paths that remember "
        "more, or draw lots, are left out; the bound covers them.",
    ]
    if found.model.not_modelled:
        lines += ["Left out of this model:", *(f"- {x}" for x in found.model.not_modelled)]
    return Block("What this does not say", lines=tuple(lines))


Array = npt.NDArray[np.float64]


def restricting(one: Restriction, period: str) -> Block:
    """Return a table of where each policy leads, and a sentence that compares two.

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
            "any pair of actions lets it.",
        ),
    )


def _defeat(one: Restriction, period: str) -> str:
    """Compare the slowest with the fastest policy, halfway."""
    k = len(one.periods) // 2
    table = one.levels[k]
    fast, slow = float(table.max()), float(table.min())
    if fast - slow <= 1e-12:
        return f"At these speeds {one.axis} rises alike whatever is played."
    whole = [_policy(one, table, level) for level in (fast, slow)]
    return (
        f"At the speeds of this file {whole[0]} for {one.periods[k]} {period}s brings {one.axis} "
        f"from {number(one.start)} to {fast:.3f} on average; {whole[1]}, to {slow:.3f}."
    )


def _policy(one: Restriction, table: Array, level: float) -> str:
    """Name the policy that leads to a level: one side's alone, if that is enough."""
    near = np.abs(table - level) <= 1e-12
    for alone, names in ((near.all(1), one.rows), (near.all(0), one.columns)):
        if alone.any():
            return names[int(alone.argmax())]
    a, b = np.argwhere(near)[0].tolist()
    return f"{one.rows[a]} with {one.columns[b]}"
