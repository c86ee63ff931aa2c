"""A sensitivity analysis as a page and as plain data."""

from __future__ import annotations

from typing import Any

from negotiation import __version__
from negotiation.analysis.margins import KINDS, UNDECIDED
from negotiation.analysis.observed import ObservedCases
from negotiation.analysis.samples import Sensitivity
from negotiation.reporting.blocks import Block
from negotiation.solution.units import units_of
from negotiation.solution.verdict import number

__all__ = ["box_dict", "box_in_words", "pages", "percent", "to_dict"]

TRUCES = KINDS[:2]
_SMALL = 0.005


def pages(found: Sensitivity) -> tuple[Block, ...]:
    """Return the page of `negotiate sensitivity`."""
    blocks = [
        _summary(found),
        _alone(found),
        _together(found),
        _shares(found),
        _box(found),
        _swings(found),
        _indices(found),
    ]
    return tuple(b for b in blocks if b.lines or b.rows)


def _period(sensitivity: Sensitivity) -> str:
    return units_of(sensitivity.space.model).per


def _summary(sensitivity: Sensitivity) -> Block:
    margin, period = sensitivity.margin, _period(sensitivity)
    said = units_of(sensitivity.space.model).said
    holds = sensitivity.kind in TRUCES
    lines = [
        f"At the values given there is {_there_is(sensitivity.kind)}: "
        + (
            f"the truce that holds best has {number(margin)}{said} per {period} to spare."
            if holds
            else f"the truce that comes closest to holding is {number(-margin)}{said} per "
            f"{period} short."
        )
    ]
    if sensitivity.alone:
        c = sensitivity.alone[0]
        lines.append(
            f"The nearest single change is {c.parameter}, from {number(c.now)} to "
            f"{number(c.at)}: {percent(c.share)} of its range."
        )
    return Block(
        "WHAT THE VERDICT HANGS ON",
        lines=tuple(lines),
        notes=(
            "To spare, or truce margin: what the side with less to lose would lose on average per "
            f"{period} by breaking the truce, for the truce where that is most. Below 0 no truce "
            "can be kept up.",
            *_bounded(sensitivity),
        ),
    )


def _bounded(sensitivity: Sensitivity) -> list[str]:
    """Note a sampled margin that is only a bound on the margin itself."""
    if abs(sensitivity.margin - sensitivity.bound) <= 1e-6 * max(
        abs(sensitivity.margin), abs(sensitivity.bound)
    ):
        return []
    return [
        "Where numbers are moved, the margin counts only on punishments that take one round and "
        "then return to something both can keep up. Harsher ones can exist, so that it is a lower "
        f"bound there: {number(sensitivity.bound)} at the values given."
    ]


def _there_is(kind: str) -> str:
    return {"armed truce": "an armed truce", "open": "nothing certain"}.get(kind, kind)


def _otherwise(kind: str) -> str:
    return "" if kind == "no truce" else f" that is sure; there is then {_there_is(kind)}"


def _alone(sensitivity: Sensitivity) -> Block:
    rows = tuple(
        (
            c.parameter,
            number(c.now),
            f"{'above' if c.at > c.now else 'below'} {number(c.at)}",
            percent(c.share),
            c.kind,
            _meaning(sensitivity, c.parameter),
        )
        for c in sensitivity.alone
    )
    title = "Smallest change of one number that makes or breaks a truce"
    if not rows:
        return Block(
            title,
            lines=(
                "None: no single number, moved alone within its range, makes or breaks a truce.",
            ),
        )
    header = ("number", "now", "if it were", "of its range", "then", "meaning")
    return Block(title, header=header, rows=rows)


def _together(sensitivity: Sensitivity) -> Block:
    title = "Smallest change of all numbers together"
    t = sensitivity.together
    turns = "breaks" if sensitivity.kind in TRUCES else "makes"
    if t is None:
        return Block(title, lines=(f"None was found within the ranges that {turns} the truce.",))
    now = sensitivity.space.physical(sensitivity.space.here)
    low, high = zip(*(p.range for p in sensitivity.space.parameters), strict=True)
    rows = tuple(
        (name, number(float(was)), number(t.values[name]))
        for name, was, a, b in zip(sensitivity.space.names, now, low, high, strict=True)
        if abs(t.values[name] - was) > 1e-3 * t.share * (b - a)
    )
    return Block(
        title,
        lines=(
            f"It takes no more than {percent(t.share)} of its range for each number, all in "
            f"the worst direction, to end every truce{_otherwise(t.kind)}."
            if sensitivity.kind in TRUCES
            else f"It takes no more than {percent(t.share)} of its range for each number, all in "
            f"the best direction, to make a truce hold: there is then {_there_is(t.kind)}.",
        ),
        header=("number", "now", "then"),
        rows=rows,
        notes=("The smallest that was found; a still smaller one is not ruled out.",),
    )


def _shares(sensitivity: Sensitivity) -> Block:
    rows = tuple(
        (name, str(count), percent(count / sensitivity.settled))
        for name, count in sensitivity.shares.items()
    )
    notes = [
        f"{sensitivity.settled} cases spread evenly over the ranges of "
        f"{len(sensitivity.space.names)} numbers (seed {sensitivity.seed}). The ranges say what "
        "is not known; a share of cases is not a probability."
    ]
    if UNDECIDED in sensitivity.shares:
        notes.append("Undecided: rounding would decide which regime it is.")
    return Block(
        "What holds in sampled cases",
        header=("regime", "cases", "share"),
        rows=rows,
        notes=tuple(notes),
    )


