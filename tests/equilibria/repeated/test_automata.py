import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from negotiation.certificates import automaton as certify_automaton
from negotiation.certificates.automaton import check_automaton
from negotiation.equilibria.repeated.automata import (
    Automaton,
    State,
    simulate,
    state_values,
    sustain,
)
from negotiation.equilibria.repeated.automata import _assemble as assemble
from negotiation.equilibria.repeated.discounts.patience import slack
from negotiation.equilibria.repeated.payoff_set import PayoffSet, payoff_set, with_discount
from negotiation.equilibria.repeated.penal_codes import Move, candidates, mixture
from negotiation.errors import CertificateError, NearCriticalError, UsageError
from negotiation.games.game import Game
from negotiation.kernels.generation import Stage
from negotiation.solution.strategy_words import mermaid, table, words
from negotiation.solution.units import Units

PD = Game.from_tables(
    [[9, 1], [10, 3]],
    [[9, 10], [1, 3]],
    discount=0.75,
    players=("US", "China"),
    actions=(("license", "embargo"), ("supply", "cut")),
)
COURNOT = Game.from_tables(  # Abreu (1988), Econometrica 56: his three-output duopoly
    [[10, 3, 0], [15, 7, -4], [7, 5, -15]],
    [[10, 15, 7], [3, 7, 5], [0, -4, -15]],
    discount=0.35,
    players=("Firm 1", "Firm 2"),
    actions=(("low", "medium", "high"),) * 2,
)
MATCH = Game.from_tables([[5, 0], [0, 5]], [[5, 0], [0, 5]], discount=0.5)
# Integer games found by search, one for each shape of the optimal penal code.
BACK_BY_CHANCE = Game.from_tables(
    [[7, 5, 7], [8, 6, 1], [8, 3, 3]], [[1, 0, 1], [9, 0, 8], [9, 9, 1]], discount=0.5
)
BACK_IN_TIME = Game.from_tables(
    [[4, 7, 4], [8, 8, 6], [3, 3, 5]], [[6, 3, 3], [6, 4, 9], [2, 3, 2]], discount=0.5
)
NEVER_BACK = Game.from_tables(
    [[2, 0, 7], [1, 7, 1], [4, 6, 7]], [[4, 0, 9], [9, 4, 2], [1, 3, 0]], discount=0.5
)
TWO_WAYS = Game.from_tables(
    [[6, 5, 0], [7, 5, 1], [7, 4, 3]], [[4, 0, 1], [6, 5, 7], [5, 8, 7]], discount=0.5
)


def found(game: Game, profile: tuple[int, int]) -> Automaton:
    automaton = sustain(game, profile, payoff_set(game))
    assert automaton is not None
    return automaton


@cache
def _random_games() -> tuple[tuple[Game, PayoffSet], ...]:
    rng = np.random.default_rng(22)
    games = []
    for k in range(175):
        delta = (0.35, 0.5, 0.7, 0.9, 0.99)[k % 5]
        ties = k % 3 == 0
        payoffs = np.floor(6 * rng.random((2, 3, 3))) if ties else rng.random((2, 3, 3))
        games.append(Game(payoffs, np.array([delta, delta])))
    for k in range(40):
        payoffs = rng.random((2, 3, 3)) if k % 3 else np.floor(6 * rng.random((2, 3, 3)))
        games.append(Game(payoffs, rng.uniform(0.1, 0.8, size=2)))
    solved = []
    for game in games:
        try:
            solved.append((game, payoff_set(game)))
        except NearCriticalError:
            continue
    assert len(solved) >= 210
    return tuple(solved)


def _profiles() -> Iterator[tuple[Game, PayoffSet, tuple[int, int], float]]:
    """Every profile of every random game, with its margin in units of the payoff range."""
    for game, solved in _random_games():
        span = np.ptp(game.payoffs, axis=(1, 2))
        for a0, a1 in np.ndindex(game.shape):
            margin = -1.0
            if solved.min_spe_payoffs is not None:
                margin = float((slack(game, (a0, a1), solved.min_spe_payoffs) / span).min())
            yield game, solved, (a0, a1), margin


