"""The pieces of a payoff file: sources, parameters, levers and their settings, followers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from negotiation.payoff_file.formulas.formula import Formula

__all__ = [
    "MONTHS",
    "Follower",
    "Lever",
    "Observed",
    "Parameter",
    "Setting",
    "Source",
    "Watch",
    "action_names",
    "choices",
    "only_available",
]


@dataclass(frozen=True, slots=True)
class Source:
    """Source of figures: an entry of the file's ``sources:`` block."""

    id: str
    title: str
    address: str
    date: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a payoff file works with.

    Attributes
    ----------
    name
        As in formulas.
    value, exact
        The number, as a float and as written; None if it is a formula.
    formula
        The formula of other parameters; None if it is a number.
    range
        Lowest and highest plausible value.
    unit, meaning
        For people.
    label
        A few words for figures and first pages; "" if the file has none.
    grade
        "sourced", "mixed" or "assumed".
    sources
        Identifiers in the file's ``sources:`` block.
    line, base
        Where in the file; the name of the file that it stands in, if that is one that is extended.
    """

    name: str
    value: float | None
    exact: Fraction | None
    formula: Formula | None
    range: tuple[float, float]
    unit: str
    meaning: str
    grade: str
    sources: tuple[str, ...] = ()
    line: int = 0
    label: str = ""
    base: str = ""

    @property
    def words(self) -> str:
        """Return its name for people: its label, else its meaning, else its name."""
        return self.label or self.meaning or self.name


@dataclass(frozen=True, slots=True)
class Watch:
    """Something to watch: an entry of the file's ``watch:`` section.

    Attributes
    ----------
    what
        The event, or the figure that tells.
    date
        When, as ``2026-11-10``, ``2026-11`` or ``2026``; "" for a figure without a date.
    moves
        The parameters that it tells about.
    sources
        Identifiers in the file's ``sources:`` block.
    """

    what: str
    date: str = ""
    moves: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One position of a lever, or a plain action, with its attributes in file order."""

    name: str
    attributes: tuple[tuple[str, Formula], ...] = ()


@dataclass(frozen=True, slots=True)
class Lever:
    """Policy instrument of a player; plain actions form one lever without a name."""

    name: str
    settings: tuple[Setting, ...]


MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""Periods that the calendar knows, in months."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Play observed from one month to another.

    Attributes
    ----------
    start, stop
        First and last month, counted from January of the year 0.
    profiles
        The cell that was played; several where the file does not tell them apart.
    sources
        Identifiers in the file's ``sources:`` block.
    """

    start: int
    stop: int
    profiles: tuple[tuple[int, int], ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Follower:
    """Someone who answers both powers, looking no further than the period (a short-run player).

    Attributes
    ----------
    name
        For people.
    choices
        Each with the same attributes, which later formulas and the powers' payoffs use.
    payoff
        What it gets, given all choices.
    when
        It has a say only where this is not 0; elsewhere its first choice stands.
    """

    name: str
    choices: tuple[Setting, ...]
    payoff: Formula
    when: Formula | None = None

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes of its choices."""
        return tuple(name for name, _ in self.choices[0].attributes)

    @property
    def columns(self) -> dict[str, tuple[Formula, ...]]:
        """Attribute → its formula for each choice."""
        rows = [dict(choice.attributes) for choice in self.choices]
        return {name: tuple(row[name] for row in rows) for name in self.attributes}

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Formulas that decide its choice, attributes aside."""
        return (self.payoff,) if self.when is None else (self.payoff, self.when)


def choices(levers: tuple[Lever, ...]) -> list[tuple[Setting, ...]]:
    """List the actions as one setting of each lever; the last lever changes fastest."""
    return list(product(*(lever.settings for lever in levers)))


def action_names(levers: tuple[Lever, ...]) -> tuple[str, ...]:
    """Name the actions: one setting of each lever, joined by "+".

    Examples
    --------
    >>> first = Lever("ores", (Setting("supply"), Setting("cut")))
    >>> action_names((first, Lever("purchases", (Setting("buy"),))))
    ('supply+buy', 'cut+buy')
    """
    return tuple("+".join(s.name for s in choice) for choice in choices(levers))


def only_available(levers: tuple[Lever, ...], available: tuple[int, ...]) -> tuple[Lever, ...]:
    """Keep the available actions only, as a single lever if any is missing."""
    every = choices(levers)
    if len(available) == len(every):
        return levers
    settings = (
        Setting(
            "+".join(s.name for s in every[k]), tuple(p for s in every[k] for p in s.attributes)
        )
        for k in available
    )
    return (Lever("", tuple(settings)),)
