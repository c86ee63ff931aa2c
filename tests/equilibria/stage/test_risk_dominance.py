import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.equilibria.repeated.renegotiation import renegotiation
from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.equilibria.stage.risk_dominance import critical_belief, worst_stage_equilibrium
from negotiation.games.game import Game
from negotiation.payoff_file import load
from tests.first_edition import first_edition
from tests.games.small_games import OPEN, OTHER_RUPTURE, RUPTURE, TRUCE, flagship, pd, small_games


def test_trust_in_the_prisoners_dilemma_is_as_by_hand():
    trust = critical_belief(pd(0.75), (0, 0))
    # honour/honour 9; break alone .25*10 + .75*3 = 4.75; honour alone .25*1 + .75*3 = 2.5; both 3
    assert trust.payoffs[0] == pytest.approx(np.array([[9, 2.5], [4.75, 3]]))
    assert trust.payoffs[1] == pytest.approx(np.array([[9, 4.75], [2.5, 3]]))
    # loss from breaking 9 - 4.75 = 4.25, from honouring 3 - 2.5 = .5; .5 / 4.75 = 2/19
    assert trust.losses == pytest.approx(np.array([[4.25, 0.5], [4.25, 0.5]]))
    assert trust.critical_belief == pytest.approx((2 / 19, 2 / 19))
    assert trust.risk_dominant
    assert trust.rupture_holds
    assert (trust.rupture, trust.breach, trust.reason) == ((1, 1), (1, 1), "")


def test_below_the_critical_discount_of_one_seventh_honouring_is_no_equilibrium():
    # h / (c - v) = (10 - 9) / (10 - 3) = 1/7
    assert critical_belief(pd(1 / 7 - 1e-9), (0, 0)).critical_belief == (None, None)
    assert critical_belief(pd(1 / 7 - 1e-9), (0, 0)).risk_dominant is False
    just = critical_belief(pd(1 / 7 + 1e-9), (0, 0))
    assert just.critical_belief == pytest.approx((1, 1), abs=1e-7)
    assert just.risk_dominant is False


def test_exactly_at_the_critical_discount_only_certainty_is_enough():
    # T = 12, R = 9, P = 6: (12 - 9) / (12 - 6) = 1/2
    game = Game.from_tables([[9, 1], [12, 6]], [[9, 12], [1, 6]], discount=0.5)
    assert critical_belief(game, (0, 0)).critical_belief == (1, 1)


def test_the_risk_dominance_threshold_is_that_of_dal_bo_and_frechette():
    # symmetric dilemma: (T + P - S - R) / (T - S) = (10 + 3 - 1 - 9) / (10 - 1) = 1/3
    assert critical_belief(pd(1 / 3 - 1e-9), (0, 0)).risk_dominant is False
    assert critical_belief(pd(1 / 3 + 1e-9), (0, 0)).risk_dominant is True
    assert critical_belief(pd(1 / 3), (0, 0)).critical_belief == pytest.approx((0.5, 0.5))


@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0.2, 0.4, 0.6, 0.8])
)
def test_any_symmetric_dilemma_agrees_with_the_formula(a, b, c, delta):
    s, p, r, t = 0, a, a + b, a + b + c
    game = Game.from_tables([[r, s], [t, p]], [[r, t], [s, p]], discount=delta)
    threshold = (t + p - s - r) / (t - s)
    if abs(delta - threshold) > 1e-9:
        assert critical_belief(game, (0, 0)).risk_dominant == (delta > threshold)


def test_different_patience_gives_different_trust_and_the_product_decides():
    trust = critical_belief(pd((0.2, 0.75)), (0, 0))
    # player 0: break .8*10 + .2*3 = 8.6, loss .4; honour alone .8*1 + .2*3 = 1.4, loss 1.6; .8
    assert trust.critical_belief == pytest.approx((0.8, 2 / 19))
    # .4 * 4.25 = 1.7 against 1.6 * .5 = .8
    assert trust.risk_dominant
    assert critical_belief(pd((0.16, 0.16)), (0, 0)).risk_dominant is False


def test_the_flagship_is_as_by_hand():
    trust = critical_belief(flagship(), OPEN, RUPTURE)
    # US: 15.2 lost in the deal; break .2*0 - .8*28 = -22.4, loss 7.2; honour alone against the cut
    # .2*(-43.2) - .8*28 = -31.04, loss 3.04; 3.04 / 10.24 = .296875
    # China: 19.3; break .1*25.4 + .9*6.6 = 8.48, loss 10.82; honour alone .1*.5 + .9*6.6 = 5.99,
    # loss .61; .61 / 11.43
    assert trust.critical_belief == pytest.approx((0.296875, 0.61 / 11.43))
    assert trust.risk_dominant
    truce = critical_belief(flagship(), TRUCE, RUPTURE)
    # US: -2.112 + 22.4 = 20.288; .2*(30.112 - 28) = .4224
    # China: 8.18 - (.1*14.28 + .9*6.6) = .812; again .61
    assert truce.critical_belief == pytest.approx((0.4224 / 20.7104, 0.61 / 1.422))
    assert truce.risk_dominant


