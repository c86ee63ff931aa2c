"""The command line. A command parses, calls and prints; errors are caught in one place."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .errors import NegotiationError, PayoffFileError, UsageError

if TYPE_CHECKING:
    from .contents import PayoffFile

__all__ = ["main"]

FLAGSHIP = "chips-for-rare-earths"
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class _Commands(click.Group):
    """Commands in the order of use, with every expected error turned into an exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except NegotiationError as error:
            prefix = "" if isinstance(error, PayoffFileError) else "error: "
            click.echo(f"{prefix}{error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


def _slugs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Complete a bundled slug, or else a file name."""
    from click.shell_completion import CompletionItem

    from .payoff_file import bundled

    found = [CompletionItem(s) for s in bundled() if s.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def _names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the parameters of the file given so far."""
    from .payoff_file import load

    try:
        model = load((ctx.args or [ctx.params.get("file") or FLAGSHIP])[0])
    except NegotiationError:
        return []
    return [f"{p.name}=" for p in model.parameters if p.name.startswith(incomplete)]


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Read every ``--set name=value``."""
    from .payoff_file import parse_setting

    found: dict[str, Any] = {}
    for pair in pairs:
        name, value = parse_setting(pair)
        if name in found:
            raise UsageError(f"--set gives {name!r} twice; expected each parameter once")
        found[name] = value
    return found


_File = Callable[[Callable[..., None]], Callable[..., None]]
file_argument: _File = click.argument(
    "file", required=False, default=FLAGSHIP, shell_complete=_slugs, metavar="[FILE]"
)
set_option: _File = click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=_names,
    help="Give a parameter another value; repeat for several.",
)
json_option: _File = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="negotiate")
def main() -> None:
    """Find out when an armed truce holds, who would break it, and what would flip it.

    FILE is a payoff file or the name of a bundled model; without it, chips-for-rare-earths.
    """


@main.command()
@file_argument
@set_option
@json_option
@click.option("--full", is_flag=True, help="Add strategies, thresholds, credibility and more.")
@click.option("--formulas", is_flag=True, help="Like --full, with thresholds as formulas (slow).")
def solve(file: str, pairs: tuple[str, ...], as_json: bool, full: bool, formulas: bool) -> None:
    """Say what holds: one-off equilibria, and what repeated play can sustain."""
    from . import solution
    from .payoff_file import load

    model, settings = load(file), _settings(pairs)
    found = solution.solve(model, **settings)
    _note_ranges(model, settings)
    if full or formulas:
        _print_everything(found, as_json=as_json, formulas=formulas)
    elif as_json:
        _print_json(found.to_dict())
    else:
        from .text import page

        _print_page(page(found))


@main.command()
@click.argument("file", shell_complete=_slugs)
@json_option
def check(file: str, as_json: bool) -> None:
    """Check a payoff file and report everything wrong with it at once."""
    from .payoff_file import load

    try:
        model = load(file)
    except PayoffFileError as error:
        if not as_json:
            raise
        _print_json({"ok": False, "problems": [vars(p) for p in error.problems]})
        raise click.exceptions.Exit(error.exit_code) from None
    sizes, states = [len(a) for a in model.actions], model.state_count
    if as_json:
        found = {"title": model.title, "actions": sizes, "states": states}
        _print_json({"ok": True, **found, "problems": []})
    else:
        moving = f"{states} states, " if model.kind == "dynamic" else ""
        click.echo(
            f"ok: {model.title}: {sizes[0]} x {sizes[1]} actions, {moving}{len(model.parameters)} "
            f"parameters, {len(model.outcomes)} named outcomes, {len(model.sources)} sources"
        )


@main.command()
@json_option
def models(as_json: bool) -> None:
    """List the bundled models."""
    from .payoff_file import bundled, load

    found = [(slug, load(slug)) for slug in bundled()]
    if as_json:
        _print_json([{"name": s, "title": m.title, "kind": m.kind} for s, m in found])
        return
    width = max(len(slug) for slug, _ in found)
    for slug, model in found:
        click.echo(f"{slug.ljust(width)}  {model.title}")


@main.command()
@click.argument("name")
@click.option("--from", "source", default=FLAGSHIP, metavar="FILE", shell_complete=_slugs)
def new(name: str, source: str) -> None:
    """Copy a model to NAME.yaml, to edit; never overwrites a file."""
    import shlex
    from pathlib import Path

    from .payoff_file import bundled, load

    load(source)
    target = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if name.endswith("/") or not target.name.rpartition(".")[0].strip("."):
        raise UsageError(f"{name!r} is not a name for a file; expected one such as mymodel")
    try:
        data = bundled().get(source, Path(source)).read_bytes()
        with target.open("xb") as out:
            out.write(data)
    except FileExistsError:
        raise UsageError(f"{target} exists already; expected a new name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot write {target}: {reason}") from None
    click.echo(f"wrote {target}; try: negotiate solve {shlex.quote(str(target))}")


@main.command()
def schema() -> None:
    """Print the JSON Schema of payoff files, for completion in editors."""
    from .schema import payoff_schema

    _print_json(payoff_schema())


def _note_ranges(model: PayoffFile, settings: dict[str, Any]) -> None:
    """Say on stderr which settings leave the ranges that the file gives."""
    outside, values = model.outside_range(settings), model.values(**settings)
    for p in model.parameters:
        if p.name in outside:
            low, high = p.range
            message = f"{p.name} = {values[p.name]:.6g} is outside its range [{low:g}, {high:g}]"
            click.echo(f"note: {message}", err=True)


def _print_everything(found: Any, *, as_json: bool, formulas: bool) -> None:
    from . import details, text

    if as_json:
        _print_json(details.full_dict(found, formulas=formulas))
    else:
        more = details.more_blocks(found, formulas=formulas)
        _print_page(text.page(found, full=True, more=more))


def _print_json(data: Any) -> None:
    import json

    plain_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(data, indent=2, ensure_ascii=plain_only, allow_nan=False))


def _print_page(blocks: Any) -> None:
    from .terminal import plain, show

    if sys.stdout.isatty():
        show(blocks)
    else:
        click.echo(plain(blocks), nl=False)