def test_every_sustained_profile_of_random_games_has_an_automaton_and_no_other_has() -> None:
    kinds: Counter[str] = Counter()
    skipped = 0
    for game, solved, profile, margin in _profiles():
        automaton = sustain(game, profile, solved)
        if -1e-9 <= margin < -1e-13:  # within the tolerance of either answer
            skipped += 1
            continue
        assert (automaton is not None) == (margin >= -1e-13), (game.payoffs, profile, margin)
        if automaton is not None:
            kinds[automaton.kind] += 1
            check_automaton(game, automaton)
            first = automaton.states[0]
            assert first.profile == profile
            assert first.then == ((0, 1.0),)
    assert set(kinds) == {"stage equilibrium", "grim", "stick and carrot", "optimal penal code"}
    assert min(kinds.values()) >= 5
    assert skipped == 0


def test_every_candidate_certifies_and_the_penal_code_leaves_a_deviator_the_worst_payoff() -> None:
    for game, solved, profile, margin in _profiles():
        if margin < 1e-9:
            continue
        low = game.payoffs.min(axis=(1, 2), keepdims=True)
        span = np.ptp(game.payoffs, axis=(1, 2), keepdims=True)
        stage = Stage.of((game.payoffs - low) / span, game.discount)
        deal = 3 * profile[0] + profile[1]
        every = list(candidates(stage, deal, solved.normalised.how))
        assert every[-1][0] in ("optimal penal code", "stage equilibrium")
        for kind, moves in every:
            automaton = assemble(game, kind, moves)
            check_automaton(game, automaton, tol=1e-10)
            roots = [automaton.states[k] for k in automaton.states[0].after]
            worst = [roots[0].value[0], roots[1].value[1]]
            if kind == "optimal penal code":
                np.testing.assert_allclose(worst, np.asarray(solved.min_spe_payoffs), atol=1e-9)


def test_only_reachable_states_are_kept_and_no_two_play_alike() -> None:
    for game, solved, profile, margin in _profiles():
        automaton = sustain(game, profile, solved) if margin >= 0 else None
        if automaton is None:
            continue
        states = automaton.states
        into = {0} | {k for s in states for k in (*s.after, *(to for to, _ in s.then))}
        assert into == set(range(len(states)))
        assert len({(s.profile, s.then, s.after) for s in states}) == len(states)
        assert len({s.name for s in states}) == len(states)
        for s in states:
            assert sum(p for _, p in s.then) == pytest.approx(1, abs=1e-14)
            assert [k for k, _ in s.then] == sorted({k for k, _ in s.then})
            assert len(s.then) <= 3


def test_exchanging_the_players_exchanges_the_automaton() -> None:
    for game, solved in _random_games()[1:160:7]:
        payoffs = game.payoffs[::-1].transpose(0, 2, 1)
        if (game.payoffs == game.payoffs.round()).all():
            continue  # ties are broken by the order of actions, which differs
        mirrored = Game(payoffs, game.discount[::-1].copy())
        mirror_set = payoff_set(mirrored)
        for a0, a1 in np.ndindex(3, 3):
            one, other = sustain(game, (a0, a1), solved), sustain(mirrored, (a1, a0), mirror_set)
            assert (one is None) == (other is None)
            if one is not None and other is not None and one.kind != "optimal penal code":
                assert one.kind == other.kind
                values = sorted(s.value for s in one.states)
                swapped = sorted((s.value[1], s.value[0]) for s in other.states)
                np.testing.assert_allclose(values, swapped, atol=1e-9)


@pytest.mark.parametrize(("scale", "shift"), [(1e6, 0.0), (1e-6, 0.0), (1.0, 1e6), (1e6, -1e6)])
@pytest.mark.parametrize("game", [PD, COURNOT, BACK_BY_CHANCE])
def test_scaling_and_shifting_payoffs_changes_nothing(
    game: Game, scale: float, shift: float
) -> None:
    plain = found(game, (0, 0))
    moved = found(Game(game.payoffs * scale + shift, game.discount), (0, 0))
    assert moved.kind == plain.kind
    for s, t in zip(plain.states, moved.states, strict=True):
        assert (s.profile, s.after) == (t.profile, t.after)
        np.testing.assert_allclose(np.array(s.then), np.array(t.then), atol=1e-9)
        np.testing.assert_allclose(
            np.array(s.value) * scale + shift, t.value, atol=1e-9 * scale + 1e-12 * abs(shift)
        )


def test_a_stage_equilibrium_needs_no_threat() -> None:
    automaton = found(PD, (1, 1))
    assert automaton == Automaton(
        "stage equilibrium", (State("path", (1, 1), (3.0, 3.0), ((0, 1.0),), (0, 0)),)
    )


