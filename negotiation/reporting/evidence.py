"""The two pages behind page one: the game, what holds in it and why, how the truce unfolds."""

from __future__ import annotations

from dataclasses import replace

from negotiation.deals.on_the_table import OnTheTable, Turn
from negotiation.reporting.blocks import Block
from negotiation.reporting.findings import Findings, figure
from negotiation.reporting.markdown import Text, bullets, fenced, from_block, heading
from negotiation.reporting.pages import path as path_page
from negotiation.reporting.pages.answers.followers import follower_block
from negotiation.reporting.pages.answers.history import seen_block
from negotiation.reporting.pages.deal_report import deal_blocks
from negotiation.reporting.pages.page_one.repeated import SHOWN
from negotiation.reporting.pages.page_one.words import called, quantity
from negotiation.reporting.pages.solution import matrix
from negotiation.solution import strategy_words
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.units import units_of
from negotiation.solution.verdict import amount, label, patience, weights, why_not

__all__ = ["changes_block", "evidence", "standing_block"]

_MOST_CHANGES = 5


def evidence(findings: Findings) -> list[Text]:
    """Return the evidence, part by part; parts with nothing to say are left out."""
    parts = _moving(findings) if findings.moves else _repeated(findings)
    return [heading(2, "The evidence"), *(part for part in parts if part)]


def _repeated(findings: Findings) -> list[Text]:
    solution, table = findings.solution, findings.table
    parts: list[Text] = [
        from_block(matrix(solution)),
        from_block(standing_block(solution, table)),
        *_kept_up(findings),
        *figure(findings, "payoffs"),
    ]
    if table is not None:
        changes = changes_block(table)
        parts += [from_block(changes)] if changes.rows else []
    return [*parts, *_seen(findings), *_terms(findings)]


def _seen(findings: Findings) -> list[Text]:
    """Return who answers both sides, and observed play stretch by stretch, if there is any."""
    blocks = (follower_block(findings.solution), seen_block(findings.solution))
    return [from_block(b) for b in blocks if b.rows]


def _terms(findings: Findings) -> list[Text]:
    """Return which terms hold, where the file names any; `negotiate deal` has the rest."""
    if findings.deals is None:
        return []
    first, *rest = deal_blocks(findings.deals)[:2]
    return [
        heading(3, "The deal"),
        from_block(replace(first, lines=first.lines[:2]), title=False),
        *figure(findings, "contract"),
        *(from_block(b) for b in rest),
    ]


def standing_block(solution: Solution, table: OnTheTable | None) -> Block:
    """Return each truce and whatever else holds: losses by breaking it, patience needed, cases."""
    players, units = solution.game.players, units_of(solution.model)
    shown = [o for o in solution.outcomes if o.truce or o.sustained]
    cases = table is not None and table.cases > 0
    rows = tuple(_standing(solution, table, o) for o in shown)
    if not rows:
        return Block("What holds", lines=("No named outcome can be kept up.",))
    said = units.in_full.split(" (")[0]
    unit = f" in {said}" if said else ""
    notes = [
        f"Loses: what breaking it would cost that side{unit} on average, if the worst that can "
        "believably follow did; below 0 it gains. Needs: the least weight of the next "
        f"{units.period} relative to this one, the other side's as given; here {weights(solution)}."
    ]
    if cases and table is not None:
        notes.append(
            f"Cases: in how many of {table.cases:,}, spread evenly over the ranges of what is not "
            "agreed on, it can be kept up. That several outcomes hold does not say which comes "
            "about."
        )
    header = (
        "outcome", "holds", *(f"{p} loses" for p in players), *(f"{p} needs" for p in players),
        *(["cases"] if cases else []),
    )  # fmt: skip
    return Block(
        "What holds, and what breaking it costs", header=header, rows=rows, notes=tuple(notes)
    )


def _standing(solution: Solution, table: OnTheTable | None, o: OutcomeResult) -> tuple[str, ...]:
    losses = ("-", "-") if o.slack is None else (
        amount(solution, 0, o.slack[0]), amount(solution, 1, o.slack[1])
    )  # fmt: skip
    needs = (patience(x) for x in o.optimal_penal_code_by_player)
    row = (label(solution, o), "yes" if o.sustained else "no", *losses, *needs)
    if table is None or not table.cases:
        return row
    count = table.holds.get(label(solution, o))
    return (*row, "-" if count is None else f"{count:,}")


def _kept_up(findings: Findings) -> list[Text]:
    """Say how the deal is kept up, and as a diagram; or why it cannot be."""
    solution, table = findings.solution, findings.table
    if table is None:
        return []
    o = table.outcome
    if o.strategy is None:
        return [heading(3, "Why the deal cannot hold"), f"{_start(why_not(solution, o))}."]
    every = strategy_words.words(solution.game, o.strategy, units=units_of(solution.model))
    sentences = every[:-2] if len(every) > 3 else every  # what it costs is said on page one
    return [
        heading(3, "How the deal is kept up"),
        bullets(sentences),
        fenced(strategy_words.mermaid(solution.game, o.strategy), "mermaid"),
    ]


def changes_block(table: OnTheTable) -> Block:
    """Return the critical values of single numbers that page one does not show."""
    solution, deal = table.solution, table.outcome
    name = label(solution, deal)
    on_page_one = [
        d.turn for d in table.deciding if d.turn.starts != deal.sustained
    ][:SHOWN]  # fmt: skip
    left = [t for t in table.turns if not any(_same(t, shown) for shown in on_page_one)]
    terms = {n for n, _ in (solution.model.terms if solution.model else ())}
    rows = [
        _change(solution, t)
        for t in sorted(left, key=lambda t: (t.outcome != name, t.share))
        if t.parameter.name not in terms
    ]
    notes = ["Nearest first, as a share of the number's range; all else as given."]
    if len(rows) > _MOST_CHANGES:
        notes.append(f"{len(rows) - _MOST_CHANGES} more: negotiate solve --full.")
    if table.open:
        notes.append(f"Left open by rounding: {', '.join(table.open)}.")
    return Block(
        "Other numbers that decide",
        header=("truce", "number", "now", "critical value", "beyond it"),
        rows=tuple(rows[:_MOST_CHANGES]),
        notes=tuple(notes),
    )


def _same(t: Turn, other: Turn) -> bool:
    return (t.outcome, t.parameter.name, t.at) == (other.outcome, other.parameter.name, other.at)


def _change(solution: Solution, t: Turn) -> tuple[str, ...]:
    model = solution.model
    who = "" if t.player is None else solution.game.players[t.player]
    effect = (
        f"{who or 'a side'} no longer breaks it" if t.starts else f"{who or 'a side'} breaks it"
    )
    side = "above" if t.at > t.now else "below"
    return (
        t.outcome,
        t.parameter.name if model is None else called(t.parameter, model),
        quantity(t.parameter, t.now, model),
        f"{side} {quantity(t.parameter, t.at, model)}",
        effect,
    )


def _moving(findings: Findings) -> list[Text]:
    """Return how the truce unfolds; what would hold if nothing moved is another report's."""
    assert findings.outlook is not None, "only where the state moves"
    last = ("Assumed, without", "What this does not", "How it may go", "On the way")
    blocks = [b for b in path_page.page(findings.outlook) if not b.title.startswith(last)]
    first = replace(blocks[0], title="How long it lasts", lines=blocks[0].lines[1:])
    return [
        from_block(first),
        *figure(findings, "clock"),
        *(from_block(b) for b in blocks[1:]),
    ]


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]
