"""The sections of signalling games: ``kind: signalling`` in full, or ``private:`` in a bargain."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from negotiation.games.game import Outcome
from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import Draft
from negotiation.payoff_file.fields import describe, formula, items, label, mapping, record
from negotiation.payoff_file.formulas.formula import Formula, evaluate_one
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.signalling import (
    PlainSignalling,
    PrivateInformation,
    PrivateMessage,
    PrivateType,
    Rules,
)
from negotiation.payoff_file.values import in_range, single_values
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar

__all__ = ["PLAIN_KEYS", "PRIVATE_KEYS", "TYPE_KEYS", "check_chances", "read_plain", "read_private"]

PLAIN_KEYS = ("types", "messages", "responses", "payoffs")
PRIVATE_KEYS = (("player", "types", "messages", "responses", "otherwise"), ())
TYPE_KEYS = (("chance",), ("set",))
PLAYERS = ("sender", "receiver")
USES = "parameters definitions"
_ROUNDING = 1e-9


def read_plain(draft: Draft, found: dict[str, Node]) -> PlainSignalling | None:
    """Read a signalling game given by its payoffs; None if something is wrong."""
    log = draft.log
    players = _players(log, found.get("players"))
    chances = _chances(draft, found.get("types"))
    messages = _names(log, found.get("messages"), "messages", "a message")
    responses = _responses(log, found.get("responses"), messages)
    rules: dict[str, Rules | None] = {}
    if chances and messages and responses is not None and "payoffs" in found:
        sides = record(log, found["payoffs"], "payoffs", (PLAYERS, ()))
        for side, node in sides.items():
            rules[side] = _rules(draft, node, f"payoffs.{side}", list(chances), responses)
    sender, receiver = rules.get("sender"), rules.get("receiver")
    if log.problems or sender is None or receiver is None or responses is None:
        return None
    return PlainSignalling(
        types=tuple(chances),
        chances=tuple(chances.values()),
        messages=tuple(responses),
        responses=tuple(responses.values()),
        sender=sender,
        receiver=receiver,
        players=players,
    )


def _players(log: Log, node: Node | None) -> tuple[str, str]:
    if node is None:
        return "Sender", "Receiver"
    found = record(log, node, "players", ((), PLAYERS))
    names = [
        label(log, found[side], f"players.{side}") if side in found else side.capitalize()
        for side in PLAYERS
    ]
    if names[0] == names[1]:
        log.add(node, f"both players are named {quoted(names[0])}", "two names")
    return names[0], names[1]


def _chances(draft: Draft, node: Node | None) -> dict[str, Formula]:
    if node is None:
        return {}
    found = {}
    expected = "types, each with its chance, such as {weak: 0.1, strong: 0.9}"
    entries = mapping(draft.log, node, "types", expected)
    for key, value in entries.items():
        name = label(draft.log, key, "the name of a type")
        chance = formula(draft.log, value, f"types.{name}", "parameters", draft.scope)
        draft.places[f"types.{name}"] = value
        if chance is not None:
            found[name] = chance
    if isinstance(node, Map) and not entries:
        draft.log.add(node, "types is empty", expected)
    return found if len(found) == len(entries) else {}


def _names(log: Log, node: Node | None, where: str, what: str) -> tuple[str, ...]:
    """Read a list of names, each once."""
    if node is None:
        return ()
    found: list[str] = []
    entries = items(log, node, where, f"a list of names, each of {what}")
    for item in entries:
        name = label(log, item, f"the name of {what}")
        if name in found:
            log.add(item, f"{where}: {quoted(name)} stands twice", "each name once")
        elif name:
            found.append(name)
    if not entries and not isinstance(node, Scalar | Map):
        log.add(node, f"{where} is empty", f"at least {what}")
    return tuple(found) if len(found) == len(entries) else ()


def _responses(
    log: Log, node: Node | None, messages: tuple[str, ...]
) -> dict[str, tuple[str, ...]] | None:
    """Read what messages are answered with: one list for all, or a list for each."""
    if node is None or not messages:
        return None
    if not isinstance(node, Map):
        same = _names(log, node, "responses", "a response")
        return dict.fromkeys(messages, same) if same else None
    found = record(log, node, "responses", (messages, ()))
    lists = {m: _names(log, n, f"responses.{m}", "a response") for m, n in found.items()}
    if len(lists) < len(messages) or not all(lists.values()):
        return None
    return {m: lists[m] for m in messages}


def _rules(
    draft: Draft, node: Node, where: str, types: list[str], responses: dict[str, tuple[str, ...]]
) -> Rules | None:
    rows = record(draft.log, node, where, (types, ()))
    made: list[tuple[tuple[Formula, ...], ...]] = []
    for t in types:
        if t not in rows:
            return None
        cells = record(draft.log, rows[t], f"{where}.{t}", (list(responses), ()))
        own = tuple(
            _cells(draft, cells[m], f"{where}.{t}.{m}", names)
            for m, names in responses.items()
            if m in cells
        )
        if [len(c) for c in own] == [len(n) for n in responses.values()]:
            made.append(own)
    return tuple(made) if len(made) == len(types) else None


def _cells(draft: Draft, node: Node, where: str, names: tuple[str, ...]) -> tuple[Formula, ...]:
    expected = f"a list of {len(names)}: one payoff for each of {', '.join(names)}"
    cells = items(draft.log, node, where, expected)
    if cells and len(cells) != len(names):
        draft.log.add(node, f"{where} has {len(cells)} payoffs", expected)
        return ()
    if not cells and not isinstance(node, Scalar | Map):
        draft.log.add(node, f"{where} is empty", expected)
    draft.places[where] = node
    read = [formula(draft.log, cell, where, USES, draft.scope) for cell in cells]
    return tuple(f for f in read if f is not None)


def read_private(
    draft: Draft, node: Node | None, outcomes: Sequence[Outcome]
) -> PrivateInformation | None:
    """Read who knows what behind a repeated bargain; None if nothing is said or it is wrong."""
    if node is None:
        return None
    log = draft.log
    before = len(log.problems)
    found = record(log, node, "private", PRIVATE_KEYS)
    players = [p.name for p in draft.players]
    player = _known(log, found.get("player"), "private.player", "a player", players)
    types = _types(draft, found.get("types"))
    messages = _messages(draft, found.get("messages"), _keys(found.get("types")))
    names = [o.name for o in outcomes]
    responses = []
    if "responses" in found:
        expected = "what the other side may propose, each an outcome of the file"
        entries = mapping(log, found["responses"], "private.responses", expected)
        for key, value in entries.items():
            name = label(log, key, "the name of a response")
            proposed = _known(log, value, f"private.responses.{name}", "an outcome", names)
            responses.append((name, proposed))
        if isinstance(found["responses"], Map) and not entries:
            log.add(found["responses"], "private.responses is empty", expected)
    otherwise = _known(log, found.get("otherwise"), "private.otherwise", "an outcome", names)
    if draft.axes or draft.states:
        log.add(node, "private: the states of this model move", "a repeated model")
    if len(log.problems) > before:
        return None
    place = found["otherwise"]
    draft.places["private.otherwise"] = place
    return PrivateInformation(
        player=players.index(player),
        types=types,
        messages=messages,
        responses=tuple(responses),
        otherwise=otherwise,
        line=place.line,
        col=place.col,
    )


def _keys(node: Node | None) -> list[str]:
    """Return the names that stand in a mapping, be what they name right or wrong."""
    return [key.text for key, _ in node.entries] if isinstance(node, Map) else []


def _known(log: Log, node: Node | None, where: str, what: str, among: Sequence[str]) -> str:
    """Read a name that the file must have given before."""
    if node is None:
        return ""
    name = label(log, node, where)
    if name and name not in among:
        expected = f"{what} of the file: {', '.join(among) or 'there is none'}"
        log.add(node, f"{where}: unknown {quoted(name)}", expected, name=name, among=among)
    return name


def _types(draft: Draft, node: Node | None) -> tuple[PrivateType, ...]:
    if node is None:
        return ()
    log, found = draft.log, []
    expected = "types, each with a chance and what it sets"
    entries = mapping(log, node, "private.types", expected)
    for key, value in entries.items():
        name = label(log, key, "the name of a type")
        where = f"private.types.{name}"
        parts = record(log, value, where, TYPE_KEYS, key)
        chance = formula(log, parts.get("chance"), f"{where}.chance", "parameters", draft.scope)
        settings = _settings(draft, parts.get("set"), f"{where}.set")
        if chance is not None:
            draft.places[f"types.{name}"] = parts["chance"]
            found.append(PrivateType(name, chance, settings))
    if isinstance(node, Map) and not entries:
        log.add(node, "private.types is empty", expected)
    return tuple(found)


def _settings(draft: Draft, node: Node | None, where: str) -> tuple[tuple[str, Formula], ...]:
    if node is None:
        return ()
    known = {p.name: p for p in draft.parameters}
    names = draft.scope.get("parameters", [])
    found = []
    for key, value in mapping(draft.log, node, where, "parameters with values").items():
        if key.text not in names:
            expected = "the name of a parameter of the file"
            message = f"{where}: unknown parameter {quoted(key.text)}"
            draft.log.add(key, message, expected, name=key.text, among=names)
            continue
        own = formula(draft.log, value, f"{where}.{key.text}", "parameters", draft.scope)
        if own is None:
            continue
        exact, parameter = own.number, known.get(key.text)
        if exact is not None and parameter and not in_range(float(exact), parameter.range):
            low, high = parameter.range
            message = f"{where}.{key.text} {float(exact):g} is outside range [{low:g}, {high:g}]"
            draft.log.add(value, message, "a value inside it, or a wider range")
        found.append((key.text, own))
    return tuple(found)


def _messages(draft: Draft, node: Node | None, types: list[str]) -> tuple[PrivateMessage, ...]:
    if node is None:
        return ()
    log, found = draft.log, []
    expected = "messages, each with its cost: {demonstrate: {cost: 2}, stay quiet: {}}"
    entries = mapping(log, node, "private.messages", expected)
    for key, value in entries.items():
        name = label(log, key, "the name of a message")
        where = f"private.messages.{name}"
        empty = isinstance(value, Scalar) and value.text in ("", "null", "~")
        parts = {} if empty else record(log, value, where, ((), ("cost",)), key)
        found.append(PrivateMessage(name, _costs(draft, parts.get("cost"), where, types)))
    if isinstance(node, Map) and not entries:
        log.add(node, "private.messages is empty", expected)
    return tuple(found)


def _costs(
    draft: Draft, node: Node | None, where: str, types: list[str]
) -> tuple[Formula | None, ...]:
    if node is None:
        return (None,) * len(types)
    if isinstance(node, Map):
        rows = record(draft.log, node, f"{where}.cost", (types, ()))
        return tuple(
            formula(draft.log, rows.get(t), f"{where}.cost.{t}", "parameters", draft.scope)
            for t in types
        )
    if not isinstance(node, Scalar):
        draft.log.add(node, f"{where}.cost is {describe(node)}", "a cost, or one for each type")
        return (None,) * len(types)
    same = formula(draft.log, node, f"{where}.cost", "parameters", draft.scope)
    return (same,) * len(types)


def check_chances(draft: Draft, chances: Sequence[tuple[str, Formula]], at: Node) -> None:
    """Check that the chances are a distribution at the file's own numbers."""
    numbers = {p.name: p.value for p in draft.parameters if p.value is not None}
    formulas = {p.name: p.formula for p in draft.parameters if p.formula is not None}
    here = single_values(formulas, numbers)
    total = 0.0
    for name, chance in chances:
        if not chance.names <= here.keys():
            return
        exact = chance.number
        value = float(exact) if isinstance(exact, Fraction) else evaluate_one(chance, here)
        if not 0 <= value <= 1:
            node = draft.places.get(f"types.{name}", at)
            draft.log.add(node, f"the chance of {quoted(name)} is {value:g}", "a number in [0, 1]")
            return
        total += value
    if abs(total - 1) > _ROUNDING:
        draft.log.add(at, f"the chances of the types sum to {total:g}", "chances that sum to 1")
