"""What has been read of a payoff file so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from .evaluation import Table
from .formula import Formula
from .motion import Axis, State
from .nodes import Node
from .parts import Parameter, Source
from .players import Player
from .problems import Log

__all__ = ["EVERYTHING", "Draft"]

EVERYTHING = "parameters states attributes definitions"
"""Kinds of names that payoffs, definitions and dynamics may use."""


@dataclass
class Draft:
    """What has been read so far, and where the numbers stand in the file."""

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
