"""Pages on changes in lists of signalling equilibria, and on why a message works or fails."""

from __future__ import annotations

from typing import Any

from negotiation.analysis.signalling import Reply, SignalSensitivity, why_message
from negotiation.reporting.blocks import Block
from negotiation.reporting.pages.signalling import class_words, proposal_words
from negotiation.solution.signalling.as_json import class_dict
from negotiation.solution.signalling.solution import SignallingSolution
from negotiation.solution.signalling.verdict import belief_sentences, worth_sentence
from negotiation.solution.verdict import listed, number
from negotiation.sweeps.signalling import SignalLine, SignalMap

__all__ = [
    "line_dict",
    "line_page",
    "map_dict",
    "scenario_page",
    "sensitivity_dict",
    "sensitivity_page",
    "why_dict",
    "why_page",
]

_MOST_LISTS = 8


def line_page(line: SignalLine) -> tuple[Block, ...]:
    """Return what `solve --vary` prints."""
    changes = [s.low for s in line.stretches[1:]]
    low, high = line.stretches[0].low, line.stretches[-1].high
    said = (
        f"As {line.name} goes from {number(low)} to {number(high)} (now {number(line.now)}) the "
        + (
            f"list of equilibria changes at {listed(_precise(x) for x in changes)}."
            if changes
            else "list of equilibria stays the same."
        )
    )
    rows = tuple(
        (f"{_precise(s.low)} to {_precise(s.high)}", ";\n".join(s.classes)) for s in line.stretches
    )
    note = (
        f"{line.points} values were looked at and every change between two of them was closed in "
        "on. What lies between two values with the same list is not seen."
    )
    block = Block(
        f"{line.model.title}: {line.name}".upper(),
        lines=(said,),
        header=(line.name, "equilibria"),
        rows=rows,
        notes=(note,),
    )
    return (block,)


def _precise(x: float) -> str:
    return f"{x:.6g}"


def line_dict(line: SignalLine) -> dict[str, Any]:
    """Return the same as data; schema ``negotiate/signalling-line/1``."""
    return {
        "schema": "negotiate/signalling-line/1",
        "model": _model(line.model),
        "settings": {n: float(v) for n, v in sorted(line.settings.items())},
        "parameter": line.name,
        "now": line.now,
        "changes": [s.low for s in line.stretches[1:]],
        "stretches": [
            {
                "from": s.low,
                "to": s.high,
                "classes": list(s.classes),
                "surviving": list(s.surviving),
            }
            for s in line.stretches
        ],
        "points": line.points,
    }


def _model(model: Any) -> dict[str, Any]:
    return {"title": model.title, "file": model.path, "sha256": model.sha256}


def map_dict(found: SignalMap) -> dict[str, Any]:
    """Return a map as data; schema ``negotiate/signalling-map/1``."""
    return {
        "schema": "negotiate/signalling-map/1",
        "model": _model(found.model),
        "settings": {n: float(v) for n, v in sorted(found.settings.items())},
        "axes": [
            {"parameter": n, "values": v.tolist()}
            for n, v in zip(found.names, found.values, strict=True)
        ],
        "lists": [list(x) for x in found.lists],
        "index": found.index.tolist(),
    }


def why_page(solution: SignallingSolution, name: str) -> tuple[Block, ...]:
    """Return what `negotiate why --message` prints."""
    game = solution.game
    replies = why_message(solution, name)
    classes = solution.equilibria.classes
    using = [r for r in replies if r.senders]
    lead = (
        f"Given these payoffs {name!r} is sent in {len(using)} of {len(classes)} equilibria."
        if using
        else f"Given these payoffs {name!r} is sent in no equilibrium."
    )
    lines = [lead, *(worth_sentence(solution, w) for w in solution.worths if w.message == name)]
    rows = tuple(
        (
            class_words(game, classes[r.index]).replace("; ", ";\n"),
            listed(r.senders) if r.senders else "nobody",
            ";\n".join(f"{t}: {_gain(g)}" for t, g in zip(game.types, r.gains, strict=True)),
        )
        for r in replies
    )
    notes = [*belief_sentences(solution)]
    notes += [proposal_words(solution, p) for p in solution.proposals if not p.kept]
    return (
        Block(
            f"WHY {name.upper()}",
            lines=tuple(lines),
            header=("equilibrium", "who sends it", "what sending it brings more"),
            rows=rows,
            notes=tuple(notes),
        ),
    )


