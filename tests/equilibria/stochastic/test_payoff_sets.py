"""Payoff sets of stochastic games: known answers, an independent iteration, and laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from negotiation.certificates.payoff_sets import check_sets
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stochastic import payoff_sets as stochastic
from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.games.game import Game
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.hulls import distance
from negotiation.payoff_file import load, loads
from tests.first_edition import first_edition
from tests.games.random_stochastic import assorted_game
from tests.reference.payoff_sets import plain_hausdorff
from tests.reference.stochastic_payoff_sets import plain_states

DATA = Path(__file__).parents[2].joinpath("data")
KNOWN = [
    entry
    for entry in yaml.safe_load((DATA / "stochastic_games.yaml").read_text("utf-8"))
    if "vertices_by_state" in entry
]
PD = [[[2, 0], [3, 1]], [[2, 3], [0, 1]]]
OVER = [[[0]], [[0]]]


def published(entry):
    payoffs = [np.moveaxis(np.array(s["payoffs"], dtype=float), -1, 0) for s in entry["states"]]
    trans = [s["trans"] for s in entry["states"]]
    return StochasticGame.from_tables(payoffs, trans, entry["delta"])


def same_set(found, expected, within):
    expected = np.array(expected, dtype=float).reshape(-1, 2)
    if not len(expected) or not len(found):
        return len(expected) == len(found)
    return plain_hausdorff(np.ascontiguousarray(found), expected) <= within


def moves(*rows):
    """Transitions that do not depend on what is played: one row of probabilities per state."""
    return [np.asarray(row, dtype=float) for row in rows]


def on_its_way(payoffs, rows, discount):
    tables = [
        np.broadcast_to(row, (*np.shape(p)[1:], len(rows)))
        for p, row in zip(payoffs, moves(*rows), strict=True)
    ]
    return StochasticGame.from_tables(payoffs, tables, discount)


# ---------------------------------------------------------------- known answers


@pytest.mark.parametrize("entry", KNOWN, ids=[e["id"] for e in KNOWN])
def test_published_sets_and_threats_are_found(entry):
    found = stochastic_sets(published(entry))
    for state, vertices, threat in zip(
        found.states, entry["vertices_by_state"], entry["threat"], strict=True
    ):
        assert len(state.vertices) == len(vertices)
        assert same_set(state.vertices, vertices, 1e-7)
        np.testing.assert_allclose(state.min_spe_payoffs, threat, atol=1e-7)
        assert state.gap <= 1e-7
        assert not state.near_critical
        np.testing.assert_array_equal(state.vertices.min(axis=0), state.min_spe_payoffs)


def test_a_known_end_unravels_the_truce_by_backward_induction():
    """By hand, at .9: in the last period of the dilemma nothing that follows depends on it, so both
    defect: .1 * 1 + .9 * 0 = .1. One period before, again: .1 * 1 + .9 * .1 = .19."""
    game = on_its_way([PD, PD, OVER], [[0, 1, 0], [0, 0, 1], [0, 0, 1]], 0.9)
    found = stochastic_sets(game)
    assert [s.status for s in found.states] == ["point", "point", "point"]
    for state, worth in zip(found.states, (0.19, 0.1, 0), strict=True):
        np.testing.assert_allclose(state.vertices, [[worth, worth]], atol=1e-12)


@pytest.mark.parametrize(("goes_on", "kept"), [(0.9, True), (0.56, True), (0.55, False)])
def test_an_uncertain_end_need_not(goes_on, kept):
    """By hand: what counts is q = .9 * the chance to go on. For ever (2, 2) is .1 * 2 / (1 - q);
    taking 3 once and 1 ever after is .1 * (3 + q / (1 - q)). The first is no less from q = 1/2,
    that is from 5/9 on: at q = .81 it is 1.0526 against .3 + .81 * .5263 = .7263."""
    game = on_its_way([PD, OVER], [[goes_on, 1 - goes_on], [0, 1]], 0.9)
    first = stochastic_sets(game).states[0]
    q = 0.9 * goes_on
    truce, rupture = 0.1 * 2 / (1 - q), 0.1 / (1 - q)
    assert bool(distance(np.array([[truce, truce]]), first.vertices)[0] <= 1e-9) is kept
    assert (first.status == "point") is not kept
    np.testing.assert_allclose(first.min_spe_payoffs, rupture, atol=1e-9)


def test_substitution_that_is_certain_to_end_the_lever_unravels_a_file():
    """The same from a payoff file: s rises one level a period and at the top nothing is traded."""
    text = """
