import subprocess
import sys

import numpy as np
import pytest

from negotiation.analysis import closed_forms as closed_form
from negotiation.analysis import constraint as algebra
from negotiation.analysis.closed_forms import (
    ClosedForm,
    NoClosedForm,
    critical_parameter_formula,
    critical_patience_formula,
)
from negotiation.analysis.constraint import Condition
from negotiation.equilibria.repeated.discounts.patience import slack
from negotiation.equilibria.stage.risk_dominance import critical_belief
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.payoff_file.formulas.formula import evaluate, parse
from tests.first_edition import first_edition

TRUCE, OPEN, RUPTURE = (1, 0), (0, 0), (2, 4)
CHINA = Condition(TRUCE, 1, RUPTURE)


@pytest.fixture(scope="module")
def flagship():
    return load(first_edition("chips-for-rare-earths"))


@pytest.fixture(scope="module")
def by_substitution(flagship):
    return critical_parameter_formula(flagship, "s", CHINA)


def dilemma(temptation="T", mutual="9", parameters="", discount="0.75"):
    """A dilemma whose first player's payoffs are formulas of T in [1, 30], 10 in the file."""
    return loads(f"""
title: A dilemma
parameters:
  T: {{value: 10, range: [1, 30], unit: u, meaning: m, grade: assumed}}
  P: {{value: 3, range: [0, 5], unit: u, meaning: m, grade: assumed}}
{parameters}
players:
  Row: {{actions: [C, D], discount: {discount}}}
  Column: {{actions: [C, D], discount: 0.75}}
payoffs:
  Row: [["{mutual}", 1], ["{temptation}", P]]
  Column: [[9, 10], [1, 3]]
""")


# --- patience ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "player", "formula", "value"),
    [
        # (F(1-r) - c - X) / (.6 (V(1-s) - b - K s)) = (9.6-3-.5) / (.6 (24-6-5.2)) = 6.1/7.68
        (TRUCE, 1, "(F*(1-r) - c - X)/(0.6*(V*(1-s) - b - K*s))", 6.1 / 7.68),
        # (9.6-3-.5) / (24-5.2) = 6.1/18.8
        (OPEN, 1, "(F*(1-r) - c - X)/(V*(1-s) - K*s)", 6.1 / 18.8),
        # (40*.48 + 2 - .5*25*.48) / (35*.8) = 15.2/28
        (OPEN, 0, "(E*(1-s) + H - omega*M*(1-s))/(W*(1-r))", 15.2 / 28),
        # 2.112/28
        (
            TRUCE,
            0,
            "0.6*(E*(1-s)*(1-gamma) + H/1 - omega*M*(1-s) - fee*M*(1-s)/margin)/(W*(1-r))",
            2.112 / 28,
        ),
    ],
)
def test_the_flagships_patience_has_the_formula_found_by_hand(
    flagship, cell, player, formula, value
):
    found = critical_patience_formula(flagship, cell, player, RUPTURE)
    assert isinstance(found, ClosedForm)
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.numeric == pytest.approx(value, abs=1e-12)
    random = np.random.default_rng(5)
    names = parse(found.expression).names | parse(formula).names
    for _ in range(20):
        point = {n: random.uniform(0.1, 1) for n in names}
        assert evaluate(parse(found.expression), point) == pytest.approx(
            float(evaluate(parse(formula), point))
        )


def test_the_text_and_the_latex_are_for_people(flagship):
    found = critical_patience_formula(flagship, OPEN, 1, RUPTURE)
    assert found.text == "patience of China = (F*(1 - r) - X - c)/(V - s*(K + V))"
    assert found.latex.startswith(r"\delta_{\mathrm{China}}^* = \frac{F\,\left(1 - r\right)")
    assert found.where == "China deviates to cut+buy; the threat is (embargo, cut+buy)"
    truce = critical_patience_formula(flagship, TRUCE, 0, RUPTURE)
    assert r"\gamma" in truce.latex
    assert r"\omega" in truce.latex


def test_the_formula_agrees_with_where_honouring_stops_being_an_equilibrium(flagship):
    found = critical_patience_formula(flagship, TRUCE, 1, RUPTURE)
    for shift, holds in ((-1e-6, False), (1e-6, True)):
        game = flagship.game(patience_cn=found.value + shift)
        assert (critical_belief(game, TRUCE, RUPTURE).critical_belief[1] is not None) == holds


