"""Payoff files: what a good one gives, and how a bad one is refused."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.errors import GameError, NegotiationError, PayoffFileError, UsageError
from negotiation.games.game import Outcome
from negotiation.payoff_file import bundled, files, load, loads
from negotiation.payoff_file.reader import KEYS, PayoffFile, parse_setting
from negotiation.payoff_file.sections.cells import OUTCOME_KEYS
from negotiation.payoff_file.sections.parameters import PARAMETER_KEYS, SOURCE_KEYS
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq, read_nodes
from tests.payoff_file.endless import soon_over

SAMPLE = Path(__file__).parents[1] / "data" / "trade.yaml"
TEXT = SAMPLE.read_text("utf-8")
DILEMMA = """\
title: Prisoner's dilemma
players:
  Row:    {actions: [C, D], discount: 0.75}
  Column: {actions: [C, D], discount: 0.75}
payoffs:
  Row:    [[9, 1], [10, 3]]
  Column: [[9, 10], [1, 3]]
outcomes:
  cooperation: {profiles: [[C, C]], truce: true}
"""
V = "  V: {value: 5e1, range: [25, 54], unit: USD bn/yr, meaning: value of full access, grade: sourced, source: [market]}"  # noqa: E501


@pytest.fixture(scope="module")
def trade() -> PayoffFile:
    return load(SAMPLE)


def problems(text: str):
    with soon_over(), pytest.raises(PayoffFileError) as caught:
        loads(text, "f.yaml")
    return caught.value.problems


def line_of(text: str, part: str) -> int:
    assert part in text, part
    return text[: text.index(part)].count("\n") + 1


# --- what a good file gives -------------------------------------------------------------------


def test_every_part_of_a_file_is_read(trade):
    assert trade.title == "Chips for rare earths, a small copy"
    assert (trade.period, trade.date, trade.kind) == ("quarter", "2026-06-30", "repeated")
    assert trade.players == ("US", "China")
    assert trade.actions[0] == ("license", "condition", "embargo")
    assert trade.actions[1][:2] == ("supply+buy", "supply+refuse")
    assert [lever.name for lever in trade.levers[1]] == ["rare earths", "purchases"]
    assert [name for name, _ in trade.definitions] == ["chips", "dependence", "withheld"]
    assert trade.not_modelled == ("Taiwan.", "Firms as actors.")
    assert [s.id for s in trade.sources] == ["sub_overall", "market"]
    assert trade.sources[1].title == "The market: a brief"
    assert len(trade.sha256) == 64
    assert trade.path == str(SAMPLE)


def test_every_parameter_keeps_its_account(trade):
    by_name = {p.name: p for p in trade.parameters}
    s, v, train = by_name["s"], by_name["V"], by_name["s_train"]
    assert s.value is None
    assert s.exact is None
    assert s.formula is not None
    assert s.formula.text == "w*s_inf + (1 - w)*s_train"
    assert (s.grade, s.sources, s.range) == ("mixed", ("sub_overall", "market"), (0.41, 0.8))
    assert (v.value, v.exact, v.formula, v.unit) == (50.0, Fraction(50), None, "USD bn/yr")
    assert v.line == line_of(TEXT, "  V: ")
    assert train.meaning == "training met at home"
    assert train.sources == by_name["s_inf"].sources == ("sub_overall",)


def test_outcomes_take_the_cells_that_no_earlier_one_took(trade):
    assert trade.outcomes == (
        Outcome("managed truce", ((1, 0),), True),
        Outcome("open trade", ((0, 0),), True),
        Outcome("standoff", ((0, 1), (1, 1), (2, 1)), False),
        Outcome("rupture", ((2, 4), (2, 5), (2, 2), (2, 3)), False),
    )


def test_the_game_has_the_payoffs_of_the_formulas(trade):
    game = trade.game()
    dep, r, v, f = 1 - 0.52, 0.2, 50, 12
    licensed, strings = [1, 0.6, 0], [0, 1, 0]
    rare, buys = [1, 1, 0.6, 0.6, 0, 0], [1, 0] * 3
    for a0 in range(3):
        for a1 in range(6):
            chips, cut = licensed[a0] * buys[a1], 1 - rare[a1]
            us = 25 * dep * chips - 40 * dep * chips * (1 - 0.4 * strings[a0])
            us += -2 * licensed[a0] - 35 * (1 - r) * cut**1.5
            cn = v * dep * chips - 6 * strings[a0] * chips + f * (1 - r) * cut
            cn -= (3 if cut > 0.5 else 1) * cut
            np.testing.assert_allclose(game.payoffs[:, a0, a1], [us, cn], atol=1e-12)
    assert game.discount.tolist() == [0.8, 0.9]
    assert game.players == trade.players
    assert game.actions == trade.actions
    assert game.outcomes == trade.outcomes
    assert game.title == trade.title


def test_a_formula_parameter_follows_its_parts_unless_it_is_set(trade):
    assert trade.values()["s"] == 0.52
    assert trade.values(w=0)["s"] == 0.25
    assert trade.values(w=0, s=0.7)["s"] == 0.7
    assert list(trade.values()) == [p.name for p in trade.parameters]
    assert trade.values(w=np.array([0.0, 1.0]))["s"].tolist() == [0.25, 0.7]


def test_a_batch_is_the_same_as_a_loop(trade):
    s, theta = np.linspace(0.4, 0.8, 5)[:, None], np.array([1.0, 1.5, 2.0])
    batch = trade.game(s=s, theta=theta, patience_cn=theta / 4)
    assert batch.payoffs.shape == (5, 3, 2, 3, 6)
    assert batch.discount.shape == (5, 3, 2)
    assert batch.exact is None
    for i in range(5):
        for j in range(3):
            one = trade.game(s=s[i, 0], theta=theta[j], patience_cn=theta[j] / 4)
            np.testing.assert_allclose(batch.payoffs[i, j], one.payoffs, rtol=1e-13, atol=1e-13)
            np.testing.assert_array_equal(batch.discount[i, j], one.discount)


def test_a_batch_longer_than_a_run_is_the_same_as_its_parts(trade, monkeypatch):
    s = np.linspace(0.4, 0.8, 50)
    whole = trade.game(s=s, r=0.1).payoffs
    monkeypatch.setattr("negotiation.payoff_file.model.POINTS_AT_ONCE", 7)
    np.testing.assert_array_equal(trade.game(s=s, r=0.1).payoffs, whole)


def test_an_empty_batch_is_a_batch(trade):
    assert trade.game(s=np.zeros((0, 3))).payoffs.shape == (0, 3, 2, 3, 6)


def test_exact_tables_are_there_when_numbers_are_rational(trade):
    assert trade.game().exact is None
    exact = trade.game(theta=2).exact
    assert exact is not None
    assert exact[0][2][2] == -35 * Fraction(4, 5) * Fraction(4, 10) ** 2
    assert trade.game(theta=2, s=0.6).exact[1][0][0] == 20
    assert trade.game(theta=2, s=Fraction(1, 3)).exact[1][0][0] == Fraction(100, 3)


def test_floats_are_the_nearest_to_the_exact_tables():
    model = loads(DILEMMA.replace("[[9, 1]", "[[0.1 + 0.2, 1/3]"))
    game = model.game()
    assert game.exact[0][0] == (Fraction(3, 10), Fraction(1, 3))
    assert game.payoffs[0, 0].tolist() == [0.3, 1 / 3]


def test_plain_actions_may_have_attributes_and_tables_may_have_formulas():
    model = loads("""\