title: A lever that dies
players: {Row: {actions: {keep: {k: 1}, grab: {k: 0}}, discount: 0.9},
          Column: {actions: {give: {g: 1}, hold: {g: 0}}, discount: 0.9}}
parameters:
  pace: {value: 0.5, range: [0, 0.5], unit: share, meaning: rise of s, grade: assumed}
states: {s: {start: 0, from: 0, to: 1, step: 0.5, unit: share, meaning: end, grade: assumed}}
dynamics: {s: pace}
payoffs: {Row: (1 - k + 2*g)*(1 > s), Column: (1 - g + 2*k)*(1 > s)}
"""
    model = loads(text)
    assert stochastic_sets(model.stochastic()).states[0].status == "point"
    assert stochastic_sets(model.stochastic(pace=0.05)).states[0].status == "polygon"
    assert payoff_set(model.game()).status == "polygon"


# ---------------------------------------------------------------- an independent iteration


def random_game(seed):
    """Two to six states, directional or not, one patience or two."""
    rng = np.random.default_rng(seed)
    count, directional = int(rng.integers(2, 7)), seed % 2 == 0
    payoffs, tables = [], []
    for s in range(count):
        shape = (2, 2) if rng.random() < 0.7 else tuple(rng.integers(1, 4, 2))
        whole = rng.random() < 0.5
        table = rng.integers(-5, 6, (2, *shape)) if whole else rng.normal(0, 3, (2, *shape))
        ahead = np.arange(s + 1, count) if directional else np.arange(count)
        dense = np.zeros((*shape, count))
        for cell in np.ndindex(shape):
            dense[(*cell, s)] = rng.random() + 0.05
            if len(ahead):
                dense[(*cell, rng.choice(ahead))] += rng.random()
        payoffs.append(table.astype(float))
        tables.append(dense / dense.sum(axis=-1, keepdims=True))
    high = rng.uniform(0.2, 0.8)
    return payoffs, tables, high if rng.random() < 0.6 else rng.uniform(0.2, 0.8, 2)


@pytest.mark.parametrize("seed", range(26))
def test_random_games_agree_with_plain_iteration(seed):
    payoffs, tables, discount = random_game(seed)
    plain = plain_states(payoffs, tables, discount)
    assert plain.converged
    found = stochastic_sets(StochasticGame.from_tables(payoffs, tables, discount))
    for state, ring in zip(found.states, plain.rings, strict=True):
        assert not state.near_critical
        assert same_set(state.vertices, ring, 1e-7)
        assert state.gap <= 1e-7
        if len(ring):
            np.testing.assert_allclose(state.min_spe_payoffs, ring.min(axis=0), atol=1e-7)


@pytest.mark.parametrize("seed", [16, 22, 40])
def test_upright_segments_are_not_taken_for_points(seed):
    """Their ends' first coordinates differ by rounding, as do their threats."""
    payoffs, tables, discount = assorted_game(seed)
    game = StochasticGame.from_tables(payoffs, tables, discount)
    found, plain = stochastic_sets(game), plain_states(payoffs, tables, discount)
    assert plain.converged
    assert "segment" in [s.status for s in found.states]
    for state, ring in zip(found.states, plain.rings, strict=True):
        assert same_set(state.vertices, ring, 1e-7)
        assert state.gap <= 1e-7
    check_sets(game, found.states)


