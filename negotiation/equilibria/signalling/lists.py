"""Only the list of equilibria, without payoffs and chances: for many games that share parts.

What is answered depends on the sender's payoffs and on where responses are best, not on the prior;
what is sent depends on the prior and the receiver's payoffs, not on the sender's. So over a plane
of prior and cost each half is found once a row or a column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from negotiation.games.signalling_game import SignallingGame

from .enumeration import Cell, can_be_sent, equilibrium_cells, layout_of
from .equilibria import kind_of, share, solve_signalling
from .refinements import Refined, refined

__all__ = ["Entry", "Known", "equilibrium_list"]


@dataclass(frozen=True, order=True)
class Entry:
    """One class of a list.

    Attributes
    ----------
    kind
        As in `EquilibriumClass`.
    sends, answers
        Messages in use by type, and responses in use by message sent, as numbers.
    intuitive, d1
        "all", "some" or "none" pass.
    """

    kind: str
    sends: tuple[tuple[int, ...], ...]
    answers: tuple[tuple[int, ...], ...]
    intuitive: str
    d1: str


@dataclass
class Known:
    """What has been found for parts of games so far; grows as games are asked about."""

    answered: dict[Any, list[tuple[Cell, Refined]]] = field(default_factory=dict)
    sent: dict[Any, bool] = field(default_factory=dict)


def equilibrium_list(game: SignallingGame, known: Known | None = None) -> tuple[Entry, ...]:
    """Return the classes of `solve_signalling` by name only.

    Parameters
    ----------
    game
        One game.
    known
        Shared between calls for games that share parts, of the same shape.
    """
    if known is None:
        return _from_solution(game)
    key = (game.sender, game.receiver)
    if key not in known.answered:
        layout = layout_of(game)
        cells = list(equilibrium_cells(layout, any_prior=True))
        passing = refined(layout, cells)
        known.answered[key] = list(zip(cells, passing, strict=True))
    groups: dict[tuple[Any, ...], list[Refined]] = {}
    layout = None
    for cell, passing in known.answered[key]:
        answers = tuple(cell.answers[m].responses for m in cell.on_path)
        asked = (game.prior, game.receiver, cell.sends, answers)
        if asked not in known.sent:
            layout = layout or layout_of(game)
            known.sent[asked] = can_be_sent(layout, cell)
        if known.sent[asked]:
            groups.setdefault((cell.sends, answers), []).append(passing)
    sends = [s for s, _ in groups]
    if len(set(sends)) < len(sends):  # one may lie in the closure of another
        return _from_solution(game)
    return tuple(
        sorted(
            Entry(
                kind_of(sends),
                sends,
                answers,
                share([x for r in own for x in r.intuitive]),
                share([x for r in own for x in r.d1]),
            )
            for (sends, answers), own in groups.items()
        )
    )


def _from_solution(game: SignallingGame) -> tuple[Entry, ...]:
    return tuple(
        sorted(Entry(c.kind, *c.key, c.intuitive, c.d1) for c in solve_signalling(game).classes)
    )
