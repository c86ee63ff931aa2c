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
from negotiation.analysis.moving_deal import MovingTurn, moving_turns
from negotiation.analysis.samples import Sensitivity, analyse
from negotiation.deals.contract_map import contract_map
from negotiation.deals.deal import DealAnalysis, find_deals
from negotiation.deals.on_the_table import OnTheTable, deal_of, on_the_table, turns
from negotiation.deals.terms import contract
from negotiation.files.locks import claimed
from negotiation.files.writing import unwritable, write_whole
from negotiation.games.game import Outcome
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.appendix import appendix
from negotiation.reporting.blocks import Block
from negotiation.reporting.evidence import evidence
from negotiation.reporting.figures import maps
from negotiation.reporting.figures.contract import contract_figure
from negotiation.reporting.figures.drawing import Picture, save
from negotiation.reporting.figures.path import clock_figure
from negotiation.reporting.figures.solution import (
    frontier_figure,
    payoff_figure,
    slack_figure,
    tornado_figure,
)
from negotiation.reporting.findings import Findings, figure
from negotiation.reporting.markdown import Text, document, fixed, from_block, heading
from negotiation.reporting.pages.page_one import repeated as page_one
from negotiation.reporting.pages.page_one.moving import moving_blocks
from negotiation.reporting.signalling_document import write_signalling_report
from negotiation.solution.history import explained
from negotiation.solution.path import Outlook, outlook
from negotiation.solution.solution import Solution, solve
from negotiation.solution.verdict import verdict
from negotiation.sweeps.regime_map import map_panels

__all__ = ["gather", "rendered", "write_report"]

Progress = Callable[[str], None]
CASES = 1024
GRID = 41
"""Points along each side of the map on page one."""


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
    moving = outlook(model, settings, seed=seed) if model.kind == "dynamic" else None
    on_table = swept = deals = None
    turned: tuple[MovingTurn, ...] = ()
    if moving is not None:
        progress("what would end the deal")
        turned = _turns(model, settings)
    else:
        on_table = on_the_table(solution, cases=CASES, seed=seed, progress=progress)
        swept = _sensitivity(model, settings, seed, progress)
        deals = _deals(model, settings, seed, progress)
    progress("figures")
    pictures = _pictures(solution, on_table, swept, moving)
    if deals is not None and _mapped(deals):
        pictures.append(contract_figure(contract_map(deals)))
    return Findings(
        model=model,
        solution=solution,
        table=on_table,
        sensitivity=swept,
        outlook=moving,
        deals=deals,
        pictures={p.name: (p, f"figures/{slug}-{p.name}.png") for p in pictures},
        command=_command(named or (slug, "reports/"), settings, seed),
        version=__version__,
        seed=seed,
        turns=turned,
    )


def _turns(model: PayoffFile, settings: dict[str, Any]) -> tuple[MovingTurn, ...]:
    """Return the values that end the deal: of what moves, and of the nearest number if it did not.

    Along every other number each point is a game to be solved, so one is looked at: the one whose
    critical value would be nearest if nothing moved.
    """
    deal = deal_of(model)
    if deal is None or not deal.truce:
        return ()
    axes = [axis.name for axis in model.axes]
    near = [
        t.parameter.name
        for t in turns(model.frozen(), settings)[0]
        if t.outcome == deal.name and t.parameter.name not in axes
    ]
    return moving_turns(model, [*axes, *near[:1]], deal.name, settings)


def _pictures(
    solution: Solution,
    on_table: OnTheTable | None,
    swept: Sensitivity | None,
    moving: Outlook | None,
) -> list[Picture]:
    """Draw what a report shows; where the state moves, how the truce unfolds and nothing else."""
    if moving is not None:
        drawn = moving.longest is not None and moving.game.levels is not None
        return [replace(clock_figure(moving), name="clock")] if drawn else []
    pictures = [
        _map(on_table) or slack_figure(solution),
        payoff_figure(solution),
        frontier_figure(solution),
        tornado_figure(swept) if swept is not None else None,
    ]
    return [p for p in pictures if p is not None]


def _map(on_table: OnTheTable | None) -> Picture | None:
    """Draw where the deal holds over the two numbers that decide it most; None without two."""
    if on_table is None or on_table.solution.model is None or not on_table.outcome.truce:
        return None
    wanted = on_table.outcome.sustained
    pair = [d.parameter for d in on_table.deciding if d.turn.starts != wanted][:2]
    if len(pair) < 2:
        return None
    settings = {
        k: v for k, v in on_table.solution.settings.items() if k not in {p.name for p in pair}
    }
    spans = {p.name: p.range for p in pair}
    model = on_table.solution.model
    return maps.draw(map_panels(model, spans, resolution=GRID, settings=settings))


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


def rendered(findings: Findings) -> str:
    """Return the Markdown of a report."""
    model, file = findings.model, Path(findings.model.path).name
    front: dict[str, str | int] = {
        "title": model.title,
        "subtitle": "Conditions under which a truce holds",
        "date": model.date,
        "model": file,
        "sha256": model.sha256,
        "version": findings.version,
        "seed": findings.seed,
        "command": findings.command,
    }
    return document(front, "en", [*_page_one(findings), *evidence(findings), *appendix(findings)])


def _page_one(findings: Findings) -> list[Text]:
    title, deal = findings.model.title, deal_of(findings.model)
    if deal is None:
        lines = verdict(findings.solution)
        return [heading(1, title), " ".join(lines), *figure(findings, "slack")]
    blocks = _page_one_blocks(findings, deal)
    question = page_one.headline(deal)
    return [
        heading(1, fixed("{title}: {question}", title=title, question=question)),
        *(from_block(b, level=2) for b in blocks),
        *(figure(findings, "map") or figure(findings, "slack")),
    ]


def _page_one_blocks(findings: Findings, deal: Outcome) -> tuple[Block, ...]:
    if findings.outlook is not None:
        words = page_one.deal_words(findings.model, deal)
        return moving_blocks(findings.outlook, deal, findings.turns, words)
    assert findings.table is not None, "a deal has its table where nothing moves"
    return page_one.blocks(findings.table, seen=explained(findings.solution))
