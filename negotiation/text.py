"""A solution as a page of text: plain in a pipe, styled in a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import strategy_words
from .replies import best_replies
from .verdict import listed, number, patience, period_of, verdict, why_not

if TYPE_CHECKING:
    from .solution import OutcomeResult, Solution

__all__ = ["Block", "page", "plain"]


@dataclass(frozen=True)
class Block:
    """One titled piece of a page: sentences, then a table, then notes.

    Attributes
    ----------
    title
        Empty for the opening.
    lines
        Sentences, one to a paragraph.
    header, rows
        A table; empty if there is none.
    notes
        Sentences below the table.
    """

    title: str
    lines: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def page(solution: Solution, *, full: bool = False) -> tuple[Block, ...]:
    """Return what `negotiate solve` prints, verdict first.

    Parameters
    ----------
    solution
        What was found.
    full
        Add strategies, credibility, payments and method.
    """
    blocks = [
        Block(title=solution.regime.upper(), lines=verdict(solution)),
        _matrix(solution),
        _stage(solution),
        _outcomes(solution),
    ]
    if full:
        blocks += [_strategies(solution), _credibility(solution), _payments(solution)]
        blocks += [_method(solution)]
    blocks += [b for b in (_assumed(solution), _silent(solution)) if b.lines]
    return tuple(blocks)


def _matrix(solution: Solution) -> Block:
    """Both players' payoffs in every cell; * marks a best reply, letters name outcomes."""
    game = solution.game
    best = best_replies(game)
    letters = {name: chr(ord("a") + k) for k, name in enumerate(_names(solution))}
    marks = {o.profile: letters[o.name] for o in solution.outcomes if o.name in letters}
    rows = []
    for a, name in enumerate(game.actions[0]):
        cells = []
        for b in range(game.shape[1]):
            pair = (
                number(game.payoffs[i, a, b]) + ("*" if best[i][a, b] else "") for i in (0, 1)
            )
            mark = marks.get((a, b))
            cells.append(", ".join(pair) + (f" [{mark}]" if mark else ""))
        rows.append((name, *cells))
    key = [f"[{letter}] {name}" for name, letter in letters.items()]
    return Block(
        f"Payoffs a {period_of(solution)}: {game.players[0]} (rows), {game.players[1]} (columns)",
        header=("", *game.actions[1]),
        rows=tuple(rows),
        notes=(
            f"* best reply to what the other does.{' ' + ', '.join(key) + '.' if key else ''}",
        ),
    )


def _names(solution: Solution) -> list[str]:
    return [o.name for o in solution.game.outcomes][:26]


def _stage(solution: Solution) -> Block:
    """The equilibria of playing once."""
    game, stage = solution.game, solution.stage
    count = len(stage.equilibria)
    shown = stage.equilibria[:12]
    rows = tuple(
        (
            *(_mixture(game.actions[i], e.strategies[i]) for i in (0, 1)),
            number(e.payoffs[0]),
            number(e.payoffs[1]),
        )
        for e in shown
    )
    notes = []
    if count > len(shown):
        notes.append(f"{count - len(shown)} more are in the JSON.")
    if len(stage.components) < count:
        notes.append(
            f"They form {len(stage.components)} connected "
            f"{'set' if len(stage.components) == 1 else 'sets'}; mixtures within a set can be "
            "equilibria too."
        )
    if not stage.complete:
        notes.append("The game is too large to be sure that these are all of them.")
    return Block(
        "If played once",
        header=(*game.players, f"{game.players[0]} gets", f"{game.players[1]} gets"),
        rows=rows,
        notes=tuple(notes),
    )


def _mixture(actions: tuple[str, ...], weights: object) -> str:
    used = [(a, w) for a, w in zip(actions, weights, strict=True) if w > 0]  # type: ignore[call-overload]
    if len(used) == 1:
        return str(used[0][0])
    return " or ".join(f"{a} ({100 * w:.3g}%)" for a, w in used)


