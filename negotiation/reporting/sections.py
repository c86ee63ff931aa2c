"""The sections of a report in reading order, as titles with pieces of Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from negotiation.analysis.samples import Sensitivity
from negotiation.analysis.scenarios import Difference, Scenario
from negotiation.analysis.thresholds import Flip
from negotiation.deals.deal import DealAnalysis
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.figures.drawing import Picture
from negotiation.reporting.markdown import (
    Text,
    bullets,
    code,
    fenced,
    fixed,
    from_block,
    heading,
    image,
    listing,
)
from negotiation.reporting.pages import path as outlook_words
from negotiation.reporting.pages import scenarios as compare_text
from negotiation.reporting.pages import sensitivity as sensitivity_text
from negotiation.reporting.pages.bears import bears_block
from negotiation.reporting.pages.deal_report import deal_blocks
from negotiation.reporting.pages.details import more_blocks
from negotiation.reporting.pages.solution import page
from negotiation.reporting.tables import (
    assumption_table,
    glossary,
    levers_table,
    parameter_table,
    references,
    xlrm_table,
)
from negotiation.reporting.words import (
    bottom_line,
    game_class,
    implications,
    payoff_formulas,
    punishment_checks,
    remaining_verdict,
)
from negotiation.solution import strategy_words
from negotiation.solution.history import explained
from negotiation.solution.path import Outlook
from negotiation.solution.solution import Solution
from negotiation.solution.units import units_of
from negotiation.solution.verdict import label, listed, period_of, verdict

__all__ = [
    "CLOSING",
    "OPENING",
    "Findings",
    "Make",
    "Section",
    "block",
    "figure",
    "sections",
]


@dataclass(frozen=True, eq=False)
class Findings:
    """All findings that a report is made of.

    Attributes
    ----------
    model, solution, flips
        The file, what holds, and the thresholds of single numbers.
    sensitivity
        None if the file gives nothing to vary, or no truce.
    scenarios, differences
        Scenarios side by side, the first being the file's; empty without a sensitivity.
    outlook
        How the truce unfolds, where the state moves.
    deals
        Which terms hold, where the file names any.
    pictures
        Name → picture and path.
    command, version, seed
        How to make the report again.
    """

    model: PayoffFile
    solution: Solution
    flips: tuple[Flip, ...]
    sensitivity: Sensitivity | None
    scenarios: tuple[Scenario, ...]
    differences: tuple[Difference, ...]
    outlook: Outlook | None
    pictures: dict[str, tuple[Picture, str]]
    command: str
    version: str
    seed: int
    deals: DealAnalysis | None = None


Make = Callable[[Findings], list[Text]]
"""What makes the parts of a section."""


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs, tables and figures, as Markdown."""

    title: str
    parts: tuple[Text, ...]


def block(found: Findings, start: str, *, title: bool = True) -> Text:
    """Return the block of the full page with a title that starts so; empty if none."""
    blocks = [b for b in page(found.solution, full=True) if b.title.startswith(start)]
    return from_block(blocks[0], title=title) if blocks else ""


def figure(found: Findings, name: str) -> list[Text]:
    """Return a picture and its caption; empty if it was not drawn."""
    if name not in found.pictures:
        return []
    picture, path = found.pictures[name]
    return [image(picture.alt, path), picture.caption]


def _bottom_line(findings: Findings) -> list[Text]:
    lines = bottom_line(findings.solution, findings.sensitivity)
    if findings.outlook is not None:
        first = outlook_words.page(findings.outlook)[0].lines[0]
        lines = (first, *map(_unmoved, lines[1:]))
    seen = block(findings, "Against what was seen")
    return [" ".join(lines), explained(findings.solution), seen]


def _unmoved(line: str) -> str:
    """Mark a sentence as being about the fixed-state game."""
    return f"If nothing moved, {line[:1].lower()}{line[1:]}"


