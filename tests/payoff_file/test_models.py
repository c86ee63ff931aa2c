"""The bundled models rest on one accounting identity and share their numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.analysis.ranges import used_names
from negotiation.payoff_file import bundled, load
from negotiation.payoff_file.values import reach

FACTS = yaml.safe_load((Path(__file__).parents[1] / "data" / "facts.yaml").read_text("utf-8"))
BASE = load("chips-for-rare-earths")
OURS = {
    slug: load(slug)
    for slug in (
        "chips-for-rare-earths",
        "h200-licence",
        "wider-bargain",
        "substitution-race",
        "congress-and-firms",
    )
}
# The one deal in every file that has it: a licence with strings, bought, ore supplied.
DEAL = {
    "chips-for-rare-earths": "managed truce",
    "h200-licence": "conditional sale",
    "wider-bargain": "managed truce",
    "substitution-race": "managed truce",
    "congress-and-firms": "managed truce",
}
# What a file adds to or leaves out of the identity, and the settings that undo it.
SAME = {
    "substitution-race": {"build_cn": 0.0, "build_us": 0.0},
    "congress-and-firms": {"clash": 40.0, "elsewhere": 0.0, "edge": 1.0, "wary": 0.0},
}
UNDONE = {"substitution-race": {"K": 0.0, "c": 0.0}}

shared = [p for p in BASE.parameters if not p.name.startswith(("patience", "w", "s_"))]
points = st.fixed_dictionaries({p.name: st.floats(*p.range, allow_subnormal=False) for p in shared})


def deal(slug: str, **numbers: float) -> np.ndarray[Any, Any]:
    """Both payoffs at the deal, with as many of the numbers as the file has."""
    model = OURS[slug].frozen()
    known = {p.name for p in model.parameters}
    game = model.game(**{n: x for n, x in numbers.items() if n in known}, **SAME.get(slug, {}))
    profiles = next(o.profiles for o in game.outcomes if o.name == DEAL[slug])
    return game.payoffs[:, profiles[0][0], profiles[0][1]]


def constants(slug: str, numbers: dict[str, float]) -> np.ndarray[Any, Any]:
    """What no choice in the H200 file changes, and the flagship counts: ore sold."""
    x = numbers.get("X", BASE.values()["X"])
    return np.array([0.0, x]) if slug == "h200-licence" else np.zeros(2)


# --- one deal, one pair of payoffs --------------------------------------------------------------


@pytest.mark.parametrize("slug", [s for s in OURS if s != "chips-for-rare-earths"])
@given(numbers=points)
@settings(max_examples=60, deadline=None)
def test_the_same_deal_gives_the_same_payoffs_in_every_file(slug, numbers):
    here = deal(slug, **numbers) + constants(slug, numbers)
    there = deal("chips-for-rare-earths", **{**numbers, **UNDONE.get(slug, {})})
    np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("slug", OURS)
def test_at_the_files_own_values_too(slug):
    undone = UNDONE.get(slug, {})
    there = deal("chips-for-rare-earths", **undone)
    np.testing.assert_allclose(deal(slug) + constants(slug, {}), there, rtol=1e-9)


@pytest.mark.parametrize("slug", OURS)
@given(numbers=points)
@settings(max_examples=30, deadline=None)
def test_a_fee_moves_money_and_makes_none(slug, numbers):
    numbers |= {"omega": 1.0, "b": 0.0, "K": 0.0}
    sums = [
        deal(slug, **{**numbers, "fee": fee, "pass_on": share}).sum()
        for fee in (0.0, 0.25, 0.5)
        for share in (0.0, 0.5, 1.0)
    ]
    np.testing.assert_allclose(sums, sums[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("slug", OURS)
def test_a_fee_is_paid_by_somebody(slug):
    # At half weight on profits a higher fee is a gain to Washington, and China pays its share.
    low, high = deal(slug, fee=0.1), deal(slug, fee=0.4)
    assert high[0] > low[0]
    assert high[1] < low[1]
    spent = 20.25
    assert high[1] - low[1] == pytest.approx(-0.5 * 0.3 * spent)


# --- what substitution does ---------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["chips-for-rare-earths", "wider-bargain", "congress-and-firms"])
@given(numbers=points)
@settings(max_examples=30, deadline=None)
def test_at_full_substitution_nothing_is_sold_and_strings_cost_nothing(slug, numbers):
    at_one = {**numbers, "s": 1.0}
    known = {p.name for p in OURS[slug].parameters}
    game = OURS[slug].game(**{n: x for n, x in at_one.items() if n in known})
    # Nothing is sold: to buy or not is the same, and strings change China's payoff by nothing.
    china = game.payoffs[1]
    names = game.actions[1]
    pairs = [(k, k + 1) for k in range(0, len(names), 2)]
    for buy, refuse in pairs:
        np.testing.assert_allclose(china[:, buy], china[:, refuse], atol=1e-9)
    loose = OURS[slug].game(**{n: x for n, x in {**at_one, "strings": 0.0}.items() if n in known})
    np.testing.assert_allclose(china, loose.payoffs[1], atol=1e-9)


@pytest.mark.parametrize("slug", [s for s in OURS if s != "substitution-race"])
@given(numbers=points, higher=st.floats(0.01, 0.2))
@settings(max_examples=30, deadline=None)
def test_under_embargo_china_gains_and_washington_loses_as_s_rises(slug, numbers, higher):
    model = OURS[slug]
    known = {p.name for p in model.parameters}
    numbers = {n: x for n, x in numbers.items() if n in known}
    low = model.game(**numbers).payoffs
    high = model.game(**{**numbers, "s": numbers["s"] + higher}).payoffs
    rows = [k for k, a in enumerate(model.actions[0]) if a.startswith(("embargo", "no licence"))]
    assert rows
    assert (high[1, rows] > low[1, rows]).all()
    if numbers["E"] > 1:
        assert (high[0, rows] < low[0, rows]).all()


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", OURS)
def test_no_parameter_is_unused(slug):
    model = OURS[slug]
    formulas = {p.name: p.formula for p in model.parameters if p.formula is not None}
    used = reach(used_names(model), formulas) | {a.name for a in model.axes}
    assert {p.name for p in model.parameters} - used == set()


def weighed(model, **values):
    return model.answers(**values).payoffs if model.followers else ()


@pytest.mark.parametrize("slug", OURS)
def test_no_parameter_is_without_effect(slug):
    model = OURS[slug].frozen()
    base = model.game()
    moving = {a.name for a in OURS[slug].axes}
    for p in model.parameters:
        differs = False
        for end in p.range:
            game = model.game(**{p.name: end})
            differs |= not np.array_equal(game.payoffs, base.payoffs)
            differs |= not np.array_equal(game.discount, base.discount)
            differs |= any(
                not np.array_equal(one, two)
                for one, two in zip(weighed(model, **{p.name: end}), weighed(model), strict=True)
            )
        assert differs or p.name in moving, p.name


@pytest.mark.parametrize("slug", [s for s in OURS if s != "chips-for-rare-earths"])
def test_a_number_stands_once(slug):
    """A file that extends another says nothing again that it takes from there."""
    text = yaml.safe_load(bundled()[slug].read_text("utf-8"))
    base = yaml.safe_load(bundled()["chips-for-rare-earths"].read_text("utf-8"))
    for name, entry in (text.get("parameters") or {}).items():
        for key, value in (entry or {}).items():
            assert base["parameters"].get(name, {}).get(key) != value, (name, key)


def unit(text: str) -> str:
    """Reduce a unit to what it measures: 'USD bn/yr (probability-weighted)' is USD bn a year."""
    text = re.sub(r"\(.*?\)", "", text.replace("/yr", " a year").replace("per year", "a year"))
    text = text.replace("chips/firm", "chips a firm").replace("USD/chip", "USD a chip")
    if text.strip().startswith(("share", "yield", "ad valorem")):
        return "share"
    return " ".join(text.split())


# Numbers that are made of the facts they cite: how, each with the facts' ends.
MADE_OF = {
    "r": [
        lambda f: 1 - f("us_re_nir"),
        lambda f: 1 - f("us_re_nir") * f("us_re_imp_china") / f("us_re_imp_value"),
        lambda f: 1 - f("re_dytb"),
    ],
    "tranche": [lambda f: f("brief_buyers") * f("brief_cap") * f("h200_price") / 1e9],
    "peak_rise": [lambda f: f("tar_us_avg_peak") - 20.8],
    "hit_cn": [lambda f: f("gdp_cn_gs") / 100],
    "toll_cn": [lambda f: f("imf_gdp_cn") * f("gdp_cn_gs") / 100 / (f("tar_us_avg_peak") - 20.8)],
    "rise": [lambda f: f("s122_rate"), lambda f: f("tar_threat100")],
    "gdp_cn": [lambda f: f("imf_gdp_cn")],
    "gdp_us": [lambda f: f("imf_gdp_us")],
    "speed_withheld": [
        lambda f: (f("cn_local_2025") / f("cn_tam_2025") - f("cn_dom_2023")) / 2,
        lambda f: (f("cn_dom_2028") - f("cn_dom_2023")) / 5,
        lambda f: (f("cn_ms_2027") - f("cn_ms_2024")) / 3,
    ],
    "speed_cut": [
        lambda f: (f("mp_mag_share_2028") - f("us_mag_dom_2025") / f("us_mag_use")) / 3,
        lambda f: 1 / f("re_years_full"),
        lambda f: 1 / f("re_leadtime"),
    ],
    "speed_supplied": [
        lambda f: (f("jp_dep_2010") - f("jp_dep_2025")) / 15,
        lambda f: (f("re_refine") - f("re_refine_2030")) / 6,
    ],
    "build_cn": [
        lambda f: f("cn_bigfund3") / 5 / 0.14,
        lambda f: f("cn_plan_295") / 0.14,
    ],
    "build_us": [
        lambda f: f("mp_dod_equity") / 5 / 0.09,
        lambda f: (f("mp_dod_equity") + f("mp_10x_cost") + f("usar_16") + f("vault")) / 5 / 0.09,
    ],
}


def ends(rules) -> tuple[float, float]:
    """The lowest and the highest that the rules come to at the ends of the facts' ranges."""
    import itertools

    found = []
    for rule in rules:
        names: list[str] = []
        rule(lambda n, names=names: names.append(n) or 1.0)
        for picks in itertools.product(("low", "high"), repeat=len(names)):
            known = dict(zip(names, picks, strict=True))
            found.append(rule(lambda n, known=known: float(FACTS[n][known[n]])))
    return min(found), max(found)


