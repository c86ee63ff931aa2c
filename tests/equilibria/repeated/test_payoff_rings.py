"""Subgame-perfect payoff sets: against plain iteration, and against what must be true of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import negotiation as ng
from negotiation.equilibria.repeated.discounts.patience import patience_needed
from negotiation.equilibria.repeated.feasible import feasible_set
from negotiation.equilibria.repeated.payoff_set import payoff_set, pure_minmax
from negotiation.errors import GameError, NearCriticalError
from negotiation.games.game import Game
from negotiation.kernels.hulls import distance
from tests.first_edition import first_edition
from tests.reference.payoff_sets import plain_hausdorff, plain_payoff_set, plain_round

DELTAS = (0.2, 0.5, 0.6, 0.8, 0.9, 0.99)
PAIRS = ((0.3, 0.6), (0.5, 0.8), (0.8, 0.5), (0.7, 0.9))
SHAPES = ((2, 2), (3, 3), (3, 6))
law = settings(derandomize=True, deadline=None, max_examples=25)


def integers(rng, size):
    return rng.integers(-10, 11, size).astype(float)


def reals(rng, size):
    return rng.uniform(-10, 10, size)


def ties(rng, size):
    return 5.0 * rng.integers(0, 3, size)


def tenths(rng, size):
    return rng.integers(-100, 101, size) / 10


KINDS = {"integer": integers, "real": reals, "tied": ties, "decimal": tenths}


def some_games(count, kind, shape, seed=0):
    rng = np.random.default_rng([seed, len(kind), *shape])
    return [KINDS[kind](rng, (2, *shape)) for _ in range(count)]


def solve(payoffs, discount):
    return payoff_set(Game(payoffs, np.asarray(discount)))


def assert_agrees(found, expected, within=1e-7):
    """The same emptiness, the same set, the same threats."""
    assert (found.status == "empty") == (len(expected.ring) == 0)
    if len(expected.ring):
        assert plain_hausdorff(np.array(found.vertices), expected.ring) <= within
        np.testing.assert_allclose(
            found.min_spe_payoffs, expected.min_spe_payoffs, atol=within, rtol=0
        )


def compare(games, discount, rounds=20_000):
    """Compare with plain iteration; return how many could be judged."""
    judged = 0
    for payoffs in games:
        expected = plain_payoff_set(payoffs, discount, rounds)
        if expected.converged:
            assert_agrees(solve(payoffs, discount), expected)
            judged += 1
    return judged


# ---------------------------------------------------------------- against plain iteration


@pytest.mark.parametrize("delta", DELTAS)
@pytest.mark.parametrize("shape", SHAPES, ids=["2x2", "3x3", "3x6"])
@pytest.mark.parametrize("kind", KINDS)
def test_random_games_agree_with_plain_iteration(kind, shape, delta):
    count = 4
    games = some_games(count, kind, shape, seed=round(100 * delta))
    assert compare(games, delta) >= count - 1


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("kind", KINDS)
def test_random_games_with_a_factor_for_each_side_agree_with_plain_iteration(kind, pair):
    games = some_games(2, kind, (2, 2), seed=7) + some_games(1, kind, (3, 3), seed=7)
    assert compare(games, pair, rounds=3000) == len(games)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (2, 5)])
def test_players_without_a_choice_are_ordinary(shape):
    for payoffs in some_games(3, "integer", shape):
        assert compare([payoffs], 0.6) == 1
        assert compare([payoffs], (0.4, 0.7)) == 1


def test_a_player_who_gets_the_same_everywhere_is_ordinary():
    rng = np.random.default_rng(3)
    for _ in range(5):
        payoffs = np.stack((integers(rng, (3, 3)), np.full((3, 3), 4.0)))
        assert compare([payoffs, payoffs[::-1].copy(), 0 * payoffs], 0.7) == 3


def test_a_threat_that_only_other_threats_sustain_is_found():
    """Games with no pure stage equilibrium, where nothing static anchors the punishments."""
    rng, judged = np.random.default_rng(11), 0
    while judged < 12:
        payoffs = integers(rng, (2, 2, 2))
        best = np.stack(np.broadcast_arrays(payoffs[0].max(0)[None], payoffs[1].max(1)[:, None]))
        if not (payoffs == best).all(axis=0).any():
            judged += compare([payoffs], 0.9)


# edges that rounding makes not quite vertical or horizontal must not cost a vertex at their end
LEANING_EDGES = [
    (
        [
            [
                [
                    -7.71754305285363,
                    9.923953155446835,
                    -1.1872301143581314,
                    3.9822570976149017,
                    -0.16538659354472784,
                ],
                [
                    -6.758003143402467,
                    4.2257314435372315,
                    -6.40970647317922,
                    -9.526932643815616,
                    2.7443573132217036,
                ],
                [
                    6.106672023612699,
                    -3.3207281163894597,
                    -8.932924225748542,
                    -6.689919963265643,
                    -5.746418231925632,
                ],
            ],
            [
                [
                    3.2500357740484738,
                    2.4426598392972743,
                    2.128528164358505,
                    1.942790263935386,
                    -0.7594825364889601,
                ],
                [
                    -2.3903657437898644,
                    -8.333710580930314,
                    7.404283226140485,
                    6.8314452031773705,
                    7.729013622786333,
                ],
                [
                    -1.9795429362423427,
                    3.1198031918802887,
                    0.4257129199985741,
                    9.74471625690801,
                    -9.944509553519952,
                ],
            ],
        ],
        0.6,
    ),
    (
        [
            [
                [8.81858, -1.84063, -7.18034, -0.10863, 6.66788],
                [-8.42469, -7.7347, -3.82606, -4.42693, 6.74386],
                [-1.0241, -5.96616, -2.54873, -5.93508, 9.64154],
            ],
            [
                [-4.40015, -8.5117, -4.04984, 3.13692, -1.6977],
                [-9.99094, -5.22417, -9.69897, 9.40779, 7.8035],
                [1.87141, 6.55614, 1.41826, -6.21083, 4.11807],
            ],
        ],
        (0.2, 0.9),
    ),
    ([[[9.8, -2.1], [-1.1, 3.2]], [[-8.6, -6.0], [-3.8, 8.5]]], 0.8),
    ([[[-0.5, -6.7, 9.9], [-9.9, 3.9, -5.6]], [[0.1, -6.5, 0.6], [2.7, -7.3, -1.6]]], 0.8),
    ([[[2.6, 6.6, -1.4], [1.9, -1.4, 2.3]], [[-9.4, 7.5, 8.3], [-7.4, 2.9, -1.3]]], 0.9),
    ([[[7.0, -5], [-8, -4]], [[-2, 7], [-1, -9]]], (0.3, 0.6)),
    ([[[0.0, 9], [4, 9]], [[-6, 3], [-4, 7]]], (0.3, 0.6)),
    ([[[0.0, 0], [2, 0]], [[2, 0], [1, 1]]], (0.5, 0.8)),
]


@pytest.mark.parametrize(("tables", "discount"), LEANING_EDGES)
def test_edges_that_rounding_tilts_cost_no_vertex(tables, discount):
    assert compare([np.array(tables)], discount) == 1


# ---------------------------------------------------------------- what must be true of any answer


def needed(payoffs, discount, threats):
    """Continuations must be worth this much: u + (1 - d) / d * h, shape (profiles, 2)."""
    c0, c1 = payoffs[0].max(axis=0)[None, :], payoffs[1].max(axis=1)[:, None]
    h = np.stack((c0 - payoffs[0], c1 - payoffs[1])).reshape(2, -1).T
    return threats + (1 - discount) / discount * h


def one_step(payoffs, discount, vertices, threats):
    """How far each vertex is from being: a profile today, then a payoff in the set that deters.

    Given the profile, the continuation that delivers the vertex is (v - (1 - d) g) / d.
    """
    discount = np.broadcast_to(np.asarray(discount, dtype=float), 2)
    g = payoffs.reshape(2, -1).T
    bound = needed(payoffs, discount, threats)
    misses = []
    for v in vertices:
        then = (v - (1 - discount) * g) / discount
        outside = distance(then, vertices)
        tempted = np.maximum(bound - then, 0).max(axis=1)
        misses.append(np.maximum(outside, tempted).min())
    return max(misses)


@pytest.mark.parametrize("discount", [0.2, 0.5, 0.6, 0.9, 0.99, (0.3, 0.6), (0.8, 0.5)])
@pytest.mark.parametrize("kind", KINDS)
def test_every_vertex_is_generated_by_the_set_in_one_step(kind, discount):
    checked = 0
    for shape in ((2, 2), (3, 3)):
        for payoffs in some_games(2, kind, shape, seed=21):
            found = solve(payoffs, discount)
            if found.status != "empty":
                assert one_step(payoffs, discount, found.vertices, found.min_spe_payoffs) <= 3e-8
                checked += 1
    assert checked


@pytest.mark.parametrize("discount", [0.4, 0.75, 0.95, (0.6, 0.3)])
def test_payoffs_lie_between_the_minmax_and_the_feasible(discount):
    for payoffs in some_games(4, "integer", (3, 3), seed=4) + some_games(4, "real", (2, 2), seed=4):
        found = solve(payoffs, discount)
        if found.status == "empty":
            continue
        floor = pure_minmax(Game(payoffs, np.zeros(2)))
        factors = np.broadcast_to(np.asarray(discount), 2)
        assert (found.vertices >= floor - 1e-8).all()
        assert (found.min_spe_payoffs >= floor - 1e-8).all()
        np.testing.assert_allclose(found.vertices.min(axis=0), found.min_spe_payoffs, atol=1e-7)
        feasible = feasible_set(payoffs.reshape(2, -1).T, factors)
        assert distance(found.vertices, feasible).max() <= 1e-8


def test_every_pure_stage_equilibrium_is_in_the_set():
    for payoffs in some_games(12, "tied", (3, 3), seed=9):
        best = np.stack(np.broadcast_arrays(payoffs[0].max(0)[None], payoffs[1].max(1)[:, None]))
        nash = payoffs[:, (payoffs == best).all(axis=0)].T
        found = solve(payoffs, 0.35)
        if len(nash):
            assert distance(nash, found.vertices).max() <= 1e-8


@pytest.mark.parametrize("kind", ["integer", "real", "tied"])
def test_the_set_grows_with_common_patience(kind):
    for payoffs in some_games(4, kind, (2, 2), seed=5) + some_games(2, kind, (3, 3), seed=5):
        smaller = None
        for delta in (0.15, 0.4, 0.7, 0.95):
            found = solve(payoffs, delta)
            if smaller is not None and smaller.status != "empty":
                assert found.status != "empty"
                assert distance(smaller.vertices, found.vertices).max() <= 1e-8
            smaller = found


tables = st.lists(st.integers(-9, 9), min_size=8, max_size=8).map(
    lambda row: np.array(row, dtype=float).reshape(2, 2, 2)
)
three_by_two = st.lists(st.integers(-4, 4), min_size=12, max_size=12).map(
    lambda row: np.array(row, dtype=float).reshape(2, 3, 2)
)
games = st.one_of(tables, three_by_two)
factors = st.sampled_from([0.3, 0.5, 0.8, 0.95])


def assert_same_set(found, vertices, status, scale=1.0):
    assert found.status == status
    if status != "empty":
        assert plain_hausdorff(np.array(found.vertices), np.array(vertices)) <= 1e-8 * scale


@law
@given(games, factors, st.sampled_from([1e6, 1e-6, 7.0]), st.sampled_from([1e6, -1e6, 0.0]))
def test_scaling_and_shifting_payoffs_changes_nothing(payoffs, delta, times, plus):
    base = solve(payoffs, delta)
    scaled = solve(payoffs * times, delta)
    assert_same_set(scaled, base.vertices * times, base.status, scale=times)
    shifted = solve(payoffs + plus, delta)
    assert_same_set(shifted, base.vertices + plus, base.status)


@law
@given(games, factors)
def test_each_players_payoffs_have_their_own_unit(payoffs, delta):
    units, origin = np.array([1e9, 1e-3]), np.array([1e6, 0.0])
    base = solve(payoffs, delta)
    found = solve(payoffs * units[:, None, None] + origin[:, None, None], delta)
    back = (found.vertices - origin) / units
    assert found.status == base.status
    if len(back):
        assert plain_hausdorff(back, np.array(base.vertices)) <= 1e-8


@law
@given(games, factors)
def test_renaming_the_players_swaps_the_coordinates(payoffs, delta):
    base = solve(payoffs, delta)
    swapped = solve(payoffs[::-1].transpose(0, 2, 1).copy(), delta)
    assert_same_set(swapped, base.vertices[:, ::-1][::-1].copy(), base.status)


@settings(law, max_examples=6)
@given(tables, st.sampled_from([(0.3, 0.6), (0.8, 0.5)]))
def test_renaming_the_players_swaps_unequal_factors_too(payoffs, pair):
    base = solve(payoffs, pair)
    swapped = solve(payoffs[::-1].transpose(0, 2, 1).copy(), pair[::-1])
    assert_same_set(swapped, base.vertices[:, ::-1][::-1].copy(), base.status)


@law
@given(games, factors, st.randoms(use_true_random=False))
def test_renaming_the_actions_changes_nothing(payoffs, delta, random):
    rows, columns = list(range(payoffs.shape[1])), list(range(payoffs.shape[2]))
    random.shuffle(rows)
    random.shuffle(columns)
    base = solve(payoffs, delta)
    assert_same_set(solve(payoffs[:, rows][:, :, columns], delta), base.vertices, base.status)


@law
@given(tables, factors)
def test_listing_an_action_twice_changes_nothing(payoffs, delta):
    base = solve(payoffs, delta)
    doubled = np.concatenate((payoffs, payoffs[:, :1]), axis=1)
    assert_same_set(solve(doubled, delta), base.vertices, base.status)


# ---------------------------------------------------------------- equal and unequal factors


@pytest.mark.parametrize("delta", [0.3, 0.6, 0.85])
def test_a_factor_for_each_side_is_continuous_where_they_meet(delta):
    for payoffs in some_games(3, "real", (2, 2), seed=13):
        common, apart = solve(payoffs, delta), solve(payoffs, (delta, delta + 1e-12))
        assert apart.status == common.status
        if common.status != "empty":
            assert plain_hausdorff(np.array(common.vertices), np.array(apart.vertices)) <= 1e-8


# ---------------------------------------------------------------- the ends of the range


def test_worst_payoffs_of_sets_without_their_smallest_corners_are_exact():
    """Playing (2, 1) for ever pays the second player just its minmax, and holds it there."""
    first = [
        [0.6090553506461214, 0.9602737321856529, 0.3597887189429073],
        [0.2326281152762587, 0.38373050565319633, 0.14222700165426616],
        [0.26577789378741723, 0.8455731729200985, 0.18747141899368536],
    ]
    second = [
        [0.4193897915054495, 0.937750443478967, 0.888894764151381],
        [0.03352355810063912, 0.879033861900203, 0.7574212481826285],
        [0.3838884114938652, 0.6367932550264005, 0.2932532985547137],
    ]
    game = Game.from_tables(first, second, discount=(0.8, 0.25))
    found, plain = payoff_set(game), plain_payoff_set(game.payoffs, game.discount)
    assert plain.converged
    assert found.min_spe_payoffs == pytest.approx(plain.min_spe_payoffs, abs=1e-14)
    assert found.min_spe_payoffs[1] == pytest.approx(pure_minmax(game)[1], abs=1e-14)
    assert (patience_needed(game, (2, 1), found.min_spe_payoffs) <= game.discount).all()


def test_without_a_future_only_the_hull_of_pure_stage_equilibria_is_left():
    for kind, shape in (("tied", (3, 3)), ("integer", (2, 2)), ("real", (3, 6))):
        for payoffs in some_games(8, kind, shape, seed=6):
            best = np.stack(
                np.broadcast_arrays(payoffs[0].max(0)[None], payoffs[1].max(1)[:, None])
            )
            nash = payoffs[:, (payoffs == best).all(axis=0)].T
            found = solve(payoffs, 0.0)
            assert (found.status == "empty") == (len(nash) == 0)
            if len(nash):
                one, other = np.array(found.vertices), nash
                assert distance(other, one).max() <= 1e-9
                assert {tuple(v) for v in one.round(9)} <= {tuple(v) for v in other.round(9)}


def test_one_side_without_a_future_plays_best_replies():
    for payoffs in some_games(3, "integer", (2, 2), seed=8):
        assert compare([payoffs], (0.0, 0.7)) == 1
        assert compare([payoffs], (0.7, 0.0)) == 1


def test_nearly_boundless_patience_gives_the_folk_theorem():
    """With room inside, everything feasible that beats the minmax is sustained in the limit."""
    for payoffs in some_games(4, "real", (3, 3), seed=10) + some_games(
        2, "integer", (2, 2), seed=1
    ):
        found = solve(payoffs, 0.9999)
        points, floor = payoffs.reshape(2, -1).T, pure_minmax(Game(payoffs, np.zeros(2)))
        feasible = feasible_set(points, np.array([0.5, 0.5]))
        better = (feasible > floor + 0.5).all(axis=1)
        if better.any():
            assert distance(feasible[better], found.vertices).max() <= 1e-7
            assert one_step(payoffs, 0.9999, found.vertices, found.min_spe_payoffs) <= 1e-5


@pytest.mark.parametrize("kind", ["integer", "real"])
def test_games_with_fifteen_actions_each_agree_with_plain_iteration(kind):
    games = some_games(1, kind, (15, 15), seed=3)
    assert compare(games, 0.4) == 1
    assert compare(games, 0.9) == 1


def test_a_batch_is_refused():
    with pytest.raises(GameError, match="batch"):
        payoff_set(Game(np.zeros((3, 2, 2, 2)), np.asarray(0.5)))


# ---------------------------------------------------------------- long chains of continuations


def generates_itself(game, found):
    """Every vertex lies in what the set generates, by the plain reference."""
    ring = np.array(found.vertices)
    made = plain_round(game.payoffs, game.discount, ring)
    return distance(ring, made).max() <= found.gap + 1e-9 * np.ptp(game.payoffs)


def test_a_patient_flagship_is_pinned_down_to_a_billionth():
    game = ng.load(first_edition("chips-for-rare-earths")).game(
        s=0.56190872, patience_cn=0.98846863
    )
    found = payoff_set(game)
    assert found.gap <= 1e-7 * np.ptp(game.payoffs)
    assert len(found.vertices) > 100
    assert generates_itself(game, found)


@pytest.mark.parametrize("patience", [0.999, 0.9999999])
def test_very_unequal_patience_comes_to_a_small_gap(patience):
    """Chains of a thousand continuations, at the end of which a period counts for next to nothing.

    Patience of 0.999 and 0.9 once took more than 5 minutes.
    """
    game = ng.load(first_edition("chips-for-rare-earths")).game(patience_us=patience)
    found = payoff_set(game)
    assert found.gap <= 1e-6 * np.ptp(game.payoffs)
    assert generates_itself(game, found)


@pytest.mark.parametrize("patience", [0.999, 0.999999, 0.99999999])
def test_a_prisoners_dilemma_with_one_very_patient_side_is_solved(patience):
    found = solve([[[2.0, 0.0], [3.0, 1.0]], [[2.0, 3.0], [0.0, 1.0]]], (patience, 0.6))
    assert found.gap <= 1e-5
    assert found.min_spe_payoffs == pytest.approx([1.0, 1.0])


def test_nothing_is_claimed_where_patience_leaves_the_set_to_rounding():
    game = ng.load(first_edition("chips-for-rare-earths")).game(patience_us=1 - 1e-10)
    with pytest.raises(NearCriticalError, match="this close to 1"):
        payoff_set(game)


def test_next_to_a_critical_value_a_small_gap_is_enough():
    """Rounds shrink by 7.5 in 10,000 there: to the last digit they would take 20,000 of them."""
    game = ng.load(first_edition("chips-for-rare-earths")).game(
        s=0.7, patience_us=0.33658, patience_cn=0.921
    )
    found = payoff_set(game)
    assert 0 < found.gap <= 1e-5 * np.ptp(game.payoffs, axis=(1, 2)).max()
    assert found.status == "polygon"