def test_settings_move_the_value_but_not_the_formula(flagship):
    at_file = critical_patience_formula(flagship, OPEN, 1, RUPTURE)
    moved = critical_patience_formula(flagship, OPEN, 1, RUPTURE, settings={"s": 0.6})
    assert moved.expression == at_file.expression
    # 6.1 / (20 - 6)
    assert moved.value == pytest.approx(6.1 / 14)


def test_no_patience_needed_or_enough_is_said():
    calm = critical_patience_formula(dilemma(temptation="8"), (0, 0), 0, (1, 1))
    assert isinstance(calm, NoClosedForm)
    assert calm.numeric == 0
    assert "best reply" in calm.reason
    never = critical_patience_formula(dilemma(mutual="P"), (0, 0), 0, (1, 1))
    assert never.numeric is None
    assert "no patience is enough" in never.reason


def test_a_power_of_zero_disappears_and_a_power_of_a_share_stays(flagship):
    found = critical_patience_formula(flagship, (0, 2), 0, RUPTURE)
    assert "theta" in found.expression
    assert "0**" not in found.expression
    plain = critical_patience_formula(flagship, OPEN, 0, RUPTURE)
    assert "theta" not in plain.expression


def test_branches_that_apply_are_taken():
    model = dilemma(temptation="max(T, 2*T - 11) + abs(P - 4) + (1 if T > 5 else 100) - (T > 2)")
    # at T = 10, P = 3: T + (4 - P) + 1 - 1 = T + 4 - P
    found = critical_patience_formula(model, (0, 0), 0, (1, 1))
    assert found.expression == "(-P + T - 5)/(-2*P + T + 4)"
    assert found.value == pytest.approx((11 - 9) / (11 - 3))
    low = critical_patience_formula(dilemma(temptation="min(T, 40)"), (0, 0), 0, (1, 1))
    assert low.expression == "(T - 9)/(-P + T)"


def test_functions_that_are_not_polynomials_are_fine_in_a_patience():
    found = critical_patience_formula(dilemma(temptation="exp(T/4)"), (0, 0), 0, (1, 1))
    assert found.value == pytest.approx((np.exp(2.5) - 9) / (np.exp(2.5) - 3))


# --- parameters --------------------------------------------------------------------------------


def test_the_substitution_at_which_china_leaves_the_truce_is_as_by_hand(flagship, by_substitution):
    (found,) = by_substitution
    # .9 * .6 * (V(1-s) - b - K s) = F(1-r) - c - X: 50 - 60 s = 6 + 6.1/.54
    assert found.value == pytest.approx((44 - 6.1 / 0.54) / 60, abs=1e-12)
    assert found.value == pytest.approx(found.numeric, abs=1e-9)
    assert not found.holds_above
    by_hand = parse("(V - b - (F*(1-r) - c - X)/(0.6*patience_cn))/(V + K)")
    values = flagship.values()
    assert evaluate(parse(found.expression), values) == pytest.approx(
        float(evaluate(by_hand, values))
    )
    assert found.latex.startswith("s = ")
    assert {"s", "w"}.isdisjoint(parse(found.expression).names)


def test_the_substitution_at_which_china_leaves_open_trade_is_as_by_hand(flagship):
    (found,) = critical_parameter_formula(flagship, "s", Condition(OPEN, 1, RUPTURE))
    # .9 (50 - 60 s) = 6.1
    assert found.value == pytest.approx((50 - 6.1 / 0.9) / 60, abs=1e-12)


def test_a_discount_factor_as_the_parameter_gives_the_patience(flagship):
    (found,) = critical_parameter_formula(flagship, "patience_cn", CHINA)
    patience = critical_patience_formula(flagship, TRUCE, 1, RUPTURE)
    assert found.value == pytest.approx(patience.value, abs=1e-12)
    assert found.expression == patience.expression
    assert found.holds_above


def test_a_parameter_behind_another_one_is_solved_for_as_well(flagship, by_substitution):
    (found,) = critical_parameter_formula(flagship, "w", CHINA)
    (s,) = by_substitution
    # w*.7 + (1-w)*.25 = s
    assert found.value == pytest.approx((s.value - 0.25) / 0.45)
    assert {"s_inf", "s_train"} <= parse(found.expression).names


def test_a_parameter_that_is_set_is_not_replaced_by_its_formula(flagship):
    assert critical_parameter_formula(flagship, "w", CHINA, settings={"s": 0.6}) == ()


