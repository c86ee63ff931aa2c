"""Units of payoffs: amounts of a period, or a rate that lasts for a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from negotiation.payoff_file.model import PayoffFile

__all__ = ["Units", "units_dict", "units_of"]


@dataclass(frozen=True)
class Units:
    """Unit, rate and period of a model's payoffs.

    Attributes
    ----------
    period
        What the model calls a period of play.
    unit
        As the file has it, such as "USD bn"; "" if it has none.
    rate
        What payoffs are a rate per, such as "year"; "" if they are amounts of a period.
    share
        What a payoff brings in one period, as a share of it.

    Examples
    --------
    >>> yearly = Units("quarter", "USD bn", "year", 0.25)
    >>> yearly.per, yearly.said, yearly.in_full
    ('year', ' USD bn', 'USD bn per year')
    """

    period: str = "period"
    unit: str = ""
    rate: str = ""
    share: float = 1.0

    @property
    def per(self) -> str:
        """The time that levels and averages are per."""
        return self.rate or self.period

    @property
    def said(self) -> str:
        """The unit as sentences say it after an amount: where the file gives unit and rate."""
        return f" {self.unit}" if self.rate else ""

    @property
    def in_full(self) -> str:
        """The unit of payoffs; "" if there is none."""
        return f"{self.unit} per {self.rate}" if self.rate else self.unit


def units_of(model: PayoffFile | None) -> Units:
    """Return the units of a model; of a bare game, none."""
    if model is None:
        return Units()
    rate = model.payoff_rate.removeprefix("per ")
    return Units(model.period or "period", model.payoff_unit, rate, model.period_share)


def units_dict(model: PayoffFile | None) -> dict[str, Any]:
    """Return the units as plain data, for every JSON with payoffs in it."""
    units = units_of(model)
    return {
        "payoffs": units.in_full or None,
        "payoff_unit": units.unit or None,
        "payoff_rate": f"per {units.rate}" if units.rate else None,
        "period": units.period,
        "period_share": units.share,
    }
