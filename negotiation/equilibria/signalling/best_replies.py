"""Sets of responses that are jointly best at some belief: faces of the best-reply subdivision.

After message m the beliefs at which response a is best form a polytope in the simplex over types;
a set of responses is a *face* when these polytopes meet (von Stengel 2002). A response that is best
at no belief belongs to none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from negotiation.equilibria.signalling.polytopes import (
    Form,
    Polytope,
    cut,
    product_of_simplices,
    support,
    whole_numbers,
)
from negotiation.games.signalling_game import SignallingGame

__all__ = ["Face", "Faces", "best_reply_faces", "faces_on"]


@dataclass(frozen=True)
class Face:
    """Responses that are jointly best.

    Attributes
    ----------
    responses
        Their numbers, ascending.
    beliefs
        Where: a polytope in the simplex over types.
    forms
        ``(form, equal)``: linear forms over types that are not negative there, or zero. They read
        a belief or a vector of weights ``x(t)`` alike; the leading coefficient is 0.
    """

    responses: tuple[int, ...]
    beliefs: Polytope
    forms: tuple[tuple[Form, bool], ...]


Faces = tuple[tuple[Face, ...], ...]
"""``faces[m]``, small sets first."""


def best_reply_faces(game: SignallingGame) -> Faces:
    """Return for each message the sets of responses that are jointly best at some belief.

    Parameters
    ----------
    game
        One game; only the receiver's payoffs matter.
    """
    return tuple(tuple(_faces(game, m)) for m in range(len(game.messages)))


def _faces(game: SignallingGame, m: int) -> Iterator[Face]:
    n, count = len(game.types), len(game.responses[m])
    gains = {
        (a, b): (0, *whole_numbers([rows[m][a] - rows[m][b] for rows in game.receiver]))
        for a in range(count)
        for b in range(count)
        if a != b
    }
    simplex = product_of_simplices(n, [[(t, 1) for t in range(n)]])
    found: set[tuple[int, ...]] = set()
    for size in range(1, count + 1):
        for chosen in combinations(range(count), size):
            if size > 1 and any(part not in found for part in combinations(chosen, size - 1)):
                continue
            forms = tuple(
                (gains[chosen[0], b], b in chosen) for b in range(count) if b != chosen[0]
            )
            beliefs = simplex
            for form, equal in forms:
                beliefs = cut(beliefs, form, equal=equal)
            if beliefs.vertices:
                found.add(chosen)
                yield Face(chosen, beliefs, forms)


def faces_on(faces: tuple[Face, ...], types: int, *, all_of_them: bool = False) -> list[Face]:
    """Return the faces that are best at a belief on a set of types.

    Parameters
    ----------
    faces
        Of one message.
    types
        The set, as bits.
    all_of_them
        Ask for a belief that gives each of these types weight.
    """
    kept = []
    for face in faces:
        inside = tuple(v for v in face.beliefs.vertices if _used(v[1]) & ~types == 0)
        if inside and not (
            all_of_them and support(Polytope(inside, 0), types.bit_length()) != types
        ):
            kept.append(face)
    return kept


def _used(ray: tuple[int, ...]) -> int:
    return sum(1 << t for t, x in enumerate(ray[1:]) if x)
