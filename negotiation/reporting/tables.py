"""The tables of a report: levers, parameters with their sources, assumptions."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from negotiation.analysis.samples import Sensitivity
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.reporting.markdown import (
    Text,
    address,
    bullets,
    code,
    fixed,
    joined,
    table,
)
from negotiation.solution.verdict import number

__all__ = [
    "assumption_table",
    "from_the_base",
    "own_numbers",
    "parameter_table",
    "references",
]


def own_numbers(model: PayoffFile) -> tuple[Parameter, ...]:
    """Return the parameters that stand in the file itself, and not in one that it extends."""
    return tuple(p for p in model.parameters if not p.base)


def _marks(model: PayoffFile, p: Parameter) -> str:
    """Return the numbers of a parameter's sources in the list of references, or the mark."""
    order = [s.id for s in model.sources]
    cited = ", ".join(f"[{order.index(s) + 1}]" for s in p.sources if s in order)
    if not cited:
        return "assumed"
    return f"{p.grade} {cited}" if p.grade != "sourced" else cited


def parameter_table(model: PayoffFile, values: dict[str, float], found: Sensitivity | None) -> Text:
    """Return the file's own parameters with range, unit, source and influence."""
    if not model.parameters:
        return f"The file has no parameters: its payoffs are plain numbers, {_of_tables(model)}."
    influence = _influence(found)
    rows: list[tuple[Text, ...]] = []
    for p in own_numbers(model):
        value = number(values[p.name])
        if p.formula is not None:
            value += " (formula)"
        unit = "" if p.unit in ("", "none") else f" {p.unit}"
        row: tuple[Text, ...] = (
            code(p.name),
            p.meaning,
            value,
            f"{number(p.range[0])} to {number(p.range[1])}{unit}",
            _marks(model, p),
        )
        share = influence.get(p.name)
        rows.append((*row, *(["-" if share is None else f"{share:.2f}"] if influence else [])))
    header = ("number", "meaning", "value", "range", "source")
    if not influence:
        return table(header, rows)
    note = (
        "Influence: total Sobol' index of the truce margin, which is what the side with less to "
        "lose would lose by breaking the truce that holds best."
    )
    return joined((table((*header, "influence"), rows), note), "\n\n")


def from_the_base(model: PayoffFile, values: dict[str, float]) -> Text:
    """Return the numbers that a file takes from others as they are; empty without any."""
    taken: dict[str, list[Parameter]] = {}
    for p in model.parameters:
        if p.base:
            taken.setdefault(p.base, []).append(p)
    return joined(
        (
            fixed(
                "As in {base}, where their sources are: {numbers}.",
                base=code(Path(base).name),
                numbers=joined(
                    (fixed("{name} {x}", name=code(p.name), x=number(values[p.name])) for p in ps),
                    ", ",
                ),
            )
            for base, ps in taken.items()
        ),
        "\n\n",
    )


def _influence(sensitivity: Sensitivity | None) -> dict[str, float]:
    """Return total Sobol' indices; a number inside a formula gets the formula's."""
    if sensitivity is None:
        return {}
    own = {i.parameter: i.total for i in sensitivity.indices}
    return own | {
        part: own[outer] for part, outer in sensitivity.space.inside.items() if outer in own
    }


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


def references(model: PayoffFile, cited: Collection[str] | None = None) -> Text:
    """Return the list of sources, each with its number; of those cited, if that is given."""
    rows: list[Text] = []
    for k, s in enumerate(model.sources, 1):
        if cited is not None and s.id not in cited:
            continue
        in_title = s.address in s.title and not s.address.startswith(("http://", "https://"))
        about = fixed("[{k}] {title}. {date}.", k=str(k), title=s.title, date=s.date)
        rows.append(about if in_title else joined((about, address(s.address))))
    return bullets(rows) if rows else ""
