"""The commands that vary conditions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import file_argument, print_json, print_page, read_settings, set_option

if TYPE_CHECKING:
    from .contents import PayoffFile

__all__ = ["COMMANDS", "print_line"]


@click.command()
@file_argument
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUES",
    help="An axis: s=0:1:101, V=1:100:20:log or r=0.1,0.2. Repeat for several.",
)
@click.option("--sample", metavar="sobol:POINTS", help="Sample the file's ranges instead.")
@click.option("--seed", default=0, show_default=True, help="Of the sample.")
@set_option
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="A .csv, .nc or .zarr."
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted sweep stopped.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Local worker processes.")
@click.option("--scheduler", default="", metavar="ADDRESS", help="A dask scheduler to use.")
def sweep(
    file: str,
    vary: tuple[str, ...],
    sample: str | None,
    seed: int,
    pairs: tuple[str, ...],
    output: Path,
    **how: Any,
) -> None:
    """Solve the model at every point of a grid and write a table."""
    from .grid import points_asked_for
    from .payoff_file import load
    from .sweep import Job
    from .sweep_run import run_sweep

    model = load(file)
    job = Job(model, points_asked_for(model.parameters, vary, sample, seed), read_settings(pairs))
    size = job.points.size
    seen = sys.stderr.isatty()
    with click.progressbar(length=size, file=sys.stderr, show_pos=True, hidden=not seen) as bar:
        run_sweep(job, output, progress=bar.update, **how)
    click.echo(f"wrote {output}: {size} points")


def print_line(model: PayoffFile, vary: str, settings: dict[str, Any], *, as_json: bool) -> None:
    """Print the critical values along one parameter."""
    from . import critical_text
    from .critical_values import critical_values
    from .grid import parse_span

    name, span = parse_span(vary) if "=" in vary else (vary, None)
    line = critical_values(model, name, span, settings)
    if as_json:
        print_json(critical_text.to_dict(line))
    else:
        print_page(critical_text.page(line))


COMMANDS = (sweep,)
