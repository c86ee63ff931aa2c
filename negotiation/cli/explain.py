"""The commands that explain and report."""

from __future__ import annotations

import shlex
from typing import Any

import click

from negotiation.cli.options import (
    FLAGSHIP,
    file_argument,
    json_option,
    note_frozen,
    note_ranges,
    opened,
    print_json,
    print_page,
    say,
    seed_option,
    set_option,
    slugs,
)

__all__ = ["COMMANDS"]

RACE = "substitution-race"


@click.command()
@file_argument
@click.option("--outcome", metavar="NAME", help="An outcome that the file names.")
@click.option("--profile", metavar="A/B", help="An action of each side, such as embargo/cut+buy.")
@set_option
@json_option
def why(
    file: str, outcome: str | None, profile: str | None, pairs: tuple[str, ...], as_json: bool
) -> None:
    """Say why an outcome holds or fails, and what would change it.

    Give either --outcome or --profile.
    """
    from negotiation.analysis.deviations import cells_of, explain
    from negotiation.reporting.pages import why as why_text
    from negotiation.solution import solution

    model, settings = opened(file, pairs)
    found = solution.solve(model, **settings)
    note_ranges(model, settings)
    note_frozen(model)
    answers = tuple(explain(found, cell) for cell in cells_of(found, outcome, profile))
    if as_json:
        print_json(why_text.to_dict(found, answers))
    else:
        print_page(tuple(block for answer in answers for block in why_text.pages(found, answer)))


@click.command()
@file_argument
@set_option
@click.option(
    "--cases",
    default=1024,
    show_default=True,
    metavar="N",
    help="How many cases to sample, a power of two.",
)
@click.option("--observed", is_flag=True, help="Instead, say what observed play tells of them.")
@seed_option
@json_option
def sensitivity(
    file: str, pairs: tuple[str, ...], cases: int, observed: bool, seed: int, as_json: bool
) -> None:
    """Say which assumptions the verdict hangs on.

    Also which smallest changes would flip it, and in what share of sampled cases a truce holds.
    With --observed: in which part of the ranges what was seen can be kept up.
    """
    from negotiation.analysis import samples as analysis
    from negotiation.reporting.pages.sensitivity import pages, to_dict

    model, settings = opened(file, pairs)
    if observed:
        _print_observed(model, settings, cases=cases, seed=seed, as_json=as_json)
        return
    found = analysis.analyse(model, settings=settings, cases=cases, seed=seed, progress=say)
    note_ranges(model, settings)
    note_frozen(model)
    if as_json:
        print_json(to_dict(found))
    else:
        print_page(pages(found))


def _print_observed(
    model: Any, settings: dict[str, Any], *, cases: int, seed: int, as_json: bool
) -> None:
    from negotiation.analysis.observed import observed_cases
    from negotiation.reporting.pages.observed import pages, to_dict

    found = observed_cases(model, settings=settings, cases=cases, seed=seed, progress=say)
    note_ranges(model, settings)
    if as_json:
        print_json(to_dict(found))
    else:
        print_page(pages(found))


