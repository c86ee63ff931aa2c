"""A comparison of scenarios as a page and as plain data."""

from __future__ import annotations

from typing import Any

from negotiation import __version__
from negotiation.analysis.scenarios import Difference, Scenario
from negotiation.reporting.blocks import Block
from negotiation.solution.units import units_of
from negotiation.solution.verdict import amount, listed, number, patience

__all__ = ["pages", "to_dict"]


def pages(scenarios: tuple[Scenario, ...], found: tuple[Difference, ...]) -> tuple[Block, ...]:
    """Return the page of `negotiate compare`."""
    blocks = [_side_by_side(scenarios)]
    for d in found:
        blocks += [_why(scenarios[0], d), _causes(scenarios[0], d)]
    return tuple(b for b in blocks if b.lines or b.rows)


def _side_by_side(scenarios: tuple[Scenario, ...]) -> Block:
    """Return regime, margin and outcomes, one column for each scenario."""
    rows: list[tuple[str, ...]] = [
        ("regime", *(s.solution.regime for s in scenarios)),
        ("truce margin", *(number(s.margin) for s in scenarios)),
    ]
    names = dict.fromkeys(o.name for s in scenarios for o in s.solution.outcomes)
    truces = {o.name for s in scenarios for o in s.solution.outcomes if o.truce}
    for name in names:
        cells = [_cell(s, name) for s in scenarios]
        if name in truces or len(set(cells)) > 1:
            rows.append((name + (" [truce]" if name in truces else ""), *cells))
    return Block(
        "SIDE BY SIDE",
        header=("", *(s.name for s in scenarios)),
        rows=tuple(rows),
        notes=(
            f"Truce margin: what the side with less to lose would lose on average{_per(scenarios)} "
            "by breaking the truce, for the truce where that is most; below 0 no truce can be kept "
            "up.",
            "For each outcome: who would be first to break it and what patience that side needs "
            "at least.",
        ),
    )


def _per(scenarios: tuple[Scenario, ...]) -> str:
    """Say what margins are per, with their unit; "per period" where files differ in it."""
    units = {units_of(s.model) for s in scenarios}
    if len(units) != 1:
        return " per period"
    only = units.pop()
    return f" per {only.per}" + (f", in {only.unit}," if only.rate else "")


def _cell(s: Scenario, name: str) -> str:
    """Return in a few words whether an outcome holds."""
    cells = [o for o in s.solution.outcomes if o.name == name]
    if not cells:
        return "not in this file"
    o = next((o for o in cells if o.sustained), cells[0])
    if o.tightest_player is None:
        return "holds, nobody tempted" if o.sustained else "fails"
    who = s.solution.game.players[o.tightest_player]
    need = o.optimal_penal_code_by_player[o.tightest_player]
    return f"{'holds' if o.sustained else 'fails'}, {who} {patience(need)}"


def _why(first: Scenario, d: Difference) -> Block:
    """Return the causes of a difference as sentences."""
    title = f"From {first.name} to {d.scenario.name}"
    if d.structure:
        return Block(
            title,
            lines=(
                f"The two files differ in more than numbers: in their {listed(d.structure)}. What "
                "each number does cannot be told apart from that.",
            ),
        )
    if not d.causes:
        return Block(title, lines=("Nothing differs: all numbers are the same.",))
    change = d.scenario.margin - first.margin
    lines = []
    before, after = first.solution.regime, d.scenario.solution.regime
    regime = (
        f"the regime stays {before}"
        if before == after
        else f"the regime turns from {before} to {after}"
    )
    i = 0
    lines.append(
        f"Given these payoffs {regime}, and the truce margin "
        + (
            f"{'rises' if change > 0 else 'falls'} by {amount(first.solution, i, abs(change))}."
            if amount(first.solution, i, change) != "0"
            else "stays where it is."
        )
    )
    groups: dict[tuple[tuple[tuple[str, ...], ...], bool], list[str]] = {}
    for name, sets in d.turned.items():
        now = any(o.sustained for o in d.scenario.solution.outcomes if o.name == name)
        groups.setdefault((sets, now), []).append(name)
    lines += [
        f"- {_turned(names, sets, now=now, exact=d.exact)}" for (sets, now), names in groups.items()
    ]
    return Block(title, lines=tuple(lines))


def _turned(names: list[str], sets: tuple[tuple[str, ...], ...], *, now: bool, exact: bool) -> str:
    """Name the numbers that turn outcomes from holding to failing, or back."""
    many = len(names) > 1
    verb = ("start" if many else "starts") + " to hold" if now else "no longer hold"
    sentence = f"{listed(names)} {verb}{'' if many or now else 's'}"
    if len(sets[0]) > 1:
        shown = " or ".join(listed(group) for group in sets[:4])
        sentence += f" only because several numbers change together: {shown}"
        sentence += f", or {len(sets) - 4} more sets as small" if len(sets) > 4 else ""
    elif len(sets) > 1:
        each = listed(group[0] for group in sets)
        sentence += f"; the change of any one of {each} would be enough alone"
    else:
        sentence += f" because of {sets[0][0]} alone"
    return sentence + ("." if exact else " (of the combinations that were tried).")


def _causes(first: Scenario, d: Difference) -> Block:
    if not d.causes:
        return Block("")
    meaning = {p.name: p.meaning for p in first.model.parameters}
    return Block(
        f"What each number does to the truce margin, {first.name} to {d.scenario.name}",
        header=("number", first.name, d.scenario.name, "alone", "share", "meaning"),
        rows=tuple(
            (
                c.parameter,
                number(c.before),
                number(c.after),
                _signed(c.alone),
                _signed(c.share),
                meaning[c.parameter],
            )
            for c in d.causes
        ),
        notes=(
            "Alone: the change of the margin if only this number changes. Share: its part of the "
            "whole change, averaged over all orders of making the changes (Shapley value); the "
            "shares add up to the change."
            + ("" if d.exact else " Averaged over 200 random orders."),
        ),
    )


def _signed(x: float) -> str:
    text = number(x if abs(x) > 1e-9 else 0.0)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def to_dict(scenarios: tuple[Scenario, ...], found: tuple[Difference, ...]) -> dict[str, Any]:
    """Return the JSON of `negotiate compare`, schema ``negotiate/compare/1``."""
    return {
        "schema": "negotiate/compare/1",
        "version": __version__,
        "scenarios": [
            {
                "name": s.name,
                "title": s.model.title,
                "sha256": s.model.sha256,
                "settings": {k: float(v) for k, v in s.settings.items()},
                "parameters": s.solution.parameters,
                "regime": s.solution.regime,
                "sustained": list(s.solution.sustained),
                "margin": s.margin,
            }
            for s in scenarios
        ],
        "differences": [
            {
                "from": scenarios[0].name,
                "to": d.scenario.name,
                "structure": list(d.structure),
                "causes": [vars(c) for c in d.causes],
                "turned": {name: [list(s) for s in sets] for name, sets in d.turned.items()},
                "exact": d.exact,
            }
            for d in found
        ],
    }
