"""Subgame-perfect choices of followers: backward induction in every cell, over whole batches.

Short-run players answer what both powers do (Fudenberg, Kreps & Maskin 1990). They move after them,
in a given order, each seeing everything before it; so in a cell they play a game of perfect
information, solved from its end. Arrays have an axis for each follower's choices, in the order of
moving, before the axes (point, a0, a1).

References
----------
D. Fudenberg, D. Kreps and E. Maskin (1990), Repeated games with long-run and short-run players,
Review of Economic Studies 57.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from negotiation._numpy import Array, np

if TYPE_CHECKING:
    import numpy.typing as npt

    Index = npt.NDArray[np.intp]
    Bools = npt.NDArray[np.bool_]
else:
    Index = Bools = Any

__all__ = ["TIE", "Answers", "Bools", "Index", "induce"]

TIE = 1e-12
"""Payoffs of a follower that differ by less, as a share of the largest there, are a tie."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Subgame-perfect choices of every follower in every cell at every point.

    Attributes
    ----------
    chosen, tied
        For each follower the index of its choice where play goes, and whether another would have
        paid it the same; shape ``(points, n0, n1)``.
    plans, asked
        For each follower its choice after every history, and whether it has a say there; shape
        ``(m_1, ..., m_{k-1}, points, n0, n1)``, where follower j has ``m_j`` choices.
    payoffs
        Each follower's payoffs after all choices, shape ``(m_1, ..., m_K, points, n0, n1)``.
    """

    chosen: tuple[Index, ...]
    tied: tuple[Bools, ...]
    plans: tuple[Index, ...]
    asked: tuple[Bools, ...]
    payoffs: tuple[Array, ...]


def induce(payoffs: Sequence[Array], asked: Sequence[Bools]) -> Answers:
    """Return the subgame-perfect choices; of choices that pay the same, the first listed.

    Parameters
    ----------
    payoffs
        For each follower, in the order of moving, shape ``(m_1, ..., m_K, points, n0, n1)``.
    asked
        Whether it has a say, shape ``(m_1, ..., m_{k-1}, points, n0, n1)``. Where it has none its
        first choice stands.

    Examples
    --------
    >>> first = np.array([[3.0, 0.0], [1.0, 2.0]]).reshape(2, 2, 1, 1, 1)
    >>> second = np.array([[0.0, 1.0], [1.0, 0.0]]).reshape(2, 2, 1, 1, 1)
    >>> yes = np.ones((1, 1, 1), bool), np.ones((2, 1, 1, 1), bool)
    >>> [int(c[0, 0, 0]) for c in induce([first, second], yes).chosen]
    [1, 0]
    """
    count = len(payoffs)
    plans: list[Index] = [np.zeros(0, np.intp)] * count
    ties: list[Bools] = [np.zeros(0, np.bool_)] * count
    for k in reversed(range(count)):
        worth = payoffs[k]
        for j in range(count - 1, k, -1):
            worth = np.take_along_axis(worth, np.expand_dims(plans[j], j), axis=j).squeeze(j)
        slack = TIE * np.abs(worth).max(axis=k, keepdims=True)
        as_good = worth >= worth.max(axis=k, keepdims=True) - slack
        plans[k] = np.where(asked[k], as_good.argmax(axis=k), 0)
        ties[k] = asked[k] & (as_good.sum(axis=k) > 1)
    chosen: list[Index] = []
    tied: list[Bools] = []
    cells = np.ix_(*map(np.arange, payoffs[0].shape[count:]))
    for k in range(count):
        node = (*chosen, *cells)
        chosen.append(plans[k][node])
        tied.append(ties[k][node])
    return Answers(tuple(chosen), tuple(tied), tuple(plans), tuple(asked), tuple(payoffs))
