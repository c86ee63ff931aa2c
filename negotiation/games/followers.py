"""Followers at one point: a game of perfect information in every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from negotiation._numpy import Array, np

if TYPE_CHECKING:
    import numpy.typing as npt

    Index = npt.NDArray[np.intp]
    Bools = npt.NDArray[np.bool_]
else:
    Index = Bools = Any

__all__ = ["FollowerPlay"]


@dataclass(frozen=True, eq=False)
class FollowerPlay:
    """Followers who move after both powers, in order, each seeing everything before it.

    Attributes
    ----------
    names, choices
        Of every follower, in the order of moving; follower j has ``m_j`` choices.
    payoffs
        Of every follower after all choices, shape ``(m_1, ..., m_K, n0, n1)``.
    asked, plans
        Whether follower k has a say, and what it does, after every history: shape
        ``(m_1, ..., m_{k-1}, n0, n1)``. Without a say its first choice stands.
    chosen, ties
        What it does where play goes, and whether another choice would pay it the same there:
        ``chosen[k, a0, a1]``.
    """

    names: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    payoffs: tuple[Array, ...]
    asked: tuple[Bools, ...]
    plans: tuple[Index, ...]
    chosen: Index
    ties: Bools

    def has_say(self, follower: int, cell: tuple[int, int]) -> bool:
        """Tell whether a follower is asked where play goes in a cell."""
        before = tuple(int(self.chosen[(k, *cell)]) for k in range(follower))
        return bool(self.asked[follower][(*before, *cell)])
