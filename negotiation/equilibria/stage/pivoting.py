"""Exact pivoting below `stage`: zero-sum games and single equilibria of any size.

Tableaus hold integers over one common denominator, so a pivot is exact and needs no fractions
(Edmonds 1967), and the lexicographic ratio test rules out cycling whatever the ties.

References
----------
G. Dantzig, A. Orden, P. Wolfe (1955), The generalized simplex method.
C. Lemke, J. Howson (1964), Equilibrium points of bimatrix games.
B. von Stengel (2002), Computing equilibria for two-person games, Handbook of Game Theory 3, ch. 45.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from negotiation.equilibria.stage.vertex_enumeration import (
    Meter,
    Rows,
    Strategy,
    Weights,
    probabilities,
)

__all__ = ["lemke_howson", "matrix_game"]

Tableau = list[list[int]]


def matrix_game(rows: Rows) -> tuple[Fraction, Strategy, Strategy]:
    """Solve a zero-sum game exactly: value, maximin mixture of rows, minimax mixture of columns.

    The simplex method for ``max sum(y), rows y <= 1, y >= 0`` after a shift that makes every
    payoff positive; the maximin mixture is its dual solution.

    Examples
    --------
    >>> value, x, y = matrix_game([[3, 0], [0, 1]])
    >>> value, x[0], y[0]
    (Fraction(3, 4), Fraction(1, 4), Fraction(1, 4))
    """
    n_rows, n_columns = len(rows), len(rows[0])
    shift = 1 - min(map(min, rows))
    tableau = _slack_tableau([[a + shift for a in row] for row in rows], first_slack=n_columns)
    tableau.append([-1] * n_columns + [0] * (n_rows + 1))
    slacks = range(n_columns, n_columns + n_rows)
    basis, pivot = list(slacks), 1
    while (least := min(tableau[-1][:-1])) < 0:
        column = tableau[-1].index(least)
        row = _leaving(tableau[:-1], column, slacks)
        basis[row] = column
        pivot = _pivot(tableau, row, column, pivot)
    total = tableau[-1][-1]
    x = tuple(Fraction(tableau[-1][k], total) for k in slacks)
    y = probabilities(_weights(tableau[:-1], basis, range(n_columns)))
    return Fraction(pivot, total) - shift, x, y


def lemke_howson(first: Rows, second: Rows, label: int, meter: Meter) -> tuple[Weights, Weights]:
    """Follow the path that drops one label to an equilibrium, as weights.

    Parameters
    ----------
    first, second
        ``first[a0][a1]`` and ``second[a1][a0]``: each player's own replies are the rows.
    label
        In ``range(n0 + n1)``: the action whose label is dropped.
    meter
        Bounds the work.

    Raises
    ------
    LimitReachedError
        If the path is longer than that.

    Examples
    --------
    >>> x, y = lemke_howson([[3, 0], [0, 1]], [[1, 0], [0, 3]], 0, Meter(10**6))
    >>> x, y
    ((1, 0), (1, 0))
    """
    n0, n1 = len(first), len(second)
    own0, own1 = range(n0), range(n0, n0 + n1)
    # Columns are labels: x_a0 and the slack of player 1's replies; y_a1 and player 0's slacks.
    tableaus = [
        _slack_tableau([[a + 1 for a in row] for row in second], first_slack=n0),
        _slack_tableau([[a + 1 for a in row] for row in first], first_slack=0),
    ]
    slacks, bases, pivots = (own1, own0), [list(own1), list(own0)], [1, 1]
    side, entering = int(label >= n0), label
    while True:
        tableau, basis = tableaus[side], bases[side]
        meter.spend(4 * len(tableau) * len(tableau[0]) * (1 + pivots[side].bit_length() // 64))
        row = _leaving(tableau, entering, slacks[side])
        leaving, basis[row] = basis[row], entering
        pivots[side] = _pivot(tableau, row, entering, pivots[side])
        if leaving == label:
            return _weights(tableaus[0], bases[0], own0), _weights(tableaus[1], bases[1], own1)
        entering, side = leaving, 1 - side


def _slack_tableau(rows: Rows, first_slack: int) -> Tableau:
    """Rows of ``rows z + slack = 1``; the slack columns start at `first_slack`."""
    tableau = []
    for r, row in enumerate(rows):
        slack = [int(r == k) for k in range(len(rows))]
        tableau.append([*row[:first_slack], *slack, *row[first_slack:], 1])
    return tableau


def _leaving(tableau: Tableau, column: int, slacks: range) -> int:
    """Return the row of the lexicographic minimum ratio; ties cannot survive it."""
    best = -1
    for r, row in enumerate(tableau):
        if row[column] > 0 and (best < 0 or _less(row, tableau[best], column, slacks)):
            best = r
    return best


def _less(row: list[int], other: list[int], column: int, slacks: range) -> bool:
    difference = 0
    for k in (-1, *slacks):
        difference = row[k] * other[column] - other[k] * row[column]
        if difference:
            break
    return difference < 0


def _pivot(tableau: Tableau, row: int, column: int, previous: int) -> int:
    """Pivot in place without fractions (Edmonds 1967); return the new common denominator."""
    source = tableau[row]
    pivot = source[column]
    for r, target in enumerate(tableau):
        if r != row:
            factor = target[column]
            tableau[r] = [
                (pivot * a - factor * b) // previous for a, b in zip(target, source, strict=True)
            ]
    return pivot


def _weights(tableau: Tableau, basis: list[int], columns: range) -> Weights:
    """Return the basic solution on `columns` in lowest integers."""
    solution = dict.fromkeys(columns, 0)
    solution |= {k: row[-1] for k, row in zip(basis, tableau, strict=True) if k in solution}
    divisor = gcd(*solution.values())
    return tuple(w // divisor for w in solution.values())
