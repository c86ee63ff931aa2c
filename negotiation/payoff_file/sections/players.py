"""The ``players:`` of a payoff file: levers with settings, or plain actions, and patience."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from math import prod

from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.fields import Scope, declare, describe, formula, label, mapping, record
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import Lever, Setting, action_names
from negotiation.payoff_file.yaml_nodes import Map, Node, Scalar, Seq

__all__ = ["Player", "read_lever", "read_players"]

MAX_ACTIONS = 200
_SETTINGS = "a list of names, or names with their attributes"


@dataclass(frozen=True)
class Player:
    """One player of a payoff file; without levers where they are wrong."""

    name: str
    levers: tuple[Lever, ...] = ()
    discount: Formula | None = None
    discount_node: Node | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the actions."""
        return action_names(self.levers) if self.levers else ()


def read_players(log: Log, node: Node, taken: dict[str, str], scope: Scope) -> tuple[Player, ...]:
    """Read both players; enter the names of their attributes in `taken`."""
    expected = "two players, each with a discount and levers or actions"
    entries = mapping(log, node, "players", expected)
    if isinstance(node, Map) and len(entries) != 2:
        count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
        log.add(node, f"players has {count}", expected)
    return tuple(_player(log, key, value, taken, scope) for key, value in entries.items())


def _player(log: Log, key: Scalar, node: Node, taken: dict[str, str], scope: Scope) -> Player:
    name = label(log, key, "the name of a player")
    where = f"players.{name}"
    entries = record(log, node, where, (["discount"], ["levers", "actions"]), key)
    forms = [k for k in ("levers", "actions") if k in entries]
    if isinstance(node, Map) and len(forms) != 1:
        has = "both levers and actions" if forms else "neither levers nor actions"
        log.add(key, f"{where} has {has}", "either levers or actions")
    levers: tuple[Lever, ...] = ()
    if forms == ["actions"]:
        levers = (read_lever(log, "", entries["actions"], f"{where}.actions", (taken, scope)),)
    elif forms == ["levers"]:
        levers = _levers(log, entries["levers"], f"{where}.levers", (taken, scope))
    if prod(len(lever.settings) for lever in levers) > MAX_ACTIONS:
        log.add(key, f"{where} has more than {MAX_ACTIONS} actions", f"at most {MAX_ACTIONS}")
        levers = ()
    if not all(lever.settings for lever in levers):
        levers = ()
    discount = formula(log, entries.get("discount"), f"{where}.discount", "parameters", scope)
    return Player(name, levers, discount, entries.get("discount"))


_Names = tuple[dict[str, str], Scope]


def _levers(log: Log, node: Node, where: str, names: _Names) -> tuple[Lever, ...]:
    entries = mapping(log, node, where, "levers, each with its settings")
    if isinstance(node, Map) and not entries:
        log.add(node, f"{where} is empty", "at least one lever")
    return tuple(
        read_lever(
            log,
            label(log, key, f"the name of a lever in {where}"),
            value,
            f"{where}.{key.text[:60]}",
            names,
        )
        for key, value in entries.items()
    )


def read_lever(log: Log, name: str, node: Node, where: str, names: _Names) -> Lever:
    """Read the settings of a lever; all must have the same attributes."""
    pairs: list[tuple[Node, Node | None]] = []
    if isinstance(node, Seq):
        pairs = [(item, None) for item in node.items]
    elif isinstance(node, Map):
        pairs = list(node.entries)
    if not pairs:
        empty = not isinstance(node, Scalar)
        log.add(node, f"{where} is {'empty' if empty else describe(node)}", _SETTINGS)
    attributes = _attributes(log, pairs, names[0])
    names[1]["attributes"].extend(attributes)
    settings: dict[str, Setting] = {}
    for key, value in pairs:
        setting = _setting(log, key, value, where, (attributes, names[1]))
        if setting.name in settings:
            log.add(key, f"{where} has {quoted(setting.name)} twice", "a name for each setting")
        settings[setting.name] = setting
    return Lever(name, tuple(settings.values()))


def _attributes(
    log: Log, pairs: list[tuple[Node, Node | None]], taken: dict[str, str]
) -> tuple[str, ...]:
    """Find the attributes that the settings of a lever share, and declare them."""
    maps = [value for _, value in pairs if isinstance(value, Map)]
    keys = [key for value in maps for key, _ in value.entries]
    counts = Counter(key.text for key in keys)
    usual = [name for name, count in counts.items() if 2 * count > len(pairs)]
    if maps and not usual:
        usual = [key.text for key, _ in maps[0].entries]
    for name in usual:
        declare(log, next(key for key in keys if key.text == name), "an attribute", taken)
    return tuple(usual)


def _setting(
    log: Log, key: Node, node: Node | None, where: str, names: tuple[Collection[str], Scope]
) -> Setting:
    attributes, scope = names
    name = label(log, key, f"a setting of {where}")
    if {"+", "*"} & set(name):
        log.add(key, f"{where}: {quoted(name)} contains + or *", "a name without either")
    if node is None or (isinstance(node, Scalar) and not node.text and not attributes):
        return Setting(name)
    entries = record(log, node, f"{where}.{name}", (attributes, ()), key)
    formulas = {
        a: formula(log, entries[a], f"{where}.{name}.{a}", "parameters", scope)
        for a in attributes
        if a in entries
    }
    return Setting(name, tuple((a, f) for a, f in formulas.items() if f is not None))
