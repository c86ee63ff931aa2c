"""Expressions: the shortest of equal forms, positive denominators, and the root that was meant."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy

from negotiation.analysis import constraint as algebra
from negotiation.analysis.constraint import NoFormError, ratio, shown, solved, tidy

A, B, X = sympy.symbols("a b x", real=True)


def test_the_shortest_of_equal_forms_is_kept():
    assert str(tidy(A * X + A * B)) == "a*(b + x)"
    assert str(tidy((A + B) ** 2 - A**2 - 2 * A * B)) == "b**2"
    assert str(tidy((A - X) * (B - X) + X * (A + B))) == "a*b + x**2"


def test_an_expression_that_would_explode_is_left_as_it_is():
    large = (A + B + X + 1) ** 40
    assert tidy(large) is large


@pytest.mark.parametrize("a", [1.0, 5.0])
def test_a_denominator_is_positive_at_the_values(a):
    found = ratio(A + B, A - 3, {"a": a, "b": 1.0})
    _, below = found.as_numer_denom()
    assert float(below.subs({A: a, B: 1})) > 0
    assert sympy.simplify(found - (A + B) / (A - 3)) == 0


def test_of_two_roots_the_one_near_the_number_is_returned():
    values = {"a": 4.0, "x": 0.0}
    assert str(solved(X**2 - A, "x", 2.0, values)) == "sqrt(a)"
    assert str(solved(X**2 - A, "x", -2.0, values)) == "-sqrt(a)"


@pytest.mark.parametrize(
    ("slack", "words"),
    [
        (X**3 + X + A, "degree 3 in x"),
        (sympy.exp(X) - A, "not a polynomial in x"),
        (A - B, "not a polynomial in x"),
        ((A + B + X) ** 60, "more than 400 terms"),
    ],
)
def test_what_is_not_solved_says_why(slack, words):
    with pytest.raises(NoFormError, match=words):
        solved(slack, "x", 1.0, {"a": 1.0, "b": 2.0, "x": 1.0})


def test_a_formula_is_shown_as_text_and_as_latex_with_names_as_in_papers():
    theta = sympy.Symbol("theta", real=True)
    assert shown(A / theta) == ("a/theta", r"\frac{a}{\theta}")


def test_a_text_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(algebra, "MAX_TEXT", 5)
    with pytest.raises(NoFormError, match="more than 5 characters"):
        shown(A + B + X)


def test_importing_the_module_does_not_import_sympy():
    code = "import sys, negotiation.analysis.constraint; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
