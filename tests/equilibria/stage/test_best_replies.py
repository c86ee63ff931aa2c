import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from negotiation.equilibria.stage.best_replies import (
    best_replies,
    dominated,
    minmax,
    pure_nash,
    undominated,
)
from negotiation.errors import GameError
from negotiation.games.game import Game

tables = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6)).map(
    lambda t: np.random.default_rng(t[2]).integers(-4, 5, size=(2, t[0], t[1]))
)
law = settings(max_examples=60, deadline=None)


def batch_of(*games: Game) -> Game:
    return Game(np.stack([g.payoffs for g in games]), np.zeros(2))


def random_batch(seed: int, shape: tuple[int, ...], high: int = 3) -> Game:
    return Game(np.random.default_rng(seed).integers(0, high, size=shape), np.zeros(2))


def test_best_replies_follow_the_definition() -> None:
    game = random_batch(0, (500, 2, 3, 4))
    best0, best1 = best_replies(game)
    for u, b0, b1 in zip(game.payoffs, best0, best1, strict=True):
        for a0, a1 in np.ndindex(3, 4):
            assert b0[a0, a1] == (u[0, a0, a1] >= u[0, :, a1].max())
            assert b1[a0, a1] == (u[1, a0, a1] >= u[1, a0, :].max())


def test_a_batch_is_a_loop_of_single_games() -> None:
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 3, size=(300, 2, 3, 3))
    noise = rng.choice([-1, 0, 1], size=whole.shape) * np.spacing(whole / 10 + 1)
    payoffs = (whole / 10) + noise * rng.integers(0, 2, size=(300, 1, 1, 1))
    game = Game(payoffs.reshape(20, 15, 2, 3, 3), np.zeros(2))
    batch, held = (*best_replies(game), pure_nash(game)), minmax(game)
    for cell in np.ndindex(20, 15):
        one = Game(game.payoffs[cell], np.zeros(2))
        for together, alone in zip(batch, (*best_replies(one), pure_nash(one)), strict=True):
            assert together.shape == (20, 15, 3, 3)
            assert (together[cell] == alone).all()
        alone = minmax(one)
        assert (held.pure[cell] == alone.pure).all()
        assert (held.mixed[cell] == alone.mixed).all()
        assert (held.pure_punishment[cell] == alone.pure_punishment).all()
        for i in (0, 1):
            assert (held.mixed_punishment[i][cell] == alone.mixed_punishment[i]).all()


@pytest.mark.parametrize("batch", [False, True])
def test_rounding_does_not_break_a_tie(batch: bool) -> None:
    game = Game.from_tables([[0.1 + 0.2], [0.3], [0.29]], [[0], [0], [0]])
    best0, _ = best_replies(batch_of(game) if batch else game)
    assert best0.reshape(3).tolist() == [True, True, False]


@pytest.mark.parametrize("batch", [False, True])
def test_a_huge_payoff_elsewhere_does_not_make_a_tie(batch: bool) -> None:
    game = Game.from_tables([[1.05, -1e15], [1, 0]], [[0, 0], [0, 0]])
    best0, _ = best_replies(batch_of(game) if batch else game)
    assert best0.reshape(2, 2)[:, 0].tolist() == [True, False]


@pytest.mark.parametrize("batch", [False, True])
def test_all_zero_payoffs_are_all_best(batch: bool) -> None:
    game = Game.from_tables(np.zeros((2, 2)), np.zeros((2, 2)))
    assert all(b.all() for b in best_replies(batch_of(game) if batch else game))


