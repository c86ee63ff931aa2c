"""The ``followers:`` of a payoff file: actors who answer what both powers do."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.fields import formula, label, mapping, record
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.pieces import Follower, Lever
from negotiation.payoff_file.sections.players import read_lever
from negotiation.payoff_file.values import reach
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar

__all__ = ["FOLLOWER_KEYS", "read_choices", "read_followers"]

FOLLOWER_KEYS = (("choices", "payoff"), ("when",))
MAX_COMBINATIONS = 256
"""Choices of all followers together; each costs an evaluation of their formulas."""


def read_choices(draft: Draft, node: Node | None) -> dict[str, Lever]:
    """Read the choices of every follower, and declare their attributes for formulas."""
    log, found = draft.log, {}
    if node is None:
        return {}
    expected = "names of followers, each with choices and a payoff"
    names = [p.name for p in draft.players]
    for key, value in mapping(log, node, "followers", expected).items():
        name = label(log, key, "the name of a follower")
        where = f"followers.{name}"
        if name in names:
            log.add(key, f"{where} has the name of a player", "a name of its own")
        entry = record(log, value, where, FOLLOWER_KEYS, key)
        if "choices" in entry:
            scope = draft.taken, draft.scope
            found[key.text] = read_lever(log, name, entry["choices"], f"{where}.choices", scope)
    if isinstance(node, Map) and not node.entries:
        log.add(node, "followers is empty", expected)
    if prod(max(1, len(lever.settings)) for lever in found.values()) > MAX_COMBINATIONS:
        message = f"followers have more than {MAX_COMBINATIONS} combinations of choices"
        log.add(node, message, f"at most {MAX_COMBINATIONS}")
    return found


def read_followers(
    draft: Draft, node: Node | None, choices: dict[str, Lever]
) -> tuple[Follower, ...]:
    """Read what followers get and when they are asked, once every name is known."""
    if not isinstance(node, Map):
        return ()
    found = []
    for key, value in node.entries:
        entry = {k.text: v for k, v in value.entries} if isinstance(value, Map) else {}
        where = f"followers.{key.text[:60]}"
        payoff, when = (
            _formula(draft, entry.get(kind), f"{where}.{kind}") for kind in ("payoff", "when")
        )
        if payoff is not None and key.text in choices and choices[key.text].settings:
            draft.places[f"followers.{key.text}"] = entry["payoff"]
            found.append(Follower(key.text, choices[key.text].settings, payoff, when))
        if when is not None:
            _check_order(draft, key, entry["when"], when, choices)
    return tuple(found)


def _formula(draft: Draft, node: Node | None, where: str) -> Formula | None:
    return formula(draft.log, node, where, EVERYTHING, draft.scope)


def _check_order(
    draft: Draft, key: Scalar, node: Node, when: Formula, choices: dict[str, Lever]
) -> None:
    """Note a condition that hangs on what is done by those who move at the same time or later."""
    names: Sequence[str] = list(choices)
    later = names[names.index(key.text) :] if key.text in names else []
    used = reach(when.names, draft.definitions)
    for name in later:
        known = {a for s in choices[name].settings for a, _ in s.attributes}
        for attribute in sorted(used & known):
            whose = "its own" if name == key.text else f"of {name}, who moves later"
            message = f"followers.{key.text[:60]}.when needs {attribute!r}, an attribute {whose}"
            draft.log.add(node, message, "what is done before it moves")
            return