@click.command()
@file_argument
@set_option
@json_option
def history(file: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """Set observed play beside what can be kept up.

    Period by period, and with how sharply that predicts (Selten's measure).
    """
    from negotiation.reporting.pages.history import page
    from negotiation.solution.history import history as confront
    from negotiation.solution.history import history_dict

    model, settings = opened(file, pairs)
    found = confront(model, **settings)
    note_ranges(model, settings)
    if as_json:
        print_json(history_dict(found))
    else:
        print_page(page(found))


@click.command()
@click.argument("files", nargs=-1, shell_complete=slugs, metavar="[FILE]...")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME:s=0.7,...",
    help="The first file with other numbers, under a name; repeat for several.",
)
@seed_option
@json_option
def compare(files: tuple[str, ...], scenarios: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Set files or scenarios side by side and trace the difference."""
    from negotiation.analysis import scenarios as comparison
    from negotiation.payoff_file import load
    from negotiation.reporting.pages.scenarios import pages, to_dict

    models = [(name, load(name)) for name in files or (FLAGSHIP,)]
    columns = [comparison.scenario(name, model, {}) for name, model in models]
    for _, model in models:
        note_frozen(model)
    for name, settings in map(comparison.read_scenario, scenarios):
        note_ranges(models[0][1], settings)
        columns.append(comparison.scenario(name, models[0][1], settings))
    found = comparison.compare(tuple(columns), seed=seed)
    if as_json:
        print_json(to_dict(tuple(columns), found))
    else:
        print_page(pages(tuple(columns), found))


@click.command()
@click.argument("file", required=False, default=RACE, metavar="[FILE]", shell_complete=slugs)
@set_option
@click.option(
    "--periods",
    default=40,
    show_default=True,
    metavar="N",
    help="How many periods to look ahead.",
)
@seed_option
@click.option("-o", "--output", metavar="FIGURE", help="Write the figure too, as .png or .svg.")
@json_option
def path(
    file: str, pairs: tuple[str, ...], periods: int, seed: int, output: str | None, as_json: bool
) -> None:
    """Show how long a truce lasts while levers die.

    For models whose states move; also on which terms it goes on, and what ends it.
    """
    from negotiation.reporting.figures import drawing
    from negotiation.reporting.figures import path as clock_figure
    from negotiation.reporting.pages import path as outlook_words
    from negotiation.solution import path_json as outlook_json
    from negotiation.solution.path import outlook

    target = drawing.figure_path(output) if output else None
    model, settings = opened(file, pairs)
    found = outlook(model, settings, periods=periods, seed=seed)
    note_ranges(model, settings)
    if target:
        drawing.write(clock_figure.clock_figure(found), target)
    if as_json:
        print_json(outlook_json.to_dict(found))
    else:
        print_page(outlook_words.page(found))


@click.command()
@file_argument
@click.option(
    "-o",
    "--output",
    "folder",
    default="reports",
    show_default=True,
    metavar="FOLDER",
    help="Where to write it.",
)
@set_option
@seed_option
def report(file: str, folder: str, pairs: tuple[str, ...], seed: int) -> None:
    """Write a report: one Markdown file, and its figures."""
    from pathlib import Path

    from negotiation.payoff_file import bundled
    from negotiation.reporting.document import write_report

    model, settings = opened(file, pairs)
    slug = file if file in bundled() else Path(file).stem
    target = Path(folder)
    path = write_report(model, slug, target, settings=settings, seed=seed, progress=say)
    note_ranges(model, settings)
    click.echo(f"wrote {path}")


@click.command()
@file_argument
@click.option(
    "--to",
    "kind",
    required=True,
    metavar="nfg|gam|json|csv",
    help="Format: Gambit's, GameTracer's, JSON or CSV.",
)
@set_option
def export(file: str, kind: str, pairs: tuple[str, ...]) -> None:
    """Print the game of one round for other programs."""
    from negotiation.payoff_file.exchange import export as interchange

    model, settings = opened(file, pairs)
    text = interchange.export(model, kind, settings)
    note_ranges(model, settings)
    note_frozen(model)
    click.echo(text, nl=False)


@click.command("import")
@click.argument("source", metavar="GAME.nfg", type=click.Path())
@click.argument("new", metavar="NEW.yaml")
@click.option(
    "--discount",
    default=0.9,
    show_default=True,
    metavar="NUMBER",
    help="Patience of both players.",
)
def import_game(source: str, new: str, discount: float) -> None:
    """Turn a two-player .nfg game of Gambit's into a payoff file."""
    from negotiation.payoff_file.exchange import nfg as importing

    for change in importing.convert(source, new, discount):
        click.echo(f"note: {change}", err=True)
    click.echo(f"wrote {new}; try: negotiate solve {shlex.quote(new)}")


COMMANDS = (why, sensitivity, history, compare, path, report, export, import_game)
