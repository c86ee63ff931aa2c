"""The JSON Schema of payoff files, which gives editors completion and a first check.

The schema says what the keys and shapes are. What only reading can tell (names that exist, formulas
that parse, values in their ranges) is `negotiate check`.
"""

from __future__ import annotations

from typing import Any

from negotiation.payoff_file.formulas.formula import FUNCTIONS
from negotiation.payoff_file.pieces import MONTHS
from negotiation.payoff_file.reader import KEYS, SIGNALLING_KEYS
from negotiation.payoff_file.sections.cells import OUTCOME_KEYS
from negotiation.payoff_file.sections.followers import FOLLOWER_KEYS
from negotiation.payoff_file.sections.observed import OBSERVED_KEYS
from negotiation.payoff_file.sections.parameters import GRADES, PARAMETER_KEYS, SOURCE_KEYS
from negotiation.payoff_file.sections.signalling import PRIVATE_KEYS, TYPE_KEYS
from negotiation.payoff_file.sections.states import AXIS_KEYS
from negotiation.payoff_file.sections.terms import MOST_TERMS
from negotiation.payoff_file.sections.watch import WATCH_KEYS

__all__ = ["payoff_schema"]

_DESCRIPTIONS = {
    "extends": "A bundled model, or the path of a file; what stands here is laid over it, by key.",
    "title": "What the model is about, in a few words.",
    "about": "A sentence or two for readers.",
    "period": "The length of one period of play, such as quarter.",
    "date": "The date of the model.",
    "payoff_unit": "The unit of payoffs, such as USD bn.",
    "payoff_rate": "Where payoffs are a rate: per year, while a period is a quarter.",
    "followers": "Who answers what both players do, in the order in which they move.",
    "choices": "What a follower can do, each with its attributes.",
    "payoff": "What a follower gets, as a formula.",
    "when": "A follower is asked only where this is not 0; elsewhere its first choice stands.",
    "observed": "What was played from when to when, in order of time.",
    "profile": "One action of each player; '*' where the file does not tell them apart.",
    "parameters": "Numbers with range, unit, meaning, grade and source.",
    "players": "Exactly two: first the one who chooses rows.",
    "definitions": "Named pieces of payoffs.",
    "payoffs": "For each player a formula, or a table [row action][column action]; for a list of "
    "states, that for each of them.",
    "states": "What moves: numbers on a grid, or a list of names.",
    "start": "Where play starts: a state, or a number (or a formula of parameters) on the grid.",
    "available": "For some states the actions that a player has there; all where nothing is said.",
    "transitions": "For each state a table [row action][column action]: the next state, or "
    "{state: probability}.",
    "dynamics": "For each number on a grid its expected rise per period, as a formula.",
    "from": "The lowest level of the grid.",
    "to": "The highest level of the grid, where the number stays.",
    "step": "The distance between two levels.",
    "outcomes": "Names for what people call the cells; the first match wins.",
    "kind": "signalling, where a side that knows its type sends a message and the other answers.",
    "private": "Who knows what behind the bargain of this file.",
    "types": "What the informed side may be, with the chance of each.",
    "messages": "What it can send.",
    "responses": "What messages are answered with: one list for all, or one for each.",
    "terms": "Parameters that the two sides bargain over, each with [lowest, highest] or, empty, "
    "its range; at most four.",
    "deal": "The outcome whose terms they are; by default the first truce.",
    "sources": "Where the figures come from.",
    "not_modelled": "What the model leaves out, one sentence each.",
    "watch": "Dated events to come, and figures that tell; each with the numbers it moves.",
    "what": "The event, or the figure that tells.",
    "moves": "Names of parameters.",
    "label": "A few words for the number, for figures and first pages.",
    "value": "A number, or a formula of other parameters.",
    "range": "[lowest, highest] plausible value.",
    "unit": "Such as USD bn/yr, share, per period.",
    "meaning": "What the number means.",
    "grade": "sourced: from a source; mixed: partly; assumed: no source.",
    "source": "Identifiers in the sources block.",
    "address": "Web address or file.",
}


