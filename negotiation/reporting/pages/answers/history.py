"""Observed play beside what a model allows, as pages."""

from __future__ import annotations

from negotiation.reporting.blocks import Block
from negotiation.solution.history import (
    History,
    Stretch,
    Success,
    explained,
    month_name,
    period_name,
    stretches,
)
from negotiation.solution.solution import Solution, examine
from negotiation.solution.verdict import listed, number, why_not

__all__ = ["page", "seen_block"]


def seen_block(solution: Solution) -> Block:
    """Return each stretch of observed play with whether it can be kept up, and why not."""
    found = stretches(solution)
    return Block(
        "Against what was seen",
        header=("from", "to", "what was seen", "can be\nkept up"),
        rows=tuple(_row(s) for s in found),
        notes=tuple(_reasons(solution, found)),
    )


def _row(s: Stretch) -> tuple[str, ...]:
    ends = month_name(s.observed.start), month_name(s.observed.stop)
    return *ends, " or ".join(s.names), "yes" if s.sustained else "no"


def _reasons(solution: Solution, found: tuple[Stretch, ...]) -> list[str]:
    said: dict[str, None] = {}
    for s in found:
        if not s.sustained:
            o = examine(solution, s.observed.profiles[0])
            name = s.names[0]
            said[f"{name[:1].upper()}{name[1:]}: {why_not(solution, o)}."] = None
    return list(said)


def page(found: History) -> tuple[Block, ...]:
    """Return what `negotiate history` prints."""
    solution = found.solution
    first, second = solution.game.actions
    count = len(first) * len(second)
    allowed = [f"{first[a]} / {second[b]}" for a, b in found.allowed]
    return (
        Block(
            "AGAINST WHAT WAS SEEN",
            lines=(explained(solution), _summary(found)),
        ),
        seen_block(solution),
        _periods(found),
        _success(found),
        Block(
            "What can be kept up",
            lines=(
                f"{len(allowed)} of {count} pairs of actions"
                + (f": {listed(allowed)}." if allowed else "."),
            ),
        ),
    )


def _summary(found: History) -> str:
    model, before = found.model, found.before
    better = "more" if model.measure > before.measure else "less"
    return (
        f"Given these payoffs, {model.hits} of the {model.periods} periods seen are among what can "
        f"be kept up, which is {number(100 * model.area)} % of all pairs of actions. That says "
        f"{better} than expecting the same as in the period before."
    )


def _periods(found: History) -> Block:
    model = found.solution.model
    assert model is not None, "a history is of a file"
    rows = []
    for s in found.seen:
        before = "-" if s.as_before is None else "yes" if s.as_before else "no"
        what = " or ".join(found.stretches[s.stretch].names)
        name = period_name(s.start, model.period)
        rows.append((name, what, "yes" if s.hit else "no", before))
    return Block(
        f"{model.period.capitalize()} by {model.period}",
        header=("", "what was seen", "can be\nkept up", "as\nbefore"),
        rows=tuple(rows),
    )


def _success(found: History) -> Block:
    rows = tuple(
        _success_row(name, s)
        for name, s in (("this model", found.model), ("as in the period before", found.before))
    )
    return Block(
        "How sharply that predicts",
        header=("", "periods hit", "hit rate", "area", "Selten's\nmeasure"),
        rows=rows,
        notes=(
            "Area: the share of all pairs of actions that is allowed. Selten's measure is the hit "
            "rate less the area: 1 for naming the one right pair each time, 0 for allowing "
            "everything. The numbers of the model are today's throughout, though some of them "
            "have changed over the time seen.",
        ),
    )


def _success_row(name: str, s: Success) -> tuple[str, ...]:
    parts = f"{s.hit_rate:.3f}", f"{s.area:.3f}", f"{s.measure:+.3f}"
    return name, f"{s.hits} of {s.periods}", *parts
