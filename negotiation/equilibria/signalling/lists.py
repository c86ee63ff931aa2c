"""Only the list of equilibria, without payoffs and chances: for many games that share parts.

What is answered depends on the sender's payoffs and on where responses are best, not on the prior;
what is sent depends on the prior and the receiver's payoffs, not on the sender's. So over a plane
of prior and cost each half is found once a row or a column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from negotiation.equilibria.signalling.enumeration import (
    Cell,
    can_be_sent,
    equilibrium_cells,
    layout_of,
)
from negotiation.equilibria.signalling.equilibria import (
    SignallingEquilibria,
    kind_of,
    share,
    solve_signalling,
)
from negotiation.equilibria.signalling.refinements import Refined, refined
from negotiation.games.signalling_game import SignallingGame

__all__ = ["Entry", "Known", "entries_of", "equilibrium_list"]


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


_Supports = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]


@dataclass
class Known:
    """Answers for parts of games so far; grows as games are asked about."""

    answered: dict[Any, list[tuple[_Supports, Cell, Refined]]] = field(default_factory=dict)
    sent: dict[Any, dict[_Supports, bool]] = field(default_factory=dict)


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
        known.answered[key] = [
            (_supports(cell), cell, own)
            for cell, own in zip(cells, refined(layout, cells), strict=True)
        ]
    sent = known.sent.setdefault((game.prior, game.receiver), {})
    groups: dict[_Supports, list[Refined]] = {}
    for supports, cell, own in known.answered[key]:
        if supports not in sent:
            sent[supports] = can_be_sent(layout_of(game), cell)
        if sent[supports]:
            groups.setdefault(supports, []).append(own)
    if len({sends for sends, _ in groups}) < len(groups):  # one may lie in the closure of another
        return _from_solution(game)
    return tuple(
        sorted(
            Entry(
                kind_of(sends),
                sends,
                answers,
                share([x for r in group for x in r.intuitive]),
                share([x for r in group for x in r.d1]),
            )
            for (sends, answers), group in groups.items()
        )
    )


def _supports(cell: Cell) -> _Supports:
    return cell.sends, tuple(cell.answers[m].responses for m in cell.on_path)


def _from_solution(game: SignallingGame) -> tuple[Entry, ...]:
    return entries_of(solve_signalling(game))


def entries_of(equilibria: SignallingEquilibria) -> tuple[Entry, ...]:
    """Return the classes of a solution by name only."""
    return tuple(sorted(Entry(c.kind, *c.key, c.intuitive, c.d1) for c in equilibria.classes))
