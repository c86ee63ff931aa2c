"""Payoff files from a path, a slug or text: read, checked, refused with all problems at once.

Names are read before the formulas that use them, and a name counts as known even where its value
is wrong, so that one mistake gives one message.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from negotiation._numpy import np
from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.extends import Merged, read_merged
from negotiation.payoff_file.fields import declare, formula, items, mapping, record, text
from negotiation.payoff_file.files import bundled, find, read_bytes, shown
from negotiation.payoff_file.formulas.formula import Formula, constant, evaluate, evaluate_one
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import MONTHS, Lever, Parameter, Setting, Source
from negotiation.payoff_file.profiles import Table
from negotiation.payoff_file.sections.cells import read_outcomes, read_rule
from negotiation.payoff_file.sections.followers import read_choices, read_followers
from negotiation.payoff_file.sections.observed import read_observed
from negotiation.payoff_file.sections.parameters import read_parameters, read_sources, refuse_cycles
from negotiation.payoff_file.sections.players import read_players
from negotiation.payoff_file.sections.signalling import (
    PLAIN_KEYS,
    check_chances,
    read_plain,
    read_private,
)
from negotiation.payoff_file.sections.states import DYNAMIC_KEYS, declare_states, read_dynamics
from negotiation.payoff_file.sections.terms import DEAL_KEYS, read_deal, read_terms
from negotiation.payoff_file.sections.watch import read_watch
from negotiation.payoff_file.signalling import PlainSignalling
from negotiation.payoff_file.transitions import (
    grid,
    near_levels,
    on_grid,
    wrong_chance,
    wrong_rises,
)
from negotiation.payoff_file.values import (
    find_cycle,
    in_range,
    parse_setting,
    reach,
    single_values,
)
from negotiation.payoff_file.yaml_nodes import Map, Node, Seq

__all__ = [
    "KEYS",
    "Lever",
    "Parameter",
    "PayoffFile",
    "Setting",
    "Source",
    "bundled",
    "load",
    "loads",
    "merged",
    "parse_setting",
    "read",
]

KEYS = (
    ("title", "players", "payoffs"),
    (
        "extends",
        "about",
        "period",
        "date",
        "payoff_unit",
        "payoff_rate",
        "parameters",
        *DYNAMIC_KEYS,
        "followers",
        "definitions",
        "outcomes",
        "observed",
        "kind",
        "private",
        *DEAL_KEYS,
        "watch",
        "sources",
        "not_modelled",
    ),
)
SIGNALLING_KEYS = (
    ("title", "kind", *PLAIN_KEYS),
    (
        "extends",
        "about",
        "period",
        "date",
        "payoff_unit",
        "players",
        "parameters",
        "definitions",
        "sources",
        "not_modelled",
    ),
)
WORDS = ("title", "about", "period", "date", "payoff_unit")
KINDS = ("signalling",)


def read(top: Map, log: Log, path: str, sha256: str) -> tuple[PayoffFile | None, Draft]:
    """Read all sections; the file is None if the log has problems."""
    draft = Draft(log)
    if _kind(log, top) == "signalling":
        return _read_signalling(draft, top, path, sha256), draft
    entries = record(log, top, "", KEYS)
    choices = _names(draft, entries)
    draft.sources = read_sources(log, entries.get("sources"))
    draft.parameters = read_parameters(draft, entries.get("parameters"))
    draft.definitions = _definitions(draft, entries.get("definitions"))
    followers = read_followers(draft, entries.get("followers"), choices)
    read_dynamics(draft, entries, top)
    if "payoffs" in entries and not isinstance(entries.get("states"), Seq):
        draft.payoffs = _payoffs(draft, entries["payoffs"])
    outcomes = read_outcomes(log, entries.get("outcomes"), draft.players)
    terms = read_terms(draft, entries.get("terms"))
    watch = read_watch(draft, entries.get("watch"))
    deal = read_deal(draft, entries.get("deal"), outcomes)
    words = {key: text(log, entries.get(key), key) for key in (*WORDS, "payoff_rate")}
    _check_rate(log, entries, words)
    observed = read_observed(draft, entries.get("observed"), words["period"])
    not_modelled = _sentences(log, entries.get("not_modelled"))
    private = read_private(draft, entries.get("private"), outcomes)
    if log.problems:
        return None, draft
    first, second = draft.players
    start = draft.states[draft.start].payoffs if draft.states else None
    model = PayoffFile(
        title=words["title"],
        about=words["about"],
        period=words["period"],
        date=words["date"],
        payoff_unit=words["payoff_unit"],
        payoff_rate=words["payoff_rate"],
        players=(first.name, second.name),
        levers=(first.levers, second.levers),
        discounts=(_sure(first.discount), _sure(second.discount)),
        payoffs=start or (draft.payoffs[first.name], draft.payoffs[second.name]),
        parameters=draft.parameters,
        definitions=tuple(draft.definitions.items()),
        followers=followers,
        outcomes=outcomes,
        observed=observed,
        terms=tuple(terms.items()),
        deal=deal,
        watch=watch,
        sources=draft.sources,
        not_modelled=not_modelled,
        path=path,
        sha256=sha256,
        kind="dynamic" if draft.axes or draft.states else "signalling" if private else "repeated",
        axes=draft.axes,
        states=draft.states,
        start=draft.start,
        signalling=private,
    )
    if private:
        check_chances(draft, [(t.name, t.chance) for t in private.types], entries["private"])
    return model, draft


def _kind(log: Log, top: Map) -> str:
    """Return the kind that a file says it is, or ''."""
    node = next((value for key, value in top.entries if key.text == "kind"), None)
    kind = text(log, node, "kind")
    if kind and kind not in KINDS:
        expected = "signalling; games with levers or tables need no kind"
        assert node is not None, "there is a kind"
        log.add(node, f"kind is {quoted(kind)}", expected, name=kind, among=KINDS)
    return kind


def _read_signalling(draft: Draft, top: Map, path: str, sha256: str) -> PayoffFile | None:
    """Read a signalling game given by its payoffs."""
    log = draft.log
    found = record(log, top, "", SIGNALLING_KEYS)
    _names(
        draft, {key: node for key, node in found.items() if key in ("parameters", "definitions")}
    )
    draft.sources = read_sources(log, found.get("sources"))
    draft.parameters = read_parameters(draft, found.get("parameters"))
    draft.definitions = _definitions(draft, found.get("definitions"))
    rules = read_plain(draft, found)
    words = {key: text(log, found.get(key), key) for key in WORDS}
    not_modelled = _sentences(log, found.get("not_modelled"))
    if rules is None or log.problems:
        return None
    check_chances(draft, list(zip(rules.types, rules.chances, strict=True)), found["types"])
    nothing = constant(Fraction(0))
    return PayoffFile(
        title=words["title"],
        about=words["about"],
        period=words["period"],
        date=words["date"],
        payoff_unit=words["payoff_unit"],
        players=rules.players,
        levers=((), ()),
        discounts=(nothing, nothing),
        payoffs=(nothing, nothing),
        parameters=draft.parameters,
        definitions=tuple(draft.definitions.items()),
        sources=draft.sources,
        not_modelled=not_modelled,
        path=path,
        sha256=sha256,
        kind="signalling",
        signalling=rules,
    )


def _sure(formula: Formula | None) -> Formula:
    assert formula is not None, "a missing formula is a problem in the log"
    return formula


def _check_rate(log: Log, entries: Mapping[str, Node], words: Mapping[str, str]) -> None:
    """Note a rate that is none, or that cannot be turned into amounts of a period."""
    rate, period = words["payoff_rate"], words["period"]
    rates = [f"per {name}" for name in MONTHS]
    if rate and rate not in rates:
        expected = "one of " + ", ".join(rates)
        message = f"payoff_rate is {quoted(rate)}"
        log.add(entries["payoff_rate"], message, expected, name=rate, among=rates)
    elif rate and period not in MONTHS:
        said = quoted(period) if period else "not given"
        message = f"payoffs are {rate}, and the period is {said}"
        expected = "a period among " + ", ".join(MONTHS)
        place = entries.get("period", entries["payoff_rate"])
        log.add(place, message, expected, name=period, among=list(MONTHS))
    if rate and "payoff_unit" not in entries:
        message = "payoff_rate without payoff_unit"
        log.add(entries["payoff_rate"], message, "a key 'payoff_unit' too, such as USD bn")


def _names(draft: Draft, entries: Mapping[str, Node]) -> dict[str, Lever]:
    """Declare every name that formulas may use, and read the players on the way.

    Returns
    -------
    dict
        The choices of every follower.
    """
    log, taken = draft.log, draft.taken
    for kind, kind_text in (("parameters", "a parameter"), ("definitions", "a definition")):
        node = entries.get(kind)
        keys = [key for key, _ in node.entries] if isinstance(node, Map) else []
        draft.scope[kind] = [declare(log, key, kind_text, taken) for key in keys]
    draft.scope["states"] = declare_states(draft, entries.get("states"))
    draft.scope["attributes"] = []
    if "players" in entries:
        draft.players = read_players(log, entries["players"], taken, draft.scope)
    return read_choices(draft, entries.get("followers"))


def _sentences(log: Log, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    entries = items(log, node, "not_modelled", "a list of sentences")
    return tuple(text(log, entry, "not_modelled") for entry in entries)


def _definitions(draft: Draft, node: Node | None) -> dict[str, Formula]:
    if node is None:
        return {}
    definitions = {}
    entries = mapping(draft.log, node, "definitions", "names, each with a formula")
    for key, value in entries.items():
        where = f"definitions.{key.text[:60]}"
        read_as = formula(draft.log, value, where, EVERYTHING, draft.scope)
        draft.places[key.text] = value
        if read_as is not None:
            definitions[key.text] = read_as
    refuse_cycles(draft, definitions, "definitions")
    return definitions


def _payoffs(draft: Draft, node: Node) -> dict[str, Formula | Table]:
    names = [p.name for p in draft.players]
    if not names:
        return {}
    rules: dict[str, Formula | Table] = {}
    for name, value in record(draft.log, node, "payoffs", (names, ())).items():
        draft.places[f"payoffs.{name}"] = value
        sizes = tuple(len(p.actions) for p in draft.players)
        rule = read_rule(draft, value, f"payoffs.{name}", sizes)
        rules |= {} if rule is None else {name: rule}
    return rules


def load(path_or_slug: str | Path) -> PayoffFile:
    """Read a payoff file.

    Parameters
    ----------
    path_or_slug
        A path, or the name of a bundled model such as "chips-for-rare-earths".

    Raises
    ------
    PayoffFileError
        With everything that is wrong with the file.
    UsageError
        If there is no such file, or it cannot be read.
    """
    return _checked(merged(path_or_slug))


def merged(path_or_slug: str | Path) -> Merged:
    """Read a payoff file and lay it over the files that it extends; nothing is checked yet.

    Parameters and errors as for `load`.
    """
    path = find(path_or_slug)
    return read_merged(read_bytes(path), shown(path), path.parent)


def loads(text: str, name: str = "<text>") -> PayoffFile:
    """Read the text of a payoff file.

    Examples
    --------
    >>> model = loads('''
    ... title: Prisoner's dilemma
    ... players:
    ...   Row:    {actions: [C, D], discount: 0.75}
    ...   Column: {actions: [C, D], discount: 0.75}
    ... payoffs:
    ...   Row:    [[9, 1], [10, 3]]
    ...   Column: [[9, 10], [1, 3]]
    ... ''')
    >>> model.game().payoffs[0].tolist()
    [[9.0, 1.0], [10.0, 3.0]]
    """
    return _checked(read_merged(text.encode("utf-8", "surrogatepass"), name, None))


def _checked(found: Merged) -> PayoffFile:
    log = found.log
    model, draft = read(found.top, log, log.file, found.sha256)
    _check_numbers(draft)
    if model is not None and not log.problems:
        _check_payoffs(model, draft)
    log.stop_if_any()
    assert model is not None, "a file without problems has a model"
    return model


def _check_numbers(draft: Draft) -> None:
    """Check that parameters are in their ranges and discount factors in [0, 1)."""
    log = draft.log
    formulas = {p.name: p.formula for p in draft.parameters if p.formula is not None}
    numbers = {p.name: p.value for p in draft.parameters if p.value is not None}
    read_well = formulas.keys() | numbers.keys()
    formulas = {n: f for n, f in formulas.items() if reach(f.names, formulas) <= read_well}
    if find_cycle(formulas):
        formulas = {}
    parameter_values = single_values(formulas, numbers)
    moving = {axis.name: axis for axis in draft.axes}
    for p in draft.parameters:
        if p.name not in formulas:
            continue
        value = parameter_values[p.name]
        if p.name in moving and not on_grid(moving[p.name], value):
            message = f"states.{p.name}.start {value:.6g} is not a level"
            log.add(draft.places[p.name], message, near_levels(moving[p.name], value))
        elif not in_range(value, p.range):
            message = f"parameters.{p.name}.value {value:.6g} is outside range"
            log.add(draft.places[p.name], f"{message} [{p.range[0]:g}, {p.range[1]:g}]")
    for player in draft.players:
        if player.discount is None or player.discount_node is None:
            continue
        if player.discount.names <= parameter_values.keys():
            factor = evaluate_one(player.discount, parameter_values)
            if not 0 <= factor < 1:
                message = f"players.{player.name}.discount is {factor:.6g}"
                place = draft.places.get(player.discount.text.strip(), player.discount_node)
                log.add(place, message, "a number in [0, 1)")


def _check_payoffs(model: PayoffFile, draft: Draft) -> None:
    """Check that payoffs at the file's own numbers are finite and transitions possible."""
    if isinstance(model.signalling, PlainSignalling):
        _check_rules(model, model.signalling, draft)
        return
    used = model.frozen().used_parameters()
    for name, _ in model.terms:
        if name not in used:
            message = f"terms: no payoff depends on {name!r}"
            draft.log.add(draft.places[f"terms.{name}"], message, "a parameter that payoffs use")
    if model.states:
        for k, state in enumerate(model.states):
            _check_finite(model.frozen(k), draft, f"payoffs.{state.name}")
            _check_chances(model, draft, k)
        return
    _check_finite(model, draft, "payoffs")
    if not model.axes:
        return
    rises = model.rises(**grid(model.axes))
    for fault in wrong_rises(model.axes, rises, model.actions):
        draft.log.add(draft.places[f"dynamics.{fault.axis}"], fault.message, fault.expected)