@pytest.mark.parametrize(("scale", "shift"), [(1e6, 0), (1, 1e6), (1e-6, 0), (1e6, -1e6)])
def test_units_change_nothing(scale: float, shift: float) -> None:
    tenths = np.random.default_rng(2).integers(0, 4, size=(60, 2, 3, 3)) / 10
    game, other = Game(tenths, np.zeros(2)), Game(tenths * scale + shift, np.zeros(2))
    assert (pure_nash(game) == pure_nash(other)).all()
    held, moved = minmax(game), minmax(other)
    np.testing.assert_allclose(moved.mixed, held.mixed * scale + shift, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(moved.pure, held.pure * scale + shift, rtol=1e-12)
    for i in (0, 1):
        assert (held.mixed_punishment[i] == moved.mixed_punishment[i]).all()
    for cell in range(60):
        one, two = (Game(g.payoffs[cell], np.zeros(2)) for g in (game, other))
        assert dominated(one) == dominated(two)
        assert (pure_nash(one) == pure_nash(game)[cell]).all()


def strictly_dominated(table: np.ndarray, action: int) -> bool:
    """Pearce (1984), lemma 3, as a linear programme: max e s.t. mixture >= action + e."""
    n, m = table.shape
    best = linprog(
        np.r_[np.zeros(n), -1.0],
        A_ub=np.c_[-(table - table[action]).T, np.ones(m)],
        b_ub=np.zeros(m),
        A_eq=[np.r_[np.ones(n), 0.0]],
        b_eq=[1],
        bounds=[(0, None)] * n + [(None, None)],
    )
    return bool(-best.fun > 1e-9)


@given(tables)
@law
def test_survivors_are_undominated_and_the_dominated_are_gone(payoffs: np.ndarray) -> None:
    game = Game(payoffs, np.zeros(2))
    views = (payoffs[0], payoffs[1].T)
    left = [list(range(n)) for n in game.shape]
    eliminations = dominated(game)
    assert [e.round for e in eliminations] == sorted(e.round for e in eliminations)
    for round_ in range(1, 1 + max((e.round for e in eliminations), default=0)):
        now = [e for e in eliminations if e.round == round_]
        gone = set()
        for i in (0, 1):
            rest = views[i][np.ix_(left[i], left[1 - i])]
            gone |= {(i, a) for k, a in enumerate(left[i]) if strictly_dominated(rest, k)}
        assert {(e.player, e.action) for e in now} == gone
        for e in now:
            assert sum(e.by) == 1
            assert {a for a, p in enumerate(e.by) if p} <= set(left[e.player]) - {e.action}
            for b in left[1 - e.player]:
                mixed = sum(p * int(w) for p, w in zip(e.by, views[e.player][:, b], strict=True))
                assert mixed > views[e.player][e.action, b]
        for e in now:
            left[e.player].remove(e.action)
    assert undominated(game) == tuple(map(tuple, left))
    for i in (0, 1):
        rest = views[i][np.ix_(left[i], left[1 - i])]
        assert not any(strictly_dominated(rest, k) for k in range(len(left[i])))


def test_a_mixture_can_dominate_where_no_pure_action_does() -> None:
    """Osborne & Rubinstein (1994), p. 61: B is dominated only by a mixture of T and M."""
    game = Game.from_tables([[3, 0], [0, 3], [1, 1]], np.zeros((3, 2)))
    (elimination,) = dominated(game)
    assert (elimination.player, elimination.action) == (0, 2)
    assert undominated(game) == ((0, 1), (0, 1))


def test_weak_dominance_is_not_enough() -> None:
    assert dominated(Game.from_tables([[1, 1], [1, 0]], [[1, 1], [1, 0]])) == ()


def test_elimination_takes_several_rounds() -> None:
    """Only after the third column is gone is the second row dominated, and so on."""
    a = [[1, 1, 0], [0, 0, 2]]
    b = [[0, 2, 1], [3, 1, 0]]
    rounds = [(e.round, e.player, e.action) for e in dominated(Game.from_tables(a, b))]
    assert rounds == [(1, 1, 2), (2, 0, 1), (3, 1, 0)]


@given(tables)
@law
def test_minmax_holds_a_player_down_and_no_further(payoffs: np.ndarray) -> None:
    game = Game(payoffs, np.zeros(2))
    held = minmax(game)
    for i, own in enumerate((payoffs[0], payoffs[1].T)):
        assert held.pure[i] == own.max(axis=0).min() == own[:, held.pure_punishment[i]].max()
        assert (own @ held.mixed_punishment[i]).max() == pytest.approx(held.mixed[i], abs=1e-12)
        n, m = own.shape
        best = linprog(  # maximin of the player: by duality the same number
            np.r_[np.zeros(n), -1.0],
            A_ub=np.c_[-own.T, np.ones(m)],
            b_ub=np.zeros(m),
            A_eq=[np.r_[np.ones(n), 0.0]],
            b_eq=[1],
            bounds=[(0, None)] * n + [(None, None)],
        )
        assert held.mixed[i] == pytest.approx(-best.fun, abs=1e-9)
        assert held.mixed[i] <= held.pure[i]


def test_minmax_of_the_prisoners_dilemma_is_the_mutual_defection_payoff() -> None:
    held = minmax(Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]]))
    assert held.pure.tolist() == held.mixed.tolist() == [3.0, 3.0]
    assert held.pure_punishment.tolist() == [1, 1]


def test_dominance_needs_a_single_game() -> None:
    with pytest.raises(GameError, match="batch"):
        dominated(random_batch(0, (2, 2, 2, 2)))