@pytest.mark.parametrize("slug", OURS)
def test_what_is_not_assumed_is_within_the_facts_it_cites_and_in_their_unit(slug):
    model = OURS[slug]
    values = model.values()
    checked = 0
    for p in model.parameters:
        if p.grade == "assumed":
            continue
        value = float(values[p.name])
        if p.name in MADE_OF:
            low, high = ends(MADE_OF[p.name])
        else:
            facts = [FACTS[s] for s in p.sources if s in FACTS]
            numbers = [f for f in facts if f.get("low") is not None]
            same = [f for f in numbers if unit(f["unit"]) == unit(p.unit)]
            assert same, (p.name, p.unit, [f["unit"] for f in numbers])
            if p.grade == "sourced":
                assert same == numbers, p.name
            low, high = min(f["low"] for f in same), max(f["high"] for f in same)
        if p.formula is None or p.name in MADE_OF or p.name == "s":
            assert low - 1e-9 <= value <= high + 1e-9, (p.name, value, low, high)
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize("slug", OURS)
def test_every_file_says_what_it_leaves_out_and_what_was_seen(slug):
    model = OURS[slug]
    assert len(model.not_modelled) >= 7
    assert model.payoff_unit == "USD bn"
    assert model.payoff_rate == "per year"
    assert bool(model.observed) == (slug != "substitution-race")
    cited = {s.id for s in model.sources}
    assert all(o.sources and set(o.sources) <= cited for o in model.observed)
