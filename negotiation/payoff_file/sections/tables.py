"""Payoffs of a payoff file: a formula, or a table with a cell for each pair of actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.fields import formula, items
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.values import Table
from negotiation.payoff_file.yaml_nodes import Node, Seq

__all__ = ["read_rule", "read_table"]

T = TypeVar("T")


def read_rule(
    draft: Draft, node: Node, where: str, sizes: tuple[int, ...]
) -> Formula | Table | None:
    """Read one player's payoffs: None if they are wrong, which the log then says.

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
    given = items(log, node, where, expected)
    if len(given) != sizes[0]:
        if isinstance(node, Seq):
            log.add(node, f"{where} has {len(given)} rows", expected)
        return None
    rows: list[list[T | None]] = []
    for row in given:
        cells = items(log, row, f"{where}: a row", expected)
        if isinstance(row, Seq) and len(cells) != sizes[1]:
            log.add(row, f"{where} has a row of {len(cells)}", expected)
            cells = ()
        rows.append([cell(c) for c in cells])
    if any(found is None for row in rows for found in row) or not all(rows):
        return None
    return tuple(tuple(found for found in row if found is not None) for row in rows)
