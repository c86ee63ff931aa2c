"""Signalling games as payoff files give them: in full, or as private information in a bargain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from negotiation._numpy import np
from negotiation.errors import GameError
from negotiation.games.signalling_game import SignallingGame, signalling_game
from negotiation.payoff_file.formulas.formula import (
    Formula,
    InexactError,
    evaluate,
    evaluate_exact,
)
from negotiation.payoff_file.values import exact_values
from negotiation.payoff_file.values import values as float_values

__all__ = [
    "PlainSignalling",
    "PrivateInformation",
    "PrivateMessage",
    "PrivateType",
    "exact_value",
    "plain_game",
]

Rules = tuple[tuple[tuple[Formula, ...], ...], ...]
"""``rules[t][m][a]``."""


@dataclass(frozen=True)
class PlainSignalling:
    """A signalling game given by its payoffs.

    Attributes
    ----------
    types, chances
        Names, and the formula of the chance of each.
    messages, responses
        Names; ``responses[m]`` answer message m.
    sender, receiver
        Formulas ``[t][m][a]``.
    players
        Names of sender and receiver.
    """

    types: tuple[str, ...]
    chances: tuple[Formula, ...]
    messages: tuple[str, ...]
    responses: tuple[tuple[str, ...], ...]
    sender: Rules
    receiver: Rules
    players: tuple[str, str]


@dataclass(frozen=True)
class PrivateType:
    """One thing that the informed side may be.

    Attributes
    ----------
    name, chance
        The chance is a formula of parameters.
    settings
        The parameters that are other for this type, each with its formula.
    """

    name: str
    chance: Formula
    settings: tuple[tuple[str, Formula], ...]


@dataclass(frozen=True)
class PrivateMessage:
    """Something that the informed side can say or do before a proposal.

    Attributes
    ----------
    name
        As in the file.
    costs
        One formula a type, in the units of payoffs per period; None is nothing.
    """

    name: str
    costs: tuple[Formula | None, ...]


@dataclass(frozen=True)
class PrivateInformation:
    """Private information behind a repeated bargain.

    Attributes
    ----------
    player
        Index of the side that knows its type.
    types, messages
        In file order.
    responses
        What the other side may propose: a name and the outcome that it proposes.
    otherwise
        The outcome played at a type at which the proposed one cannot be kept up.
    line, col
        Where `otherwise` stands.
    """

    player: int
    types: tuple[PrivateType, ...]
    messages: tuple[PrivateMessage, ...]
    responses: tuple[tuple[str, str], ...]
    otherwise: str
    line: int = 0
    col: int = 0


def exact_value(formula: Formula, at: Mapping[str, Fraction]) -> Fraction:
    """Return a formula's value as a rational: exactly, or the rational that its float is.

    Raises
    ------
    GameError
        If it is not finite.
    """
    try:
        return evaluate_exact(formula, at)
    except InexactError:
        value = float(evaluate(formula, {name: float(x) for name, x in at.items()}))
    if not np.isfinite(value):
        raise GameError(f"{formula.text!r} is not finite at these numbers")
    return Fraction(value)


def plain_game(
    rules: PlainSignalling,
    parameters: Mapping[str, Fraction],
    definitions: Mapping[str, Formula],
    title: str,
) -> SignallingGame:
    """Return the game at parameter values.

    Parameters
    ----------
    rules
        What the file says.
    parameters
        Every parameter's value.
    definitions
        Named pieces, usable in payoffs.
    title
        For people.

    Raises
    ------
    GameError
        If the chances are no distribution or a number is not finite.
    """
    env = dict(parameters) | exact_values(definitions, parameters)
    if missing := definitions.keys() - env.keys():
        floats = float_values(definitions, {n: np.asarray(float(x)) for n, x in env.items()})
        for name in missing:
            if not np.isfinite(floats[name]):
                raise GameError(f"the definition {name!r} is not finite at these numbers")
            env[name] = Fraction(float(floats[name]))

    def table(own: Rules) -> dict[str, dict[str, list[Fraction]]]:
        return {
            t: {
                m: [exact_value(cell, env) for cell in cells]
                for m, cells in zip(rules.messages, rows, strict=True)
            }
            for t, rows in zip(rules.types, own, strict=True)
        }

    return signalling_game(
        {t: exact_value(f, env) for t, f in zip(rules.types, rules.chances, strict=True)},
        dict(zip(rules.messages, rules.responses, strict=True)),
        table(rules.sender),
        table(rules.receiver),
        players=rules.players,
        title=title,
    )