def payoff_schema() -> dict[str, Any]:
    """Return the schema of payoff files (JSON Schema, draft 2020-12).

    Examples
    --------
    >>> payoff_schema()["else"]["else"]["required"]
    ['title', 'players', 'payoffs']
    """
    sections = {
        "states": {
            "anyOf": [
                _mapping(_ref("axis"), minProperties=1),
                _list(_ref("name"), minItems=1),
            ]
        },
        "start": _ref("name"),
        "available": _mapping(_mapping(_list(_ref("name"), minItems=1))),
        "transitions": _mapping(_list(_list(_ref("move"), minItems=1), minItems=1)),
        "dynamics": _mapping(_ref("formula")),
        "parameters": _mapping(_ref("parameter")),
        "players": _mapping(_ref("player"), minProperties=2, maxProperties=2),
        "definitions": _mapping(_ref("formula")),
        "payoffs": {"anyOf": [_ref("payoffs"), _mapping(_ref("payoffs"))]},
        "payoff_rate": {"enum": [f"per {name}" for name in MONTHS]},
        "followers": _mapping(_ref("follower"), minProperties=1),
        "outcomes": _mapping(_ref("outcome")),
        "observed": _list(_ref("observed"), minItems=1),
        "private": _private(),
        "terms": _mapping(
            {"anyOf": [_list({"type": "number"}, minItems=2, maxItems=2), {"type": "null"}]},
            minProperties=1,
            maxProperties=MOST_TERMS,
        ),
        "deal": _ref("name"),
        "watch": _list(_ref("watch"), minItems=1),
        "sources": _mapping(_record(SOURCE_KEYS, {})),
        "not_modelled": {"type": "array", "items": _ref("text")},
    }
    whole, defs = _record(KEYS, sections), _definitions()
    signalling = _record(SIGNALLING_KEYS, sections | _signalling())
    known = whole["properties"] | signalling["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "negotiate/payoff-file/1",
        "title": "Payoff file",
        "type": "object",
        "properties": {key: {"description": _DESCRIPTIONS[key]} for key in known},
        "if": {"required": ["extends"]},
        "then": {"anyOf": [_loosened(whole), _loosened(signalling)]},
        "else": {
            "if": {"properties": {"kind": {"const": "signalling"}}, "required": ["kind"]},
            "then": signalling,
            "else": whole,
        },
        "$defs": defs | {f"{_LAID}{name}": _loosened(entry) for name, entry in defs.items()},
    }


_LAID = "laid_over_"
_DEMANDS = ("required", "minProperties", "maxProperties", "oneOf")


def _loosened(schema: Any) -> Any:
    """Return a schema for what is laid over another file: anything may be left out, or be null."""
    if isinstance(schema, list):
        return [_loosened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value for key, value in schema.items() if key not in _DEMANDS}
    if "$ref" in found:
        found["$ref"] = found["$ref"].replace("/$defs/", f"/$defs/{_LAID}")
    for key in ("items", "anyOf"):
        if key in found:
            found[key] = _loosened(found[key])
    if isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = _or_null(found["additionalProperties"])
    if "properties" in found:
        found["properties"] = {name: _or_null(x) for name, x in found["properties"].items()}
    return found


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    about = {"description": schema["description"]} if "description" in schema else {}
    return {"anyOf": [_loosened(schema), {"type": "null"}], **about}