@pytest.mark.parametrize("seed", [49, 57])
def test_sets_with_sides_as_good_as_upright_are_bracketed(seed):
    """Near a corner x grows like the sixth power of y, so that many edges are rounding alone.

    The least payoff is that of plain iteration, which takes long here.
    """
    payoffs, tables, discount = assorted_game(seed)
    game = StochasticGame.from_tables(payoffs, tables, discount)
    found = stochastic_sets(game)
    assert max(s.gap for s in found.states) <= 1e-7
    check_sets(game, found.states)
    if seed == 57:
        np.testing.assert_allclose(
            found.states[4].min_spe_payoffs, [1.2282057037, 2.5866978337], atol=1e-8
        )


# ---------------------------------------------------------------- when nothing moves


@pytest.mark.parametrize(
    "slug", ["prisoners-dilemma", "chicken", "abreu-cournot", first_edition("h200-licence")]
)
def test_one_state_that_stays_is_the_repeated_game(slug):
    game = load(slug).game()
    shape = game.shape
    still = StochasticGame.from_tables([game.payoffs], [np.ones((*shape, 1))], game.discount)
    found, known = stochastic_sets(still).states[0], payoff_set(game)
    assert found.status == known.status
    assert same_set(found.vertices, known.vertices, 1e-12 * np.ptp(game.payoffs))
    np.testing.assert_allclose(
        found.min_spe_payoffs, known.min_spe_payoffs, atol=1e-12 * np.ptp(game.payoffs)
    )


@pytest.mark.parametrize("discount", [0.2, 0.6, (0.3, 0.7)])
def test_two_states_alike_are_the_repeated_game_however_they_alternate(discount):
    game = Game.from_tables(*PD, discount=discount)
    twice = on_its_way([PD, PD], [[0.3, 0.7], [0.9, 0.1]], discount)
    known = payoff_set(game)
    for state in stochastic_sets(twice).states:
        assert state.status == known.status
        assert same_set(state.vertices, known.vertices, 1e-8)


# ---------------------------------------------------------------- knife edges and nothing at all


def test_a_set_that_a_hair_less_patience_destroys_is_called_near_critical():
    """At 1/2 exactly, (2, 2) for ever is worth just as much as 3 once and 1 ever after."""
    at = stochastic_sets(on_its_way([PD], [[1]], 0.5)).states[0]
    equality = payoff_set(Game.from_tables(*PD, discount=0.5))
    assert at.near_critical
    assert same_set(at.vertices, equality.vertices, 1e-8)
    before = stochastic_sets(on_its_way([PD, PD], [[0, 1], [0, 1]], 0.5)).states[0]
    assert before.near_critical
    for discount in (0.5 - 1e-4, 0.5 + 1e-4):
        beside = stochastic_sets(on_its_way([PD, PD], [[0, 1], [0, 1]], discount)).states[0]
        known = payoff_set(Game.from_tables(*PD, discount=discount))
        assert (beside.near_critical, beside.status) == (False, known.status)


def test_without_an_equilibrium_ahead_there_is_none_now():
    pennies = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
    game = on_its_way([PD, pennies, PD], [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]], 0.8)
    found = stochastic_sets(game)
    assert [s.status for s in found.states] == ["empty", "empty", "polygon"]
    assert found.states[0].min_spe_payoffs is None
    assert found.states[0].vertices.shape == (0, 2)


# ---------------------------------------------------------------- laws


def test_units_do_not_matter():
    payoffs, tables, discount = random_game(6)
    base = stochastic_sets(StochasticGame.from_tables(payoffs, tables, discount))
    factor, shift = np.array([1e6, 1e-3]), np.array([1e6, -7.0])
    moved = [p * factor[:, None, None] + shift[:, None, None] for p in payoffs]
    found = stochastic_sets(StochasticGame.from_tables(moved, tables, discount))
    for before, after in zip(base.states, found.states, strict=True):
        assert same_set((after.vertices - shift) / factor, before.vertices, 1e-8)


