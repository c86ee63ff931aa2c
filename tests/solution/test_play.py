"""Matches: totals beside the automaton's own path, with breaches worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import negotiation as ng
from negotiation.errors import UsageError
from negotiation.games.game import Game
from negotiation.games.strategies import Automaton, simulate
from negotiation.solution.play import Match, Moves, grim_trigger, match, play_out
from negotiation.solution.solution import Solution, solve
from tests.first_edition import first_edition

KEEP: Moves = (None, None)


def solved(slug: str, **settings: Any) -> Solution:
    return solve(ng.load(slug), **settings)


def walked(game: Game, strategies: Automaton, moves: list[Moves], periods: int, seed: int) -> list:
    """Walk the automaton by its definition; a twin of `play_out` that shares no code with it."""
    coins, at, found = np.random.default_rng(seed), 0, []
    for k in range(periods):
        state = strategies.states[at]
        done = [
            state.profile[i] if k >= len(moves) or moves[k][i] is None else moves[k][i]
            for i in (0, 1)
        ]
        found.append([float(game.payoffs[i][done[0]][done[1]]) for i in (0, 1)])
        alone = [i for i in (0, 1) if done[i] != state.profile[i]]
        if len(alone) == 1:
            at = state.after[alone[0]]
        elif len(state.then) == 1:
            at = state.then[0][0]
        else:
            reached, x = np.cumsum([share for _, share in state.then]), coins.random()
            at = state.then[int(np.searchsorted(reached, x * reached[-1], side="right"))][0]
    return found


def test_a_dilemma_with_one_breach_is_what_a_hand_works_out() -> None:
    # Cooperation pays 9; defecting once 10, then 3 for ever. Discount factor 3/4.
    found = play_out(match(solved("prisoners-dilemma")), [KEEP, KEEP, (None, 1)], 12)
    assert [t.payoffs[1] for t in found.turns] == [9, 9, 10] + [3] * 9
    assert found.totals == (9 + 9 + 1 + 27, 9 + 9 + 10 + 27)
    assert found.deal_totals == (108, 108)
    d = Fraction(3, 4)
    exact = (1 - d) * (9 + 9 * d + 10 * d**2) + d**3 * 3
    assert found.average is not None
    assert found.average[1] == pytest.approx(float(exact), abs=1e-12)
    assert found.turns[2].gain[1] == 1
    assert found.turns[2].later[1] == pytest.approx(18)  # 3/4 of (9 - 3) a period, summed


def test_a_stick_and_carrot_lets_the_breaker_return() -> None:
    # Collusion pays 10 each; firm 2 gets 15 at once by "medium", then on average 0.
    game = match(solved("abreu-cournot"), seed=3)
    assert game.strategies is not None
    assert game.strategies.kind == "stick and carrot"
    found = play_out(game, [(None, 1)], 40)
    assert found.turns[0].payoffs == (3, 15)
    assert found.turns[1].played == (2, 1)  # firm 1 floods the market
    assert found.turns[0].gain[1] == 5
    assert found.turns[0].later[1] == pytest.approx(0.35 / 0.65 * 10)
    back = next(t.period for t in found.turns[1:] if t.state == "path")
    assert found.totals[1] == 15 - 4 * (back - 1) + 10 * (40 - back)
    assert found.deal_totals[1] == 400


@pytest.mark.parametrize(
    "slug",
    ["prisoners-dilemma", "abreu-cournot", "chicken", first_edition("chips-for-rare-earths")],
)
@pytest.mark.parametrize("seed", [0, 7])
def test_totals_are_those_of_the_automaton_walked_by_hand(slug: str, seed: int) -> None:
    solution, draw = solved(slug), np.random.default_rng(seed)
    for name in dict.fromkeys(o.name for o in solution.outcomes if o.sustained):
        game = match(solution, against="yourself", outcome=name, seed=seed)
        assert game.strategies is not None
        shape = solution.game.shape
        moves: list[Moves] = [
            tuple(int(draw.integers(shape[i])) if draw.random() < 0.4 else None for i in (0, 1))  # type: ignore[misc]
            for _ in range(20)
        ]
        found = play_out(game, moves, 30)
        wanted = walked(solution.game, game.strategies, moves, 30, seed)
        assert [list(t.payoffs) for t in found.turns] == wanted
        assert found.totals == pytest.approx(np.sum(wanted, axis=0), rel=1e-12)
        kept = simulate(solution.game, game.strategies, 30, seed=seed)
        assert found.deal_totals == pytest.approx(np.sum([p.payoffs for p in kept], axis=0))


@pytest.mark.parametrize("slug", ["prisoners-dilemma", "abreu-cournot", "chicken", "stag-hunt"])
def test_nothing_beats_an_equilibrium(slug: str) -> None:
    solution, draw = solved(slug), np.random.default_rng(5)
    played = 0
    for name in dict.fromkeys(o.name for o in solution.outcomes if o.sustained):
        for player in solution.game.players:
            game = match(solution, player=player, outcome=name)
            i = game.people[0]
            assert game.equilibrium
            for _ in range(30):
                actions = draw.integers(solution.game.shape[i], size=10).tolist()
                moves: list[Moves] = [(a, None) if i == 0 else (None, a) for a in actions]
                found = play_out(game, moves, 10)
                gains = [t.gain[i] - t.later[i] for t in found.turns]
                assert max(gains) <= 1e-9
                if len(game.strategies.states[0].then) == 1 and "stick" not in game.strategies.kind:  # type: ignore[union-attr]
                    assert found.average[i] <= found.deal_average[i] + 1e-9  # type: ignore[index]
                played += 1
    assert played >= 60


def test_what_breaches_gain_and_cost_adds_up_to_the_average() -> None:
    """The discounted sum of what every breach brings, less what it costs, is the whole loss."""
    for slug in ("prisoners-dilemma", "chicken", first_edition("chips-for-rare-earths")):
        solution = solved(slug)
        d = float(solution.game.discount[1])
        n = solution.game.shape[1]
        found = play_out(match(solution), [(None, k % n) for k in range(9)], 9)
        net = sum(d**t.period * (t.gain[1] - t.later[1]) for t in found.turns)
        assert found.average is not None
        assert found.deal_average is not None
        lost = found.average[1] - found.deal_average[1]
        assert lost == pytest.approx((1 - d) * net, abs=1e-9)


def test_two_runs_with_one_seed_are_equal() -> None:
    solution = solved("abreu-cournot")
    for against in ("truce", "grim", "random"):
        one, two, other = (
            play_out(match(solution, against=against, seed=s), [(None, 1), (None, 2)], 25)
            for s in (4, 4, 5)
        )
        assert one.turns == two.turns
        if against == "random":
            assert one.turns != other.turns


def test_a_random_side_never_answers() -> None:
    solution = solved(first_edition("chips-for-rare-earths"))
    good, bad = (
        play_out(match(solution, against="random", seed=1), [(None, a)] * 30, 30) for a in (0, 4)
    )
    assert [t.played[0] for t in good.turns] == [t.played[0] for t in bad.turns]
    assert {t.played[0] for t in good.turns} == {0, 1, 2}
    assert all(t.later == (0, 0) for t in bad.turns)
    assert good.average is None


def test_grim_that_does_not_deter_is_no_equilibrium() -> None:
    hasty = match(solved("prisoners-dilemma"), against="grim", outcome="cooperation")
    assert hasty.equilibrium
    impatient = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.1)
    found = match(solve(impatient), against="grim", outcome="0 / 0")
    assert not found.equilibrium
    turn = play_out(found, [(None, 1)], 5).turns[0]
    assert turn.gain[1] == 1
    assert turn.later[1] == pytest.approx(6 / 9)  # .1 / .9 of 6


def test_grim_punishes_whoever_broke_it_with_that_sides_worst() -> None:
    solution = solved("chicken")
    found = grim_trigger(solution.game, solution.outcomes[0].profile)
    assert len(found.states) == 3
    for i in (0, 1):
        state = found.states[found.states[0].after[i]]
        cells = [o.profile for o in solution.outcomes if o.name == "one gives way"]
        assert solution.game.payoffs[i][state.profile] == min(
            solution.game.payoffs[i][c] for c in cells
        )


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"player": "Colum"}, "did you mean 'Column'?"),
        ({"against": "gim"}, "did you mean 'grim'?"),
        ({"outcome": "coop"}, "did you mean 'cooperation'?"),
    ],
)
def test_what_does_not_exist_is_named(how: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        match(solved("prisoners-dilemma"), **how)  # type: ignore[arg-type]


def test_a_deal_that_cannot_be_kept_up_says_why() -> None:
    hasty = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.1)
    with pytest.raises(UsageError, match=r"cannot be kept up at these numbers: .* these can"):
        match(solve(hasty), outcome="0 / 0")
    pennies = solved("matching-pennies")
    with pytest.raises(UsageError, match="expected --against random"):
        match(pennies)
    with pytest.raises(UsageError, match="without chance moves"):
        match(pennies, against="grim", outcome="heads / heads")


def test_without_a_deal_play_ends_with_the_last_move() -> None:
    game = match(solved("matching-pennies"), against="yourself")
    assert isinstance(game, Match)
    found = play_out(game, [(0, 0), (0, 1)], 12)
    assert len(found.turns) == 2
    assert [t.broke(0) for t in found.turns] == [False, False]
    assert found.average is None


@pytest.mark.parametrize(
    ("moves", "periods"), [([(None, 9)], 3), ([KEEP] * 4, 3), ([], 0), ([], 401)]
)
def test_impossible_matches_are_refused(moves: list[Moves], periods: int) -> None:
    with pytest.raises(UsageError):
        play_out(match(solved("prisoners-dilemma")), moves, periods)
