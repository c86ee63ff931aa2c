"""The sections of a report, in reading order, as titles with pieces of Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import compare_text, outlook_words, sensitivity_text, strategy_words
from .compare import Difference, Scenario
from .contents import PayoffFile
from .details import more_blocks
from .drawing import Picture
from .markdown import bullets, escape, from_block, image
from .outlooks import Outlook
from .report_tables import (
    assumption_table,
    glossary,
    levers_table,
    parameter_table,
    references,
    xlrm_table,
)
from .report_words import (
    bottom_line,
    game_class,
    implications,
    payoff_formulas,
    punishment_checks,
    remaining_verdict,
)
from .sensitivity import Sensitivity
from .solution import Solution
from .text import page
from .thresholds import Flip, has_fixed_threat
from .verdict import label, listed, period_of, verdict

__all__ = ["Findings", "Section", "sections"]


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that a report is made of.

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


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs, tables and figures, as Markdown."""

    title: str
    parts: tuple[str, ...]


def sections(found: Findings) -> tuple[Section, ...]:
    """Return all sections of a report."""
    made = (Section(title, tuple(p for p in make(found) if p)) for title, make in _SECTIONS)
    return tuple(s if s.parts else Section(s.title, ("Not analysed.",)) for s in made)


def _words(lines: tuple[str, ...]) -> list[str]:
    return [escape(line) for line in lines]


def _block(found: Findings, start: str, *, title: bool = True) -> str:
    """Return a block of the full page by how its title starts; empty if there is none."""
    blocks = [b for b in page(found.solution, full=True) if b.title.startswith(start)]
    return from_block(blocks[0], title=title) if blocks else ""


def _figure(found: Findings, name: str) -> list[str]:
    if name not in found.pictures:
        return []
    picture, path = found.pictures[name]
    return [image(picture.alt, path), escape(picture.caption)]


def _bottom_line(found: Findings) -> list[str]:
    lines = bottom_line(found.solution, found.sensitivity)
    if found.outlook is not None:
        first = outlook_words.page(found.outlook)[0].lines[0]
        lines = (first, *(f"If nothing moved: {line[:1].lower()}{line[1:]}" for line in lines[1:]))
    return [" ".join(_words(lines))]


def _what_this_is_not(found: Findings) -> list[str]:
    first, second = found.model.players
    chances = (
        "It gives no probabilities. A share of sampled cases is a share of cases."
        if found.outlook is None
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
                f"It is not advice to {escape(first)} or {escape(second)}: the payoffs are a model "
                "of what each wants.",
            )
        )
    ]


def _question(found: Findings) -> list[str]:
    model, period = found.model, period_of(found.solution)
    first, second = map(escape, model.players)
    return [
        escape(model.about),
        f"Two players, {first} and {second}, meet every {escape(period)} with no known end. Each "
        "sets its levers without seeing what the other does at that moment, and then sees it. What "
        "comes later counts for less than what comes now, by a factor that may differ between the "
        "two.",
        levers_table(model),
        "The state moves while the game is played. Every section but the one called Over time "
        "takes it as frozen where it is at the start."
        if found.outlook is not None
        else "",
    ]


def _xlrm(found: Findings) -> list[str]:
    return [xlrm_table(found.model)]


def _stage_game(found: Findings) -> list[str]:
    solution = found.solution
    truces = sorted((o for o in solution.outcomes if o.truce), key=lambda o: not o.sustained)
    classes = game_class(solution, truces[0]) if truces else ()
    formulas = payoff_formulas(solution)
    return [
        bullets(formulas) if formulas else "The payoffs are given as tables of numbers.",
        _block(found, "Payoffs per"),
        _block(found, "If played once"),
        "### What kind of game" if classes else "",
        " ".join(_words(classes[:1])),
        bullets(tuple(_words(classes[1:]))) if classes else "",
    ]


def _parameters(found: Findings) -> list[str]:
    return [parameter_table(found.model, found.solution.parameters, found.sensitivity)]


def _baseline(found: Findings) -> list[str]:
    solution, period = found.solution, period_of(found.solution)
    lines = remaining_verdict(solution)
    if found.outlook is not None:
        start = verdict(solution)[0]
        lines = (f"If nothing moved: {start[:1].lower()}{start[1:]}", *lines)
    parts = [" ".join(_words(lines)), _block(found, "If someone breaks")]
    parts += _figure(found, "slack")
    said: dict[str, list[str]] = {}
    drawn = []
    for o in solution.outcomes:
        if o.truce and o.strategy is not None:
            name = escape(label(solution, o))
            for line in strategy_words.words(solution.game, o.strategy, period=period):
                said.setdefault(escape(line), []).append(name)
            drawn.append(f"As a diagram, {name}:")
            drawn.append(f"```mermaid\n{strategy_words.mermaid(solution.game, o.strategy)}\n```")
    groups: dict[str, list[str]] = {}
    for line, names in said.items():
        groups.setdefault(listed(names), []).append(line)
    if groups:
        parts.append("### How it is kept up")
    for which, sentences in groups.items():
        parts += [f"For {which}:", bullets(tuple(sentences))]
    return parts + drawn


def _patience(found: Findings) -> list[str]:
    return [_block(found, "If played for ever", title=False), *_figure(found, "patience")]


def _map(found: Findings) -> list[str]:
    return _figure(found, "region") or ["Not analysed: a map, since fewer than two numbers vary."]


