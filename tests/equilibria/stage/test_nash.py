import random
import subprocess
import sys
import warnings
from fractions import Fraction as F
from itertools import pairwise, permutations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.certificates.stage import regret
from negotiation.equilibria.stage.nash import StageEquilibria, minmax, nash, pure_nash
from negotiation.errors import GameError, NotConvergedError
from negotiation.games.game import Game
from tests.equilibria.stage.test_vertex_enumeration import envelope_vertices

tables = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6)).map(
    lambda t: np.random.default_rng(t[2]).integers(-3, 4, size=(2, t[0], t[1]))
)
law = settings(max_examples=80, deadline=None)


def game_of(a: object, b: object) -> Game:
    return Game.from_tables(a, b)


def found(result: StageEquilibria) -> list[tuple[tuple[F, ...], tuple[F, ...]]]:
    return [e.exact for e in result.equilibria]


def tied_game(rng: random.Random, n: int) -> np.ndarray:
    high = rng.choice([1, 2, 3, 5])
    return np.array([[[rng.randint(0, high) for _ in range(n)] for _ in range(n)] for _ in "AB"])


@pytest.mark.parametrize(("n", "games"), [(3, 700), (4, 300)])
def test_extreme_equilibria_of_tied_games_are_complete_and_free_of_duplicates(
    n: int, games: int
) -> None:
    """Against brute force over bases, matched by the definition: supports are best replies."""
    rng = random.Random(n)
    degenerate = 0
    for _ in range(games):
        payoffs = tied_game(rng, n)
        result = nash(Game(payoffs, np.zeros(2)))
        ys = envelope_vertices(payoffs[0].tolist())
        xs = envelope_vertices(payoffs[1].T.tolist())
        expected = {
            (x, y)
            for x, (x_support, x_best) in xs.items()
            for y, (y_support, y_best) in ys.items()
            if x_support <= y_best and y_support <= x_best
        }
        assert len(result.equilibria) == len(expected)
        assert set(found(result)) == expected
        crowded = [len(b) > len(s) for s, b in (*xs.values(), *ys.values())]
        assert result.degenerate == any(crowded)
        assert result.complete
        degenerate += result.degenerate
    assert degenerate > games / 2


def test_components_and_nash_subsets_follow_the_vertex_graph() -> None:
    rng = random.Random(11)
    for _ in range(100):
        result = nash(Game(tied_game(rng, 3), np.zeros(2)))
        pairs = found(result)
        graph = nx.Graph([(("x", x), ("y", y)) for x, y in pairs])
        expected = {
            frozenset(k for k, (x, _) in enumerate(pairs) if ("x", x) in nodes)
            for nodes in nx.connected_components(graph)
        }
        assert set(map(frozenset, result.components)) == expected
        assert sorted(k for c in result.components for k in c) == list(range(len(pairs)))
        for subset in result.nash_subsets:
            xs, ys = {pairs[k][0] for k in subset}, {pairs[k][1] for k in subset}
            assert {pairs[k] for k in subset} == {(x, y) for x in xs for y in ys}
            outside = [pair for k, pair in enumerate(pairs) if k not in subset]
            for x in {x for x, _ in outside} - xs:
                assert not all((x, y) in pairs for y in ys)
            for y in {y for _, y in outside} - ys:
                assert not all((x, y) in pairs for x in xs)
        assert {k for s in result.nash_subsets for k in s} == set(range(len(pairs)))


def test_every_point_of_a_nash_subset_is_an_equilibrium() -> None:
    rng = np.random.default_rng(12)
    for seed in range(60):
        payoffs = tied_game(random.Random(seed), 4)
        result = nash(Game(payoffs, np.zeros(2)))
        for subset in result.nash_subsets:
            weights = rng.dirichlet(np.ones(len(subset)), size=(2,))
            chosen = [result.equilibria[k].strategies for k in subset]
            x = weights[0] @ np.array([s[0] for s in chosen])
            y = weights[1] @ np.array([s[1] for s in chosen])
            assert regret(payoffs, (x, y)).max() < 1e-12


