"""Page one of a report where the state moves: how long the deal lasts, and what ends it."""

from __future__ import annotations

from negotiation.analysis.moving_deal import MovingTurn
from negotiation.games.game import Outcome
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.reporting.blocks import Block
from negotiation.reporting.pages.page_one.repeated import COUNT
from negotiation.reporting.pages.page_one.words import (
    called,
    chance_words,
    long,
    quantity,
    sentence,
    watching,
)
from negotiation.reporting.pages.path import policy_words
from negotiation.solution.path import Outlook
from negotiation.solution.verdict import listed, number

__all__ = ["moving_blocks"]

_SOON = 8


def moving_blocks(
    found: Outlook, deal: Outcome, turns: tuple[MovingTurn, ...], words: str
) -> tuple[Block, ...]:
    """Return the parts of page one, in reading order.

    Parameters
    ----------
    found
        How the truce unfolds from the start.
    deal
        The deal on the table.
    turns
        The numbers that end it, or make it possible.
    words
        The deal's name, and what is done in it.
    """
    model = found.model
    parts = (
        Block("The finding", lines=(" ".join(_finding(found, deal, words)),)),
        _numbers(found, deal, turns),
        Block("Who breaks first, and then?", lines=(" ".join(_ends(found, turns)),)),
        Block("What to watch", lines=watching(model, [t.parameter for t in turns])),
        Block("If so", lines=_if_so(found)),
    )
    return tuple(b for b in parts if b.lines or b.rows)


def _period(found: Outlook) -> str:
    return found.model.period or "period"


def _can_start(found: Outlook, deal: Outcome) -> bool:
    """Tell whether some equilibrium starts with the deal."""
    s = found.game.start
    mask = found.sets.states[s].supportable_now
    cells = [c for o in found.game.outcomes[s] if o.name == deal.name for c in o.profiles]
    return any(bool(mask[c]) for c in cells)


def _finding(found: Outlook, deal: Outcome, words: str) -> list[str]:
    start = f"Given these payoffs and speeds, the deal on the table, {words},"
    if not _can_start(found, deal):
        return [f"{start} cannot be kept even for one {_period(found)}, whatever is promised."]
    longest, shortest = found.longest, found.shortest
    if longest is None or shortest is None or longest.clock.lasts[1] == 0:
        return [
            f"{start} can be kept today, but no path found keeps a truce by today's state alone."
        ]
    if longest.clock.for_ever > 1 - 1e-12:
        lines = [f"{start} can be kept today, and on the longest-lived path found for ever."]
    else:
        lines = [
            f"{start} can be kept today, but not for ever: on the longest-lived path found a truce "
            f"lasts {number(longest.clock.mean)} {_period(found)}s on average."
        ]
    if shortest.clock.mean < longest.clock.mean:
        lines.append(
            f"On the shortest-lived found it lasts {number(shortest.clock.mean)}: which is taken "
            "is not in the payoffs."
        )
    return [*lines, *_foresight(found)]


def _foresight(found: Outlook) -> list[str]:
    """Say how much earlier the truce ends because both sides see what is coming."""
    for t in found.thresholds:
        if t.frozen is not None and t.moving is not None and t.frozen - t.moving > 1e-9:
            p = _parameter(found.model, t.axis)
            return [
                f"Both see {called(p, found.model)} rising: if it stood still, a truce could be "
                f"kept up to {quantity(p, t.frozen, found.model)}; as it is, up to "
                f"{quantity(p, t.moving, found.model)}."
            ]
    return []


def _parameter(model: PayoffFile, name: str) -> Parameter:
    return next(p for p in model.parameters if p.name == name)


def _numbers(found: Outlook, deal: Outcome, turns: tuple[MovingTurn, ...]) -> Block:
    model = found.model
    rows = []
    for t in turns:
        p = t.parameter
        marked = {"assumed": " (assumed)", "mixed": " (in part assumed)"}.get(p.grade, "")
        who = "neither side alone" if t.player is None else model.players[t.player]
        side = "from" if t.first > t.now else "down to"
        rows.append(
            (
                sentence(called(p, model)),
                quantity(p, t.now, model) + marked,
                f"{side} {quantity(p, t.first, model)}",
                who,
            )
        )
    turned = "the deal cannot start" if _can_start(found, deal) else "the deal could start"
    if not rows:
        return Block("")
    return Block(COUNT[len(rows)], header=("", "now", turned, "who breaks it"), rows=tuple(rows))


def _ends(found: Outlook, turns: tuple[MovingTurn, ...]) -> list[str]:
    """Say until where the deal lasts, and who breaks it where a number has gone too far."""
    model = found.model
    kept = [
        f"{called(p, model)} is at most {quantity(p, t.moving, model)}"
        for t in found.thresholds
        if t.moving is not None
        for p in (_parameter(model, t.axis),)
    ]
    lines = []
    if kept:
        lines.append(
            f"On the longest-lived path found, given these payoffs, a truce is kept while "
            f"{listed(kept)}, the other number staying as it is today."
        )
    named = [t for t in turns if t.player is not None]
    lines += [
        f"If {called(t.parameter, model)} were {quantity(t.parameter, t.first, model)}, "
        f"{model.players[t.player or 0]} would break the deal whatever was promised for later."
        for t in named[:1]
    ]
    if len(named) < len(turns):
        lines.append(
            "Where neither side alone is named, each could be kept to the deal, but not both by "
            "one promise."
        )
    return lines


def _if_so(found: Outlook) -> tuple[str, ...]:
    lines = []
    restriction = found.restriction
    period = _period(found)
    if restriction is not None:
        p = _parameter(found.model, restriction.axis)
        k = len(restriction.periods) // 2
        said = policy_words(restriction)
        if said is not None:
            (fast, high), (slow, low) = said
            ahead = long(restriction.periods[k], period)
            lines.append(
                f"- For {found.model.players[0]}: if {fast} were kept up for {ahead}, "
                f"{called(p, found.model)} would be {quantity(p, high, found.model)} on average at "
                f"the speeds assumed here; with {slow}, {quantity(p, low, found.model)}."
            )
            lines.append(
                f"- For {found.model.players[1]}: if {fast} came, it would be "
                f"{quantity(p, high - low, found.model)} further after {ahead} than with {slow}; "
                "the more of this it expects, the less it fears for."
            )
    longest = found.longest
    soon = min(_SOON, found.periods)
    if longest is not None and longest.clock.lasts[1] > 0:
        lasts = chance_words(float(longest.clock.lasts[soon]))
        lines.append(
            f"- For firms: if the longest-lived path is the one taken, the truce lasts "
            f"{long(soon, period)} with a chance of {lasts} "
            f"and {long(found.periods, period)} with one of "
            f"{chance_words(float(longest.clock.lasts[-1]))}; no path promises more than "
            f"{chance_words(float(found.bound[-1]))} of the latter."
        )
    return tuple(lines)
