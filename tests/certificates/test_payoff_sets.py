"""The check of a stochastic game's payoff sets: true ones pass, slightly wrong ones do not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from negotiation.certificates.payoff_sets import check_sets
from negotiation.equilibria.stochastic import payoff_sets as stochastic
from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.errors import CertificateError
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file import load
from negotiation.solution import dynamic
from tests.equilibria.stochastic.test_payoff_sets import DATA, KNOWN, PD, on_its_way, published

BATTLE = [[[2, 0], [0, 1]], [[1, 0], [0, 2]]]
ONE_STATE = np.ones((2, 2, 1))


@dataclass(frozen=True)
class Said:
    """A claim made by hand; what is reported is what is proven."""

    proven: np.ndarray
    supportable_now: np.ndarray
    slip: float = 0.0
    gap: float = 0.0
    near_critical: bool = False

    @property
    def vertices(self):
        return self.proven

    @property
    def min_spe_payoffs(self):
        return self.proven.min(axis=0)


def said(ring, playable):
    return Said(np.array(ring, dtype=float), np.array(playable, dtype=bool))


def a_random_game(seed):
    rng = np.random.default_rng(seed)
    count = 2 + seed % 3
    shapes = [tuple(rng.integers(2, 4, 2)) for _ in range(count)]
    payoffs = [rng.normal(0, 3, (2, *shape)) for shape in shapes]
    tables = [rng.dirichlet(np.ones(count), size=shape) for shape in shapes]
    discount = rng.uniform(0.4, 0.9, 2) if seed % 2 else rng.uniform(0.4, 0.9)
    return StochasticGame.from_tables(payoffs, tables, discount)


GAMES = {e["id"]: published(e) for e in KNOWN} | {str(s): a_random_game(s) for s in range(12)}
SOLVED = {}


@pytest.fixture(params=GAMES)
def solved(request):
    name = request.param
    if name not in SOLVED:
        SOLVED[name] = (GAMES[name], stochastic_sets(GAMES[name]).states)
    return SOLVED[name]


def span(game):
    return np.ptp(np.concatenate([p.reshape(2, -1) for p in game.payoffs], axis=1), axis=1)


def changed(states, s, **fields):
    return [replace(x, **fields) if k == s else x for k, x in enumerate(states)]


# ---------------------------------------------------------------- what the solver says


def test_true_sets_pass(solved):
    game, states = solved
    assert not any(x.near_critical for x in states)
    assert check_sets(game, states) <= 1e-10


def test_the_games_tried_have_sets_to_check():
    found = [x.status for name, game in GAMES.items() for x in stochastic_sets(game).states]
    assert found.count("polygon") >= 15


def test_a_set_blown_up_by_a_millionth_of_the_range_fails(solved):
    game, states = solved
    for s, x in enumerate(states):
        if len(x.proven):
            out = x.proven - x.proven.mean(axis=0) if len(x.proven) > 1 else np.ones((1, 2))
            size = np.hypot(*(out / span(game)).T)[:, None]
            with pytest.raises(CertificateError):
                check_sets(game, changed(states, s, proven=x.proven + 1e-6 * out / size))


def test_a_vertex_below_the_worst_payoff_fails_however_often_it_is_reported(solved):
    game, states = solved
    for s, x in enumerate(states):
        if len(x.proven):
            lower = x.proven.copy()
            lower[np.argmin(lower[:, 0]), 0] -= 1e-6 * span(game)[0]
            with pytest.raises(CertificateError, match="is not generated"):
                check_sets(game, changed(states, s, proven=lower, gap=1.0))


def test_a_threat_reported_a_millionth_of_the_range_too_low_fails(solved):
    game, states = solved
    for s, x in enumerate(states):
        if len(x.proven):
            with pytest.raises(CertificateError, match=r"minimum payoffs .* are not the proven"):
                check_sets(
                    game,
                    changed(
                        states, s, min_spe_payoffs=x.min_spe_payoffs - [0, 1e-6 * span(game)[1]]
                    ),
                )


def test_payoffs_reported_beyond_what_is_proven_fail(solved):
    game, states = solved
    for s, x in enumerate(states):
        if len(x.proven):
            with pytest.raises(CertificateError, match="away from what is proven"):
                check_sets(game, changed(states, s, vertices=x.vertices + 1e-6 * span(game)))


def test_a_profile_that_cannot_be_played_fails(solved):
    game, states = solved
    for s, x in enumerate(states):
        for cell in np.argwhere(~x.possible):
            wrong = x.supportable_now.copy()
            wrong[tuple(cell)] = True
            with pytest.raises(CertificateError, match=r"cannot be played|none is proven"):
                check_sets(game, changed(states, s, supportable_now=wrong))


def test_there_were_profiles_that_cannot_be_played():
    wrong = [int((~x.possible).sum()) for g in GAMES.values() for x in stochastic_sets(g).states]
    assert sum(wrong) >= 20


# ---------------------------------------------------------------- by hand


def choice(payoffs, leads):
    """One side chooses now, and the game ends in a state worth 0 or one worth 3 to it."""
    rows = np.eye(3)[[[to] for to in leads]]
    return StochasticGame.from_tables(
        [[[[p] for p in payoffs], [[0], [0]]], [[[0]], [[0]]], [[[3]], [[0]]]],
        [rows, [[[0, 1, 0]]], [[[0, 0, 1]]]],
        0.5,
    )


def test_a_deviation_leads_where_it_leads_and_not_where_obeying_does():
    """Waiting earns 0 and leads to 3: .5 * 3 = 1.5. Taking 1 leads to 0: .5. Were the chances of
    waiting used for both, taking would seem to earn .5 + 1.5."""
    game, ends = choice([0, 1], [2, 1]), [said([[0, 0]], [[1]]), said([[3, 0]], [[1]])]
    assert check_sets(game, [said([[1.5, 0]], [[1], [0]]), *ends]) == 0
    with pytest.raises(
        CertificateError, match=r"profile \(1, 0\) cannot be played; it lacks 0.333"
    ):
        check_sets(game, [said([[1.5, 0]], [[1], [1]]), *ends])


def test_who_deviates_to_what_leads_further_gains():
    """Taking 1 and then 0 is worth .5; who waits instead gets .5 * 3."""
    game, ends = choice([1, 0], [1, 2]), [said([[0, 0]], [[1]]), said([[3, 0]], [[1]])]
    with pytest.raises(CertificateError, match="is not generated; it lacks"):
        check_sets(game, [said([[0.5, 0]], [[1], [0]]), *ends])


def test_cooperation_in_the_dilemma_needs_patience_of_a_half():
    """Obeying is worth 2, taking 3 now and 1 ever after 3 - 2d: equal at d = 1/2."""
    for discount, playable in ((0.5, True), (0.49, False)):
        game = StochasticGame.from_tables([PD], [ONE_STATE], discount)
        ring = said([[1, 1], [2, 2]], [[playable, 0], [0, 1]])
        if playable:
            assert check_sets(game, [ring]) <= 1e-15
        else:
            with pytest.raises(CertificateError, match="is not generated"):
                check_sets(game, [ring])


def test_a_vertex_may_be_a_lottery_over_what_single_profiles_generate():
    """With no patience only the two equilibria of the battle of the sexes are generated; (1.5, 1.5)
    is a fair coin between them, (1.5, 1.51) is nothing."""
    game = StochasticGame.from_tables([BATTLE], [ONE_STATE], 0.0)
    both = [[1, 0], [0, 1]]
    assert check_sets(game, [said([[2, 1], [1.5, 1.5]], both)]) <= 1e-15
    with pytest.raises(CertificateError, match="is not generated"):
        check_sets(game, [said([[2, 1], [1.5, 1.51]], both)])


def test_a_lottery_can_follow_a_sum_of_sets_cut_off_by_incentives():
    """Points half-way along the edges of the true sets are in what is generated; a hundredth
    further out they are not."""
    game = on_its_way([PD, PD], [[0.5, 0.5], [0.5, 0.5]], 0.6)
    full = stochastic_sets(game).states
    kept = [replace(x, near_critical=True) for x in full]
    middle = [(x.proven + np.roll(x.proven, 1, axis=0)) / 2 for x in full]
    inside = [np.concatenate([x.proven, m]) for x, m in zip(full, middle, strict=True)]
    check_sets(game, [replace(k, proven=p) for k, p in zip(kept, inside, strict=True)])
    with pytest.raises(CertificateError, match="is not generated"):
        check_sets(game, [replace(k, proven=p * 1.01) for k, p in zip(kept, inside, strict=True)])


def test_nothing_is_proven_where_a_state_without_equilibrium_may_follow():
    game = on_its_way([PD, PD], [[0.5, 0.5], [0, 1]], 0.6)
    states = stochastic_sets(game).states
    void = replace(states[1], proven=np.empty((0, 2)), near_critical=True)
    with pytest.raises(CertificateError, match="where nothing is proven"):
        check_sets(game, [states[0], void])
    with pytest.raises(CertificateError, match="none is proven"):
        check_sets(game, [replace(void, supportable_now=np.zeros((2, 2), dtype=bool)), void])


# ---------------------------------------------------------------- sets that had to be rounded


def test_rounded_sets_pass_with_their_slip_and_not_without(monkeypatch):
    game = load(DATA / "race.yaml").stochastic(patience=0.95)
    monkeypatch.setattr(stochastic, "MOST", {1000: (16,)})
    states = stochastic_sets(game).states
    assert max(x.slip for x in states) > 1e-8
    assert check_sets(game, states) <= 1e-9
    with pytest.raises(CertificateError):
        check_sets(game, [replace(x, slip=0.0) for x in states])


def test_small_gains_from_deviating_count_where_much_was_rounded_away(monkeypatch):
    """With so few vertices constraints are tightened by a lot; a deviation that gains less than
    that must not go unpunished."""
    game = load(DATA / "race.yaml").stochastic(patience=0.85)
    monkeypatch.setattr(stochastic, "MOST", {1000: (12,)})
    assert check_sets(game, stochastic_sets(game).states) <= 1e-9


# ---------------------------------------------------------------- where it is used


def test_a_dynamic_model_is_not_solved_if_its_sets_fail_the_check(monkeypatch):
    def wrong(game):
        sets = stochastic_sets(game)
        everything = [
            replace(x, supportable_now=np.ones_like(x.supportable_now)) for x in sets.states
        ]
        return replace(sets, states=tuple(everything))

    model = load(DATA / "race.yaml")
    dynamic.solve(model, patience=0.3)
    monkeypatch.setattr(dynamic, "stochastic_sets", wrong)
    with pytest.raises(CertificateError, match="cannot be played"):
        dynamic.solve(model, patience=0.3)
