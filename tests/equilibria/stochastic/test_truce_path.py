"""Paths that keep a truce: chosen as their rule says, held up by threats, bounded from above."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.equilibria.stochastic.truce_path import RULES, threats_of, truce_cells, truce_paths
from negotiation.errors import UsageError
from negotiation.games.game import Outcome
from negotiation.games.stochastic_game import StochasticGame

DILEMMA = [[[2, 0], [3, 1]], [[2, 3], [0, 1]]]
PACT = (Outcome("pact", ((0, 0),), truce=True), Outcome("quarrel", ((1, 1),)))


def ending(chance, *, stages=1, discount=0.9):
    """A prisoner's dilemma that ends, each period with a chance or for certain, after stages."""
    moves = []
    for s in range(stages):
        table = np.zeros((2, 2, stages + 1))
        table[..., s], table[..., s + 1] = 1 - chance, chance
        moves.append(table)
    over = np.zeros((1, 1, stages + 1))
    over[..., stages] = 1
    return StochasticGame.from_tables(
        [DILEMMA] * stages + [np.ones((2, 1, 1))],
        [*moves, over],
        discount,
        outcomes=(PACT,) * stages + ((),),
    )


def random_game(seed, *, count=3, truces=(0, 0)):
    draw = np.random.default_rng(seed)
    chances = []
    for s in range(count):
        weights = draw.random((2, 2, count))
        weights[..., :s] = 0
        chances.append(weights / weights.sum(-1, keepdims=True))
    return StochasticGame.from_tables(
        draw.integers(0, 10, (count, 2, 2, 2)),
        chances,
        draw.uniform(0.3, 0.9),
        outcomes=((Outcome("truce", (truces, (1, 0)), truce=True),),) * count,
    )


# ---------------------------------------------------------------- an end that both can see


def test_a_known_end_unravels_the_truce_from_the_last_period_to_the_first():
    """In the last period breaking gains 3 - 2 = 1 and 1 follows whatever is done; so 1 each is
    played. The period before then leads to 1 whatever is done: the same; and so on. The worst
    equilibrium of each state is also its only one, so no threat tells a breach from restraint.
    """
    game = ending(1.0, stages=5)
    sets = stochastic_sets(game)
    for path in truce_paths(game, threats_of(sets)):
        assert not path.truce.any()
        np.testing.assert_allclose(path.values, 1, atol=1e-12)
    cells = truce_cells(game)
    assert not any((s.possible & t).any() for s, t in zip(sets.states, cells, strict=True))


@pytest.mark.parametrize(("chance", "holds"), [(0.44, True), (0.45, False)])
def test_an_uncertain_end_need_not_unravel_it(chance, holds):
    """Restraint is worth V = 2 (1 - d) + d ((1 - q) V + q), so V - 1 = (1 - d) / (1 - d (1 - q)).
    A breach brings 3 once and 1 from then on, 1 + 2 (1 - d). So the truce holds while
    1 >= 2 (1 - d (1 - q)), that is d (1 - q) >= 1/2; with d = 0.9, q <= 4/9.
    """
    game = ending(chance)
    for path in truce_paths(game, threats_of(stochastic_sets(game))):
        assert path.truce[0] == holds
        if holds:
            worth = 1 + 0.1 / (1 - 0.9 * (1 - chance))
            np.testing.assert_allclose(path.values[0], worth, atol=1e-12)
            assert path.life[0] == pytest.approx(1 / chance)
            assert path.check.slack == pytest.approx(worth - 1.2, abs=1e-9)


# ---------------------------------------------------------------- the rules


def plain_holds(game, s, cell, values, threats):
    """Say whether a profile withstands every deviation, and what it is worth, by iteration."""
    d, chance, to = game.discount, game.chances[s][cell], game.successors[s][cell]
    worth = np.zeros(2)
    for _ in range(300):
        later = np.array([worth if t == s else values[t] for t in to])
        worth = (1 - d) * game.payoffs[s][:, *cell] + d * (chance @ later)
    for i, own in product((0, 1), (0, 1)):
        done = (own, cell[1]) if i == 0 else (cell[0], own)
        if done != cell:
            then = game.chances[s][done] @ threats[game.successors[s][done], i]
            if (1 - d[i]) * game.payoffs[s][i][done] + d[i] * then > worth[i] + 1e-9:
                return None
    return worth


