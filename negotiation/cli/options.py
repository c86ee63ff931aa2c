"""Arguments, options and ways to print that all commands share."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from negotiation.errors import NegotiationError, UsageError

if TYPE_CHECKING:
    from negotiation.payoff_file.model import PayoffFile

__all__ = [
    "FLAGSHIP",
    "counted",
    "file_argument",
    "json_option",
    "note_frozen",
    "note_ranges",
    "opened",
    "outcome_names",
    "print_json",
    "print_page",
    "read_settings",
    "say",
    "scenario_names",
    "seed_option",
    "set_option",
    "slugs",
]

FLAGSHIP = "chips-for-rare-earths"


def slugs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Complete a bundled slug, or else a file name."""
    from click.shell_completion import CompletionItem

    from negotiation.payoff_file import bundled

    completions = [CompletionItem(s) for s in bundled() if s.startswith(incomplete)]
    return completions or [CompletionItem(incomplete, type="file")]


def _model_before(ctx: click.Context) -> PayoffFile | None:
    """Return the file given before on the line, or the flagship; None if it cannot be read."""
    from negotiation.payoff_file import load

    given = ctx.params.get("file") or (ctx.params.get("files") or (None,))[0]
    try:
        return load((ctx.args or [given or FLAGSHIP])[0])
    except NegotiationError:
        return None


def _names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the parameters of the file given before, also after a comma."""
    model = _model_before(ctx)
    before, comma, last = incomplete.rpartition(",")
    parameters = model.parameters if model else ()
    return [f"{before}{comma}{p.name}=" for p in parameters if p.name.startswith(last)]


def outcome_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the outcomes of the file given before."""
    model = _model_before(ctx)
    return [o.name for o in (model.outcomes if model else ()) if o.name.startswith(incomplete)]


def scenario_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the numbers of a scenario, after its name and a colon."""
    name, colon, rest = incomplete.partition(":")
    if not colon:
        return [f"{incomplete}:"] if incomplete else []
    return [f"{name}:{setting}" for setting in _names(ctx, param, rest)]


def read_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Read every ``--set name=value``."""
    from negotiation.payoff_file.reader import parse_setting

    settings: dict[str, Any] = {}
    for pair in _separate(pairs):
        name, value = parse_setting(pair)
        if name in settings:
            raise UsageError(f"--set gives {name!r} twice; expected each parameter once")
        settings[name] = value
    return settings


def _separate(pairs: Sequence[str]) -> list[str]:
    """Split settings such as ``a=1,b=2`` at the commas before a name and an equals sign.

    Examples
    --------
    >>> _separate(["a=1,b=2", "c=0,5"])
    ['a=1', 'b=2', 'c=0,5']
    """
    return [part for pair in pairs for part in re.split(r",(?=\s*[^\W\d]\w*\s*=)", pair)]


def opened(file: str, pairs: Sequence[str]) -> tuple[PayoffFile, dict[str, Any]]:
    """Load a model and read its settings; ``--set start=NAME`` moves the start of named states."""
    from negotiation.payoff_file import load

    model = load(file)
    pairs = _separate(pairs)
    starts = [p for p in pairs if p.partition("=")[0].strip() == "start"]
    if not (model.states and starts) or any(p.name == "start" for p in model.parameters):
        return model, read_settings(pairs)
    if len(starts) > 1:
        raise UsageError("--set gives 'start' twice; expected one state")
    model = model.starting(starts[0].partition("=")[2].strip())
    return model, read_settings([p for p in pairs if p not in starts])


_File = Callable[[Callable[..., None]], Callable[..., None]]
file_argument: _File = click.argument(
    "file", required=False, default=FLAGSHIP, shell_complete=slugs, metavar="[FILE]"
)
set_option: _File = click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=_names,
    help="Give a parameter another value; repeat it, or a=1,b=2, for several.",
)
seed_option: _File = click.option(
    "--seed",
    default=0,
    show_default=True,
    metavar="N",
    type=click.IntRange(min=0),
    help="Seed of what is drawn by chance.",
)
json_option: _File = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def note_ranges(model: PayoffFile, settings: dict[str, Any]) -> None:
    """Say on stderr which settings leave the ranges that the file gives."""
    outside, values = model.outside_range(settings), model.values(**settings)
    for p in model.parameters:
        if p.name in outside:
            low, high = p.range
            message = f"{p.name} = {values[p.name]:.6g} is outside its range [{low:g}, {high:g}]"
            click.echo(f"note: {message}", err=True)


def note_frozen(model: PayoffFile) -> None:
    """Say on stderr that a command treats a changing state as fixed."""
    if model.kind == "signalling":
        message = "who knows what is left aside: this is the bargain at the file's own numbers"
        click.echo(f"note: {message}", err=True)
    if model.kind == "dynamic":
        click.echo(
            "note: the state is taken as frozen at its start; negotiate path lets it move", err=True
        )


def counted(items: int | Sequence[Any], name: str) -> str:
    """Return a number with its noun: 1 point, 2 points.

    Examples
    --------
    >>> counted(1, "point"), counted(["a", "b"], "source")
    ('1 point', '2 sources')
    """
    number = items if isinstance(items, int) else len(items)
    return f"{number} {name}" + ("" if number == 1 else "s")


def say(message: str) -> None:
    """Report progress on stderr."""
    click.echo(f"{message} ...", err=True)


def print_json(data: Any) -> None:
    """Print JSON, in ASCII where the output is not UTF-8."""
    import json

    plain_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(data, indent=2, ensure_ascii=plain_only, allow_nan=False))


def print_page(blocks: Any) -> None:
    """Print blocks: styled in a terminal, plain in a pipe."""
    from negotiation.reporting.blocks import plain, show

    if sys.stdout.isatty():
        show(blocks)
    else:
        click.echo(plain(blocks), nl=False)
