"""Repeated games with known answers; `data/published_games.yaml` says where each one is from.

The prisoner's dilemma (9, 9), (1, 10), (10, 1), (3, 3) has a closed form at every common discount
factor d, with three thresholds (the middle one is a saddle-node: the quadrilateral appears at full
size, and just below it a plain iteration needs about pi / sqrt(distance) rounds to notice):

    d < 1/7                      the point (3, 3)
    1/7 <= d < sqrt(9072) - 95   the segment from (3, 3) to (9, 9)
    sqrt(9072) - 95 <= d < 1/4   (3, 3), (z, 3), (9, 9), (3, z)
    1/4 <= d                     (3, 3), (9.75, 3), (9, 9), (3, 9.75)

where z solves z = 9 + ((1 - d) + sqrt((1 - d)^2 - 48 + 192 d)) / 2.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from negotiation.equilibria.repeated.discounts.patience import (
    critical_discount,
    penal_threats,
)
from negotiation.equilibria.repeated.payoff_set import payoff_set, pure_minmax
from negotiation.games.game import Game
from tests.reference.payoff_sets import plain_hausdorff

ENTRIES = yaml.safe_load(
    Path(__file__)
    .parents[1]
    .joinpath("data")
    .joinpath("published_games.yaml")
    .read_text(encoding="utf-8")
)
BY_ID = {e["id"]: e for e in ENTRIES}
SETS = [(e["id"], s) for e in ENTRIES for s in e["sets"]]
CRITICAL = [(e["id"], c) for e in ENTRIES for c in e.get("critical", [])]


def game(name, delta=0.0):
    payoffs = np.moveaxis(np.array(BY_ID[name]["payoffs"], dtype=float), -1, 0)
    return Game(payoffs, np.asarray(delta))


def assert_set(found, expected, within=1e-7):
    expected = np.array(expected, dtype=float).reshape(-1, 2)
    assert found.vertices.shape == expected.shape
    turns = [np.roll(found.vertices, k, axis=0) for k in range(max(len(expected), 1))]
    assert min(np.abs(v - expected).max(initial=0.0) for v in turns) <= within
    assert found.gap <= within


@pytest.mark.parametrize(("name", "known"), SETS, ids=[f"{n}-{s['delta']:.4f}" for n, s in SETS])
def test_a_published_set_is_found_vertex_by_vertex(name, known):
    found = payoff_set(game(name, known["delta"]))
    assert found.status == known["status"]
    assert_set(found, known["vertices"])
    if known["vertices"]:
        lowest = np.min(known["vertices"], axis=0)
        np.testing.assert_allclose(found.min_spe_payoffs, lowest, atol=1e-7)
    else:
        assert found.min_spe_payoffs is None


@pytest.mark.parametrize(
    ("name", "known"), CRITICAL, ids=[f"{n}-{c['profile']}" for n, c in CRITICAL]
)
def test_a_published_threshold_is_found(name, known):
    g, profile = game(name), tuple(known["profile"])
    stable = [p for p in np.ndindex(g.shape) if critical_discount(g, p, g.payoffs[:, *p]) == 0]
    worst = np.min([g.payoffs[:, *p] for p in stable], axis=0)
    reversion = critical_discount(g, profile, worst)
    assert reversion == pytest.approx(known["nash_reversion"], abs=1e-9)
    penal = critical_discount(g, profile, penal_threats(g))
    assert penal == pytest.approx(known["penal_codes"], abs=1e-9)


# ---------------------------------------------------------------- Abreu's Cournot game in detail


def test_each_firm_can_be_held_to_nothing_from_a_quarter_on():
    """By hand: the harshest code yields 0 from 1/4 on; below, punishments lose their bite."""
    np.testing.assert_allclose(
        payoff_set(game("abreu-cournot", 0.25)).min_spe_payoffs, 0, atol=1e-9
    )
    below = payoff_set(game("abreu-cournot", 0.25 - 1e-6)).min_spe_payoffs
    assert (below > 1e-7).all()
    assert pure_minmax(game("abreu-cournot")).tolist() == [0, 0]


def test_both_firms_are_held_to_nothing_at_once_from_three_fifths_on():
    """By hand: produce high today, loss 15, then (10, 10) for ever: 15 (1 - d) <= 10 d."""
    at = payoff_set(game("abreu-cournot", 0.6)).vertices
    assert np.abs(at).sum(axis=1).min() <= 1e-9
    below = payoff_set(game("abreu-cournot", 0.6 - 1e-6)).vertices
    assert np.abs(below).sum(axis=1).min() > 1e-7


# ---------------------------------------------------------------- the closed form

SADDLE = np.sqrt(9072) - 95
THRESHOLDS = {"one seventh": 1 / 7, "the saddle-node": SADDLE, "one quarter": 0.25}


def closed_form(d):
    if d < 1 / 7:
        return "point", [[3, 3]]
    if d < SADDLE:
        return "segment", [[3, 3], [9, 9]]
    z = 9.75
    if d < 0.25:
        z = 9 + ((1 - d) + np.sqrt((1 - d) ** 2 - 48 + 192 * d)) / 2
    return "polygon", [[3, 3], [z, 3], [9, 9], [3, z]]


@pytest.mark.parametrize("distance", [1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize("side", [-1, 1], ids=["below", "above"])
@pytest.mark.parametrize("threshold", THRESHOLDS.values(), ids=THRESHOLDS)
def test_the_closed_form_holds_on_both_sides_of_each_threshold(threshold, side, distance):
    d = threshold + side * distance
    status, vertices = closed_form(d)
    found = payoff_set(game("prisoners-dilemma", d))
    assert found.status == status
    assert_set(found, vertices)


@pytest.mark.parametrize("d", [*np.linspace(0, 0.99, 23).tolist(), 1 / 7, 0.25, 0.9999])
def test_the_closed_form_holds_over_the_whole_range(d):
    status, vertices = closed_form(d)
    found = payoff_set(game("prisoners-dilemma", d))
    assert found.status == status
    assert_set(found, vertices)


def test_a_set_that_a_hair_less_patience_destroys_is_called_near_critical():
    assert payoff_set(game("prisoners-dilemma", 1 / 7)).near_critical
    assert not payoff_set(game("prisoners-dilemma", 1 / 7 + 1e-3)).near_critical
    assert not payoff_set(game("prisoners-dilemma", 0.25)).near_critical


def test_the_quadrilateral_at_the_middle_threshold_is_full_size():
    found = payoff_set(game("prisoners-dilemma", SADDLE + 1e-6))
    expected = closed_form(SADDLE + 1e-6)[1]
    assert plain_hausdorff(found.vertices, np.array(expected, dtype=float)) <= 1e-7
    assert found.vertices.max() > 9.37
