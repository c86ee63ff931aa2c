import random

import numpy as np
import pytest
from scipy.optimize import linprog

from negotiation.equilibria.stage.pivoting import lemke_howson, matrix_game
from negotiation.equilibria.stage.vertex_enumeration import LimitReachedError, Meter, probabilities

LIMIT = 10**9


def test_the_value_of_a_zero_sum_game_is_certified_by_both_mixtures() -> None:
    rng = random.Random(1)
    for _ in range(300):
        m, n, high = rng.randint(1, 5), rng.randint(1, 5), rng.choice([1, 3, 1000])
        rows = [[rng.randint(-high, high) for _ in range(n)] for _ in range(m)]
        value, x, y = matrix_game(rows)
        assert min(x) >= 0 <= min(y)
        assert sum(x) == sum(y) == 1
        guaranteed = min(sum(rows[r][c] * x[r] for r in range(m)) for c in range(n))
        conceded = max(sum(rows[r][c] * y[c] for c in range(n)) for r in range(m))
        assert guaranteed == value == conceded


def test_the_value_agrees_with_scipy() -> None:
    rng = np.random.default_rng(2)
    for _ in range(30):
        m, n = rng.integers(1, 7, size=2)
        rows = rng.integers(-9, 10, size=(m, n))
        best = linprog(
            np.r_[np.zeros(n), 1.0],
            A_ub=np.c_[rows, -np.ones(m)],
            b_ub=np.zeros(m),
            A_eq=[np.r_[np.ones(n), 0.0]],
            b_eq=[1],
            bounds=[(0, None)] * n + [(None, None)],
        )
        assert float(matrix_game(rows.tolist())[0]) == pytest.approx(best.fun, abs=1e-9)


@pytest.mark.parametrize("high", [1, 2, 9, 10**12])
def test_every_path_ends_at_an_equilibrium(high: int) -> None:
    rng = random.Random(high)
    for _ in range(40):
        n0, n1 = rng.randint(1, 5), rng.randint(1, 5)
        first = [[rng.randint(0, high) for _ in range(n1)] for _ in range(n0)]
        second = [[rng.randint(0, high) for _ in range(n0)] for _ in range(n1)]
        for label in range(n0 + n1):
            end = lemke_howson(first, second, label, Meter(LIMIT))
            x, y = map(probabilities, end)
            for rows, own, other in ((first, x, y), (second, y, x)):
                earned = [sum(a * p for a, p in zip(row, other, strict=True)) for row in rows]
                assert all(e == max(earned) for e, p in zip(earned, own, strict=True) if p)


def test_a_pure_label_is_followed_by_its_best_reply() -> None:
    # Dropping label k makes k the first action played: in a coordination game the path stops there.
    identity = [[int(a == b) for b in range(3)] for a in range(3)]
    ends = [lemke_howson(identity, identity, k, Meter(LIMIT)) for k in range(6)]
    units = [tuple(int(a == k) for a in range(3)) for k in range(3)]
    assert ends == [(units[k % 3], units[k % 3]) for k in range(6)]


def test_ties_that_make_plain_pivoting_cycle_are_passed() -> None:
    # Without the lexicographic rule this path never ends (found by search).
    first, second = [[1, 1, 2], [3, 0, 2], [1, 3, 1]], [[1, 1, 0], [3, 1, 0], [2, 1, 0]]
    assert lemke_howson(first, second, 5, Meter(100_000)) == ((0, 1, 0), (0, 0, 1))


def test_weights_are_in_lowest_terms() -> None:
    end = lemke_howson([[0, 4], [4, 0]], [[6, 0], [0, 6]], 0, Meter(LIMIT))
    assert end == ((1, 1), (1, 1))


def test_beyond_the_limit_there_is_no_end() -> None:
    with pytest.raises(LimitReachedError):
        lemke_howson([[1, 0], [0, 1]], [[1, 0], [0, 1]], 0, Meter(3))
