"""Words of page one: numbers in natural units, what to watch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter, Watch
from negotiation.solution.verdict import listed, number

__all__ = ["called", "chance_words", "either", "long", "quantity", "sentence", "watching"]

_EVENTS = 3
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ORDINALS = ("first", "second", "third")


def called(p: Parameter, model: PayoffFile) -> str:
    """Return what a number is called on page one, without terms of the theory."""
    if p.label:
        return p.label
    for player, factor in zip(model.players, model.discounts, strict=True):
        if factor.text.strip() == p.name:
            return f"how much {player} values the next {model.period or 'period'} beside this one"
    return p.words


def quantity(p: Parameter, x: float, model: PayoffFile | None = None) -> str:
    """Write a value of a parameter in natural units: shares in percent, others with their unit.

    Examples
    --------
    >>> p = Parameter("s", 0.52, None, None, (0, 1), "share", "self-sufficiency", "assumed")
    >>> quantity(p, 0.5451)
    '54.5 %'
    """
    factors = [f.text.strip() for f in model.discounts] if model is not None else []
    if p.name in factors or p.unit == "share" or p.unit.startswith("share of "):
        rest = p.unit.removeprefix("share").strip() if p.name not in factors else ""
        return f"{number(100 * x)} %" + (f" {rest}" if rest else "")
    plain = p.unit in ("", "none", "ratio", "weight", "exponent", "index")
    return number(x) + ("" if plain else f" {p.unit}")


def watching(model: PayoffFile, deciding: Sequence[Parameter]) -> tuple[str, ...]:
    """Return dated events of the file, and for each deciding number the figure that tells."""
    order = {p.name: f"the {_ORDINALS[k]} number above" for k, p in enumerate(deciding)}
    events = sorted((w for w in model.watch if w.date), key=lambda w: w.date)
    lines = [f"- {_event(model, w, order)}" for w in _nearest_to(events, model.date)]
    told = {name for w in events for name in w.moves}
    unseen = []
    for k, p in enumerate(deciding):
        figures = [w.what for w in model.watch if not w.date and p.name in w.moves]
        newest = max((s.date for s in model.sources if s.id in p.sources), default="")
        if figures:
            lines.append(f"- {sentence(_ORDINALS[k])} number: {'; '.join(figures)}.")
        elif newest:
            lines.append(
                f"- {sentence(_ORDINALS[k])} number: the next figure after that of {_day(newest)}."
            )
        elif p.name not in told:
            unseen.append(_ORDINALS[k])
    if unseen:
        which = "it" if len(deciding) == 1 else f"the {either(unseen)} number above"
        lines.append(f"- No source measures {which}: only what the sides do tells.")
    return tuple(lines)


def either(names: list[str]) -> str:
    """Join names by "or"."""
    return " or ".join(", ".join(names).rsplit(", ", 1)) if len(names) > 1 else names[0]


def _nearest_to(events: list[Watch], date: str) -> list[Watch]:
    """Return the next events after the model's date, and the last one before it."""
    ahead = [w for w in events if not _past(w.date, date)]
    behind = [w for w in events if _past(w.date, date)]
    return [*behind[-1:], *ahead[:_EVENTS]]


def _past(when: str, date: str) -> bool:
    return bool(_ISO.fullmatch(date)) and when < date[: len(when)]


def _event(model: PayoffFile, w: Watch, order: dict[str, str]) -> str:
    named = {p.name: order.get(p.name, called(p, model)) for p in model.parameters}
    tail = f" It moves {listed(named[n] for n in w.moves)}." if w.moves else ""
    if _past(w.date, model.date):
        return f"{_day(w.date)}, before this file was made: {w.what}.{tail}"
    return f"{_day(w.date)}: {w.what}.{tail}"


def _day(date: str) -> str:
    """Write a date in words.

    Examples
    --------
    >>> _day("2026-11-10"), _day("2026-11"), _day("2026")
    ('10 November 2026', 'November 2026', '2026')
    """
    year, *rest = date.split("-")
    parts = [str(int(x)) for x in rest[1:]] + [_MONTHS[int(x) - 1] for x in rest[:1]] + [year]
    return " ".join(parts)


def sentence(text: str) -> str:
    """Return a text with a capital at its start."""
    return text[:1].upper() + text[1:]


def long(periods: int, period: str) -> str:
    """Write so many periods."""
    return f"{periods} {period}{'' if periods == 1 else 's'}"


def chance_words(share: float) -> str:
    """Write a share or a chance in per cent."""
    return f"{number(100 * share)} %"