def _gain(found: tuple[float, float]) -> str:
    low, high = (number(x if abs(x) > 1e-12 else 0.0) for x in found)
    return low if low == high else f"{low} to {high}"


def why_dict(solution: SignallingSolution, name: str) -> dict[str, Any]:
    """Return the same as data; schema ``negotiate/why-message/1``."""
    game = solution.game
    replies = why_message(solution, name)
    return {
        "schema": "negotiate/why-message/1",
        "model": _model(solution.model),
        "parameters": dict(solution.parameters),
        "message": name,
        "classes": [
            class_dict(game, solution.equilibria.classes[r.index])
            | {"senders": list(r.senders), "gains": _gains(solution, r)}
            for r in replies
        ],
    }


def _gains(solution: SignallingSolution, r: Reply) -> dict[str, list[float]]:
    return {t: list(g) for t, g in zip(solution.game.types, r.gains, strict=True)}


def sensitivity_page(found: SignalSensitivity) -> tuple[Block, ...]:
    """Return what `negotiate sensitivity` prints about a signalling game."""
    moving = [line for line in found.lines if len(line.stretches) > 1]
    still = [line.name for line in found.lines if len(line.stretches) == 1]
    model = found.solution.model
    receiver = found.solution.game.players[1]
    lead = (
        f"In {found.changing} of {found.cases} cases taken evenly from the ranges of all numbers "
        f"some message changes what {receiver} does. That is a share of cases, not a probability."
    )
    meaning = {p.name: p.meaning for p in model.parameters}
    rows = tuple(
        (
            line.name,
            number(line.now),
            ", ".join(_precise(s.low) for s in line.stretches[1:]),
            meaning[line.name],
        )
        for line in moving
    )
    notes: tuple[str, ...] = (
        (f"Moved alone within their ranges these change nothing: {listed(still)}.",)
        if still
        else ()
    )
    if found.no_game:
        notes += (f"In {found.no_game} cases the numbers make no game.",)
    shown = found.lists[:_MOST_LISTS]
    commonest = tuple((str(count), ";\n".join(words)) for words, count in shown)
    return (
        Block(
            f"{model.title}: what the list of equilibria hangs on".upper(),
            lines=(lead,),
            header=("number", "now", "the list changes at", "meaning"),
            rows=rows,
            notes=notes,
        ),
        Block(
            "Surviving lists among the cases",
            header=("cases", "equilibria that pass the intuitive criterion"),
            rows=commonest,
        ),
    )


def sensitivity_dict(found: SignalSensitivity) -> dict[str, Any]:
    """Return the same as data; schema ``negotiate/signalling-sensitivity/1``."""
    return {
        "schema": "negotiate/signalling-sensitivity/1",
        "model": _model(found.solution.model),
        "parameters": dict(found.solution.parameters),
        "lines": [
            {
                "parameter": line.name,
                "now": line.now,
                "changes": [s.low for s in line.stretches[1:]],
            }
            for line in found.lines
        ],
        "cases": found.cases,
        "seed": found.seed,
        "cases_changing_a_mind": found.changing,
        "cases_without_a_game": found.no_game,
        "lists": [{"surviving": list(words), "cases": n} for words, n in found.lists],
    }


def scenario_page(columns: list[tuple[str, SignallingSolution]]) -> tuple[Block, ...]:
    """Return signalling games side by side."""
    rows = tuple(
        (
            name,
            ";\n".join(class_words(s.game, c) for c in s.equilibria.classes),
            ";\n".join(
                f"{t} {number(float(low))}" + ("" if low == high else f" to {number(float(high))}")
                for c in s.equilibria.classes
                for t, (low, high) in zip(s.game.types, c.payoffs, strict=True)
            ),
        )
        for name, s in columns
    )
    return (Block("SIDE BY SIDE", header=("scenario", "equilibria", "payoffs"), rows=rows),)
