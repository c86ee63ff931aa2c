"""Malformed followers, observed play and rates: file, line, column and a near name."""

from __future__ import annotations

import pytest

from negotiation.errors import GameError, PayoffFileError
from negotiation.payoff_file import loads
from negotiation.payoff_file.pieces import Observed

FILE = """\
title: Licences
period: quarter
payoff_unit: USD bn
payoff_rate: per year
parameters:
  fee: {value: 0.25, range: [0, 1], unit: share, grade: sourced, source: [act], meaning: a fee}
players:
  US:
    discount: 0.8
    levers: {chips: {offer: {open: 1}, bar: {open: 0}}}
  China:
    discount: 0.9
    levers: {ore: {supply: {held: 0}, cut: {held: 1}}, buying: {buy: {buys: 1}, refuse: {buys: 0}}}
followers:
  Congress:
    choices: {allow: {blocked: 0}, block: {blocked: 1}}
    payoff: (1 - blocked)*fee - 0.2*blocked
    when: open
  Firms:
    choices: {ship: {shipped: 1}, keep: {shipped: 0}}
    payoff: shipped*(buys - fee)
    when: known
definitions:
  known: open*(1 - blocked)
  sold: known*shipped*buys
payoffs:
  US: sold*fee - held
  China: sold*(1 - fee) + held/2
outcomes:
  truce: {profiles: [[offer, supply+buy]], truce: true}
observed:
  - {from: 2025-01, to: 2025-06, profile: [bar, cut+buy], source: [act]}
  - {from: 2025-07, to: 2025-12, profile: [offer, supply+*]}
sources:
  act: {title: An act, address: https://example.org, date: 2025}
"""

# old text, new text, the place of the fault (line:column), words of the message
BAD = {
    # followers
    "a list of followers": ("followers:\n  Congress:", "followers: [Congress]\nx:\n  Congress:",
        "14:12", "followers is a list"),
    "a follower without choices": ("    choices: {allow: {blocked: 0}, block: {blocked: 1}}\n", "",
        "15:3", "followers.Congress.choices is missing"),
    "a follower without a payoff": ("    payoff: shipped*(buys - fee)\n", "",
        "19:3", "followers.Firms.payoff is missing"),
    "a misspelt key": ("    payoff: shipped", "    payof: shipped",
        "21:5", "did you mean 'payoff'?"),
    "another misspelt key": ("    when: known", "    wen: known", "22:5", "did you mean 'when'?"),
    "a misspelt name in a payoff": ("(1 - blocked)*fee", "(1 - bloked)*fee",
        "17:18", "did you mean 'blocked'?"),
    "a misspelt name in a condition": ("when: open", "when: opn", "18:11", "did you mean 'open'?"),
    "a condition on its own choice": ("when: open", "when: blocked",
        "18:11", "needs 'blocked', an attribute its own"),
    "a condition on who moves later": ("when: open", "when: shipped",
        "18:11", "needs 'shipped', an attribute of Firms, who moves later"),
    "a condition on who moves later, by a definition": ("when: open", "when: sold",
        "18:11", "needs 'blocked', an attribute its own"),
    "an attribute that a player has": ("{blocked: 0}, block: {blocked: 1}",
        "{buys: 0}, block: {buys: 1}", "16:23", "has the name of an attribute"),
    "an attribute that is a parameter": ("{shipped: 1}, keep: {shipped: 0}",
        "{fee: 1}, keep: {fee: 0}", "20:22", "has the name of a parameter"),
    "an attribute left out": ("keep: {shipped: 0}", "keep: {}",
        "20:35", "followers.Firms.choices.keep.shipped is missing"),
    "a misspelt attribute": ("keep: {shipped: 0}", "keep: {shiped: 0}",
        "20:42", "did you mean 'shipped'?"),
    "an attribute that is a formula of a definition": ("keep: {shipped: 0}",
        "keep: {shipped: sold}", "20:51", "'sold' is among the definitions"),
    "a choice twice": ("{ship: {shipped: 1}, keep: {shipped: 0}}", "[ship, ship]",
        "20:21", "has 'ship' twice"),
    "no choices": ("{ship: {shipped: 1}, keep: {shipped: 0}}", "[]", "20:14", "choices is empty"),
    "a follower named like a player": ("  Congress:", "  China:",
        "15:3", "has the name of a player"),
    "a payoff that is a table": ("payoff: shipped*(buys - fee)", "payoff: [1, 2]",
        "21:13", "followers.Firms.payoff is a list"),
    "a payoff that is not finite": ("payoff: shipped*(buys - fee)", "payoff: shipped/(fee - 0.25)",
        "21:13", "the payoff of Firms at (offer, supply+buy) is not finite"),
    "a follower's attribute in a discount factor": ("discount: 0.8", "discount: blocked",
        "9:15", "unknown name 'blocked'"),
    # observed
    "observed that is a mapping": ("observed:\n  - {from: 2025-01, to: 2025-06, profile: [bar, "
        "cut+buy], source: [act]}\n  - {from: 2025-07, to: 2025-12, profile: [offer, supply+*]}",
        "observed: {from: 2025-01}", "31:11", "observed is a mapping"),
    "a misspelt key of a stretch": ("to: 2025-06, profile", "to: 2025-06, profle",
        "32:34", "did you mean 'profile'?"),
    "a stretch without an end": ("from: 2025-01, to: 2025-06,", "from: 2025-01,",
        "32:5", "observed[0].to is missing"),
    "a month that is none": ("to: 2025-06", "to: 2025-13", "32:25", "expected a month such as"),
    "a quarter for a month": ("from: 2025-07", "from: 2025Q3", "33:12", "expected a month such as"),
    "an end before the start": ("to: 2025-12", "to: 2025-05", "33:25", "to is before from"),
    "stretches that overlap": ("from: 2025-07", "from: 2025-06",
        "33:5", "starts before the one above has ended"),
    "an action that is none": ("[bar, cut+buy]", "[bare, cut+buy]", "32:44", "did you mean 'bar'?"),
    "an action of two levers, half of it": ("[bar, cut+buy]", "[bar, cut]",
        "32:49", "China has no action 'cut'"),
    "a profile of one": ("[offer, supply+*]}\nsources", "[offer]}\nsources",
        "33:43", "a profile is a list of 1"),
    "a source that is none": ("cut+buy], source: [act]", "cut+buy], source: [acts]",
        "32:68", "did you mean 'act'?"),
    # units
    "a rate that is none": ("per year\n", "per yeer\n", "4:14", "did you mean 'per year'?"),
    "a period that the calendar does not know": ("period: quarter", "period: quater",
        "2:9", "did you mean 'quarter'?"),
    "a rate without a unit": ("payoff_unit: USD bn\n", "",
        "3:14", "payoff_rate without payoff_unit"),
    "a rate without a period": ("period: quarter\n", "", "3:14", "the period is not given"),
}  # fmt: skip


