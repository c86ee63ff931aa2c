"""The ``sources:`` and ``parameters:`` of a payoff file, and the grades of figures."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import Draft
from negotiation.payoff_file.fields import (
    comma_in_list,
    describe,
    formula,
    label,
    mapping,
    number,
    record,
    text,
)
from negotiation.payoff_file.formulas.formula import Formula
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import Parameter, Source
from negotiation.payoff_file.values import find_cycle
from negotiation.payoff_file.yaml_nodes import Node, Scalar, Seq

__all__ = [
    "GRADES",
    "PARAMETER_KEYS",
    "SOURCE_KEYS",
    "read_cited",
    "read_grade",
    "read_parameters",
    "read_sources",
    "refuse_cycles",
]

GRADES = ("sourced", "mixed", "assumed")
PARAMETER_KEYS = (("value", "range", "unit", "meaning", "grade"), ("source", "label"))
SOURCE_KEYS = (("title", "address", "date"), ())
MAX_CYCLES = 20


def read_sources(log: Log, node: Node | None) -> tuple[Source, ...]:
    """Read the sources of figures."""
    if node is None:
        return ()
    sources = []
    for key, value in mapping(log, node, "sources", "identifiers of sources").items():
        where = f"sources.{label(log, key, 'the identifier of a source')}"
        entry = record(log, value, where, SOURCE_KEYS, key)
        words = {k: text(log, entry.get(k), f"{where}.{k}") for k in SOURCE_KEYS[0]}
        sources.append(Source(key.text, **words))
    return tuple(sources)


def read_parameters(draft: Draft, node: Node | None) -> tuple[Parameter, ...]:
    """Read the parameters, each a number or a formula of others."""
    if node is None:
        return ()
    entries = mapping(draft.log, node, "parameters", "names of parameters").items()
    parameters = [_parameter(draft, key, value) for key, value in entries]
    formulas = {p.name: p.formula for p in parameters if p is not None and p.formula is not None}
    refuse_cycles(draft, formulas, "parameters")
    return tuple(p for p in parameters if p is not None)


def _parameter(draft: Draft, key: Scalar, node: Node) -> Parameter | None:
    log, where = draft.log, f"parameters.{key.text[:60]}"
    before = len(log.problems)
    entry = record(log, node, where, PARAMETER_KEYS, key)
    value = formula(log, entry.get("value"), f"{where}.value", "parameters", draft.scope)
    exact = value.number if value is not None else None
    bounds = _range(log, entry.get("range"), f"{where}.range")
    if exact is not None and bounds is not None and not bounds[0] <= exact <= bounds[1]:
        shown = f"[{float(bounds[0]):g}, {float(bounds[1]):g}]"
        log.add(
            entry["value"],
            f"{where}.value {float(exact):g} is outside range {shown}",
            "a value inside it, or a wider range",
        )
    words = {k: text(log, entry.get(k), f"{where}.{k}") for k in ("unit", "meaning")}
    grade, cited = read_grade(draft, entry, where, key)
    short = label(log, entry["label"], f"{where}.label") if "label" in entry else ""
    if value is None or bounds is None or len(log.problems) > before:
        return None
    draft.places[key.text] = entry["value"]
    return Parameter(
        name=key.text,
        value=None if exact is None else float(exact),
        exact=exact,
        formula=value if exact is None else None,
        range=(float(bounds[0]), float(bounds[1])),
        **words,
        grade=grade,
        sources=cited,
        line=log.place(key.line)[1],
        base=log.base(key),
        label=short,
    )


def _range(log: Log, node: Node | None, where: str) -> tuple[Fraction, Fraction] | None:
    if node is None:
        return None
    if not isinstance(node, Seq) or len(node.items) != 2:
        shown = f"a list of {len(node.items)}" if isinstance(node, Seq) else describe(node)
        if not (isinstance(node, Seq) and comma_in_list(log, node)):
            log.add(node, f"{where} is {shown}", "two numbers, [lowest, highest]")
        return None
    low, high = (number(log, item, where) for item in node.items)
    if low is None or high is None:
        return None
    if low > high:
        log.add(
            node, f"{where} [{float(low):g}, {float(high):g}] is upside down", "[lowest, highest]"
        )
        return None
    return low, high


def read_grade(
    draft: Draft, entry: Mapping[str, Node], where: str, key: Scalar
) -> tuple[str, tuple[str, ...]]:
    """Read the evidence grade of a figure, and the sources that the grade calls for."""
    log = draft.log
    grade = text(log, entry.get("grade"), f"{where}.grade")
    if grade and grade not in GRADES:
        message = f"{where}.grade is {quoted(grade)}"
        log.add(entry["grade"], message, "one of " + ", ".join(GRADES), name=grade, among=GRADES)
    node = entry.get("source")
    names = read_cited(draft, node, where)
    if grade in GRADES[:2] and not names:
        message = f"{where}.source is missing" if node is None else f"{where}.source is empty"
        log.add(node or key, message, f"the source of a figure graded {grade}")
    return grade, names


def read_cited(draft: Draft, node: Node | None, where: str) -> tuple[str, ...]:
    """Read the sources that something cites: one identifier, or a list."""
    log, known = draft.log, [s.id for s in draft.sources]
    cited = () if node is None else node.items if isinstance(node, Seq) else (node,)
    names = tuple(text(log, item, f"{where}.source") for item in cited)
    for name, item in zip(names, cited, strict=True):
        if name and name not in known:
            message = f"{where}.source {quoted(name)} is unknown"
            expected = "an identifier in the file's sources block"
            log.add(item, message, expected, name=name, among=known)
    return names


def refuse_cycles(draft: Draft, formulas: Mapping[str, Formula], kind: str) -> None:
    """Log every cycle of formulas that depend on one another."""
    left = dict(formulas)
    for _ in range(MAX_CYCLES):
        cycle = find_cycle(left)
        if not cycle:
            return
        first = min(cycle, key=list(left).index)
        at = cycle.index(first)
        ring = [*cycle[at:-1], *cycle[:at], first]
        shown = ring if len(ring) <= 12 else [*ring[:10], "...", first]
        message = f"{kind} need one another in a cycle: {' -> '.join(shown)}"
        draft.log.add(draft.places[first], message, "a value for one of them")
        for name in cycle[1:]:
            left.pop(name)