def _outcomes(solution: Solution) -> Block:
    """Every named outcome, sustained or not."""
    game = solution.game
    a, b = game.players
    rows = []
    shown, silent = _telling(solution)
    for o in shown:
        least = o.optimal_penal_code_by_player
        rows.append(
            (
                _labelled(solution, o),
                "yes" if o.sustained else "no",
                o.band,
                patience(least[0]),
                patience(least[1]),
                patience(o.nash_reversion),
                "-" if o.slack is None else f"{number(o.slack[0])}, {number(o.slack[1])}",
                _temptation(solution, o),
            )
        )
    given = f"{a} {number(game.discount[0])}, {b} {number(game.discount[1])}"
    notes = [
        f"Patience is what a {period_of(solution)} from now is worth against now; here {given}. "
        "'Least patience' holds the other side's fixed and uses the harshest punishment that is "
        "itself credible; 'simple threat' is the least common patience when a breach is answered "
        "by the worst one-off equilibrium for ever.",
        "Slack is what each side would lose on average by breaking the outcome; negative means it "
        "would gain.",
    ]
    if solution.repeated.near_critical:
        notes.append(
            "These patience levels sit on a threshold: with a hair less, part of what is listed "
            "as sustained is lost."
        )
    if silent:
        notes.append(f"Not sustained at any patience: {listed(silent)}.")
    return Block(
        "If played for ever",
        header=(
            "outcome",
            "sustained",
            "band",
            f"least patience {a}",
            f"least patience {b}",
            "simple threat",
            "slack",
            "best deviation",
        ),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _telling(solution: Solution) -> tuple[list[OutcomeResult], list[str]]:
    """Split the outcomes into those worth a row and the names of those that never hold."""
    shown = [o for o in solution.outcomes if o.truce or o.sustained or o.band != "impossible"]
    left = {o.name: None for o in solution.outcomes if o not in shown}
    return shown, [name for name in left if name not in {o.name for o in shown}]


def _labelled(solution: Solution, o: OutcomeResult) -> str:
    """An outcome's name, with its cell where the name covers several."""
    game = solution.game
    several = sum(other.name == o.name for other in solution.outcomes) > 1
    cell = f": {game.actions[0][o.profile[0]]} / {game.actions[1][o.profile[1]]}" if several else ""
    return f"{o.name}{' (truce)' if o.truce else ''}{cell}"


def _temptation(solution: Solution, o: OutcomeResult) -> str:
    game = solution.game
    parts = [
        f"{game.players[i]}: {game.actions[i][d.action]} (+{number(d.gain)})"
        for i, d in enumerate(o.best_deviation)
        if d.gain > 0
    ]
    return "; ".join(parts) or "none"


def _strategies(solution: Solution) -> Block:
    lines = []
    for o in solution.outcomes:
        if o.strategy is None:
            if o.truce:
                lines.append(f"{o.name}: not sustained. {why_not(solution, o)}")
            continue
        words = strategy_words.words(solution.game, o.strategy, period=period_of(solution))
        lines.append(f"{_labelled(solution, o)} ({o.strategy.kind}): {' '.join(words)}")
    return Block("What keeps each outcome going", lines=tuple(lines))


def _credibility(solution: Solution) -> Block:
    """Trust needed and renegotiation, for sustained outcomes."""
    game = solution.game
    rows = []
    for o in solution.outcomes:
        if not o.sustained:
            continue
        found = solution.renegotiation[o.profile]
        needed = [patience(p) if p is not None else "-" for p in o.trust.trust_needed]
        fails = listed([game.players[i] for i in found.fails]) if found.fails else ""
        forgiven = {True: "yes", False: "no", None: "undecided"}[found.at_discount]
        rows.append(
            (_labelled(solution, o), *needed, forgiven, f"punishing {fails} would be forgiven" if fails else "")
        )
    return Block(
        "Robust, or only possible?",
        header=(
            "outcome",
            f"trust {game.players[0]} needs",
            f"trust {game.players[1]} needs",
            "survives renegotiation",
            "",
        ),
        rows=tuple(rows),
        notes=(
            "Trust needed is the belief in the other's honouring at which a side is indifferent "
            "between honouring and breaking first; robust means the two add up to at most 1.",
            "An outcome survives renegotiation if no side would rather forgive than punish.",
        ),
    )


def _payments(solution: Solution) -> Block:
    game, period = solution.game, period_of(solution)
    lines = []
    for o in solution.outcomes:
        found = solution.payments[o.profile]
        if o.sustained or not o.truce:
            continue
        if found is None:
            lines.append(f"{o.name}: no payment each {period} would sustain it.")
        elif found.transfer == 0:
            lines.append(
                f"{o.name}: holds without payments on the path if punishments may include fines."
            )
        else:
            payer = 0 if found.transfer > 0 else 1
            lines.append(
                f"{o.name}: would hold if {game.players[payer]} paid {game.players[1 - payer]} at "
                f"least {number(abs(found.transfer))} each {period}."
            )
    return Block("If the sides can pay each other", lines=tuple(lines) or ("Nothing to add.",))


def _method(solution: Solution) -> Block:
    found = solution.repeated
    return Block(
        "Method",
        lines=(
            f"Payoff set: {found.status}, {len(found.vertices)} corners, gap {found.gap:.1e}, "
            f"{found.method}. One-off equilibria: {solution.stage.method}.",
            "Every equilibrium shown passed a check from the definition.",
        ),
    )


def _assumed(solution: Solution) -> Block:
    model = solution.model
    names = [p.name for p in model.parameters if p.grade == "assumed"] if model else []
    if not names or model is None:
        return Block("")
    return Block(
        "Assumed, without a source",
        lines=(f"{listed(names)} ({len(names)} of {len(model.parameters)} numbers).",),
    )


def _silent(solution: Solution) -> Block:
    model = solution.model
    said = (
        "That an outcome can be sustained does not say that it will come about: several can, and "
        "the model does not choose among them.",
        *(model.not_modelled if model else ()),
    )
    return Block("What this does not say", lines=said)


def plain(blocks: tuple[Block, ...], width: int = 100) -> str:
    """Lay blocks out as plain text.

    Parameters
    ----------
    blocks
        From `page`.
    width
        Sentences are wrapped here; tables are not.
    """
    import textwrap

    out: list[str] = []
    for block in blocks:
        out.append(block.title)
        out += [textwrap.fill(line, width) for line in block.lines]
        if block.header:
            out += _table(block.header, block.rows)
        out += [textwrap.fill(note, width) for note in block.notes]
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def _table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[str]:
    everything = [header, *rows]
    widths = [max(len(row[k]) for row in everything) for k in range(len(header))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in everything]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return ["  " + line.rstrip() for line in lines]