def test_the_prisoners_dilemma_is_sustained_by_one_absorbing_state() -> None:
    automaton = found(PD, (0, 0))
    assert automaton.kind == "grim"
    assert automaton.states == (
        State("path", (0, 0), (9.0, 9.0), ((0, 1.0),), (1, 1)),
        State("punishment", (1, 1), (3.0, 3.0), ((1, 1.0),), (1, 1)),
    )


def test_an_unsustained_profile_has_none() -> None:
    assert sustain(PD, (0, 1), payoff_set(PD)) is None
    impatient = with_discount(PD, 0.1)
    assert sustain(impatient, (0, 0), payoff_set(impatient)) is None


def test_a_game_without_pure_equilibrium_sustains_nothing() -> None:
    pennies = Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], discount=0.3)
    assert all(sustain(pennies, a, payoff_set(pennies)) is None for a in np.ndindex(2, 2))


def test_a_deal_at_its_exact_critical_discount_factor_is_sustained() -> None:
    critical = with_discount(PD, 1 / 7)
    assert found(critical, (0, 0)).kind == "grim"
    below = with_discount(PD, 1 / 7 - 1e-8)
    assert sustain(below, (0, 0), payoff_set(below)) is None


def test_collusion_in_abreus_duopoly_takes_stick_and_carrot() -> None:
    automaton = found(COURNOT, (0, 0))
    assert automaton.kind == "stick and carrot"
    assert [(s.name, s.profile, s.after) for s in automaton.states] == [
        ("path", (0, 0), (1, 2)),
        ("punish Firm 1", (1, 2), (1, 2)),
        ("punish Firm 2", (2, 1), (1, 2)),
    ]
    # The harshest draw leaves the punished firm with its minmax payoff, 0.
    assert automaton.states[1].value == pytest.approx((0, 45 / 7))
    assert dict(automaton.states[1].then) == pytest.approx({0: 26 / 35, 1: 9 / 35})
    patient = found(with_discount(COURNOT, 0.5), (0, 0))
    assert all(len(s.then) == 1 for s in patient.states)
    assert found(with_discount(COURNOT, 0.7), (0, 0)).kind == "grim"


def test_one_harsh_period_is_preferred_to_a_public_draw() -> None:
    game = Game.from_tables(
        [[2, 5, 7], [7, 5, 0], [5, 4, 3]], [[3, 2, 1], [5, 7, 1], [4, 4, 4]], discount=0.5
    )
    states = found(game, (1, 0)).states
    assert [(s.profile, s.then) for s in states] == [
        ((1, 0), ((0, 1.0),)),
        ((0, 2), ((0, 1.0),)),
    ]


def test_the_threat_that_leaves_most_to_spare_is_chosen_and_then_the_last() -> None:
    harsh = Game.from_tables(
        [[5, 0, 0, 0], [6, 2, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]],
        [[5, 6, 0, 0], [0, 2, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]],
        discount=0.9,
    )
    assert found(harsh, (0, 0)).states[1].profile == (3, 3)


def test_two_stage_equilibria_punish_where_one_cannot() -> None:
    game = Game.from_tables(
        [[5, 0, 0], [7, 1, 0], [0, 0, 6]], [[5, 7, 0], [0, 6, 0], [0, 0, 1]], discount=0.6
    )
    automaton = found(game, (0, 0))
    assert automaton.kind == "grim"
    assert [(s.profile, s.after) for s in automaton.states] == [
        ((0, 0), (1, 2)),
        ((1, 1), (1, 1)),
        ((2, 2), (2, 2)),
    ]
    assert words(game, automaton)[1:3] == (
        "If Row does anything else, play moves to 1 / 1 for ever; "
        "if Column does, play moves to 2 / 2 for ever.",
        "Neither side gains by leaving a punishment, so the threat can be believed.",
    )


def test_a_player_with_nothing_to_gain_needs_no_punishment() -> None:
    # Column likes the deal best of all, and Row's temptation is deterred by (1, 1), which
    # Column prefers to the deal: only Row can be threatened with it.
    game = Game.from_tables([[5, 0], [6, 1]], [[5, 4], [0, 7]], discount=0.8)
    automaton = found(game, (0, 0))
    assert automaton.kind == "grim"
    assert [s.after for s in automaton.states] == [(1, 0), (1, 1)]
    assert words(game, automaton)[1] == (
        "If Row does anything else, play moves to 1 / 1 for ever; "
        "if Column does, the deal goes on, because nothing else pays."
    )
    assert words(game, automaton)[4] == (
        "Column would gain nothing by breaking the deal, not even at once."
    )


