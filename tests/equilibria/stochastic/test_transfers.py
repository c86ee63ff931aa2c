"""Stochastic games with payments: published numbers, two independent methods, and the check."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from negotiation.certificates.transfers import check_payments
from negotiation.equilibria.repeated.transfers import payoff_set
from negotiation.equilibria.stochastic.transfers import solve_with_transfers
from negotiation.errors import CertificateError
from negotiation.games.game import Game
from negotiation.games.stochastic_game import StochasticGame

ENTRIES = yaml.safe_load(
    Path(__file__)
    .parents[2]
    .joinpath("data")
    .joinpath("stochastic_games.yaml")
    .read_text(encoding="utf-8")
)
BY_ID = {e["id"]: e for e in ENTRIES}
STATES = [e["id"] for e in ENTRIES if "states" in e]


def published(name):
    entry = BY_ID[name]
    payoffs = [np.moveaxis(np.array(s["payoffs"], dtype=float), -1, 0) for s in entry["states"]]
    chances = [np.array(s["trans"], dtype=float) for s in entry["states"]]
    return StochasticGame.from_tables(
        payoffs, [c / c.sum(-1, keepdims=True) for c in chances], entry["delta"]
    )


def random_game(seed, *, count=2, sizes=(2, 2), discount=None, top=6):
    draw = np.random.default_rng(seed)
    payoffs = draw.integers(0, top, (count, 2, *sizes))
    weights = draw.random((count, *sizes, count)) ** 3
    factor = draw.uniform(0.05, 0.95) if discount is None else discount
    return StochasticGame.from_tables(payoffs, weights / weights.sum(-1, keepdims=True), factor)


# ---------------------------------------------------------------- published numbers


@pytest.mark.parametrize("name", STATES)
def test_published_payoffs_with_payments_are_found(name):
    found, known = solve_with_transfers(published(name)), BY_ID[name]["transfers"]
    np.testing.assert_allclose(found.U, known["U"], atol=1e-9)
    np.testing.assert_allclose(found.v.T, [known["v1"], known["v2"]], atol=1e-9)
    assert found.path.tolist() == known["ae"]


def reserves(size, most, delta):
    """Two firms draw on reserves 0..size; price size - q0 - q1; each refills by 0..most."""
    n = size + 1
    rise = np.indices((most + 1, most + 1)).reshape(2, -1)
    payoffs, successors = [], []
    for x0, x1 in product(range(n), repeat=2):
        q0, q1 = np.indices((x0 + 1, x1 + 1))
        price = np.maximum(size - q0 - q1, 0)
        payoffs.append(np.stack([price * q0, price * q1]))
        left = np.minimum(x0 - q0[..., None] + rise[0], size)
        right = np.minimum(x1 - q1[..., None] + rise[1], size)
        successors.append(left * n + right)
    chances = [np.full(s.shape, 1 / rise.shape[1]) for s in successors]
    return StochasticGame(tuple(payoffs), tuple(successors), tuple(chances), delta)


def test_the_published_duopoly_with_reserves_is_found_in_all_36_states():
    known = BY_ID["cournot_reserves_K5_transfers"]
    found = solve_with_transfers(reserves(5, 2, known["delta"]))
    np.testing.assert_allclose(found.U, known["U"], atol=6e-9)
    np.testing.assert_allclose(found.v.T, [known["v1"], known["v2"]], atol=6e-9)


def moves(x, name):
    """Attack or wait; disarm by one, stay, or try to arm by one (chance .08)."""
    attack, invest = name[0] == "a", name[1:]
    rises = {"": [(x, 1.0)], "d": [(x - 1, 1.0)], "b": [(x + 1, 0.08), (x, 0.92)]}[invest]
    return attack, 0.01 * (invest == "b"), rises


def arms_race():
    """Weapons x in 0..3 cost .3 each; an attack costs the victim 1 x, the attacker .05 x."""
    levels = list(product(range(4), repeat=2))
    payoffs, chances, actions = [], [], []
    for state in levels:
        names = [
            [a + i for a in ("wa" if x else "w") for i in ["", *"d" * (x > 0), *"b" * (x < 3)]]
            for x in state
        ]
        pay, chance = np.empty((2, *map(len, names))), np.zeros((*map(len, names), len(levels)))
        for (k0, n0), (k1, n1) in product(*map(enumerate, names)):
            (hit0, cost0, rise0), (hit1, cost1, rise1) = moves(state[0], n0), moves(state[1], n1)
            pay[0, k0, k1] = -0.05 * hit0 * state[0] - hit1 * state[1] - cost0 - 0.3 * state[0]
            pay[1, k0, k1] = -0.05 * hit1 * state[1] - hit0 * state[0] - cost1 - 0.3 * state[1]
            for (x0, p0), (x1, p1) in product(rise0, rise1):
                chance[k0, k1, levels.index((x0, x1))] += p0 * p1
        payoffs.append(pay)
        chances.append(chance)
        actions.append(tuple(map(tuple, names)))
    labels = tuple(f"{a}_{b}" for a, b in levels)
    return StochasticGame.from_tables(payoffs, chances, 0.99, states=labels, actions=tuple(actions))


def test_the_published_arms_race_disarms_on_its_best_path():
    game, table = arms_race(), BY_ID["arms_race_spe_transfers"]["table"]
    found = solve_with_transfers(game)
    for s, row in enumerate(table):
        assert game.states[s] == row["x"]
        assert found.U[s] == pytest.approx(row["U"], abs=1e-9)
        assert found.v[s].tolist() == pytest.approx([row["v1"], row["v2"]], abs=1e-9)
        told = [game.actions[s][i][found.path[s, i]] for i in (0, 1)]
        assert " | ".join(told) == row["ae"]


# ---------------------------------------------------------------- independent methods


def plain_iteration(game, rounds=4000):
    """Shrink (U, v) from bounds that are too kind, cell by cell; totals, straight from the text."""
    d, n = game.discount, game.count
    m = int(d[1] > d[0])
    low = np.array([min(p[i].min() for p in game.payoffs) for i in (0, 1)]) / (1 - d)
    v = np.tile(low, (n, 1))
    total = np.full(n, sum(max(p[i].max() for p in game.payoffs) / (1 - d[i]) for i in (0, 1)))
    for _ in range(rounds):
        new_total, new_v = np.full(n, -np.inf), np.full((n, 2), np.inf)
        for s in range(n):
            g, to, p = game.payoffs[s], game.successors[s], game.chances[s]
            worth = [g[i] + d[i] * (p * v[to, i]).sum(-1) for i in (0, 1)]
            after = (p * total[to]).sum(-1)
            for a, b in np.ndindex(g.shape[1:]):
                best = np.array([worth[0][:, b].max(), worth[1][a].max()])
                need = [(best[i] - g[i, a, b]) / d[i] for i in (0, 1)]
                if after[a, b] >= sum(need) - 1e-10:
                    joint = g[:, a, b].sum() + d[m] * after[a, b] - (d[m] - d[1 - m]) * need[1 - m]
                    new_total[s] = max(new_total[s], joint)
                    new_v[s] = np.minimum(new_v[s], best)
        change = np.abs(new_total - total).max() + np.abs(new_v - v).max()
        total, v = new_total, new_v
        if np.isinf(total).any():
            return None
        if change < 1e-12:
            break
    return (1 - d[m]) * total, (1 - d) * v


@pytest.mark.parametrize("discount", [0.3, 0.6, 0.8, (0.4, 0.8), (0.85, 0.7)])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_plain_iteration_finds_the_same(count, discount):
    for seed in range(6):
        game = random_game(seed, count=count, discount=discount)
        found, known = solve_with_transfers(game), plain_iteration(game)
        if known is None:
            assert not found.exists.all()
        else:
            np.testing.assert_allclose(found.U, known[0], atol=1e-8)
            np.testing.assert_allclose(found.v, known[1], atol=1e-8)


@cache
def value_of(key, policy, i):
    """Return totals of player i, of both if i is None, when a policy is always obeyed."""
    game = GAMES[key]
    d = game.discount[0]
    move = np.zeros((game.count, game.count))
    pay = np.zeros(game.count)
    for s, cell in enumerate(policy):
        np.add.at(move[s], game.successors[s][cell], game.chances[s][cell])
        pay[s] = game.payoffs[s][:, *cell].sum() if i is None else game.payoffs[s][i][cell]
    return np.linalg.solve(np.eye(game.count) - d * move, pay)


@cache
def reply_to(key, plan, i):
    """Return what player i can get at most when the other side follows a plan for ever."""
    own = product(*(range(p.shape[1 + i]) for p in GAMES[key].payoffs))
    mixes = [tuple(zip(o, plan, strict=True) if i == 0 else zip(plan, o, strict=True)) for o in own]
    return np.max([value_of(key, mix, i) for mix in mixes], axis=0)


GAMES = {seed: random_game(seed, discount=0.2 + 0.1 * (seed % 7)) for seed in range(14)}


@pytest.mark.parametrize("seed", GAMES)
def test_trying_all_triples_of_policies_finds_the_same(seed):
    """A path and two punishments, each a pure policy: every triple is tried, as in the theorem."""
    game = GAMES[seed]
    d, cells = game.discount[0], [list(np.ndindex(p.shape[1:])) for p in game.payoffs]
    all_policies = list(product(*cells))
    joint, worst = np.full(game.count, -np.inf), np.full((game.count, 2), np.inf)
    for one, two in product(all_policies, repeat=2):
        v = np.stack(
            [
                reply_to(seed, tuple(b for _, b in one), 0),
                reply_to(seed, tuple(a for a, _ in two), 1),
            ],
            -1,
        )
        worth = [
            game.payoffs[s] + d * np.einsum("abm,abmi->iab", game.chances[s], v[game.successors[s]])
            for s in range(game.count)
        ]
        best = [[[w[0, :, b].max() + w[1, a].max() for b in (0, 1)] for a in (0, 1)] for w in worth]
        for path in all_policies:
            total = value_of(seed, path, None)
            later = [
                (game.chances[s] * total[game.successors[s]]).sum(-1) for s in range(game.count)
            ]
            if all(
                game.payoffs[s][:, a, b].sum() + d * later[s][a, b] >= best[s][a][b] - 1e-9
                for plan in (path, one, two)
                for s, (a, b) in enumerate(plan)
            ):
                joint, worst = np.maximum(joint, total), np.minimum(worst, v)
    found = solve_with_transfers(game)
    assert found.exists.all() == np.isfinite(joint).all()
    if found.exists.all():
        np.testing.assert_allclose(found.U, (1 - d) * joint, atol=1e-9)
        np.testing.assert_allclose(found.v, (1 - d) * worst, atol=1e-9)


@pytest.mark.parametrize("discount", [0.0, 0.3, 0.7, (0.5, 0.9), (0.9, 0.2), (0.0, 0.8)])
def test_where_nothing_moves_the_repeated_game_is_recovered(discount):
    for seed in range(25):
        tables = np.random.default_rng(seed).integers(0, 8, (2, 3, 3))
        known = payoff_set(Game(tables, np.asarray(discount)))
        found = solve_with_transfers(
            StochasticGame.from_tables([tables], [np.ones((3, 3, 1))], discount)
        )
        assert found.exists[0] == (known.status != "empty")
        if found.exists[0]:
            assert found.U[0] == pytest.approx(known.U, abs=1e-9)
            assert found.v[0].tolist() == pytest.approx(known.v, abs=1e-9)
            assert found.weights.tolist() == pytest.approx(known.weights)


# ---------------------------------------------------------------- laws


@given(
    st.integers(0, 200),
    st.sampled_from([1e-6, 1.0, 1e6]),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.5, 0.9, (0.5, 0.8)]),
)
def test_units_and_names_do_not_matter(seed, scale, shift, discount):
    game = random_game(seed, discount=discount)
    moved = StochasticGame(
        tuple(p[::-1].swapaxes(1, 2) * scale + shift for p in game.payoffs),
        tuple(s.swapaxes(0, 1) for s in game.successors),
        tuple(c.swapaxes(0, 1) for c in game.chances),
        game.discount[::-1],
    )
    before, after = solve_with_transfers(game), solve_with_transfers(moved)
    rounding = 1e-9 + 1e-13 * abs(shift) / scale
    both = after.weights.sum()
    np.testing.assert_allclose((after.U - both * shift) / scale, before.U, atol=20 * rounding)
    np.testing.assert_allclose(((after.v - shift) / scale)[:, ::-1], before.v, atol=20 * rounding)


def test_a_state_without_a_pure_equilibrium_takes_those_with_it_that_may_lead_there():
    """Matching pennies for ever has none. Row can send the game there or to a quiet end.

    Even though it pays Row to go to the end, no plan says what follows if it does not.
    """
    pennies, still = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]], np.zeros((2, 1, 1))
    choice = [[[0], [0]], [[0], [0]]]
    to = np.eye(4)
    game = StochasticGame.from_tables(
        [choice, pennies, still, still],
        [[[to[1]], [to[2]]], [[to[1]] * 2] * 2, [[to[2]]], [[to[2]]]],
        0.5,
    )
    found = solve_with_transfers(game)
    assert found.exists.tolist() == [False, False, True, True]
    assert found.path[:2].tolist() == [[-1, -1]] * 2


# ---------------------------------------------------------------- an end that both can see


def test_payments_do_not_save_a_truce_from_a_known_end():
    """Breaking gains 3 - 2 for each; in the last period nothing follows that could reward holding
    back, so U = 2 there; the period before then has as little at stake, and so on to the first.
    """
    tables = [[[2, 0], [3, 1]], [[2, 3], [0, 1]]]
    step = [np.broadcast_to(np.eye(5)[k + 1], (2, 2, 5)) for k in range(4)]
    game = StochasticGame.from_tables(
        [tables] * 4 + [np.ones((2, 1, 1))], [*step, [[np.eye(5)[4]]]], 0.9
    )
    found = solve_with_transfers(game)
    np.testing.assert_allclose(found.U, 2, atol=1e-9)
    np.testing.assert_allclose(found.v, 1, atol=1e-9)


@pytest.mark.parametrize(("chance", "holds"), [(0.44, True), (0.45, False)])
def test_a_truce_outlives_an_uncertain_end_while_the_end_is_far_enough(chance, holds):
    """Each period ends the game with chance q. While it lasts the truce pays 4 and its ruins 2, so
    what is lost by a breach is in total (4 - 2) / (1 - 0.9 (1 - q)). Each side gains 1 by one, so
    it holds if 2 <= 0.9 (1 - q) 2 / (1 - 0.9 (1 - q)), that is 0.9 (1 - q) >= 1/2, or q <= 4/9.
    """
    tables = [[[2, 0], [3, 1]], [[2, 3], [0, 1]]]
    stay = np.broadcast_to([1 - chance, chance], (2, 2, 2))
    game = StochasticGame.from_tables([tables, np.ones((2, 1, 1))], [stay, [[[0, 1]]]], 0.9)
    assert (solve_with_transfers(game).path[0].tolist() == [0, 0]) == holds


# ---------------------------------------------------------------- the check


def test_the_check_refuses_too_much_joint_payoff_too_low_a_punishment_and_a_broken_promise():
    game = published("abs_pd2_d2/3")
    found = solve_with_transfers(game)
    parts = [found.U, found.v, found.path, found.punishments]
    assert check_payments(game, *parts) >= -1e-9
    with pytest.raises(CertificateError, match="the path earns"):
        check_payments(game, np.add(found.U, [1e-6, 0]), *parts[1:])
    with pytest.raises(CertificateError, match="can get in total"):
        check_payments(game, found.U, found.v - [[0, 1e-6], [0, 0]], *parts[2:])
    impatient = StochasticGame(game.payoffs, game.successors, game.chances, 0.2)
    with pytest.raises(CertificateError, match="too little to reward both"):
        check_payments(impatient, *parts)
