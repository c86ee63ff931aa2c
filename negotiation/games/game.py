"""The central object: one array of payoffs with one axis order.

``payoffs[..., i, a0, a1]`` is what player i gets when player 0 plays a0 and player 1 plays a1.
Leading axes are a batch: a sweep is one `Game`, not a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from negotiation._numpy import Array, Bools, np
from negotiation.errors import GameError

__all__ = [
    "Array",
    "Bools",
    "ExactTables",
    "Game",
    "Outcome",
    "Rescaled",
    "best_deviation_payoffs",
    "best_other_payoffs",
    "enforceable",
    "exact_tables",
    "normalised_payoffs",
    "payoff_spans",
    "rescaled",
]

ExactTables = tuple[tuple[tuple[Fraction, ...], ...], tuple[tuple[Fraction, ...], ...]]
"""``exact[i][a0][a1]``: the payoffs as rationals, where the file's decimals allow it."""


@dataclass(frozen=True)
class Outcome:
    """A named set of action profiles.

    Attributes
    ----------
    name
        As in the file, for instance "managed truce".
    profiles
        The cells ``(a0, a1)``, in file order; every cell belongs to at most one outcome.
    truce
        Whether this is mutual restraint.
    meaning
        What is done in it, in plain words; "" if nothing is said.
    """

    name: str
    profiles: tuple[tuple[int, int], ...]
    truce: bool = False
    meaning: str = ""


@dataclass(frozen=True, eq=False)
class Game:
    """A two-player stage game, or a batch of them, with discount factors.

    Attributes
    ----------
    payoffs
        Shape ``(..., 2, n0, n1)``, in the payoff file's units per period.
    discount
        Shape ``(..., 2)``, each in [0, 1), per period.
    players, actions
        Names; ``actions[i]`` has n_i entries.
    outcomes
        Named cells.
    exact
        The same payoffs as rationals for a single game whose numbers are rational; else None.
    title
        For people.
    """

    payoffs: Array
    discount: Array
    players: tuple[str, str] = ("Row", "Column")
    actions: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    outcomes: tuple[Outcome, ...] = ()
    exact: ExactTables | None = field(default=None, repr=False)
    title: str = ""

    def __post_init__(self) -> None:
        p = np.asarray(self.payoffs, dtype=np.float64)
        if p.ndim < 3 or p.shape[-3] != 2 or 0 in p.shape[-2:]:
            raise GameError(f"payoffs have shape {p.shape}; expected (..., 2, n0, n1)")
        if not np.isfinite(p).all():
            raise GameError("payoffs contain NaN or infinity; expected finite numbers")
        d = np.asarray(self.discount, dtype=np.float64)
        d = np.broadcast_to(d, (*p.shape[:-3], 2))
        if not ((d >= 0) & (d < 1)).all():
            raise GameError(f"discount factors {d.tolist()} are not in [0, 1)")
        names = tuple(
            tuple(a) if a else tuple(str(k) for k in range(n))
            for a, n in zip(self.actions, p.shape[-2:], strict=True)
        )
        if tuple(map(len, names)) != p.shape[-2:]:
            raise GameError(f"{tuple(map(len, names))} action names for {p.shape[-2:]} actions")
        p.flags.writeable = False
        object.__setattr__(self, "payoffs", p)
        object.__setattr__(self, "discount", d)
        object.__setattr__(self, "actions", names)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of actions ``(n0, n1)``."""
        n0, n1 = self.payoffs.shape[-2:]
        return int(n0), int(n1)

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the leading axes; ``()`` for a single game."""
        return tuple(self.payoffs.shape[:-3])

    @classmethod
    def from_tables(
        cls,
        a: Any,
        b: Any,
        discount: float | Sequence[float] | Array = 0.0,
        **names: Any,
    ) -> Game:
        """Make a game from one payoff table for each player.

        Parameters
        ----------
        a, b
            ``a[..., a0, a1]`` and ``b[..., a0, a1]``, the same orientation for both.
        discount
            One factor for both players, or one for each.
        **names
            Any other field of `Game`.

        Raises
        ------
        GameError
            If the tables do not make a game.

        Examples
        --------
        >>> g = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
        >>> g.payoffs[:, 1, 0].tolist(), g.discount.tolist()
        ([10.0, 1.0], [0.75, 0.75])
        """
        try:
            tables = np.stack(
                np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64)), axis=-3
            )
        except ValueError as error:
            raise GameError(f"the two payoff tables do not fit together: {error}") from None
        factors = np.asarray(discount, dtype=np.float64)
        return cls(payoffs=tables, discount=factors, **names)


