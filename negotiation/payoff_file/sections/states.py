"""States of a dynamic model: on a grid, or named with tables of their own.

A mapping under ``states:`` is a grid: numbers that formulas may use, each with ``dynamics:``. A
list is names, with ``start:``, ``transitions:`` and payoffs for each, and perhaps ``available:``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod

from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.fields import (
    declare,
    describe,
    formula,
    items,
    label,
    mapping,
    number,
    record,
    text,
)
from negotiation.payoff_file.formulas.formula import Formula, parse
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import Parameter
from negotiation.payoff_file.profiles import Table
from negotiation.payoff_file.sections.cells import read_rule, read_table
from negotiation.payoff_file.sections.parameters import read_grade
from negotiation.payoff_file.transitions import Axis, State, near_levels
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq

__all__ = ["AXIS_KEYS", "DYNAMIC_KEYS", "declare_states", "read_dynamics"]

DYNAMIC_KEYS = ("states", "start", "available", "transitions", "dynamics")
AXIS_KEYS = (("start", "from", "to", "step", "unit", "meaning", "grade"), ("source", "label"))
MAX_STATES = 5000
MAX_PAIRS = 1_000_000
"""Pairs of actions in all states."""
_KINDS = {
    "grid": ("numbers on a grid", ("dynamics",), ("dynamics",)),
    "names": ("a list of states", ("start", "transitions"), ("start", "available", "transitions")),
}
"""For each kind of states: what they are called, the keys that must and that may come with them."""
_CERTAIN = parse("1")
_STATES = "a list of names, or numbers on a grid such as s: {start: 0.5, from: 0, to: 1, step: 0.1}"


def declare_states(draft: Draft, node: Node | None) -> list[str]:
    """Enter the names of numbers on a grid, so that formulas may use them."""
    if not isinstance(node, Map):
        return []
    return [declare(draft.log, key, "a state", draft.taken) for key, _ in node.entries]


def read_dynamics(draft: Draft, found: Mapping[str, Node], top: Map) -> None:
    """Read every dynamic key of a file into the draft; payoffs of named states as well."""
    places, node = {key.text: key for key, _ in top.entries}, found.get("states")
    if node is None:
        for key in DYNAMIC_KEYS:
            if key in found:
                draft.log.add(places[key], f"{key!r} without states", "a key 'states' too")
    elif isinstance(node, Scalar):
        draft.log.add(node, f"states is {describe(node)}", _STATES)
    elif isinstance(node, Map):
        _check_keys(draft, "grid", found, places)
        _grid(draft, node, found.get("dynamics"))
    else:
        _check_keys(draft, "names", found, places)
        _named(draft, node, found)


def _check_keys(
    draft: Draft, kind: str, entries: Mapping[str, Node], places: Mapping[str, Scalar]
) -> None:
    """Log keys that do not go with this kind of states, and missing ones."""
    kind_text, needed, allowed = _KINDS[kind]
    for key in DYNAMIC_KEYS[1:]:
        if key in entries and key not in allowed:
            message = f"{key!r} does not go with {kind_text}"
            draft.log.add(places[key], message, " and ".join(map(repr, allowed)))
    for key in needed:
        if key not in entries:
            draft.log.add(places["states"], f"{key} is missing", f"a key {key!r}, with {kind_text}")


def _grid(draft: Draft, node: Node, dynamics: Node | None) -> None:
    entries = mapping(draft.log, node, "states", _STATES)
    if not entries:
        draft.log.add(node, "states is empty", _STATES)
    read = {key.text: _axis(draft, key, value) for key, value in entries.items()}
    rises = {}
    if dynamics is not None:
        for name, value in record(draft.log, dynamics, "dynamics", (list(read), ())).items():
            rises[name] = formula(draft.log, value, f"dynamics.{name}", EVERYTHING, draft.scope)
            draft.places[f"dynamics.{name}"] = value
    axes_by_name = {name: pair for name, pair in read.items() if pair is not None}
    states = prod(len(levels) for _, levels in axes_by_name.values())
    pairs_of_actions = prod(len(p.actions) for p in draft.players)
    if states > MAX_STATES:
        draft.log.add(node, f"the grid has more than {MAX_STATES} states", "fewer or longer steps")
    elif states * pairs_of_actions > MAX_PAIRS:
        message = f"{states:,} states with {pairs_of_actions:,} pairs of actions each"
        draft.log.add(node, message, f"at most {MAX_PAIRS:,} pairs in all")
    draft.parameters += tuple(parameter for parameter, _ in axes_by_name.values())
    pairs = [(name, levels, rises.get(name)) for name, (_, levels) in axes_by_name.items()]
    draft.axes = tuple(Axis(name, levels, rise) for name, levels, rise in pairs if rise is not None)


def _axis(draft: Draft, key: Scalar, node: Node) -> tuple[Parameter, tuple[Fraction, ...]] | None:
    """Read one state variable, as a parameter with its levels."""
    log, where = draft.log, f"states.{key.text[:60]}"
    before = len(log.problems)
    entry = record(log, node, where, AXIS_KEYS, key)
    start = formula(log, entry.get("start"), f"{where}.start", "parameters", draft.scope)
    ends = [
        number(log, entry[k], f"{where}.{k}") if k in entry else None
        for k in ("from", "to", "step")
    ]
    levels = _levels(draft, entry, where, ends)
    words = {k: text(log, entry.get(k), f"{where}.{k}") for k in ("unit", "meaning")}
    words["label"] = label(log, entry["label"], f"{where}.label") if "label" in entry else ""
    grade, cited = read_grade(draft, entry, where, key)
    if start is None or not levels or len(log.problems) > before:
        return None
    exact = start.number
    draft.places[key.text] = entry["start"]
    if exact is not None and exact not in levels:
        expected = near_levels(Axis(key.text, levels, start), float(exact))
        log.add(entry["start"], f"{where}.start {float(exact):g} is not a level", expected)
    parameter = Parameter(
        name=key.text,
        value=None if exact is None else float(exact),
        exact=exact,
        formula=start if exact is None else None,
        range=(float(levels[0]), float(levels[-1])),
        **words,
        grade=grade,
        sources=cited,
        line=log.place(key.line)[1],
        base=log.base(key),
    )
    return parameter, levels


def _levels(
    draft: Draft, entry: Mapping[str, Node], where: str, ends: list[Fraction | None]
) -> tuple[Fraction, ...]:
    """Return the levels of a grid; empty if they are wrong."""
    low, high, step = ends
    if low is None or high is None or step is None:
        return ()
    if step <= 0:
        draft.log.add(entry["step"], f"{where}.step is {float(step):g}", "a number above 0")
        return ()
    if high <= low:
        message = f"{where}.to {float(high):g} is not above from {float(low):g}"
        draft.log.add(entry["to"], message, "the highest level")
        return ()
    count = (high - low) / step
    if count > MAX_STATES:
        message = f"{where} has {float(count):.6g} steps"
        draft.log.add(entry["step"], message, f"at most {MAX_STATES} states in all")
        return ()
    if count.denominator != 1:
        ends_at = " or ".join(f"{float(low + step * k):g}" for k in (int(count), int(count) + 1))
        message = f"{where}: from {float(low):g} to {float(high):g} is not a whole number of steps"
        draft.log.add(entry["step"], message, f"a step that divides it, or to: {ends_at}")
        return ()
    return tuple(low + step * k for k in range(int(count) + 1))


def _named(draft: Draft, node: Node, entries: Mapping[str, Node]) -> None:
    log = draft.log
    names = [
        label(log, item, "the name of a state") for item in items(log, node, "states", _STATES)
    ]
    if not names and isinstance(node, Seq):
        log.add(node, "states is empty", _STATES)
    for k, name in enumerate(names):
        if name and name in names[:k]:
            log.add(_items(node)[k], f"states has {quoted(name)} twice", "a name for each state")
    if "start" in entries:
        start = text(log, entries["start"], "start")
        if start and start not in names:
            log.add(
                entries["start"],
                f"start {quoted(start)} is not a state",
                "one of " + ", ".join(names[:12]),
                name=start,
                among=names,
            )
        draft.start = names.index(start) if start in names else 0
    available = _available(draft, entries.get("available"), names)
    rules = _payoffs(draft, entries.get("payoffs"), names, available)
    moves = _transitions(draft, entries.get("transitions"), names, available)
    draft.states = tuple(
        State(name, available[name], rules[name], moves[name])
        for name in names
        if name in rules and name in moves
    )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Seq) else ()


_Available = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]


def _available(draft: Draft, node: Node | None, names: list[str]) -> _Available:
    """Return the available actions of both players in every state; all by default."""
    log, players = draft.log, draft.players
    full = {p.name: tuple(range(len(p.actions))) for p in players}
    limits = {name: dict(full) for name in names}
    for state, value in (
        {} if node is None else record(log, node, "available", ((), names))
    ).items():
        for player, node_of_actions in record(
            log, value, f"available.{state}", ((), list(full))
        ).items():
            where = f"available.{state}.{player}"
            actions = next(p.actions for p in players if p.name == player)
            limits[state][player] = (
                _actions(draft, node_of_actions, where, actions) if actions else ()
            )
    return {name: (*by_player.values(), (), ())[:2] for name, by_player in limits.items()}  # type: ignore[misc]


def _actions(draft: Draft, node: Node, where: str, names: tuple[str, ...]) -> tuple[int, ...]:
    log, picked = draft.log, []
    nodes = items(log, node, where, "a list of actions")
    if not nodes and isinstance(node, Seq):
        log.add(node, f"{where} is empty", "at least one action")
    for item in nodes:
        name = text(log, item, where)
        if name and name not in names:
            expected = "one of " + ", ".join(names[:12])
            log.add(item, f"{where}: no action {quoted(name)}", expected, name=name, among=names)
        elif name and names.index(name) in picked:
            log.add(item, f"{where} has {quoted(name)} twice", "each action once")
        elif name:
            picked.append(names.index(name))
    return tuple(sorted(picked))


_Rules = dict[str, tuple["Formula | Table", "Formula | Table"]]


def _payoffs(draft: Draft, node: Node | None, names: list[str], available: _Available) -> _Rules:
    """Read ``payoffs: {state: {player: formula or table}}``."""
    players, rules_by_state = [p.name for p in draft.players], {}
    if node is None or len(players) != 2:
        return {}
    for state, value in record(draft.log, node, "payoffs", (names, ())).items():
        where = f"payoffs.{state}"
        sizes = tuple(map(len, available[state]))
        rules = []
        for player, rule_node in record(draft.log, value, where, (players, ())).items():
            draft.places[f"{where}.{player}"] = rule_node
            rules.append((player, read_rule(draft, rule_node, f"{where}.{player}", sizes)))
        both = {player: rule for player, rule in rules if rule is not None}
        if len(both) == 2:
            rules_by_state[state] = both[players[0]], both[players[1]]
    return rules_by_state


def _transitions(
    draft: Draft, node: Node | None, names: list[str], available: _Available
) -> dict[str, tuple[tuple[tuple[tuple[int, Formula], ...], ...], ...]]:
    """Read ``transitions: {state: [row action][column action]}``."""
    tables = {}
    if node is None:
        return {}
    for state, value in record(draft.log, node, "transitions", (names, ())).items():
        where = f"transitions.{state}"
        draft.places[where] = value
        sizes = tuple(map(len, available[state]))
        table = read_table(
            draft.log,
            value,
            where,
            sizes,
            lambda cell, w=where: _cell(draft, cell, w, names),  # type: ignore[misc]
        )
        if table is not None:
            tables[state] = table
    return tables


def _cell(
    draft: Draft, node: Node, where: str, names: list[str]
) -> tuple[tuple[int, Formula], ...] | None:
    """Read the successors of one profile: a state, or states with probabilities."""
    log = draft.log
    if isinstance(node, Map):
        chances = record(log, node, where, ((), names))
        formulas = {
            name: formula(log, value, f"{where}.{name}", "parameters", draft.scope)
            for name, value in chances.items()
        }
        if not formulas or None in formulas.values():
            if not node.entries:
                log.add(node, f"{where}: a cell is empty", "states with probabilities")
            return None
        return tuple((names.index(n), f) for n, f in formulas.items() if f is not None)
    name = text(log, node, f"{where}: a cell")
    if name and name not in names:
        expected = "the name of a state, or {state: probability}"
        log.add(node, f"{where}: unknown state {quoted(name)}", expected, name=name, among=names)
    return ((names.index(name), _CERTAIN),) if name in names else None