def _check_rules(model: PayoffFile, rules: PlainSignalling, draft: Draft) -> None:
    """Check that every payoff of a signalling game is finite at the file's own numbers."""
    here = {n: float(x) for n, x in model.exactly().items()}
    here = single_values(dict(model.definitions), here)
    for side, tables in (("sender", rules.sender), ("receiver", rules.receiver)):
        for t, rows in zip(rules.types, tables, strict=True):
            for m, cells in zip(rules.messages, rows, strict=True):
                node = draft.places[f"payoffs.{side}.{t}.{m}"]
                for cell, at in zip(
                    cells, node.items if isinstance(node, Seq) else (), strict=True
                ):
                    if not math.isfinite(evaluate_one(cell, here)):
                        message = f"payoffs.{side}.{t}.{m} is not finite"
                        draft.log.add(at, message, "finite numbers")


def _check_finite(model: PayoffFile, draft: Draft, where: str) -> None:
    """Check that every payoff is finite, at all levels of the grid."""
    parameter_values = {n: np.asarray(v) for n, v in model.values(**grid(model.axes)).items()}
    payoffs = model.tables(parameter_values)
    point = int(np.argmin(np.isfinite(payoffs).all(axis=(1, 2, 3))))
    bad = ~np.isfinite(payoffs[point])
    if bad.any() and model.followers:
        at = {n: v.reshape(-1)[point % v.size] for n, v in parameter_values.items()}
        player, a0, a1 = (int(k) for k in np.argwhere(bad)[0])
        failing = model.unweighable(at, (a0, a1))
        if failing is not None:
            message = model.fault(player, (a0, a1), parameter_values, point)
            draft.log.add(draft.places[f"followers.{failing.name}"], message, "finite numbers")
            return
    for i, name in enumerate(model.players):
        wrong = [(int(a0), int(a1)) for a0, a1 in np.argwhere(bad[i])]
        node = draft.places[f"{where}.{name}"]
        for cell in wrong if isinstance(node, Seq) else wrong[:1]:
            message = model.fault(i, cell, parameter_values, point)
            draft.log.add(_cell(node, cell), message, "finite numbers")


def _check_chances(model: PayoffFile, draft: Draft, k: int) -> None:
    """Check the transition probabilities of every profile of a named state."""
    parameter_values = {n: np.asarray(v) for n, v in model.values().items()}
    where = f"transitions.{model.states[k].name}"
    for a0, row in enumerate(model.states[k].transitions):
        for a1, cell in enumerate(row):
            fault = wrong_chance([float(evaluate(f, parameter_values)) for _, f in cell])
            if fault:
                node = _cell(draft.places[where], (a0, a1))
                draft.log.add(node, f"{where}: {fault}", "probabilities that add up to 1")


def _cell(node: Node, cell: tuple[int, int]) -> Node:
    """Find the node of one cell of a table; of a formula, the whole."""
    for index in cell:
        node = node.items[index] if isinstance(node, Seq) else node
    return node