@lru_cache(maxsize=4)
def exact_tables(game: Game) -> ExactTables:
    """Return the payoffs of a single game as rationals ``[i][a0][a1]``.

    Exact where the file's numbers are rational. Floats are read as the shortest decimal of 15
    significant digits, which recovers any decimal a person would write; what is left of rounding
    in computed floats is removed at 1e-13 of the player's largest payoff.

    Examples
    --------
    >>> exact_tables(Game.from_tables([[0.1 + 0.2]], [[1.5]]))
    (((Fraction(3, 10),),), ((Fraction(3, 2),),))
    """
    if game.batch:
        raise GameError("a batch of games has no single exact table; index one game first")
    if game.exact is not None:
        return game.exact

    def rational(x: float, quantum: Fraction) -> Fraction:
        decimal = Fraction(format(x, ".15g"))
        return (
            decimal
            if Fraction(x) == decimal or float(decimal) == x
            else (round(Fraction(x) / quantum) * quantum)
        )

    def table(t: Array) -> tuple[tuple[Fraction, ...], ...]:
        top = float(np.abs(t).max())
        exponent = int(np.floor(np.log10(top))) - 13 if top > 0 else 0
        quantum = Fraction(10) ** exponent
        return tuple(tuple(rational(float(x), quantum) for x in row) for row in t)

    return table(game.payoffs[0]), table(game.payoffs[1])


def best_deviation_payoffs(game: Game) -> Array:
    """Return ``c[..., i, a0, a1]``: the best i can get by deviating once from each profile."""
    p = game.payoffs
    first = np.broadcast_to(p[..., 0, :, :].max(axis=-2, keepdims=True), p[..., 0, :, :].shape)
    second = np.broadcast_to(p[..., 1, :, :].max(axis=-1, keepdims=True), p[..., 1, :, :].shape)
    return np.stack((first, second), axis=-3)


def best_other_payoffs(game: Game) -> Array:
    """Return what the best *other* action pays i at each profile, ``[..., i, a0, a1]``.

    That is what breaking the profile would bring at once, whether it pays or not. A player with a
    single action breaks nothing; for it, what the profile pays.
    """
    found = [
        _without_own(np.moveaxis(game.payoffs[..., i, :, :], axis, -1))
        for i, axis in ((0, -2), (1, -1))
    ]
    return np.stack((np.moveaxis(found[0], -1, -2), found[1]), axis=-3)


def _without_own(own: Array) -> Array:
    """Return the largest of the other entries along the last axis; the entry itself if alone."""
    if own.shape[-1] == 1:
        return own
    top = own.argmax(axis=-1)[..., None]
    rest = np.where(np.arange(own.shape[-1]) == top, -np.inf, own).max(axis=-1, keepdims=True)
    best = own.max(axis=-1, keepdims=True)
    return np.asarray(np.where(np.arange(own.shape[-1]) == top, rest, best), dtype=np.float64)


_PATIENT = 1.0 - 1e-6
"""No more patience than this is ever asked about."""

_ROUNDING = 1e-12


