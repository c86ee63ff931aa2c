"""Page and JSON of what observed play says about the numbers."""

from __future__ import annotations

from typing import Any

from negotiation.analysis.observed import Narrowed, ObservedCases
from negotiation.analysis.scenario_discovery import Box
from negotiation.reporting.blocks import Block
from negotiation.reporting.pages.sensitivity import box_dict, box_in_words, percent
from negotiation.solution.history import month_name
from negotiation.solution.verdict import number

__all__ = ["pages", "to_dict"]

_TOLD = 0.05
"""Numbers that are narrowed by less are not listed."""
_MOST = 12


def pages(found: ObservedCases) -> tuple[Block, ...]:
    """Return what `negotiate sensitivity --observed` prints."""
    blocks = [
        Block("WHAT OBSERVED PLAY SAYS ABOUT THE NUMBERS", lines=_summary(found)),
        _stretches(found),
        _ranges(found),
    ]
    if found.box is not None:
        blocks.append(_box(found, found.box))
    return tuple(b for b in blocks if b.lines or b.rows)


def called(found: ObservedCases, k: int) -> str:
    """Name a stretch of observed play."""
    model, profiles = found.space.model, found.observed[k].profiles
    named = {p: o.name for o in model.outcomes for p in o.profiles}
    first, second = model.actions
    names = [named.get((a, b), f"{first[a]} / {second[b]}") for a, b in profiles]
    return " or ".join(dict.fromkeys(names))


def _summary(found: ObservedCases) -> tuple[str, ...]:
    last, hits = called(found, len(found.hits) - 1), found.hits[-1]
    now = "also" if found.now else "not"
    lines = [
        f"What was seen last, {last}, can be kept up in {hits} of {found.cases} combinations of "
        f"the numbers within their ranges ({percent(hits / found.cases)}), and {now} at the "
        "values given. That is a share of cases, not a probability."
    ]
    if found.narrowed:
        lines += [_sentence(found, n) for n in found.narrowed[:3] if n.share >= _TOLD]
    return tuple(lines)


def _box(found: ObservedCases, box: Box) -> Block:
    return Block(
        "Conditions under which what was seen last can be kept up",
        lines=tuple(f"- {line}" for line in box_in_words(found)),
        notes=(
            f"Where {'all of these are' if len(box.limits) > 1 else 'this is'} met, it can be kept "
            f"up in {percent(box.density)} of the cases (density), against "
            f"{percent(box.interesting / box.cases)} of all {box.cases}; and these are "
            f"{percent(box.coverage)} of all cases in which it can (coverage).",
        ),
    )


def _sentence(found: ObservedCases, n: Narrowed) -> str:
    p = next(p for p in found.space.parameters if p.name == n.parameter)
    return (
        f"If the model is right, that it could be kept up says of {n.parameter} ({p.meaning}) that "
        f"it lies between {number(n.low)} and {number(n.high)} in nine of ten such cases, of a "
        f"range from {number(n.range[0])} to {number(n.range[1])}; here it is {number(n.now)}."
    )


def _stretches(found: ObservedCases) -> Block:
    rows = tuple(
        (
            month_name(o.start),
            month_name(o.stop),
            called(found, k),
            f"{hits} ({percent(hits / found.cases)})",
        )
        for k, (o, hits) in enumerate(zip(found.observed, found.hits, strict=True))
    )
    return Block(
        "In how many cases each stretch can be kept up",
        header=("from", "to", "what was seen", f"cases of {found.cases}"),
        rows=rows,
    )


def _ranges(found: ObservedCases) -> Block:
    told = [n for n in found.narrowed if n.share >= _TOLD][:_MOST]
    units = {p.name: p.unit for p in found.space.parameters}
    rows = tuple(
        (
            n.parameter,
            f"{number(n.range[0])} to {number(n.range[1])}",
            f"{number(n.low)} to {number(n.high)}",
            f"{number(n.lowest)} to {number(n.highest)}",
            number(n.now),
            units[n.parameter],
        )
        for n in told
    )
    return Block(
        "How each range shrinks",
        header=("number", "range in\nthe file", "nine cases\nof ten", "all cases", "here", "unit"),
        rows=rows,
        notes=(
            "Of the cases in which what was seen last can be kept up. Numbers whose range hardly "
            "shrinks are left out.",
        )
        if rows
        else (),
    )


def to_dict(found: ObservedCases) -> dict[str, Any]:
    """Return the JSON of `negotiate sensitivity --observed`."""
    return {
        "schema": "negotiate/observed/1",
        "model": {"title": found.space.model.title, "sha256": found.space.model.sha256},
        "cases": found.cases,
        "seed": found.seed,
        "holds_here": found.now,
        "stretches": [
            {"from": month_name(o.start), "to": month_name(o.stop), "seen": called(found, k),
             "cases": hits, "share": hits / found.cases}
            for k, (o, hits) in enumerate(zip(found.observed, found.hits, strict=True))
        ],
        "ranges": [
            {"parameter": n.parameter, "range": list(n.range), "nine_in_ten": [n.low, n.high],
             "all": [n.lowest, n.highest], "now": n.now, "narrowed_by": n.share}
            for n in found.narrowed
        ],
        "box": box_dict(found),
    }  # fmt: skip
