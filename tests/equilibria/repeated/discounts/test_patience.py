"""Critical discount factors: closed forms, brackets by payoff sets, and the null cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.equilibria.repeated.discounts.patience import (
    IMPATIENT_LIMIT,
    critical_discount,
    critical_discount_by_player,
    patience_needed,
    penal_threats,
    slack,
)
from negotiation.equilibria.repeated.payoff_set import payoff_set, pure_minmax, with_discount
from negotiation.equilibria.stage.nash import nash
from negotiation.games.game import Game
from negotiation.payoff_file import load
from tests.games.small_games import deviations
from tests.reference.payoff_sets import plain_payoff_set

law = settings(derandomize=True, deadline=None, max_examples=40)
PD = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])
COURNOT = Game.from_tables(
    [[10, 3, 0], [15, 7, -4], [7, 5, -15]], [[10, 15, 7], [3, 7, 5], [0, -4, -15]]
)
PENNIES = Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
# no pure stage equilibrium; the only equilibrium mixes
CIRCLE = Game.from_tables([[6, 1], [3, 2]], [[4, 7], [1, 0]])

tables = st.lists(st.integers(-9, 9), min_size=12, max_size=12).map(
    lambda row: Game(np.array(row, dtype=float).reshape(2, 2, 3), np.zeros(2))
)


def deters(game, profile, discount, threats, tie=0.0):
    """The definition: for ever g is worth one period of c and the threat ever after."""
    g, c = game.payoffs[:, *profile], deviations(game, profile)
    discount = np.broadcast_to(discount, 2)
    return bool((g >= (1 - discount) * c + discount * threats - tie).all())


# ---------------------------------------------------------------- the building blocks


def test_slack_is_what_a_deviation_costs_on_average():
    game = with_discount(PD, np.array([0.5, 0.25]))
    assert slack(game, (0, 0), np.array([3.0, 3.0])) == pytest.approx([2.5, 0.75])
    assert slack(game, (1, 1), np.array([3.0, 3.0])) == pytest.approx([1.0, 1.5])
    assert slack(game, (0, 1), np.array([3.0, 3.0]))[0] < 0


# ---------------------------------------------------------------- Nash reversion


def test_nash_reversion_in_the_prisoners_dilemma_is_the_textbook_number():
    assert critical_discount(PD, (0, 0), np.array([3.0, 3.0])) == pytest.approx(1 / 7, abs=1e-12)


@law
@given(tables, st.integers(0, 5), st.tuples(st.integers(-9, 9), st.integers(-9, 9)))
def test_fixed_threats_deter_from_the_threshold_on_and_not_before(game, k, threat):
    profile, threats = (k // 3, k % 3), np.array(threat, dtype=float)
    found = critical_discount(game, profile, threats)
    if found is None:
        assert not deters(game, profile, 1 - 1e-9, threats)
        return
    assert 0 <= found < 1
    assert deters(game, profile, found, threats, tie=1e-9)
    assert deters(game, profile, (1 + found) / 2, threats, tie=1e-9)
    if found > 0:
        assert not deters(game, profile, found - 1e-7, threats)


def test_reverting_to_a_mixed_equilibrium_uses_its_payoff():
    (mixed,) = nash(CIRCLE).equilibria
    worst = np.array([float(x) for x in mixed.payoffs])
    p, q = (np.array([float(x) for x in s]) for s in mixed.exact)
    np.testing.assert_allclose(
        worst, [p @ CIRCLE.payoffs[0] @ q, p @ CIRCLE.payoffs[1] @ q], atol=1e-12
    )
    found = critical_discount(CIRCLE, (0, 0), worst)
    h = deviations(CIRCLE, (0, 0)) - CIRCLE.payoffs[:, 0, 0]
    expected = (h / (deviations(CIRCLE, (0, 0)) - worst)).max()
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("threat", [9.0, 9.5])
def test_a_threat_no_worse_than_the_deal_never_deters(threat):
    assert critical_discount(PD, (0, 0), np.array([3.0, threat])) is None
    assert critical_discount(PD, (0, 0), np.array([threat, 3.0])) is None


def test_a_stage_equilibrium_needs_no_patience_unless_the_threat_is_a_treat():
    assert critical_discount(PD, (1, 1), np.array([3.0, 3.0])) == 0
    assert critical_discount(PD, (1, 1), np.array([1.0, 1.0])) == 0


# ---------------------------------------------------------------- optimal penal codes


def random_games(count, seed, shape=(2, 2), kind="integer"):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        size = (2, *shape)
        table = rng.integers(-10, 11, size) if kind == "integer" else rng.uniform(-10, 10, size)
        yield Game(table.astype(float), np.zeros(2))


def sustained(game, profile, discount):
    """Whether the worst sustainable payoffs deter, by plain iteration; None without a verdict."""
    plain = plain_payoff_set(game.payoffs, discount, rounds=40_000)
    if not plain.converged:
        return None
    return len(plain.ring) > 0 and deters(game, profile, discount, plain.min_spe_payoffs, tie=1e-10)


@pytest.mark.parametrize("kind", ["integer", "real"])
@pytest.mark.parametrize("shape", [(2, 2), (3, 3)], ids=["2x2", "3x3"])
def test_optimal_penal_codes_deter_just_above_the_threshold_and_not_just_below(kind, shape):
    judged = {"inside": 0, "zero": 0, "never": 0}
    for game in random_games(16 if shape == (2, 2) else 8, 17, shape, kind):
        threats = penal_threats(game)
        for profile in np.ndindex(shape):
            found = critical_discount(game, profile, threats)
            if found is None:
                assert not sustained(game, profile, 0.995)
                judged["never"] += 1
            elif found == 0:
                assert deters(game, profile, 0.0, pure_minmax(game))
                judged["zero"] += 1
            else:
                assert sustained(game, profile, min(found + 1e-7, 1 - 1e-7)) in (True, None)
                assert sustained(game, profile, found - 1e-7) in (False, None)
                judged["inside"] += 1
    assert min(judged.values()) >= 2


def test_the_payoff_set_brackets_the_threshold_of_a_deal():
    for game, profile in ((PD, (0, 0)), (COURNOT, (0, 0)), (COURNOT, (0, 2)), (CIRCLE, (0, 0))):
        found = critical_discount(game, profile, penal_threats(game))
        assert found is not None
        for side in (-1e-7, 1e-7):
            result = payoff_set(with_discount(game, found + side))
            holds = result.min_spe_payoffs is not None and deters(
                game, profile, found + side, result.min_spe_payoffs, tie=1e-10
            )
            assert holds == (side > 0)


@pytest.mark.parametrize("kind", ["integer", "real"])
def test_harsher_threats_never_ask_for_more_patience(kind):
    checked = 0
    for game in random_games(12, 23, (2, 2), kind):
        stable = [
            p
            for p in np.ndindex(game.shape)
            if critical_discount(game, p, game.payoffs[:, *p]) == 0
        ]
        if not stable:
            continue
        worst = np.min([game.payoffs[:, *p] for p in stable], axis=0)
        threats = penal_threats(game)
        for profile in np.ndindex(game.shape):
            reversion = critical_discount(game, profile, worst)
            penal = critical_discount(game, profile, threats)
            if reversion is not None:
                assert penal is not None
                assert penal <= reversion + 1e-9
                checked += 1
    assert checked


def test_a_game_without_pure_equilibria_sustains_nothing():
    threats = penal_threats(PENNIES)
    assert threats(np.array([0.9, 0.9]), lambda worst: bool((worst <= 1).all())) is None
    for profile in np.ndindex(PENNIES.shape):
        assert critical_discount(PENNIES, profile, threats) is None


def test_a_deal_below_someones_minmax_is_never_kept():
    assert critical_discount(PD, (0, 1), penal_threats(PD)) is None


def test_a_threshold_next_to_one_counts_as_never():
    eager = Game.from_tables([[1e-9, -5], [1, 0]], [[1e-9, 1], [-5, 0]])
    assert critical_discount(eager, (0, 0), penal_threats(eager)) is None
    assert IMPATIENT_LIMIT < 1


def test_penal_threats_answer_whether_threats_are_low_enough_as_the_payoff_set_does():
    for game in (COURNOT, CIRCLE, *random_games(3, 5, (3, 3))):
        threats = penal_threats(game)
        for discount in (np.array([0.45, 0.45]), np.array([0.5, 0.8])):
            worst = payoff_set(with_discount(game, discount)).min_spe_payoffs
            for offset in (-1.0, -1e-5, 1e-5, 1.0):
                limit = None if worst is None else worst + offset

                def enough(payoffs, limit=limit):
                    return limit is None or bool((payoffs <= limit).all())

                found = threats(discount, enough)
                assert (found is None) == (worst is None)
                if found is not None:
                    assert enough(found) == (offset > 0)


@pytest.mark.parametrize(("times", "plus"), [(1e6, 0.0), (1.0, 1e6), (1e-6, 3.0)])
def test_thresholds_do_not_depend_on_units(times, plus):
    for game, profile in ((PD, (0, 0)), (COURNOT, (0, 0)), (COURNOT, (0, 2))):
        other = Game(game.payoffs * times + plus, game.discount)
        expected = critical_discount(game, profile, penal_threats(game))
        found = critical_discount(other, profile, penal_threats(other))
        assert found == pytest.approx(expected, abs=1e-9)


# ---------------------------------------------------------------- one side's patience at a time


def test_each_sides_threshold_with_fixed_threats_is_its_own_share():
    game = with_discount(Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]]), np.array([0.5, 0.4]))
    found = critical_discount_by_player(game, (0, 0), np.array([2.0, 2.0]))
    assert found == pytest.approx((0.5, 1 / 3), abs=1e-12)


def test_no_patience_of_one_side_helps_if_the_other_is_too_impatient():
    game = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]], discount=[0.45, 0.9])
    first, second = critical_discount_by_player(game, (0, 0), np.array([2.0, 2.0]))
    assert first == pytest.approx(0.5, abs=1e-12)
    assert second is None
    assert critical_discount_by_player(game, (0, 0), penal_threats(game))[1] is None


def test_a_side_without_temptation_needs_no_patience():
    game = with_discount(PD, np.array([0.5, 0.5]))
    assert critical_discount_by_player(game, (1, 1), np.array([3.0, 3.0])) == (0.0, 0.0)
    assert critical_discount_by_player(game, (1, 1), penal_threats(game)) == (0.0, 0.0)


def test_penal_codes_that_equal_nash_reversion_give_the_same_thresholds():
    game = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]], discount=[0.6, 0.4])
    found = critical_discount_by_player(game, (0, 0), penal_threats(game))
    assert found == pytest.approx((0.5, 1 / 3), abs=1e-9)


@pytest.mark.parametrize("pair", [(0.4, 0.6), (0.7, 0.45)])
def test_each_sides_threshold_is_where_plain_iteration_starts_to_sustain_the_deal(pair):
    judged = 0
    for game in [COURNOT, CIRCLE, *random_games(4, 31, (2, 2), "real")]:
        game = with_discount(game, np.array(pair))
        found = critical_discount_by_player(game, (0, 0), penal_threats(game))
        for i, threshold in enumerate(found):
            if threshold is None or threshold <= 1e-6 or threshold > 0.97:
                continue
            for side in (-1e-6, 1e-6):
                discount = np.array(pair)
                discount[i] = threshold + side
                holds = sustained(game, (0, 0), discount)
                if holds is not None:
                    assert holds == (side > 0)
                    judged += 1
    assert judged >= 4


def test_large_tables_get_the_same_penal_codes_as_small_ones():
    """Copies of an action change nothing; reversion to one-off equilibria would ask for more."""
    small = load("abreu-cournot").game()
    copies = [0, 1, 2, 2, 2, 2, 2]
    large = Game(small.payoffs[:, copies][:, :, copies], small.discount)
    cell = small.outcomes[0].profiles[0]
    found = [critical_discount_by_player(g, cell, penal_threats(g)) for g in (small, large)]
    reversion = critical_discount_by_player(small, cell, pure_nash_threat(small))
    assert found[1] == pytest.approx(found[0], abs=1e-9)
    assert found[0][0] is not None
    assert reversion[0] is None or found[0][0] < reversion[0] - 1e-3


def pure_nash_threat(game):
    return np.array([e.payoffs for e in nash(game).equilibria]).min(axis=0)


FOLDING = Game.from_tables([[2, 1, 6], [1, 7, 4]], [[5, 7, 4], [0, 0, 5]])
"""Punishments that only hold up together: below some patience all of them are gone at once."""


def test_punishments_that_vanish_together_leave_a_threshold_that_is_enough():
    cell = (1, 2)
    found = critical_discount(FOLDING, cell, penal_threats(FOLDING))
    assert found == pytest.approx(0.84794264, abs=1e-6)
    for patience, enough in ((found + 1e-4, True), (found - 0.03, False)):
        threats = payoff_set(with_discount(FOLDING, patience)).min_spe_payoffs
        needed = np.inf if threats is None else patience_needed(FOLDING, cell, threats).max()
        assert bool(needed <= patience) is enough
