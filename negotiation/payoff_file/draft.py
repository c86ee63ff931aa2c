"""Sections of a payoff file that have already been read."""

from __future__ import annotations

from dataclasses import dataclass, field

from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.pieces import Parameter, Source
from negotiation.payoff_file.profiles import Table
from negotiation.payoff_file.sections.players import Player
from negotiation.payoff_file.transitions import Axis, State
from negotiation.payoff_file.yaml_nodes import Node

__all__ = ["EVERYTHING", "Draft"]

EVERYTHING = "parameters states attributes definitions"
"""Kinds of names that payoffs, definitions and dynamics may use."""


@dataclass
class Draft:
    """Sections read before, and the places of the numbers in the file."""

    log: Log
    taken: dict[str, str] = field(default_factory=dict)
    scope: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Node] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    players: tuple[Player, ...] = ()
    definitions: dict[str, Formula] = field(default_factory=dict)
    payoffs: dict[str, Formula | Table] = field(default_factory=dict)
    axes: tuple[Axis, ...] = ()
    states: tuple[State, ...] = ()
    start: int = 0
