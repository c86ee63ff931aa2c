"""Markov perfect equilibria: none missed, none wrong, counts exact, limits said."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from negotiation.certificates.markov import check_markov
from negotiation.equilibria.stage.nash import nash
from negotiation.equilibria.stochastic.markov import markov_equilibria
from negotiation.errors import CertificateError, UsageError
from negotiation.games.game import Game
from negotiation.games.state_graph import from_start
from negotiation.games.stochastic_game import StochasticGame

ENTRIES = yaml.safe_load(
    Path(__file__)
    .parents[2]
    .joinpath("data")
    .joinpath("stochastic_games.yaml")
    .read_text(encoding="utf-8")
)
PUBLISHED = [e for e in ENTRIES if e["kind"] == "stochastic"]


def published(entry):
    payoffs = [np.moveaxis(np.array(s["payoffs"], dtype=float), -1, 0) for s in entry["states"]]
    chances = [np.array(s["trans"], dtype=float) for s in entry["states"]]
    return StochasticGame.from_tables(
        payoffs, [c / c.sum(-1, keepdims=True) for c in chances], entry["delta"]
    )


def random_game(seed, *, count=3, top=9, directional=True, sizes=(2, 2), discount=None):
    """Whole numbers as payoffs; from each state to itself and (if directional) later ones only."""
    draw = np.random.default_rng(seed)
    payoffs, chances = [], []
    for s in range(count):
        payoffs.append(draw.integers(0, top + 1, (2, *sizes)))
        weights = draw.random((*sizes, count)) * (draw.random((*sizes, count)) < 0.7)
        if directional:
            weights[..., :s] = 0
        weights[..., s] += 0.1
        chances.append(weights / weights.sum(-1, keepdims=True))
    factor = draw.uniform(0, 0.95, 2) if discount is None else discount
    return StochasticGame.from_tables(payoffs, chances, factor)


def plain_value(game, policy):
    """Return values of a pure policy by going through the definition, state by state."""
    n = game.count
    move, pay = np.zeros((n, n)), np.zeros((n, 2))
    for s, (a, b) in enumerate(policy):
        pay[s] = game.payoffs[s][:, a, b]
        for to, chance in zip(game.successors[s][a, b], game.chances[s][a, b], strict=True):
            move[s, to] += chance
    return np.stack(
        [
            np.linalg.solve(np.eye(n) - d * move, (1 - d) * pay[:, i])
            for i, d in enumerate(game.discount)
        ],
        axis=-1,
    )


def plain_pure(game):
    """Return all pure equilibria by trying every policy."""
    found = {}
    for policy in product(*(np.ndindex(p.shape[1:]) for p in game.payoffs)):
        value, stable = plain_value(game, policy), True
        for s, cell in enumerate(policy):
            for i, own in ((p, k) for p in (0, 1) for k in range(game.payoffs[s].shape[1 + p])):
                done = (own, cell[1]) if i == 0 else (cell[0], own)
                d = game.discount[i]
                later = game.chances[s][done] @ value[game.successors[s][done], i]
                gain = (1 - d) * game.payoffs[s][i][done] + d * later - value[s, i]
                stable &= gain <= 1e-10
        if stable:
            found[policy] = value
    return found


def as_policies(found):
    """Return every pure combination of choices that was listed."""
    policies = {}
    for entry in found.listed:
        pure = [
            [(int(x.argmax()), int(y.argmax())) for x, y in options if {*x, *y} <= {0.0, 1.0}]
            for options in entry.choices
        ]
        policies |= dict.fromkeys(product(*pure), entry.values)
    return policies


@pytest.mark.parametrize("entry", PUBLISHED, ids=[e["id"] for e in PUBLISHED])
def test_published_pure_equilibria_are_found_and_no_others(entry):
    found = as_policies(markov_equilibria(published(entry)))
    known = {tuple(map(tuple, e["policy"])): e["V"] for e in entry["pure_mpe"]}
    assert found.keys() == known.keys()
    for policy, values in known.items():
        np.testing.assert_allclose(found[policy], values, atol=1e-9)


@pytest.mark.parametrize("directional", [True, False], ids=["one way", "both ways"])
@pytest.mark.parametrize("sizes", [(2, 2), (1, 3), (3, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_pure_equilibria_are_those_of_trying_every_policy(seed, sizes, directional):
    game = random_game(seed, top=3, directional=directional, sizes=sizes)
    found, known = as_policies(markov_equilibria(game, cap=10_000)), plain_pure(game)
    assert found.keys() == known.keys()
    for policy, values in known.items():
        np.testing.assert_allclose(found[policy], values, atol=1e-9)


def test_the_searches_above_meet_games_with_no_one_and_several_pure_equilibria():
    counts = {len(plain_pure(random_game(seed, top=3))) for seed in range(12)}
    assert 0 in counts
    assert 1 in counts
    assert max(counts) > 1


@pytest.mark.parametrize("seed", range(40))
def test_generic_games_have_an_odd_number_of_equilibria(seed):
    """Haller & Lagunoff (2000, Econometrica 68): finite and odd, for almost all payoffs."""
    draw = np.random.default_rng(seed)
    game = random_game(seed, count=2)
    payoffs = tuple(draw.random(p.shape) for p in game.payoffs)
    game = StochasticGame(payoffs, game.successors, game.chances, game.discount)
    found = markov_equilibria(game, cap=10_000)
    assert found.complete
    assert found.count % 2 == 1
    assert found.count == len(found.listed) == found.distinct


def crossings(game, i):
    """Return the other side's shares at which i's two actions are worth as much: a fine grid."""
    p, d = game.payoffs[0][i], game.discount[i]
    stay = (game.chances[0] * (game.successors[0] == 0)).sum(-1)
    if i == 1:
        p, stay = p.T, stay.T
    share = np.linspace(0, 1, 20_001)
    mix = np.stack([1 - share, share])
    # Leaving is worth 0 from then on: state 1 pays nothing.
    worth = ((1 - d) * p @ mix) / (1 - d * (stay @ mix))
    sign = np.sign(worth[0] - worth[1])
    return share[1:][sign[1:] * sign[:-1] < 0]


def test_a_side_can_be_indifferent_at_two_shares_and_both_are_found():
    seen = set()
    for seed in range(400):
        draw = np.random.default_rng(seed)
        payoffs = [draw.random((2, 2, 2)), np.zeros((2, 1, 1))]
        stay = draw.random((2, 2)) ** 4
        moves = [np.stack([stay, 1 - stay], -1), [[[0, 1]]]]
        game = StochasticGame.from_tables(payoffs, moves, draw.uniform(0.5, 0.99, 2))
        ys, xs = crossings(game, 0), crossings(game, 1)
        inside = [
            (x[1], y[1])
            for e in markov_equilibria(game).listed
            for x, y in e.choices[0]
            if 0 < x[1] < 1 and 0 < y[1] < 1
        ]
        assert len(inside) == len(xs) * len(ys)
        for x, y in inside:
            assert np.abs(xs - x).min() <= 1e-4
            assert np.abs(ys - y).min() <= 1e-4
        seen.add((len(xs), len(ys)))
    assert max(map(max, seen)) == 2


@pytest.mark.parametrize("seed", range(12))
def test_where_nothing_moves_they_are_the_equilibria_of_the_stage_game(seed):
    tables = np.random.default_rng(seed).integers(0, 4, (2, 2, 2))
    game = StochasticGame.from_tables([tables], [np.ones((2, 2, 1))], 0.8)
    (entries,) = [markov_equilibria(game).listed]
    known = {
        tuple(np.concatenate(e.strategies).round(9)) for e in nash(Game(tables, 0.8)).equilibria
    }
    found = {tuple(np.concatenate(p).round(9)) for e in entries for p in e.choices[0]}
    assert found == known


def test_a_segment_of_equilibria_is_said_to_be_one():
    """Row does not care what it plays; Column's best reply is fixed: any mixture of Row's."""
    game = StochasticGame.from_tables(
        [[[[1, 0], [1, 0]], [[2, 1], [3, 1]]]], [np.ones((2, 2, 1))], 0.5
    )
    found = markov_equilibria(game)
    assert [e.values.tolist() for e in found.listed] == [[[1, 2]], [[1, 3]]]
    assert not found.complete
    assert "segment of mixtures" in found.gaps[0]


def chain(length, tables):
    """States in a row, each left for the next with chance 1/2; the last one stays."""
    step = [np.zeros((2, 2, length + 1)) for _ in range(length)]
    for s, table in enumerate(step):
        table[..., s] = table[..., s + 1] = 0.5
    end = np.zeros((1, 1, length + 1))
    end[..., length] = 1
    return StochasticGame.from_tables([tables] * length + [np.zeros((2, 1, 1))], [*step, end], 0.9)


def test_copies_with_equal_values_are_counted_and_not_listed():
    """Both columns are the same, so each of 80 states has 2 equilibria of one value: 2^80."""
    found = markov_equilibria(chain(80, [[[1, 1], [0, 0]], [[1, 1], [0, 0]]]))
    assert found.count == 2**80
    assert found.distinct == len(found.listed) == 1
    assert found.listed[0].count == 2**80


def test_distinct_values_are_counted_exactly_beyond_the_cap():
    """Coordination: 2 pure and 1 mixed in each of 5 states, all of different value: 3^5."""
    game = chain(5, [[[3, 0], [0, 1]], [[3, 0], [0, 1]]])
    found = markov_equilibria(game, cap=50)
    assert (found.count, found.distinct, len(found.listed)) == (3**5, 3**5, 50)
    assert found.left_out == 3**5 - 50
    assert found.counted
    assert not found.complete
    assert "193 more" in found.gaps[-1]
    every = markov_equilibria(game, cap=1000)
    assert len({e.values.tobytes() for e in every.listed}) == 3**5


def test_what_is_not_searched_is_said():
    found = markov_equilibria(random_game(1, sizes=(3, 3)))
    assert not found.mixed
    assert "more than two actions" in found.gaps[0]
    large = markov_equilibria(random_game(1, count=9, directional=False, sizes=(2, 2)))
    assert not large.counted
    assert large.listed == ()
    assert "were not searched" in large.gaps[0]


@given(
    st.integers(0, 10**6),
    st.sampled_from([1e-6, 1.0, 1e6]),
    st.floats(-1e6, 1e6),
    st.booleans(),
)
def test_units_and_names_do_not_matter(seed, scale, shift, directional):
    game = random_game(seed % 50, count=2, directional=directional)
    moved = StochasticGame(
        tuple(p[::-1].swapaxes(1, 2) * scale + shift for p in game.payoffs),
        tuple(s.swapaxes(0, 1) for s in game.successors),
        tuple(c.swapaxes(0, 1) for c in game.chances),
        game.discount[::-1],
    )
    before, after = markov_equilibria(game), markov_equilibria(moved)
    assert (before.count, before.complete) == (after.count, after.complete)
    first = sorted(e.values.ravel().round(7).tolist() for e in before.listed)
    second = sorted(
        (((e.values - shift) / scale)[:, ::-1]).ravel().round(7).tolist() for e in after.listed
    )
    np.testing.assert_allclose(first, second, atol=1e-6 + 1e-9 * abs(shift) / scale)


# ---------------------------------------------------------------- an end that both can see


def truce_with_an_end(stages, chance=1.0, discount=0.9):
    """A prisoner's dilemma that ends: for certain after `stages` periods, or each time by chance.

    Restraint pays 2 each, breaking it 3 against 0, a broken truce 1 each; afterwards 1 each.
    """
    tables = [[[2, 0], [3, 1]], [[2, 3], [0, 1]]]
    moves = []
    for s in range(stages):
        table = np.zeros((2, 2, stages + 1))
        table[..., s], table[..., s + 1] = 1 - chance, chance
        moves.append(table)
    over = np.zeros((1, 1, stages + 1))
    over[..., stages] = 1
    return StochasticGame.from_tables(
        [tables] * stages + [np.ones((2, 1, 1))], [*moves, over], discount
    )


def test_a_known_end_unravels_by_backward_induction():
    """In the last period breaking gains 3 - 2 and costs nothing later; so nobody holds back then,
    nothing is at stake in the period before either, and so on to the first. One equilibrium,
    worth 1 = (1 - 0.9) (1 + 0.9 + ... ) to each side in every state.
    """
    found = markov_equilibria(truce_with_an_end(8))
    assert found.complete
    assert found.count == 1
    np.testing.assert_allclose(found.listed[0].values, 1.0, atol=1e-12)
    for x, y in found.listed[0].policy[:-1]:
        assert (x.tolist(), y.tolist()) == ([0, 1], [0, 1])


def test_a_strategy_of_the_state_alone_has_no_memory_to_punish_with():
    """With an end by chance a truce can be kept by threats, but a threat remembers the breach.

    Here nothing but the breach would tell the truce from its ruins, so Markov strategies cannot.
    """
    found = markov_equilibria(truce_with_an_end(1, chance=0.1))
    assert found.complete
    assert [e.policy[0][0].tolist() for e in found.listed] == [[0, 1]]


# ---------------------------------------------------------------- the check


def test_the_check_refuses_a_wrong_value_a_gain_and_a_strategy_that_is_none():
    game = truce_with_an_end(2)
    right = [([0, 1], [0, 1])]
    end = [([1], [1])]
    assert check_markov(game, np.ones((3, 2)), [right, right, end]) == pytest.approx(0, abs=1e-12)
    with pytest.raises(CertificateError, match=r"claimed to be worth 1\.1"):
        check_markov(game, [[1.1, 1], [1, 1], [1, 1]], [right, right, end])
    with pytest.raises(CertificateError, match="gains"):
        check_markov(truce_with_an_end(1, chance=0), [[2, 2], [1, 1]], [[([1, 0], [1, 0])], end])
    with pytest.raises(CertificateError, match="no distribution"):
        check_markov(game, np.ones((3, 2)), [right, [([0, 2], [0, 1])], end])
    with pytest.raises(CertificateError, match="has no strategies"):
        check_markov(game, np.ones((3, 2)), [right, [], end])


def test_the_check_refuses_a_value_that_is_off_by_little_when_the_future_weighs_much():
    """An error of e in one round can hide one of e / (1 - d) in the value."""
    game = StochasticGame.from_tables([[[[0, 1]], [[0, 0]]]], [np.ones((1, 2, 1))], 0.9999)
    with pytest.raises(CertificateError, match="claimed to be worth"):
        check_markov(game, [[1e-6, 0]], [[([1], [1, 0])]])


def test_a_cap_that_is_not_positive_is_refused():
    with pytest.raises(UsageError, match="cap 0"):
        markov_equilibria(truce_with_an_end(1), cap=0)


def test_states_that_cannot_be_reached_from_the_start_can_be_left_out():
    game = chain(4, [[[3, 0], [0, 1]], [[3, 0], [0, 1]]])
    late = StochasticGame(game.payoffs, game.successors, game.chances, game.discount, start=2)
    assert from_start(late).states == ("2", "3", "4")
    found = markov_equilibria(from_start(late))
    assert found.count == 3**2
    whole = {e.values[2:].tobytes() for e in markov_equilibria(late, cap=1000).listed}
    assert {e.values.tobytes() for e in found.listed} == whole


def test_a_limit_on_the_search_drops_some_and_says_so():
    game = chain(4, [[[3, 0], [0, 1]], [[3, 0], [0, 1]]])
    found = markov_equilibria(game, limit=5)
    assert not found.counted
    assert "More than 5 lists of values" in found.gaps[0]
    every = {e.values.tobytes() for e in markov_equilibria(game, cap=1000).listed}
    assert {e.values.tobytes() for e in found.listed} < every