title: Public good
parameters:
  k: {value: 3, range: [0, 9], unit: utils, meaning: return, grade: assumed}
  cap: {value: 0.5, range: [0, 1], unit: share, meaning: what C gives, grade: assumed}
players:
  Row: {actions: {C: {mine: cap}, D: {mine: 0}}, discount: 1 - 1/k}
  Column: {actions: {No: {yours: 1}, 010: {yours: 0}}, discount: 0}
definitions:
  pot: k*(mine + yours)
payoffs:
  Row: pot/2 - mine
  Column: [[pot/2 - yours, 7], [k, -k]]
""")
    assert model.actions == (("C", "D"), ("No", "010"))
    assert model.levers[0][0].name == ""
    game = model.game()
    assert game.exact == (
        ((Fraction(7, 4), Fraction(1, 4)), (Fraction(3, 2), 0)),
        ((Fraction(5, 4), 7), (3, -3)),
    )
    assert game.discount.tolist() == [2 / 3, 0]
    batch = model.game(cap=np.array([0.5, 1.0]), k=np.array([[3.0], [2.0]]))
    assert batch.payoffs[0, 0].tolist() == game.payoffs.tolist()
    assert batch.payoffs[1, 1, 0].tolist() == [[1, 0], [1, 0]]
    assert batch.payoffs[1, 1, 1].tolist() == [[1, 7], [2, -2]]


def test_a_million_points_are_one_game(trade):
    s, r = np.linspace(0.4, 0.8, 300)[:, None], np.linspace(0, 0.3, 200)
    with soon_over():
        assert trade.game(s=s, r=r).payoffs.shape == (300, 200, 2, 3, 6)


@pytest.mark.parametrize("text", ["1e3", "1000", "'1000'", "1000.0", "+1000", "10^3"])
def test_a_number_is_what_it_says(text):
    game = loads(DILEMMA.replace("[[9, 1]", f"[[{text}, 1]")).game()
    assert game.exact[0][0][0] == 1000


def test_comments_are_welcome_where_they_cannot_cut_a_formula_short():
    text = DILEMMA.replace("[10, 3]]", "[10, 3]]  # temptation, punishment")
    text = text.replace("Row:    {actions", "# a line\n  Row:    {actions")
    text = text.replace("discount: 0.75}", "discount: '1 - 1/4'}   # a quarter")
    assert loads(text).game().discount.tolist() == [0.75, 0.75]
    block = DILEMMA.replace("  Row:    [[9, 1], [10, 3]]", "  Row: 9 # flat")
    assert loads(block).game().payoffs[0].tolist() == [[9, 9], [9, 9]]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    path = tmp_path / "pd.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + DILEMMA.replace("\n", "\r\n").encode())
    assert load(path).game().payoffs.tolist() == loads(DILEMMA).game().payoffs.tolist()


# --- settings ---------------------------------------------------------------------------------


def test_an_unknown_setting_is_named_with_a_near_one(trade):
    with pytest.raises(UsageError, match="did you mean 'patience_us'"):
        trade.game(patiense_us=0.5)
    with pytest.raises(UsageError, match="the parameters are: none"):
        loads(DILEMMA).game(s=1)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "0.6", None, True, 1j, [0.1, float("nan")], [[1], [1, 2]],
              10**400, object(), [True]]
)  # fmt: skip
def test_a_setting_must_be_finite_numbers(trade, value):
    with pytest.raises(UsageError, match="parameter 's'"):
        trade.game(s=value)


def test_settings_that_do_not_broadcast_are_named(trade):
    with pytest.raises(UsageError, match=r"r \(3,\), s \(2,\)"):
        trade.game(s=np.zeros(2), r=np.zeros(3))


@pytest.mark.parametrize("value", [1, -0.1, 1.5, [0.5, 1.0]])
def test_a_discount_factor_that_is_set_must_be_below_one(trade, value):
    with pytest.raises(UsageError, match="discount factor of China"):
        trade.game(patience_cn=value)


def test_settings_outside_the_range_are_allowed_and_told(trade):
    trade.game(s=0.95)
    assert trade.outside_range({"s": 0.95}) == ("s",)
    assert trade.outside_range({"s": np.array([0.5, 0.2]), "r": 0.1}) == ("s",)
    assert trade.outside_range({"w": 1, "s_inf": 0.9}) == ("s",)
    assert trade.outside_range({"s": 0.41, "r": 0.3}) == ()


def test_a_payoff_that_is_not_finite_is_reported_with_player_profile_and_values(trade):
    with pytest.raises(GameError) as caught:
        trade.game(theta=-1)
    said = str(caught.value)
    assert "payoff of US at (license, supply+buy) is not finite" in said
    assert "r = 0.2" in said
    assert "theta = -1" in said
    assert "s_inf = 0.7" in said
    assert "patience" not in said
    with pytest.raises(GameError, match="theta = -2"):
        trade.game(theta=np.array([1.0, -2.0]))


@pytest.mark.parametrize(
    ("text", "pair"),
    [("s=0.6", ("s", Fraction(3, 5))), (" s = -1e-3 ", ("s", Fraction(-1, 1000)))],
)
def test_a_setting_is_read_exactly(text, pair):
    assert parse_setting(text) == pair


@pytest.mark.parametrize("text", ["s", "s=", "=1", "", "s=x", "s=nan", "s=0x1", "s=1=2", "s=inf"])
def test_a_setting_that_is_not_name_and_number_is_refused(text):
    with pytest.raises(UsageError, match="setting"):
        parse_setting(text)


# --- files ------------------------------------------------------------------------------------


def test_every_bundled_model_loads_and_makes_a_game():
    for slug, path in bundled().items():
        model = load(slug)
        assert model.path == str(path)
        if model.kind != "signalling":
            assert np.isfinite(model.game().payoffs).all()


def test_a_missing_file_is_named_with_a_near_one(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "bundled", lambda: {"chicken": tmp_path})
    with pytest.raises(UsageError, match="did you mean 'chicken'"):
        load("chiken")
    (tmp_path / "deal.yaml").write_text("title: x")
    with pytest.raises(UsageError, match=r"did you mean 'deal\.yaml'"):
        load(tmp_path / "dael.yaml")
    with pytest.raises(UsageError, match="the models are: chicken"):
        load("zzz")


def test_a_directory_is_not_a_payoff_file(tmp_path):
    with pytest.raises(UsageError, match="directory"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["/dev/zero", "a\0b", "x" * 5000, "\x1b[31m", ""])
def test_what_cannot_be_a_file_is_refused(name):
    with pytest.raises(UsageError) as caught:
        load(name)
    assert str(caught.value).isprintable()


def test_a_file_that_cannot_be_read_is_a_usage_error(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        load(SAMPLE)


def test_the_bundled_models_of_an_installed_package_come_first(tmp_path, monkeypatch):
    inside = tmp_path / "negotiation" / "payoffs"
    inside.mkdir(parents=True)
    (inside / "pd.yaml").write_text(DILEMMA)
    where = tmp_path / "negotiation" / "payoff_file" / "files.py"
    monkeypatch.setattr(files, "__file__", str(where))
    assert bundled() == {"pd": inside / "pd.yaml"}
    (inside / "pd.yaml").unlink()
    inside.rmdir()
    assert bundled() == {}


# --- malformed files --------------------------------------------------------------------------

# old text, new text, words of the message[, lines below the old text]
MALFORMED = [
    ("title: C", "titel: C", "unknown key 'titel'"),
    ("title: Chips for rare earths, a small copy", "title:", "title is nothing"),
    ("title: Chips for rare earths, a small copy", "title: [a]", "title is a list"),
    ("period: quarter", "perod: quarter", "unknown key 'perod'"),
    ("period: quarter", "states: low", "states is 'low'"),
    ("period: quarter", "transitions: {}", "'transitions' without states"),
    ("period: quarter", "period: {a: b}", "period is a mapping"),
    ("value: 0.20", "value: 0.90", "0.9 is outside range [0.05, 0.3]"),
    ("value: 0.20", "vale: 0.20", "unknown key 'parameters.r.vale'"),
    ("value: 0.20, ", "", "parameters.r.value is missing"),
    ("value: 0.20", "value: [0.2]", "parameters.r.value is a list"),
    ("value: 0.20", "value: .nan", "not a finite number"),
    ("value: 0.20", "value: -.inf", "not a finite number"),
    ("value: 0.20", "value: 1e999", "out of bounds"),
    ("value: 0.20", "value: 010", "octal"),
    ("value: 0.20", "value: 0_1", "'_'"),
    ("value: 0.20", "value: 12:30", "time"),
    ("value: 0.20", "value: 0x1", "base 16"),
    ("value: 0.20", "value: 20%", "'%'"),
    ("value: 0.20", "value: ~", "not a finite number"),
    ("value: 0.20", "value: ", "nothing here"),
    ("value: 0.20", "value: true", "unknown name 'true'"),
    ("value: 0.20", "value: licensed", "'licensed' is among the attributes"),
    ("value: 0.20", "value: chips", "'chips' is among the definitions"),
    ("value: 0.20", "value: rr", "unknown name 'rr'"),
    ("value: 0.20", "value: r", "cycle: r -> r"),
    ("value: .70", "value: w*s", "cycle: s -> s_inf -> s", -2),
    ("value: 0.6,", "value: 0,", "parameters.s.value 0.25 is outside", None),
    ("value: 0.20", "value: max(0.1, 0.2)", "unknown key 'parameters.r.0.2)'"),
    ("value: 0.20", "value: '0.1 +'", "nothing after '+'"),
    ("[0.05, 0.30]", "[0.30, 0.05]", "upside down"),
    ("[0.05, 0.30]", "[0.05]", "a list of 1"),
    ("[0.05, 0.30]", "0.05", "range is '0.05'"),
    ("[0.05, 0.30]", "[0.05, x]", "'x' is not a number"),
    ("[0.05, 0.30]", "[0.05, [1]]", "range is a list"),
    ("[0.05, 0.30]", "[0.05, .inf]", "not a finite number"),
    ("unit: none", "unit: ''", "parameters.theta.unit is nothing"),
    ("unit: none", "unit: {}", "parameters.theta.unit is a mapping"),
    ("meaning: convexity", "meaning: a, b", "quotes around a text that contains a comma"),
    ("meaning: convexity", "meaning: a: b", "without quotes"),
    ("meaning: convexity", "meaning: " + "x" * 6000, "6000 characters"),
    ("grade: assumed", "grade: assumd", "'assumd'"),
    ("grade: assumed", "grade: [assumed]", "grade is a list"),
    ("grade: sourced, source: [market]", "grade: sourced", "parameters.V.source is missing"),
    ("grade: sourced, source: [market]", "grade: mixed, source: []", "source is empty"),
    ("source: [market]", "source: [markt]", "'markt' is unknown"),
    ("source: [market]", "source: [[market]]", "source is a list"),
    ("  r: {", "  max: {", "'max' is a function"),
    ("  r: {", "  e: {", "constant"),
    ("  r: {", "  lambda: {", "word of the formula language"),
    ("  r: {", "  r r: {", "not letters"),
    ("  r: {", "  \u0440: {", "CYRILLIC SMALL LETTER ER"),
    ("  r: {", "  " + "r" * 70 + ": {", "longer than"),
    ("  r: {", "  w: {", "occurs twice"),
    ("  r: {value: 0.20", "  chips: {value: 0.20", "'chips' has the name of a parameter", None),
    ("  r: {value: 0.20", "  rare: {value: 0.20", "'rare' has the name of a parameter", None),
    ("\nplayers:", "\nplayer:", "unknown key 'player'", 1),
    ("  China:\n    disc", "  China: 3\n  Chile:\n    disc", "players has 3 entries", None),
    ("    discount: patience_us", "    discount: patiense_us", "unknown name 'patiense_us'"),
    ("    discount: patience_us", "    discount: 1.0", "discount is 1;"),
    ("    discount: patience_us", "    discount: -patience_us", "discount is -0.8"),
    ("    discount: patience_us", "    discount: licensed", "among the attributes"),
    ("    discount: patience_us", "    discont: patience_us", "unknown key"),
    ("    levers:\n      chips", "    lever:\n      chips", "unknown key 'players.US.lever'"),
    ("    levers:\n      chips", "    actions: [a]\n    levers:\n      chips", "both", -2),
    ("licensed: 0.6", "licensd: 0.6", "licensd"),
    ("licensed: 0.6, ", "", "condition.licensed is missing"),
    ("licensed: 0.6", "licensed: high", "unknown name 'high'"),
    ("licensed: 0.6", "licensed: strings", "among the attributes"),
    ("embargo: {licensed: 0.0, strings: 0}", "embargo: 3", "embargo is '3'"),
    ("embargo: {", "em+bargo: {", "contains + or *"),
    ("embargo: {", "'*': {", "contains + or *"),
    ("embargo: {", "license: {", "occurs twice"),
    ("{buys: 0}", "{rare: 0}", "unknown key"),
    ("buy: {buys: 1}", "buy: {rare: 1}", "buys", None),
    ("  chips: licensed * buys", "  chips: licensed * bys", "unknown name 'bys'"),
    ("  chips: licensed * buys", "  chips: licensed * buys # all", "'#' after a formula"),
    ("  chips: licensed * buys", "  chips: 'licensed # buys'", "'#' inside"),
    ("  chips: licensed * buys", "  chips: withheld*chips", "cycle: chips -> chips"),
    ("  chips: licensed * buys", "  chips: import os", "'import'"),
    ("  chips: licensed * buys", "  chips: {a: b}", "definitions.chips is a mapping"),
    ("    + F*(1 - r)*withheld", "    + F*(1 - rr)*withheld", "unknown name 'rr'"),
    ("    + F*(1 - r)*withheld", "    + F/(r - 0.2)", "of China at (license, supply+buy)", -2),
    ("    + F*(1 - r)*withheld", "    # + F*(1 - r)*withheld", "'#' inside"),
    ("  US: 25*", "  USA: 25*", "unknown key 'payoffs.USA'"),
    ("  US: 25*", "  US: [25]\n  U: 25*", "payoffs.US has 1 rows"),
    ("[condition, supply+buy]", "[condition, supply+by]", "no action 'supply+by'"),
    ("[condition, supply+buy]", "[condition, supply]", "no action 'supply'"),
    ("[condition, supply+buy]", "[condition]", "a list of 1"),
    ("[condition, supply+buy]", "condition", "a profile is 'condition'"),
    ("[condition, supply+buy]", "[condition, [a]]", "an action is a list"),
    ("[condition, supply+buy]", "[condition, *]", "'*'"),
    ("[license, supply+buy]", "[condition, supply+buy]", "belongs to managed truce"),
    ("profiles: [[license, supply+buy]], ", "", "open trade.profiles is missing"),
    ("[[license, supply+buy]]", "[]", "profiles is empty"),
    ("[[license, supply+buy]]", "license", "profiles is 'license'"),
    ("truce: false", "truce: no", "true or false"),
    ("truce: false", "truce: 'false'", "true or false"),
    ("truce: false", "truce: {}", "true or false"),
    ("truce: false", "truse: false", "unknown key"),
    ("title: Domestic substitution, ", "", "sources.sub_overall.title is missing"),
    ("title: Domestic substitution", "titel: Domestic substitution", "unknown key"),
    ("  market: {", "  markets: {", "'market' is unknown", None),
    ("  - Taiwan.", "  - {a: b}", "not_modelled is a mapping"),
    ("not_modelled:\n  - Taiwan.\n  - Firms as actors.", "not_modelled: Taiwan", "not_modelled is"),
    ("outcomes:\n", "outcomes: 3\nx:\n", "outcomes is '3'"),
    ("sources:\n", "sources: [a]\nx:\n", "sources is a list"),
    ("parameters:\n", "parameters: [a]\nx:\n", "parameters is a list"),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", MALFORMED, ids=[f"{k}-{r[2][:30]}" for k, r in enumerate(MALFORMED)]
)
def test_a_malformed_file_is_refused_at_the_right_line(row):
    old, new, words, *below = row
    found = problems(TEXT.replace(old, new, 1))
    matching = [p for p in found if words in f"{p.message}; {p.expected} {p.hint}"]
    assert matching, [str(p) for p in found]
    offset = below[0] if below else 0
    if offset is not None:
        assert line_of(TEXT, old) + offset in {p.line for p in matching}
    for p in found:
        assert p.file == "f.yaml"
        assert p.source == "" or str(p).endswith("^")


def test_there_are_at_least_forty_malformed_files():
    assert len(MALFORMED) >= 40


SMALL = [
    ("actions: [C, D]", "actions: []", "actions is empty", 3),
    ("actions: [C, D]", "actions: C", "actions is 'C'", 3),
    ("actions: [C, D]", "actions: [C, C]", "'C' twice", 3),
    ("actions: [C, D]", "actions: [C, [D]]", "a setting of players.Row.actions is a list", 3),
    ("actions: [C, D]", 'actions: [C, "D\\nE"]', "unprintable", 3),
    ("actions: [C, D]", f"actions: [C, {'D' * 99}]", "99 characters", 3),
    ("actions: [C, D]", "levers: {}", "levers is empty", 3),
    ("actions: [C, D]", "levers: {a: {}}", "levers.a is empty", 3),
    ("actions: [C, D], ", "", "neither levers nor actions", 3),
    ("[[9, 1], [10, 3]]", "[[9, 1], [10]]", "a row of 1", 6),
    ("[[9, 1], [10, 3]]", "[[9, 1], 10]", "a row is '10'", 6),
    ("[[9, 1], [10, 3]]", "[[9, 1], [10, .inf]]", "not a finite number", 6),
    ("[[9, 1], [10, 3]]", "[[9, 1], [10, 1/0]]", "Row at (D, D) is not finite", 6),
    ("[[9, 1], [10, 3]]", "[[9, 1], [10, x]]", "unknown name 'x'", 6),
    ("[[9, 1], [10, 3]]", "{a: b}", "payoffs.Row is a mapping", 6),
    ("[[9, 1], [10, 3]]", "", "nothing here", 6),
    ("profiles: [[C, C]]", "profiles: [[C, c]]", "no action 'c'", 9),
    ("players:", "players: 3\nx:", "players is '3'", 2),
    ("  Column: {actions", "  Row: {actions", "occurs twice", 4),
]


@pytest.mark.parametrize(("old", "new", "words", "line"), SMALL, ids=[s[2] for s in SMALL])
def test_a_malformed_table_game_is_refused_at_the_right_line(old, new, words, line):
    found = problems(DILEMMA.replace(old, new, 1))
    assert line in {p.line for p in found if words in p.message}, [str(p) for p in found]


def test_too_many_actions_are_refused():
    lever = "{" + ", ".join(f"a{k}: {{}}" for k in range(15)) + "}"
    found = problems(DILEMMA.replace("actions: [C, D]", f"levers: {{x: {lever}, y: {lever}}}", 1))
    assert any("more than 200 actions" in p.message for p in found)


def test_everything_wrong_is_reported_in_one_go():
    text = TEXT.replace("title: C", "titel: C").replace("0.20", "9").replace("* buys", "* bys")
    text = text.replace("truce: false", "truce: no").replace("patience_cn\n", "1.5\n")
    assert len(problems(text)) == 5


def test_a_message_says_what_was_expected_and_shows_the_line():
    text = TEXT.replace("25*dependence*chips - 40", "25*dependance*chips - 40")
    (problem,) = problems(text)
    line = line_of(text, "dependance")
    assert str(problem) == (
        f"f.yaml:{line}:10: error: payoffs.US: unknown name 'dependance'; expected the name of a"
        " parameter, an attribute or a definition; did you mean 'dependence'?\n    "
        + text.splitlines()[line - 1]
        + "\n             ^"
    )


def test_the_number_of_problems_listed_is_bounded():
    bad = "".join(f"  p{k}: {{value: {k}q}}\n" for k in range(450))
    found = problems(f"title: x\nparameters:\n{bad}")
    assert len(found) == 100
    assert any("too many problems" in p.message for p in found)


def parameters(value) -> str:
    rest = "range: [0, 1], unit: u, meaning: m, grade: assumed}\n"
    rows = (f"  p{k}: {{value: {value(k)}, {rest}" for k in range(450))
    return DILEMMA + "parameters:\n" + "".join(rows)


def test_hundreds_of_unknown_names_are_refused():
    found = problems(parameters(lambda k: f"q{k}"))
    assert len(found) == 100
    assert found[0].message == "parameters.p0.value: unknown name 'q0'"


def test_cycles_are_named_however_many_and_however_long():
    found = problems(parameters(lambda k: f"p{k ^ 1}"))
    assert "p0 -> p1 -> p0" in found[0].message
    (one,) = problems(parameters(lambda k: f"p{(k + 1) % 450}"))
    assert "p0 -> p1 -> " in one.message
    assert one.message.endswith("... -> p0")


def test_a_long_chain_of_parameters_is_fine():
    assert loads(parameters(lambda k: f"p{k + 1}" if k < 449 else "0.5")).values()["p0"] == 0.5


def test_the_formula_text_of_a_file_is_bounded():
    long = "+".join(["1.5*(2-0.5)"] * 90)
    definitions = "".join(f"  d{k}: {long}\n" for k in range(450))
    found = problems(DILEMMA + "definitions:\n" + definitions)
    assert [p.message for p in found] == ["too much formula text from here on"]


def test_large_games_have_no_exact_tables():
    sides = ["{" + ", ".join(f"a{k}: {{{x}: {k}}}" for k in range(40)) + "}" for x in "xy"]
    text = DILEMMA.replace("[C, D]", sides[0], 1).replace("[C, D]", sides[1], 1)
    text = text.replace("[[9, 1], [10, 3]]", "x*y").replace("[[9, 10], [1, 3]]", "x - y")
    game = loads(text.partition("outcomes")[0]).game()
    assert game.exact is None
    assert game.payoffs[:, 3, 4].tolist() == [12, -1]


@pytest.mark.parametrize(
    "text", ["", "#", "a", "- 1", "{}", "title: x", "payoffs: {}\nplayers: {}"]
)
def test_a_fragment_is_refused(text):
    assert problems(text)


# --- every key --------------------------------------------------------------------------------

FLAGSHIP = bundled().get("chips-for-rare-earths", SAMPLE)
TREE = read_nodes(FLAGSHIP.read_bytes(), "flagship")[0]
SOME_SOURCES = [key.text for key, _ in {k.text: v for k, v in TREE.entries}["sources"].entries][:4]
FORMAT_KEYS = {
    (1, "top"): {k for group in KEYS for k in group},
    (3, "parameters"): {k for group in PARAMETER_KEYS for k in group},
    (3, "sources"): {k for group in SOURCE_KEYS for k in group},
    (3, "players"): {"discount", "levers", "actions"},
    (3, "outcomes"): {k for group in OUTCOME_KEYS for k in group},
}
OPTIONAL = {*KEYS[1], "source", "label", "truce", "meaning"}


def entries(node: Node, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Node]]:
    """List path and value of every key of a file, but only of a few sources, which are alike."""
    found: list[tuple[tuple[str, ...], Node]] = []
    for key, value in node.entries if isinstance(node, Map) else ():
        here = (*path, key.text)
        if path == ("terms",):  # each may be left out, though its name is used elsewhere
            continue
        if path != ("sources",) or key.text in SOME_SOURCES:
            found += [(here, value), *entries(value, here)]
    return found


def rebuilt(node: Node, path: tuple[str, ...] = (), name: str | None = "") -> str:
    """Write nodes as one flow mapping, with the key at `path` renamed, or left out if None."""
    if isinstance(node, Seq):
        return "[" + ", ".join(map(rebuilt, node.items)) + "]"
    if isinstance(node, Scalar):
        return node.text if node.text in {"true", "false"} else _quoted(node.text)
    parts = []
    for key, value in node.entries:
        here = path[:1] == (key.text,)
        shown = name if here and len(path) == 1 else key.text
        if shown is not None:
            parts.append(f"{_quoted(shown)}: {rebuilt(value, path[1:] if here else (), name)}")
    return "{" + ",\n ".join(parts) + "}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def mentions(name: str) -> int:
    """Count where a name is used: in formulas, patterns and lists of sources."""
    working = [
        rebuilt(value)
        for path, value in entries(TREE)
        if path[-1] in {"value", "discount", "profiles", "source"}
        or (len(path) == 2 and path[0] in {"definitions", "payoffs"})
    ]
    return len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", "\n".join(working)))


def is_format_key(path: tuple[str, ...]) -> bool:
    section = "top" if len(path) == 1 else path[0]
    return path[-1] in FORMAT_KEYS.get((len(path), section), ())


def test_the_rebuilt_flagship_is_the_same_model():
    again = loads(rebuilt(TREE))
    assert again.game().payoffs.tolist() == load(FLAGSHIP).game().payoffs.tolist()


def test_mistyping_any_key_of_the_flagship_gives_an_error_that_names_it():
    silent = []
    for path, _ in entries(TREE):
        try:
            loads(rebuilt(TREE, path, path[-1] + "x"))
        except PayoffFileError as error:
            if path[-1] not in str(error):
                silent.append(path)
        else:
            # A name that nothing refers to, such as an outcome's or a lever's, may be any name.
            if path[2:3] == ("levers",) and len(path) == 4:
                continue
            if is_format_key(path) or path[0] == "payoffs" or mentions(path[-1]):
                silent.append(path)
    assert silent == []


def test_deleting_any_key_of_the_flagship_gives_an_error_that_names_it():
    silent = []
    for path, _ in entries(TREE):
        required = (is_format_key(path) and path[-1] not in OPTIONAL) or path[0] == "payoffs"
        try:
            loads(rebuilt(TREE, path, None))
        except PayoffFileError as error:
            if (required or mentions(path[-1])) and path[-1] not in str(error):
                silent.append(path)
        else:
            if required or (not is_format_key(path) and mentions(path[-1])):
                silent.append(path)
    assert silent == []


# --- noise ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_mutation_of_a_file_gives_anything_but_our_own_errors(data):
    text = TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        length = data.draw(st.integers(0, 12))
        piece = data.draw(
            st.one_of(
                st.text(max_size=6),
                st.sampled_from(list("{}[],:#&*!|>'\"%@`-?\n\t .0+(")),
                st.integers(0, len(text) - 20).map(lambda k, t=text: t[k : k + 15]),
            )
        )
        text = text[:at] + piece + text[at + length :]
    said = ""
    try:
        loads(text, "f.yaml").game()
    except NegotiationError as error:
        said = str(error)
    assert "Traceback" not in said


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_no_bytes_give_anything_but_our_own_errors(data):
    with pytest.raises(NegotiationError):
        loads(data.decode("latin-1"))
