"""Models that the page can show: those bundled, the file that was given, and texts typed into it.

Nothing in a request is ever taken as a path.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from negotiation.errors import UsageError, near_name
from negotiation.payoff_file import bundled, load, loads
from negotiation.payoff_file.formulas.formula import parse
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter

__all__ = [
    "GIVEN",
    "TYPED",
    "Typed",
    "as_written",
    "key_of",
    "opened",
    "text_of",
    "with_patience",
]

GIVEN = "file"
"""Key of the file that the command was given."""

TYPED = "text-"
"""How keys of typed texts start; the digest of the text follows."""

_KEPT = 16


@dataclass(frozen=True)
class Typed:
    """The text of a payoff file that is not bundled.

    Attributes
    ----------
    name
        What messages call it.
    text
        What it says.
    path
        Where it is read from, so that it may extend others beside it; empty for what was typed,
        which may extend bundled models only.
    """

    name: str
    text: str
    path: str = ""


def key_of(text: str) -> str:
    """Return the key under which a typed text is known: its digest."""
    return TYPED + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def opened(key: str, typed: Typed | None) -> PayoffFile:
    """Return a model by its key, with its patience among its numbers.

    Parameters
    ----------
    key
        The name of a bundled model, `GIVEN`, or the key of a typed text.
    typed
        The text behind the last two.

    Raises
    ------
    UsageError
        If there is no such model.
    PayoffFileError
        With everything that is wrong with a text.
    """
    if key == GIVEN or key.startswith(TYPED):
        if typed is None:
            raise UsageError(
                "the text behind this address is not held here any more; type or paste it again in "
                "the tab File"
            )
        return _read(typed)
    names = bundled()
    if key not in names:
        near = near_name(key[:80], names)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"no model of that name; {hint}the models are: {', '.join(names)}")
    return _bundled(key)


def as_written(key: str, typed: Typed | None, given: Mapping[str, Any]) -> PayoffFile:
    """Return a model as its file has it, unless a patience that `opened` adds is among the given.

    What is written about it is then, to the letter, what the command line writes.
    """
    model = _as_it_stands(typed) if typed is not None else load(key)
    known = {p.name for p in model.parameters}
    return model if set(given) <= known else opened(key, typed)


def text_of(key: str, typed: Typed | None) -> str:
    """Return the text of a model's file."""
    if typed is not None:
        return typed.text
    opened(key, typed)
    return bundled()[key].read_text(encoding="utf-8")


@lru_cache(maxsize=_KEPT)
def _read(typed: Typed) -> PayoffFile:
    return with_patience(_as_it_stands(typed))


def _as_it_stands(typed: Typed) -> PayoffFile:
    return load(Path(typed.path)) if typed.path else loads(typed.text, typed.name)


@lru_cache(maxsize=_KEPT)
def _bundled(key: str) -> PayoffFile:
    return with_patience(load(key))


def with_patience(model: PayoffFile) -> PayoffFile:
    """Return the model with discount factors that are plain numbers made parameters.

    So that patience can be varied in a file that writes ``discount: 0.75``. Everything else is the
    same, and so are the games that it gives. Signalling games have no patience of their own.

    Examples
    --------
    >>> [p.name for p in with_patience(load("prisoners-dilemma")).parameters]
    ['patience_row', 'patience_column']
    """
    if model.kind == "signalling":
        return model
    taken = {p.name for p in model.parameters} | {n for n, _ in model.definitions}
    taken |= set(model.attributes)
    parameters, discounts = list(model.parameters), list(model.discounts)
    for i, (player, formula) in enumerate(zip(model.players, model.discounts, strict=True)):
        word = re.sub(r"\W+", "_", player.lower(), flags=re.ASCII)[:40].strip("_")
        name = f"patience_{word}"
        if formula.number is None or not word or name in taken:
            continue
        taken.add(name)
        parameters.append(
            Parameter(
                name=name,
                value=float(formula.number),
                exact=formula.number,
                formula=None,
                range=(0.0, 0.99),
                unit=f"per {model.period or 'period'}",
                meaning=f"{player}'s patience (discount factor)",
                grade="assumed",
            )
        )
        discounts[i] = parse(name)
    return replace(model, parameters=tuple(parameters), discounts=(discounts[0], discounts[1]))
