"""Refinements: the intuitive criterion, D1, and undefeated equilibria.

The first two look at what each type earns, V, and ask of every message that nobody sends who could
gain by it (Cho & Kreps 1987; Banks & Sobel 1987). They depend on V alone, so a set of equilibria on
which V is one point needs one look; where V varies, the set is split by the planes at which an
answer can change, and one point inside each piece is looked at. *Undefeated* (Mailath,
Okuno-Fujiwara & Postlewaite 1993) compares pure equilibria with one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from operator import mul

from negotiation.equilibria.signalling.best_replies import Face, faces_on
from negotiation.equilibria.signalling.enumeration import Cell, Layout, value_form
from negotiation.equilibria.signalling.polytopes import (
    Form,
    Polytope,
    cut,
    product_of_simplices,
    support,
    whole_numbers,
)

__all__ = ["Refined", "passes_d1", "passes_intuitive", "refined", "undefeated"]

Values = tuple[Fraction, ...]
"""What each type earns, in the whole numbers of the layout."""

Surviving = tuple[bool, ...]


@dataclass(frozen=True)
class Refined:
    """Verdict of one refinement on a set of equilibria: all, some or none pass.

    Attributes
    ----------
    intuitive, d1
        One answer a piece.
    """

    intuitive: Surviving
    d1: Surviving


@dataclass(frozen=True)
class _Message:
    """Numbers that the refinements need about one unsent message."""

    faces: tuple[Face, ...]
    payoffs: tuple[tuple[int, ...], ...]
    """``payoffs[t][a]``."""
    on: dict[int, list[Face]] = field(default_factory=dict, compare=False)

    def restricted(self, types: int) -> list[Face]:
        """Return the faces that are best at a belief on a set of types."""
        if types not in self.on:
            self.on[types] = faces_on(self.faces, types)
        return self.on[types]


def refined(layout: Layout, cells: list[Cell]) -> list[Refined]:
    """Return for each cell whether its points pass the intuitive criterion and D1.

    Parameters
    ----------
    layout
        Of the game.
    cells
        From `equilibrium_cells`.
    """
    messages = [_message(layout, m) for m in range(len(layout.game.messages))]
    looked: dict[tuple[tuple[int, ...], Values], tuple[bool, bool]] = {}
    made = []
    for cell in cells:
        unsent = tuple(m for m in range(len(messages)) if m not in cell.on_path)
        answers = []
        for values in _representatives(layout, cell, [messages[m] for m in unsent]):
            key = (unsent, values)
            if key not in looked:
                asked = [messages[m] for m in unsent]
                looked[key] = (
                    all(_intuitive(message, values) for message in asked),
                    all(_d1(message, values) for message in asked),
                )
            answers.append(looked[key])
        made.append(Refined(tuple(a for a, _ in answers), tuple(b for _, b in answers)))
    return made


def passes_intuitive(layout: Layout, m: int, values: Values) -> bool:
    """Return whether what the types earn passes the intuitive criterion at an unsent message.

    J holds the types that earn more than any best reply to m could give them. The test fails if
    some other type earns less than it would get from every best reply to beliefs without J.

    Parameters
    ----------
    layout
        Of the game.
    m
        The message.
    values
        What each type earns, times ``layout.scales``.
    """
    return _intuitive(_message(layout, m), values)


def passes_d1(layout: Layout, m: int, values: Values) -> bool:
    """Return whether what the types earn passes D1 at an unsent message.

    A type is left out of the beliefs if another gains strictly from every mixed best reply from
    which the first does not lose, and can gain at all. The test passes if a best reply to some
    belief on the types that remain keeps everyone from sending m.

    Parameters
    ----------
    layout, m, values
        As in `passes_intuitive`.
    """
    return _d1(_message(layout, m), values)


def _message(layout: Layout, m: int) -> _Message:
    start, count = layout.offsets[m], len(layout.game.responses[m])
    return _Message(layout.faces[m], tuple(row[start : start + count] for row in layout.values))


def _intuitive(message: _Message, values: Values) -> bool:
    everyone = (1 << len(values)) - 1
    best = _best_responses(message.restricted(everyone))
    left = 0
    for t, value in enumerate(values):
        if value <= max(message.payoffs[t][a] for a in best):
            left |= 1 << t
    if not left:
        return True
    answers = _best_responses(message.restricted(left))
    return not any(
        left >> t & 1 and value < min(message.payoffs[t][a] for a in answers)
        for t, value in enumerate(values)
    )


def _best_responses(faces: list[Face]) -> list[int]:
    return [face.responses[0] for face in faces if len(face.responses) == 1]


def _d1(message: _Message, values: Values) -> bool:
    types = range(len(values))
    everyone = (1 << len(values)) - 1
    best = _best_responses(message.restricted(everyone))
    gains = [any(message.payoffs[t][a] > values[t] for a in best) for t in types]
    largest = _maximal(message.restricted(everyone))
    left = sum(
        1 << t
        for t in types
        if not any(gains[k] and _outdone(message, largest, values, t, k) for k in types if k != t)
    )
    return any(
        _deters(message, face, values) for face in _maximal(message.restricted(left or everyone))
    )


def _maximal(faces: list[Face]) -> list[Face]:
    sets = [set(face.responses) for face in faces]
    return [face for face, own in zip(faces, sets, strict=True) if not any(own < s for s in sets)]


def _outdone(message: _Message, faces: list[Face], values: Values, t: int, rival: int) -> bool:
    """Return whether the rival gains from every mixed best reply from which t does not lose.

    In the plane of both gains a face is a convex hull. It holds a counterexample, t's gain at
    least 0 and the rival's at most 0, exactly if a corner or a segment between two does.
    """
    for face in faces:
        points = [
            (message.payoffs[t][a] - values[t], values[rival] - message.payoffs[rival][a])
            for a in face.responses
        ]
        if any(x >= 0 and y >= 0 for x, y in points):
            return False
        if any(
            _meets_quadrant(one, two) or _meets_quadrant(two, one)
            for one, two in combinations(points, 2)
        ):
            return False
    return True


def _meets_quadrant(one: tuple[Fraction, Fraction], two: tuple[Fraction, Fraction]) -> bool:
    """Return whether a segment from ``x >= 0 > y`` to ``x < 0 <= y`` passes ``x, y >= 0``."""
    if not (one[0] >= 0 > one[1] and two[0] < 0 <= two[1]):
        return False
    # Where y reaches 0, x must not be below 0 yet.
    return one[0] * two[1] - two[0] * one[1] >= 0


def _deters(message: _Message, face: Face, values: Values) -> bool:
    """Return whether a mixture on a face gives no type more than it earns."""
    count = len(message.payoffs[0])
    mixtures = product_of_simplices(count, [[(a, 1) for a in face.responses]])
    for own, value in zip(message.payoffs, values, strict=True):
        form = whole_numbers([value, *(Fraction(-x) for x in own)])
        mixtures = cut(mixtures, form)
    return bool(mixtures.vertices)


def _representatives(layout: Layout, cell: Cell, unsent: list[_Message]) -> list[Values]:
    """Return what the types earn at one point inside each piece of a cell."""
    forms = [value_form(layout, t, cell.sends[t][0]) for t in range(len(cell.sends))]
    corners = {_values_at(forms, ray) for _, ray in cell.replies.vertices}
    if len(corners) == 1:
        return list(corners)
    used = support(cell.replies, layout.replies)
    pieces = [cell.replies]
    for plane in _planes(unsent, len(forms)):
        form = _on_replies(plane, forms)
        pieces = [
            part
            for piece in pieces
            for part in _split(piece, form)
            if support(part, layout.replies) == used  # else it belongs to another cell
        ]
    return [_inside(forms, piece) for piece in pieces]


def _values_at(forms: list[tuple[int, ...]], ray: tuple[int, ...]) -> Values:
    return tuple(Fraction(sum(map(mul, form, ray)), ray[0]) for form in forms)


def _inside(forms: list[tuple[int, ...]], piece: Polytope) -> Values:
    rows = [_values_at(forms, ray) for _, ray in piece.vertices]
    return tuple(sum(column, Fraction(0)) / len(rows) for column in zip(*rows, strict=True))


def _split(piece: Polytope, form: Form) -> Iterator[Polytope]:
    """Yield the parts of a piece below, on and above a plane that crosses it; or the piece."""
    signs = {_sign(sum(map(mul, form, ray))) for _, ray in piece.vertices}
    if signs == {0} or signs == {1} or signs == {-1}:
        yield piece
        return
    yield cut(piece, form, equal=True)
    if 1 in signs:
        yield cut(piece, form)
    if -1 in signs:
        yield cut(piece, [-x for x in form])


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _planes(unsent: list[_Message], types: int) -> set[tuple[int, ...]]:
    """Return the planes in the space of V at which a refinement can change its answer.

    They pass through as many responses as they have types: one (a type gains or loses by it), two
    (which of two types gains from more mixtures), three and more (whether a mixture deters all).
    The first entry is the constant.
    """
    planes = set()
    for message in unsent:
        for face in _maximal(list(message.faces)):
            for size in range(1, types + 1):
                for chosen in combinations(range(types), size):
                    for answers in combinations(face.responses, size):
                        points = [[message.payoffs[t][a] for t in chosen] for a in answers]
                        normal = _normal(points)
                        if any(normal):
                            planes.add(_plane(normal, points[0], chosen, types))
    return planes


def _plane(
    normal: list[int], point: list[int], chosen: tuple[int, ...], types: int
) -> tuple[int, ...]:
    plane = [0] * (types + 1)
    plane[0] = -sum(map(mul, normal, point))
    for t, x in zip(chosen, normal, strict=True):
        plane[t + 1] = x
    return tuple(plane)


def _normal(points: list[list[int]]) -> list[int]:
    """Return a normal of the plane through k points in k dimensions; zeros if there are many."""
    edges = [[x - y for x, y in zip(point, points[0], strict=True)] for point in points[1:]]
    k = len(points[0])
    return [
        (-1) ** skip * _determinant([[row[i] for i in range(k) if i != skip] for row in edges])
        for skip in range(k)
    ]


def _determinant(rows: list[list[int]]) -> int:
    if not rows:
        return 1
    return sum(
        (-1) ** i * x * _determinant([row[:i] + row[i + 1 :] for row in rows[1:]])
        for i, x in enumerate(rows[0])
        if x
    )


def _on_replies(plane: tuple[int, ...], forms: list[tuple[int, ...]]) -> list[int]:
    """Return a plane in the space of V as a linear form over replies."""
    made = [0] * len(forms[0])
    made[0] = plane[0]
    for x, form in zip(plane[1:], forms, strict=True):
        for i, y in enumerate(form):
            made[i] += x * y
    return made


def undefeated(layout: Layout, cells: list[Cell]) -> list[Surviving | None]:
    """Return for each pure cell whether some and whether all its beliefs are undefeated.

    A rival pure equilibrium defeats one if it uses a message that the other does not, no type that
    sends it there earns less there and one earns more, and the belief of the other after it is not
    what follows from its being sent by those that earn more, and by any part of those that earn as
    much.

    Parameters
    ----------
    layout
        Of the game.
    cells
        From `equilibrium_cells`, all of them.

    Returns
    -------
    list
        ``(some, all)``, or None where the cell is not pure.
    """
    pure = [i for i, cell in enumerate(cells) if _is_pure(cell)]
    earned = {i: _earned(layout, cells[i]) for i in pure}
    made: list[Surviving | None] = [None] * len(cells)
    for i in pure:
        beliefs = {
            m: cells[i].answers[m].beliefs
            for m in range(len(layout.game.messages))
            if m not in cells[i].on_path
        }
        whole = True
        for k in pure:
            for m in beliefs.keys() & set(cells[k].on_path):
                for form, equal in _rightful(layout, cells[k], m, earned[i], earned[k]):
                    parts = cut(beliefs[m], form, equal=equal)
                    values = [sum(map(mul, form, ray)) for _, ray in beliefs[m].vertices]
                    whole = whole and all(v == 0 if equal else v >= 0 for v in values)
                    beliefs[m] = parts
        some = all(part.vertices for part in beliefs.values())
        made[i] = (some, some and whole)
    return made


def _is_pure(cell: Cell) -> bool:
    return all(len(s) == 1 for s in cell.sends) and all(
        len(face.responses) == 1 for face in cell.answers
    )


def _earned(layout: Layout, cell: Cell) -> Values:
    _, ray = cell.replies.vertices[0]
    return _values_at([value_form(layout, t, s[0]) for t, s in enumerate(cell.sends)], ray)


def _rightful(
    layout: Layout, rival: Cell, m: int, here: Values, there: Values
) -> Iterator[tuple[Form, bool]]:
    """Yield the conditions on a belief that a rival's use of m imposes, if it defeats at all.

    Weights relative to the prior are equal for those that gain, at most that for those that earn
    the same, and zero for those that do not send m.
    """
    senders = [t for t, s in enumerate(rival.sends) if m in s]
    if any(there[t] < here[t] for t in senders):
        return
    gaining = [t for t in senders if there[t] > here[t]]
    if not gaining:
        return
    lead = gaining[0]
    for t in range(len(here)):
        form = [0] * (len(here) + 1)
        if t not in senders:
            form[t + 1] = 1
            yield form, True
        elif t != lead:
            form[lead + 1] = layout.chances[t]
            form[t + 1] = -layout.chances[lead]
            yield form, t in gaining