def _definitions() -> dict[str, Any]:
    functions = " ".join(FUNCTIONS)
    table = _list(_list(_ref("formula"), minItems=1), minItems=1)
    pair = _list(_ref("name"), minItems=2, maxItems=2)
    graded: dict[str, Any] = {
        "grade": {"enum": list(GRADES)},
        "source": {"anyOf": [_ref("name"), _list(_ref("name"), minItems=1)]},
    }
    return {
        "text": {"type": ["string", "number", "boolean"]},
        "name": {"type": ["string", "number", "boolean"]},
        "formula": {
            "type": ["number", "string"],
            "description": f"Numbers, names, + - * / ^, comparisons, a if c else b, {functions}.",
        },
        "parameter": _record(
            PARAMETER_KEYS,
            {
                "value": _ref("formula"),
                "range": _list({"type": "number"}, minItems=2, maxItems=2),
                **graded,
            },
        ),
        "axis": _record(
            AXIS_KEYS,
            {
                "start": _ref("formula"),
                **{key: {"type": "number"} for key in ("from", "to", "step")},
                **graded,
            },
        ),
        "watch": _record(
            WATCH_KEYS,
            {
                "date": {"type": ["string", "number"]},
                "moves": graded["source"],
                "source": graded["source"],
            },
        ),
        "move": {"anyOf": [_ref("name"), _mapping(_ref("formula"), minProperties=1)]},
        "payoffs": _mapping(_ref("payoff"), minProperties=2, maxProperties=2),
        "player": _player(),
        "payoff": {"anyOf": [_ref("formula"), table]},
        "follower": _record(
            FOLLOWER_KEYS,
            {"choices": _SETTINGS, "payoff": _ref("formula"), "when": _ref("formula")},
        ),
        "observed": _record(
            OBSERVED_KEYS,
            {
                "from": _ref("name"),
                "to": _ref("name"),
                "profile": pair,
                "source": graded["source"],
            },
        ),
        "outcome": _record(
            OUTCOME_KEYS,
            {"profiles": _list(pair, minItems=1), "truce": {"type": "boolean"}},
        ),
    }


def _signalling() -> dict[str, Any]:
    """Describe the sections of a signalling game given by its payoffs."""
    names = _list(_ref("name"), minItems=1)
    rows = _mapping(_mapping(_list(_ref("formula"), minItems=1)))
    return {
        "kind": {"const": "signalling"},
        "types": _mapping(_ref("formula"), minProperties=1),
        "messages": names,
        "responses": {"anyOf": [names, _mapping(names, minProperties=1)]},
        "players": _record(((), ("sender", "receiver")), {}),
        "payoffs": _record((("sender", "receiver"), ()), {"sender": rows, "receiver": rows}),
    }


def _private() -> dict[str, Any]:
    """Describe who knows what behind a bargain."""
    cost = {"anyOf": [_ref("formula"), _mapping(_ref("formula"))]}
    message = {"anyOf": [_record(((), ("cost",)), {"cost": cost}), {"type": "null"}]}
    kind = {"chance": _ref("formula"), "set": _mapping(_ref("formula"))}
    return _record(
        PRIVATE_KEYS,
        {
            "types": _mapping(_record(TYPE_KEYS, kind), minProperties=1),
            "messages": _mapping(message, minProperties=1),
            "responses": _mapping(_ref("name"), minProperties=1),
        },
    )


def _player() -> dict[str, Any]:
    kinds = {
        "discount": _ref("formula"),
        "levers": _mapping(_SETTINGS, minProperties=1),
        "actions": _SETTINGS,
    }
    one_of = [{"required": ["levers"]}, {"required": ["actions"]}]
    return {**_record((("discount",), ("levers", "actions")), kinds), "oneOf": one_of}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _mapping(value: dict[str, Any], **bounds: int) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value, **bounds}


def _list(item: dict[str, Any], **bounds: int) -> dict[str, Any]:
    return {"type": "array", "items": item, **bounds}


def _record(
    keys: tuple[tuple[str, ...], tuple[str, ...]], kinds: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Describe a mapping with given keys; a key without a kind of its own is text."""
    required, optional = keys
    properties = {}
    for key in (*required, *optional):
        about = {"description": _DESCRIPTIONS[key]} if key in _DESCRIPTIONS else {}
        properties[key] = kinds.get(key, _ref("text")) | about
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


_SETTINGS = {
    "anyOf": [
        _list(_ref("name"), minItems=1),
        _mapping({"anyOf": [_mapping(_ref("formula")), {"type": "null"}]}, minProperties=1),
    ]
}
"""Settings of a lever, plain actions, or choices of a follower."""
