"""All perfect Bayesian equilibria of a signalling game, as a disjoint union of cells.

A cell fixes which messages each type sends, ``S_t``, and which responses each message is answered
with, ``A_m``. Given both, the conditions are linear and fall in two:

- what is sent, ``x(t, m) = p(t) sigma(m|t)``: above zero exactly on the supports, summing to p(t),
  and at ``x(., m)`` every response of ``A_m`` is best;
- what is answered, ``alpha(a|m)``: above zero exactly on ``A_m``, summing to one, and no message
  gives a type more than those that it sends.

After a message that nobody sends any belief goes, so ``A_m`` only has to be jointly best at one.
Each part is a polytope less some of its faces, kept by its vertices in whole numbers. The
equilibria are the union of the products (compare Avis, Rosenberg, Savani & von Stengel 2010 for
bimatrix games). The search takes supports one by one and, for each, messages one by one; a branch
ends as soon as one of its two polytopes is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from negotiation.equilibria.signalling.best_replies import Face, Faces, best_reply_faces, faces_on
from negotiation.equilibria.signalling.polytopes import (
    Form,
    Polytope,
    cut,
    product_of_simplices,
    support,
    times_simplex,
    whole_numbers,
)
from negotiation.errors import GameError
from negotiation.games.signalling_game import SignallingGame

__all__ = [
    "LARGEST",
    "Cell",
    "Layout",
    "can_be_sent",
    "equilibrium_cells",
    "layout_of",
    "value_form",
]

LARGEST = 10**7
"""Cells at most; more are refused."""


@dataclass(frozen=True)
class Layout:
    """A game in whole numbers, with the places of its coordinates.

    Attributes
    ----------
    game, faces
        The game, and the responses that are jointly best.
    offsets
        ``offsets[m] + a`` is the coordinate of response a to message m.
    replies
        Number of these coordinates.
    values
        ``values[t]``: the type's payoffs at these coordinates, times ``scales[t]``.
    scales
        What each type's payoffs were multiplied by to be whole.
    chances
        The prior in whole numbers.
    """

    game: SignallingGame
    faces: Faces
    offsets: tuple[int, ...]
    replies: int
    values: tuple[tuple[int, ...], ...]
    scales: tuple[Fraction, ...]
    chances: tuple[int, ...]

    def sent(self, t: int, m: int) -> int:
        """Return the coordinate of ``x(t, m)``."""
        return t * len(self.game.messages) + m


@dataclass(frozen=True)
class Cell:
    """One product of two polytopes of equilibria.

    Attributes
    ----------
    sends
        ``sends[t]``: the messages that type t uses.
    answers
        ``answers[m]``: the face that message m is answered with.
    strategies
        Closure of the ``x(t, m)``, by vertices; the sum over m is ``chances[t]``.
    replies
        Closure of the ``alpha(a|m)``.
    """

    sends: tuple[tuple[int, ...], ...]
    answers: tuple[Face, ...]
    strategies: Polytope
    replies: Polytope

    @property
    def on_path(self) -> tuple[int, ...]:
        """The messages that are sent."""
        return tuple(sorted({m for messages in self.sends for m in messages}))


def layout_of(game: SignallingGame) -> Layout:
    """Return a game in whole numbers; refuse it if its cells are too many to look through.

    Raises
    ------
    GameError
        If there are more than `LARGEST` cells.
    """
    counts = [len(names) for names in game.responses]
    offsets = tuple(sum(counts[:m]) for m in range(len(counts)))
    _bounded(game, [2**count - 1 for count in counts], largest=LARGEST * 100)
    faces = best_reply_faces(game)
    _bounded(game, [len(own) for own in faces], largest=LARGEST)
    flat = [[v for row in rows for v in row] for rows in game.sender]
    values = tuple(whole_numbers(row) for row in flat)
    scales = tuple(_scale(row, whole) for row, whole in zip(flat, values, strict=True))
    return Layout(game, faces, offsets, sum(counts), values, scales, whole_numbers(game.prior))


def _scale(row: list[Fraction], whole: tuple[int, ...]) -> Fraction:
    return next((w / v for v, w in zip(row, whole, strict=True) if v), Fraction(1))


def _bounded(game: SignallingGame, faces: list[int], largest: int) -> None:
    types, messages = len(game.types), len(game.messages)
    cells = (2**messages - 1) ** types * prod(faces)
    if cells <= largest:
        return
    longest = max(len(names) for names in game.responses)
    sizes = {"types": types, "messages": messages, "responses to a message": longest}
    fewer = {
        "types": (2**messages - 1) ** (types - 1) * prod(faces),
        "messages": (2 ** (messages - 1) - 1) ** types * prod(sorted(faces)[:-1]),
        "responses to a message": (2**messages - 1) ** types * prod(-(-n // 2) for n in faces),
    }
    name = min((n for n in sizes if sizes[n] > 1), key=lambda n: fewer[n])
    raise GameError(
        f"{types} types, {messages} messages and up to {longest} responses make {cells:.2g} cells "
        f"to look through; at most {largest:.0e}: have fewer {name}"
    )


def equilibrium_cells(layout: Layout, *, any_prior: bool = False) -> Iterator[Cell]:
    """Yield every cell that holds an equilibrium, once each.

    Parameters
    ----------
    layout
        From `layout_of`.
    any_prior
        Leave the prior free: ``x`` then only sums to one, and each cell says at which priors it
        holds equilibria (of the types with weight, all of them).
    """
    n = len(layout.game.messages)
    supports = [tuple(m for m in range(n) if bits >> m & 1) for bits in range(1, 2**n)]
    candidates = _on_path_faces(layout)
    for sends in product(supports, repeat=len(layout.game.types)):
        yield from _Search(layout, sends, candidates).cells(any_prior)


def _on_path_faces(layout: Layout) -> dict[tuple[int, int], list[Face]]:
    """Return by message and senders (as bits) the faces that are best at some such posterior."""
    return {
        (m, types): faces_on(layout.faces[m], types, all_of_them=True)
        for m in range(len(layout.game.messages))
        for types in range(1, 2 ** len(layout.game.types))
    }


def can_be_sent(layout: Layout, cell: Cell) -> bool:
    """Return whether a cell's strategies exist at the prior of a game.

    Parameters
    ----------
    layout
        Of the game.
    cell
        From `equilibrium_cells`, perhaps of a game with another prior.
    """
    search = _Search(layout, cell.sends, None)
    left = search.strategies(any_prior=False)
    for m in cell.on_path:
        left = search.sent(left, m, cell.answers[m])
        if not left.vertices:
            return False
    return True


def value_form(layout: Layout, t: int, m: int) -> tuple[int, ...]:
    """Return the linear form over replies that is type t's payoff from m, times ``scales[t]``."""
    start, count = layout.offsets[m], len(layout.game.responses[m])
    own = layout.values[t]
    return (
        0,
        *(own[i] if start <= i < start + count else 0 for i in range(layout.replies)),
    )


