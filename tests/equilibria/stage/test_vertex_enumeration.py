import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import networkx as nx
import pytest

from negotiation.equilibria.stage.vertex_enumeration import (
    LimitReachedError,
    Meter,
    best_reply_vertices,
    completely_labelled,
    connected_components,
    integer_table,
    maximal_bicliques,
    probabilities,
)

LIMIT = 10**9
Mixture = tuple[Fraction, ...]


def solve_square(matrix: list[list[int]], right: list[int]) -> tuple[list[int], int] | None:
    """Gauss-Jordan in integers: numerators, positive denominator; None if singular."""
    n, previous = len(right), 1
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for k in range(n):
        chosen = next((r for r in range(k, n) if rows[r][k]), None)
        if chosen is None:
            return None
        rows[k], rows[chosen] = rows[chosen], rows[k]
        source, pivot = rows[k], rows[k][k]
        for r in range(n):
            if r != k:
                factor = rows[r][k]
                rows[r] = [
                    (pivot * a - factor * b) // previous
                    for a, b in zip(rows[r], source, strict=True)
                ]
        previous = pivot
    sign = 1 if previous > 0 else -1
    return [sign * row[-1] for row in rows], sign * previous


def envelope_vertices(rows: Sequence[Sequence[int]]) -> dict[Mixture, tuple[set[int], set[int]]]:
    """Vertices of ``{(x, v): v >= rows x, x a mixture}`` with their supports and best replies.

    By brute force over bases: as many equal best replies as actions in the support.
    """
    d, found = len(rows[0]), {}
    for k in range(1, min(d, len(rows)) + 1):
        for support in combinations(range(d), k):
            for best in combinations(range(len(rows)), k):
                matrix = [[rows[r][c] for c in support] + [-1] for r in best]
                solved = solve_square([*matrix, [1] * k + [0]], [0] * k + [1])
                if solved is None or min(solved[0][:-1]) < 0:
                    continue
                weights, total = [0] * d, solved[1]
                for c, w in zip(support, solved[0], strict=False):
                    weights[c] = w
                earned = [sum(a * w for a, w in zip(row, weights, strict=True)) for row in rows]
                if max(earned) == solved[0][-1]:
                    found[tuple(Fraction(w, total) for w in weights)] = (
                        {c for c in range(d) if weights[c]},
                        {r for r, e in enumerate(earned) if e == solved[0][-1]},
                    )
    return found


def vertices_by_labels(rows: Sequence[Sequence[int]]) -> dict[Mixture, tuple[set[int], set[int]]]:
    rays = best_reply_vertices(rows, Meter(LIMIT))
    d = len(rows[0])
    return {
        probabilities(ray.x): (
            {c for c in range(d) if not ray.labels >> c & 1},
            {r for r in range(len(rows)) if ray.labels >> (d + r) & 1},
        )
        for ray in rays
    }


@pytest.mark.parametrize("high", [1, 2, 5, 1000])
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (2, 3), (3, 2), (3, 3), (4, 3), (4, 4)])
def test_vertices_and_labels_agree_with_brute_force(high: int, shape: tuple[int, int]) -> None:
    rng = random.Random(f"{high} {shape}")
    for _ in range(12):
        rows = [[rng.randint(0, high) for _ in range(shape[1])] for _ in range(shape[0])]
        assert vertices_by_labels(rows) == envelope_vertices(rows)


def test_no_vertex_is_listed_twice() -> None:
    rng = random.Random(5)
    for _ in range(50):
        rows = [[rng.randint(0, 2) for _ in range(6)] for _ in range(6)]
        rays = best_reply_vertices(rows, Meter(LIMIT))
        assert len({probabilities(ray.x) for ray in rays}) == len(rays)
        assert len({ray.labels for ray in rays}) == len(rays)


def test_the_value_of_a_vertex_is_the_best_reply() -> None:
    rows = [[3, 1, 4], [1, 5, 9], [2, 6, 5]]
    rays = best_reply_vertices(rows, Meter(LIMIT))
    assert rays
    for ray in rays:
        assert ray.v == max(sum(a * w for a, w in zip(row, ray.x, strict=True)) for row in rows)


def test_the_cube_has_all_its_vertices() -> None:
    rows = [[int(i == j) for j in range(8)] for i in range(8)]
    rays = best_reply_vertices(rows, Meter(LIMIT))
    assert len(rays) == 2**8 - 1  # the cube, without the vertex 0


@pytest.mark.parametrize("limit", [0, 50, 500, 2000])
def test_beyond_the_limit_there_is_no_answer(limit: int) -> None:
    rng = random.Random(1)
    rows = [[rng.randint(0, 2) for _ in range(7)] for _ in range(7)]
    with pytest.raises(LimitReachedError):
        best_reply_vertices(rows, Meter(limit))


def test_integers_do_not_depend_on_units() -> None:
    rng = random.Random(2)
    for _ in range(100):
        table = [[Fraction(rng.randint(-9, 9), rng.randint(1, 9)) for _ in "abc"] for _ in "ab"]
        scale, shift = Fraction(rng.randint(1, 10**6), 7), Fraction(rng.randint(-(10**6), 10**6), 3)
        one = integer_table(table)
        other = integer_table([[scale * q + shift for q in row] for row in table])
        assert one.rows == other.rows
        assert [[one.low + one.unit * w for w in row] for row in one.rows] == table
        assert (other.low, other.unit) == (scale * one.low + shift, scale * one.unit)
        assert one.transposed == tuple(zip(*one.rows, strict=True))


def test_a_constant_table_is_all_zeros() -> None:
    table = integer_table([[Fraction(7, 2)] * 3] * 2)
    assert table.rows == ((0, 0, 0), (0, 0, 0))
    assert table.low == Fraction(7, 2)


@pytest.mark.parametrize("n_labels", [5, 64, 65, 90])
def test_labels_are_matched_at_any_width(n_labels: int) -> None:
    rng = random.Random(n_labels)
    full = (1 << n_labels) - 1
    first = [rng.getrandbits(n_labels) for _ in range(20)]
    second = [full & ~mask | rng.getrandbits(n_labels) for mask in first[:10]]
    second += [rng.getrandbits(n_labels) for _ in range(10)]
    expected = [(k, j) for k, p in enumerate(first) for j, q in enumerate(second) if p | q == full]
    assert len(expected) >= 10
    assert completely_labelled(first, second, n_labels) == expected


def test_components_and_bicliques_agree_with_networkx() -> None:
    rng = random.Random(3)
    for _ in range(200):
        n, density = rng.randint(1, 6), rng.random()
        pairs = [(x, y) for x in range(n) for y in range(n) if rng.random() < density]
        graph = nx.Graph([(("x", x), ("y", y)) for x, y in pairs])
        expected = {
            tuple(k for k, (x, _) in enumerate(pairs) if ("x", x) in nodes)
            for nodes in nx.connected_components(graph)
        }
        components = connected_components(pairs)
        assert set(components) == expected
        assert list(components) == sorted(components)
        # Joining each side into a clique turns maximal bicliques into maximal cliques.
        for side in "xy":
            graph.add_edges_from(combinations([v for v in graph if v[0] == side], 2))
        cliques = (set(clique) for clique in nx.find_cliques(graph))
        subsets = {
            tuple(k for k, (x, y) in enumerate(pairs) if {("x", x), ("y", y)} <= clique)
            for clique in cliques
        }
        assert maximal_bicliques(pairs) == sorted(subsets - {()})