def test_a_set_parameter_stays_while_the_one_behind_it_moves():
    more = "  u: {value: 2*T, range: [0, 60], unit: u, meaning: m, grade: assumed}"
    model = dilemma(temptation="T + u", parameters=more)
    where = Condition((0, 0), 0, (1, 1))
    # 9 >= .25 c + 2.25: c = 27, so 3 T = 27, or T = 27 - 20
    assert critical_parameter_formula(model, "T", where)[0].value == pytest.approx(9)
    (found,) = critical_parameter_formula(model, "T", where, settings={"u": 20})
    assert isinstance(found, ClosedForm)
    assert found.numeric == pytest.approx(7)
    assert "u" in parse(found.expression).names


def test_every_formula_is_zero_slack_in_the_game_itself(flagship):
    for name in ("r", "V"):
        for found in critical_parameter_formula(flagship, name, CHINA):
            game = flagship.game(**{name: found.value})
            threats = game.payoffs[:, RUPTURE[0], RUPTURE[1]]
            assert slack(game, TRUCE, threats)[1] == pytest.approx(0, abs=1e-9)


def test_other_values_of_the_other_parameters_agree_with_the_numeric_root(
    flagship, by_substitution
):
    (found,) = by_substitution
    random = np.random.default_rng(7)
    for _ in range(2):
        moved = {"V": random.uniform(46, 54), "F": random.uniform(10, 13)}
        (there,) = critical_parameter_formula(
            flagship, "s", CHINA, settings=moved, bounds=(0.1, 0.9)
        )
        value = evaluate(parse(found.expression), flagship.values(**moved))
        assert float(value) == pytest.approx(there.numeric, abs=1e-9)


def test_a_quadratic_has_two_roots_each_with_its_formula():
    # 9 >= .25*(T*(T-20)+100+P) + .75*P, so (T-10)^2 = 4*(9-P) = 24
    model = dilemma(temptation="(T - 10)^2 + P")
    found = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert [f.value for f in found] == pytest.approx([10 - 24**0.5, 10 + 24**0.5])
    assert [f.holds_above for f in found] == [True, False]
    assert all("sqrt" in f.expression for f in found)


def test_a_fraction_is_cleared():
    # 9 >= .25*(60/T) + .75*3, so T >= 15/6.75
    model = dilemma(temptation="60/T")
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert found.value == pytest.approx(15 / 6.75)


def test_a_higher_degree_is_solved_only_where_it_falls_into_pieces():
    where = Condition((0, 0), 0, (1, 1))
    # .25*(x^3 - 2 x^2 + 27) + .75*3 = 9 + (.25)(x^3 - 2x^2), a root at x = 2
    pieces = dilemma(temptation="T^3 - 2*T^2 + 27")
    (found,) = critical_parameter_formula(pieces, "T", where)
    assert isinstance(found, NoClosedForm)  # P is a symbol, so nothing factors
    fixed = dilemma(temptation="(T - 2)*(T^2 + T*P + 1) + 36 - 3*P")
    (found,) = critical_parameter_formula(fixed, "T", where)
    assert found.expression == "2"
    (quintic,) = critical_parameter_formula(dilemma(temptation="T^5 + T + P"), "T", where)
    assert isinstance(quintic, NoClosedForm)
    assert "degree 5 in T" in quintic.reason
    # T^5 + T = 24
    assert quintic.numeric**5 + quintic.numeric == pytest.approx(24)


def test_what_is_not_a_polynomial_keeps_its_number():
    # .25 exp(T) + 2.25 = 9: exp(T) = 27
    model = dilemma(temptation="exp(T)")
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert found.reason == "the condition is not a polynomial in T"
    assert found.numeric == pytest.approx(np.log(27), abs=1e-10)
    assert not found.holds_above


def test_a_branch_is_taken_where_the_threshold_is_and_not_where_the_file_is():
    # at T = 10 the first branch applies, at the threshold 2*T + 1 = 27 the second
    model = dilemma(temptation="T + 1 if T < 11 else 2*T + 1")
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert found.value == pytest.approx(13)


def test_a_jump_over_zero_is_a_threshold_without_formula():
    model = dilemma(temptation="0 if T < 12.3 else 50")
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert "jumps" in found.reason
    assert found.numeric == pytest.approx(12.3)


def test_no_threshold_within_the_range_is_an_empty_answer(flagship):
    assert critical_parameter_formula(flagship, "theta", CHINA) == ()
    assert critical_parameter_formula(flagship, "s", CHINA, bounds=(0.6, 0.8)) == ()


def test_a_slack_that_is_zero_throughout_is_no_threshold():
    model = dilemma(temptation="T", mutual="T", discount="0")
    assert critical_parameter_formula(model, "T", Condition((0, 0), 0, (0, 0))) == ()
    rounding = dilemma(temptation="T*0.1 + T*0.2", mutual="T*0.3", discount="0")
    assert (
        critical_parameter_formula(rounding, "T", Condition((0, 0), 0, (1, 1)), None, (9, 30)) == ()
    )


