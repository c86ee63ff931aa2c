"""The second half of a report: what would change the answer, its limits, and how to repeat it."""

from __future__ import annotations

from dataclasses import replace

from negotiation.analysis.thresholds import has_fixed_threat
from negotiation.reporting.markdown import bullets, escape, from_block
from negotiation.reporting.pages import path as outlook_words
from negotiation.reporting.pages import scenarios as compare_text
from negotiation.reporting.pages import sensitivity as sensitivity_text
from negotiation.reporting.pages.details import more_blocks
from negotiation.reporting.parts import Findings, Make, figure, words
from negotiation.reporting.tables import assumption_table, glossary, references
from negotiation.reporting.words import implications, punishment_checks
from negotiation.solution.verdict import listed

__all__ = ["CLOSING"]


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
            parts += figure(found, "tornado")
        else:
            parts.append(from_block(block))
    return parts


def _failure(found: Findings) -> list[str]:
    if found.sensitivity is None:
        return ["Not analysed: conditions of failure, since no cases were sampled."]
    blocks = sensitivity_text.pages(found.sensitivity)
    return [from_block(b, title=False) for b in blocks if b.title.startswith("Conditions")]


def _checks(found: Findings) -> list[str]:
    parts = [bullets(tuple(words(punishment_checks(found.solution))))]
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
        "The bottom line is about the longest-lived path that was found.",
        from_block(rest, title=False),
        *figure(found, "clock"),
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
        parts += [f"{escape(effect)}", bullets(tuple(words(changes)))]
    if not lines:
        parts.append("No number has a threshold within its range that could be shown.")
    if left:
        parts.append(
            f"Not analysed: where the decision of {escape(listed(left))} would change, since the "
            "worst that can follow a breach is no one-off equilibrium there."
        )
    return parts + _watch(found)


def _watch(found: Findings) -> list[str]:
    """Return which of the numbers with a threshold have a source to watch, and which have none."""
    named = dict.fromkeys(f.parameter for f in found.flips)
    order = [s.id for s in found.model.sources]
    seen, unseen = [], []
    for p in found.model.parameters:
        if p.name not in named:
            continue
        cited = ", ".join(f"[{order.index(s) + 1}]" for s in p.sources if s in order)
        if cited:
            seen.append(f"{escape(p.meaning)} (`{p.name}`): {escape(cited)}")
        else:
            unseen.append(f"`{p.name}`")
    parts = ["### Indicators to watch"] if named else []
    if seen:
        parts += ["Of these numbers, new figures from the sources given can move:"]
        parts.append(bullets(tuple(seen)))
    if unseen:
        parts.append(
            f"{listed(unseen)} {'have' if len(unseen) > 1 else 'has'} no source: what "
            f"{'they are' if len(unseen) > 1 else 'it is'} can only be inferred from what the "
            "sides do."
        )
    return parts


def _limitations(found: Findings) -> list[str]:
    model = found.model
    parts = []
    if model.not_modelled:
        parts += ["This model leaves out:", bullets(tuple(words(model.not_modelled)))]
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
        f"`{found.model.sha256}`. The same version and file give the same text on any machine; "
        "the figures are the same to the byte where the version of matplotlib is too.",
        "### References" if found.model.sources else "",
        references(found.model),
        "### Glossary",
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
