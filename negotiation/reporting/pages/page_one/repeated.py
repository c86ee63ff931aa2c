"""Page one of a report: what holds, who would break it, what decides that, and what to watch.

Every sentence is made from checked numbers, and changes or goes when they do. No symbol and no term
of the theory stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.deals.on_the_table import Deciding, OnTheTable
from negotiation.games.game import Outcome
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.reporting.blocks import Block
from negotiation.reporting.pages.page_one.words import (
    called,
    chance_words,
    either,
    long,
    quantity,
    sentence,
    watching,
)
from negotiation.solution.bears import TERMS, Bears
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.strategy_words import answer
from negotiation.solution.units import units_of
from negotiation.solution.verdict import amount, label, listed, number, period_of

__all__ = [
    "COUNT",
    "MOST_WORDS",
    "SHOWN",
    "blocks",
    "deal_words",
    "headline",
]

SHOWN = 3
"""Deciding numbers at most."""
MOST_WORDS = 450
COUNT = {1: "One number decides it", 2: "Two numbers decide it", 3: "Three numbers decide it"}


@dataclass(frozen=True)
class _Page:
    """Findings that all parts need, and who is closest to breaking the deal."""

    found: OnTheTable

    @property
    def solution(self) -> Solution:
        return self.found.solution

    @property
    def model(self) -> PayoffFile:
        model = self.found.solution.model
        assert model is not None, "a page one is of a file"
        return model

    @property
    def deal(self) -> OutcomeResult:
        return self.found.outcome

    @property
    def breaker(self) -> int | None:
        """Player closest to breaking the deal, or breaks it; None if nobody is tempted."""
        return self.deal.tightest_player

    def who(self, i: int) -> str:
        return self.solution.game.players[i]

    def rate(self, i: int, x: float) -> str:
        """Write an amount as payoffs are given, with its unit."""
        return f"{amount(self.solution, i, x)}{self.unit}"

    @property
    def unit(self) -> str:
        units = units_of(self.solution.model)
        if not units.unit:
            return ""
        said = units.unit.split(" (")[0]
        return f" {said} a {units.rate}" if units.rate else f" {said}"

    def at_once(self, i: int, x: float) -> str:
        """Write what a payoff comes to within one period, where payoffs are a rate."""
        units = units_of(self.solution.model)
        return f"{amount(self.solution, i, x * units.share)}{units.said}"


def headline(deal: Outcome) -> str:
    """Return the question that the page answers, as a title."""
    return f"can {deal.name} hold?"


def blocks(found: OnTheTable, *, seen: str = "") -> tuple[Block, ...]:
    """Return the parts of page one, in reading order; parts with nothing to say are left out.

    Parameters
    ----------
    found
        What decides about the deal.
    seen
        A sentence on whether the model explains what was observed; empty if nothing was.
    """
    page = _Page(found)
    parts = (
        Block("The finding", lines=(" ".join(_finding(page)),)),
        Block("Against what was seen", lines=(seen,) if seen else ()),
        _numbers(page),
        Block("Who breaks first, and then?", lines=(" ".join(_breach(page)),)),
        Block("What to watch", lines=watching(page.model, [d.parameter for d in _shown(page)])),
        Block("If so", lines=_if_so(page)),
    )
    return tuple(b for b in parts if b.lines or b.rows)


def _finding(page: _Page) -> list[str]:
    deal = next(x for x in page.model.outcomes if x.name == page.deal.name)
    name = deal_words(page.model, deal, page.deal.profile)
    return [_holds(page, name), *_why(page), *_in_cases(page)]


def _holds(page: _Page, name: str) -> str:
    start = f"Given these payoffs, the deal on the table, {name},"
    if not page.deal.sustained:
        first = f": {page.who(page.breaker)} would break it" if page.breaker is not None else ""
        return f"{start} cannot hold{first}."
    if page.breaker is None:
        return f"{start} holds without any threat: neither side gains by breaking it even once."
    return f"{start} can hold, but only because breaking it would start something worse."


def _why(page: _Page) -> list[str]:
    """Say what breaking brings at once, what it costs after, and what the other has to spare."""
    i, o = page.breaker, page.deal
    if i is None or o.slack is None:
        return [_free(page)]
    gain, slack = o.best_deviation[i].gain, o.slack[i]
    units = units_of(page.solution.model)
    level = page.rate(i, gain) + (
        f" ({page.at_once(i, gain)} in one {units.period})"
        if units.rate
        else f" in that {units.period}"
    )
    verb = f"{page.who(i)} would gain {level} by {_move(page, i)}"
    per = f"on average, later {units.period}s counting for less"
    if slack >= 0:
        after = (
            "but the worst that can believably follow would leave it "
            f"{page.rate(i, slack)} worse off {per}"
        )
    else:
        after = (
            "and the worst that can believably follow would still leave it "
            f"{page.rate(i, -slack)} better off {per}"
        )
    other = o.slack[1 - i]
    spare = (
        f"{page.who(1 - i)} has {page.rate(1 - i, other)} to spare"
        if other >= 0
        else f"{page.who(1 - i)} would gain {page.rate(1 - i, -other)} by breaking it too"
    )
    return [f"{verb}, {after}; {spare}."]


def _free(page: _Page) -> str:
    """Say what breaking the deal would cost each side, where nobody is tempted."""
    slack = page.deal.slack
    if slack is None:
        return "Neither has a better choice."
    each = listed(f"{page.who(i)} {page.rate(i, slack[i])}" for i in (0, 1))
    return f"Breaking it would cost {each} on average, if the worst that can be believed followed."


def _in_cases(page: _Page) -> list[str]:
    found = page.found
    name = label(page.solution, page.deal)
    if not found.cases or name not in found.holds:
        return []
    others = [
        f"{n} in {k:,}" for n, k in sorted(found.holds.items(), key=lambda x: -x[1])
        if n != name
    ]  # fmt: skip
    rest = f" ({'; '.join(others)})" if others else ""
    return [
        f"It holds in {found.holds[name]:,} of {found.cases:,} cases spread over what is not "
        f"known{rest}: a share of cases, not a probability."
    ]


def _numbers(page: _Page) -> Block:
    shown = _shown(page)
    if not shown:
        return Block(
            "Which numbers decide it",
            lines=(
                "No single number, moved within its range, would change whether the deal holds.",
            ),
        )
    ends = page.deal.sustained
    rows = []
    for d in shown:
        p, t = d.parameter, d.turn
        side = "above" if t.at > t.now else "below"
        marked = {"assumed": " (assumed)", "mixed": " (in part assumed)"}.get(p.grade, "")
        who = page.who(t.player) if t.player is not None else "-"
        rows.append(
            (
                sentence(called(p, page.model)),
                quantity(p, t.now, page.model) + marked,
                f"{side} {_bare(p, t.at, page.model)}",
                who,
            )
        )
    turned = "the deal ends" if ends else "the deal would hold"
    who = "who breaks it" if ends else "who would no longer break it"
    return Block(COUNT[len(shown)], header=("", "now", turned, who), rows=tuple(rows))


def _shown(page: _Page) -> tuple[Deciding, ...]:
    """Return the nearest numbers that turn the answer around."""
    wanted = page.deal.sustained
    return tuple(d for d in page.found.deciding if d.turn.starts != wanted)[:SHOWN]


def _bare(p: Parameter, x: float, model: PayoffFile) -> str:
    """Write a value beside another of the same number: its unit is said there, but for shares."""
    said = quantity(p, x, model)
    return said if "%" in said else number(x)


def _breach(page: _Page) -> list[str]:
    i, o, solution = page.breaker, page.deal, page.solution
    period = period_of(solution)
    if i is None:
        return ["Neither side would gain by breaking it, so nothing has to follow."]
    who, other = page.who(i), page.who(1 - i)
    loss = o.payoffs[1 - i] - _payoff_after(page, i)
    lost = page.at_once(1 - i, loss)
    hit = f"; {other} would lose {lost} in that {period}" if loss > 0 else ""
    if o.sustained and o.strategy is not None:
        follows = answer(solution.game, o.strategy, i, period=period, named=_called(solution))
        return [
            f"{who}, if anyone, by {_move(page, i)}{hit}.",
            f"The answer that deters this, given these payoffs: {follows}.",
        ]
    return [
        f"{who} would, at once, by {_move(page, i)}{hit}.",
        _believable(page, i),
    ]


def _believable(page: _Page, i: int) -> str:
    """Say what would have to follow for the deal to hold, and what can."""
    worst = page.solution.repeated.min_spe_payoffs
    if worst is None:
        return "No plan of answers to a breach can be believed here."
    now = page.rate(i, page.deal.payoffs[i])
    return (
        f"Given these payoffs, the deal brings {page.who(i)} {now}; "
        "no believable answer to a breach pushes it below "
        f"{page.rate(i, float(worst[i]))}."
    )


def _payoff_after(page: _Page, i: int) -> float:
    """Return what the other side gets in the period in which player i breaks the deal."""
    cell = list(page.deal.profile)
    cell[i] = page.deal.best_deviation[i].action
    return float(page.solution.game.payoffs[1 - i][tuple(cell)])


def _if_so(page: _Page) -> tuple[str, ...]:
    found = page.solution.bears.get(page.deal.profile)
    for_whom = {page.who(i): _for_side(page, i, found) for i in (0, 1)}
    for_whom["firms"] = _for_firms(page, found)
    return tuple(
        f"- For {who}: {_lower(' '.join(lines))}" for who, lines in for_whom.items() if lines
    )


def _for_side(page: _Page, i: int, found: Bears | None) -> list[str]:
    """Say how much worse the deal may get for a side, and what it is up against."""
    lines = []
    spare = page.found.spare[i]
    if spare is not None and spare >= 0:
        x = page.rate(i, spare)
        lines.append(f"if the deal became worth {x} less to it, a breach would start to pay.")
    elif spare is not None:
        x = page.rate(i, -spare)
        lines.append(f"if the deal were worth {x} more to it, a breach would no longer pay.")
    return [*lines, *_next_for_side(page, i, found)]


def _next_for_side(page: _Page, i: int, found: Bears | None) -> list[str]:
    period, j = period_of(page.solution), 1 - i
    if found is None:
        return []
    own, other = found.sides[i], found.sides[j]
    if i == page.breaker:
        return [
            f"If it expected a government that ends the deal with a chance above "
            f"{chance_words(own.turnover)} a {period}, that answer would no longer deter it."
        ]
    if other.gain > 0 and other.freeze[0] is not None:
        return [
            f"{page.who(j)} keeps to it only if it expects such an answer to last "
            f"{long(other.freeze[0], period)} or more."
        ]
    return []


def _for_firms(page: _Page, found: Bears | None) -> list[str]:
    period = period_of(page.solution)
    if found is None:
        alternatives = [o for o in page.solution.outcomes if o.truce and o.sustained]
        if not alternatives:
            return ["if payoffs are as given here, no truce named in this file can be relied on."]
        names = listed(dict.fromkeys(label(page.solution, o) for o in alternatives))
        return [f"if payoffs are as given here, plan for {names} rather than this deal."]
    tempted = [s for s in found.sides if s.gain > 0]
    lines = []
    stocks = [
        f"{page.who(s.player)} with a stock of {long(s.stock + 1, period)}"
        for s in tempted
        if s.stock is not None
    ]
    if stocks:
        lines.append(
            f"if what is bought can be stored, that answer would not deter {either(stocks)}."
        )
    if tempted:
        most = max(tempted, key=lambda s: 2.0 if s.renewal[2] is None else s.renewal[2])
        belief = most.renewal[2]
        who = page.who(most.player)
        lines.append(
            f"If the deal ran for {TERMS[2]} {period}s at a time, {who} would break it whatever "
            "the hope of renewal."
            if belief is None
            else f"If the deal ran for {TERMS[2]} {period}s at a time, {who} would have to expect "
            f"renewal with a chance of {chance_words(belief)} or more."
        )
    return lines


def deal_words(model: PayoffFile, deal: Outcome, profile: tuple[int, int] | None = None) -> str:
    """Name a deal in plain words: its name, and what each side does in it."""
    if deal.meaning:
        return f"{deal.name} ({deal.meaning})"
    cell = deal.profiles[0] if profile is None else profile
    sides = []
    for i, who in enumerate(model.players):
        set_to = _settings(model, i, cell[i])
        sides.append(f"{who}: " + ", ".join(f"{lever} {s}".strip() for lever, s in set_to))
    return f"{deal.name} ({'; '.join(sides)})"


def _settings(model: PayoffFile, i: int, action: int) -> list[tuple[str, str]]:
    """Return a player's levers with their settings in an action."""
    levers, name = model.levers[i], model.actions[i][action]
    if len(levers) < 2:
        return [(levers[0].name if levers else "", name)]
    places = np.unravel_index(action, [len(lever.settings) for lever in levers])
    return [
        (lever.name, lever.settings[int(k)].name) for lever, k in zip(levers, places, strict=True)
    ]


def _move(page: _Page, i: int) -> str:
    """Say what a side does when it breaks the deal: the levers that it moves."""
    own = _settings(page.model, i, page.deal.profile[i])
    other = _settings(page.model, i, page.deal.best_deviation[i].action)
    moved = [
        f"turning {lever} from {a} to {b}" if lever else f"playing {b} instead of {a}"
        for (lever, a), (_, b) in zip(own, other, strict=True)
        if a != b
    ]
    return listed(moved) if moved else "doing something else"


def _called(solution: Solution) -> dict[tuple[int, int], str]:
    """Return the name of every named cell."""
    return {p: o.name for o in solution.game.outcomes for p in o.profiles}


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