def enforceable(payoffs: Array, discount: Array | float = _PATIENT) -> Bools:
    """Return which profiles some feasible future could make worth playing, shape ``(..., n0, n1)``.

    Profiles are dropped until the best payoffs left could reward every profile left for not
    deviating: 1 - δ times the gain from that, against δ times the best payoff above what the
    player can be held to. A profile dropped is played in no subgame-perfect equilibrium in pure
    strategies, so how bad it is does not matter.

    Parameters
    ----------
    payoffs
        Shape ``(..., 2, n0, n1)``.
    discount
        Shape ``(..., 2)``; by default more patience than is ever asked about.
    """
    shape = (*payoffs.shape[:-3], *payoffs.shape[-2:])
    d = np.broadcast_to(discount, payoffs.shape[:-2])[..., None, None]
    first = payoffs[..., 0, :, :].max(axis=-2, keepdims=True)
    second = payoffs[..., 1, :, :].max(axis=-1, keepdims=True)
    best = np.stack((np.broadcast_to(first, shape), np.broadcast_to(second, shape)), axis=-3)
    left: Bools = np.ones(shape, dtype=np.bool_)
    while True:
        active = left
        some, cells = active[..., None, :, :], (-2, -1)
        top = np.where(some, payoffs, -np.inf).max(axis=cells, keepdims=True)
        low = np.where(some, best, np.inf).min(axis=cells, keepdims=True)
        most = np.where(some, best, -np.inf).max(axis=cells, keepdims=True)
        least = np.where(some, payoffs, np.inf).min(axis=cells, keepdims=True)
        with np.errstate(invalid="ignore"):
            room = d * (top - low + _ROUNDING * (most - least))
            kept = (best <= payoffs) & (room >= 0) | ((1 - d) * (best - payoffs) <= room)
        left = active & kept.all(axis=-3)
        if (left == active).all():
            return np.asarray(active, dtype=np.bool_)


def _ends(payoffs: Array, active: Bools) -> tuple[Array, Array]:
    """Return the lowest and the highest payoff of each player that matter, ``(..., 2)``.

    Of the profiles marked, and of the best deviations from them; of all if none is marked.
    """
    none: Bools = np.logical_not(active.any(axis=(-2, -1), keepdims=True))
    marked: Bools = np.logical_or(active, none)
    own = (
        np.where(marked.any(axis=-2, keepdims=True), payoffs[..., 0, :, :], -np.inf),
        np.where(marked.any(axis=-1, keepdims=True), payoffs[..., 1, :, :], -np.inf),
    )
    low = np.where(marked[..., None, :, :], payoffs, np.inf).min(axis=(-2, -1))
    high = np.stack([table.max(axis=(-2, -1)) for table in own], axis=-1)
    return low, high


def payoff_spans(payoffs: Array) -> Array:
    """Return the range of each player's payoffs that matter, ``(..., 2)``; 1 where all are alike.

    Those of profiles that are played at some discount factor, and of the best deviations from
    them: the price of an action that nobody ever plays sets no scale.

    Parameters
    ----------
    payoffs
        Shape ``(..., 2, n0, n1)``.
    """
    low, high = _ends(payoffs, enforceable(payoffs))
    return np.where(high > low, high - low, 1.0)


def normalised_payoffs(payoffs: Array, active: Bools | None = None) -> tuple[Array, Array, Array]:
    """Rescale each player's payoffs ``(..., 2, n0, n1)`` to [0, 1]; also give shift and scale.

    Parameters
    ----------
    payoffs
        Shape ``(..., 2, n0, n1)``.
    active
        Shape ``(..., n0, n1)``: the profiles that set the scale, with the best deviations from
        them; payoffs beyond are cut off. By default all.
    """
    everything = np.ones((*payoffs.shape[:-3], *payoffs.shape[-2:]), dtype=np.bool_)
    low, high = _ends(payoffs, everything if active is None else active)
    scale = np.where(high > low, high - low, 1.0)
    shifted = (payoffs - low[..., None, None]) / scale[..., None, None]
    return np.clip(shifted, 0.0, 1.0), low, scale


class Rescaled(NamedTuple):
    """Payoffs rescaled to [0, 1] per player from the exact ones, and the way back.

    Attributes
    ----------
    g
        Shape ``(2, n0, n1)``.
    low, span
        Shape ``(2,)``: each player's lowest payoff and range, in the game's units.
    """

    g: Array
    low: Array
    span: Array

    def back(self, values: Array) -> Array:
        """Return the payoffs in the game's units; the last axis is the player."""
        return np.asarray(self.low + self.span * values, dtype=np.float64)


@lru_cache(maxsize=4)
def rescaled(game: Game) -> Rescaled:
    """Rescale the payoffs of a single game to [0, 1] per player, from the exact ones."""
    tables = exact_tables(game)
    lows = [min(x for row in t for x in row) for t in tables]
    spans = [max(x for row in t for x in row) - low for t, low in zip(tables, lows, strict=True)]
    g = [
        [[float((x - low) / (span or 1)) for x in row] for row in t]
        for t, low, span in zip(tables, lows, spans, strict=True)
    ]
    return Rescaled(np.array(g), np.array(lows, dtype=float), np.array(spans, dtype=float))