def _box(sensitivity: Sensitivity) -> Block:
    box = sensitivity.box
    title = "Conditions under which no truce holds"
    if box is None:
        if sensitivity.broken in (0, sensitivity.cases):
            line = (
                f"It is sure in none of {sensitivity.cases} sampled cases that no truce holds."
                if sensitivity.broken == 0
                else f"In all of {sensitivity.cases} sampled cases no truce holds."
            )
            return Block(title, lines=(line,))
        return Block(title, lines=("No simple conditions explain where no truce holds.",))
    return Block(
        title,
        lines=tuple(f"- {line}" for line in box_in_words(sensitivity)),
        notes=(
            f"Where {'all of these are' if len(box.limits) > 1 else 'this is'} met, no truce "
            f"holds in {percent(box.density)} of the sampled cases (density), against "
            f"{percent(sensitivity.broken / sensitivity.cases)} of all {sensitivity.cases}; "
            f"and these are {percent(box.coverage)} of all cases without a truce (coverage).",
        ),
    )


def box_in_words(found: Sensitivity | ObservedCases) -> tuple[str, ...]:
    """Return the conditions of the box, one sentence fragment each."""
    if found.box is None:
        return ()
    lines = []
    for k, (low, high) in found.box.limits.items():
        p = found.space.parameters[k]
        if low > -float("inf") and high < float("inf"):
            limit = f"between {number(low)} and {number(high)}"
        elif low > -float("inf"):
            limit = f"{number(low)} or more"
        else:
            limit = f"{number(high)} or less"
        lines.append(
            f"{p.name} is {limit} (its range is {number(p.range[0])} to {number(p.range[1])}): "
            f"{p.meaning}"
        )
    return tuple(lines)


def _swings(sensitivity: Sensitivity) -> Block:
    shown = [
        s for s in sensitivity.swings if abs(s.at_high - s.at_low) > _SMALL * _largest(sensitivity)
    ]
    quiet = [s.parameter for s in sensitivity.swings if s not in shown]
    notes = ["All other numbers stay as they are. Below 0 no truce holds."]
    if quiet:
        notes.append(f"Next to nothing: {', '.join(quiet)}.")
    return Block(
        "Truce margin across the range of each number",
        header=("number", "range", "margin at low end", "at high end"),
        rows=tuple(
            (
                s.parameter,
                f"{number(s.low)} to {number(s.high)}",
                number(s.at_low),
                number(s.at_high),
            )
            for s in shown
        ),
        notes=tuple(notes),
    )


def _largest(sensitivity: Sensitivity) -> float:
    return max((abs(s.at_high - s.at_low) for s in sensitivity.swings), default=0.0)


def _indices(sensitivity: Sensitivity) -> Block:
    def interval(ends: tuple[float, float]) -> str:
        return f"{_two(ends[0])} to {_two(ends[1])}"

    shown = [i for i in sensitivity.indices if i.total > _SMALL]
    return Block(
        "Share of the variance of the truce margin",
        header=("number", "alone", "95 % interval", "with interactions", "95 % interval"),
        rows=tuple(
            (
                i.parameter,
                _two(i.first),
                interval(i.first_interval),
                _two(i.total),
                interval(i.total_interval),
            )
            for i in shown
        ),
        notes=(
            f"Sobol' indices from {sensitivity.base * (len(sensitivity.space.names) + 2)} cases "
            "spread evenly over the ranges. Numbers below 0.005 are left out.",
        ),
    )


def _meaning(sensitivity: Sensitivity, name: str) -> str:
    return next(p.meaning for p in sensitivity.space.parameters if p.name == name)


def _two(x: float) -> str:
    """Write two decimals, never minus zero."""
    return f"{round(x, 2) + 0.0:.2f}"


def percent(share: float) -> str:
    """Write a share in per cent.

    Examples
    --------
    >>> percent(0.1234), percent(0.00123), percent(1.0)
    ('12 %', '0.12 %', '100 %')
    """
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.2g} %"


def to_dict(found: Sensitivity) -> dict[str, Any]:
    """Return the JSON of `negotiate sensitivity`, schema ``negotiate/sensitivity/1``."""
    space, together = found.space, found.together
    return {
        "schema": "negotiate/sensitivity/1",
        "version": __version__,
        "model": {"title": space.model.title, "sha256": space.model.sha256},
        "settings": {name: float(value) for name, value in space.settings.items()},
        "varied": [{"name": p.name, "range": list(p.range)} for p in space.parameters],
        "inside": space.inside,
        "seed": found.seed,
        "cases": found.cases,
        "margin": found.margin,
        "margin_of_samples": found.bound,
        "kind": found.kind,
        "sobol": {
            "cases": found.base * (len(space.names) + 2),
            "indices": [{k: _plain(v) for k, v in vars(i).items()} for i in found.indices],
        },
        "tornado": [vars(s) for s in found.swings],
        "flips": {
            "alone": [vars(c) for c in found.alone],
            "together": None if together is None else vars(together),
        },
        "settled": found.settled,
        "shares": {name: count / found.settled for name, count in found.shares.items()},
        "no_truce": found.broken / found.cases,
        "no_truce_box": box_dict(found),
    }


def box_dict(found: Sensitivity | ObservedCases) -> dict[str, Any] | None:
    """Return the conditions of a box as plain data; None if there is no box."""
    box, names = found.box, found.space.names
    if box is None:
        return None
    return {
        "limits": {
            names[k]: [None if abs(x) == float("inf") else x for x in ends]
            for k, ends in box.limits.items()
        },
        "coverage": box.coverage,
        "density": box.density,
        "inside": box.inside,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
