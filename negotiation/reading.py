"""Nodes → `PayoffFile`: the sections of a file, each checked, all problems noted.

Names are read before the formulas that use them, and a name counts as known even where its value
is wrong, so that one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from .contents import PayoffFile
from .evaluation import Table, find_cycle
from .fields import declare, describe, formula, items, label, mapping, number, record, text
from .formula import Formula
from .nodes import Map, Node, Scalar, Seq
from .outcomes import read_outcomes
from .parts import Parameter, Source
from .players import Player, read_players
from .problems import Log
from .tokens import quoted

__all__ = ["GRADES", "KEYS", "PARAMETER_KEYS", "SOURCE_KEYS", "Draft", "read"]

GRADES = ("sourced", "mixed", "assumed")
KEYS = (
    ("title", "players", "payoffs"),
    (
        "about",
        "period",
        "date",
        "parameters",
        "definitions",
        "outcomes",
        "sources",
        "not_modelled",
    ),
)
PARAMETER_KEYS = (("value", "range", "unit", "meaning", "grade"), ("source",))
SOURCE_KEYS = (("title", "address", "date"), ())
MAX_CYCLES = 20
DYNAMIC_KEYS = ("states", "start", "available", "transitions", "dynamics")
"""Keys of a kind of model that this version does not read yet."""


@dataclass
class Draft:
    """What has been read so far, and where the numbers stand in the file."""

    log: Log
    taken: dict[str, str] = field(default_factory=dict)
    scope: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Node] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    players: tuple[Player, ...] = ()
    definitions: dict[str, Formula] = field(default_factory=dict)
    payoffs: dict[str, Formula | Table] = field(default_factory=dict)


def read(top: Map, log: Log, path: str, sha256: str) -> tuple[PayoffFile | None, Draft]:
    """Read all sections; the file is None if the log has problems."""
    draft = Draft(log)
    _refuse_dynamic(top, log)
    found = record(log, top, "", KEYS)
    _names(draft, found)
    draft.sources = _sources(log, found.get("sources"))
    draft.parameters = _parameters(draft, found.get("parameters"))
    draft.definitions = _definitions(draft, found.get("definitions"))
    if "payoffs" in found:
        draft.payoffs = _payoffs(draft, found["payoffs"])
    outcomes = read_outcomes(log, found.get("outcomes"), draft.players)
    words = {key: text(log, found.get(key), key) for key in ("title", "about", "period", "date")}
    not_modelled = _sentences(log, found.get("not_modelled"))
    if log.problems:
        return None, draft
    first, second = draft.players
    model = PayoffFile(
        **words,
        players=(first.name, second.name),
        levers=(first.levers, second.levers),
        discounts=(_sure(first.discount), _sure(second.discount)),
        payoffs=(draft.payoffs[first.name], draft.payoffs[second.name]),
        parameters=draft.parameters,
        definitions=tuple(draft.definitions.items()),
        outcomes=outcomes,
        sources=draft.sources,
        not_modelled=not_modelled,
        path=path,
        sha256=sha256,
    )
    return model, draft


def _sure(formula: Formula | None) -> Formula:
    assert formula is not None, "a missing formula is a problem in the log"
    return formula


def _refuse_dynamic(top: Map, log: Log) -> None:
    for key, _ in top.entries:
        if key.text in DYNAMIC_KEYS:
            message = f"{key.text!r} makes a dynamic model, which this version does not support yet"
            log.add(key, message, "a repeated game, without states")
    log.stop_if_any()


def _names(draft: Draft, found: Mapping[str, Node]) -> None:
    """Declare every name that formulas may use, and read the players on the way."""
    log, taken = draft.log, draft.taken
    for kind, what in (("parameters", "a parameter"), ("definitions", "a definition")):
        node = found.get(kind)
        keys = [key for key, _ in node.entries] if isinstance(node, Map) else []
        draft.scope[kind] = [declare(log, key, what, taken) for key in keys]
    draft.scope["attributes"] = []
    if "players" in found:
        draft.players = read_players(log, found["players"], taken, draft.scope)


def _sources(log: Log, node: Node | None) -> tuple[Source, ...]:
    if node is None:
        return ()
    found = []
    for key, value in mapping(log, node, "sources", "identifiers of sources").items():
        where = f"sources.{label(log, key, 'the identifier of a source')}"
        entry = record(log, value, where, SOURCE_KEYS, key)
        words = {k: text(log, entry.get(k), f"{where}.{k}") for k in SOURCE_KEYS[0]}
        found.append(Source(key.text, **words))
    return tuple(found)


def _sentences(log: Log, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    entries = items(log, node, "not_modelled", "a list of sentences")
    return tuple(text(log, entry, "not_modelled") for entry in entries)


def _parameters(draft: Draft, node: Node | None) -> tuple[Parameter, ...]:
    if node is None:
        return ()
    entries = mapping(draft.log, node, "parameters", "names of parameters").items()
    found = [_parameter(draft, key, value) for key, value in entries]
    formulas = {p.name: p.formula for p in found if p is not None and p.formula is not None}
    _refuse_cycles(draft, formulas, "parameters")
    return tuple(p for p in found if p is not None)


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
    grade, cited = _grade(draft, entry, where, key)
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
        line=key.line,
    )


def _range(log: Log, node: Node | None, where: str) -> tuple[Fraction, Fraction] | None:
    if node is None:
        return None
    if not isinstance(node, Seq) or len(node.items) != 2:
        shown = f"a list of {len(node.items)}" if isinstance(node, Seq) else describe(node)
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


def _grade(
    draft: Draft, entry: Mapping[str, Node], where: str, key: Scalar
) -> tuple[str, tuple[str, ...]]:
    log, known = draft.log, [s.id for s in draft.sources]
    grade = text(log, entry.get("grade"), f"{where}.grade")
    if grade and grade not in GRADES:
        message = f"{where}.grade is {quoted(grade)}"
        log.add(entry["grade"], message, "one of " + ", ".join(GRADES), name=grade, among=GRADES)
    node = entry.get("source")
    cited = () if node is None else node.items if isinstance(node, Seq) else (node,)
    names = [text(log, item, f"{where}.source") for item in cited]
    for name, item in zip(names, cited, strict=True):
        if name and name not in known:
            expected = "an identifier in the file's sources block"
            log.add(
                item, f"{where}.source {quoted(name)} is unknown", expected, name=name, among=known
            )
    if grade in GRADES[:2] and not names:
        message = f"{where}.source is missing" if node is None else f"{where}.source is empty"
        log.add(node or key, message, f"the source of a figure graded {grade}")
    return grade, tuple(names)


def _definitions(draft: Draft, node: Node | None) -> dict[str, Formula]:
    if node is None:
        return {}
    found = {}
    entries = mapping(draft.log, node, "definitions", "names, each with a formula")
    for key, value in entries.items():
        where = f"definitions.{key.text[:60]}"
        read_as = formula(draft.log, value, where, _EVERYTHING, draft.scope)
        draft.places[key.text] = value
        if read_as is not None:
            found[key.text] = read_as
    _refuse_cycles(draft, found, "definitions")
    return found


_EVERYTHING = "parameters attributes definitions"


def _refuse_cycles(draft: Draft, formulas: Mapping[str, Formula], kind: str) -> None:
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


def _payoffs(draft: Draft, node: Node) -> dict[str, Formula | Table]:
    log, names = draft.log, [p.name for p in draft.players]
    if not names:
        return {}
    found: dict[str, Formula | Table] = {}
    for name, value in record(log, node, "payoffs", (names, ())).items():
        draft.places[f"payoffs.{name}"] = value
        if isinstance(value, Seq):
            table = _table(draft, value, f"payoffs.{name}")
            found |= {} if table is None else {name: table}
            continue
        rule = formula(log, value, f"payoffs.{name}", _EVERYTHING, draft.scope)
        found |= {} if rule is None else {name: rule}
    return found


def _table(draft: Draft, node: Seq, where: str) -> Table | None:
    log = draft.log
    sizes = [len(p.actions) for p in draft.players]
    if len(sizes) != 2 or 0 in sizes:
        return None
    expected = f"{sizes[0]} rows of {sizes[1]}: [row action][column action]"
    if len(node.items) != sizes[0]:
        log.add(node, f"{where} has {len(node.items)} rows", expected)
        return None
    rows = []
    for row in node.items:
        cells = items(log, row, f"{where}: a row", expected)
        if isinstance(row, Seq) and len(cells) != sizes[1]:
            log.add(row, f"{where} has a row of {len(cells)}", expected)
            cells = ()
        rows.append([formula(log, c, where, _EVERYTHING, draft.scope) for c in cells])
    if any(cell is None for row in rows for cell in row) or not all(rows):
        return None
    return tuple(tuple(cell for cell in row if cell is not None) for row in rows)