def test_state_values_solve_their_own_equations_at_two_discount_factors() -> None:
    game = with_discount(PD, np.array([0.6, 0.9]))
    then = [((0, 0.25), (1, 0.75)), ((0, 1.0),)]
    value = state_values(game, [(0, 0), (0, 1)], list(then))
    for i, delta in enumerate((0.6, 0.9)):
        now = [game.payoffs[i, 0, 0], game.payoffs[i, 0, 1]]
        for k in (0, 1):
            later = sum(p * value[to, i] for to, p in then[k])
            assert value[k, i] == pytest.approx((1 - delta) * now[k] + delta * later, abs=1e-13)


def test_states_that_play_alike_are_merged() -> None:
    moves = [
        Move(0, ((1, 1.0),), (2, 3)),
        Move(0, ((0, 1.0),), (3, 2)),
        Move(3, ((2, 0.5), (3, 0.5)), (2, 2)),
        Move(3, ((3, 1.0),), (3, 2)),
        Move(1, ((4, 1.0),), (4, 4)),
    ]
    automaton = assemble(PD, "grim", moves)
    assert automaton == found(PD, (0, 0))


def test_states_that_differ_only_in_what_follows_are_kept_apart() -> None:
    moves = [
        Move(0, ((0, 1.0),), (1, 1)),
        Move(3, ((2, 1.0),), (1, 1)),
        Move(3, ((3, 1.0),), (1, 1)),
        Move(3, ((0, 1.0),), (1, 1)),
    ]
    states = assemble(PD, "stick and carrot", moves).states
    assert [s.name for s in states] == ["path", "punishment 1", "punishment 2", "punishment 3"]
    assert [s.then[0][0] for s in states] == [0, 2, 3, 0]


def test_states_that_differ_only_in_how_they_punish_are_kept_apart() -> None:
    def count(first: tuple[int, int], second: tuple[int, int]) -> int:
        deal = Move(0, ((0, 1.0),), (1, 2))
        sticks = [Move(3, ((0, 1.0),), first), Move(3, ((0, 1.0),), second)]
        return len(assemble(PD, "stick and carrot", [deal, *sticks]).states)

    assert count((1, 1), (1, 1)) == 2
    assert count((1, 2), (1, 2)) == 2
    assert count((0, 1), (1, 2)) == 3


def test_strategies_that_fail_the_check_never_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    unpunished = [("grim", [Move(0, ((0, 1.0),), (0, 0))])]
    monkeypatch.setattr(
        "negotiation.equilibria.repeated.automata.candidates", lambda *_: iter(unpunished)
    )
    with pytest.raises(CertificateError, match="gains"):
        sustain(PD, (0, 0), payoff_set(PD))


def test_a_profile_or_a_payoff_set_of_another_game_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no profile \(2, 0\)"):
        sustain(PD, (2, 0), payoff_set(PD))
    with pytest.raises(UsageError, match="discount factors"):
        sustain(with_discount(PD, 0.5), (0, 0), payoff_set(PD))


def test_any_point_of_a_polygon_is_a_lottery_over_three_vertices_at_most() -> None:
    rng = np.random.default_rng(3)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
    ring = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    for apex in range(9):
        for point in rng.dirichlet(np.full(9, 0.3), size=40) @ ring:
            lottery = mixture(point, ring, apex)
            assert len(lottery) <= 3
            assert all(share > 0 for _, share in lottery)
            np.testing.assert_allclose(sum(p * ring[k] for k, p in lottery), point, atol=1e-12)
        assert mixture(ring[4], ring, apex) == ((4, 1.0),)
        middle = mixture(0.25 * ring[8] + 0.75 * ring[0], ring, apex)
        assert dict(middle) == pytest.approx({0: 0.75, 8: 0.25})


def test_points_and_segments_are_polygons_too() -> None:
    assert mixture(np.array([2.0, 3.0]), np.array([[2.0, 3.0]])) == ((0, 1.0),)
    segment = np.array([[0.0, 0.0], [1.0, 2.0]])
    assert mixture(np.array([0.25, 0.5]), segment) == ((0, 0.75), (1, 0.25))