@given(tables)
@law
def test_equilibria_have_no_regret_and_pay_at_least_the_minmax(payoffs: np.ndarray) -> None:
    game = Game(payoffs, np.zeros(2))
    result, held = nash(game), minmax(game)
    assert result.equilibria
    for e in result.equilibria:
        assert all(sum(s) == 1 and min(s) >= 0 for s in e.exact)
        for i, (s, floats) in enumerate(zip(e.exact, e.strategies, strict=True)):
            assert floats.tolist() == [float(p) for p in s]
            assert e.payoffs[i] == float(e.exact_payoffs[i])
        assert regret(payoffs, e.strategies).max() < 1e-12
        assert e.regret.max() < 1e-12
        x, y = e.exact
        for i in (0, 1):
            earned = sum(
                p * q * int(payoffs[i, a, b]) for a, p in enumerate(x) for b, q in enumerate(y)
            )
            assert e.exact_payoffs[i] == earned
        assert (e.payoffs >= held.mixed - 1e-12).all()


@given(tables)
@law
def test_pure_equilibria_are_the_pure_ones_in_order(payoffs: np.ndarray) -> None:
    game = Game(payoffs, np.zeros(2))
    result = nash(game)
    cells = [(e.exact[0].index(1), e.exact[1].index(1)) for e in result.equilibria if e.pure]
    assert cells == [tuple(c) for c in np.argwhere(pure_nash(game)).tolist()]
    assert [e.pure for e in result.equilibria] == sorted(e.pure for e in result.equilibria)[::-1]
    keys = [
        ([[a for a, p in enumerate(s) if p] for s in e.exact], e.exact)
        for e in result.equilibria
        if not e.pure
    ]
    assert all(one < two for one, two in pairwise(keys))


@given(tables, st.sampled_from([(1e6, 0.0), (1.0, 1e6), (1e-6, 0.0), (1e6, -1e6)]))
@law
def test_scaling_and_shifting_payoffs_changes_nothing(
    payoffs: np.ndarray, units: tuple[float, float]
) -> None:
    scale, shift = units
    one = nash(Game(payoffs / 10, np.zeros(2)))
    other = nash(Game(payoffs / 10 * scale + shift, np.zeros(2)))
    assert found(one) == found(other)
    assert one.components == other.components
    assert one.degenerate == other.degenerate
    for e, f in zip(one.equilibria, other.equilibria, strict=True):
        assert f.payoffs == pytest.approx(e.payoffs * scale + shift, rel=1e-12, abs=1e-12)


@given(tables, st.randoms(use_true_random=False))
@law
def test_relabelling_players_and_actions_commutes(payoffs: np.ndarray, rng: random.Random) -> None:
    result = nash(Game(payoffs, np.zeros(2)))
    swapped = nash(Game(payoffs[::-1].transpose(0, 2, 1), np.zeros(2)))
    assert {(y, x) for x, y in found(result)} == set(found(swapped))
    rows = rng.sample(range(payoffs.shape[1]), payoffs.shape[1])
    columns = rng.sample(range(payoffs.shape[2]), payoffs.shape[2])
    permuted = nash(Game(payoffs[:, rows][:, :, columns], np.zeros(2)))
    expected = {(tuple(x[a] for a in rows), tuple(y[b] for b in columns)) for x, y in found(result)}
    assert set(found(permuted)) == expected
    assert len(permuted.components) == len(swapped.components) == len(result.components)
    assert permuted.degenerate == swapped.degenerate == result.degenerate


def test_nondegenerate_games_have_an_odd_number_of_isolated_equilibria() -> None:
    """Wilson (1971), Computing equilibria of N-person games, SIAM J. Appl. Math. 21."""
    rng = np.random.default_rng(3)
    for shape in [(2, 2), (3, 3), (2, 5), (5, 4), (6, 6)]:
        result = nash(Game(rng.random((2, *shape)), np.zeros(2)))
        assert not result.degenerate
        assert len(result.equilibria) % 2 == 1
        assert all(len(component) == 1 for component in result.components)


