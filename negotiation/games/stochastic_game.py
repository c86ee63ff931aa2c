"""Stochastic games: one stage game per state, and the transitions of each profile.

``payoffs[s][i, a0, a1]`` is what player i gets this period in state s; ``chances[s][a0, a1, m]`` is
the probability that the next state is ``successors[s][a0, a1, m]``. Only reachable states are
listed, so that a grid of many states stays linear in its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from negotiation._numpy import Array, np
from negotiation.errors import GameError
from negotiation.games.game import Outcome

if TYPE_CHECKING:
    import numpy.typing as npt

    Index = npt.NDArray[np.intp]
else:
    Index = Any

__all__ = ["Index", "StochasticGame"]

SUM = 1e-9
"""How far the probabilities out of one cell may be from adding up to 1."""


@dataclass(frozen=True, eq=False)
class StochasticGame:
    """A two-player stochastic game with finitely many states.

    Attributes
    ----------
    payoffs
        One array per state, shape ``(2, n0_s, n1_s)``: the period's payoffs.
    successors
        One integer array per state, shape ``(n0_s, n1_s, k_s)``: indices of next states.
    chances
        One array per state, the shape of its ``successors``: probabilities; each cell's add up
        to 1. A slot that is not used has chance 0.
    discount
        Shape ``(2,)``, each in [0, 1), per period.
    states
        Names, one per state.
    start
        Index of the first state.
    players, actions
        Names; ``actions[s][i]`` are the actions player i has in state s.
    axes, levels
        For states on a grid: the axes' names and ``levels[s, axis]``, the state's value on each;
        empty otherwise.
    outcomes
        ``outcomes[s]`` are the named cells of state s, counted among its own actions.
    title
        For people.

    Raises
    ------
    GameError
        If shapes do not agree, a number is not finite, or probabilities do not add up to 1.
    """

    payoffs: tuple[Array, ...]
    successors: tuple[Index, ...]
    chances: tuple[Array, ...]
    discount: Array
    states: tuple[str, ...] = ()
    start: int = 0
    players: tuple[str, str] = ("Row", "Column")
    actions: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    axes: tuple[str, ...] = ()
    levels: Array | None = None
    outcomes: tuple[tuple[Outcome, ...], ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        count = len(self.payoffs)
        if not count or not count == len(self.successors) == len(self.chances):
            raise GameError("payoffs, successors and chances need one entry per state")
        discount = np.broadcast_to(np.asarray(self.discount, dtype=np.float64), (2,))
        if not ((discount >= 0) & (discount < 1)).all():
            raise GameError(f"discount factors {discount.tolist()} are not in [0, 1)")
        if not 0 <= self.start < count:
            raise GameError(f"start {self.start} is not one of {count} states")
        names = self.states or tuple(str(s) for s in range(count))
        tables = tuple(
            _checked(name, p, s, c, count)
            for name, p, s, c in zip(
                names, self.payoffs, self.successors, self.chances, strict=True
            )
        )
        for name, values in zip(
            ("payoffs", "successors", "chances"), zip(*tables, strict=True), strict=True
        ):
            object.__setattr__(self, name, values)
        object.__setattr__(self, "discount", discount)
        object.__setattr__(self, "states", names)
        if not self.actions:
            object.__setattr__(self, "actions", tuple(map(_numbered, self.payoffs)))

    @property
    def count(self) -> int:
        """Number of states."""
        return len(self.payoffs)

    @classmethod
    def from_tables(
        cls,
        payoffs: Sequence[Any],
        transitions: Sequence[Any],
        discount: float | Sequence[float] | Array,
        **names: Any,
    ) -> StochasticGame:
        """Make a game from dense transition tables.

        Parameters
        ----------
        payoffs
            ``payoffs[s][i][a0][a1]``.
        transitions
            ``transitions[s][a0][a1][s']``: probability of each next state.
        discount
            One factor for both players, or one for each.
        **names
            Any other field of `StochasticGame`.

        Examples
        --------
        >>> g = StochasticGame.from_tables(
        ...     [[[[1, 0]], [[1, 2]]], [[[0]], [[0]]]],
        ...     [[[[1, 0], [0.5, 0.5]]], [[[0, 1]]]], discount=0.9)
        >>> g.successors[0][0, 1].tolist(), g.chances[0][0, 1].tolist()
        ([0, 1], [0.5, 0.5])
        """
        sparse = [_sparse(np.asarray(t, dtype=np.float64)) for t in transitions]
        return cls(
            payoffs=tuple(np.asarray(p, dtype=np.float64) for p in payoffs),
            successors=tuple(s for s, _ in sparse),
            chances=tuple(c for _, c in sparse),
            discount=np.asarray(discount, dtype=np.float64),
            **names,
        )


def _checked(name: str, payoffs: Any, successors: Any, chances: Any, count: int) -> Any:
    """Return the three arrays of one state, read-only, or say what is wrong with them."""
    p = np.array(payoffs, dtype=np.float64)
    s, c = np.array(successors, dtype=np.intp), np.array(chances, dtype=np.float64)
    if p.ndim != 3 or p.shape[0] != 2 or 0 in p.shape:
        raise GameError(f"state {name!r}: payoffs have shape {p.shape}; expected (2, n0, n1)")
    if s.ndim != 3 or s.shape != c.shape or s.shape[:2] != p.shape[1:]:
        raise GameError(
            f"state {name!r}: successors {s.shape} and chances {c.shape} do not fit "
            f"payoffs {p.shape}"
        )
    if not np.isfinite(p).all():
        raise GameError(f"state {name!r}: payoffs contain NaN or infinity")
    if not ((s >= 0) & (s < count)).all():
        raise GameError(f"state {name!r}: a successor is not one of {count} states")
    if not (c >= 0).all() or np.abs(c.sum(axis=-1) - 1).max() > SUM:
        raise GameError(f"state {name!r}: probabilities of a cell do not add up to 1")
    for array in (p, s, c):
        array.flags.writeable = False
    return p, s, c


def _sparse(dense: Array) -> tuple[Index, Array]:
    """Turn ``dense[a0, a1, s']`` into the states reached from any cell, and their chances."""
    reached = np.flatnonzero((dense > 0).any(axis=(0, 1)))
    return np.broadcast_to(reached, (*dense.shape[:2], reached.size)), dense[..., reached]


def _numbered(payoffs: Array) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name actions by their number where the names are not given."""
    n0, n1 = payoffs.shape[1:]
    return tuple(map(str, range(n0))), tuple(map(str, range(n1)))