def _others(found: Findings) -> list[str]:
    solution = found.solution
    held = [o for o in solution.outcomes if o.sustained]
    if not held:
        start = "No named outcome can be kept up."
    else:
        names = listed(dict.fromkeys(o.name for o in held))
        start = (
            f"{names} can be kept up, and so can payoffs between them by taking turns or by a "
            "public coin. Which of these comes about needs something that the payoffs do not "
            "contain: a proposal that both expect to be followed, a history, a mediator, or trust."
        )
        start = start[:1].upper() + start[1:]
    return [escape(start), *_figure(found, "payoffs"), _block(found, "Robust, or only")]


def _scenarios(found: Findings) -> list[str]:
    if len(found.scenarios) < 2:
        return ["Not analysed: scenario comparison, since no number has a range to move in."]
    blocks = compare_text.pages(found.scenarios, found.differences)
    return [
        "The numbers that account for most of the variance of the truce margin, each moved alone "
        "to the end of its range that leaves the smaller margin.",
        from_block(replace(blocks[0], notes=blocks[0].notes[1:]), title=False),
        *(from_block(b) for b in blocks[1:] if b.title.startswith("From")),
    ]


def _sensitivity(found: Findings) -> list[str]:
    if found.sensitivity is None:
        return ["Not analysed: sensitivity, since the file names no truce or gives no ranges."]
    blocks = sensitivity_text.pages(found.sensitivity)
    kept = [b for b in blocks if not b.title.startswith("Conditions")]
    first = replace(kept[0], lines=kept[0].lines[:1])  # the bottom line has the nearest change
    parts = [from_block(first, title=False)]
    for block in kept[1:]:
        if block.title.startswith("Truce margin across"):
            parts.append("### The truce margin across the range of each number")
            parts += _figure(found, "tornado")
        else:
            parts.append(from_block(block))
    return parts


def _failure(found: Findings) -> list[str]:
    if found.sensitivity is None:
        return ["Not analysed: conditions of failure, since no cases were sampled."]
    blocks = sensitivity_text.pages(found.sensitivity)
    return [from_block(b, title=False) for b in blocks if b.title.startswith("Conditions")]


def _checks(found: Findings) -> list[str]:
    parts = [bullets(tuple(_words(punishment_checks(found.solution))))]
    wanted = ("If ", "If both sides learn")
    for block in more_blocks(found.solution):
        if block.title.startswith(wanted) and block.rows:
            parts.append(from_block(block))
    return parts


def _path(found: Findings) -> list[str]:
    if found.outlook is None:
        return [
            "Not analysed: in this model nothing moves over time except by the players' choices."
        ]
    last = ("Assumed, without", "What this does not")  # sections of their own here
    blocks = [b for b in outlook_words.page(found.outlook) if not b.title.startswith(last)]
    rest = replace(blocks[0], lines=blocks[0].lines[1:])  # the bottom line has the first
    return [
        from_block(rest, title=False),
        *_figure(found, "clock"),
        *(from_block(b) for b in blocks[1:]),
    ]


def _implications(found: Findings) -> list[str]:
    lines = implications(found.solution, found.flips)
    left = [
        found.model.players[i]
        for i, fixed in enumerate(has_fixed_threat(found.solution.game))
        if not fixed
    ]
    parts = []
    for effect, changes in lines:
        parts += [f"{escape(effect)}", bullets(tuple(_words(changes)))]
    if not lines:
        parts.append("No number has a threshold within its range that could be shown.")
    if left:
        parts.append(
            f"Not analysed: where the decision of {escape(listed(left))} would change, since the "
            "worst that can follow a breach is no one-off equilibrium there."
        )
    watch = dict.fromkeys(f.parameter for f in found.flips)
    if watch:
        names = listed([f"`{name}`" for name in watch])
        parts.append(f"Indicators to watch are therefore the numbers behind {names}.")
    return parts


def _limitations(found: Findings) -> list[str]:
    model = found.model
    parts = []
    if model.not_modelled:
        parts += ["This model leaves out:", bullets(tuple(_words(model.not_modelled)))]
    parts += [
        "Every result counts on plans that keep nobody guessing, on actions that both sides see, "
        "and on payoffs that both know.",
        "### What is assumed",
        assumption_table(model, found.solution.parameters),
    ]
    return parts


def _again(found: Findings) -> list[str]:
    return [
        f"```sh\n{found.command}\n```",
        f"Made with negotiate {found.version} from the file with SHA-256 "
        f"`{found.model.sha256}`. The same version and file give the same text.",
        "### References" if found.model.sources else "",
        references(found.model),
        "### Glossary",
        glossary(),
    ]


_SECTIONS: tuple[tuple[str, Callable[[Findings], list[str]]], ...] = (
    ("Bottom line", _bottom_line),
    ("What this is not", _what_this_is_not),
    ("The question", _question),
    ("Uncertainties, levers, relationships, measures", _xlrm),
    ("The game of one round", _stage_game),
    ("The numbers", _parameters),
    ("What holds, and why", _baseline),
    ("How patient each side must be", _patience),
    ("Where a truce holds", _map),
    ("Everything else that could be kept up", _others),
    ("Scenarios", _scenarios),
    ("What it hangs on", _sensitivity),
    ("When no truce holds", _failure),
    ("Does the answer depend on how the game is set up?", _checks),
    ("Over time", _path),
    ("What follows, and what to watch", _implications),
    ("Limits, and what is assumed", _limitations),
    ("How to make this report again", _again),
)
