"""Formulas of a profile evaluated for all profiles at once: payoffs, rises, and who answers how.

Arrays have the axes (point, a0, a1), each of full length or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from negotiation._numpy import Array, np
from negotiation.games.followers import FollowerPlay
from negotiation.games.game import ExactTables
from negotiation.payoff_file.backward_induction import Answers, Bools, Index, induce
from negotiation.payoff_file.formulas.formula import Formula, evaluate
from negotiation.payoff_file.pieces import Follower
from negotiation.payoff_file.values import exact_values, reach, refuse_too_many, values

__all__ = [
    "Attributes",
    "Parts",
    "Table",
    "answers",
    "depends_on",
    "exact_payoffs",
    "one_play",
    "payoff_arrays",
    "unweighable",
]

MAX_EXACT_CELLS = 1000
Table = tuple[tuple[Formula, ...], ...]
Attributes = Mapping[str, tuple[int, tuple[Formula, ...]]]
"""Attribute name → the player whose it is, and its value for each action of that player."""


@dataclass(frozen=True)
class Parts:
    """Parts that formulas of a profile may use besides parameters.

    Attributes
    ----------
    definitions
        Named pieces.
    attributes
        Of the settings of both powers.
    followers
        Who answers, in the order of moving; formulas may use the attributes of their choices.
    """

    definitions: Mapping[str, Formula]
    attributes: Attributes
    followers: tuple[Follower, ...] = ()


def depends_on(
    formula: Formula, formulas: Mapping[str, Formula], parts: Parts, cell: tuple[int, int]
) -> set[str]:
    """Return all names that a payoff depends on in a cell, through formulas and attributes."""
    formulas = {**parts.definitions, **formulas}
    used = reach(formula.names, formulas)
    for follower in parts.followers:
        if used & set(follower.attributes):
            used = used | reach({n for f in follower.formulas for n in f.names}, formulas)
    for name in used & parts.attributes.keys():
        owner, column = parts.attributes[name]
        used = used | reach(column[cell[owner]].names, formulas)
    return used


def _powers(parts: Parts, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Return parameters and the powers' attributes, each with all three axes."""
    given = {name: value.reshape(-1, 1, 1) for name, value in parameters.items()}
    for name, (player, column) in parts.attributes.items():
        stacked = _column(column, parameters)
        given[name] = stacked[:, :, None] if player == 0 else stacked[:, None, :]
    return given


def _column(column: tuple[Formula, ...], parameters: Mapping[str, Array]) -> Array:
    """Return the values of an attribute, shape ``(points or 1, choices)``."""
    cells = [np.asarray(evaluate(f, parameters)).reshape(-1) for f in column]
    return np.stack(np.broadcast_arrays(*cells), axis=-1)


def answers(parts: Parts, parameters: Mapping[str, Array], shape: tuple[int, int]) -> Answers:
    """Find what every follower does in every cell.

    Parameters
    ----------
    parts
        With at least one follower.
    parameters
        Each of shape ``()`` or ``(points,)``.
    shape
        Numbers of actions of the powers.
    """
    followers, count = parts.followers, len(parts.followers)
    env: dict[str, Any] = _powers(parts, parameters)
    for k, follower in enumerate(followers):
        for name, column in follower.columns.items():
            stacked = _column(column, parameters).T
            ones = (1,) * (count - 1 - k)
            env[name] = stacked.reshape(stacked.shape[0], *ones, stacked.shape[1], 1, 1)
    used = reach({n for x in followers for f in x.formulas for n in f.names}, parts.definitions)
    env = values({n: f for n, f in parts.definitions.items() if n in used}, env)
    points = max((v.size for v in parameters.values()), default=1)
    sizes, cells = tuple(len(x.choices) for x in followers), (points, *shape)
    payoffs = [np.broadcast_to(evaluate(x.payoff, env), (*sizes, *cells)) for x in followers]
    asked = []
    for k, x in enumerate(followers):
        value = np.ones(()) if x.when is None else evaluate(x.when, env)
        value = value.reshape(*(1,) * (count + 3 - value.ndim), *value.shape)
        # What it depends on moves before: later axes have length 1.
        known = value[(slice(None),) * k + (0,) * (count - k)]
        asked.append(np.broadcast_to(known != 0, (*sizes[:k], *cells)))
    return induce(payoffs, asked)


def one_play(followers: tuple[Follower, ...], one: Answers) -> FollowerPlay:
    """Return what followers get and do at the one point of `one`."""
    return FollowerPlay(
        names=tuple(f.name for f in followers),
        choices=tuple(tuple(c.name for c in f.choices) for f in followers),
        payoffs=tuple(u[..., 0, :, :] for u in one.payoffs),
        asked=tuple(a[..., 0, :, :] for a in one.asked),
        plans=tuple(p[..., 0, :, :] for p in one.plans),
        chosen=np.stack([c[0] for c in one.chosen]),
        ties=np.stack([t[0] for t in one.tied]),
    )


