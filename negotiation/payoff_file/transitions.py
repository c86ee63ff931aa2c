"""State transitions of a payoff file, and the stochastic game that they give.

A state is on a grid (a number such as s, which formulas may use) or has a name and tables of its
own. On a grid the file gives the expected rise per period; a rise of x between two levels that are
d apart becomes one step up with probability x / d, independently for each number that moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from negotiation._numpy import Array, np
from negotiation.errors import GameError, UsageError
from negotiation.games.stochastic_game import Index, StochasticGame
from negotiation.payoff_file.formulas.formula import Formula, evaluate

if TYPE_CHECKING:
    from negotiation.games.game import Game, Outcome
    from negotiation.payoff_file.profiles import Table

__all__ = [
    "Axis",
    "Fault",
    "State",
    "game_of_states",
    "game_on_grid",
    "grid",
    "mesh",
    "near_levels",
    "on_grid",
    "start_of",
    "wrong_chance",
    "wrong_rises",
]

Actions = tuple[tuple[str, ...], tuple[str, ...]]

ROUNDING = 1e-9
"""Probabilities may miss 0, 1 and their sum 1, and a start its level, by this share."""


@dataclass(frozen=True, slots=True)
class Axis:
    """State variable on a grid: its levels, upward, and its expected rise per period."""

    name: str
    levels: tuple[Fraction, ...]
    rise: Formula


@dataclass(frozen=True, slots=True)
class State:
    """A state with a name.

    Attributes
    ----------
    name
        As in the file.
    available
        For each player the indices of the actions that it has here.
    payoffs
        For each player a formula, or a table of formulas over the available actions.
    transitions
        ``transitions[a0][a1]``: pairs of the index of a state and the formula of its probability.
    """

    name: str
    available: tuple[tuple[int, ...], tuple[int, ...]]
    payoffs: tuple[Formula | Table, Formula | Table]
    transitions: tuple[tuple[tuple[tuple[int, Formula], ...], ...], ...]


def mesh(axes: tuple[Axis, ...]) -> Array:
    """Return the values of all states on a grid, shape ``(states, axes)``; the last runs fastest.

    Examples
    --------
    >>> from negotiation.payoff_file.formulas.formula import parse
    >>> half = Axis("s", (Fraction(0), Fraction(1, 2)), parse("0"))
    >>> mesh((half, half)).tolist()
    [[0.0, 0.0], [0.0, 0.5], [0.5, 0.0], [0.5, 0.5]]
    """
    runs = [np.array([float(x) for x in axis.levels]) for axis in axes]
    grids = np.meshgrid(*runs, indexing="ij")
    return np.stack([g.reshape(-1) for g in grids], axis=-1)


def game_on_grid(games: Game, axes: tuple[Axis, ...], rises: Array, start: int) -> StochasticGame:
    """Return the stochastic game whose states are points of a grid.

    Parameters
    ----------
    games
        A batch, one game a state, in the order of `mesh`; all with the discount factors of the
        first.
    axes
        The numbers that move.
    rises
        Their expected rises per period, shape ``(states, axes, n0, n1)``.
    start
        Index of the state in which play starts.
    """
    levels = mesh(axes)
    successors, chances = _steps(axes, rises)
    shown = [[f"{a.name}={x:.12g}" for a, x in zip(axes, row, strict=True)] for row in levels]
    count = len(levels)
    return StochasticGame(
        payoffs=tuple(games.payoffs),
        successors=tuple(successors),
        chances=tuple(chances),
        discount=games.discount[0],
        states=tuple(map(", ".join, shown)),
        start=start,
        players=games.players,
        actions=(games.actions,) * count,
        axes=tuple(axis.name for axis in axes),
        levels=levels,
        outcomes=(games.outcomes,) * count,
        title=games.title,
    )


def grid(axes: tuple[Axis, ...]) -> dict[str, Array]:
    """Return the values of all states on a grid by name: settings for a batch of games."""
    return (
        {axis.name: column for axis, column in zip(axes, mesh(axes).T, strict=True)} if axes else {}
    )


def start_of(axes: tuple[Axis, ...], values: Mapping[str, Array]) -> int:
    """Return the index of the state on a grid in which play starts at parameter values.

    Raises
    ------
    UsageError
        If it is not on the grid.
    """
    index = 0
    for axis in axes:
        value = float(values[axis.name])
        if not on_grid(axis, value):
            raise UsageError(
                f"{axis.name} starts at {value:.6g}, which is not a level of its grid; expected "
                f"{near_levels(axis, value)}"
            )
        nearest = min(range(len(axis.levels)), key=lambda k: abs(float(axis.levels[k]) - value))
        index = index * len(axis.levels) + nearest
    return index


def on_grid(axis: Axis, value: float) -> bool:
    """Tell whether a value is a level, up to rounding."""
    slack = ROUNDING * float(axis.levels[-1] - axis.levels[0])
    return min(abs(float(level) - value) for level in axis.levels) <= slack


def near_levels(axis: Axis, value: float) -> str:
    """Name the levels around a value, for messages."""
    below = [x for x in axis.levels if x <= value][-1:]
    above = [x for x in axis.levels if x >= value][:1]
    shown = " or ".join(f"{float(x):.6g}" for x in (*below, *above))
    low, high = float(axis.levels[0]), float(axis.levels[-1])
    return f"{shown}, on its grid from {low:.6g} to {high:.6g}"


def _gaps(axes: tuple[Axis, ...]) -> Array:
    """Return the distance to the next level, shape ``(states, axes)``; 0 at the top."""
    runs = [[*map(float, np.diff(np.array(a.levels, dtype=object))), 0.0] for a in axes]
    return np.stack([g.reshape(-1) for g in np.meshgrid(*runs, indexing="ij")], axis=-1)


class Fault(NamedTuple):
    """An impossible rise: its axis, the fault, and the expectation."""

    axis: str
    message: str
    expected: str


def wrong_rises(axes: tuple[Axis, ...], rises: Array, actions: Actions) -> list[Fault]:
    """Return the worst impossible rise of each axis that has one.

    Parameters
    ----------
    axes, rises
        As for `game_on_grid`.
    actions
        Names of both players' actions, for the messages.
    """
    gaps, faults = _gaps(axes), []
    for k in range(len(axes)):
        rise = rises[:, k]
        gap = np.broadcast_to(gaps[:, k, None, None], rise.shape)
        step = float(gap.max())
        for wrong, excess, fault_text in (
            (~np.isfinite(rise), np.zeros(rise.shape), "is not finite"),
            (rise < -ROUNDING * step, -rise, "is negative"),
            ((gap > 0) & (rise > gap * (1 + ROUNDING)), rise, "is more than one step"),
        ):
            if wrong.any():
                worst = int(np.where(wrong, excess, -np.inf).argmax())
                state, a0, a1 = map(int, np.unravel_index(worst, wrong.shape))
                value = float(rise[state, a0, a1])
                at = ", ".join(
                    f"{a.name} = {x:.6g}" for a, x in zip(axes, mesh(axes)[state], strict=True)
                )
                place = f"at ({actions[0][a0]}, {actions[1][a1]}), with {at}"
                faults.append(_fault(axes[k], place, value, fault_text))
                break
    return faults


def _fault(axis: Axis, place: str, rise: float, fault_text: str) -> Fault:
    step = float(axis.levels[1] - axis.levels[0])
    message = f"dynamics.{axis.name}: the expected rise {place}, {fault_text}"
    if fault_text == "is negative":
        return Fault(
            axis.name, f"{message}: {rise:.6g}", "0 or more, since numbers on a grid only rise"
        )
    if fault_text == "is more than one step":
        return Fault(
            axis.name,
            f"{message}: {rise:.6g} against {step:.6g}, so the grid is too fine for the speed",
            f"steps of {rise:.6g} or more, or a shorter period",
        )
    return Fault(axis.name, message, "finite numbers")


def _steps(axes: tuple[Axis, ...], rises: Array) -> tuple[Index, Array]:
    """Turn expected rises into successors and chances, shape ``(states, n0, n1, 2**axes)``."""
    sizes = [len(axis.levels) for axis in axes]
    strides = [int(np.prod(sizes[k + 1 :])) for k in range(len(sizes))]
    gaps = _gaps(axes)[:, :, None, None]
    up = np.where(gaps > 0, np.clip(rises / np.where(gaps > 0, gaps, 1.0), 0.0, 1.0), 0.0)
    states = np.arange(len(rises))[:, None, None]
    successors, chances = [], []
    for moves in product((0, 1), repeat=len(axes)):
        chance = np.ones(rises[:, 0].shape)
        shift = np.zeros_like(states)
        for k, move in enumerate(moves):
            chance = chance * (up[:, k] if move else 1.0 - up[:, k])
            shift = shift + move * strides[k] * (gaps[:, k] > 0)
        successors.append(np.broadcast_to(states + shift, chance.shape))
        chances.append(chance)
    return np.stack(successors, axis=-1).astype(np.intp), np.stack(chances, axis=-1)


def game_of_states(
    games: Sequence[Game], states: tuple[State, ...], start: int, values: Mapping[str, Array]
) -> StochasticGame:
    """Return the stochastic game with named states.

    Parameters
    ----------
    games
        One game a state; all with the discount factors of the first.
    states
        What the file says about each.
    start
        Index of the state in which play starts.
    values
        Parameter values, shape () each.

    Raises
    ------
    GameError
        If a probability is impossible.
    """
    tables = [_transitions(state, k, values) for k, state in enumerate(states)]
    outcomes: tuple[tuple[Outcome, ...], ...] = tuple(g.outcomes for g in games)
    return StochasticGame(
        payoffs=tuple(g.payoffs for g in games),
        successors=tuple(s for s, _ in tables),
        chances=tuple(c for _, c in tables),
        discount=games[0].discount,
        states=tuple(s.name for s in states),
        start=start,
        players=games[0].players,
        actions=tuple(g.actions for g in games),
        outcomes=outcomes,
        title=games[0].title,
    )


def _transitions(
    state: State, k: int, parameter_values: Mapping[str, Array]
) -> tuple[Index, Array]:
    """Evaluate one state's transitions; unused slots keep the state, with chance 0."""
    rows = state.transitions
    width = max(len(cell) for row in rows for cell in row)
    shape = len(rows), len(rows[0]), width
    successors, chances = np.full(shape, k, dtype=np.intp), np.zeros(shape)
    for a0, row in enumerate(rows):
        for a1, cell in enumerate(row):
            probabilities = [float(evaluate(f, parameter_values)) for _, f in cell]
            fault = wrong_chance(probabilities)
            if fault:
                raise GameError(f"transitions.{state.name}[{a0}][{a1}]: {fault}")
            for j, ((to, _), chance) in enumerate(zip(cell, probabilities, strict=True)):
                successors[a0, a1, j], chances[a0, a1, j] = to, min(max(chance, 0.0), 1.0)
    return successors, chances


def wrong_chance(chances: list[float]) -> str:
    """Return the fault in the transition probabilities of one profile; "" if none."""
    for chance in chances:
        if not -ROUNDING <= chance <= 1 + ROUNDING:
            return f"a probability is {chance:.6g}"
    if abs(sum(chances) - 1) > ROUNDING:
        return f"the probabilities add up to {sum(chances):.9g}, not 1"
    return ""