def test_swapping_the_players_swaps_the_sets():
    payoffs, tables, _ = random_game(8)
    one = stochastic_sets(StochasticGame.from_tables(payoffs, tables, (0.5, 0.7)))
    swapped = [np.swapaxes(p[::-1], 1, 2) for p in payoffs]
    turned = [np.swapaxes(t, 0, 1) for t in tables]
    other = stochastic_sets(StochasticGame.from_tables(swapped, turned, (0.7, 0.5)))
    for before, after in zip(one.states, other.states, strict=True):
        assert same_set(after.vertices[:, ::-1], before.vertices, 1e-8)


def test_a_state_more_that_nobody_reaches_changes_nothing():
    payoffs, tables, discount = random_game(4)
    wider = [np.pad(t, ((0, 0), (0, 0), (0, 1))) for t in tables]
    extra = np.zeros((1, 1, len(tables) + 1))
    extra[..., -1] = 1
    base = stochastic_sets(StochasticGame.from_tables(payoffs, tables, discount))
    found = stochastic_sets(
        StochasticGame.from_tables([*payoffs, [[[0.0]], [[0.0]]]], [*wider, extra], discount)
    )
    for before, after in zip(base.states, found.states, strict=False):
        assert same_set(after.vertices, before.vertices, 1e-8)


def test_no_patience_at_all_is_the_stage_equilibrium():
    found = stochastic_sets(on_its_way([PD, OVER], [[0.5, 0.5], [0, 1]], 0.0))
    np.testing.assert_allclose(found.states[0].vertices, [[1, 1]], atol=1e-12)


# ---------------------------------------------------------------- compiled, and many vertices


def test_compiled_rounds_and_rounded_sets_agree_with_plain_ones(monkeypatch):
    """More vertices than are kept here: outer sets are rounded outward, inner ones inward."""
    game = load(DATA / "race.yaml").stochastic(patience=0.85)
    monkeypatch.setattr(stochastic, "MOST", {1000: (16,)})
    plain = stochastic_sets(game)
    monkeypatch.setattr(stochastic, "COMPILE_FROM", 0)
    fast = stochastic_sets(game)
    monkeypatch.setattr(stochastic, "MOST", {1000: (300,)})
    fine = stochastic_sets(game)
    assert max(len(s.vertices) for s in fine.states) > 16
    for one, two, three in zip(plain.states, fast.states, fine.states, strict=True):
        np.testing.assert_allclose(one.vertices, two.vertices, atol=1e-9)
        assert len(one.vertices) <= 16
        assert plain_hausdorff(one.vertices, three.vertices) <= one.gap + three.gap
        assert max(three.gap, one.gap) <= 0.5


def test_what_sets_were_rounded_by_is_part_of_what_is_asked_of_deviations():
    """With a dozen vertices a promise may be off by percents of the range, and so may a threat."""
    game = load(DATA / "race.yaml").stochastic(patience=0.95)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stochastic, "MOST", {1000: (12,)})
        found = stochastic_sets(game)
    assert max(s.gap for s in found.states) > 0.1
    check_sets(game, found.states)


@pytest.mark.parametrize("seed", [0, 1])
def test_patient_games_whose_states_come_back_are_pinned_down(seed):
    """Sets on the way have hundreds of tiny edges; kept, they would be rounded at random."""
    rng = np.random.default_rng(seed)
    payoffs = [rng.normal(size=(2, 2, 2)) for _ in range(3)]
    tables = [rng.dirichlet(np.ones(3), size=(2, 2)) for _ in range(3)]
    found = stochastic_sets(StochasticGame.from_tables(payoffs, tables, 0.99))
    assert max(s.gap for s in found.states) <= 1e-6
    assert max(len(s.vertices) for s in found.states) <= 30
