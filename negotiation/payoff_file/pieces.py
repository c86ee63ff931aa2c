"""The pieces of a payoff file: sources, parameters, levers and their settings."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from negotiation.payoff_file.formulas.formula import Formula

__all__ = ["Lever", "Parameter", "Setting", "Source", "action_names", "choices", "only_available"]


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
    grade
        "sourced", "mixed" or "assumed".
    sources
        Identifiers in the file's ``sources:`` block.
    line
        Where in the file.
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
