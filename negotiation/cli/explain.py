"""The commands that explain and report."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from negotiation.cli.options import (
    FLAGSHIP,
    file_argument,
    json_option,
    note_frozen,
    note_ranges,
    opened,
    outcome_names,
    print_json,
    print_page,
    say,
    scenario_names,
    seed_option,
    set_option,
    slugs,
)
from negotiation.errors import UsageError

if TYPE_CHECKING:
    from negotiation.payoff_file.model import PayoffFile

__all__ = ["COMMANDS"]

RACE = "substitution-race"


@click.command()
@file_argument
@click.option(
    "--outcome",
    metavar="NAME",
    shell_complete=outcome_names,
    help="An outcome that the file names.",
)
@click.option("--profile", metavar="A/B", help="An action of each side, such as embargo/cut+buy.")
@click.option("--message", metavar="NAME", help="A message, in a model where one side knows more.")
@set_option
@json_option
def why(
    file: str,
    outcome: str | None,
    profile: str | None,
    message: str | None,
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say why an outcome holds or fails, and what would change it.

    Give either --outcome or --profile; of a signalling game, --message.
    """
    if message is not None:
        _why_message(file, message, pairs, as_json=as_json, others=(outcome, profile))
        return
    from negotiation.analysis.deviations import cells_of, explain
    from negotiation.reporting.pages import why as why_text
    from negotiation.solution import solution

    model, settings = opened(file, pairs)
    result = solution.solve(model, **settings)
    note_ranges(model, settings)
    note_frozen(model)
    answers = tuple(explain(result, cell) for cell in cells_of(result, outcome, profile))
    if as_json:
        print_json(why_text.to_dict(result, answers))
    else:
        print_page(tuple(block for answer in answers for block in why_text.pages(result, answer)))


def _why_message(
    file: str,
    message: str,
    pairs: tuple[str, ...],
    *,
    as_json: bool,
    others: tuple[str | None, ...],
) -> None:
    from negotiation.reporting.pages.signalling_lists import why_dict, why_page
    from negotiation.solution.signalling.solution import solve_signals

    if any(others):
        raise UsageError("--message goes alone; leave out --outcome and --profile")
    model, settings = opened(file, pairs)
    found = solve_signals(model, **settings)
    note_ranges(model, settings)
    if as_json:
        print_json(why_dict(found, message))
    else:
        print_page(why_page(found, message))


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
    if model.kind == "signalling":
        _signal_sensitivity(model, settings, cases, seed, as_json=as_json)
        return
    result = analysis.analyse(model, settings=settings, cases=cases, seed=seed, progress=say)
    note_ranges(model, settings)
    note_frozen(model)
    if as_json:
        print_json(to_dict(result))
    else:
        print_page(pages(result))


def _signal_sensitivity(
    model: PayoffFile, settings: dict[str, Any], cases: int, seed: int, *, as_json: bool
) -> None:
    from negotiation.analysis.signalling import analyse_signals
    from negotiation.reporting.pages.signalling_lists import sensitivity_dict, sensitivity_page

    found = analyse_signals(model, settings=settings, cases=cases, seed=seed, progress=say)
    note_ranges(model, settings)
    if as_json:
        print_json(sensitivity_dict(found))
    else:
        print_page(sensitivity_page(found))


def _print_observed(
    model: Any, settings: dict[str, Any], *, cases: int, seed: int, as_json: bool
) -> None:
    from negotiation.analysis.observed import observed_cases
    from negotiation.reporting.pages.answers.observed import pages, to_dict

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
    from negotiation.reporting.pages.answers.history import page
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
    shell_complete=scenario_names,
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
    if any(model.kind == "signalling" for _, model in models):
        _compare_signals(models, scenarios, as_json=as_json)
        return
    columns = [comparison.scenario(name, model, {}) for name, model in models]
    for _, model in models:
        note_frozen(model)
    for name, settings in map(comparison.read_scenario, scenarios):
        note_ranges(models[0][1], settings)
        columns.append(comparison.scenario(name, models[0][1], settings))
    differences = comparison.compare(tuple(columns), seed=seed)
    if as_json:
        print_json(to_dict(tuple(columns), differences))
    else:
        print_page(pages(tuple(columns), differences))


