"""One-shot equilibria: all Nash equilibria of a game, exactly, and their components.

The decimals of a payoff file are exact numbers, and degenerate games are the rule in teaching
examples: everything here is rational arithmetic, ties included. Payoffs times 10^6 or plus 10^6
give the same answers. Best replies, dominance and minmax come from `replies`.

References
----------
D. Avis, G. Rosenberg, R. Savani, B. von Stengel (2010), Enumeration of Nash equilibria for
two-player games, Economic Theory 42, 9-37.
B. von Stengel (2002), Computing equilibria for two-person games, Handbook of Game Theory 3, ch. 45.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import NamedTuple

import numpy as np

from negotiation.certificates.stage import check_stage
from negotiation.equilibria.stage.best_replies import (
    Elimination,
    Minmax,
    best_replies,
    dominated,
    minmax,
    pure_nash,
    undominated,
)
from negotiation.equilibria.stage.pivoting import lemke_howson
from negotiation.equilibria.stage.vertex_enumeration import (
    IntegerTable,
    LimitReachedError,
    Meter,
    Ray,
    Rows,
    Strategy,
    Weights,
    best_reply_vertices,
    completely_labelled,
    connected_components,
    integer_table,
    maximal_bicliques,
    probabilities,
)
from negotiation.errors import NotConvergedError
from negotiation.games.game import Array, Game, exact_tables

__all__ = [
    "Elimination",
    "Minmax",
    "Mixed",
    "StageEquilibria",
    "best_replies",
    "dominated",
    "minmax",
    "nash",
    "pure_nash",
    "undominated",
]

WORK_LIMIT = 20_000_000
"""Default bound on the enumeration in `nash`: some seconds; 8x8 games need less than 1 % of it."""


@dataclass(frozen=True)
class Mixed:
    """One Nash equilibrium in mixed (or pure) strategies.

    Attributes
    ----------
    exact
        ``exact[i][a]``: the probability that player i plays a, as a rational.
    exact_payoffs
        ``exact_payoffs[i]``, as rationals.
    pure
        Whether both players play one action for sure.
    strategies, payoffs
        The same as floats; shapes ``(n_i,)`` and ``(2,)``.
    regret
        Shape ``(2,)``: each player's gain from the best deviation, from `certificate.check_stage`.
    """

    exact: tuple[Strategy, Strategy]
    exact_payoffs: tuple[Fraction, Fraction]
    pure: bool
    strategies: tuple[Array, Array] = field(compare=False, repr=False)
    payoffs: Array = field(compare=False, repr=False)
    regret: Array = field(compare=False, repr=False)


@dataclass(frozen=True)
class StageEquilibria:
    """The Nash equilibria of a stage game.

    Attributes
    ----------
    equilibria
        The extreme equilibria: every equilibrium is a mixture of some of them. Pure ones first,
        then by supports, then by probabilities.
    components
        Connected components of the equilibrium set, as indices into `equilibria`.
    degenerate
        Whether some mixed strategy has more pure best replies than actions in its support. If not
        `complete`, only whether a pure strategy has.
    complete
        Whether `equilibria` is known to be all extreme equilibria.
    method
        How they were found.
    """

    equilibria: tuple[Mixed, ...]
    components: tuple[tuple[int, ...], ...]
    degenerate: bool
    complete: bool
    method: str

    @cached_property
    def nash_subsets(self) -> tuple[tuple[int, ...], ...]:
        """Maximal Nash subsets: sets of extreme equilibria whose strategies are interchangeable.

        Each is the set of vertices of a product of two polytopes, all of whose points are
        equilibria; a component is a union of them. Computed when first asked for, since there can
        be exponentially many.
        """
        numbers: tuple[dict[Strategy, int], ...] = ({}, {})
        edges = [
            (numbers[0].setdefault(x, len(numbers[0])), numbers[1].setdefault(y, len(numbers[1])))
            for x, y in (e.exact for e in self.equilibria)
        ]
        return tuple(maximal_bicliques(edges))


def nash(game: Game, *, limit: int = WORK_LIMIT) -> StageEquilibria:
    """Return all extreme Nash equilibria of one game, exactly, and their components.

    Every pair of vertices of the two best-reply polytopes that carries all labels; degenerate
    games included. Beyond the limit: the pure equilibria and those at the end of the Lemke-Howson
    paths, exact as well but perhaps not all (`complete` is False).

    Parameters
    ----------
    game
        One game, not a batch.
    limit
        Bound on the work, counted in operations of about 0.1 microseconds, not in time, so that
        results repeat on any machine.

    Raises
    ------
    NotConvergedError
        If not even one equilibrium was found within the limit.

    Examples
    --------
    >>> result = nash(Game.from_tables([[2, 0], [0, 1]], [[1, 0], [0, 2]]))
    >>> [[str(p) for p in e.exact[0] + e.exact[1]] for e in result.equilibria]
    [['1', '0', '1', '0'], ['0', '1', '0', '1'], ['2/3', '1/3', '1/3', '2/3']]
    >>> result.components, result.degenerate, result.complete
    (((0,), (1,), (2,)), False, True)
    """
    first, second = exact_tables(game)
    tables = integer_table(first), integer_table(second)
    meter = Meter(limit)
    try:
        xs = best_reply_vertices(tables[1].transposed, meter)
        ys = best_reply_vertices(tables[0].rows, meter)
    except LimitReachedError:
        return _some_equilibria(game, tables, Meter(limit))
    n0, n1 = game.shape
    pairs = completely_labelled(
        [x.labels for x in xs], [_labels_of_second(y.labels, n0, n1) for y in ys], n0 + n1
    )
    degenerate = _crowded(xs, n0) or _crowded(ys, n1)
    weight_pairs = [(xs[k].x, ys[j].x) for k, j in pairs]
    method = "all extreme equilibria: exact vertices of the best-reply polytopes"
    return _result(game, tables, weight_pairs, degenerate=degenerate, complete=True, method=method)


def _some_equilibria(
    game: Game, tables: tuple[IntegerTable, IntegerTable], meter: Meter
) -> StageEquilibria:
    """Return the pure equilibria and the ends of all Lemke-Howson paths within the limit."""
    best0, best1 = best_replies(game)
    units = [[_unit(a, n) for a in range(n)] for n in game.shape]
    weight_pairs = {(units[0][a], units[1][b]) for a, b in np.argwhere(best0 & best1).tolist()}
    try:
        for label in range(sum(game.shape)):
            weight_pairs.add(lemke_howson(tables[0].rows, tables[1].transposed, label, meter))
    except LimitReachedError:
        if not weight_pairs:
            message = "no equilibrium within the work limit; a larger limit may find some"
            raise NotConvergedError(message, residual=float("inf")) from None
    degenerate = bool((best0.sum(axis=0) > 1).any() or (best1.sum(axis=1) > 1).any())
    method = "pure equilibria and ends of Lemke-Howson paths; completeness is not guaranteed"
    return _result(
        game, tables, list(weight_pairs), degenerate=degenerate, complete=False, method=method
    )


def _unit(action: int, n: int) -> Weights:
    return tuple(int(a == action) for a in range(n))


def _labels_of_second(labels: int, n0: int, n1: int) -> int:
    """Renumber player 1's labels: player 0's actions first, as in the other polytope."""
    return labels >> n1 | (labels & ((1 << n1) - 1)) << n0


def _crowded(rays: list[Ray], dimension: int) -> bool:
    """Tell whether some vertex carries more labels than its dimension.

    This is degeneracy: if some mixture of k actions has more than k best replies, so has every
    vertex of the face it lies on, relative to its own support.
    """
    return any(ray.labels.bit_count() > dimension for ray in rays)


def _result(
    game: Game,
    tables: tuple[IntegerTable, IntegerTable],
    weight_pairs: list[tuple[Weights, Weights]],
    *,
    degenerate: bool,
    complete: bool,
    method: str,
) -> StageEquilibria:
    """Return the equilibria with these weights, sorted and certified."""
    xs = _mixtures(tables[1].transposed, {x for x, _ in weight_pairs})
    ys = _mixtures(tables[0].rows, {y for _, y in weight_pairs})
    pairs = sorted(((xs[x], ys[y]) for x, y in weight_pairs), key=_order)
    floats = np.array([x.floats for x, _ in pairs]), np.array([y.floats for _, y in pairs])
    earned = [
        (tables[0].low + tables[0].unit * y.held, tables[1].low + tables[1].unit * x.held)
        for x, y in pairs
    ]
    payoffs = np.array(earned, dtype=np.float64)
    records = zip(pairs, earned, *floats, payoffs, check_stage(game, floats, payoffs), strict=True)
    equilibria = tuple(
        Mixed((x.exact, y.exact), exact, _is_pure(x, y), (row, column), payoff, gain)
        for (x, y), exact, row, column, payoff, gain in records
    )
    components = connected_components([(x.rank, y.rank) for x, y in pairs])
    return StageEquilibria(equilibria, components, degenerate, complete, method)


class _Mixture(NamedTuple):
    """A strategy that may be part of many equilibria; `rank` orders those of one player."""

    rank: int
    support: tuple[int, ...]
    exact: Strategy
    floats: list[float]
    held: Fraction
    """What the opponent's best reply earns, in units of the integer table."""


def _mixtures(replies: Rows, strategies: set[Weights]) -> dict[Weights, _Mixture]:
    exact = {w: probabilities(w) for w in strategies}
    support = {w: tuple(a for a, p in enumerate(w) if p) for w in strategies}
    reply_payoffs = {w: max(sum(map(mul, row, w)) for row in replies) for w in strategies}
    return {
        w: _Mixture(
            rank,
            support[w],
            exact[w],
            [float(p) for p in exact[w]],
            Fraction(reply_payoffs[w], sum(w)),
        )
        for rank, w in enumerate(sorted(strategies, key=exact.__getitem__))
    }


def _is_pure(x: _Mixture, y: _Mixture) -> bool:
    return len(x.support) == len(y.support) == 1


def _order(pair: tuple[_Mixture, _Mixture]) -> tuple[object, ...]:
    x, y = pair
    return not _is_pure(x, y), x.support, y.support, x.rank, y.rank
