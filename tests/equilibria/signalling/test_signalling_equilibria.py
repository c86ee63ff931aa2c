"""Signalling games with known answers, and what must not change them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.certificates.signalling import check_signalling
from negotiation.equilibria.signalling.enumeration import equilibrium_cells, layout_of
from negotiation.equilibria.signalling.equilibria import assessment, solve_signalling
from negotiation.equilibria.signalling.thresholds import belief_thresholds
from negotiation.errors import GameError
from negotiation.games.signalling_game import signalling_game
from tests.reference.signalling import plain_cells, random_game

ENTRIES = yaml.safe_load(
    Path(__file__).parents[2].joinpath("data", "signalling_games.yaml").read_text(encoding="utf-8")
)
WITHIN = 1e-9


def interval(value):
    return value if isinstance(value, list) else [value, value]


def game_of(entry):
    parts = entry["game"]
    return signalling_game(parts["prior"], parts["responses"], parts["sender"], parts["receiver"])


def class_of(found, expected):
    """The one class of that kind in which each type uses the messages named."""
    game = found.game
    wanted = {
        t: {m for m in game.messages if m in expected["sends"].get(t, {})} for t in game.types
    }
    matching = [
        c
        for c in found.classes
        if c.kind == expected["kind"]
        and all(
            {m for m, (_, high) in zip(game.messages, row, strict=True) if high > 0} >= wanted[t]
            for t, row in zip(game.types, c.sends, strict=True)
        )
    ]
    assert len(matching) == 1
    return matching[0]


def assert_interval(found, expected):
    assert [float(x) for x in found] == pytest.approx(interval(expected), abs=WITHIN)


@pytest.mark.parametrize("entry", ENTRIES, ids=[e["id"] for e in ENTRIES])
def test_a_game_with_a_known_answer_is_answered_so(entry):
    game = game_of(entry)
    found = solve_signalling(game)
    if "cells" in entry:
        assert found.cells == entry["cells"]
        assert len(found.classes) == len(entry["classes"])
    for expected in entry["classes"]:
        own = class_of(found, expected)
        for t, rows in expected["sends"].items():
            for m, value in rows.items():
                assert_interval(own.sends[game.types.index(t)][game.messages.index(m)], value)
        for t, value in expected.get("payoffs", {}).items():
            assert_interval(own.payoffs[game.types.index(t)], value)
        for m, row in expected.get("responses", {}).items():
            k = game.messages.index(m)
            for a, value in row.items():
                assert_interval(own.responses[k][game.responses[k].index(a)], value)
        for m, row in expected.get("beliefs", {}).items():
            for t, value in row.items():
                assert_interval(own.beliefs[game.messages.index(m)][game.types.index(t)], value)
        if "receiver_payoff" in expected:
            assert_interval(own.receiver_payoff, expected["receiver_payoff"])
        for name in ("intuitive", "d1"):
            assert getattr(own, name) == expected.get(name, getattr(own, name))


def test_the_receiver_changes_its_mind_at_the_belief_known_for_it():
    entry = next(e for e in ENTRIES if "threshold" in e)
    game, known = game_of(entry), entry["threshold"]
    for found in belief_thresholds(game):
        assert float(found.belief) == pytest.approx(known["belief"], abs=1e-12)
    assert [game.messages[b.message] for b in belief_thresholds(game)] == ["demo", "quiet"]


SHAPES = [((2, 2, 2), 24), ((2, 2, 3), 6), ((3, 2, 2), 4)]


@pytest.mark.parametrize("seed", range(max(n for _, n in SHAPES)))
def test_the_same_cells_are_found_by_linear_programs(seed):
    for shape, count in SHAPES:
        if seed >= count:
            continue
        game = random_game(seed, shape)
        found = list(equilibrium_cells(layout_of(game)))
        keys = {(c.sends, tuple(face.responses for face in c.answers)) for c in found}
        assert len(keys) == len(found)
        assert keys == plain_cells(game)


@pytest.mark.parametrize("seed", range(12))
def test_a_point_inside_every_cell_is_an_equilibrium_by_the_definition(seed):
    game = random_game(seed, (3, 3, 2))
    layout = layout_of(game)
    for cell in equilibrium_cells(layout):
        earned, received = check_signalling(game, *assessment(layout, cell))
        assert len(earned) == 3
        assert min(map(min, (row for t in game.receiver for row in t))) <= received


def summary(found, game, undo=lambda x: x):
    """Everything a class says, by name, so that order does not matter."""
    made = []
    for c in found.classes:
        sends = {
            (t, m): tuple(v)
            for t, row in zip(game.types, c.sends, strict=True)
            for m, v in zip(game.messages, row, strict=True)
        }
        answers = {
            (m, a): tuple(v)
            for m, names, row in zip(game.messages, game.responses, c.responses, strict=True)
            for a, v in zip(names, row, strict=True)
        }
        beliefs = {
            (m, t): tuple(v)
            for m, row in zip(game.messages, c.beliefs, strict=True)
            for t, v in zip(game.types, row, strict=True)
        }
        payoffs = {t: tuple(undo(x) for x in v) for t, v in zip(game.types, c.payoffs, strict=True)}
        parts = (sends, answers, beliefs, payoffs)
        made.append(
            (c.kind, *(tuple(sorted(p.items())) for p in parts), c.intuitive, c.d1, c.undefeated)
        )
    return sorted(made)


def moved(game, factor, shift):
    def tables(old):
        return tuple(tuple(tuple(factor * v + shift for v in r) for r in rows) for rows in old)

    return replace(game, sender=tables(game.sender), receiver=tables(game.receiver))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), large=st.booleans())
def test_scaling_or_shifting_payoffs_changes_nothing(seed, large):
    game = random_game(seed, (2, 2, 3))
    factor, shift = (Fraction(10**6), Fraction(0)) if large else (Fraction(1), Fraction(10**6))
    first = summary(solve_signalling(game), game)
    other = moved(game, factor, shift)
    assert first == summary(solve_signalling(other), other, lambda v: (v - shift) / factor)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_relabelling_types_messages_and_responses_changes_nothing(seed):
    game = random_game(seed, (3, 2, 2))

    def turned(old):
        return tuple(
            tuple(tuple(reversed(row)) for row in reversed(rows)) for rows in reversed(old)
        )

    other = replace(
        game,
        types=game.types[::-1],
        messages=game.messages[::-1],
        responses=tuple(names[::-1] for names in reversed(game.responses)),
        prior=game.prior[::-1],
        sender=turned(game.sender),
        receiver=turned(game.receiver),
    )
    assert summary(solve_signalling(game), game) == summary(solve_signalling(other), other)


def test_a_type_without_a_chance_leaves_a_game_of_complete_information():
    parts = ENTRIES[0]["game"]
    game = signalling_game(
        {"weak": 0, "strong": 1}, parts["responses"], parts["sender"], parts["receiver"]
    )
    assert game.types == ("strong",)
    assert game.excluded == ("weak",)
    (only,) = [c for c in solve_signalling(game).classes if c.sent == (0,)]
    assert [float(v) for v in only.payoffs[0]] == [3, 3]


def test_a_game_too_large_to_look_through_says_what_to_cut():
    game = random_game(0, (6, 6, 2))
    with pytest.raises(GameError, match=r"have fewer (types|messages)"):
        solve_signalling(game)


def test_a_game_that_leaves_everything_open_is_refused_instead_of_listed():
    flat = replace(
        random_game(0, (3, 3, 3)),
        sender=(((Fraction(0),) * 3,) * 3,) * 3,
        receiver=(((Fraction(0),) * 3,) * 3,) * 3,
    )
    with pytest.raises(GameError, match="leave nearly everything open"):
        solve_signalling(flat)