def _compare_signals(
    models: list[tuple[str, PayoffFile]], scenarios: tuple[str, ...], *, as_json: bool
) -> None:
    from negotiation.analysis.scenarios import read_scenario
    from negotiation.reporting.pages.signalling_lists import scenario_page
    from negotiation.solution.signalling.as_json import signalling_dict
    from negotiation.solution.signalling.solution import solve_signals

    columns = [(name, solve_signals(model)) for name, model in models]
    for name, settings in map(read_scenario, scenarios):
        note_ranges(models[0][1], settings)
        columns.append((name, solve_signals(models[0][1], **settings)))
    if as_json:
        found = [{"name": name} | signalling_dict(s) for name, s in columns]
        print_json({"schema": "negotiate/signalling-compare/1", "scenarios": found})
    else:
        print_page(scenario_page(columns))


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
    result = outlook(model, settings, periods=periods, seed=seed)
    note_ranges(model, settings)
    if target:
        drawing.write(clock_figure.clock_figure(result), target)
    if as_json:
        print_json(outlook_json.to_dict(result))
    else:
        print_page(outlook_words.page(result))


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
@click.option(
    "--format",
    "kind",
    type=click.Choice(["md", "html", "docx", "pdf"]),
    default="md",
    show_default=True,
    help="Markdown with figures beside it; one page of HTML that holds all; Word, by pandoc; "
    "PDF, by Chromium.",
)
@set_option
@seed_option
def report(file: str, folder: str, kind: str, pairs: tuple[str, ...], seed: int) -> None:
    """Write a report: one file, and in Markdown its figures."""
    from pathlib import Path

    from negotiation.payoff_file import bundled
    from negotiation.reporting.document import write_report
    from negotiation.reporting.formats import refuse_unready, write_as

    refuse_unready(kind)
    model, settings = opened(file, pairs)
    slug = file if file in bundled() else Path(file).stem
    named = file, folder if folder != "reports" else "reports/", *_asked_for(kind)
    make = partial(
        write_report, model, slug, settings=settings, seed=seed, progress=say, named=named
    )
    path = write_as(kind, make, Path(folder))
    note_ranges(model, settings)
    click.echo(f"wrote {path}")


def _asked_for(kind: str) -> tuple[str, ...]:
    return () if kind == "md" else (f"--format {kind}",)


@click.command()
@file_argument
@click.option(
    "--to",
    "kind",
    required=True,
    metavar="nfg|gam|json|csv|efg",
    help="Format: Gambit's, GameTracer's, JSON, CSV, or Gambit's trees for signalling games.",
)
@set_option
def export(file: str, kind: str, pairs: tuple[str, ...]) -> None:
    """Print the game of one round for other programs."""
    from negotiation.payoff_file.exchange import export as interchange

    model, settings = opened(file, pairs)
    if kind == "efg":
        click.echo(_tree(model, settings), nl=False)
        return
    text = interchange.export(model, kind, settings)
    note_ranges(model, settings)
    note_frozen(model)
    click.echo(text, nl=False)


def _tree(model: PayoffFile, settings: dict[str, Any]) -> str:
    from negotiation.payoff_file.exchange.efg import to_efg
    from negotiation.solution.signalling.solution import signalling_game_at

    if model.kind != "signalling":
        raise UsageError(
            f"{model.title}: only games in which one side knows more are written as trees; "
            "expected one of: nfg, gam, json, csv"
        )
    game, _ = signalling_game_at(model, settings)
    note_ranges(model, settings)
    return to_efg(game)


@click.command("import")
@click.argument("source", metavar="GAME.nfg|GAME.efg", type=click.Path())
@click.argument("new", metavar="NEW.yaml")
@click.option(
    "--discount",
    default=0.9,
    show_default=True,
    metavar="NUMBER",
    help="Patience of both players.",
)
def import_game(source: str, new: str, discount: float) -> None:
    """Turn a game of Gambit's into a payoff file.

    A two-player .nfg, or an .efg tree of the shape of a signalling game: chance, then a sender who
    knows its draw, then a receiver who sees the message only.
    """
    if source.lower().endswith(".efg"):
        from negotiation.payoff_file.exchange.efg import convert_tree

        convert_tree(source, new)
    else:
        from negotiation.payoff_file.exchange.nfg import convert

        for change in convert(source, new, discount):
            click.echo(f"note: {change}", err=True)
    click.echo(f"wrote {new}; try: negotiate solve {shlex.quote(new)}")


COMMANDS = (why, sensitivity, history, compare, path, report, export, import_game)