def test_open_trade_needs_a_us_patience_of_fifteen_over_twenty_eight():
    model = load(first_edition("chips-for-rare-earths"))
    for us, cn, cell, who in [
        (15.2 / 28, 0.9, OPEN, 0),
        (0.8, 6.1 / 18.8, OPEN, 1),
        (0.8, 6.1 / 7.68, TRUCE, 1),
    ]:
        shift = np.array([1e-6, 0]) if who == 0 else np.array([0, 1e-6])
        below, above = (
            critical_belief(
                model.game(patience_us=us + sign * shift[0], patience_cn=cn + sign * shift[1]),
                cell,
                RUPTURE,
            )
            for sign in (-1, 1)
        )
        assert below.critical_belief[who] is None
        assert above.critical_belief[who] == pytest.approx(1, abs=1e-3)


def test_a_more_tempting_first_move_than_rupture_is_the_one_that_counts():
    # Row may also take 8 once before rupture; the rupture action itself takes only 5
    game = Game.from_tables(
        [[6, 0], [5, 2], [8, 1]], [[6, 7], [1, 2], [0, 1]], discount=(0.5, 0.75)
    )
    trust = critical_belief(game, (0, 0), (1, 1))
    # by rupture: 6 - (2.5 + 1) = 2.5 and .5*(2 - 0) = 1; by the other move: 6 - (4 + 1) = 1 and
    # .5*(1 - 0) = .5; so 1/3.5 against .5/1.5
    assert trust.critical_belief[0] == pytest.approx(1 / 3)
    assert trust.breach == (2, 1)


def test_a_side_that_would_honour_in_any_case_needs_no_trust():
    # Row honours whatever Column does, so rupture is no equilibrium of the four cells
    game = Game.from_tables([[4, 3], [3, 2]], [[4, 5], [1, 2]], discount=0.75)
    trust = critical_belief(game, (0, 0), (1, 1))
    assert trust.critical_belief[0] == 0
    # breaking alone 4 - (.25*3 + .75*2); honouring alone 2 - (.25*3 + .75*2)
    assert trust.losses[0] == pytest.approx([1.75, -0.25])
    assert not trust.rupture_holds
    assert trust.risk_dominant


def test_honouring_only_against_rupture_is_not_honouring():
    chicken = Game.from_tables([[3, 1], [4, 0]], [[3, 4], [1, 0]], discount=0.1)
    assert critical_belief(chicken, (0, 0), (1, 1)).critical_belief == (None, None)


def test_rupture_as_a_deal_needs_no_trust():
    trust = critical_belief(pd(0.75), (1, 1))
    assert trust.critical_belief == (0, 0)
    assert trust.breach == (0, 0)
    assert trust.risk_dominant


def test_a_player_with_one_action_cannot_break():
    game = Game.from_tables([[1, 2]], [[3, 3]], discount=0.5)
    trust = critical_belief(game, (0, 0), (0, 1))
    assert trust.critical_belief[0] == 0
    assert trust.breach[0] == 0


def test_without_pure_stage_equilibrium_trust_is_not_defined():
    pennies = load("matching-pennies").game()
    assert worst_stage_equilibrium(pennies).profile is None
    trust = critical_belief(pennies, (0, 0))
    assert trust.critical_belief == (None, None)
    assert trust.risk_dominant is None
    assert trust.payoffs is None
    assert "no pure stage equilibrium" in trust.reason
    assert worst_stage_equilibrium(pennies).reason == trust.reason


def _simulated(game, profile, rupture, own, other, i, periods=600):
    """Discounted average payoff of i when i starts with `own` and the other with `other`."""
    total, weight, broken = 0.0, 1 - game.discount[i], False
    for t in range(periods):
        pair = rupture if broken else profile
        mine, theirs = pair[i], pair[1 - i]
        if t == 0:
            mine, theirs = own, other
        cell = (mine, theirs) if i == 0 else (theirs, mine)
        total += weight * game.payoffs[i][cell]
        weight *= game.discount[i]
        broken = broken or cell != profile
    return total


@settings(deadline=None, max_examples=25)
@given(small_games)
def test_beliefs_make_honouring_best_when_every_breach_is_played_out(game):
    for rupture in map(tuple, np.argwhere(pure_nash(game)).tolist()):
        for profile in np.ndindex(game.shape):
            trust = critical_belief(game, profile, rupture)
            for i in (0, 1):
                theirs = (profile[1 - i], rupture[1 - i])
                table = np.array(
                    [
                        [_simulated(game, profile, rupture, d, o, i) for o in theirs]
                        for d in range(game.shape[i])
                    ]
                )
                _belief_is_smallest(table, profile[i], trust.critical_belief[i])


