"""The commands that vary conditions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import (
    file_argument,
    json_option,
    print_json,
    print_page,
    read_settings,
    set_option,
)

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
    from .sweep_run import run_sweep
    from .sweeps import Job

    model = load(file)
    job = Job(model, points_asked_for(model.parameters, vary, sample, seed), read_settings(pairs))
    size = job.points.size
    seen = sys.stderr.isatty()
    with click.progressbar(length=size, file=sys.stderr, show_pos=True, hidden=not seen) as bar:
        run_sweep(job, output, progress=bar.update, **how)
    click.echo(f"wrote {output}: {size} points")


@click.command("map")
@file_argument
@click.option("--x", required=True, metavar="NAME=A:B", help="Along; NAME alone is its range.")
@click.option("--y", required=True, metavar="NAME=A:B", help="Upward; NAME alone is its range.")
@click.option("--by", metavar="NAME=VALUES", help="One map for each value of a third parameter.")
@set_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A .png or .svg.")
@click.option(
    "--points",
    type=click.IntRange(5, 2001),
    default=101,
    show_default=True,
    help="Points of the grid along each axis.",
)
@json_option
def regime_map(file: str, pairs: tuple[str, ...], output: Path | None, **how: Any) -> None:
    """Draw what holds where over two parameters, with exact boundaries."""
    from . import regime_map as maps
    from .payoff_file import load

    panels = maps.asked_for(load(file), read_settings(pairs), output, **how)
    if output:
        maps.write(maps.draw(panels), output)
        click.echo(f"wrote {output}", err=how["as_json"])
    if how["as_json"]:
        print_json(maps.to_dict(panels))


def print_line(model: PayoffFile, vary: str, settings: dict[str, Any], *, as_json: bool) -> None:
    """Print the critical values along one parameter."""
    from . import critical_text
    from .critical_values import critical_values
    from .grid import span_asked_for

    name, span = span_asked_for(model.parameters, vary)
    line = critical_values(model, name, span, settings)
    if as_json:
        print_json(critical_text.to_dict(line))
    else:
        print_page(critical_text.page(line))


COMMANDS = (sweep, regime_map)