def _what_this_is_not(findings: Findings) -> list[Text]:
    first, second = findings.model.players
    chances = (
        "It gives no probabilities. A share of sampled cases is a share of cases."
        if findings.outlook is None
        else "Its only probabilities are those of the moves of the state, given what is played. A "
        "share of sampled cases is a share of cases."
    )
    return [
        bullets(
            (
                "It is not a forecast. It says what the payoffs below imply, and not whether they "
                "are right.",
                "It does not say which outcome will come about where several could be kept up.",
                chances,
                f"It is not advice to {first} or {second}: the payoffs are a model "
                "of what each wants.",
            )
        )
    ]


def _question(findings: Findings) -> list[Text]:
    model, period = findings.model, period_of(findings.solution)
    first, second = model.players
    return [
        *model.about.split("\n\n"),
        f"Two players, {first} and {second}, meet every {period} with no known end. Each "
        "sets its levers without seeing what the other does at that moment, and then sees it. What "
        "comes later counts for less than what comes now, by a factor that may differ between the "
        "two.",
        levers_table(model),
        "The state moves while the game is played. Sections whose title says so take it as frozen "
        "where it is at the start."
        if findings.outlook is not None
        else "",
    ]


def _xlrm(findings: Findings) -> list[Text]:
    return [xlrm_table(findings.model)]


def _stage_game(findings: Findings) -> list[Text]:
    solution = findings.solution
    truces = sorted((o for o in solution.outcomes if o.truce), key=lambda o: not o.sustained)
    classes = game_class(solution, truces[0]) if truces else ()
    formulas, units = payoff_formulas(solution), units_of(findings.model)
    unit = units.in_full
    return [
        bullets(formulas) if formulas else "The payoffs are given as tables of numbers.",
        f"Payoffs, and all averages and margins in this report, are in {unit}; what is gained or "
        f"lost in a {units.period} is in {units.unit}."
        if units.rate
        else f"Payoffs, and all gains, losses and margins in this report, are in {unit}."
        if unit
        else "The file gives its payoffs no unit.",
        block(findings, "Payoffs per"),
        block(findings, "If played once"),
        block(findings, "Who answers, and how"),
        heading(3, "What kind of game") if classes else "",
        " ".join(classes[:1]),
        bullets(classes[1:]) if classes else "",
    ]


def _parameters(findings: Findings) -> list[Text]:
    return [parameter_table(findings.model, findings.solution.parameters, findings.sensitivity)]


def _baseline(findings: Findings) -> list[Text]:
    solution = findings.solution
    lines = remaining_verdict(solution)
    if findings.outlook is not None:
        start = verdict(solution)[0]
        lines = (_unmoved(start), *lines)
    parts: list[Text] = [" ".join(lines), block(findings, "If someone breaks")]
    parts += figure(findings, "slack")
    names_by_line: dict[str, list[str]] = {}
    drawn: list[Text] = []
    for o in solution.outcomes:
        if o.truce and o.strategy is not None:
            name, units = label(solution, o), units_of(solution.model)
            for line in strategy_words.words(solution.game, o.strategy, units=units):
                names_by_line.setdefault(line, []).append(name)
            drawn.append(f"As a diagram, {name}:")
            drawn.append(fenced(strategy_words.mermaid(solution.game, o.strategy), "mermaid"))
    groups: dict[str, list[str]] = {}
    for line, names in names_by_line.items():
        groups.setdefault(listed(names), []).append(line)
    if groups:
        parts.append(heading(3, "How it is kept up"))
    for group, sentences in groups.items():
        parts += [f"For {group}:", bullets(sentences)]
    return parts + drawn


def _patience(findings: Findings) -> list[Text]:
    return [block(findings, "If played for ever", title=False), *figure(findings, "patience")]


def _deal(found: Findings) -> list[Text]:
    if found.deals is None:
        return []
    first, *rest = deal_blocks(found.deals)
    return [
        from_block(first, title=False),
        *figure(found, "contract"),
        *(from_block(b) for b in rest),
    ]