def test_values_without_a_payoff_are_left_out():
    model = dilemma(temptation="27 + log(T - 5)")
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert found.numeric == pytest.approx(6)


def test_a_discount_factor_of_one_is_left_out():
    more = "  d: {value: 0.5, range: [0, 1], unit: per period, meaning: m, grade: assumed}"
    model = dilemma(parameters=more, discount="d")
    (found,) = critical_parameter_formula(model, "d", Condition((0, 0), 0, (1, 1)))
    assert found.value == pytest.approx(1 / 7)


# --- bounds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "depth"),
    [("{0}*{0} + {0}", 11), ("({0} > 0) + ({0} > 1)", 14), ("({0} if {0} > 0 else 2)/2", 14)],
)
def test_too_many_operations_are_refused_before_sympy_sees_them(rule, depth):
    lines = ["  d0: T + P"] + [f"  d{k}: {rule.format(f'd{k - 1}')}" for k in range(1, depth + 1)]
    model = loads(f"""
title: t
parameters:
  T: {{value: 0.1, range: [0, 1], unit: u, meaning: m, grade: assumed}}
  P: {{value: 0.1, range: [0, 1], unit: u, meaning: m, grade: assumed}}
players:
  Row: {{actions: [C, D], discount: 0.75}}
  Column: {{actions: [C, D], discount: 0.75}}
definitions:
{chr(10).join(lines)}
payoffs:
  Row: [[9, 1], [d{depth}*0 + 10, 3]]
  Column: [[9, 10], [1, 3]]
""")
    found = critical_patience_formula(model, (0, 0), 0, (1, 1))
    assert "operations" in found.reason
    assert found.numeric == pytest.approx(1 / 7)


def test_what_would_explode_is_not_multiplied_out():
    model = dilemma(temptation="(T + P + sqrt(T) + 0.1)^40/10^45 + 10", mutual="9 + 0*T")
    found = critical_patience_formula(model, (0, 0), 0, (1, 1))
    assert isinstance(found, ClosedForm)
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert "terms" in found.reason


def test_a_bound_on_calls_is_the_last_resort_and_leaves_no_trace(monkeypatch):
    monkeypatch.setattr(closed_form, "MAX_CALLS", 50)
    before = sys.getprofile()
    found = critical_patience_formula(dilemma(), (0, 0), 0, (1, 1))
    assert "too complicated" in found.reason
    assert found.numeric == pytest.approx(1 / 7)
    assert sys.getprofile() is before


def test_a_formula_that_is_too_long_is_not_shown(monkeypatch):
    monkeypatch.setattr(algebra, "MAX_TEXT", 5)
    found = critical_patience_formula(dilemma(), (0, 0), 0, (1, 1))
    assert "characters" in found.reason


def test_a_formula_that_does_not_reproduce_the_number_is_not_shown(monkeypatch):
    monkeypatch.setattr(closed_form, "shown", lambda _: ("1/8", "1/8"))
    found = critical_patience_formula(dilemma(), (0, 0), 0, (1, 1))
    assert "does not reproduce" in found.reason
    assert found.numeric == pytest.approx(1 / 7)


@pytest.mark.parametrize(("limit", "temptation"), [(2, "60/T"), (4, "40/T + 20/(T + 0.001)")])
def test_a_condition_with_too_many_terms_is_not_solved(monkeypatch, limit, temptation):
    monkeypatch.setattr(algebra, "MAX_TERMS", limit)
    model = dilemma(temptation=temptation)
    (found,) = critical_parameter_formula(model, "T", Condition((0, 0), 0, (1, 1)))
    assert f"more than {limit} terms" in found.reason
    assert found.numeric == pytest.approx(15 / 6.75, rel=1e-3)


# --- usage -------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_named(flagship):
    with pytest.raises(UsageError, match="'patience_cm'; did you mean 'patience_cn'"):
        critical_parameter_formula(flagship, "patience_cm", CHINA)


def test_cells_and_players_that_do_not_exist_are_refused(flagship):
    with pytest.raises(UsageError, match="no cell"):
        critical_patience_formula(flagship, (3, 0), 0, RUPTURE)
    with pytest.raises(UsageError, match="no player 2"):
        critical_patience_formula(flagship, OPEN, 2, RUPTURE)


def test_importing_the_module_does_not_import_sympy():
    code = "import sys, negotiation.analysis.closed_forms; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
