"""Payoff files from a path, a slug or text: read, checked, refused with all problems at once.

Names are read before the formulas that use them, and a name counts as known even where its value
is wrong, so that one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from negotiation._numpy import np
from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.draft import EVERYTHING, Draft
from negotiation.payoff_file.extends import Merged, read_merged
from negotiation.payoff_file.fields import declare, formula, items, mapping, record, text
from negotiation.payoff_file.files import bundled, find, read_bytes, shown
from negotiation.payoff_file.formulas.formula import Formula, evaluate, evaluate_one
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import MONTHS, Lever, Parameter, Setting, Source
from negotiation.payoff_file.profiles import Table
from negotiation.payoff_file.sections.cells import read_outcomes, read_rule
from negotiation.payoff_file.sections.followers import read_choices, read_followers
from negotiation.payoff_file.sections.observed import read_observed
from negotiation.payoff_file.sections.parameters import read_parameters, read_sources, refuse_cycles
from negotiation.payoff_file.sections.players import read_players
from negotiation.payoff_file.sections.states import DYNAMIC_KEYS, declare_states, read_dynamics
from negotiation.payoff_file.sections.terms import DEAL_KEYS, read_deal, read_terms
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
        *DEAL_KEYS,
        "sources",
        "not_modelled",
    ),
)


def read(top: Map, log: Log, path: str, sha256: str) -> tuple[PayoffFile | None, Draft]:
    """Read all sections; the file is None if the log has problems."""
    draft = Draft(log)
    found = record(log, top, "", KEYS)
    choices = _names(draft, found)
    draft.sources = read_sources(log, found.get("sources"))
    draft.parameters = read_parameters(draft, found.get("parameters"))
    draft.definitions = _definitions(draft, found.get("definitions"))
    followers = read_followers(draft, found.get("followers"), choices)
    read_dynamics(draft, found, top)
    if "payoffs" in found and not isinstance(found.get("states"), Seq):
        draft.payoffs = _payoffs(draft, found["payoffs"])
    outcomes = read_outcomes(log, found.get("outcomes"), draft.players)
    terms = read_terms(draft, found.get("terms"))
    deal = read_deal(draft, found.get("deal"), outcomes)
    words = {
        key: text(log, found.get(key), key)
        for key in ("title", "about", "period", "date", "payoff_unit", "payoff_rate")
    }
    _check_rate(log, found, words)
    observed = read_observed(draft, found.get("observed"), words["period"])
    not_modelled = _sentences(log, found.get("not_modelled"))
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


def _check_rate(log: Log, found: Mapping[str, Node], words: Mapping[str, str]) -> None:
    """Note a rate that is none, or that cannot be turned into amounts of a period."""
    rate, period = words["payoff_rate"], words["period"]
    rates = [f"per {name}" for name in MONTHS]
    if rate and rate not in rates:
        expected = "one of " + ", ".join(rates)
        message = f"payoff_rate is {quoted(rate)}"
        log.add(found["payoff_rate"], message, expected, name=rate, among=rates)
    elif rate and period not in MONTHS:
        said = quoted(period) if period else "not given"
        message = f"payoffs are {rate}, and the period is {said}"
        expected = "a period among " + ", ".join(MONTHS)
        place = found.get("period", found["payoff_rate"])
        log.add(place, message, expected, name=period, among=list(MONTHS))
    if rate and "payoff_unit" not in found:
        message = "payoff_rate without payoff_unit"
        log.add(found["payoff_rate"], message, "a key 'payoff_unit' too, such as USD bn")


def _names(draft: Draft, found: Mapping[str, Node]) -> dict[str, Lever]:
    """Declare every name that formulas may use, and read the players on the way.

    Returns
    -------
    dict
        The choices of every follower.
    """
    log, taken = draft.log, draft.taken
    for kind, what in (("parameters", "a parameter"), ("definitions", "a definition")):
        node = found.get(kind)
        keys = [key for key, _ in node.entries] if isinstance(node, Map) else []
        draft.scope[kind] = [declare(log, key, what, taken) for key in keys]
    draft.scope["states"] = declare_states(draft, found.get("states"))
    draft.scope["attributes"] = []
    if "players" in found:
        draft.players = read_players(log, found["players"], taken, draft.scope)
    return read_choices(draft, found.get("followers"))


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
    """Check what formulas come to: parameters in their ranges, discount factors in [0, 1)."""
    log = draft.log
    formulas = {p.name: p.formula for p in draft.parameters if p.formula is not None}
    numbers = {p.name: p.value for p in draft.parameters if p.value is not None}
    read_well = formulas.keys() | numbers.keys()
    formulas = {n: f for n, f in formulas.items() if reach(f.names, formulas) <= read_well}
    if find_cycle(formulas):
        formulas = {}
    here = single_values(formulas, numbers)
    moving = {axis.name: axis for axis in draft.axes}
    for p in draft.parameters:
        if p.name not in formulas:
            continue
        value = here[p.name]
        if p.name in moving and not on_grid(moving[p.name], value):
            message = f"states.{p.name}.start {value:.6g} is not a level"
            log.add(draft.places[p.name], message, near_levels(moving[p.name], value))
        elif not in_range(value, p.range):
            message = f"parameters.{p.name}.value {value:.6g} is outside range"
            log.add(draft.places[p.name], f"{message} [{p.range[0]:g}, {p.range[1]:g}]")
    for player in draft.players:
        if player.discount is None or player.discount_node is None:
            continue
        if player.discount.names <= here.keys():
            factor = evaluate_one(player.discount, here)
            if not 0 <= factor < 1:
                message = f"players.{player.name}.discount is {factor:.6g}"
                log.add(player.discount_node, message, "a number in [0, 1)")


def _check_payoffs(model: PayoffFile, draft: Draft) -> None:
    """Check that every payoff is finite at the file's own numbers, and every move possible."""
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