def _belief_is_smallest(table, honour, needed):
    def gain(p):
        return (table @ [p, 1 - p]).max() - (table @ [p, 1 - p])[honour]

    if needed is None:
        assert gain(1) > 0
    else:
        assert gain(needed) <= 1e-9
        assert gain(1) <= 1e-9
        assert needed == 0 or gain(needed - 1e-6) > 0


@settings(deadline=None, max_examples=40)
@given(small_games)
def test_robust_means_the_product_of_losses(game):
    for profile in np.ndindex(game.shape):
        trust = critical_belief(game, profile)
        if trust.payoffs is None or None in trust.critical_belief:
            assert not trust.risk_dominant
            continue
        (l0, m0), (l1, m1) = trust.losses
        difference = l0 * l1 - max(m0, 0) * max(m1, 0)
        if abs(difference) > 1e-9:
            assert trust.risk_dominant == (difference > 0)
        u = trust.payoffs
        assert l0 == pytest.approx(u[0, 0, 0] - u[0, 1, 0], abs=1e-9)
        assert m1 == pytest.approx(u[1, 1, 1] - u[1, 1, 0], abs=1e-9)


def _same_trust(a, b, swap=False):
    order = slice(None, None, -1 if swap else 1)
    for p, q in zip(a.critical_belief, b.critical_belief[order], strict=True):
        assert (p is None) == (q is None)
        assert p is None or p == pytest.approx(q, abs=1e-9)
    assert a.risk_dominant == b.risk_dominant


@settings(deadline=None, max_examples=25)
@given(small_games, st.sampled_from([1e6, 0.25, 3.0]), st.sampled_from([1e6, -2.0, 0.0]))
def test_units_and_zero_points_play_no_role(game, scale, shift):
    other = Game.from_tables(
        game.payoffs[0] * scale + shift, game.payoffs[1] * 2 - shift, discount=game.discount
    )
    for profile in np.ndindex(game.shape):
        _same_trust(critical_belief(game, profile), critical_belief(other, profile))
        a, b = renegotiation(game, profile), renegotiation(other, profile)
        assert (a.proof, a.at_discount, a.fails) == (b.proof, b.at_discount, b.fails)
        assert a.punishments == b.punishments


@settings(deadline=None, max_examples=25)
@given(small_games)
def test_names_of_actions_and_players_play_no_role(game):
    flipped = Game.from_tables(
        game.payoffs[0][::-1, ::-1], game.payoffs[1][::-1, ::-1], discount=game.discount
    )
    swapped = Game.from_tables(game.payoffs[1].T, game.payoffs[0].T, discount=game.discount[::-1])
    n0, n1 = game.shape
    for a, b in np.ndindex(game.shape):
        mirror = (n0 - 1 - a, n1 - 1 - b)
        for cell in map(tuple, np.argwhere(pure_nash(game)).tolist()):
            there = (n0 - 1 - cell[0], n1 - 1 - cell[1])
            _same_trust(
                critical_belief(game, (a, b), cell), critical_belief(flipped, mirror, there)
            )
            _same_trust(
                critical_belief(game, (a, b), cell),
                critical_belief(swapped, (b, a), cell[::-1]),
                True,
            )
        here = renegotiation(game, (a, b))
        for other in (renegotiation(flipped, mirror), renegotiation(swapped, (b, a))):
            assert (here.proof, here.at_discount) == (other.proof, other.at_discount)


def test_among_equal_ruptures_the_one_that_needs_most_trust_counts_whatever_the_order():
    game = flagship()
    assert worst_stage_equilibrium(game).profile == RUPTURE
    order = [0, 1, 2, 3, 5, 4]
    other = Game.from_tables(
        game.payoffs[0][:, order], game.payoffs[1][:, order], discount=game.discount
    )
    assert worst_stage_equilibrium(other, TRUCE).profile == (2, 5)
    _same_trust(critical_belief(game, TRUCE), critical_belief(other, TRUCE))
    both = [critical_belief(game, TRUCE, r).critical_belief for r in (RUPTURE, OTHER_RUPTURE)]
    assert both[0][0] > both[1][0]


def test_the_lowest_sum_is_of_payoffs_in_comparable_units():
    # rescaled: 1 + 100/150 against 1/2 + 1; in the units given 102 against 151
    game = Game.from_tables([[2, 0], [0, 1]], [[100, 0], [0, 150]], discount=0.5)
    assert worst_stage_equilibrium(game).profile == (1, 1)


def test_the_worst_equilibrium_is_worst_for_both_or_says_so():
    assert worst_stage_equilibrium(load("stag-hunt").game()).profile == (1, 1)
    assert worst_stage_equilibrium(load("stag-hunt").game()).worst_for_both
    assert not worst_stage_equilibrium(load("chicken").game()).worst_for_both
