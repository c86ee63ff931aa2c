"""The appendix of a report: what is assumed, in full, and how to do it all again."""

from __future__ import annotations

from dataclasses import replace

from negotiation.reporting.findings import Findings, block_named, figure
from negotiation.reporting.markdown import (
    Text,
    bullets,
    code,
    fenced,
    fixed,
    from_block,
    heading,
)
from negotiation.reporting.pages.bears import bears_block
from negotiation.reporting.pages.sensitivity import pages as sensitivity_pages
from negotiation.reporting.tables import (
    from_the_base,
    own_numbers,
    parameter_table,
    references,
)
from negotiation.reporting.words import payoff_formulas, punishment_checks
from negotiation.solution.verdict import period_of

__all__ = ["appendix"]


def appendix(findings: Findings) -> list[Text]:
    """Return the appendix, part by part; parts with nothing to say are left out."""
    parts = [
        ("The question, and what this is not", _question(findings)),
        ("The numbers", _numbers(findings)),
        ("The formulas", _formulas(findings)),
        ("Everything else that holds", _others(findings)),
        ("What a truce can bear", _bears(findings)),
        ("What the answer hangs on", _sensitivity(findings)),
        ("If the game were set up otherwise", _checks(findings)),
        ("Sources", [references(findings.model, _cited(findings))]),
        ("How to make this again", _again(findings)),
    ]
    out: list[Text] = [heading(2, "Appendix")]
    for title, body in parts:
        kept = [part for part in body if part]
        if kept:
            out += [heading(3, title), *kept]
    return out


def _question(findings: Findings) -> list[Text]:
    model, period = findings.model, period_of(findings.solution)
    first, second = model.players
    chances = (
        "Its only chances are those of the moves of the state, given what is played."
        if findings.moves
        else "It gives no chances."
    )
    left_out: list[Text] = []
    if model.not_modelled:
        left_out = ["This model leaves out:", bullets(model.not_modelled)]
    return [
        *(model.about.split("\n\n") if model.about else ()),
        f"{first} and {second} meet every {period} with no known end; each moves without seeing "
        "what the other does at that moment, and then sees it. Both know both payoffs, and plans "
        "keep nobody guessing.",
        "It is no forecast: it says what these payoffs imply, not whether they are right. "
        f"{chances} It is no advice to {first} or {second}.",
        *left_out,
    ]


def _numbers(findings: Findings) -> list[Text]:
    values = findings.solution.parameters
    return [
        parameter_table(findings.model, values, findings.sensitivity),
        from_the_base(findings.model, values),
    ]


def _cited(findings: Findings) -> set[str]:
    """Return the sources of what this file says itself."""
    model = findings.model
    cited = {s for p in own_numbers(model) for s in p.sources}
    return cited | {s for w in model.watch for s in w.sources}


def _formulas(findings: Findings) -> list[Text]:
    formulas, unit = payoff_formulas(findings.solution), findings.model.payoff_unit
    return [
        bullets(formulas) if formulas else "The payoffs are given as tables of numbers.",
        "" if unit else "The file gives its payoffs no unit.",
    ]


def _others(findings: Findings) -> list[Text]:
    """Return the one-off equilibria and the patience needed."""
    if findings.moves:
        return []
    return [
        from_block(block_named(findings, "If played once"), level=4),
        *figure(findings, "patience"),
    ]


def _bears(findings: Findings) -> list[Text]:
    if findings.moves:
        return []
    block = bears_block(findings.solution)
    if not block.rows:
        return []
    return [from_block(replace(block, lines=(), notes=block.notes[-1:]), title=False)]


def _sensitivity(findings: Findings) -> list[Text]:
    if findings.sensitivity is None:
        return []
    wanted = ("Conditions under", "Smallest change of all")
    blocks = [b for b in sensitivity_pages(findings.sensitivity) if b.title.startswith(wanted)]
    blocks = [replace(b, rows=(), header=(), notes=b.notes[-1:]) for b in blocks]
    return [*figure(findings, "tornado"), *(from_block(b, level=4) for b in blocks)]


def _checks(findings: Findings) -> list[Text]:
    if findings.moves:
        return []
    return [bullets(punishment_checks(findings.solution))]


def _again(findings: Findings) -> list[Text]:
    return [
        fenced(findings.command, "sh"),
        fixed(
            "Made with negotiate {version} from a file with SHA-256 {digest}: the same version and "
            "file give the same text on any machine. `negotiate explain` says what a word means.",
            version=findings.version,
            digest=code(findings.model.sha256),
        ),
    ]