def unweighable(
    parts: Parts, parameters: Mapping[str, Array], shape: tuple[int, int], cell: tuple[int, int]
) -> Follower | None:
    """Return the follower who gets nothing finite in a cell at one point, if there is one."""
    weighed = answers(parts, parameters, shape).payoffs
    for follower, worth in zip(parts.followers, weighed, strict=True):
        if not np.isfinite(worth[..., 0, cell[0], cell[1]]).all():
            return follower
    return None


def _answered(
    parts: Parts, parameters: Mapping[str, Array], found: Answers
) -> tuple[dict[str, Array], Bools]:
    """Return the attributes of what followers choose, and where all they weigh is finite."""
    given = {}
    for follower, chosen in zip(parts.followers, found.chosen, strict=True):
        for name, column in follower.columns.items():
            stacked = _column(column, parameters)
            full = np.broadcast_to(stacked, (chosen.shape[0], stacked.shape[1]))
            given[name] = np.take_along_axis(full, chosen.reshape(len(full), -1), axis=1).reshape(
                chosen.shape
            )
    count = len(parts.followers)
    finite = [np.isfinite(u).all(axis=tuple(range(count))) for u in found.payoffs]
    return given, np.logical_and.reduce(finite)


def payoff_arrays(
    rules: Iterable[Formula | Table],
    parts: Parts,
    parameters: Mapping[str, Array],
    shape: tuple[int, int],
) -> Array:
    """Evaluate formulas of a profile, such as both players' payoffs, for a run of points.

    Parameters
    ----------
    rules
        Each a formula of the attributes, or a table of formulas ``[a0][a1]``.
    parts
        What the rules may use besides parameters.
    parameters
        Each of shape ``()`` or ``(points,)``.
    shape
        Numbers of actions.

    Returns
    -------
    Array
        Shape ``(points, rules, n0, n1)``; NaN where there is no finite value, or where something
        that a follower weighs has none.
    """
    given, known = _powers(parts, parameters), None
    if parts.followers:
        more, known = _answered(parts, parameters, answers(parts, parameters, shape))
        given |= more
    points = max((v.size for v in parameters.values()), default=1)
    every = tuple(rules)
    refuse_too_many(points, len(every), shape)
    env = {name: _with_axes(value) for name, value in values(parts.definitions, given).items()}
    out = np.empty((points, len(every), *shape))
    for k, rule in enumerate(every):
        if isinstance(rule, Formula):
            out[:, k] = evaluate(rule, env)
        else:
            _fill(out[:, k], rule, env)
    return out if known is None else np.where(known[:, None], out, np.nan)


def _with_axes(value: Array) -> Array:
    """Return a value with the axes (point, a0, a1); one that depends on nothing has none yet."""
    return value if value.ndim == 3 else np.reshape(value, (1, 1, 1))


def _fill(out: Array, table: Table, env: Mapping[str, Array]) -> None:
    for a0, row in enumerate(table):
        for a1, cell in enumerate(row):
            local = {name: _at(env[name], a0, a1) for name in cell.names}
            out[:, a0, a1] = evaluate(cell, local)


def _at(array: Array, a0: int, a1: int) -> Array:
    _, n0, n1 = array.shape
    return array[:, a0 if n0 > 1 else 0, a1 if n1 > 1 else 0]


def exact_payoffs(
    rules: Iterable[Formula | Table],
    parts: Parts,
    parameters: Mapping[str, Fraction],
    shape: tuple[int, int],
    chosen: tuple[Index, ...] = (),
) -> ExactTables | None:
    """Evaluate both payoff tables over rationals; `chosen[k][a0, a1]` is follower k's choice.

    Returns
    -------
    ExactTables or None
        None if a payoff is not rational, or if the tables are too large to be worth it.
    """
    if shape[0] * shape[1] > MAX_EXACT_CELLS:
        return None
    columns = {
        name: (player, [exact_values({name: f}, parameters).get(name) for f in column])
        for name, (player, column) in parts.attributes.items()
    }
    later = [
        (name, picked, [exact_values({name: f}, parameters).get(name) for f in column])
        for x, picked in zip(parts.followers, chosen, strict=True)
        for name, column in x.columns.items()
    ]
    both = tuple(rules)
    tables: list[list[list[Fraction]]] = [[[] for _ in range(shape[0])] for _ in both]
    for a0 in range(shape[0]):
        for a1 in range(shape[1]):
            here = {n: column[(a0, a1)[player]] for n, (player, column) in columns.items()}
            here |= {n: column[int(picked[a0, a1])] for n, picked, column in later}
            given = dict(parameters) | {n: v for n, v in here.items() if v is not None}
            env = exact_values(parts.definitions, given)
            for table, rule in zip(tables, both, strict=True):
                cell = rule if isinstance(rule, Formula) else rule[a0][a1]
                value = exact_values({"": cell}, env).get("")
                if value is None:
                    return None
                table[a0].append(value)
    first, second = (tuple(map(tuple, t)) for t in tables)
    return first, second
