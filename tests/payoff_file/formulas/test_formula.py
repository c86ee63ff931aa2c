"""Formulas: what is refused, what it comes to, and that every reader of the tree agrees."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiation.errors import FormulaError
from negotiation.payoff_file.formulas.formula import (
    InexactError,
    constant,
    evaluate,
    evaluate_exact,
    evaluate_one,
    latex_name,
    name_fault,
    parse,
    read_number,
    to_latex,
    to_sympy,
    unknown_names,
)
from tests.payoff_file.endless import soon_over

# formula, offset of the fault, words of the message
HOSTILE = [
    ("__import__('os')", 0, "__import__"),
    ("().__class__", 2, "attribute"),
    ("x.__class__", 1, "attribute"),
    ("x.y", 1, "attribute"),
    ("os.system", 2, "attribute"),
    ("(1).real", 3, "attribute"),
    ("eval(x)", 0, "not a function"),
    ("exec(x)", 0, "not a function"),
    ("open(x)", 0, "not a function"),
    ("expp(x)", 0, "not a function"),
    ("lambda: 1", 0, "lambda"),
    ("lambda x: x", 0, "lambda"),
    ("[x for x in y]", 0, "'['"),
    ("{x: 1}", 0, "'{'"),
    ("(x for x in y)", 3, "for"),
    ("f'{x}'", 1, "string"),
    ("'a' * 10", 0, "string"),
    ('"a"', 0, "string"),
    ("x := 1", 2, "':='"),
    ("(x := 1)", 3, "':='"),
    ("x = 1", 2, "'='"),
    ("x[0]", 1, "'['"),
    ("min(*x)", 4, "out of place"),
    ("max(**x)", 4, "out of place"),
    ("max(a=1, b=2)", 5, "'='"),
    ("exp(1, 2)", 0, "2 arguments"),
    ("min(1)", 0, "1 argument"),
    ("abs()", 4, "out of place"),
    ("sqrt(x, y)", 0, "2 arguments"),
    ("exp", 0, "is a function"),
    ("2 * max", 4, "is a function"),
    ("9**9**9", 0, "exponent"),
    ("9^9^9^9", 0, "exponent"),
    ("x ** 1000", 0, "exponent"),
    ("(9^64)^64", 0, "power out of bounds"),
    ("0.1^64^64", 0, "exponent"),
    ("((0.1^64)^4)^4", 0, "power out of bounds"),
    ("(-8)^(1/3)", 0, "power out of bounds"),
    ("0^-1", 0, "power out of bounds"),
    ("x^(1/0)", 0, "exponent"),
    ("1e400", 0, "out of bounds"),
    ("1e99999999999", 0, "out of bounds"),
    ("1e-400", 0, "out of bounds"),
    ("9" * 400, 0, "too long"),
    ("(" * 10_000 + "1" + ")" * 10_000, 0, "20001 characters"),
    ("(" * 900 + "1" + ")" * 900, 40, "too deep"),
    ("-" * 1900 + "1", 8, "signs in a row"),
    ("2**" * 600 + "2", None, ""),
    ("+".join(["x"] * 200), 0, "inside one another"),
    ("1 if x else " * 120 + "2", None, "inside one another"),
    ("x + " * 1000 + "x", 0, "characters"),
    ("x\x00y", 1, "not allowed"),
    ("\x00", 0, "not allowed"),
    ("x\x1b[31m", 1, "not allowed"),
    ("x # + y", 2, "'#'"),
    ("\u0445 + 1", 0, "CYRILLIC SMALL LETTER HA"),
    ("p\u0430tience", 1, "CYRILLIC SMALL LETTER A"),
    ("x \u2212 1", 2, "MINUS SIGN"),
    ("\uff11 + 1", 0, "FULLWIDTH DIGIT ONE"),
    ("x\u202e", 1, "RIGHT-TO-LEFT OVERRIDE"),
    ("\u2460", 0, "CIRCLED DIGIT ONE"),
    ("x\N{NO-BREAK SPACE}+ y", 1, "NO-BREAK SPACE"),
    ("await x", 0, "await"),
    ("yield", 0, "yield"),
    ("not x", 0, "'not'"),
    ("x and y", 2, "'and'"),
    ("x or y", 2, "'or'"),
    ("x is y", 2, "is"),
    ("x in y", 2, "in"),
    ("None", 0, "None"),
    ("True", 0, "True"),
    ("x < y < z", 0, "chain"),
    ("x // y", 2, "'//'"),
    ("x % y", 2, "'%'"),
    ("x @ y", 2, "'@'"),
    ("x & y", 2, "'&'"),
    ("x || y", 2, "'||'"),
    ("x << 9", 2, "'<<'"),
    ("~x", 0, "'~'"),
    ("x; y", 1, "';'"),
    ("x\\\ny", 1, "not allowed"),
    ("...", 0, "attribute"),
    ("1..2", 0, "not a number"),
    ("1j", 0, "not a number"),
    ("0x10", 0, "base 16"),
    ("0b1", 0, "base"),
    ("010", 0, "octal"),
    ("1_000", 0, "'_'"),
    ("12:30", 0, "time"),
    ("2x", 0, "not a number"),
    ("2exp(x)", 0, "not a number"),
    ("1e", 0, "not a number"),
    ("nan", 0, "finite"),
    ("NaN", 0, "finite"),
    (".nan", 0, "finite"),
    ("-.inf", 0, "finite"),
    ("x + inf", 4, "finite"),
    ("e", 0, "constant"),
    ("2 * pi", 4, "constant"),
    ("", 0, "nothing"),
    (" \n ", 0, "nothing"),
    ("~", 0, "finite"),
    ("x y", 2, "out of place"),
    ("x (y)", 0, "not a function"),
    ("(x)(y)", 3, "out of place"),
    ("2 (y)", 2, "out of place"),
    ("x +", 2, "nothing after"),
    ("* x", 0, "out of place"),
    ("x * * y", 4, "out of place"),
    ("(x", 0, "never closed"),
    ("x)", 1, "out of place"),
    ("x, y", 0, "comma"),
    ("(x, y)", 0, "comma"),
    ("x if y", 0, "else"),
    ("x else y", None, ""),
    ("_x", 0, "letters"),
    ("x" * 100, 0, "longer than"),
]


@pytest.mark.parametrize(("text", "col", "words"), HOSTILE, ids=[h[0][:24] for h in HOSTILE])
def test_a_hostile_formula_is_refused_at_its_place_in_no_time(text, col, words):
    with soon_over(), pytest.raises(FormulaError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert col is None or caught.value.col == col
    assert str(caught.value).isprintable()


def test_there_are_at_least_forty_hostile_formulas():
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize(
    ("text", "hint"),
    [("2x", "2*x"), ("mn(1, 2)", "min"), ("x \u2212 1", "-"), ("x \u00d7 2", "*")],
)
def test_a_near_miss_gets_a_hint(text, hint):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.hint == hint


def test_pythons_own_limits_are_reported_as_a_formula_error(monkeypatch):
    def too_deep(*_args, **_kwargs):
        raise RecursionError

    monkeypatch.setattr("negotiation.payoff_file.formulas.parser.ast.parse", too_deep)
    with pytest.raises(FormulaError, match="too deeply"):
        parse("1 + 1")


X = {"x": 3.0, "y": -2.0, "half": 0.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2^2", -4),
        ("-2**2", -4),
        ("2^-1", 0.5),
        ("2^3^2", 512),
        ("(-2)^2", 4),
        ("1 - 2 - 3", -4),
        ("8/4/2", 1),
        ("+x - -y", 1),
        (".5 + 5.", 5.5),
        ("1e3 + 1E-2", 1000.01),
        ("min(x, y, 0)", -2),
        ("max(x, y, 7)", 7),
        ("abs(y) + sqrt(4) + exp(0) + log(1) + tanh(0)", 5),
        ("x > y", 1),
        ("x <= y", 0),
        ("(x >= 3) * (y < 0) + (x == 3) + (x != 3)", 2),
        ("1 if x > 3 else 2 if y < 0 else 3", 2),
        ("5 if half else 6", 5),
        ("0^0", 1),
        ("0^1.5", 0),
        ("4^half", 2),
        ("x\n + y", 1),
    ],
)
def test_formulas_come_to_their_value(text, value):
    assert float(evaluate(parse(text), X)) == pytest.approx(value, abs=1e-12)
    exact = {k: Fraction(v) for k, v in X.items()}
    assert float(evaluate_exact(parse(text), exact)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    ["1/z", "log(z)", "log(y)", "sqrt(y)", "y^half", "exp(1000)", "z^-1", "1e200*1e200*x", "z/z"],
)
def test_what_has_no_finite_value_is_nan_without_a_warning(text):
    assert np.isnan(evaluate(parse(text), X | {"z": 0.0}))
    assert math.isnan(evaluate_one(parse(text), X | {"z": 0.0}))


@pytest.mark.parametrize(
    "text",
    ["exp(-1/z)", "min(1/z, 5)", "1/(1/z)", "(1/z) > 5", "(1/z)^0", "1^(1/z)", "1 if 1/z else 2"],
)
def test_a_fault_inside_is_not_swallowed_by_what_is_around_it(text):
    assert np.isnan(evaluate(parse(text), {"z": 0.0}))
    assert math.isnan(evaluate_one(parse(text), {"z": 0.0}))


def test_only_the_branch_that_is_taken_counts():
    values = evaluate(parse("1/x if x != 0 else 7"), {"x": np.array([0.0, 2.0, -4.0])})
    assert values.tolist() == [7, 0.5, -0.25]
    values = evaluate(parse("log(x) if x > 0 else 0"), {"x": np.array([-1.0, 1.0])})
    assert values.tolist() == [0, 0]
    assert evaluate_exact(parse("1/x if x != 0 else 7"), {"x": Fraction(0)}) == 7
    assert evaluate_one(parse("1/x if x != 0 else 7"), {"x": 0.0}) == 7


def test_arrays_broadcast():
    env = {"a": np.arange(3.0)[:, None], "b": np.arange(4.0)}
    values = evaluate(parse("a*10 + b"), env)
    assert values.shape == (3, 4)
    assert values[2, 3] == 23


def test_a_name_without_a_value_is_named():
    for evaluator in (evaluate, evaluate_exact, evaluate_one):
        with pytest.raises(FormulaError, match="'y'") as caught:
            evaluator(parse("x + y"), {"x": Fraction(1)})
        assert caught.value.col == 4


def test_unknown_names_come_once_and_in_order():
    names = unknown_names(parse("a + b*c + b"), {"c"})
    assert [(n.name, n.col) for n in names] == [("a", 0), ("b", 4)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2", Fraction(3, 10)),
        ("0.36^1.5", Fraction(27, 125)),
        ("(8/27)^(2/3)", Fraction(4, 9)),
        ("sqrt(0.25)", Fraction(1, 2)),
        ("1^1.7", 1),
        ("0^0.3", 0),
        ("1e3/3", Fraction(1000, 3)),
        ("2^-2", Fraction(1, 4)),
    ],
)
def test_exact_values_are_exact(text, value):
    assert evaluate_exact(parse(text), {}) == value


@pytest.mark.parametrize(
    "text",
    [
        "0.4^1.5",
        "exp(1)",
        "log(2)",
        "tanh(1)",
        "sqrt(2)",
        "1/0",
        "z^-1",
        "(z - 8)^(1/3)",
        "2^(1/999)",
    ],
)
def test_what_is_not_rational_says_so(text):
    with pytest.raises(InexactError):
        evaluate_exact(parse(text), {"z": Fraction(0)})


@pytest.mark.parametrize(
    "text", ["x^x", "((x^9)^9)^9", "(1/x)^60", "x*x*x*x*x*x*x*x", "2^(10^6*x)"]
)
def test_exact_values_never_explode(text):
    with soon_over(), pytest.raises(InexactError):
        evaluate_exact(parse(text), {"x": Fraction(10) ** 280 + 1})


def test_numbers_are_read_exactly():
    assert read_number("0.1") == Fraction(1, 10)
    assert parse("-1.50").number == Fraction(-3, 2)
    assert parse("1 + 1").number is None
    assert parse("x").number is None
    assert constant(Fraction(1, 3)).number == Fraction(1, 3)


@pytest.mark.parametrize("text", ["", "1,5", "one", "1e", "--1", "1 000", "0777", "-0x1", "1e401"])
def test_a_number_is_refused_unless_all_readers_agree(text):
    with pytest.raises(FormulaError):
        read_number(text)


@pytest.mark.parametrize("name", ["min", "if", "else", "lambda", "e", "pi", "nan", "a b", "", "9a"])
def test_some_names_cannot_be_used(name):
    assert name_fault(name)


@pytest.mark.parametrize("name", ["s", "S", "E", "I", "patience_us", "x1", "N"])
def test_ordinary_names_can_be_used(name):
    assert name_fault(name) == ""
    assert str(to_sympy(parse(name))) == name


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("s", "s"),
        ("omega", r"\omega"),
        ("Gamma", r"\Gamma"),
        ("s_inf", r"s_{\mathrm{inf}}"),
        ("x1", "x_{1}"),
        ("gamma_us", r"\gamma_{\mathrm{us}}"),
        ("patience_us", r"\mathrm{patience\_us}"),
        ("s_", r"\mathrm{s\_}"),
    ],
)
def test_names_are_rendered_as_in_papers(name, latex):
    assert latex_name(name) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a*(b + c)", r"a \, \left(b + c\right)"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a + -b", r"a + \left(-b\right)"),
        ("a*-b", r"a \, \left(-b\right)"),
        ("2*3", r"2 \cdot 3"),
        ("a/b", r"\frac{a}{b}"),
        ("-a^2", "-a^{2}"),
        ("(-a)^2", r"\left(-a\right)^{2}"),
        ("(a^b)^c", r"\left(a^{b}\right)^{c}"),
        ("1.5e3*a", r"1.5 \cdot 10^{3} \, a"),
        ("abs(a) + sqrt(b)", r"\left|a\right| + \sqrt{b}"),
        ("(a >= b)*2", r"\left[a \ge b\right] \cdot 2"),
        (
            "1 if a else 2",
            r"\begin{cases} 1 & \text{if } a \ne 0 \\ 2 & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_latex_keeps_the_structure(text, latex):
    assert to_latex(parse(text)) == latex


NUMBERS = st.sampled_from(["0", "1", "2", "0.5", "1.25", "3", "1e1", ".75"])
ATOMS = st.one_of(NUMBERS, st.sampled_from(["a", "b", "s_inf", "theta"]))


def _combined(inner):
    operators = st.sampled_from("+-*/")
    comparisons = st.sampled_from(["<", "<=", ">", ">="])
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds("-{}".format, inner),
        st.builds("({})^{}".format, inner, st.sampled_from(["2", "3", "-1", "0", "1.5"])),
        st.builds("min({}, {})".format, inner, inner),
        st.builds("max({}, {}, {})".format, inner, inner, inner),
        st.builds("abs({})".format, inner),
        st.builds("({} if {} {} {} else {})".format, inner, inner, comparisons, inner, inner),
        st.builds("({} {} {})".format, inner, comparisons, inner),
    )


FORMULAS = st.recursive(ATOMS, _combined, max_leaves=8)
ENVIRONMENTS = st.fixed_dictionaries(
    {n: st.integers(-8, 8).map(lambda k: Fraction(k, 4)) for n in ("a", "b", "s_inf", "theta")}
)


def accepted(text):
    """Parse a generated formula; leave out constant powers without a value, which are refused."""
    try:
        return parse(text)
    except FormulaError as error:
        assume("power" not in error.message)
        raise


@settings(deadline=None)
@given(FORMULAS, ENVIRONMENTS)
def test_exact_and_float_values_agree(text, env):
    formula = accepted(text)
    try:
        exact = evaluate_exact(formula, env)
    except InexactError:
        return
    value = float(evaluate(formula, {k: float(v) for k, v in env.items()}))
    # Quarters and the sampled numbers are binary fractions: only division can round.
    if "/" in text or "-1" in text or "1.5" in text:
        if not math.isclose(value, exact, rel_tol=1e-6, abs_tol=1e-6):
            assert _is_at_a_jump(formula, env), (value, float(exact))
    else:
        assert value == float(exact)


@settings(deadline=None)
@given(
    FORMULAS, st.sampled_from(["{}", "exp({})", "log({})", "sqrt({})", "tanh({})"]), ENVIRONMENTS
)
def test_one_float_comes_to_the_same_as_an_array_of_them(text, around, env):
    formula = accepted(around.format(text))
    floats = {k: float(v) for k, v in env.items()}
    one, array = evaluate_one(formula, floats), float(evaluate(formula, floats))
    same = (math.isnan(one) and math.isnan(array)) or math.isclose(one, array, rel_tol=1e-12)
    assert same or _is_at_a_jump(formula, env), (one, array)


def _is_at_a_jump(formula, env):
    """Tell whether comparisons or divisions make the formula jump within rounding of here."""
    near = [
        float(evaluate(formula, {k: float(v) * (1 + d) + d for k, v in env.items()}))
        for d in (1e-9, -1e-9, 3e-9, -2e-9)
    ]
    return any(math.isnan(v) for v in near) or max(near) - min(near) > 1e-6


@settings(deadline=None, max_examples=60)
@given(FORMULAS, ENVIRONMENTS)
def test_sympy_agrees_with_exact_values(text, env):
    formula = accepted(text)
    try:
        exact = evaluate_exact(formula, env)
    except InexactError:
        return
    import sympy

    values = {sympy.Symbol(k, real=True): sympy.Rational(v) for k, v in env.items()}
    there = to_sympy(formula).xreplace(values).doit()
    if there.is_finite and there.is_real:
        assert abs(float(there) - float(exact)) <= 1e-9 * max(1, abs(float(exact)))


@settings(deadline=None)
@given(FORMULAS, ENVIRONMENTS)
def test_latex_read_back_has_the_same_value(text, env):
    formula = accepted(text)
    floats = {k: float(v) for k, v in env.items()}
    again = parse(_from_latex(to_latex(formula)))
    np.testing.assert_array_equal(evaluate(again, floats), evaluate(formula, floats))


def _from_latex(latex: str) -> str:
    """Read our LaTeX back into a formula, with the precedence that a reader of papers has."""
    text = latex
    text = re.sub(r"([0-9.]+) \\cdot 10\^\{(-?[0-9]+)\}", r"(\1e\2)", text)
    text = text.replace(r"s_{\mathrm{inf}}", "s_inf").replace(r"\theta", "theta")
    rewrites = [
        (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
        (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
        (r"\^\{([^{}]*)\}", r"**(\1)"),
        (r"\\left\|([^|]*?)\\right\|", r"abs(\1)"),
        (
            r"\\begin<cases> ((?:(?!\\begin).)*?) & \\text<if > ((?:(?!\\begin).)*?) \\\\"
            r" ((?:(?!\\begin).)*?) & \\text<otherwise> \\end<cases>",
            r"((\1) if (\2) else (\3))",
        ),
    ]
    for word in ("cases", "if ", "otherwise"):
        text = text.replace("{" + word + "}", "<" + word + ">")
    before = ""
    while before != text:
        before = text
        for pattern, replacement in rewrites:
            text = re.sub(pattern, replacement, text)
    for mark, plain in (
        (r"\left[", "("),
        (r"\right]", ")"),
        (r"\left(", "("),
        (r"\right)", ")"),
        (r"\cdot", "*"),
        (r"\,", "*"),
        (r"\le", "<="),
        (r"\ge", ">="),
        (r"\min", "min"),
        (r"\max", "max"),
    ):
        text = text.replace(mark, plain)
    return text


def test_sympy_knows_every_part_of_the_language():
    import sympy

    a = sympy.Symbol("a", real=True)
    text = "exp(a) + log(a) + sqrt(a) + abs(a) + tanh(a) + min(a, 2)"
    expression = to_sympy(parse(text))
    env = {"a": 1.5}
    assert float(expression.subs(a, 1.5)) == pytest.approx(float(evaluate(parse(text), env)))
    assert to_sympy(parse("1 if a else 2")).subs(a, 0) == 2
    assert to_sympy(parse("(a == 3) + (a != 3)*2")).subs(a, 3) == 1


def test_neither_sympy_nor_scipy_is_imported_until_asked_for():
    code = (
        "import sys, negotiation.payoff_file.formulas.formula as f; f.to_latex(f.parse('a*b'));"
        "sys.exit(bool({'sympy', 'scipy', 'nashpy', 'llvmlite'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
