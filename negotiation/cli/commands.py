"""The command line. A command parses, calls and prints; errors are caught in one place."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from negotiation import __version__
from negotiation.cli import deals as cli_deals
from negotiation.cli import explain as cli_reports
from negotiation.cli import explore as cli_explore
from negotiation.cli import help as cli_help
from negotiation.cli import play as cli_play
from negotiation.cli import vary as cli_sweeps
from negotiation.cli.options import (
    FLAGSHIP,
    counted,
    file_argument,
    json_option,
    note_ranges,
    opened,
    print_json,
    print_page,
    set_option,
    slugs,
)
from negotiation.errors import NegotiationError, PayoffFileError, UsageError

__all__ = ["main"]

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class _Commands(click.Group):
    """Commands in the order of use, with every expected error turned into an exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        cli_help.write_commands(self.commands, ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            with _stopping():
                found = super().invoke(ctx)
                sys.stdout.flush()
                return found
        except NegotiationError as error:
            prefix = "" if isinstance(error, PayoffFileError) else "error: "
            click.echo(f"{prefix}{error}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if error.errno == errno.EPIPE:  # as `| head` does; click ends quietly
                raise
            click.echo(f"error: {error.strerror or error}", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is buffered would fail once more
            ctx.exit(1)
        except MemoryError:
            click.echo("error: not enough memory; expected fewer points or smaller games", err=True)
            ctx.exit(1)
        except KeyboardInterrupt as stop:
            click.echo("interrupted", err=True)
            ctx.exit(stop.number + 128 if isinstance(stop, _Stopped) else INTERRUPTED)


class _Stopped(KeyboardInterrupt):
    """A signal that asks to end, taken as Ctrl-C is, so that nothing is left half-done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def _stopping() -> Iterator[None]:
    """Take SIGTERM and SIGHUP as Ctrl-C, once, where they would end the process."""
    names = [n for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]
    numbers = [n for n in map(signal.Signals.__getitem__, names) if _ends(n)]

    def stop(number: int, _frame: object) -> None:
        for n in numbers:
            signal.signal(n, signal.SIG_IGN)
        raise _Stopped(number)

    for n in numbers:
        signal.signal(n, stop)
    try:
        yield
    finally:
        for n in numbers:
            signal.signal(n, signal.SIG_DFL)


def _ends(number: signal.Signals) -> bool:
    """Tell whether a signal would end this process, and may be caught here."""
    here = threading.current_thread() is threading.main_thread()
    return here and signal.getsignal(number) is signal.SIG_DFL


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-v", "-V", "--version", prog_name="negotiate")
def main() -> None:
    """Find out when an armed truce holds, who would break it, and what would flip it.

    FILE is a payoff file or the name of a bundled model. Where it may be left out,
    chips-for-rare-earths is taken; by path, substitution-race.
    """


@main.command()
@file_argument
@set_option
@json_option
@click.option("--full", is_flag=True, help="Add strategies, thresholds, credibility and more.")
@click.option("--formulas", is_flag=True, help="Like --full, with thresholds as formulas (slow).")
@click.option(
    "--vary",
    "varied",
    multiple=True,
    metavar="NAME[=A:B]",
    help="Instead, list where the answer changes as NAME goes through its range, or from A to B.",
)
@click.option("--bears", is_flag=True, help="With --vary, also which stocks truces bear along it.")
def solve(
    file: str, pairs: tuple[str, ...], varied: tuple[str, ...], *, bears: bool, **how: bool
) -> None:
    """Say what holds, played once and played for ever."""
    from negotiation.solution import solution
    from negotiation.solution.as_json import to_dict

    model, settings = opened(file, pairs)
    as_json, full, formulas = how["as_json"], how["full"], how["formulas"]
    if bears and not varied:
        raise UsageError("--bears goes with --vary; --full says what a truce bears as it is")
    if varied:
        if full or formulas:
            raise UsageError("--vary lists values of one number; leave out --full and --formulas")
        if len(varied) > 1:
            raise UsageError(
                f"--vary is given {len(varied)} times; expected one number here: `negotiate map` "
                "varies two, `negotiate sweep` several"
            )
        cli_sweeps.print_line(model, varied[0], settings, as_json=as_json, bears=bears)
        return
    if model.kind == "signalling":
        _print_signals(model, settings, as_json=as_json, full=full or formulas)
        return
    if model.kind == "dynamic":
        _print_dynamic(model, settings, as_json=as_json, full=full, formulas=formulas)
        return
    result = solution.solve(model, **settings)
    note_ranges(model, settings)
    if full or formulas:
        _print_everything(result, as_json=as_json, formulas=formulas)
    elif as_json:
        print_json(to_dict(result))
    else:
        from negotiation.reporting.pages.solution import page

        print_page(page(result))


@main.command()
@click.argument("file", shell_complete=slugs)
@json_option
def check(file: str, as_json: bool) -> None:
    """Check a payoff file and report all its mistakes at once."""
    from negotiation.payoff_file import load

    try:
        model = load(file)
    except PayoffFileError as error:
        if not as_json:
            raise
        print_json({"ok": False, "problems": [vars(p) for p in error.problems]})
        raise click.exceptions.Exit(error.exit_code) from None
    sizes, states = [len(a) for a in model.actions], model.state_count
    if as_json:
        summary = {"title": model.title, "actions": sizes, "states": states}
        print_json({"ok": True, **summary, "problems": []})
    else:
        parts = (model.parameters, "parameter"), (model.outcomes, "named outcome")
        listed = [counted(*part) for part in (*parts, (model.sources, "source"))]
        moving = [counted(states, "state")] if model.kind == "dynamic" else []
        sizes_of = [f"{sizes[0]} x {sizes[1]} actions"] if model.levers[0] else []
        if model.signalling is not None:
            known = model.signalling
            sizes_of += [counted(len(known.types), "type"), counted(len(known.messages), "message")]
        click.echo(f"ok: {model.title}: {', '.join([*sizes_of, *moving, *listed])}")


@main.command()
@click.argument("file", shell_complete=slugs)
def show(file: str) -> None:
    """Print a payoff file merged with those it extends.

    Comments say which file and line each part is from.
    """
    from negotiation.payoff_file import load
    from negotiation.payoff_file.exchange.writing import merged_text
    from negotiation.payoff_file.reader import merged

    load(file)
    click.echo(merged_text(merged(file)), nl=False)


@main.command()
@json_option
def models(as_json: bool) -> None:
    """List the bundled models."""
    from negotiation.payoff_file import bundled, load

    loaded = [(slug, load(slug)) for slug in bundled()]
    if as_json:
        print_json([{"name": s, "title": m.title, "kind": m.kind} for s, m in loaded])
        return
    width = max(len(slug) for slug, _ in loaded)
    for slug, model in loaded:
        click.echo(f"{slug.ljust(width)}  {model.title}")


@main.command()
@click.argument("name")
@click.option(
    "--from",
    "source",
    default=FLAGSHIP,
    metavar="FILE",
    shell_complete=slugs,
    show_default=True,
    help="What to copy: a payoff file or a bundled model.",
)
@click.option("--extend", is_flag=True, help="Write only a start that extends it, not a copy.")
def new(name: str, source: str, extend: bool) -> None:
    """Copy a model to NAME.yaml, to edit. Never overwrites a file.

    A model that extends another is copied with all that it takes from there.
    """
    import shlex
    from pathlib import Path

    from negotiation.files.writing import write_whole
    from negotiation.payoff_file.exchange.writing import started

    target = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if name.endswith("/") or not target.name.rpartition(".")[0].strip("."):
        raise UsageError(f"{name!r} is not a name for a file; expected one such as mymodel")
    write_whole(target, started(source, target.parent, extend=extend), replace=False)
    click.echo(f"wrote {target}; try: negotiate solve {shlex.quote(str(target))}")


@main.command()
def schema() -> None:
    """Print the JSON Schema of payoff files, for editors."""
    from negotiation.payoff_file.schema import payoff_schema

    print_json(payoff_schema())


for command in (
    *cli_reports.COMMANDS,
    *cli_deals.COMMANDS,
    *cli_sweeps.COMMANDS,
    *cli_play.COMMANDS,
    *cli_explore.COMMANDS,
    *cli_help.COMMANDS,
):
    main.add_command(command)


def _print_dynamic(
    model: Any, settings: dict[str, Any], *, as_json: bool, full: bool, formulas: bool
) -> None:
    if formulas:
        raise UsageError(
            "--formulas: where states move a threshold has no formula; expected --vary NAME, which "
            "finds it by solving"
        )
    from negotiation.reporting.pages.dynamic import dynamic_page
    from negotiation.solution.as_json import to_dict
    from negotiation.solution.dynamic import solve_dynamic

    result = solve_dynamic(model, **settings)
    note_ranges(model, settings)
    if as_json:
        print_json(to_dict(result))
    else:
        print_page(dynamic_page(result, full=full))


def _print_signals(model: Any, settings: dict[str, Any], *, as_json: bool, full: bool) -> None:
    if full:
        raise UsageError(
            "--full and --formulas are for repeated games; all equilibria of a signalling game are "
            "printed anyway"
        )
    from negotiation.reporting.pages.signalling import signalling_page
    from negotiation.solution.signalling.as_json import signalling_dict
    from negotiation.solution.signalling.solution import solve_signals

    found = solve_signals(model, **settings)
    note_ranges(model, settings)
    if as_json:
        print_json(signalling_dict(found))
    else:
        print_page(signalling_page(found))


def _print_everything(result: Any, *, as_json: bool, formulas: bool) -> None:
    from negotiation.reporting.pages import details
    from negotiation.reporting.pages import solution as text

    if as_json:
        print_json(details.full_dict(result, formulas=formulas))
    else:
        more = details.more_blocks(result, formulas=formulas)
        print_page(text.page(result, full=True, more=more))