# The certificate.


def test_the_certificate_shares_no_code_with_any_solver() -> None:
    tree = ast.parse(Path(certify_automaton.__file__).read_text(encoding="utf-8"))
    given = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    own = {module for module in given if module.startswith("negotiation")}
    assert own == {
        "negotiation.errors",
        "negotiation.games.game",
        "negotiation.games.strategies",
    }
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert names == {"numpy"}


def test_the_table_lists_every_deviation_with_its_gain() -> None:
    automaton = found(PD, (0, 0))
    gains = {(d.state, d.player, d.action): d.gain for d in check_automaton(PD, automaton)}
    assert gains == pytest.approx(
        {
            ("path", 0, 1): 0.25 * 10 + 0.75 * 3 - 9,
            ("path", 1, 1): 0.25 * 10 + 0.75 * 3 - 9,
            ("punishment", 0, 0): 0.25 * 1 + 0.75 * 3 - 3,
            ("punishment", 1, 0): 0.25 * 1 + 0.75 * 3 - 3,
        }
    )
    assert list(gains) == sorted(gains)


def test_gains_use_each_players_own_discount_factor() -> None:
    game = with_discount(PD, np.array([0.5, 0.9]))
    gains = [d.gain for d in check_automaton(game, found(game, (0, 0)))]
    assert gains[:2] == [pytest.approx(0.5 * 10 + 0.5 * 3 - 9), pytest.approx(1 + 2.7 - 9)]


def _changed(automaton: Automaton, k: int, **changes: Any) -> Automaton:
    states = list(automaton.states)
    states[k] = replace(states[k], **changes)
    return Automaton(automaton.kind, tuple(states))


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize(
    "changes",
    [
        {"profile": (0, 2)},
        {"profile": (2, 2)},
        {"value": (9.0, 9.0)},
        {"then": ((0, 0.9), (1, 0.1))},
        {"after": (0, 0)},
    ],
)
def test_a_tampered_automaton_fails(k: int, changes: dict[str, Any]) -> None:
    with pytest.raises(CertificateError):
        check_automaton(COURNOT, _changed(found(COURNOT, (0, 0)), k, **changes))


def test_a_tampered_transition_fails_even_with_honest_values() -> None:
    rng = np.random.default_rng(7)
    for game in (PD, COURNOT, BACK_BY_CHANCE, TWO_WAYS):
        honest = found(game, (0, 0) if game is not TWO_WAYS else (2, 1))
        caught = 0
        for _ in range(30):
            k = int(rng.integers(len(honest.states)))
            profile = divmod(int(rng.integers(9)), 3) if game.shape == (3, 3) else (0, 1)
            lie = _changed(honest, k, profile=profile)
            value = state_values(
                game, [s.profile for s in lie.states], [s.then for s in lie.states]
            )
            states = (replace(s, value=tuple(v)) for s, v in zip(lie.states, value, strict=True))
            lie = Automaton(lie.kind, tuple(states))
            try:
                check_automaton(game, lie)
            except CertificateError:
                caught += 1
        assert caught >= 10


