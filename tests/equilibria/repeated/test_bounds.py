import numpy as np
import pytest

import negotiation as ng
from negotiation.equilibria.repeated import bounds as batch_ask
from negotiation.equilibria.repeated.bounds import (
    anything,
    ask,
    better,
    bounds,
    either,
    every,
    held,
    self_enforcing,
)
from negotiation.games.game import Game
from negotiation.sweeps.batch import REGIME_NAMES, solve_batch
from tests.first_edition import first_edition


def random_games(seed, games, n, *, common):
    rng = np.random.default_rng(seed)
    discount = rng.uniform(0.05, 0.95, size=(games, 2))
    return Game(rng.uniform(size=(games, 2, n, n)), discount[:, [0, 0]] if common else discount)


@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("n", [2, 3])
def test_answers_are_those_of_the_whole_solution(n, common):
    games = random_games(n, 200, n, common=common)
    whole = solve_batch(games)
    assert (whole.regime >= 0).all()
    assert (ask(games, anything) == (whole.status != 0)).all()
    for cell in np.ndindex(n, n):
        assert (ask(games, held(cell), compare=False) == whole.sustained[:, *cell]).all()
    partial = whole.regime == REGIME_NAMES.index("partial cooperation")
    assert (ask(games, better) == partial).all()


def test_one_answer_is_enough_for_either_and_all_are_needed_for_every():
    games = random_games(1, 60, 2, common=False)
    parts = [held((0, 0)), held((1, 1)), better]
    each = np.array([ask(games, q) for q in parts])
    assert (ask(games, either(*parts)) == each.max(axis=0)).all()
    known = bounds(games, every(*parts))
    assert (np.array([q(known) for q in parts]) == each).all()


def test_self_enforcing_is_a_truce_in_a_stage_equilibrium():
    games = random_games(2, 60, 2, common=True)
    marked = np.array([[True, False], [False, True]])
    found = solve_batch(games).pure_equilibria & marked
    assert (ask(games, self_enforcing(marked)) == found.any(axis=(1, 2))).all()


def test_bounds_hold_the_worst_payoffs_between_them():
    games = random_games(3, 60, 2, common=False)
    known, whole = bounds(games, better), solve_batch(games)
    some = whole.status > 0
    assert (known.low[some] <= whole.min_spe_payoffs[some] + 1e-6).all()
    assert (known.high[some] >= whole.min_spe_payoffs[some] - 1e-6).all()
    assert (known.empty == ~some).all()


def test_questions_that_compare_nothing_find_no_stage_equilibria():
    games = random_games(4, 40, 3, common=False)
    known = bounds(games, held((0, 0)), compare=False)
    whole = solve_batch(games)
    assert np.isnan(known.worst).any()
    seen = ~np.isnan(known.worst)
    assert np.allclose(known.worst[seen], whole.worst_stage[seen])


def test_factors_that_nearly_agree_need_no_exact_path(monkeypatch):
    """Near the line where everything better than rupture vanishes, too."""
    left = []

    def count(known, question, _slow):
        left.append(int((question(known) < 0).sum()))

    monkeypatch.setattr(batch_ask, "_exactly", count)
    model = ng.load(first_edition("chips-for-rare-earths"))
    s, patience = np.array([[0.789538, 0.79809], [0.789633, 0.79911], [0.78980, 0.7996]]).T
    answers = batch_ask.ask(model.game(s=s, patience_cn=patience), batch_ask.better)
    assert answers.tolist() == [1, 1, 0]
    assert sum(left) == 0
