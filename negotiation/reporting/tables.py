"""The tables of a report: levers, parameters with their grades, assumptions, sources, glossary."""

from __future__ import annotations

from negotiation.analysis.samples import Sensitivity
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.reporting.markdown import (
    Markdown,
    Text,
    address,
    bullets,
    code,
    fixed,
    joined,
    numbered,
    table,
)
from negotiation.solution.verdict import number

__all__ = [
    "assumption_table",
    "glossary",
    "levers_table",
    "parameter_table",
    "references",
    "xlrm_table",
]

_HIGH, _SOME = 0.1, 0.02
"""Total Sobol' indices from which on a number has a large, or some, influence."""


def levers_table(model: PayoffFile) -> Markdown:
    """Return the levers of each player, with their settings."""
    rows = tuple(
        (
            player,
            lever.name or "action",
            ", ".join(s.name for s in lever.settings),
        )
        for player, levers in zip(model.players, model.levers, strict=True)
        for lever in levers
    )
    return table(("player", "lever", "settings"), rows)


def xlrm_table(model: PayoffFile) -> Markdown:
    """Return the XLRM table of the model (Lempert, Popper and Bankes 2003)."""
    free = [p.name for p in model.parameters if p.range[1] > p.range[0]]
    levers = [
        f"{player}: {lever.name or 'action'}"
        for player, side in zip(model.players, model.levers, strict=True)
        for lever in side
    ]
    pieces = [name for name, _ in model.definitions]
    measures = "regime; patience needed; what breaking an outcome brings; truce margin"
    rows = (
        ("uncertainties", ", ".join(free) or "none: no number has a range"),
        ("levers", "; ".join(levers)),
        ("relationships", ", ".join([*pieces, *(f"payoff of {p}" for p in model.players)])),
        ("measures", measures),
    )
    return table(("", "here"), rows)


def _marks(model: PayoffFile, p: Parameter) -> str:
    """Return the numbers of a parameter's sources in the list of references, or the mark."""
    order = [s.id for s in model.sources]
    cited = ", ".join(f"[{order.index(s) + 1}]" for s in p.sources if s in order)
    return cited or "assumed"


def _dates(model: PayoffFile, p: Parameter) -> str:
    dates = sorted({s.date for s in model.sources if s.id in p.sources and s.date})
    return dates[-1] if dates else model.date


def parameter_table(model: PayoffFile, values: dict[str, float], found: Sensitivity | None) -> Text:
    """Return all parameters with range, unit, sources and a light."""
    if not model.parameters:
        return f"The file has no parameters: its payoffs are plain numbers, {_of_tables(model)}."
    influence = _influence(found)
    rows = []
    for p in model.parameters:
        value = number(values[p.name])
        if p.formula is not None:
            value += " (formula)"
        rows.append(
            (
                code(p.name),
                p.meaning,
                value,
                f"{number(p.range[0])} to {number(p.range[1])}",
                p.unit,
                _marks(model, p),
                _dates(model, p),
                _light(p, influence.get(p.name)),
            )
        )
    header = ("number", "meaning", "value", "range", "unit", "source", "date", "light")
    note = (
        "Lights: red is a number that is assumed and has a large influence; amber is one that is "
        "assumed with some influence, or mixed with a large one; green is every other number. "
        "Influence is the total Sobol' index of the truce margin, large from 0.1 and some from "
        "0.02. Dates are those of the newest source, or of the model where there is none."
    )
    if any(row[-1] == "-" for row in rows):
        note += " A dash marks what follows from other numbers, which are varied in its place."
    if not influence:
        note = "Influence was not analysed, so there are no lights."
    return joined((table(header, rows), note), "\n\n")


def _influence(sensitivity: Sensitivity | None) -> dict[str, float]:
    """Return total Sobol' indices; a number inside a formula gets the formula's."""
    if sensitivity is None:
        return {}
    own = {i.parameter: i.total for i in sensitivity.indices}
    return own | {
        part: own[outer] for part, outer in sensitivity.space.inside.items() if outer in own
    }


def _light(p: Parameter, influence: float | None) -> Text:
    if influence is None:
        return "-"
    large, notable = influence >= _HIGH, influence >= _SOME
    if p.grade == "assumed" and large:
        return fixed("**red**")
    if (p.grade == "assumed" and notable) or (p.grade == "mixed" and large):
        return "amber"
    return "green"


def assumption_table(model: PayoffFile, values: dict[str, float]) -> Text:
    """Return every number without a source of its own."""
    rows = tuple(
        (
            code(p.name),
            f"{number(values[p.name])} {p.unit}",
            f"{number(p.range[0])} to {number(p.range[1])}",
            p.meaning,
        )
        for p in model.parameters
        if p.grade == "assumed"
    )
    if not rows:
        return "No parameter is." if model.parameters else f"The payoffs: {_of_tables(model)}."
    return table(("number", "assumed value", "range looked at", "meaning"), rows)


def _of_tables(model: PayoffFile) -> str:
    return "taken from the references below" if model.sources else "assumed"


def references(model: PayoffFile) -> Markdown:
    """Return the numbered list of sources."""
    lines = []
    for s in model.sources:
        in_title = s.address in s.title and not s.address.startswith(("http://", "https://"))
        about = fixed("{title}. {date}.", title=s.title, date=s.date)
        lines.append(about if in_title else joined((about, address(s.address))))
    return numbered(lines)


_GLOSSARY = (
    ("armed truce", "mutual restraint that a side would break if nothing followed, kept up by "
     "threats that are themselves believable"),
    ("believable threat", "a punishment that, once it is due, neither side gains by leaving"),
    ("self-enforcing", "a truce that nobody would gain by breaking even once"),
    ("kept up, sustained", "the path of a subgame-perfect equilibrium of the repeated game, at the "
     "patience given"),
    ("partial cooperation", "no truce holds every period, yet both can do better than their worst "
     "one-off equilibrium, for instance by taking turns"),
    ("one-off equilibrium", "a pair of actions, or of lotteries over them, from which neither side "
     "gains by departing if the game is played once"),
    ("patience", "the weight of the next period relative to this one, between 0 and 1; also called "
     "the discount factor"),
    ("risk-dominant", "kept up, and keeping to it risk-dominates breaking it: the beliefs that the "
     "two sides need add up to at most 1"),
    ("no cooperation", "nothing that can be kept up leaves both better off than their worst "
     "one-off equilibrium; as an outcome, what the file calls so"),
    ("truce margin", "what the side with less to lose would lose on average by breaking the truce, "
     "for the truce where that is most; below 0 no truce holds"),
)  # fmt: skip


def glossary() -> Markdown:
    """Return the glossary of the report's terms."""
    return bullets(fixed("**{word}**: {what}.", word=w, what=meaning) for w, meaning in _GLOSSARY)
