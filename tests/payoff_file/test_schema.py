"""The JSON Schema agrees with the reader about every bundled file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from negotiation.payoff_file import bundled
from negotiation.payoff_file.schema import payoff_schema

SAMPLE = Path(__file__).parents[1] / "data" / "trade.yaml"
DYNAMIC = [SAMPLE.with_name("race.yaml"), SAMPLE.with_name("ladder.yaml")]
FILES = [SAMPLE, *DYNAMIC, *bundled().values()]


class JsonLoader(yaml.SafeLoader):
    """Reads as editors do (YAML 1.2): dates are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, regexp) for tag, regexp in rows if not tag.endswith("timestamp")]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=JsonLoader)


def errors(document: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(payoff_schema())
    return [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(document)]


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(payoff_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_bundled_file_fits_the_schema(path):
    assert errors(read(path)) == []


@pytest.mark.parametrize("key", ["title", "players", "payoffs"])
def test_a_file_without_a_required_key_does_not_fit(key):
    document = read(SAMPLE)
    del document[key]
    assert errors(document)


@pytest.mark.parametrize("key", ["value", "range", "unit", "meaning", "grade"])
def test_a_parameter_without_a_required_key_does_not_fit(key):
    document = read(SAMPLE)
    del document["parameters"]["V"][key]
    assert any(key in e for e in errors(document))


@pytest.mark.parametrize("key", ["start", "from", "to", "step", "unit", "meaning", "grade"])
def test_a_number_on_a_grid_without_a_required_key_does_not_fit(key):
    document = read(DYNAMIC[0])
    del document["states"]["s"][key]
    assert errors(document)


def test_a_state_without_payoffs_for_both_players_does_not_fit():
    document = read(DYNAMIC[1])
    del document["payoffs"]["low"]["Row"]
    assert errors(document)


def test_an_unknown_key_does_not_fit():
    document = read(SAMPLE)
    document["parameters"]["V"]["valeu"] = 1
    document["titel"] = "x"
    assert len(errors(document)) == 2


def test_a_player_has_either_levers_or_actions():
    document = read(SAMPLE)
    document["players"]["US"]["actions"] = ["a", "b"]
    assert errors(document)


def test_every_property_of_a_parameter_is_described_for_editors():
    for what in ("parameter", "axis"):
        properties = payoff_schema()["$defs"][what]["properties"]
        assert all("description" in p for p in properties.values())


PARTIAL = {"extends": "chicken", "parameters": {"prize": {"value": 5}, "cost": None}}


def test_what_is_laid_over_another_file_may_be_given_in_part():
    assert errors(PARTIAL) == []
    assert errors({k: v for k, v in PARTIAL.items() if k != "extends"})
    assert errors({**PARTIAL, "parameters": {"prize": {"valeu": 5}}})
    assert errors({**PARTIAL, "titel": "x"})


@pytest.mark.parametrize(
    "change",
    [
        {"payoff_rate": "per fortnight"},
        {"followers": {}},
        {"followers": {"Congress": {"payoff": "1"}}},
        {"followers": {"Congress": {"choices": ["a"], "payoff": "1", "if": "1"}}},
        {"observed": [{"from": "2025-01", "to": "2025-02"}]},
        {"observed": [{"from": "2025-01", "to": "2025-02", "profile": ["a"]}]},
    ],
)
def test_new_sections_that_do_not_fit(change):
    assert errors(read(SAMPLE) | change)
