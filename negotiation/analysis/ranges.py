"""Numbers that a sensitivity analysis varies, and their ranges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from negotiation.errors import UsageError
from negotiation.games.game import Array
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter, choices
from negotiation.payoff_file.values import reach

__all__ = ["Space", "space", "used_names"]


@dataclass(frozen=True, eq=False)
class Space:
    """Numbers that are varied, each within its range, and their starting point.

    Attributes
    ----------
    model
        The file.
    settings
        Parameters held at other values than the file's; they are not varied.
    parameters
        What is varied, in file order; each has a range of some width.
    inside
        Numbers that act only through one of these, and so are not varied beside it: name → through
        which.
    """

    model: PayoffFile
    settings: dict[str, Any]
    parameters: tuple[Parameter, ...]
    inside: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(p.name for p in self.parameters)

    @cached_property
    def here(self) -> Array:
        """The point of the file and the settings, as shares of the ranges; shape ``(d,)``."""
        values = self.model.values(**self.settings)
        return np.array([self._share(p, float(values[p.name])) for p in self.parameters])

    @staticmethod
    def _share(p: Parameter, value: float) -> float:
        return (value - p.range[0]) / (p.range[1] - p.range[0])

    def physical(self, unit: Array) -> Array:
        """Turn shares of the ranges, shape ``(..., d)``, into values of the same shape."""
        low, high = np.array([p.range for p in self.parameters]).T
        return np.asarray(low + unit * (high - low), dtype=np.float64)

    def values(self, unit: Array) -> dict[str, Any]:
        """Return the settings at points ``(..., d)`` given as shares of the ranges."""
        columns = np.moveaxis(self.physical(unit), -1, 0)
        return {**self.settings, **dict(zip(self.names, columns, strict=True))}


def space(model: PayoffFile, settings: dict[str, Any] | None = None) -> Space:
    """Return the numbers to vary.

    A parameter that the file gives as a formula is varied itself, within its own range, if the
    numbers in the formula act through it alone; they are then left where they are. Otherwise it
    follows from the numbers it is made of.

    Parameters
    ----------
    model
        A payoff file.
    settings
        Parameters to hold at other values than the file's.

    Raises
    ------
    UsageError
        If nothing can vary.
    """
    settings = dict(settings or {})
    formulas = {
        p.name: p.formula
        for p in model.parameters
        if p.formula is not None and p.name not in settings
    }
    inside = _inside(formulas, used_names(model))
    varied = tuple(
        p
        for p in model.parameters
        if p.range[1] > p.range[0]
        and p.name not in {*inside, *settings}
        and (p.formula is None or p.name in inside.values())
    )
    if not varied:
        raise UsageError(f"{model.title}: no parameter has a range to vary it in")
    return Space(model, settings, varied, inside)


def _inside(formulas: dict[str, Formula], direct: set[str]) -> dict[str, str]:
    """Return the numbers that act through one formula alone, each with that formula's name."""
    outer: dict[str, str] = {}
    for name, formula in formulas.items():
        below = reach(formula.names, formulas) - {name}
        elsewhere = direct | {
            used for other, f in formulas.items() if other not in {name, *below} for used in f.names
        }
        if below and not below & elsewhere:
            outer |= dict.fromkeys(sorted(below), name)
    return {part: outer.get(name, name) for part, name in outer.items()}


def used_names(model: PayoffFile) -> set[str]:
    """Return every name that payoffs, definitions, settings or discount factors mention."""
    texts = [f for _, f in model.definitions]
    texts += list(model.discounts)
    for rule in model.payoffs:
        texts += [f for row in rule for f in row] if isinstance(rule, tuple) else [rule]
    for levers in model.levers:
        texts += [f for choice in choices(levers) for s in choice for _, f in s.attributes]
    for follower in model.followers:
        texts += [*follower.formulas, *(f for column in follower.columns.values() for f in column)]
    return {name for f in texts for name in f.names}
