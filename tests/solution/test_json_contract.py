"""`solve --json` keeps its contract (design, section 6) for bundled models and any table."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from negotiation.payoff_file import loads
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.solution import page
from negotiation.solution.as_json import to_dict
from negotiation.solution.regimes import BANDS, REGIMES
from negotiation.solution.solution import solve
from tests.conftest import GAMES, solve_game
from tests.first_edition import first_edition
from tests.reference.library import BARGAINS


def pair(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 2, "maxItems": 2}


def every(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def record(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
FACTOR = {"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 1}
CHANCE = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
MAYBE_TEXT = {"type": ["string", "null"]}

CONTRACT = record(
    schema={"const": "negotiate/solve/1"},
    model=record(title=TEXT, file=MAYBE_TEXT, sha256=MAYBE_TEXT, kind={"const": "repeated"}),
    parameters={"type": "object", "additionalProperties": NUMBER},
    players=pair(TEXT),
    discount=pair({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
    actions=pair(every(TEXT) | {"minItems": 1}),
    payoffs=pair(every(every(NUMBER))),
    stage=record(
        equilibria=every(
            record(strategies=pair(every(CHANCE)), payoffs=pair(NUMBER), regret=NUMBER, pure=FLAG)
        )
        | {"minItems": 1},
        components=every(every({"type": "integer"}) | {"minItems": 1}),
        degenerate=FLAG,
        minmax=record(pure=pair(NUMBER), mixed=pair(NUMBER)),
    ),
    repeated=record(
        status={"enum": ["polygon", "segment", "point", "empty"]},
        payoff_set=every(pair(NUMBER)),
        gap={"type": "number", "minimum": 0},
        min_spe_payoffs={"anyOf": [pair(NUMBER), {"type": "null"}]},
    ),
    outcomes=every(
        record(
            name=TEXT,
            profile=pair(TEXT),
            payoffs=pair(NUMBER),
            truce=FLAG,
            sustained=FLAG,
            band={"enum": list(BANDS)},
            critical_discount=record(
                nash_reversion=FACTOR, optimal_penal_code=FACTOR, transfers=FACTOR
            ),
            critical_discount_by_player=record(
                nash_reversion=pair(FACTOR),
                optimal_penal_code=pair(FACTOR),
                near_critical=pair(FLAG),
            ),
            slack={"anyOf": [pair(NUMBER), {"type": "null"}]},
            best_deviation=pair(
                record(action=TEXT, deviation_gain={"type": "number", "minimum": 0})
            ),
            tightest_player=MAYBE_TEXT,
            critical_belief=pair(CHANCE),
        )
    )
    | {"minItems": 1},
    regime={"enum": [name for name, _ in REGIMES]},
    sustained=every(TEXT),
    verdict=TEXT | {"minLength": 20},
)
VALIDATOR = jsonschema.Draft202012Validator(CONTRACT)


def strict(constant: str) -> float:
    raise AssertionError(f"{constant} is not JSON")


def checked(solution: Any) -> dict[str, Any]:
    """Return the JSON as a stranger reads it, after everything that the contract says of it."""
    data = json.loads(json.dumps(to_dict(solution), allow_nan=False), parse_constant=strict)
    assert [f"{list(e.path)}: {e.message}" for e in VALIDATOR.iter_errors(data)] == []
    shape = [len(a) for a in data["actions"]]
    assert np.shape(data["payoffs"]) == (2, *shape)
    assert data["payoffs"] == solution.game.payoffs.tolist()
    check_stage_part(data, shape)
    check_payoff_set(data["repeated"])
    for outcome in data["outcomes"]:
        check_outcome(data, outcome)
    names = [o["name"] for o in data["outcomes"] if o["sustained"]]
    assert data["sustained"] == list(dict.fromkeys(names))
    return data


def check_stage_part(data: dict[str, Any], shape: list[int]) -> None:
    table = np.array(data["payoffs"])
    for e in data["stage"]["equilibria"]:
        x, y = map(np.array, e["strategies"])
        assert [len(x), len(y)] == shape
        earned = np.einsum("iab,a,b->i", table, x, y)
        size = np.abs(table).max() + 1
        assert np.allclose(earned, e["payoffs"], atol=1e-9 * size)
        assert (table[0] @ y).max() <= earned[0] + 1e-9 * size
        assert (x @ table[1]).max() <= earned[1] + 1e-9 * size
    listed = sorted(k for part in data["stage"]["components"] for k in part)
    assert sorted(set(listed)) == list(range(len(data["stage"]["equilibria"])))
    pure = [table[0].max(axis=0).min(), table[1].max(axis=1).min()]
    assert data["stage"]["minmax"]["pure"] == pytest.approx(pure)
    mixed = np.array(data["stage"]["minmax"]["mixed"])
    assert (mixed <= np.array(pure) + 1e-9 * (1 + np.abs(pure))).all()


def check_payoff_set(repeated: dict[str, Any]) -> None:
    ring = np.array(repeated["payoff_set"]).reshape(-1, 2)
    assert repeated["status"] == ["empty", "point", "segment", "polygon"][min(len(ring), 3)]
    assert (repeated["min_spe_payoffs"] is None) == (len(ring) == 0)
    if len(ring):
        assert tuple(ring[0]) == min(map(tuple, ring))
        assert np.allclose(
            ring.min(axis=0), repeated["min_spe_payoffs"], atol=1e-6 + repeated["gap"]
        )
    if len(ring) > 2:
        x, y = ring.T
        assert (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() > 0


def worst_is_pure(data: dict[str, Any]) -> bool:
    """Whether no mixed equilibrium punishes more than the pure ones, to which penal codes keep."""
    found = data["stage"]["equilibria"]
    pure = np.array([e["payoffs"] for e in found if e["pure"]])
    everything = np.array([e["payoffs"] for e in found])
    return len(pure) > 0 and bool((pure.min(axis=0) <= everything.min(axis=0) + 1e-9).all())


def check_outcome(data: dict[str, Any], o: dict[str, Any]) -> None:
    table = np.array(data["payoffs"])
    a, b = (names.index(k) for names, k in zip(data["actions"], o["profile"], strict=True))
    assert o["payoffs"] == table[:, a, b].tolist()
    best = [table[0][:, b].max() - table[0][a, b], table[1][a].max() - table[1][a, b]]
    assert [d["deviation_gain"] for d in o["best_deviation"]] == pytest.approx(best, abs=1e-9)
    for i, d in enumerate(o["best_deviation"]):
        k = data["actions"][i].index(d["action"])
        there = table[0][k, b] if i == 0 else table[1][a, k]
        assert there - table[i][a, b] == pytest.approx(d["deviation_gain"])
    assert o["tightest_player"] is None or o["tightest_player"] in data["players"]
    assert (o["strategy"] is not None) == o["sustained"]
    assert (o["renegotiation"] is not None) == o["sustained"]
    optimal, simple = (o["critical_discount"][k] for k in ("optimal_penal_code", "nash_reversion"))
    if simple is not None and worst_is_pure(data):
        assert optimal is not None
        assert optimal <= simple + 1e-9
    worst = np.min([e["payoffs"] for e in data["stage"]["equilibria"]], axis=0)
    check_simple_threat(simple, np.array(best), np.array(o["payoffs"]) - worst)
    assert o["band"] in (BANDS[2:] if o["sustained"] else BANDS[:2])
    if data["repeated"]["min_spe_payoffs"] is not None:
        factors, threats = np.array(data["discount"]), np.array(data["repeated"]["min_spe_payoffs"])
        others = [np.delete(table[0][:, b], a), np.delete(table[1][a], b)]
        broken = [max(x, default=own) for x, own in zip(others, o["payoffs"], strict=True)]
        slack = np.array(o["payoffs"]) - (1 - factors) * broken - factors * threats
        assert o["slack"] == pytest.approx(slack.tolist(), abs=1e-9)
        if not np.isclose(slack, 0, atol=1e-7).any():
            assert o["sustained"] == bool((slack > 0).all())
    for i, least in enumerate(o["critical_discount_by_player"]["optimal_penal_code"]):
        assert not o["sustained"] or least <= data["discount"][i]
    if data["discount"][0] == data["discount"][1] and optimal is not None:
        assert o["sustained"] == (optimal <= data["discount"][0] + 1e-9)


def check_simple_threat(least: float | None, gain: Any, at_stake: Any) -> None:
    """Friedman (1971): patient enough if the stake in all later periods outweighs the gain."""
    needs = [g / (g + s) if s > 0 else np.inf for g, s in zip(gain, at_stake, strict=True) if g > 0]
    if min(abs(at_stake), default=1) > 1e-9 or not needs:
        hopeless = (at_stake < -1e-9).any() or max(needs, default=0) >= 1
        assert least == (None if hopeless else pytest.approx(max(needs, default=0), abs=1e-9))


def test_binding_players_of_the_flagship(solved):
    found = {
        o["name"]: o["tightest_player"]
        for o in to_dict(solved(first_edition("chips-for-rare-earths")))["outcomes"]
    }
    assert found["managed truce"] == "China"
    assert found["open trade"] == "US"
    assert found["standoff"] == "China"
    assert found["rupture"] is None


def test_the_harshest_threat_does_more_than_the_simple_one(solved):
    collusion = to_dict(solved("abreu-cournot"))["outcomes"][0]["critical_discount"]
    assert collusion["optimal_penal_code"] == pytest.approx(1 / 3)
    assert collusion["nash_reversion"] == pytest.approx(5 / 8)


@pytest.mark.parametrize("slug", BARGAINS)
def test_every_bundled_model_keeps_the_contract(solved, slug):
    data = checked(solved(slug))
    assert data["model"]["file"].endswith(f"{slug}.yaml")
    assert len(data["model"]["sha256"]) == 64
    page_lines = plain(page(solved(slug))).splitlines()  # here, since the widest takes a while
    assert max(map(len, page_lines)) <= 100


@pytest.mark.parametrize("k", range(len(GAMES)))
def test_games_from_arrays_keep_the_contract(k):
    data = checked(solve_game(k))
    assert data["model"]["file"] is None
    assert data["parameters"] == {}


def table_file(draw: np.random.Generator, n0: int, n1: int, kind: str) -> str:
    """Write a table as a stranger would: unnamed cells, decimals, ties, one constant player."""
    tables = draw.integers(-3, 4, (2, n0, n1)).astype(float)
    if kind == "decimals":
        tables = np.round(tables + 0.125 * draw.integers(0, 4, (2, n0, n1)), 3)
    elif kind == "constant":
        tables[1] = 2.5
    elif kind == "flat":
        tables[:] = -1
    players = {
        name: {"actions": [f"{name[0]}{k}" for k in range(n)], "discount": 0.4}
        for name, n in (("Ada", n0), ("Bob", n1))
    }
    payoffs = {"Ada": tables[0].tolist(), "Bob": tables[1].tolist()}
    return yaml.safe_dump({"title": "Theirs", "players": players, "payoffs": payoffs})


@pytest.mark.parametrize(
    ("n0", "n1", "kind"),
    [
        (1, 1, "plain"),
        (1, 8, "plain"),
        (8, 1, "decimals"),
        (2, 2, "flat"),
        (3, 4, "constant"),
        (4, 4, "plain"),
        (5, 3, "decimals"),
        (5, 5, "flat"),
        (8, 8, "constant"),
        (8, 8, "plain"),
    ],
)
def test_tables_by_strangers_keep_the_contract(n0, n1, kind):
    draw = np.random.default_rng(n0 * 100 + n1)
    model = loads(table_file(draw, n0, n1, kind))
    data = checked(solve(model))
    assert len(data["outcomes"]) == n0 * n1
    assert data["payoffs"] == [
        [[float(f.text) for f in row] for row in table] for table in model.payoffs
    ]


def test_both_tables_have_the_same_orientation():
    text = "title: t\nplayers:\n  R: {actions: [u, d], discount: 0.5}\n"
    text += "  C: {actions: [l, m, r], discount: 0.5}\npayoffs:\n"
    text += "  R: [[1, 2, 3], [4, 5, 6]]\n  C: [[7, 8, 9], [10, 11, 12]]\n"
    data = checked(solve(loads(text)))
    assert data["payoffs"] == [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]
    assert data["outcomes"][5]["profile"] == ["d", "r"]
    assert data["outcomes"][5]["payoffs"] == [6, 12]


def test_no_number_is_infinite_even_where_a_punishment_lasts_for_ever(solved):
    data = checked(solved(first_edition("chips-for-rare-earths")))
    for o in data["outcomes"]:
        if o["renegotiation"] and o["renegotiation"]["periods"]:
            assert all(p is None or math.isfinite(p) for p in o["renegotiation"]["periods"])