def _check_finite(model: PayoffFile, draft: Draft, where: str) -> None:
    """Check that every payoff is finite, at all levels of what is on a grid."""
    here = {n: np.asarray(v) for n, v in model.values(**grid(model.axes)).items()}
    payoffs = model.tables(here)
    point = int(np.argmin(np.isfinite(payoffs).all(axis=(1, 2, 3))))
    bad = ~np.isfinite(payoffs[point])
    if bad.any() and model.followers:
        at = {n: v.reshape(-1)[point % v.size] for n, v in here.items()}
        player, a0, a1 = (int(k) for k in np.argwhere(bad)[0])
        failing = model.unweighable(at, (a0, a1))
        if failing is not None:
            message = model.fault(player, (a0, a1), here, point)
            draft.log.add(draft.places[f"followers.{failing.name}"], message, "finite numbers")
            return
    for i, name in enumerate(model.players):
        wrong = [(int(a0), int(a1)) for a0, a1 in np.argwhere(bad[i])]
        node = draft.places[f"{where}.{name}"]
        for cell in wrong if isinstance(node, Seq) else wrong[:1]:
            message = model.fault(i, cell, here, point)
            draft.log.add(_cell(node, cell), message, "finite numbers")


def _check_chances(model: PayoffFile, draft: Draft, k: int) -> None:
    """Check that the probabilities out of every cell of a named state make sense."""
    here = {n: np.asarray(v) for n, v in model.values().items()}
    where = f"transitions.{model.states[k].name}"
    for a0, row in enumerate(model.states[k].transitions):
        for a1, cell in enumerate(row):
            fault = wrong_chance([float(evaluate(f, here)) for _, f in cell])
            if fault:
                node = _cell(draft.places[where], (a0, a1))
                draft.log.add(node, f"{where}: {fault}", "probabilities that add up to 1")


def _cell(node: Node, cell: tuple[int, int]) -> Node:
    """Find the node of one cell of a table; of a formula, the whole."""
    for index in cell:
        node = node.items[index] if isinstance(node, Seq) else node
    return node
