"""A signalling game in exact rationals: a type draws, a sender who knows it speaks, one answers.

Nature draws a type t with chance p(t); the sender sees it and sends a message m; the receiver sees
the message only and answers with a response a of A(m). One index order is used everywhere:
``sender[t][m][a]`` and ``receiver[t][m][a]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import TypeVar

from negotiation.errors import GameError

__all__ = ["Number", "SignallingGame", "exact", "signalling_game"]

Number = int | float | str | Fraction
"""What a payoff or a chance may be given as; a float counts as the rational that it is."""

Tables = tuple[tuple[tuple[Fraction, ...], ...], ...]
"""``tables[t][m][a]``."""

_ROUNDING = Fraction(1, 10**9)
"""Chances whose sum is this close to one are divided by it; others are refused."""

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class SignallingGame:
    """A finite signalling game.

    Attributes
    ----------
    types, messages
        Names, T and M of them.
    responses
        ``responses[m]`` names what message m can be answered with.
    prior
        ``prior[t]``, each above 0, summing to 1 exactly.
    sender, receiver
        ``[t][m][a]``, payoffs of the two players as rationals.
    players
        Names of sender and receiver.
    excluded
        Types of the file whose chance is 0; they are in none of the arrays.
    title
        For people.
    """

    types: tuple[str, ...]
    messages: tuple[str, ...]
    responses: tuple[tuple[str, ...], ...]
    prior: tuple[Fraction, ...]
    sender: Tables
    receiver: Tables
    players: tuple[str, str] = ("Sender", "Receiver")
    excluded: tuple[str, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        _check(self)


def exact(value: Number) -> Fraction:
    """Return a number as the rational that it is: 0.1 as its float, "1/3" and "0.1" as written.

    Raises
    ------
    GameError
        If it is not a finite number.

    Examples
    --------
    >>> exact(0.5), exact("1/3"), exact("0.1")
    (Fraction(1, 2), Fraction(1, 3), Fraction(1, 10))
    """
    if isinstance(value, float) and not isfinite(value):
        raise GameError(f"{value} is not a finite number")
    try:
        return Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise GameError(f"{value!r} is not a number") from None


def signalling_game(
    prior: Mapping[str, Number],
    responses: Mapping[str, Sequence[str]],
    sender: Mapping[str, Mapping[str, Sequence[Number]]],
    receiver: Mapping[str, Mapping[str, Sequence[Number]]],
    *,
    players: tuple[str, str] = ("Sender", "Receiver"),
    title: str = "",
) -> SignallingGame:
    """Return a signalling game from tables by name.

    Types whose chance is 0 are left out of the game (complete information about them); the rest
    is divided by its sum, which must be 1 up to rounding.

    Parameters
    ----------
    prior
        Type → chance.
    responses
        Message → what it can be answered with.
    sender, receiver
        Type → message → one payoff a response.
    players, title
        For people.

    Raises
    ------
    GameError
        If chances are negative or do not sum to 1, a row is missing or has another length, or a
        number is not finite.

    Examples
    --------
    >>> game = signalling_game(
    ...     {"weak": "0.1", "strong": "0.9"},
    ...     {"beer": ["fight", "not"], "quiche": ["fight", "not"]},
    ...     {"weak": {"beer": [0, 2], "quiche": [1, 3]},
    ...      "strong": {"beer": [1, 3], "quiche": [0, 2]}},
    ...     {"weak": {"beer": [1, 0], "quiche": [1, 0]},
    ...      "strong": {"beer": [0, 1], "quiche": [0, 1]}})
    >>> game.prior
    (Fraction(1, 10), Fraction(9, 10))
    """
    chances = {name: exact(chance) for name, chance in prior.items()}
    total = sum(chances.values(), Fraction(0))
    if any(chance < 0 for chance in chances.values()):
        raise GameError("a chance is negative; expected numbers from 0 to 1")
    if abs(total - 1) > _ROUNDING:
        raise GameError(f"the chances sum to {float(total):g}; expected 1")
    kept = [name for name in chances if chances[name] > 0]
    return SignallingGame(
        types=tuple(kept),
        messages=tuple(responses),
        responses=tuple(tuple(names) for names in responses.values()),
        prior=tuple(chances[name] / total for name in kept),
        sender=_tables(sender, kept, responses, players[0]),
        receiver=_tables(receiver, kept, responses, players[1]),
        players=players,
        excluded=tuple(name for name in chances if chances[name] == 0),
        title=title,
    )


def _tables(
    rows: Mapping[str, Mapping[str, Sequence[Number]]],
    types: Iterable[str],
    messages: Iterable[str],
    player: str,
) -> Tables:
    wanted = list(messages)
    return tuple(
        tuple(
            tuple(exact(v) for v in _row(_row(rows, name, player), message, f"{player}, {name}"))
            for message in wanted
        )
        for name in types
    )


def _row(rows: Mapping[str, _Item], name: str, where: str) -> _Item:
    if name not in rows:
        raise GameError(f"{where} has no payoffs for {name!r}")
    return rows[name]


def _check(game: SignallingGame) -> None:
    if not game.types or not game.messages:
        raise GameError("a signalling game has at least one type and one message")
    for what, names in (("type", game.types), ("message", game.messages), *_replies(game)):
        if len(set(names)) < len(names):
            raise GameError(f"a {what} is named twice")
    if len(game.responses) != len(game.messages) or not all(game.responses):
        raise GameError("each message needs at least one response")
    if min(game.prior) <= 0 or sum(game.prior) != 1 or len(game.prior) != len(game.types):
        raise GameError("the prior has one chance above 0 a type, summing to 1")
    shape = [len(names) for names in game.responses]
    for player, tables in zip(game.players, (game.sender, game.receiver), strict=True):
        if len(tables) != len(game.types) or any(
            [len(row) for row in rows] != shape for rows in tables
        ):
            raise GameError(f"{player} needs one payoff for each type, message and response")


def _replies(game: SignallingGame) -> list[tuple[str, tuple[str, ...]]]:
    return [("response", names) for names in game.responses]
