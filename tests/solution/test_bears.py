"""What a truce can bear: the flagship's numbers, and punishments that are paths, played out."""

import numpy as np
import pytest

from negotiation.equilibria.repeated import endurance
from negotiation.games.game import Game, Outcome
from negotiation.payoff_file import load
from negotiation.solution.bears import RATES, TERMS, largest_reopening
from negotiation.solution.solution import solve
from tests.reference.flagship import PATH


@pytest.fixture(scope="module")
def truce():
    solution = solve(load(PATH))
    return solution.bears[1, 0]


def test_the_flagships_managed_truce(truce):
    us, china = truce.sides
    assert (us.stock, china.stock) == (10, 1)
    assert china.turnover == pytest.approx(0.11747685185185186, abs=1e-9)
    assert china.alarm_limit == pytest.approx(0.11747685185185186, abs=1e-9)
    assert china.renewal[TERMS.index(4)] == pytest.approx(0.686, abs=5e-4)
    assert china.freeze[:3] == (6, 8, 18)
    assert RATES[:3] == ((0.0, 1.0), (0.05, 1.0), (0.1, 1.0))
    assert us.constant
    assert china.constant


def test_what_is_not_sustained_bears_nothing():
    solution = solve(load(PATH), patience_cn=0.5)
    assert solution.bears[1, 0] is None


def test_who_gains_nothing_bears_everything(solved):
    found = solved("h200-licence").bears
    sides = [s for b in found.values() if b for s in b.sides if s.gain == 0]
    assert sides
    assert all(s.stock is None and s.turnover == 1 for s in sides)


# --- punishments that are paths ----------------------------------------------------------------


@pytest.fixture(scope="module")
def carrot():
    """A game of Abreu's kind: one harsh round, then back, is harsher than any one-shot equilibrium.

    Two sides produce little, some or a lot; if both flood the market both lose.
    """
    a = np.array([[10.0, 3.0, -7.0], [15.0, 7.0, -4.0], [7.0, 5.0, -15.0]])
    both = (Outcome("pact", ((0, 0),), truce=True),)
    return solve(Game.from_tables(a, a.T, discount=0.5, outcomes=both))


def stream(game, strategy, i, state, periods):
    """What a side gets in each period of a plan, on average, from a state on."""
    at = np.zeros(len(strategy.states))
    at[state] = 1
    for _ in range(periods):
        yield sum(
            p * game.payoffs[(i, *s.profile)] for p, s in zip(at, strategy.states, strict=True)
        )
        after = np.zeros(len(at))
        for p, s in zip(at, strategy.states, strict=True):
            for there, share in s.then:
                after[there] += p * share
        at = after


def test_a_stock_outlasts_a_short_punishment(carrot):
    (o,) = carrot.outcomes
    assert o.strategy.kind == "stick and carrot"
    found = carrot.bears[o.profile]
    for i, side in enumerate(found.sides):
        assert not side.constant
        assert side.gain > 0
        delta, here = float(carrot.game.discount[i]), o.payoffs[i]
        start = o.strategy.states[0].after[i]
        punished = list(stream(carrot.game, o.strategy, i, start, 400))
        for stock in range(6):
            paid = [here + side.gain] * (1 + stock) + punished[stock:]
            value = (1 - delta) * sum(x * delta**t for t, x in enumerate(paid))
            assert (value <= here + 1e-9) == (stock <= side.stock), stock


def test_turnover_takes_the_carrot_away(carrot):
    """Each state's constraint, with values summed period by period."""
    (o,) = carrot.outcomes
    found, strategy, game = carrot.bears[o.profile], o.strategy, carrot.game
    for i, side in enumerate(found.sides):
        delta, worst = float(game.discount[i]), float(carrot.repeated.min_spe_payoffs[i])

        def value(state, chance, i=i, delta=delta, worst=worst):
            """Average payoff if a government that ends it may come from the next period on."""
            total = 0.0
            for t, paid in enumerate(stream(game, strategy, i, state, 200)):
                alive = (1 - chance) ** t
                total += (1 - delta) * delta**t * (alive * paid + (1 - alive) * worst)
            return total

        def keeps(chance, i=i, delta=delta, worst=worst, value=value):
            for k, s in enumerate(strategy.states):
                row = game.payoffs[0, :, s.profile[1]] if i == 0 else game.payoffs[1, s.profile[0]]
                later = (1 - chance) * value(s.after[i], chance) + chance * worst
                if (1 - delta) * row.max() + delta * later > value(k, chance) + 1e-7:
                    return False
            return True

        assert 0 < side.turnover < 1
        assert keeps(side.turnover - 1e-4)
        assert not keeps(side.turnover + 1e-4)


def test_with_equal_patience_reopening_is_the_closed_form():
    game = Game.from_tables([[2, -1], [3, 0]], [[2, 3], [-1, 0]], discount=0.8)
    o = solve(game).outcomes[0]
    found = largest_reopening(game, o.profile, o.transfers)
    assert found == pytest.approx(float(endurance.reopening_limit(o.transfers, 0.8)))
    assert largest_reopening(game, o.profile) == pytest.approx(found, abs=1e-9)


def test_with_unequal_patience_reopening_is_bracketed(truce):
    from negotiation.equilibria.repeated.transfers import sustained_with_transfers

    game = load(PATH).game()
    for chance, holds in ((truce.reopening - 1e-6, True), (truce.reopening + 1e-6, False)):
        one = Game(game.payoffs[None], (1 - chance) * game.discount[None])
        assert bool(sustained_with_transfers(one)[0, 1, 0]) == holds


def test_a_known_last_date_unravels_where_one_shot_equilibria_pay_alike(truce, solved):
    assert truce.unravels is True
    held = solved("h200-licence")
    assert {held.bears[o.profile].unravels for o in held.outcomes if o.sustained} >= {False}
    hunt = solved("stag-hunt")
    assert all(b.unravels in (False, None) for b in hunt.bears.values() if b)
