"""Thresholds: beliefs at which the receiver changes its mind, priors at which the list changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from negotiation.equilibria.signalling.best_replies import best_reply_faces
from negotiation.equilibria.signalling.enumeration import equilibrium_cells, layout_of
from negotiation.equilibria.signalling.equilibria import SignallingEquilibria, solve_signalling
from negotiation.equilibria.signalling.polytopes import extremes
from negotiation.games.signalling_game import SignallingGame

__all__ = ["BeliefThreshold", "PriorPiece", "at_prior", "belief_thresholds", "listed", "prior_line"]


@dataclass(frozen=True)
class BeliefThreshold:
    """Beliefs after a message at which two responses are both best.

    Attributes
    ----------
    message
        Its number.
    between
        The two responses: with two types, the best one at lower and at higher beliefs in the last
        type; with more, the first is best where the sum of coefficients times beliefs is above 0.
    coefficients
        ``coefficients[t]``: what the first response earns more than the second if the type is t.
    belief
        With two types the belief in the last one; otherwise None.
    """

    message: int
    between: tuple[int, int]
    coefficients: tuple[Fraction, ...]
    belief: Fraction | None


@dataclass(frozen=True)
class PriorPiece:
    """A stretch of priors, or one prior, with one list of equilibria.

    Attributes
    ----------
    low, high
        Chance of the last type; a stretch holds neither end, a single prior has both equal.
    equilibria
        At the prior, or in the middle of the stretch: payoffs and chances move along it, the list
        of classes and what they pass do not.
    """

    low: Fraction
    high: Fraction
    equilibria: SignallingEquilibria


def belief_thresholds(game: SignallingGame) -> tuple[BeliefThreshold, ...]:
    """Return the beliefs at which the receiver's best reply changes, message by message.

    Parameters
    ----------
    game
        One game; with more than two types the answer is a plane for each pair of neighbours.
    """
    made = []
    n = len(game.types)
    for m, faces in enumerate(best_reply_faces(game)):
        for face in faces:
            if len(face.responses) != 2 or len(face.beliefs.vertices) < n - 1:
                continue
            a, b = face.responses
            gains = tuple(rows[m][a] - rows[m][b] for rows in game.receiver)
            if not any(gains) or (min(gains) >= 0 or max(gains) <= 0):
                continue
            if n == 2 and gains[1] > 0:
                a, b, gains = b, a, tuple(-g for g in gains)
            belief = gains[0] / (gains[0] - gains[1]) if n == 2 else None
            made.append(BeliefThreshold(m, (a, b), gains, belief))
    return tuple(sorted(made, key=lambda x: (x.message, x.belief or 0, x.between)))


def at_prior(game: SignallingGame, chance: Fraction) -> SignallingGame:
    """Return a game of two types with another chance of the last one, between 0 and 1."""
    return replace(game, prior=(1 - chance, chance))


def prior_line(game: SignallingGame) -> tuple[PriorPiece, ...]:
    """Return how the list of equilibria depends on the prior, exactly; two types only.

    A cell holds equilibria at an interval of priors: the prior is left free in its polytope of
    strategies and read off the vertices. Between two neighbouring ends of such intervals nothing
    changes, so one game is solved there and one at each end.

    Parameters
    ----------
    game
        A game; without exactly two types the answer is empty.
    """
    if len(game.types) != 2:
        return ()
    ends = {Fraction(0), Fraction(1)}
    width = 2 * len(game.messages)
    form = (0, *(int(i >= len(game.messages)) for i in range(width)))
    for cell in equilibrium_cells(layout_of(game), any_prior=True):
        ends.update(extremes(cell.strategies, form))
    marks = sorted(ends)
    pieces: list[PriorPiece] = []
    for low, high in pairwise(marks):
        if low > 0:
            pieces.append(_piece(game, low, low))
        pieces.append(_piece(game, low, high))
    return tuple(_merged(pieces))


def _piece(game: SignallingGame, low: Fraction, high: Fraction) -> PriorPiece:
    return PriorPiece(low, high, solve_signalling(at_prior(game, (low + high) / 2)))


def listed(equilibria: SignallingEquilibria) -> tuple[object, ...]:
    """Return what makes two lists of equilibria the same: classes and what they pass."""
    return tuple((c.key, c.intuitive, c.d1, c.undefeated) for c in equilibria.classes)


def _merged(pieces: list[PriorPiece]) -> list[PriorPiece]:
    """Return pieces without the single priors at which nothing changes.

    Pieces alternate: a stretch, a prior, a stretch, and so on.
    """
    made = pieces[:1]
    for point, stretch in zip(pieces[1::2], pieces[2::2], strict=True):
        kinds = {listed(piece.equilibria) for piece in (made[-1], point, stretch)}
        if len(kinds) == 1:
            made[-1] = replace(made[-1], high=stretch.high)
        else:
            made += [point, stretch]
    return made
