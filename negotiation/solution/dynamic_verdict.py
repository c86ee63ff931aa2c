"""Verdict of a dynamic solution, in sentences generated from its numbers.

Every sentence is conditional on the payoffs and the speeds, and the first is free of jargon.
"""

from __future__ import annotations

from negotiation.solution.dynamic import DynamicSolution, OutcomeNow
from negotiation.solution.verdict import listed, period_of

__all__ = ["along", "dynamic_verdict", "headline", "movers", "place"]


def headline(solution: DynamicSolution) -> str:
    """Return the answer in a few words: whether a truce can be played now.

    Doubt counts as doubt: where the answer lies within the gap, neither yes nor no is said.
    """
    now = [o.now for o in solution.outcomes if o.truce]
    if True in now:
        return "A TRUCE FOR NOW"
    return "PERHAPS A TRUCE FOR NOW" if None in now else "NO TRUCE NOW"


def dynamic_verdict(solution: DynamicSolution) -> tuple[str, ...]:
    """Return sentences: outcomes now, the effect of movement, and their reach."""
    if solution.start.status == "empty":
        return (
            f"Given these payoffs and speeds, no plan in which nobody has to be kept guessing is "
            f"stable {place(solution)}.",
        )
    truces = [o for o in solution.outcomes if o.truce]
    sentences = [_now(solution, truces), *_compared(solution, truces)]
    doubtful = [o.name for o in truces if o.now is None]
    if doubtful:
        sentences.append(
            f"Whether {listed(doubtful)} can is not known: the answer changes within the precision "
            "of this calculation."
        )
    if truces:
        sentences.append(_reach(solution, truces))
    if solution.start.near_critical:
        sentences.append(
            "This patience is a threshold: with a hair less, part of what is said here is lost."
        )
    return tuple(sentences)


def place(solution: DynamicSolution) -> str:
    """Name the start, as in "at s=0.52, r=0.2" or "in low"."""
    name = solution.game.states[solution.game.start]
    return f"{'at' if solution.game.axes else 'in'} {name}"


def movers(solution: DynamicSolution) -> str:
    """Name the state variables."""
    return listed(solution.game.axes) if solution.game.axes else "the state"


def _now(solution: DynamicSolution, truces: list[OutcomeNow]) -> str:
    period = period_of(solution.frozen)
    names = [o.name for o in truces if o.now]
    if not truces:
        return (
            "No outcome of this model is called a truce; what can be played in which state is "
            "listed below."
        )
    if not names:
        least = "" if any(o.now is None for o in truces) else ", whatever is planned for later"
        return (
            f"Given these payoffs and speeds, no truce named here can be shown to hold even for "
            f"this {period} {place(solution)}{least}."
        )
    a, b = solution.game.players
    return (
        f"Given these payoffs and speeds, {listed(names)} can be played this {period} "
        f"{place(solution)}, as the start of plans that neither {a} nor {b} would rather break, "
        f"though both see {movers(solution)} move."
    )


def _compared(solution: DynamicSolution, truces: list[OutcomeNow]) -> list[str]:
    """Compare with the fixed-state game."""
    lost = [o.name for o in truces if o.frozen and o.now is False]
    won = [o.name for o in truces if o.now and o.frozen is False]
    sustained = [o.name for o in truces if o.kept]
    stood = f"If {movers(solution)} stood still"
    sentences = []
    if lost:
        sentences.append(
            f"{stood}, {listed(lost)} could be played: it is the movement, seen by both, that "
            "undoes it today."
        )
    if won:
        sentences.append(f"{stood}, {listed(won)} could not.")
    if sustained:
        sentences.append(f"{stood}, {listed(sustained)} could be kept up for ever.")
    elif truces:
        sentences.append(f"{stood}, none of these could be kept up for ever.")
    return sentences


def _reach(solution: DynamicSolution, truces: list[OutcomeNow]) -> str:
    """State the share of states ahead in which a truce can be played, and its limits."""
    states = sorted({s for o in truces for s in o.states})
    total = solution.game.count
    if not states:
        return f"In none of the {total} states that play can lead to can any of them be played."
    if len(states) == total:
        return f"Some truce can be played in each of the {total} states that play can lead to."
    ends = [
        f"up to {axis} = {top:.3g}"
        for k, axis in enumerate(solution.game.axes)
        if (top := along(solution, states, k)) is not None
    ]
    condition = "with the other as it is, " if len(solution.game.axes) == 2 else ""
    if len(solution.game.axes) > 2:
        condition = "with the others as they are, "
    limits = f": {condition}{' and '.join(ends)}" if ends else ""
    return (
        f"Some truce can be played in {len(states)} of the {total} states that play can lead "
        f"to{limits}."
    )


def along(
    solution: DynamicSolution, states: list[int] | tuple[int, ...], axis: int
) -> float | None:
    """Return the last level of one number, from the start up, that is listed without a gap.

    The other numbers stay where they start. None if the start itself is not listed.
    """
    game, listed_states = solution.game, set(states)
    if game.levels is None:
        return None
    start = game.levels[game.start]
    line = [
        (float(level[axis]), s)
        for s, level in enumerate(game.levels)
        if all(level[j] == start[j] for j in range(len(start)) if j != axis)
        and level[axis] >= start[axis]
    ]
    last = None
    for value, s in sorted(line):
        if s not in listed_states:
            break
        last = value
    return last