def test_nashpy_finds_the_same_equilibria_of_generic_games() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nashpy
    rng = np.random.default_rng(4)
    for _ in range(40):
        payoffs = rng.random((2, *rng.integers(2, 5, size=2)))
        result = nash(Game(payoffs, np.zeros(2)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = list(nashpy.Game(payoffs[0], payoffs[1]).vertex_enumeration())
        assert not result.degenerate
        assert len(theirs) == len(result.equilibria)
        for e in result.equilibria:
            ours = np.concatenate(e.strategies)
            assert min(np.abs(np.concatenate(t) - ours).max() for t in theirs) < 1e-6


def q(*texts: str) -> tuple[F, ...]:
    return tuple(F(t) for text in texts for t in text.split())


PUBLISHED = {
    # Rapoport & Chammah (1965), Prisoner's Dilemma, p. 34 (R=9, S=1, T=10, P=3).
    "prisoner's dilemma": ([[9, 1], [10, 3]], [[9, 10], [1, 3]], [(q("0 1"), q("0 1"))]),
    # Aumann (1974), J. Math. Econ. 1, example 2.7: chicken.
    "chicken": (
        [[6, 2], [7, 0]],
        [[6, 7], [2, 0]],
        [(q("1 0"), q("0 1")), (q("0 1"), q("1 0")), (q("2/3 1/3"), q("2/3 1/3"))],
    ),
    # Aumann (1990), Nash equilibria are not self-enforcing, fig. 1.
    "stag hunt": (
        [[9, 0], [8, 7]],
        [[9, 8], [0, 7]],
        [(q("1 0"), q("1 0")), (q("0 1"), q("0 1")), (q("7/8 1/8"), q("7/8 1/8"))],
    ),
    # Luce & Raiffa (1957), Games and Decisions, p. 91.
    "battle of the sexes": (
        [[2, -1], [-1, 1]],
        [[1, -1], [-1, 2]],
        [(q("1 0"), q("1 0")), (q("0 1"), q("0 1")), (q("3/5 2/5"), q("2/5 3/5"))],
    ),
    "matching pennies": ([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], [(q("1/2 1/2"), q("1/2 1/2"))]),
    "rock, paper, scissors": (
        [[0, -1, 1], [1, 0, -1], [-1, 1, 0]],
        [[0, 1, -1], [-1, 0, 1], [1, -1, 0]],
        [(q("1/3 1/3 1/3"), q("1/3 1/3 1/3"))],
    ),
    # Avis, Rosenberg, Savani & von Stengel (2010), the 3x2 example, also in lrsnash's manual.
    "Avis et al.": (
        [[0, 6], [2, 5], [3, 3]],
        [[1, 0], [0, 2], [4, 3]],
        [
            (q("0 0 1"), q("1 0")),
            (q("2/3 1/3 0"), q("1/3 2/3")),
            (q("0 1/3 2/3"), q("2/3 1/3")),
        ],
    ),
    # von Stengel (2007), Algorithmic Game Theory ch. 3, the degenerate 3x2 game: player 0's first
    # row is an equilibrium with every y between (1, 0) and (2/3, 1/3).
    "von Stengel's degenerate game": (
        [[3, 3], [2, 5], [0, 6]],
        [[3, 3], [2, 6], [3, 1]],
        [
            (q("1 0 0"), q("1 0")),
            (q("1 0 0"), q("2/3 1/3")),
            (q("0 1/3 2/3"), q("1/3 2/3")),
        ],
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_games_have_their_published_equilibria(name: str) -> None:
    a, b, expected = PUBLISHED[name]
    result = nash(game_of(a, b))
    assert found(result) == expected
    assert result.degenerate == (name == "von Stengel's degenerate game")


def test_the_degenerate_game_of_von_stengel_has_a_segment_and_a_point() -> None:
    a, b, _ = PUBLISHED["von Stengel's degenerate game"]
    result = nash(game_of(a, b))
    assert result.components == ((0, 1), (2,))
    assert result.nash_subsets == ((0, 1), (2,))


def test_kohlberg_and_mertens_game_has_a_ring_of_equilibria() -> None:
    """Kohlberg & Mertens (1986), Econometrica 54, p. 1034: one component, like a circle."""
    a = [[1, 0, -1], [-1, 0, -1], [1, 0, -2]]
    b = [[1, -1, 1], [0, 0, 0], [-1, -1, -2]]
    result = nash(game_of(a, b))
    assert len(result.components) == 1
    subsets = result.nash_subsets
    assert len(subsets) == len(result.equilibria) == 6
    ring = nx.Graph([subset for subset in subsets if len(subset) == 2])
    assert nx.is_isomorphic(ring, nx.cycle_graph(6))


def test_a_component_can_be_a_union_of_several_nash_subsets() -> None:
    result = nash(game_of([[1, 1], [1, 0]], [[1, 1], [1, 0]]))
    assert [e.pure for e in result.equilibria] == [True, True, True]
    assert result.components == ((0, 1, 2),)
    assert result.nash_subsets == ((0, 1), (0, 2))


def test_an_indifferent_world_has_every_cell_as_an_extreme_equilibrium() -> None:
    result = nash(game_of(np.full((8, 8), 0.7), np.full((8, 8), -3)))
    assert len(result.equilibria) == 64
    assert all(e.pure for e in result.equilibria)
    assert result.components == result.nash_subsets == (tuple(range(64)),)
    assert result.degenerate
    assert result.equilibria[9].exact_payoffs == (F(7, 10), -3)


def test_a_coordination_game_has_an_equilibrium_for_every_support() -> None:
    """Quint & Shubik (1997): the identity game has 2^n - 1 equilibria."""
    result = nash(game_of(np.eye(6), np.eye(6)))
    assert len(result.equilibria) == len(result.components) == 63
    assert not result.degenerate


def test_long_games_are_solved() -> None:
    rng = np.random.default_rng(5)
    for shape in [(2, 30), (30, 2), (3, 20), (1, 70)]:
        result = nash(Game(rng.random((2, *shape)), np.zeros(2)))
        assert result.complete
        assert len(result.equilibria) % 2 == 1


def test_identical_rows_are_both_listed() -> None:
    result = nash(game_of([[2, 0], [2, 0]], [[1, 0], [1, 0]]))
    assert found(result) == [(q("1 0"), q("1 0")), (q("0 1"), q("1 0"))]
    assert result.degenerate


def test_the_decimals_of_a_file_are_exact() -> None:
    result = nash(game_of([[0.1 + 0.2, 0], [0, 0.1]], [[0.1, 0], [0, 0.3]]))
    assert found(result)[-1] == (q("3/4 1/4"), q("1/4 3/4"))


def test_beyond_the_limit_what_is_found_is_true_and_marked_incomplete() -> None:
    rng = random.Random(6)
    mixed = 0
    for high in (2, 9, 1000) * 3:
        payoffs = [[[rng.randint(0, high) for _ in range(9)] for _ in range(9)] for _ in "AB"]
        game = Game(np.array(payoffs), np.zeros(2))
        some, every = nash(game, limit=20_000), nash(game)
        assert every.complete
        assert not some.complete
        assert "not guaranteed" in some.method
        assert set(found(some)) <= set(found(every))
        assert {e.exact for e in every.equilibria if e.pure} <= set(found(some))
        assert every.degenerate >= some.degenerate
        mixed += sum(not e.pure for e in some.equilibria)
    assert mixed > 5


@pytest.mark.parametrize("swap", [False, True])
def test_beyond_the_limit_a_tie_between_pure_replies_is_degenerate(swap: bool) -> None:
    generic = np.random.default_rng(7).random((9, 9))
    tied = generic.copy()
    tied[:2, 4] = tied[4, :2] = 1
    tables = [tied.T, generic] if swap else [generic, tied]
    assert nash(game_of(*tables), limit=20_000).degenerate
    assert not nash(game_of(generic, generic.T), limit=20_000).degenerate


def test_without_pure_equilibria_a_path_is_followed() -> None:
    cycle = np.roll(np.eye(9), 1, axis=1)
    result = nash(game_of(np.eye(9), cycle), limit=20_000)
    assert not result.complete
    assert not result.degenerate
    assert result.equilibria[0].exact == ((F(1, 9),) * 9, (F(1, 9),) * 9)


def test_a_hopeless_limit_is_an_error() -> None:
    with pytest.raises(NotConvergedError, match="work limit"):
        nash(game_of(*PUBLISHED["rock, paper, scissors"][:2]), limit=5)


def test_a_batch_is_refused() -> None:
    with pytest.raises(GameError, match="batch"):
        nash(Game(np.zeros((3, 2, 2, 2)), np.zeros(2)))


def test_results_do_not_depend_on_the_order_of_insertion() -> None:
    payoffs = tied_game(random.Random(8), 4)
    reference = set(found(nash(Game(payoffs, np.zeros(2)))))
    for order in permutations(range(4)):
        result = nash(Game(payoffs[:, :, list(order)], np.zeros(2)))
        assert {
            (x, tuple(y[order.index(b)] for b in range(4))) for x, y in found(result)
        } == reference


def test_importing_the_solver_does_not_import_scipy() -> None:
    code = (
        "import sys, negotiation.equilibria.stage.nash; "
        "sys.exit('scipy' in sys.modules or 'nashpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_generic_games_agree_on_supports_of_equal_size() -> None:
    """von Stengel (2002), sect. 2.1: in nondegenerate games both supports have the same size."""
    payoffs = np.random.default_rng(9).random((2, 5, 5))
    for e in nash(Game(payoffs, np.zeros(2))).equilibria:
        sizes = [sum(p > 0 for p in s) for s in e.exact]
        assert sizes[0] == sizes[1]
