"""The sections ``terms:`` and ``deal:``: what two sides bargain over, and whose terms they are."""

from __future__ import annotations

from negotiation.games.game import Outcome
from negotiation.payoff_file.draft import Draft
from negotiation.payoff_file.fields import describe, label, mapping, number
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import Parameter
from negotiation.payoff_file.yaml_nodes import Node, Scalar, Seq

__all__ = ["DEAL_KEYS", "MOST_TERMS", "read_deal", "read_terms"]

DEAL_KEYS = ("terms", "deal")
MOST_TERMS = 4
_BOUNDS = "[lowest, highest], or nothing for the parameter's range"


def read_terms(draft: Draft, node: Node | None) -> dict[str, tuple[float, float]]:
    """Read the terms: names of parameters with their bounds."""
    if node is None:
        return {}
    log, known = draft.log, {p.name: p for p in draft.parameters}
    declared = draft.scope.get("parameters", [])
    entries = mapping(log, node, "terms", f"names of parameters, each with {_BOUNDS}")
    found: dict[str, tuple[float, float]] = {}
    for k, (key, value) in enumerate(entries.items()):
        name = key.text
        if k == MOST_TERMS:
            log.add(key, f"terms has {len(entries)} entries", f"at most {MOST_TERMS}")
        if name not in declared:
            message = f"terms: {quoted(name)} is not a parameter"
            log.add(key, message, "the name of a parameter", name=name, among=declared)
            continue
        draft.places[f"terms.{name}"] = key
        bounds = _bounds(draft, value, f"terms.{name}", known.get(name))
        if bounds is not None:
            found[name] = bounds
    return found


def _bounds(
    draft: Draft, node: Node, where: str, parameter: Parameter | None
) -> tuple[float, float] | None:
    log = draft.log
    if isinstance(node, Scalar) and not node.text:
        return None if parameter is None else _wide(draft, node, where, parameter.range)
    if not isinstance(node, Seq) or len(node.items) != 2:
        given = f"a list of {len(node.items)}" if isinstance(node, Seq) else describe(node)
        log.add(node, f"{where} is {given}", _BOUNDS)
        return None
    low, high = (number(log, item, where) for item in node.items)
    if low is None or high is None:
        return None
    return _wide(draft, node, where, (float(low), float(high)))


def _wide(
    draft: Draft, node: Node, where: str, bounds: tuple[float, float]
) -> tuple[float, float] | None:
    if bounds[0] < bounds[1]:
        return bounds
    message = f"{where} runs from {bounds[0]:g} to {bounds[1]:g}"
    draft.log.add(node, message, "a lower bound below the upper one")
    return None


def read_deal(draft: Draft, node: Node | None, outcomes: tuple[Outcome, ...]) -> str:
    """Read the name of the outcome whose terms are bargained over; "" if none is given."""
    if node is None:
        return ""
    name = label(draft.log, node, "deal")
    names = [o.name for o in outcomes]
    if name and name not in names and not draft.log.problems:
        message = f"deal: there is no outcome {quoted(name)}"
        draft.log.add(node, message, "the name of an outcome", name=name, among=names)
    return name