def _bears(found: Findings) -> list[Text]:
    block = bears_block(found.solution)
    return [from_block(block, title=False)] if block.rows else []


def _plane(findings: Findings) -> list[Text]:
    return figure(findings, "region") or ["Not analysed: a map, since fewer than two numbers vary."]


def _others(findings: Findings) -> list[Text]:
    solution = findings.solution
    sustained = [o for o in solution.outcomes if o.sustained]
    if not sustained:
        start = "No named outcome can be kept up."
    else:
        names = listed(dict.fromkeys(o.name for o in sustained))
        start = (
            f"{names} can be kept up, and so can payoffs between them by taking turns or by a "
            "public coin. Which of these comes about needs something that the payoffs do not "
            "contain: a proposal that both expect to be followed, a history, a mediator, or trust."
        )
        start = start[:1].upper() + start[1:]
    return [start, *figure(findings, "payoffs"), block(findings, "Robust, or only")]


OPENING: tuple[tuple[str, Make, bool], ...] = (
    ("Bottom line", _bottom_line, False),
    ("What this is not", _what_this_is_not, False),
    ("The question", _question, False),
    ("Uncertainties, levers, relationships, measures", _xlrm, False),
    ("The game of one round", _stage_game, True),
    ("The numbers", _parameters, False),
    ("What holds, and why", _baseline, True),
    ("How patient each side must be", _patience, True),
    ("The deal", _deal, True),
    ("What a truce can bear", _bears, True),
    ("Where a truce holds", _plane, True),
    ("Everything else that could be kept up", _others, True),
)
"""Title, what makes the section, and whether it takes a moving state as frozen."""


def _scenarios(findings: Findings) -> list[Text]:
    if len(findings.scenarios) < 2:
        return ["Not analysed: scenario comparison, since no number has a range to move in."]
    blocks = compare_text.pages(findings.scenarios, findings.differences)
    return [
        "The numbers that account for most of the variance of the truce margin, each moved alone "
        "to the end of its range that leaves the smaller margin.",
        from_block(replace(blocks[0], notes=blocks[0].notes[1:]), title=False),
        *(from_block(b) for b in blocks[1:] if b.title.startswith("From")),
    ]


def _sensitivity(findings: Findings) -> list[Text]:
    if findings.sensitivity is None:
        return ["Not analysed: sensitivity, since the file names no truce or gives no ranges."]
    blocks = sensitivity_text.pages(findings.sensitivity)
    shown = [b for b in blocks if not b.title.startswith("Conditions")]
    first = replace(shown[0], lines=shown[0].lines[:1])  # the bottom line has the nearest change
    parts: list[Text] = [from_block(first, title=False)]
    for block in shown[1:]:
        if block.title.startswith("Truce margin across"):
            parts.append(heading(3, "The truce margin across the range of each number"))
            parts += figure(findings, "tornado")
        else:
            parts.append(from_block(block))
    return parts


def _failure(findings: Findings) -> list[Text]:
    if findings.sensitivity is None:
        return ["Not analysed: conditions of failure, since no cases were sampled."]
    blocks = sensitivity_text.pages(findings.sensitivity)
    return [from_block(b, title=False) for b in blocks if b.title.startswith("Conditions")]


def _checks(findings: Findings) -> list[Text]:
    parts: list[Text] = [bullets(punishment_checks(findings.solution))]
    wanted = ("If ", "If both sides learn")
    for block in more_blocks(findings.solution):
        if block.title.startswith(wanted) and block.rows:
            parts.append(from_block(block))
    return parts


def _path(findings: Findings) -> list[Text]:
    if findings.outlook is None:
        return [
            "Not analysed: in this model nothing moves over time except by the players' choices."
        ]
    last = ("Assumed, without", "What this does not")  # sections of their own here
    blocks = [b for b in outlook_words.page(findings.outlook) if not b.title.startswith(last)]
    rest = replace(blocks[0], lines=blocks[0].lines[1:])  # the bottom line has the first
    return [
        "The bottom line is about the longest-lived path that was found.",
        from_block(rest, title=False),
        *figure(findings, "clock"),
        *(from_block(b) for b in blocks[1:]),
    ]


