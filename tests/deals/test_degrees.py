"""Which terms a payoff is affine in, told from formulas."""

import numpy as np
import pytest

from negotiation.deals.degrees import bending
from negotiation.payoff_file import loads

FILE = """\
title: One payoff
parameters:
  x: {value: 1, range: [0, 2], unit: u, grade: assumed, meaning: m}
  y: {value: 1, range: [0, 2], unit: u, grade: assumed, meaning: m}
  z: {value: 2*x, range: [0, 4], unit: u, grade: assumed, meaning: m}
  p: {value: 0.5, range: [0, 1], unit: u, grade: assumed, meaning: m}
players:
  A: {discount: %s, levers: {l: {go: {a: x, b: 0}, stop: {a: 0, b: y}}}}
  B: {actions: [up, down], discount: 0.5}
definitions: {part: a*2 + 1}
payoffs: {A: "%s", B: 1}
"""


def bent(payoff, discount="0.5", **settings):
    """The names, with every choice counted as bending unless something is set."""
    values = {n: np.array([[v]]) for n, v in settings.items()} or None
    if values:
        values |= {"x": np.array([[0.0], [2.0]] * 2), "y": np.array([[0.0]] * 2 + [[2.0]] * 2)}
    return bending(loads(FILE % (discount, payoff)), ("x", "y"), values)[0]


@pytest.mark.parametrize(
    "payoff",
    ["x", "x*y", "3*x - y/2 + p^2", "part*y", "-x*(1 - y)", "z*y", "x*2^p", "x if p > 0 else y",
     "a + x", "exp(p)*x", "min(p, 2)*y", "x^1", "x/p"],
)  # fmt: skip
def test_what_is_affine_in_each_term(payoff):
    assert bent(payoff) == []


@pytest.mark.parametrize(
    ("payoff", "names"),
    [("x^2", ["x"]), ("x*x", ["x"]), ("z*x", ["x"]), ("a*x", ["x"]), ("part*x", ["x"]),
     ("exp(y)", ["y"]), ("1/y", ["y"]), ("min(x, y)", ["x", "y"]), ("1 if x > 1 else 0", ["x"]),
     ("p^x", ["x"]), ("x^0.5", ["x"]), ("b*y", ["y"]), ("abs(x)*y", ["x"])],
)  # fmt: skip
def test_what_is_not(payoff, names):
    assert bent(payoff) == names


def test_patience_that_depends_on_a_term_counts_as_bending():
    assert bent("x", discount="x/4") == ["x"]


def test_a_parameter_that_is_set_no_longer_follows_its_formula():
    assert bent("z*x") == ["x"]
    assert bent("z*x", z=3.0) == []


@pytest.mark.parametrize(
    ("payoff", "settled"),
    [("min(x, 5)", True), ("max(x, y + 3)", True), ("min(x, 1)", False), ("min(x, y)", False),
     ("x if x < 3 else y*x", True), ("x if x > 1 else 0", False), ("min(a, 3)*y", True),
     ("min(x, 4, 7 - y)", True), ("min(x, 4, 3 - y)", False), ("max(0, x - 2)", True)],
)  # fmt: skip
def test_a_choice_that_is_the_same_at_all_terms_bends_nothing(payoff, settled):
    corners = np.array([[0.0, 0], [2, 0], [0, 2], [2, 2]])
    values = {"x": corners[:, :1], "y": corners[:, 1:], "p": np.array([[0.1, 0.9]])}
    names, sure = bending(loads(FILE % ("0.5", payoff)), ("x", "y"), values)
    assert names == []
    assert sure.tolist() == [settled] * 2


def test_a_choice_may_be_settled_in_some_cases_only():
    corners = np.array([[0.0, 0], [2, 0], [0, 2], [2, 2]])
    values = {"x": corners[:, :1], "y": corners[:, 1:], "p": np.array([[0.5, 2.0, 3.0]])}
    assert bending(loads(FILE % ("0.5", "min(x, p)")), ("x", "y"), values)[1].tolist() == [
        False, True, True
    ]  # fmt: skip


@pytest.mark.parametrize("payoff", ["min(x*x, 5)", "exp(min(x, 5))", "1/max(x, 5)", "abs(x)"])
def test_what_bends_inside_a_choice_bends(payoff):
    assert bent(payoff, p=0.5) == ["x"]
