import numpy as np
import pytest
from hypothesis import given, settings

from negotiation.equilibria.repeated.renegotiation import renegotiation
from negotiation.games.game import Game
from negotiation.payoff_file import load
from tests.games.small_games import OPEN, TRUCE, flagship, pd, small_games


def _check_by_definition(game, found):
    """Check values, every one-shot deviation and Pareto comparisons, without the solver."""
    g, d = game.payoffs, game.discount
    cells = [found.profile, *found.punishments]
    stay = [1.0] + [1 - 1 / n if n > 0 else 0.0 for n in found.periods]
    move = np.array([[1, 0, 0], [1 - stay[1], stay[1], 0], [1 - stay[2], 0, stay[2]]])
    for i in (0, 1):
        paid = np.array([g[i][cell] for cell in cells])
        value = np.linalg.solve(np.eye(3) - d[i] * move, (1 - d[i]) * paid)
        assert value == pytest.approx(found.values[:, i], abs=1e-8)
        for state, cell in enumerate(cells):
            own = g[i][:, cell[1]] if i == 0 else g[i][cell[0], :]
            for action, now in enumerate(own):
                if action != cell[i]:
                    assert (1 - d[i]) * now + d[i] * value[1 + i] <= value[state] + 1e-8
    mixes = [
        (1 - w) * found.values[0] + w * found.values[k]
        for k in (1, 2)
        for w in (0, stay[k], 0.5, 1)
    ]
    for x in mixes:
        for y in mixes:
            assert not (y > x + 1e-8).all()


def test_punishments_in_the_prisoners_dilemma_are_as_by_hand():
    found = renegotiation(pd(0.75), (0, 0))
    # punish player 0 at (C, D): held to c = 3 < 9, the punisher gets 10 >= 9. The lottery: weight
    # (9 - 3) / (9 - 1) = 3/4 on the punishment, stay = (1 - .25/.75)/.75 = 8/9: 9 periods
    assert found.punishments == ((0, 1), (1, 0))
    assert found.periods == pytest.approx((9, 9))
    assert found.values == pytest.approx(np.array([[9, 9], [3, 9.75], [9.75, 3]]))
    assert (found.proof, found.at_discount, found.fails) == (True, True, ())
    _check_by_definition(pd(0.75), found)


def test_at_the_files_patience_penance_in_the_dilemma_can_be_too_harsh_to_bear():
    # one period of penance at discount d is worth (1-d)*1 + d*9 >= 3 from d = 1/4 on
    assert renegotiation(pd(0.24), (0, 0)).at_discount is None
    assert renegotiation(pd(0.26), (0, 0)).at_discount is True
    # and nothing at all works below 1/7: 9 < (1-d)*10 + d*3
    assert renegotiation(pd(0.14), (0, 0)).at_discount is False
    assert renegotiation(pd(0.14), (0, 0)).proof is True


def test_a_punishment_that_hurts_both_is_forgiven():
    # the only way to hurt Row is mutual ruin, which Column would rather forgive
    game = Game.from_tables([[4, 0], [5, 1]], [[4, 0], [4, 1]], discount=0.9)
    found = renegotiation(game, (0, 0))
    assert found.fails == (0,)
    assert found.proof is False
    assert found.at_discount is False
    assert found.punishments == (None, (0, 0))
    assert found.periods is None


def test_both_sides_can_fail():
    assert renegotiation(load("stag-hunt").game(), (0, 1)).fails == (0, 1)


def test_a_stage_equilibrium_needs_no_punishment():
    found = renegotiation(pd(0.0), (1, 1))
    assert found.at_discount is True
    assert found.periods == (0, 0)
    assert found.punishments == ((1, 1), (1, 1))


def test_an_untempted_punisher_needs_no_threat_where_punishing_is_a_best_reply():
    # Column is not tempted at (0, 0); punishing Row at (0, 1) pays Column 3 whatever it does
    game = Game.from_tables([[4, 0, 9], [6, 0, 9]], [[3, 3, 3], [3, 3, 3]], discount=0.9)
    found = renegotiation(game, (0, 0))
    assert (found.proof, found.at_discount) == (True, True)
    assert found.periods[1] == 0
    _check_by_definition(game, found)


def test_the_open_answer_is_reported_as_none():
    # Row: c at (1, 2) is max(3, 0) = 3 < 4; Column there gets 3 as in the deal, but 4 elsewhere,
    # and Column, untempted at (0, 0), has nothing to fear
    game = Game.from_tables([[4, 9, 3], [6, 9, 0]], [[3, 2, 2], [3, 4, 3]], discount=0.9)
    found = renegotiation(game, (0, 0))
    assert found.proof is None
    assert found.at_discount is None


def test_the_flagships_deals_are_renegotiation_proof_and_the_standoff_is_not():
    game = flagship()
    for cell in (OPEN, TRUCE):
        found = renegotiation(game, cell)
        assert found.proof
        assert found.at_discount
        _check_by_definition(game, found)
    # the US would have to license while China cuts; China would have to supply under embargo
    assert renegotiation(game, OPEN).punishments == ((0, 4), (2, 0))
    # US: -15.2 and -43.2 with c = -28: weight 12.8/28, stay (1 - .2*28/12.8)/.8 = .703125
    assert renegotiation(game, OPEN).periods[0] == pytest.approx(1 / (1 - 0.703125))
    assert renegotiation(game, (1, 1)).fails == (1,)


@settings(deadline=None, max_examples=120)
@given(small_games)
def test_every_claimed_punishment_passes_the_definition(game):
    for profile in np.ndindex(game.shape):
        found = renegotiation(game, profile)
        if found.at_discount:
            _check_by_definition(game, found)
            assert found.proof


@settings(deadline=None, max_examples=60)
@given(small_games)
def test_proof_for_the_patient_is_found_when_they_are_patient(game):
    patient = Game.from_tables(game.payoffs[0], game.payoffs[1], discount=0.99999)
    for profile in np.ndindex(game.shape):
        found = renegotiation(patient, profile)
        assert found.at_discount == (True if found.proof else found.proof)


@settings(deadline=None, max_examples=60)
@given(small_games)
def test_no_other_length_of_punishment_succeeds_where_none_was_found(game):
    """All pairs of punishing profiles and a grid of lotteries, from the definition."""
    d = np.asarray(game.discount)
    g = game.payoffs
    best = [g[0].max(axis=0), g[1].max(axis=1)]
    for a in np.ndindex(game.shape):
        if renegotiation(game, a).at_discount:
            continue
        works = []
        for i in (0, 1):
            j = 1 - i
            options = []
            for x in np.ndindex(game.shape):
                for stay in np.linspace(0, 1, 11) if x != a else [1.0]:
                    w = (1 - d) / (1 - d * stay)
                    p = w * g[:, x[0], x[1]] + (1 - w) * g[:, a[0], a[1]]
                    c = [best[0][x[1]], best[1][x[0]]]
                    if (
                        p[j] >= g[j][a] - 1e-12
                        and p[i] >= (1 - d[i]) * c[i] + d[i] * p[i]
                        and g[i][a] >= (1 - d[i]) * [best[0][a[1]], best[1][a[0]]][i] + d[i] * p[i]
                    ):
                        options.append((p[i], p[j] - (1 - d[j]) * c[j]))
            works.append(options)
        for own0, room1 in works[0]:
            for own1, room0 in works[1]:
                assert room1 < d[1] * own1 or room0 < d[0] * own0