def test_the_file_is_read():
    model = loads(FILE)
    assert [f.name for f in model.followers] == ["Congress", "Firms"]
    assert model.followers[0].attributes == ("blocked",)
    assert model.observed == (
        Observed(2025 * 12, 2025 * 12 + 5, ((1, 2),), ("act",)),
        Observed(2025 * 12 + 6, 2025 * 12 + 11, ((0, 0), (0, 1)), ()),
    )
    assert (model.payoff_unit, model.payoff_rate, model.period_share) == (
        "USD bn",
        "per year",
        0.25,
    )


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_section_is_told_with_its_place(case):
    old, new, place, words = BAD[case]
    assert FILE.count(old) == 1, "the example changes one thing"
    with pytest.raises(PayoffFileError) as caught:
        loads(FILE.replace(old, new), "f.yaml")
    message = str(caught.value)
    assert f"f.yaml:{place}: error: " in message, message
    assert words in message, message


def test_there_are_enough_of_them():
    assert len(BAD) >= 25
    assert sum("did you mean" in words for *_, words in BAD.values()) >= 8


def test_too_many_combinations_are_refused():
    choices = "[" + ", ".join(f"c{k}" for k in range(17)) + "]"
    extra = "".join(f"  F{j}: {{choices: {choices}, payoff: 0}}\n" for j in range(2))
    with pytest.raises(PayoffFileError, match=r"f\.yaml:15:3: .*more than 256 combinations"):
        loads(FILE.replace("definitions:\n", extra + "definitions:\n"), "f.yaml")


def test_attributes_of_settings_may_be_formulas_of_parameters():
    text = FILE.replace("{open: 1}, bar", "{open: 2*fee}, bar")
    model = loads(text)
    one, two = model.game(fee=0.3), model.game(fee=[0.3, 0.4])
    assert one.payoffs[0, 0, 0] == pytest.approx(0.6 * 0.3)
    assert two.payoffs[:, 0, 0, 0] == pytest.approx([0.6 * 0.3, 0.8 * 0.4])


def test_followers_answer_in_states_that_move():
    grid = """
states:
  s: {start: 0, from: 0, to: 1, step: 0.5, unit: share, meaning: m, grade: assumed}
dynamics: {s: 0.25*blocked}
"""
    text = FILE.replace("payoff: (1 - blocked)*fee - 0.2*blocked", "payoff: blocked*(s - 0.25)")
    model = loads(text.replace("outcomes:", grid.lstrip() + "outcomes:"))
    game = model.stochastic()
    rises = model.rises(s=[0.0, 0.5])
    assert rises[:, 0, 0, 0].tolist() == [0.0, 0.25]
    assert [p[0, 0, 0] for p in game.payoffs] == [0.25, 0.0, 0.0]


NAMED = """\
title: Two states
states: [calm, storm]
start: calm
players:
  Row: {actions: {wait: {w: 1}, push: {w: 0}}, discount: 0.5}
  Column: {actions: [a, b], discount: 0.5}
available: {storm: {Row: [push]}}
followers:
  Crowd:
    choices: {stay: {out: 0}, march: {out: 1}}
    payoff: out*(w - 0.5)
payoffs:
  calm: {Row: [[out, 2], [out + 3, 4]], Column: 1 - out}
  storm: {Row: [[out, 7]], Column: out}
transitions:
  calm: [[calm, storm], [storm, calm]]
  storm: [[calm, storm]]
"""


def test_followers_answer_in_named_states():
    game = loads(NAMED).stochastic()
    assert game.payoffs[0].tolist() == [[[1, 2], [3, 4]], [[0, 0], [1, 1]]]
    assert game.payoffs[1].tolist() == [[[0, 7]], [[0, 0]]]


def test_a_follower_whose_payoff_is_not_finite_at_a_setting_is_named():
    model = loads(FILE.replace("payoff: shipped*(buys - fee)", "payoff: shipped/fee"))
    with pytest.raises(GameError, match=r"payoff of Firms at \(offer, supply\+buy\).*fee = 0"):
        model.game(fee=0)