def _implications(findings: Findings) -> list[Text]:
    lines = implications(findings.solution, findings.flips)
    parts: list[Text] = []
    for effect, changes in lines:
        parts += [effect, bullets(changes)]
    if not lines:
        parts.append("No number has a threshold within its range that could be shown.")
    return parts + _watch(findings)


def _watch(findings: Findings) -> list[Text]:
    """Return the numbers with a threshold that have a source to watch, and the others."""
    named = dict.fromkeys(f.parameter for f in findings.flips)
    order = [s.id for s in findings.model.sources]
    seen: list[Text] = []
    unseen: list[Text] = []
    for p in findings.model.parameters:
        if p.name not in named:
            continue
        cited = ", ".join(f"[{order.index(s) + 1}]" for s in p.sources if s in order)
        if cited:
            about: dict[str, Text] = {"meaning": p.meaning, "name": code(p.name), "cited": cited}
            seen.append(fixed("{meaning} ({name}): {cited}", **about))
        else:
            unseen.append(code(p.name))
    parts: list[Text] = [heading(3, "Indicators to watch")] if named else []
    if seen:
        parts += ["Of these numbers, new figures from the sources given can move:", bullets(seen)]
    if unseen:
        have, are = ("have", "they are") if len(unseen) > 1 else ("has", "it is")
        parts.append(
            fixed(
                "{names} {have} no source: what {are} can only be inferred from what the sides do.",
                names=listing(unseen),
                have=have,
                are=are,
            )
        )
    return parts


def _limitations(findings: Findings) -> list[Text]:
    model = findings.model
    parts: list[Text] = []
    if model.not_modelled:
        parts += ["This model leaves out:", bullets(model.not_modelled)]
    parts += [
        "Every result counts on plans that keep nobody guessing, on actions that both sides see, "
        "and on payoffs that both know.",
        heading(3, "What is assumed"),
        assumption_table(model, findings.solution.parameters),
    ]
    return parts


def _again(findings: Findings) -> list[Text]:
    return [
        fenced(findings.command, "sh"),
        fixed(
            "Made with negotiate {version} from the file with SHA-256 {digest}. The same version "
            "and file give the same text on any machine; the figures are the same to the byte "
            "where the version of matplotlib is too.",
            version=findings.version,
            digest=code(findings.model.sha256),
        ),
        heading(3, "References") if findings.model.sources else "",
        references(findings.model),
        heading(3, "Glossary"),
        glossary(),
    ]


CLOSING: tuple[tuple[str, Make, bool], ...] = (
    ("Scenarios", _scenarios, True),
    ("What it hangs on", _sensitivity, True),
    ("When no truce holds", _failure, True),
    ("Does the answer depend on how the game is set up?", _checks, True),
    ("Over time", _path, False),
    ("What follows, and what to watch", _implications, True),
    ("Limits, and what is assumed", _limitations, False),
    ("How to make this report again", _again, False),
)
"""As `report_opening.OPENING`."""


_IF_ANY = (_deal, _bears)
"""Sections that a report goes without where there is nothing to say."""


def sections(found: Findings) -> tuple[Section, ...]:
    """Return all sections of a report; those about a fixed state say so."""
    written = []
    for title, make, frozen in (*OPENING, *CLOSING):
        unmoved = ", if nothing moved" if frozen and found.outlook is not None else ""
        title = f"{title.rstrip('?')}{unmoved}?" if title.endswith("?") else title + unmoved
        parts = tuple(part for part in make(found) if part)
        if make in _IF_ANY and not parts:
            continue
        written.append(Section(title, parts or ("Not analysed.",)))
    return tuple(written)
