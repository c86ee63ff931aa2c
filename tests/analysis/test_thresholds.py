"""Values of one number at which a truce is made or broken."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.closed_forms import ClosedForm
from negotiation.analysis.thresholds import flips, patience_rules
from negotiation.equilibria.repeated.discounts.patience import patience_needed
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.payoff_file import load, loads
from tests.first_edition import first_edition

FLAGSHIP = load(first_edition("chips-for-rare-earths"))

DILEMMA = """
title: A dilemma with a temptation to choose
parameters:
  T: {value: 10, range: [9.5, 40], unit: points, meaning: temptation, grade: assumed}
  d: {value: 0.75, range: [0, 0.99], unit: per period, meaning: patience, grade: assumed}
players:
  Row: {actions: [C, D], discount: d}
  Column: {actions: [C, D], discount: 0.9}
payoffs: {Row: [[9, 1], [T, 3]], Column: [[9, 10], [1, 3]]}
outcomes:
  cooperation: {profiles: [[C, C]], truce: true}
  conflict: {profiles: [[D, D]]}
"""


def sustained(profile: tuple[int, int], **settings: float) -> bool:
    game = FLAGSHIP.game(**settings)
    threats = payoff_set(game).min_spe_payoffs
    assert threats is not None
    return bool((patience_needed(game, profile, threats) <= game.discount + 1e-12).all())


def test_every_flip_of_the_flagship_is_one() -> None:
    found = flips(FLAGSHIP)
    assert len(found) >= 10
    for flip in found[::3]:
        step = 1e-5 * max(1.0, abs(flip.at))
        assert sustained(flip.profile, **{flip.parameter: flip.at + step}) == flip.holds_above
        assert sustained(flip.profile, **{flip.parameter: flip.at - step}) != flip.holds_above
        low, high = next(p.range for p in FLAGSHIP.parameters if p.name == flip.parameter)
        assert low <= flip.at <= high


def test_the_critical_substitution_of_each_truce_is_found() -> None:
    at = {
        f.outcome: (f.at, FLAGSHIP.players[f.player]) for f in flips(FLAGSHIP) if f.parameter == "s"
    }
    assert at["managed truce"] == (pytest.approx(0.5450617283950616, abs=1e-9), "China")
    assert at["open trade"] == (pytest.approx(0.72037037037, abs=1e-9), "China")


def test_a_constraint_that_is_met_while_the_other_fails_is_no_flip() -> None:
    # At this patience the US breaks the managed truce whatever China does, so no number that only
    # China's constraint turns on is a threshold; s = .545 was one.
    found = [f for f in flips(FLAGSHIP, {"patience_us": 0.05}) if f.outcome == "managed truce"]
    assert {f.player for f in found} == {0}
    assert "s" not in {f.parameter for f in found}


def test_patience_rules_name_the_tempted_player_and_match_the_arithmetic() -> None:
    rules = {
        (r.outcome, FLAGSHIP.players[r.player]): r.rule.numeric for r in patience_rules(FLAGSHIP)
    }
    # China in the managed truce: (14.28 - 8.18) / (14.28 - 6.6).
    assert rules["managed truce", "China"] == pytest.approx(6.1 / 7.68, abs=1e-9)
    # The US in open trade: (0 + 15.2) / (0 + 28).
    assert rules["open trade", "US"] == pytest.approx(15.2 / 28, abs=1e-9)
    assert rules["standoff", "China"] is None


def test_formulas_say_the_same_as_the_numbers() -> None:
    model = loads(DILEMMA)
    found = {f.parameter: f for f in flips(model, formulas=True)}
    assert set(found) == {"T", "d"}
    # Row cooperates while (T - 9) / (T - 3) <= d: T <= (9 - 3 d) / (1 - d) = 27 at d = 3/4.
    assert found["T"].at == pytest.approx(27.0, abs=1e-9)
    assert not found["T"].holds_above
    assert found["d"].at == pytest.approx(1 / 7, abs=1e-9)
    for flip in found.values():
        assert isinstance(flip.rule, ClosedForm)
        assert flip.rule.value == pytest.approx(flip.at, abs=1e-9)


def test_without_truces_nothing_flips() -> None:
    model = loads(DILEMMA.replace(", truce: true", ""))
    assert flips(model) == ()
    assert patience_rules(model) == ()


def test_settings_move_the_thresholds() -> None:
    one = {(f.outcome, f.parameter): f.at for f in flips(FLAGSHIP, {"patience_cn": 0.95})}
    # 1 - needs: (5 (F (1 - r) - X - c) / (3 d) = V - b - s (K + V)) solved for s at d = 0.95.
    s = (50 - 6 - 5 * (12 * 0.8 - 0.5 - 3) / (3 * 0.95)) / 60
    assert one["managed truce", "s"] == pytest.approx(s, abs=1e-9)
    assert np.isfinite(list(one.values())).all()
