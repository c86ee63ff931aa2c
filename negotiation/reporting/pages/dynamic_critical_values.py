"""Critical values of a dynamic model along one number, as a page and as JSON."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from negotiation.reporting.blocks import Block
from negotiation.solution.verdict import listed
from negotiation.sweeps.dynamic_line import MovingLine, Stretch

__all__ = ["page", "to_dict"]


def page(line: MovingLine) -> tuple[Block, ...]:
    """Return the page of `negotiate solve --vary`: changes, and outcomes in between."""
    p = next(p for p in line.model.parameters if p.name == line.name)
    now = float(line.model.values(**line.settings)[line.name])
    count = len(line.stretches) - 1
    summary = {0: "nothing changes", 1: "there is one change"}.get(
        count, f"there are {count} changes"
    )
    meaning = f" ({p.meaning})" if p.meaning else ""
    verb, is_now = ("starts anywhere", "It starts at") if line.levels else ("goes", "Now it is")
    opening = (
        f"Given these payoffs and speeds, {summary} in what can be played in the first "
        f"{_period(line)} as {line.name}{meaning} {verb} from {_value(line.span[0])} to "
        f"{_value(line.span[1])} and all else stays as it is. {is_now} {_value(now)}."
    )
    rows = tuple(
        (_value(s.low), _value(s.high), ", ".join(_named(line, s, True)) or "none")
        + ((", ".join(_named(line, s, None)) or "-",) if _doubts(line) else ())
        for s in line.stretches
    )
    header = ("from", "to", "can be played", *(["not known"] if _doubts(line) else []))
    return (
        Block(f"As {line.name} moves", (opening, *_sentences(line))),
        Block(_title(line), (), header, rows),
        Block("How sure this is", _sure(line)),
    )


def _value(x: float) -> str:
    return format(x + 0.0, ".6g")


def _period(line: MovingLine) -> str:
    return line.model.period or "period"


def _title(line: MovingLine) -> str:
    return f"Truces in the first {_period(line)}" if _truces(line) else "What can be played"


def _truces(line: MovingLine) -> bool:
    return any(o.truce for o in line.model.outcomes)


def _doubts(line: MovingLine) -> bool:
    return any(None in s.found.supportable_now for s in line.stretches)


def _named(line: MovingLine, stretch: Stretch, wanted: bool | None) -> list[str]:
    pairs = zip(line.outcomes, stretch.found.supportable_now, strict=True)
    return [name for name, yes in pairs if yes is wanted]


def _turns(line: MovingLine, a: Stretch, b: Stretch) -> list[tuple[str, bool | None, bool | None]]:
    """Return the outcomes whose answer differs between two stretches, with both answers."""
    answers = zip(line.outcomes, a.found.supportable_now, b.found.supportable_now, strict=True)
    return [(name, was, then) for name, was, then in answers if was is not then]


_VERBS = {
    True: "can be played from there on",
    False: "can no longer be played",
    None: "can perhaps be played: that lies within the precision of the calculation",
}


def _sentences(line: MovingLine) -> list[str]:
    """Return the changes between every two neighbouring stretches as sentences."""
    sentences = []
    for a, b in pairwise(line.stretches):
        between = f"Between {line.name} = {_value(a.high)} and {_value(b.low)}"
        turns = _turns(line, a, b)
        for answer in (True, False, None):
            names = [name for name, _, then in turns if then is answer]
            if names:
                sentences.append(f"{between}: {listed(names)} {_VERBS[answer]}.")
        if a.found.regime != b.found.regime and not turns:
            sentences.append(f"{between}: {a.found.regime} turns into {b.found.regime}.")
    return sentences


def _sure(line: MovingLine) -> tuple[str, ...]:
    if line.levels:
        return (
            f"Every level of {line.name} was looked at. A start between two levels is not part of "
            "the model, so a change is known as the two levels on either side of it.",
        )
    return (
        f"{line.solved} values of {line.name} were solved. Each change lies between the two values "
        "named, which are a thousandth of the span apart. Two changes closer together than a "
        "sixteenth of the span, with the same answer on either side, could have been missed.",
    )


def to_dict(line: MovingLine) -> dict[str, Any]:
    """Return the same as data; schema ``negotiate/critical/1``."""
    model = line.model
    return {
        "schema": "negotiate/critical/1",
        "model": {"title": model.title, "file": model.path, "sha256": model.sha256},
        "settings": {name: float(v) for name, v in sorted(line.settings.items())},
        "parameter": line.name,
        "span": list(line.span),
        "levels": line.levels,
        "solved": line.solved,
        "changes": [_change(line, a, b) for a, b in pairwise(line.stretches)],
        "stretches": [
            {
                "from": s.low,
                "to": s.high,
                "regime": s.found.regime,
                "sustained": _named(line, s, True),
                "not_known": _named(line, s, None),
            }
            for s in line.stretches
        ],
    }


def _change(line: MovingLine, a: Stretch, b: Stretch) -> dict[str, Any]:
    return {
        "at": 0.5 * (a.high + b.low),
        "between": [a.high, b.low],
        "before": a.found.regime,
        "after": b.found.regime,
        "outcomes": [
            {"name": name, "starts": then, "before": was} for name, was, then in _turns(line, a, b)
        ],
    }