@pytest.mark.parametrize("seed", range(10))
def test_each_path_plays_a_truce_wherever_one_holds_and_the_best_by_its_rule(seed):
    game = random_game(seed)
    sets = stochastic_sets(game)
    if any(s.min_spe_payoffs is None for s in sets.states):
        assert truce_paths(game, threats_of(sets)) == ()
        return
    threats = threats_of(sets)
    span = np.ptp([p.reshape(2, -1) for p in game.payoffs], axis=(0, 2))
    for path in truce_paths(game, threats):
        for s in reversed(range(game.count)):
            worth = {c: plain_holds(game, s, c, path.values, threats) for c in np.ndindex(2, 2)}
            holding = {c: w for c, w in worth.items() if w is not None}
            truces = {c: w for c, w in holding.items() if c in {(0, 0), (1, 0)}}
            pool = truces or holding
            chosen = tuple(path.cells[s].tolist())
            assert chosen in pool
            assert path.truce[s] == bool(truces)
            np.testing.assert_allclose(path.values[s], holding[chosen], atol=1e-8)
            if not path.rule.lasting or not truces:
                weights = path.rule.sign * np.array(path.rule.weights) / span
                scores = {c: weights @ w for c, w in pool.items()}
                assert scores[chosen] >= max(scores.values()) - 1e-7


def test_the_rules_of_lasting_choose_the_deal_that_moves_the_state_least_and_most():
    """Both deals hold; deal 0 ends the game with chance 0.05 a period, deal 1 with 0.2."""
    pay = [[[5, 5, 0], [5, 5, 0], [6, 6, 1]], [[5, 5, 6], [5, 5, 6], [0, 0, 1]]]
    leave = np.array([[0.05, 0.2, 0.2], [0.2, 0.2, 0.2], [0.2, 0.2, 0.2]])
    game = StochasticGame.from_tables(
        [pay, np.ones((2, 1, 1))],
        [np.stack([1 - leave, leave], -1), [[[0, 1]]]],
        0.9,
        outcomes=((Outcome("deals", ((0, 0), (1, 1)), truce=True),), ()),
    )
    paths = truce_paths(game, threats_of(stochastic_sets(game)))
    lives = {(p.rule.lasting, p.rule.sign): p.life[0] for p in paths if p.rule.lasting}
    assert lives == {(True, 1): pytest.approx(20), (True, -1): pytest.approx(5)}
    assert len(paths) == len(RULES)


def test_states_that_come_back_to_each_other_are_refused():
    swap = np.broadcast_to([0.0, 1.0], (2, 2, 2)), np.broadcast_to([1.0, 0.0], (2, 2, 2))
    game = StochasticGame.from_tables([DILEMMA] * 2, swap, 0.5, outcomes=(PACT,) * 2)
    with pytest.raises(UsageError, match=r"come back to each other \(0, 1"):
        truce_paths(game, np.ones((2, 2)))


# ---------------------------------------------------------------- what some equilibrium plays


def by_linear_program(game, sets, s, cell):
    """Look for continuation payoffs, in the hulls, that withstand both sides' deviations."""
    d, chance, to = game.discount, game.chances[s][cell], game.successors[s][cell]
    rings = [sets.states[t].vertices for t in to]
    columns = np.concatenate([p * r for p, r in zip(chance, rings, strict=True)])
    owner = np.repeat(np.arange(len(to)), [len(r) for r in rings])
    need = np.full(2, -np.inf)
    for i, own in product((0, 1), (0, 1)):
        done = (own, cell[1]) if i == 0 else (cell[0], own)
        if done != cell:
            threat = [sets.states[t].min_spe_payoffs[i] for t in game.successors[s][done]]
            worth = (1 - d[i]) * game.payoffs[s][i][done] + d[i] * (game.chances[s][done] @ threat)
            need[i] = (worth - (1 - d[i]) * game.payoffs[s][i][cell]) / d[i]
    # The most by which both needs can be met: maximise t.
    found = linprog(
        np.append(np.zeros(len(columns)), -1),
        A_ub=np.hstack([-columns.T, np.ones((2, 1))]),
        b_ub=-need,
        A_eq=np.hstack(
            [(owner == np.arange(len(to))[:, None]).astype(float), np.zeros((len(to), 1))]
        ),
        b_eq=np.ones(len(to)),
        bounds=[(0, None)] * len(columns) + [(None, None)],
    )
    return -found.fun


@pytest.mark.parametrize("seed", range(12))
def test_what_some_equilibrium_plays_first_is_what_a_linear_program_says(seed):
    game = random_game(seed, count=2)
    sets = stochastic_sets(game)
    if any(s.min_spe_payoffs is None for s in sets.states):
        return
    for s in range(game.count):
        found = sets.states[s]
        for cell in np.ndindex(2, 2):
            room = by_linear_program(game, sets, s, cell)
            if abs(room) > 1e-6:
                assert found.supportable_now[cell] == found.possible[cell] == (room > 0)


def test_what_is_played_on_a_path_is_possible():
    for seed in range(10):
        game = random_game(seed)
        sets = stochastic_sets(game)
        for path in truce_paths(game, threats_of(sets)):
            for cell, state in zip(path.cells, sets.states, strict=True):
                assert state.possible[tuple(cell)]


def test_there_is_no_path_where_there_is_no_equilibrium():
    assert truce_paths(ending(0.1), np.full((2, 2), np.nan)) == ()