def test_the_message_names_state_player_and_action() -> None:
    lie = _changed(found(PD, (0, 0)), 0, after=(1, 0))
    with pytest.raises(CertificateError, match=r"in state 'path' China gains 0\.25 by 'cut'"):
        check_automaton(PD, lie)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"profile": (0, 3)}, "no profile"),
        ({"profile": (-1, 0)}, "no profile"),
        ({"after": (1, 7)}, "does not exist"),
        ({"after": (1, -1)}, "does not exist"),
        ({"after": (1, 1, 1)}, "does not exist"),
        ({"then": ((5, 1.0),)}, "does not exist"),
        ({"then": ()}, "probabilities"),
        ({"then": ((0, 1.5), (1, -0.5))}, "probabilities"),
        ({"then": ((0, 0.5),)}, "probabilities"),
        ({"then": ((0, float("nan")),)}, "probabilities"),
        ({"value": (9.0, float("nan"))}, "claimed"),
        ({"value": (9.0, 9.0 + 1e-6)}, "claimed"),
    ],
)
def test_a_malformed_automaton_fails(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        check_automaton(PD, _changed(found(PD, (0, 0)), 0, **changes))


def test_no_states_and_batches_of_games_fail() -> None:
    with pytest.raises(CertificateError, match="single game"):
        check_automaton(PD, Automaton("grim", ()))
    batch = Game(np.stack([PD.payoffs, PD.payoffs]), PD.discount)
    with pytest.raises(CertificateError, match="single game"):
        check_automaton(batch, found(PD, (0, 0)))


def test_rounding_is_forgiven_in_proportion_to_the_payoff_range_and_no_more() -> None:
    for scale in (1e-6, 1.0, 1e6):
        for excess, passes in ((5e-10, True), (1e-8, False)):
            # At the critical discount factor the gain is exactly the excess temptation.
            p = PD.payoffs.copy()
            p[0, 1, 0] += excess * 9 / (6 / 7)
            game = Game(p * scale, np.array([1 / 7, 1 / 7]))
            honest = Automaton(
                "grim",
                (
                    State("path", (0, 0), (9 * scale, 9 * scale), ((0, 1.0),), (1, 1)),
                    State("punishment", (1, 1), (3 * scale, 3 * scale), ((1, 1.0),), (1, 1)),
                ),
            )
            if passes:
                check_automaton(game, honest)
            else:
                with pytest.raises(CertificateError, match="gains"):
                    check_automaton(game, honest)


def test_a_long_deviation_does_not_pay_either() -> None:
    """The certificate checks single deviations; here a deviator plans against the automaton."""
    for game in (COURNOT, BACK_BY_CHANCE, BACK_IN_TIME, NEVER_BACK):
        for profile in np.ndindex(game.shape):
            automaton = sustain(game, profile, payoff_set(game))
            if automaton is None:
                continue
            for i in (0, 1):
                best = _best_plan(game, automaton, i)
                told = [s.value[i] for s in automaton.states]
                np.testing.assert_allclose(best, told, atol=1e-8)


def _best_plan(game: Game, automaton: Automaton, i: int) -> list[float]:
    """Value iteration for one player against the other's part of the automaton."""
    delta = game.discount[i]
    value = [0.0] * len(automaton.states)
    for _ in range(200):
        after = list(value)
        for k, s in enumerate(automaton.states):
            options = []
            for action in range(game.shape[i]):
                done = (action, s.profile[1]) if i == 0 else (s.profile[0], action)
                later = sum(p * after[to] for to, p in s.then)
                if done != s.profile:
                    later = after[s.after[i]]
                options.append((1 - delta) * game.payoffs[(i, *done)] + delta * later)
            value[k] = float(max(options))
    return value


# Playing it out.


def test_a_deviation_is_punished_and_then_play_follows_the_automaton() -> None:
    patient = with_discount(COURNOT, 0.5)
    automaton = found(patient, (0, 0))
    plays = simulate(patient, automaton, 6, deviation=(2, 1, 1), seed=0)
    root = automaton.states[automaton.states[0].after[1]]
    assert [p.profile for p in plays] == [(0, 0), (0, 0), (0, 1), root.profile, (0, 0), (0, 0)]
    assert [p.deviator for p in plays] == [None, None, 1, None, None, None]
    assert [p.period for p in plays] == list(range(6))
    assert plays[2].payoffs == (3.0, 15.0)
    assert plays[2].state == 0
    assert plays[3].state == automaton.states[0].after[1]


def test_without_a_deviation_the_deal_is_kept() -> None:
    plays = simulate(PD, found(PD, (0, 0)), 3, seed=0)
    assert {(p.profile, p.payoffs, p.deviator) for p in plays} == {((0, 0), (9.0, 9.0), None)}
    same = simulate(PD, found(PD, (0, 0)), 3, deviation=(1, 0, 0), seed=0)
    assert same == plays


def test_lotteries_are_drawn_with_their_probabilities_and_repeat_with_the_seed() -> None:
    automaton = found(COURNOT, (0, 0))
    waits = []
    for seed in range(400):
        plays = simulate(COURNOT, automaton, 30, deviation=(0, 0, 1), seed=seed)
        waits.append(sum(p.state == 1 for p in plays))
        assert plays == simulate(COURNOT, automaton, 30, deviation=(0, 0, 1), seed=seed)
    assert np.mean(waits) == pytest.approx(35 / 26, abs=0.1)
    assert len(set(waits)) > 2


def test_average_payoffs_of_many_plays_are_the_values_of_the_states() -> None:
    automaton = found(BACK_BY_CHANCE, (0, 0))
    delta, total = 0.5, np.zeros(2)
    for seed in range(1500):
        plays = simulate(BACK_BY_CHANCE, automaton, 30, deviation=(0, 0, 1), seed=seed)
        total += sum((1 - delta) * delta**t * np.array(p.payoffs) for t, p in enumerate(plays[1:]))
    root = automaton.states[automaton.states[0].after[0]]
    np.testing.assert_allclose(total / 1500, root.value, atol=0.1)


@pytest.mark.parametrize("deviation", [(5, 0, 1), (-1, 0, 1), (0, 2, 1), (0, 0, 2), (0, 1, -1)])
def test_an_impossible_deviation_is_refused(deviation: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="period, player, action"):
        simulate(PD, found(PD, (0, 0)), 5, deviation=deviation, seed=0)


# For people.


def test_words_for_a_deal_kept_by_the_threat_of_rupture() -> None:
    assert words(PD, found(PD, (0, 0)), units=Units("quarter")) == (
        "Both keep to license / supply every quarter.",
        "If either side does anything else, play moves to embargo / cut for ever.",
        "Neither side gains by leaving a punishment, so the threat can be believed.",
        "By breaking the deal, US would be 1 better off at once and 6 worse off in every "
        "quarter after.",
        "By breaking the deal, China would be 1 better off at once and 6 worse off in every "
        "quarter after.",
    )
    assert words(PD, found(PD, (1, 1)), units=Units("quarter")) == (
        "Both keep to embargo / cut every quarter.",
        "Neither side gains in any quarter by doing anything else, so no threat is needed.",
    )


def test_words_for_one_harsh_period() -> None:
    patient = with_discount(COURNOT, 0.5)
    told = words(patient, found(patient, (0, 0)), units=Units("season"))
    assert re.fullmatch(
        r"If .* does anything else, play moves to \w+ / \w+ for one season, and then the deal "
        r"resumes.*\.",
        told[1],
    )
    assert "worse off in the season after." in told[3]


def test_words_for_a_public_draw() -> None:
    told = words(COURNOT, found(COURNOT, (0, 0)), units=Units("season"))
    assert told[1].startswith(
        "If Firm 1 does anything else, play moves to medium / high for as long as a public draw "
        "says: after each season the deal resumes with probability 74.3 %, after 1.35 seasons on "
        "average; if Firm 2 does, play moves to high / medium"
    )
    assert told[2] == "Whoever does not play its part in a punishment is punished for that in turn."
    assert told[3] == (
        "By breaking the deal, Firm 1 would be 5 better off at once and 14 worse off in each "
        "season until the deal resumes."
    )


@pytest.mark.parametrize(
    ("game", "profile", "text"),
    [
        (BACK_BY_CHANCE, (0, 0), "; the deal resumes with probability 85.7 %."),
        (BACK_IN_TIME, (1, 0), "; the deal resumes after 2.5 periods on average."),
        (NEVER_BACK, (2, 1), "; the deal never resumes."),
    ],
)
def test_words_for_a_longer_way_back(game: Game, profile: tuple[int, int], text: str) -> None:
    automaton = found(game, profile)
    told = words(game, automaton)
    assert automaton.kind == "optimal penal code"
    assert "and on from there as the table shows" in told[1]
    assert told[1].endswith(text)
    assert told[2] == "If either side does not play its part in this, it starts again."
    assert any("a period worse off from then on" in s for s in told[3:])


def test_why_a_punishment_is_carried_out_depends_on_what_follows_leaving_it() -> None:
    one_sided = Game.from_tables(
        [[3, 0, 8], [2, 6, 2], [8, 7, 5]], [[4, 5, 1], [0, 4, 9], [9, 8, 6]], discount=0.5
    )
    automaton = found(one_sided, (2, 1))
    assert automaton.states[0].after[0] == 0
    assert words(one_sided, automaton)[2] == (
        "Neither side gains by leaving a punishment, so the threat can be believed."
    )
    for_ever = Game.from_tables(
        [[2, 0, 7], [6, 0, 0], [7, 4, 7]], [[7, 8, 2], [4, 1, 0], [7, 6, 8]], discount=0.5
    )
    automaton = found(for_ever, (2, 0))
    assert [s.then for s in automaton.states] == [((k, 1.0),) for k in range(3)]
    assert words(for_ever, automaton)[2] == (
        "Whoever does not play its part in a punishment is punished for that in turn."
    )


def test_a_small_temptation_is_still_told() -> None:
    payoffs = PD.payoffs.copy()
    payoffs[0, 1, 0] = 9.001
    game = Game(payoffs, PD.discount)
    told = words(game, found(game, (0, 0)))
    assert told[3].startswith("By breaking the deal, Row would be 0.001 better off at once")


def test_a_way_back_without_draws_takes_a_certain_time() -> None:
    moves = [
        Move(0, ((0, 1.0),), (1, 1)),
        Move(3, ((2, 1.0),), (1, 1)),
        Move(3, ((0, 1.0),), (1, 1)),
    ]
    told = words(PD, assemble(PD, "stick and carrot", moves), units=Units("year"))
    assert told[1].endswith("; the deal resumes after 2 years.")


def test_words_are_two_to_five_sentences_for_every_automaton() -> None:
    for game, solved, profile, margin in _profiles():
        automaton = sustain(game, profile, solved) if margin >= 0 else None
        if automaton is not None:
            told = words(game, automaton)
            assert 2 <= len(told) <= 5
            assert all(s.endswith(".") and s[0].isupper() and "nan" not in s for s in told)


def test_large_numbers_are_written_in_full() -> None:
    big = Game(PD.payoffs * 1e6, PD.discount)
    assert (
        "1,000,000 better off at once and 6,000,000 worse off" in words(big, found(big, (0, 0)))[3]
    )


def test_the_table_shows_what_each_side_does_and_where_play_goes() -> None:
    rows = [" | ".join(row) for row in table(COURNOT, found(COURNOT, (0, 0)))]
    assert rows == [
        "state | Firm 1 | Firm 2 | paid now | worth from here on | next"
        " | if Firm 1 deviates | if Firm 2 deviates",
        "path | low | low | 10, 10 | 10, 10 | path | punish Firm 1 | punish Firm 2",
        "punish Firm 1 | medium | high | -4, 5 | 0, 6.43 | path 74.3 %, punish Firm 1 25.7 %"
        " | punish Firm 1 | punish Firm 2",
        "punish Firm 2 | high | medium | 5, -4 | 6.43, 0 | path 74.3 %, punish Firm 2 25.7 %"
        " | punish Firm 1 | punish Firm 2",
    ]


def test_the_diagram_has_every_state_and_every_arrow_once() -> None:
    assert mermaid(PD, found(PD, (0, 0))).splitlines() == [
        "stateDiagram-v2",
        '    state "path (license / supply)" as s0',
        '    state "punishment (embargo / cut)" as s1',
        "    [*] --> s0",
        "    s0 --> s0 : as agreed",
        "    s0 --> s1 : either side deviates",
        "    s1 --> s1 : whatever happens",
    ]
    assert mermaid(COURNOT, found(COURNOT, (0, 0))).splitlines()[4:] == [
        "    [*] --> s0",
        "    s0 --> s0 : as agreed",
        "    s0 --> s1 : Firm 1 deviates",
        "    s0 --> s2 : Firm 2 deviates",
        "    s1 --> s0 : 74.3 %",
        "    s1 --> s1 : 25.7 % or Firm 1 deviates",
        "    s1 --> s2 : Firm 2 deviates",
        "    s2 --> s0 : 74.3 %",
        "    s2 --> s1 : Firm 1 deviates",
        "    s2 --> s2 : 25.7 % or Firm 2 deviates",
    ]


@pytest.mark.parametrize("name", ['a"b', "a;b", "a:b", "a\nb", "%% a", "Direction LR", "{a}", "#"])
def test_names_that_mermaid_would_read_as_syntax_are_written_as_codes(name: str) -> None:
    game = replace(PD, players=(name, "B"), actions=(("x", name), ("y", "z")))
    lines = mermaid(game, found(game, (0, 0))).splitlines()
    assert len(lines) == 7
    for line in lines[1:]:
        assert re.fullmatch(
            r'    (state "[^":\n%{}]*" as s\d|\[\*\] --> s0|s\d --> s\d : [^:"\n]*)',
            re.sub(r"#\d+;", "", line),
        )
        assert not re.search(r"direction\s", line, re.IGNORECASE)
        decoded = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), line)
        assert "s1" not in line or decoded.count(name) <= 1
