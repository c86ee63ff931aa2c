"""Followers' choices against a plain recursive solver, ties and conditions included."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.payoff_file import load, loads
from negotiation.payoff_file.backward_induction import induce


def answer(payoffs, asked, cell, history=()):
    """Solve one cell by recursion: the path of choices, and which of them are ties."""
    k = len(history)
    if k == len(payoffs):
        return (), ()
    sizes = payoffs[0].shape[: len(payoffs)]
    branches = []
    for choice in range(sizes[k]):
        path, ties = answer(payoffs, asked, cell, (*history, choice))
        end = (*history, choice, *path)
        branches.append((float(payoffs[k][(*end, *cell)]), (choice, *path), ties))
    if not asked[k][(*history, *cell)]:
        _, path, ties = branches[0]
        return path, (False, *ties)
    best = max(worth for worth, _, _ in branches)
    as_good = [b for b in branches if b[0] == best]
    return as_good[0][1], (len(as_good) > 1, *as_good[0][2])


@pytest.mark.parametrize("spread", [2, 50])
def test_three_followers_in_a_3_x_6_stage_agree_with_recursion_on_1000_games(spread):
    draw = np.random.default_rng(spread)
    sizes, games = (2, 3, 2), 500
    payoffs = [draw.integers(0, spread, (*sizes, games, 3, 6)).astype(float) for _ in sizes]
    asked = [draw.random((*sizes[:k], games, 3, 6)) < 0.8 for k in range(3)]
    found = induce(payoffs, asked)
    tied = 0
    for point, a, b in product(range(games), range(3), range(6)):
        path, ties = answer(payoffs, asked, (point, a, b))
        assert tuple(int(c[point, a, b]) for c in found.chosen) == path
        assert tuple(bool(t[point, a, b]) for t in found.tied) == ties
        tied += any(ties)
    assert (tied > games * 5) == (spread == 2)
    assert tied > 0


def test_one_follower_takes_the_best_and_of_equals_the_first():
    worth = np.array([1.0, 3.0, 3.0, 2.0]).reshape(4, 1, 1, 1)
    found = induce([worth], [np.ones((1, 1, 1), bool)])
    assert found.chosen[0].tolist() == [[[1]]]
    assert found.tied[0].tolist() == [[[True]]]


def test_rounding_is_a_tie_and_a_difference_is_not():
    worth = np.array([0.3, 0.1 + 0.2]).reshape(2, 1, 1, 1)
    yes = [np.ones((1, 1, 1), bool)]
    assert induce([worth], yes).chosen[0].item() == 0
    assert induce([worth], yes).tied[0].item()
    worth = np.array([0.3, 0.3 + 1e-9]).reshape(2, 1, 1, 1)
    assert induce([worth], yes).chosen[0].item() == 1
    assert not induce([worth], yes).tied[0].item()


FILE = """\
title: Three who answer
parameters:
  p: {{value: 2, range: [-5, 5], unit: points, grade: assumed, meaning: a number}}
players:
  Row:
    discount: 0.5
    actions: {{a: {{x: 0}}, b: {{x: 1}}, c: {{x: 3}}}}
  Column:
    discount: 0.5
    actions: {{d: {{y: 2}}, e: {{y: 1}}}}
followers:
  One:
    choices: {{no: {{f: 0}}, yes: {{f: p}}}}
    payoff: {one}
  Two:
    choices: {{low: {{g: 1}}, mid: {{g: 2}}, high: {{g: 4}}}}
    payoff: {two}
    when: f + x
  Three:
    choices: {{out: {{h: 0}}, into: {{h: 1}}}}
    payoff: {three}
    when: seen
definitions:
  seen: x + y*f - 2
  all: f + g + h
payoffs:
  Row: all*x + {row}
  Column: [[g, h + {column}], [f*y, all], [x*g, p]]
"""

terms = st.lists(
    st.tuples(
        st.integers(-3, 3), st.sampled_from(["f", "g", "h", "x", "y", "f*g", "g*h", "f*x", "all"])
    ),
    min_size=1,
    max_size=4,
).map(lambda pairs: " + ".join(f"({n})*{name}" for n, name in pairs))


def by_hand(texts, p):
    """Solve a file of the kind above with Python's own arithmetic."""
    f_values, g_values, h_values = (0, p), (1, 2, 4), (0, 1)
    out = {}
    for (a, x), (b, y) in product(enumerate((0, 1, 3)), enumerate((2, 1))):

        def value(text, f, g, h, x=x, y=y):
            names = {"f": f, "g": g, "h": h, "x": x, "y": y, "p": p, "all": f + g + h}
            return eval(text, {}, names)

        def third(f, g, x=x, y=y, value=value):
            if x + y * f - 2 == 0:
                return 0
            worth = [value(texts["three"], f, g, into) for into in h_values]
            return h_values[worth.index(max(worth))]

        def second(f, x=x, value=value, third=third):
            if f + x == 0:
                return 1
            worth = [value(texts["two"], f, g, third(f, g)) for g in g_values]
            return g_values[worth.index(max(worth))]

        ends = [(f, second(f), third(f, second(f))) for f in f_values]
        worth = [value(texts["one"], *end) for end in ends]
        end = ends[worth.index(max(worth))]
        f, g, h = end
        cells = [[g, h + value(texts["column"], *end)], [f * y, f + g + h], [x * g, p]]
        row = (f + g + h) * x + value(texts["row"], *end)
        out[a, b] = end, (row, cells[a][b])
    return out


@given(st.fixed_dictionaries(dict.fromkeys(("one", "two", "three", "row", "column"), terms)),
       st.integers(-5, 5))  # fmt: skip
def test_files_with_followers_agree_with_pythons_own_arithmetic(texts, p):
    model = loads(FILE.format(**texts))
    game = model.game(p=p)
    for (a, b), (end, payoffs) in by_hand(texts, p).items():
        assert game.payoffs[:, a, b].tolist() == list(payoffs)
        assert game.exact is not None
        assert [game.exact[i][a][b] for i in (0, 1)] == list(payoffs)
        chosen = [int(c[0, a, b]) for c in model.answers(p=p).chosen]
        values = [(0, p)[chosen[0]], (1, 2, 4)[chosen[1]], (0, 1)[chosen[2]]]
        assert values == list(end)


def test_a_batch_is_its_points_one_by_one():
    model = load("congress-and-firms")
    draw = np.random.default_rng(1)
    names = ("clash", "E_c", "elsewhere", "edge", "pressure", "s", "strings")
    spans = {p.name: p.range for p in model.parameters}
    batch = {n: draw.uniform(*spans[n], (5, 4)) for n in names}
    whole = model.game(**batch)
    seen = set()
    for k in np.ndindex(5, 4):
        one = {n: v[k] for n, v in batch.items()}
        np.testing.assert_allclose(model.game(**one).payoffs, whole.payoffs[k], rtol=1e-12)
        seen |= {tuple(c.ravel()) for c in model.answers(**one).chosen}
    assert len(seen) > 6


def test_large_batches_are_cut_into_runs(monkeypatch):
    model = load("congress-and-firms")
    clash = np.linspace(0, 40, 50)
    whole = model.game(clash=clash).payoffs
    monkeypatch.setattr("negotiation.payoff_file.model.POINTS_AT_ONCE", 20)
    np.testing.assert_array_equal(model.game(clash=clash).payoffs, whole)
