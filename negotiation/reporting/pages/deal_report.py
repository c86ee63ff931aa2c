"""The section of a report that a negotiator acts on: three deals, what breaks them, how sure."""

from __future__ import annotations

from negotiation.analysis.thresholds import Flip, flips
from negotiation.deals.deal import KINDS, Deal, DealAnalysis
from negotiation.reporting.blocks import Block
from negotiation.reporting.pages.bears import sentences
from negotiation.reporting.pages.deal import kind_names, pages, stated, unit_of
from negotiation.solution.verdict import listed, number

__all__ = ["deal_blocks", "shown"]

_SHOWN, _NEAREST = 3, 2


def shown(study: DealAnalysis) -> tuple[Deal, ...]:
    """Return the deals that a report is about: at most three that hold.

    The Nash bargain, the safest, and the one that holds in most cases; where these are the same,
    others in the order of `KINDS`.
    """
    holding = [d for d in study.deals if d.sustained]
    widest = max(holding, key=lambda d: d.holds_in or 0, default=None)
    first = [study.deal("nash"), study.deal("largest_margin"), widest]
    rest = [study.deal(kind) for kind in KINDS]
    chosen: list[Deal] = []
    for d in (*first, *rest):
        if d is not None and d.sustained and d not in chosen and len(chosen) < _SHOWN:
            chosen.append(d)
    return tuple(chosen)


def deal_blocks(study: DealAnalysis) -> tuple[Block, ...]:
    """Return the section's blocks: the answer, the deals, each in turn, and how sure."""
    every = pages(study)
    answer = Block("The answer", lines=every[0].lines)
    kept = [b for b in every if b.title in ("If there is no deal", "How sure", "How it was found")]
    deals = shown(study)
    if not deals:
        return (answer, *kept)
    return (answer, _table(study, deals), *(_one(study, d) for d in deals), *kept)


def _table(study: DealAnalysis, deals: tuple[Deal, ...]) -> Block:
    players, unit = study.contract.model.players, unit_of(study)
    rows = [
        (
            listed(kind_names(study, d.kinds)),
            *map(number, d.terms),
            *map(number, d.payoffs),
            _tightest(study, d),
            "-" if d.holds_in is None or study.sample is None
            else f"{d.holds_in} of {study.sample.cases}",
        )
        for d in (*deals, study.own)
    ]  # fmt: skip
    header = (
        "deal",
        *study.contract.names,
        *(f"{p} gets" for p in players),
        "least to lose by breaking it",
        "holds in cases",
    )
    return Block(
        "The deals side by side",
        header=header,
        rows=tuple(rows),
        notes=(f"Payoffs and losses in {unit}.",),
    )


def _tightest(study: DealAnalysis, d: Deal) -> str:
    if d.slack is None:
        return "-"
    i = 0 if d.slack[0] <= d.slack[1] else 1
    loss = d.slack[i] if abs(d.slack[i]) > 1e-6 else 0.0
    return f"{study.contract.model.players[i]}, {number(loss)}"


def _one(study: DealAnalysis, d: Deal) -> Block:
    """Say what one deal is, who would break it first, and what would make them."""
    model = study.contract.model
    unit, period = unit_of(study), model.period or "period"
    name = kind_names(study, d.kinds)[0]
    gets = listed(f"{p} {number(x)}" for p, x in zip(model.players, d.payoffs, strict=True))
    lines = [f"With {stated(study, d)}: {gets}, in {unit}. {_first(study, d)}"]
    lines += [f"- {_turned(study, f)}" for f in _nearest(study, d)]
    if d.bears is not None:
        lines += [f"- {s[:1].upper()}{s[1:]}" for s in sentences(d.bears, model.players, period)]
    lines.append(_cases(study, d))
    return Block(f"{name[:1].upper()}{name[1:]}", lines=tuple(line for line in lines if line))


def _first(study: DealAnalysis, d: Deal) -> str:
    if d.slack is None:
        return ""
    i = 0 if d.slack[0] <= d.slack[1] else 1
    name, unit = study.contract.model.players[i], unit_of(study)
    if i in d.binding:
        return f"{name} is just indifferent to breaking it: the smallest change may end it."
    return (
        f"{name} has least to lose by breaking it, {number(d.slack[i])} {unit} on average. "
        "What would break it, one change at a time:"
    )


def _nearest(study: DealAnalysis, d: Deal) -> list[Flip]:
    """Return the nearest thresholds of single numbers other than the terms."""
    deal = study.contract
    ranges = {p.name: p.range for p in deal.model.parameters}
    among = [(deal.outcome, deal.profile)]
    each = [
        f for f in flips(deal.model, deal.at(d.terms), among=among) if f.parameter not in deal.names
    ]

    def away(f: Flip) -> tuple[float, str]:
        low, high = ranges[f.parameter]
        return abs(f.at - f.now) / ((high - low) or 1.0), f.parameter

    return sorted(each, key=away)[:_NEAREST]


def _turned(study: DealAnalysis, f: Flip) -> str:
    model = study.contract.model
    meaning = next(p.meaning for p in model.parameters if p.name == f.parameter)
    side = "below" if f.holds_above else "above"
    name = f"{f.parameter} ({meaning})" if meaning else f.parameter
    ends = "its punishment is not credible"
    if f.player is not None:
        ends = f"{model.players[f.player]} breaks it"
    return f"{name} {side} {number(f.at)}, now {number(f.now)}: {ends}."


def _cases(study: DealAnalysis, d: Deal) -> str:
    if study.sample is None or d.holds_in is None or d.broken_by is None:
        return ""
    first, second = study.contract.model.players
    return (
        f"It holds in {d.holds_in} of {study.sample.cases} sampled cases; {first} would break it "
        f"in {d.broken_by[0]}, {second} in {d.broken_by[1]}."
    )
