"""The equilibria of a signalling game, class by class, with what each leaves open as intervals.

A class fixes what can be seen: the messages that each type uses and the responses to the messages
that are sent. It gathers all cells that differ only in what would answer the other messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from negotiation.certificates.signalling import check_signalling
from negotiation.equilibria.signalling.enumeration import (
    Cell,
    Layout,
    equilibrium_cells,
    layout_of,
    value_form,
)
from negotiation.equilibria.signalling.polytopes import (
    Form,
    Polytope,
    extremes,
    is_inside,
    mean_point,
)
from negotiation.equilibria.signalling.refinements import Refined, refined, undefeated
from negotiation.errors import CertificateError, GameError
from negotiation.games.signalling_game import SignallingGame

__all__ = [
    "EquilibriumClass",
    "Interval",
    "SignallingEquilibria",
    "assessment",
    "kind_of",
    "share",
    "solve_signalling",
]

MOST_CELLS = 10_000
"""Cells that an answer may have; only games that are nearly all ties have more."""

Interval = tuple[Fraction, Fraction]
"""Least and largest value; equal where nothing is left open."""


@dataclass(frozen=True)
class EquilibriumClass:
    """Equilibria that look alike on the path.

    Attributes
    ----------
    kind
        "pooling" (all types send one message), "separating" (no message is sent by two types) or
        "semi-separating".
    sends
        ``sends[t][m]``: with what chance type t sends m.
    responses
        ``responses[m][a]``: with what chance m is answered with a.
    beliefs
        ``beliefs[m][t]``: what the receiver may believe after m.
    payoffs
        ``payoffs[t]``.
    receiver_payoff
        Before the type is drawn.
    sent
        The messages that are sent.
    intuitive, d1
        "all", "some" or "none" of these equilibria pass.
    undefeated
        The same among its pure equilibria; None if it has none.
    cells
        The cells that it gathers.
    """

    kind: str
    sends: tuple[tuple[Interval, ...], ...]
    responses: tuple[tuple[Interval, ...], ...]
    beliefs: tuple[tuple[Interval, ...], ...]
    payoffs: tuple[Interval, ...]
    receiver_payoff: Interval
    sent: tuple[int, ...]
    intuitive: str
    d1: str
    undefeated: str | None
    cells: tuple[Cell, ...]

    @property
    def key(self) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
        """Messages in use by type, and responses in use by message sent."""
        cell = self.cells[0]
        return cell.sends, tuple(cell.answers[m].responses for m in self.sent)


@dataclass(frozen=True)
class SignallingEquilibria:
    """All perfect Bayesian equilibria of a game.

    Attributes
    ----------
    game
        The game.
    classes
        Pooling first, then separating, then semi-separating.
    cells
        How many cells hold equilibria: supports on and off the path.
    """

    game: SignallingGame
    classes: tuple[EquilibriumClass, ...]
    cells: int


def solve_signalling(game: SignallingGame) -> SignallingEquilibria:
    """Return all perfect Bayesian equilibria of a signalling game, exactly.

    One point inside every cell is checked from the definition.

    Parameters
    ----------
    game
        One game.

    Raises
    ------
    GameError
        If the game is too large to look through, or leaves nearly everything open.
    CertificateError
        If a point fails its check: a fault of this program.

    Examples
    --------
    >>> from negotiation.games.signalling_game import signalling_game
    >>> poker = signalling_game(
    ...     {"red": "1/2", "black": "1/2"}, {"raise": ["meet", "pass"], "fold": ["end"]},
    ...     {"red": {"raise": [2, 1], "fold": [1]}, "black": {"raise": [-2, 1], "fold": [-1]}},
    ...     {"red": {"raise": [-2, -1], "fold": [-1]}, "black": {"raise": [2, -1], "fold": [1]}})
    >>> only, = solve_signalling(poker).classes
    >>> only.kind, [str(low) for low, high in only.payoffs]
    ('semi-separating', ['5/3', '-1'])
    """
    layout = layout_of(game)
    cells = list(islice(equilibrium_cells(layout), MOST_CELLS + 1))
    if len(cells) > MOST_CELLS:
        raise GameError(
            f"more than {MOST_CELLS:,} combinations of messages and responses hold equilibria: "
            "these payoffs leave nearly everything open; expected fewer ties or a smaller game"
        )
    if not cells:
        raise CertificateError("no equilibrium was found; every finite game has one")
    for cell in cells:
        _check(layout, cell)
    passing = dict(zip(map(id, cells), refined(layout, cells), strict=True))
    pure = dict(zip(map(id, cells), undefeated(layout, cells), strict=True))
    groups: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        key = (cell.sends, *(cell.answers[m].responses for m in cell.on_path))
        groups.setdefault(key, []).append(cell)
    made = []
    for own, absorbed in _without_absorbed(layout, list(groups.values())):
        every = own + absorbed
        made.append(
            _class(layout, own, [passing[id(c)] for c in every], [pure[id(c)] for c in every])
        )
    order = ("pooling", "separating", "semi-separating")
    made.sort(key=lambda c: (order.index(c.kind), c.key))
    return SignallingEquilibria(game, tuple(made), len(cells))


def assessment(
    layout: Layout, cell: Cell
) -> tuple[list[list[Fraction]], list[list[Fraction]], list[list[Fraction]]]:
    """Return one equilibrium inside a cell: strategy ``[t][m]``, replies ``[m][a]``, beliefs.

    Parameters
    ----------
    layout
        Of the game.
    cell
        From `equilibrium_cells` of it.
    """
    game = layout.game
    x, alpha = mean_point(cell.strategies), mean_point(cell.replies)
    messages = range(len(game.messages))
    sent = [[x[layout.sent(t, m)] for m in messages] for t in range(len(game.types))]
    strategy = [[v / sum(row) for v in row] for row in sent]
    replies = [
        list(alpha[layout.offsets[m] : layout.offsets[m] + len(game.responses[m])])
        for m in messages
    ]
    beliefs = []
    for m in messages:
        weights = [row[m] for row in sent]
        total = sum(weights)
        beliefs.append(
            [w / total for w in weights] if total else list(mean_point(cell.answers[m].beliefs))
        )
    return strategy, replies, beliefs


def _check(layout: Layout, cell: Cell) -> None:
    strategy, replies, beliefs = assessment(layout, cell)
    check_signalling(layout.game, strategy, replies, beliefs)


def _without_absorbed(
    layout: Layout, groups: list[list[Cell]]
) -> Iterable[tuple[list[Cell], list[Cell]]]:
    """Yield the groups that are not in the closure of another, each with those that are in its."""
    inside: dict[int, int] = {}
    for i, group in enumerate(groups):
        for k, larger in enumerate(groups):
            if k != i and k not in inside and _absorbs(layout, larger, group):
                inside[i] = k
                break
    for k, group in enumerate(groups):
        if k in inside:
            continue
        absorbed = [c for i in inside if _root(inside, i) == k for c in groups[i]]
        yield group, absorbed


def _root(inside: dict[int, int], i: int) -> int:
    while i in inside:
        i = inside[i]
    return i


def _absorbs(layout: Layout, larger: list[Cell], group: list[Cell]) -> bool:
    first, other = group[0], larger[0]
    if first.sends != other.sends:
        return False
    for m in first.on_path:
        if not set(first.answers[m].responses) <= set(other.answers[m].responses):
            return False
    return all(any(_in_closure(layout, cell, wide) for wide in larger) for cell in group)


def _in_closure(layout: Layout, cell: Cell, wide: Cell) -> bool:
    """Return whether a cell with the same sending supports lies in the closure of another."""
    if any(
        not set(a.responses) <= set(b.responses)
        for a, b in zip(cell.answers, wide.answers, strict=True)
    ):
        return False
    forms: list[tuple[Form, bool]] = []
    size = len(layout.game.types) * len(layout.game.messages)
    for m in wide.on_path:
        for form, equal in wide.answers[m].forms:
            longer = [0] * (size + 1)
            for t in range(len(layout.game.types)):
                longer[1 + layout.sent(t, m)] = form[1 + t]
            forms.append((longer, equal))
    return is_inside(cell.strategies, forms)


def _class(
    layout: Layout,
    cells: list[Cell],
    passing: Sequence[Refined],
    pure: Sequence[tuple[bool, ...] | None],
) -> EquilibriumClass:
    game, first = layout.game, cells[0]
    messages, types = range(len(game.messages)), range(len(game.types))
    x = [cell.strategies for cell in cells]
    alpha = [cell.replies for cell in cells]
    width = len(game.types) * len(game.messages) + 1
    return EquilibriumClass(
        kind=kind_of(first.sends),
        sends=tuple(
            tuple(
                _scaled(
                    _hull(x, _unit(width, 1 + layout.sent(t, m))), Fraction(1, layout.chances[t])
                )
                for m in messages
            )
            for t in types
        ),
        responses=tuple(
            tuple(
                _hull(alpha, _unit(layout.replies + 1, 1 + layout.offsets[m] + a))
                for a in range(len(game.responses[m]))
            )
            for m in messages
        ),
        beliefs=tuple(_beliefs(layout, cells, m) for m in messages),
        payoffs=tuple(
            _scaled(_hull(alpha, value_form(layout, t, first.sends[t][0])), 1 / layout.scales[t])
            for t in types
        ),
        receiver_payoff=_received(layout, cells),
        sent=first.on_path,
        intuitive=share([answer for own in passing for answer in own.intuitive]),
        d1=share([answer for own in passing for answer in own.d1]),
        undefeated=_undefeated(pure),
        cells=tuple(cells),
    )


def kind_of(sends: tuple[tuple[int, ...], ...]) -> str:
    """Return what a class is called by the messages that each type uses."""
    if len(set(sends)) == 1 and len(sends[0]) == 1:
        return "pooling"
    used = [m for messages in sends for m in messages]
    return "separating" if len(used) == len(set(used)) else "semi-separating"


def _unit(width: int, place: int) -> tuple[int, ...]:
    return tuple(int(i == place) for i in range(width))


def _hull(parts: Sequence[Polytope], form: Form) -> Interval:
    ends = [extremes(part, form) for part in parts]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _scaled(interval: Interval, factor: Fraction) -> Interval:
    return interval[0] * factor, interval[1] * factor


def _beliefs(layout: Layout, cells: list[Cell], m: int) -> tuple[Interval, ...]:
    """Return the beliefs after a message: Bayes' rule if it is sent, else where its answer is best.

    A ratio of linear forms is extreme at vertices; where nothing is sent it is a limit of others.
    """
    rows = []
    types = range(len(layout.game.types))
    for cell in cells:
        if m in cell.on_path:
            points = [
                [ray[1 + layout.sent(t, m)] for t in types] for _, ray in cell.strategies.vertices
            ]
        else:
            points = [list(ray[1:]) for _, ray in cell.answers[m].beliefs.vertices]
        rows += [[Fraction(v, sum(point)) for v in point] for point in points if any(point)]
    return tuple((min(column), max(column)) for column in zip(*rows, strict=True))


def _received(layout: Layout, cells: list[Cell]) -> Interval:
    game, first = layout.game, cells[0]
    total = sum(layout.chances)
    form = [Fraction(0)] * (len(game.types) * len(game.messages) + 1)
    for m in first.on_path:
        a = first.answers[m].responses[0]  # all in use are equally good
        for t, rows in enumerate(game.receiver):
            form[1 + layout.sent(t, m)] = rows[m][a] / total
    ends = [
        sum((c * x for c, x in zip(form, ray, strict=True)), Fraction(0)) / ray[0]
        for cell in cells
        for _, ray in cell.strategies.vertices
    ]
    return min(ends), max(ends)


def share(answers: Sequence[bool]) -> str:
    """Return "all", "some" or "none" of the answers are yes."""
    return "all" if all(answers) else "some" if any(answers) else "none"


def _undefeated(pure: Sequence[tuple[bool, ...] | None]) -> str | None:
    known = [answer for answer in pure if answer is not None]
    if not known:
        return None
    if all(whole for _, whole in known):
        return "all"
    return "some" if any(part for part, _ in known) else "none"