class _Search:
    """The messages of one support, taken one after the other."""

    def __init__(
        self,
        layout: Layout,
        sends: tuple[tuple[int, ...], ...],
        candidates: dict[tuple[int, int], list[Face]] | None,
    ) -> None:
        self.layout = layout
        self.sends = sends
        self.types = range(len(sends))
        n = len(layout.game.messages)
        senders = [sum(1 << t for t in self.types if m in sends[t]) for m in range(n)]
        on_path = [m for m in range(n) if senders[m]]
        self.order = on_path + [m for m in range(n) if not senders[m]]
        self.known = len(on_path)
        self.choices = [
            candidates[m, senders[m]] if candidates and senders[m] else list(layout.faces[m])
            for m in self.order
        ]

    def cells(self, any_prior: bool) -> Iterator[Cell]:
        if not all(self.choices):
            return
        replies = product_of_simplices(self.layout.replies, [])
        unbounded = tuple((None, None) for _ in self.types)
        for answers, strategies, replied in self._extend(
            0, (), self.strategies(any_prior=any_prior), replies, unbounded
        ):
            by_message = sorted(zip(self.order, answers, strict=True), key=lambda pair: pair[0])
            yield Cell(self.sends, tuple(face for _, face in by_message), strategies, replied)

    def strategies(self, *, any_prior: bool) -> Polytope:
        """Return all strategies with these supports."""
        place, chances = self.layout.sent, self.layout.chances
        size = len(self.sends) * len(self.order)
        if any_prior:
            every = [(place(t, m), 1) for t in self.types for m in self.sends[t]]
            return product_of_simplices(size, [every])
        return product_of_simplices(
            size, [[(place(t, m), chances[t]) for m in self.sends[t]] for t in self.types]
        )

    def _extend(
        self,
        depth: int,
        answers: tuple[Face, ...],
        strategies: Polytope,
        replies: Polytope,
        bounds: tuple[tuple[int | None, int | None], ...],
    ) -> Iterator[tuple[tuple[Face, ...], Polytope, Polytope]]:
        """Yield the ways to answer the messages from a depth on."""
        if depth == len(self.order):
            yield answers, strategies, replies
            return
        m = self.order[depth]
        for face in self.choices[depth]:
            narrowed = self._narrowed(bounds, m, face)
            if narrowed is None:
                continue
            sent = self.sent(strategies, m, face) if depth < self.known else strategies
            if not sent.vertices:
                continue
            replied = self._replied(replies, depth, face)
            if replied.vertices:
                yield from self._extend(depth + 1, (*answers, face), sent, replied, narrowed)

    def _narrowed(
        self, bounds: tuple[tuple[int | None, int | None], ...], m: int, face: Face
    ) -> tuple[tuple[int | None, int | None], ...] | None:
        """Return what each type can earn at all, or None if that is nothing.

        A quick look before polytopes are cut: a type earns at least the least that m is answered
        with, and at most the most if it sends m.
        """
        start, made = self.layout.offsets[m], []
        for t, (low, high) in enumerate(bounds):
            own = [self.layout.values[t][start + a] for a in face.responses]
            worst, best = min(own), max(own)
            low = worst if low is None or worst > low else low
            if m in self.sends[t]:
                high = best if high is None or best < high else high
            if high is not None and low > high:
                return None
            made.append((low, high))
        return tuple(made)

    def sent(self, strategies: Polytope, m: int, face: Face) -> Polytope:
        """Cut the strategies down to those after which a face is best; empty if a support is."""
        size = len(self.sends) * len(self.order)
        for form, equal in face.forms:
            longer = [0] * (size + 1)
            for t in self.types:
                longer[1 + self.layout.sent(t, m)] = form[1 + t]
            strategies = cut(strategies, longer, equal=equal)
            if not strategies.vertices:
                return strategies
        wanted = sum(1 << self.layout.sent(t, k) for t in self.types for k in self.sends[t])
        return strategies if support(strategies, size) == wanted else Polytope((), 0)

    def _replied(self, replies: Polytope, depth: int, face: Face) -> Polytope:
        """Add a message's answers and cut down to what keeps every type at its messages."""
        m = self.order[depth]
        start = self.layout.offsets[m]
        before = support(replies, self.layout.replies)
        wanted = before | sum(1 << (start + a) for a in face.responses)
        grown = times_simplex(replies, [(start + a, 1) for a in face.responses])
        for form, equal in self._conditions(depth):
            grown = cut(grown, form, equal=equal)
            if not grown.vertices:
                return grown
        return grown if support(grown, self.layout.replies) == wanted else Polytope((), 0)

    def _conditions(self, depth: int) -> Iterator[tuple[Form, bool]]:
        """Yield the sender's conditions that speak of this message and of earlier ones."""
        m = self.order[depth]
        for t in self.types:
            first = self.sends[t][0]
            if first == m:
                rivals = self.order[:depth]
                for other in rivals:
                    yield self._difference(t, m, other), False
            elif first in self.order[:depth]:
                yield self._difference(t, first, m), m in self.sends[t]

    def _difference(self, t: int, better: int, worse: int) -> Form:
        gain, loss = value_form(self.layout, t, better), value_form(self.layout, t, worse)
        return [x - y for x, y in zip(gain, loss, strict=True)]
