"""The refinements against their definitions, asked on a grid of beliefs and mixtures."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from negotiation.equilibria.signalling.enumeration import equilibrium_cells, layout_of
from negotiation.equilibria.signalling.equilibria import solve_signalling
from negotiation.equilibria.signalling.refinements import undefeated
from negotiation.games.signalling_game import signalling_game
from tests.reference.signalling import random_game

STEPS = 2000


def mixed_best_replies(game, m, types):
    """Mixed best replies to the beliefs of a fine grid on two types, or to the one of a single."""
    rows = np.array([[float(v) for v in r[m]] for r in game.receiver])
    if len(types) == 1:
        grid = np.eye(2)[types]
    else:
        weights = np.linspace(0, 1, STEPS + 1)
        grid = np.column_stack([1 - weights, weights])
    pure = {int(np.argmax(mu @ rows)) for mu in grid}
    made = [np.eye(rows.shape[1])[a] for a in pure]
    if len(types) == 1:
        return made
    for a, b in combinations(sorted(pure), 2):
        gain = rows[:, a] - rows[:, b]
        if gain[0] * gain[1] >= 0:
            continue
        mu = np.array([-gain[1], gain[0]]) / (gain[0] - gain[1])
        if (mu @ rows).max() <= mu @ rows[:, a] + 1e-9:
            made += [
                (1 - w) * np.eye(rows.shape[1])[a] + w * np.eye(rows.shape[1])[b]
                for w in np.linspace(0, 1, STEPS + 1)
            ]
    return made


def plain_intuitive(game, m, values):
    every = mixed_best_replies(game, m, [0, 1])
    u = np.array([[float(v) for v in rows[m]] for rows in game.sender])
    left = [t for t in (0, 1) if values[t] <= max(u[t] @ alpha for alpha in every)]
    if not left:
        return True
    rest = mixed_best_replies(game, m, left)
    return not any(values[t] < min(u[t] @ alpha for alpha in rest) for t in left)


def plain_d1(game, m, values):
    every = mixed_best_replies(game, m, [0, 1])
    u = np.array([[float(v) for v in rows[m]] for rows in game.sender])
    gains = np.array([[u[t] @ alpha - values[t] for t in (0, 1)] for alpha in every])
    left = []
    for t in (0, 1):
        other = 1 - t
        weakly = gains[:, t] >= 0
        outdone = (gains[:, other] > 0).any() and (gains[weakly, other] > 0).all()
        if not outdone:
            left.append(t)
    left = left or [0, 1]
    return any(
        all(u[t] @ alpha <= values[t] for t in (0, 1))
        for alpha in mixed_best_replies(game, m, left)
    )


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 3, 2), (2, 2, 3)])
def test_both_criteria_agree_with_their_definitions_on_a_grid(shape):
    seen = set()
    for seed in range(1, 81, 2):  # odd seeds: no ties, so a grid decides
        game = random_game(seed, shape)
        for c in solve_signalling(game).classes:
            if any(low < high for low, high in c.payoffs):
                continue
            values = [float(low) for low, _ in c.payoffs]
            unsent = [m for m in range(len(game.messages)) if m not in c.sent]
            intuitive = all(plain_intuitive(game, m, values) for m in unsent)
            d1 = all(plain_d1(game, m, values) for m in unsent)
            assert (c.intuitive, c.d1) == tuple("all" if x else "none" for x in (intuitive, d1))
            seen.add((intuitive, d1))
    assert {(True, True), (False, False)} <= seen


def test_d1_is_at_least_as_demanding_as_the_intuitive_criterion():
    strength = {"none": 0, "some": 1, "all": 2}
    for seed in range(0, 60, 2):
        for c in solve_signalling(random_game(seed, (2, 2, 2))).classes:
            assert strength[c.d1] <= strength[c.intuitive]


def test_a_continuum_passes_in_part():
    half = signalling_game(
        {"weak": "1/2", "strong": "1/2"},
        {"beer": ["fight", "not"], "quiche": ["fight", "not"]},
        {"weak": {"beer": [0, 2], "quiche": [1, 3]}, "strong": {"beer": [1, 3], "quiche": [0, 2]}},
        {"weak": {"beer": [1, 0], "quiche": [1, 0]}, "strong": {"beer": [0, 1], "quiche": [0, 1]}},
    )
    beer, quiche = solve_signalling(half).classes
    # Where weak earns just 2 from quiche, beer could give it as much: then nothing tells who drank.
    assert (beer.intuitive, quiche.intuitive) == ("all", "some")


def test_an_equilibrium_that_another_improves_for_its_senders_is_defeated():
    # Both types save the cost of the signal by keeping quiet, and nothing is lost by it.
    game = signalling_game(
        {"low": "1/4", "high": "3/4"},
        {"signal": ["trust", "doubt"], "quiet": ["trust", "doubt"]},
        {"low": {"signal": [1, -1], "quiet": [2, 0]}, "high": {"signal": [1, -1], "quiet": [2, 0]}},
        {
            "low": {"signal": [-1, 0], "quiet": [-1, 0]},
            "high": {"signal": [1, 0], "quiet": [1, 0]},
        },
    )
    by_message = {c.sent: c.undefeated for c in solve_signalling(game).classes if len(c.sent) == 1}
    assert by_message == {(0,): "none", (1,): "all"}


def pure_equilibria(game):
    """Pure perfect Bayesian equilibria by trying all; each with the beliefs that a grid allows."""
    grid = np.linspace(0, 1, 401)
    values = np.array([[[float(v) for v in m] for m in t] for t in game.receiver])
    u = np.array([[[float(v) for v in m] for m in t] for t in game.sender])
    prior = float(game.prior[1])
    made = []
    for sends in product(range(2), repeat=2):
        for answers in product(range(2), repeat=2):
            earned = [u[t, sends[t], answers[sends[t]]] for t in (0, 1)]
            if any(u[t, m, answers[m]] > earned[t] for t in (0, 1) for m in (0, 1)):
                continue
            beliefs = {}
            for m in (0, 1):
                senders = [t for t in (0, 1) if sends[t] == m]
                if len(senders) == 1:
                    allowed = np.array([float(senders[0])])
                else:
                    allowed = np.array([prior]) if senders else grid
                scores = np.outer(1 - allowed, values[0, m]) + np.outer(allowed, values[1, m])
                best = scores[:, answers[m]] >= scores.max(axis=1) - 1e-9
                beliefs[m] = allowed[best]
            if all(len(b) for b in beliefs.values()):
                made.append((sends, answers, earned, beliefs))
    return made


def plain_undefeated(game, one, every):
    """Whether some and whether all beliefs of a pure equilibrium are undefeated, on the grid."""
    sends, _, earned, beliefs = one
    prior = [float(p) for p in game.prior]
    some = whole = True
    for m in {0, 1} - set(sends):
        fine = np.ones(len(beliefs[m]), dtype=bool)
        for other, _, gained, _ in every:
            users = [t for t in (0, 1) if other[t] == m]
            if not users or any(gained[t] < earned[t] for t in users):
                continue
            strict = [t for t in users if gained[t] > earned[t]]
            if not strict:
                continue
            lows, highs = [
                [prior[t] if t in strict else most * prior[t] if t in users else 0 for t in (0, 1)]
                for most in (0, 1)
            ]
            ends = sorted(w[1] / sum(w) for w in (lows, highs))
            fine &= (beliefs[m] >= ends[0] - 1e-9) & (beliefs[m] <= ends[1] + 1e-9)
        some, whole = some and bool(fine.any()), whole and bool(fine.all())
    return some, some and whole


def test_undefeated_agrees_with_its_definition_on_a_grid():
    seen = set()
    for seed in range(1, 160, 2):
        game = random_game(seed, (2, 2, 2))
        layout = layout_of(game)
        cells = list(equilibrium_cells(layout))
        every = pure_equilibria(game)
        known = {(one[0], one[1]): plain_undefeated(game, one, every) for one in every}
        for cell, answer in zip(cells, undefeated(layout, cells), strict=True):
            if answer is None:
                continue
            key = tuple(s[0] for s in cell.sends), tuple(f.responses[0] for f in cell.answers)
            assert known.pop(key) == answer
            seen.add(answer)
        assert not known
    assert {(True, True), (False, False)} <= seen
