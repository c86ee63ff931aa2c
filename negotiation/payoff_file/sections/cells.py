"""Payoffs, as tables or formulas, and outcomes: the cells of a payoff file."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TypeVar

from negotiation.games.game import Outcome
from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.fields import (
    boolean,
    comma_in_list,
    describe,
    formula,
    items,
    label,
    mapping,
    record,
    text,
)
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import choices
from negotiation.payoff_file.profiles import Table
from negotiation.payoff_file.sections.players import Player
from negotiation.payoff_file.yaml_nodes import Node, Scalar, Seq

__all__ = ["OUTCOME_KEYS", "read_outcomes", "read_profile", "read_rule", "read_table"]

T = TypeVar("T")

OUTCOME_KEYS = (("profiles",), ("truce", "meaning"))


def read_rule(
    draft: Draft, node: Node, where: str, sizes: tuple[int, ...]
) -> Formula | Table | None:
    """Read one player's payoffs; None if they are wrong, which the log records.

    Parameters
    ----------
    draft
        With the names that formulas may use.
    node, where
        What stands there, and its path for messages.
    sizes
        Numbers of actions of both players; empty or with a 0 where those are wrong.
    """

    def cell(item: Node) -> Formula | None:
        return formula(draft.log, item, where, EVERYTHING, draft.scope)

    return read_table(draft.log, node, where, sizes, cell) if isinstance(node, Seq) else cell(node)


def read_table(
    log: Log, node: Node, where: str, sizes: tuple[int, ...], cell: Callable[[Node], T | None]
) -> tuple[tuple[T, ...], ...] | None:
    """Read a table [row action][column action] with `cell` for each entry."""
    if len(sizes) != 2 or 0 in sizes:
        return None
    expected = f"{sizes[0]} rows of {sizes[1]}: [row action][column action]"
    row_nodes = items(log, node, where, expected)
    if len(row_nodes) != sizes[0]:
        if isinstance(node, Seq):
            log.add(node, f"{where} has {len(row_nodes)} rows", expected)
        return None
    rows: list[list[T | None]] = []
    for row in row_nodes:
        cells = items(log, row, f"{where}: a row", expected)
        if isinstance(row, Seq) and len(cells) != sizes[1] and not comma_in_list(log, row):
            log.add(row, f"{where} has a row of {len(cells)}", expected)
            cells = ()
        rows.append([cell(c) for c in cells])
    if any(entry is None for row in rows for entry in row) or not all(rows):
        return None
    return tuple(tuple(entry for entry in row if entry is not None) for row in rows)


_PAIR = "a pair of actions, such as [embargo, cut]; '*' in quotes is any"

_LISTED = 12
"""Names of actions that a message lists."""


def read_outcomes(log: Log, node: Node | None, players: tuple[Player, ...]) -> tuple[Outcome, ...]:
    """Read the outcomes; every profile goes to the first outcome that matches it."""
    if node is None:
        return ()
    outcome_of: dict[tuple[int, int], str] = {}
    entries = mapping(log, node, "outcomes", "names of outcomes, each with profiles")
    return tuple(_outcome(log, key, value, players, outcome_of) for key, value in entries.items())


def _outcome(
    log: Log,
    key: Scalar,
    node: Node,
    players: tuple[Player, ...],
    outcome_of: dict[tuple[int, int], str],
) -> Outcome:
    name = label(log, key, "the name of an outcome")
    where = f"outcomes.{name}"
    entries = record(log, node, where, OUTCOME_KEYS, key)
    truce = boolean(log, entries.get("truce"), f"{where}.truce")
    meaning = text(log, entries.get("meaning"), f"{where}.meaning")
    cells: dict[tuple[int, int], None] = {}
    clean = "profiles" in entries
    profiles = (
        items(log, entries["profiles"], f"{where}.profiles", f"a list of {_PAIR}") if clean else ()
    )
    if clean and not profiles and isinstance(entries["profiles"], Seq):
        log.add(entries["profiles"], f"{where}.profiles is empty", f"at least {_PAIR}")
    for pair in profiles:
        matched = read_profile(log, pair, f"{where}.profiles", players)
        clean = clean and bool(matched)
        cells |= dict.fromkeys(matched)
    mine = tuple(cell for cell in cells if cell not in outcome_of)
    if clean and profiles and not mine:
        earlier = sorted({outcome_of[cell] for cell in cells})
        log.add(
            key,
            f"every cell of {where} belongs to {', '.join(earlier)}",
            "a cell of its own; outcomes are matched in order",
        )
    outcome_of.update(dict.fromkeys(mine, name))
    return Outcome(name, mine, truce, meaning)


def read_profile(
    log: Log, node: Node, where: str, players: tuple[Player, ...]
) -> list[tuple[int, int]]:
    """Read a pair of patterns of actions: every cell that they match; none if they are wrong."""
    if not isinstance(node, Seq) or len(node.items) != 2:
        description = f"a list of {len(node.items)}" if isinstance(node, Seq) else describe(node)
        log.add(node, f"{where}: a profile is {description}", _PAIR)
        return []
    if len(players) != 2 or not all(p.levers for p in players):
        return []
    sides = [_matches(log, p, where, n) for p, n in zip(players, node.items, strict=True)]
    return list(product(*sides))  # type: ignore[arg-type]


def _matches(log: Log, player: Player, where: str, node: Node) -> list[int]:
    """Return the actions of a player that a pattern matches."""
    if not isinstance(node, Scalar) or not node.text.strip():
        log.add(node, f"{where}: an action is {describe(node)}", "the name of an action, or '*'")
        return []
    pattern = node.text.strip()
    names = player.actions
    if pattern in names:
        return [names.index(pattern)]
    parts = ["*"] * len(player.levers) if pattern == "*" else pattern.split("+")
    settings_by_lever = [{s.name for s in lever.settings} for lever in player.levers]
    fits = len(parts) == len(settings_by_lever) and all(
        part == "*" or part in settings
        for part, settings in zip(parts, settings_by_lever, strict=True)
    )
    if not fits:
        log.add(
            node,
            f"{where}: {player.name} has no action {quoted(pattern)}",
            "one of "
            + _listed(names)
            + (", or '*'" if len(settings_by_lever) == 1 else ", with '*' for any"),
            name=pattern,
            among=names,
        )
        return []
    return [
        k
        for k, choice in enumerate(choices(player.levers))
        if all(part in {"*", s.name} for part, s in zip(parts, choice, strict=True))
    ]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
