"""A report in one Markdown file with its figures, the same to the byte every time.

References
----------
R. Lempert, S. Popper and S. Bankes (2003), Shaping the Next One Hundred Years, RAND.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from negotiation import __version__
from negotiation.analysis.samples import Sensitivity, analyse
from negotiation.analysis.scenarios import Scenario, compare, scenario
from negotiation.analysis.thresholds import flips
from negotiation.deals.contract_map import contract_map
from negotiation.deals.deal import DealAnalysis, find_deals
from negotiation.deals.terms import contract
from negotiation.files.locks import claimed
from negotiation.files.writing import unwritable, write_whole
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.figures.contract import contract_figure
from negotiation.reporting.figures.drawing import Picture, save
from negotiation.reporting.figures.path import clock_figure
from negotiation.reporting.figures.solution import (
    frontier_figure,
    payoff_figure,
    region_figure,
    slack_figure,
    tornado_figure,
)
from negotiation.reporting.markdown import Text, code, document, fixed, heading, table
from negotiation.reporting.sections import Findings, sections
from negotiation.reporting.signalling_document import write_signalling_report
from negotiation.solution.path import outlook
from negotiation.solution.solution import Solution, solve
from negotiation.solution.units import units_of

__all__ = ["gather", "rendered", "write_report"]

Progress = Callable[[str], None]
_SCENARIOS = 3
CASES = 1024


def write_report(
    model: PayoffFile,
    slug: str,
    folder: Path,
    *,
    settings: dict[str, Any] | None = None,
    seed: int = 0,
    progress: Progress = lambda _: None,
    named: tuple[str, ...] | None = None,
) -> Path:
    """Write ``<folder>/<slug>.md`` and its figures in ``<folder>/figures``.

    Parameters
    ----------
    model
        A payoff file.
    slug
        Name of the report, without the ending of a file.
    folder
        Made if it does not exist.
    settings
        Parameters at other values than the file's.
    seed
        Of the samples.
    progress
        Called with what is being worked on.
    named
        What the command that makes it again calls the file and the folder, then its other options;
        by default the name of the report, and ``reports/``.

    Raises
    ------
    UsageError
        If the folder cannot be written to.
    """
    if model.kind == "signalling":
        return write_signalling_report(
            model, slug, folder, settings=dict(settings or {}), seed=seed, progress=progress
        )
    target = folder / f"{slug}.md"
    try:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None
    with claimed(target):
        findings = gather(model, slug, settings=settings, seed=seed, progress=progress, named=named)
        for picture, _ in findings.pictures.values():
            save(picture, folder / "figures", slug)
        write_whole(target, rendered(findings).encode())
    return target


def gather(
    model: PayoffFile,
    slug: str,
    *,
    settings: dict[str, Any] | None = None,
    seed: int = 0,
    progress: Progress = lambda _: None,
    named: tuple[str, ...] | None = None,
) -> Findings:
    """Return all findings of a report; parameters as for `write_report`."""
    settings = dict(settings or {})
    progress("what holds")
    solution = solve(model, **settings)
    progress("thresholds")
    thresholds = flips(model, settings)
    swept = _sensitivity(model, settings, seed, progress)
    scenarios = _scenarios(solution, settings, swept)
    differences = compare(scenarios, seed=seed) if len(scenarios) > 1 else ()
    progress("over time" if model.kind == "dynamic" else "figures")
    moving = outlook(model, settings, seed=seed) if model.kind == "dynamic" else None
    deals = _deals(model, settings, seed, progress)
    pictures: list[Picture | None] = [
        payoff_figure(solution),
        slack_figure(solution),
        frontier_figure(solution),
        tornado_figure(swept) if swept is not None else None,
        region_figure(swept) if swept is not None else None,
        replace(clock_figure(moving), name="clock") if moving is not None else None,
        contract_figure(contract_map(deals)) if deals is not None and _mapped(deals) else None,
    ]
    return Findings(
        model=model,
        solution=solution,
        flips=thresholds,
        sensitivity=swept,
        scenarios=scenarios,
        differences=differences,
        outlook=moving,
        deals=deals,
        pictures={p.name: (p, f"figures/{slug}-{p.name}.png") for p in pictures if p is not None},
        command=_command(named or (slug, "reports/"), settings, seed),
        version=__version__,
        seed=seed,
    )


def _command(named: tuple[str, ...], settings: dict[str, Any], seed: int) -> str:
    (file, folder), more = map(shlex.quote, named[:2]), named[2:]
    sets = [f"--set {shlex.quote(f'{k}={float(v):.12g}')}" for k, v in settings.items()]
    return " ".join(["negotiate report", file, *sets, f"--seed {seed}", f"-o {folder}", *more])


def _sensitivity(
    model: PayoffFile, settings: dict[str, Any], seed: int, progress: Progress
) -> Sensitivity | None:
    """Return the sensitivity analysis, or None without a truce or a number to vary."""
    varied = any(p.range[1] > p.range[0] and p.name not in settings for p in model.parameters)
    if not varied or not any(o.truce for o in model.outcomes):
        return None
    return analyse(model, settings=settings, cases=CASES, seed=seed, progress=progress)


def _deals(
    model: PayoffFile, settings: dict[str, Any], seed: int, progress: Progress
) -> DealAnalysis | None:
    """Return which terms hold; None where the file names none to bargain over."""
    if not model.terms:
        return None
    chosen = contract(model, settings=settings)
    return find_deals(chosen, cases=CASES, seed=seed, progress=progress)


def _mapped(deals: DealAnalysis) -> bool:
    return len(deals.contract.terms) > 1


def _scenarios(
    solution: Solution, settings: dict[str, Any], analysis: Sensitivity | None
) -> tuple[Scenario, ...]:
    """Return the file's own point, and the worse end of the most influential numbers."""
    model = solution.model
    if analysis is None or model is None:
        return ()
    ends = {s.parameter: (s.low if s.at_low <= s.at_high else s.high) for s in analysis.swings}
    most = [i.parameter for i in analysis.indices[:_SCENARIOS]]
    others = [
        scenario(f"{n} = {ends[n]:.4g}", model, {**settings, n: ends[n]}) for n in most if n in ends
    ]
    return (scenario("the values given", model, settings, solution), *others)


def rendered(found: Findings) -> str:
    """Return the Markdown of a report."""
    model, regime, file = found.model, found.solution.regime, Path(found.model.path).name
    digest = code(f"{model.sha256[:16]}…")
    unmoved = ", if nothing moved" if found.outlook is not None else ""
    facts: list[tuple[Text, ...]] = [
        ("regime", fixed("**{regime}**{unmoved}", regime=regime, unmoved=unmoved)),
        ("date of the model", model.date or "not given"),
        *([("payoffs", f"in {units_of(model).in_full}")] if model.payoff_unit else []),
        ("file", fixed("{file}, SHA-256 {digest}", file=code(file), digest=digest)),
        ("version", f"negotiate {found.version}, seed {found.seed}"),
        ("command", code(found.command)),
    ]
    front: dict[str, str | int] = {
        "title": model.title,
        "subtitle": "Conditions under which a truce holds",
        "date": model.date,
        "model": file,
        "sha256": model.sha256,
        "version": found.version,
        "seed": found.seed,
        "command": found.command,
    }
    parts: list[Text] = [heading(1, f"{model.title}: does a truce hold?"), table(("", ""), facts)]
    for section in sections(found):
        parts += [heading(2, section.title), *section.parts]
    return document(front, "en", parts)
