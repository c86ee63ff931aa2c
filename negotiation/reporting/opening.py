"""The first half of a report: the answer, the question, the game, its numbers, and what holds."""

from __future__ import annotations

from negotiation.reporting.markdown import bullets, escape
from negotiation.reporting.pages import path as outlook_words
from negotiation.reporting.parts import Findings, Make, block, figure, words
from negotiation.reporting.tables import levers_table, parameter_table, xlrm_table
from negotiation.reporting.words import bottom_line, game_class, payoff_formulas, remaining_verdict
from negotiation.solution import strategy_words
from negotiation.solution.verdict import label, listed, period_of, verdict

__all__ = ["OPENING"]


def _bottom_line(found: Findings) -> list[str]:
    lines = bottom_line(found.solution, found.sensitivity)
    if found.outlook is not None:
        first = outlook_words.page(found.outlook)[0].lines[0]
        lines = (first, *map(_unmoved, lines[1:]))
    return [" ".join(words(lines))]


def _unmoved(line: str) -> str:
    """Say that a sentence is about a state that stands still."""
    return f"If nothing moved, {line[:1].lower()}{line[1:]}"


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
        "The state moves while the game is played. Sections whose title says so take it as frozen "
        "where it is at the start."
        if found.outlook is not None
        else "",
    ]


def _xlrm(found: Findings) -> list[str]:
    return [xlrm_table(found.model)]


def _stage_game(found: Findings) -> list[str]:
    solution = found.solution
    truces = sorted((o for o in solution.outcomes if o.truce), key=lambda o: not o.sustained)
    classes = game_class(solution, truces[0]) if truces else ()
    formulas, unit = payoff_formulas(solution), found.model.payoff_unit
    return [
        bullets(formulas) if formulas else "The payoffs are given as tables of numbers.",
        f"Payoffs, and all gains, losses and margins in this report, are in {escape(unit)}."
        if unit
        else "The file gives its payoffs no unit.",
        block(found, "Payoffs per"),
        block(found, "If played once"),
        "### What kind of game" if classes else "",
        " ".join(words(classes[:1])),
        bullets(tuple(words(classes[1:]))) if classes else "",
    ]


def _parameters(found: Findings) -> list[str]:
    return [parameter_table(found.model, found.solution.parameters, found.sensitivity)]


def _baseline(found: Findings) -> list[str]:
    solution, period = found.solution, period_of(found.solution)
    lines = remaining_verdict(solution)
    if found.outlook is not None:
        start = verdict(solution)[0]
        lines = (_unmoved(start), *lines)
    parts = [" ".join(words(lines)), block(found, "If someone breaks")]
    parts += figure(found, "slack")
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
    return [block(found, "If played for ever", title=False), *figure(found, "patience")]


def _plane(found: Findings) -> list[str]:
    return figure(found, "region") or ["Not analysed: a map, since fewer than two numbers vary."]


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
    return [escape(start), *figure(found, "payoffs"), block(found, "Robust, or only")]


OPENING: tuple[tuple[str, Make, bool], ...] = (
    ("Bottom line", _bottom_line, False),
    ("What this is not", _what_this_is_not, False),
    ("The question", _question, False),
    ("Uncertainties, levers, relationships, measures", _xlrm, False),
    ("The game of one round", _stage_game, True),
    ("The numbers", _parameters, False),
    ("What holds, and why", _baseline, True),
    ("How patient each side must be", _patience, True),
    ("Where a truce holds", _plane, True),
    ("Everything else that could be kept up", _others, True),
)
"""Title, what makes the section, and whether it takes a moving state as frozen."""
