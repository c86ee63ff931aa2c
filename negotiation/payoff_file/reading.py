"""Nodes → `PayoffFile`: the sections of a file, each checked, all problems noted.

Names are read before the formulas that use them, and a name counts as known even where its value
is wrong, so that one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Mapping

from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.fields import declare, formula, items, mapping, record, text
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.sections.outcomes import read_outcomes
from negotiation.payoff_file.sections.parameters import read_parameters, read_sources, refuse_cycles
from negotiation.payoff_file.sections.players import read_players
from negotiation.payoff_file.sections.states import DYNAMIC_KEYS, declare_states, read_dynamics
from negotiation.payoff_file.sections.tables import read_rule
from negotiation.payoff_file.values import Table
from negotiation.payoff_file.yaml_nodes import Map, Node, Seq

__all__ = ["KEYS", "read"]

KEYS = (
    ("title", "players", "payoffs"),
    (
        "about",
        "period",
        "date",
        "payoff_unit",
        "parameters",
        *DYNAMIC_KEYS,
        "definitions",
        "outcomes",
        "sources",
        "not_modelled",
    ),
)


def read(top: Map, log: Log, path: str, sha256: str) -> tuple[PayoffFile | None, Draft]:
    """Read all sections; the file is None if the log has problems."""
    draft = Draft(log)
    found = record(log, top, "", KEYS)
    _names(draft, found)
    draft.sources = read_sources(log, found.get("sources"))
    draft.parameters = read_parameters(draft, found.get("parameters"))
    draft.definitions = _definitions(draft, found.get("definitions"))
    read_dynamics(draft, found, top)
    if "payoffs" in found and not isinstance(found.get("states"), Seq):
        draft.payoffs = _payoffs(draft, found["payoffs"])
    outcomes = read_outcomes(log, found.get("outcomes"), draft.players)
    words = {
        key: text(log, found.get(key), key)
        for key in ("title", "about", "period", "date", "payoff_unit")
    }
    not_modelled = _sentences(log, found.get("not_modelled"))
    if log.problems:
        return None, draft
    first, second = draft.players
    start = draft.states[draft.start].payoffs if draft.states else None
    model = PayoffFile(
        **words,
        players=(first.name, second.name),
        levers=(first.levers, second.levers),
        discounts=(_sure(first.discount), _sure(second.discount)),
        payoffs=start or (draft.payoffs[first.name], draft.payoffs[second.name]),
        parameters=draft.parameters,
        definitions=tuple(draft.definitions.items()),
        outcomes=outcomes,
        sources=draft.sources,
        not_modelled=not_modelled,
        path=path,
        sha256=sha256,
        kind="dynamic" if draft.axes or draft.states else "repeated",
        axes=draft.axes,
        states=draft.states,
        start=draft.start,
    )
    return model, draft


def _sure(formula: Formula | None) -> Formula:
    assert formula is not None, "a missing formula is a problem in the log"
    return formula


def _names(draft: Draft, found: Mapping[str, Node]) -> None:
    """Declare every name that formulas may use, and read the players on the way."""
    log, taken = draft.log, draft.taken
    for kind, what in (("parameters", "a parameter"), ("definitions", "a definition")):
        node = found.get(kind)
        keys = [key for key, _ in node.entries] if isinstance(node, Map) else []
        draft.scope[kind] = [declare(log, key, what, taken) for key in keys]
    draft.scope["states"] = declare_states(draft, found.get("states"))
    draft.scope["attributes"] = []
    if "players" in found:
        draft.players = read_players(log, found["players"], taken, draft.scope)


def _sentences(log: Log, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    entries = items(log, node, "not_modelled", "a list of sentences")
    return tuple(text(log, entry, "not_modelled") for entry in entries)


def _definitions(draft: Draft, node: Node | None) -> dict[str, Formula]:
    if node is None:
        return {}
    found = {}
    entries = mapping(draft.log, node, "definitions", "names, each with a formula")
    for key, value in entries.items():
        where = f"definitions.{key.text[:60]}"
        read_as = formula(draft.log, value, where, EVERYTHING, draft.scope)
        draft.places[key.text] = value
        if read_as is not None:
            found[key.text] = read_as
    refuse_cycles(draft, found, "definitions")
    return found


def _payoffs(draft: Draft, node: Node) -> dict[str, Formula | Table]:
    names = [p.name for p in draft.players]
    if not names:
        return {}
    found: dict[str, Formula | Table] = {}
    for name, value in record(draft.log, node, "payoffs", (names, ())).items():
        draft.places[f"payoffs.{name}"] = value
        sizes = tuple(len(p.actions) for p in draft.players)
        rule = read_rule(draft, value, f"payoffs.{name}", sizes)
        found |= {} if rule is None else {name: rule}
    return found
