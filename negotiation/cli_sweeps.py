"""The commands that vary conditions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import UsageError
from .options import (
    file_argument,
    json_option,
    opened,
    print_json,
    print_page,
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
    from .sweep_run import run_sweep
    from .sweeps import Job

    model, settings = opened(file, pairs)
    job = Job(model, points_asked_for(model.parameters, vary, sample, seed), settings)
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
    type=click.IntRange(2, 2001),
    help="Points along each axis: 101, or 9 where the state moves and every point is a game.",
)
@json_option
def regime_map(file: str, pairs: tuple[str, ...], output: Path | None, **how: Any) -> None:
    """Draw what holds where over two parameters, with exact boundaries."""
    from . import map_figure
    from . import regime_map as maps

    model, settings = opened(file, pairs)
    if model.kind == "dynamic":
        _map_moving(model, settings, output, **how)
        return
    how["points"] = how["points"] or 101
    panels = maps.asked_for(model, settings, output, **how)
    if output:
        map_figure.write(map_figure.draw(panels), output)
        click.echo(f"wrote {output}", err=how["as_json"])
    if how["as_json"]:
        print_json(maps.to_dict(panels))


def _map_moving(
    model: PayoffFile, settings: dict[str, Any], output: Path | None, *, as_json: bool, **how: Any
) -> None:
    """Draw the map of a model whose state moves."""
    from . import dynamic_map, dynamic_map_figure

    if output is None and not as_json:
        raise UsageError("nothing to write: expected -o with a .png or .svg, or --json")
    dynamic_map_figure.check_name(output)
    maps = dynamic_map.cells_asked_for(model, settings, _watched, **how)
    if output:
        dynamic_map_figure.write(dynamic_map_figure.draw(maps), output)
        click.echo(f"wrote {output}", err=as_json)
    if as_json:
        print_json(dynamic_map.to_dict(maps))


def print_line(model: PayoffFile, vary: str, settings: dict[str, Any], *, as_json: bool) -> None:
    """Print the critical values along one parameter."""
    from .grid import span_asked_for

    name, span = span_asked_for(model.parameters, vary)
    words: Any
    if model.kind == "dynamic":
        from . import dynamic_critical_text as words
        from .dynamic_critical import moving_line

        line: Any = moving_line(model, name, span, settings, _watched)
    else:
        from . import critical_text as words
        from .critical_values import critical_values

        line = critical_values(model, name, span, settings)
    if as_json:
        print_json(words.to_dict(line))
    else:
        print_page(words.page(line))


def _watched(items: Iterable[Any], label: str) -> Iterator[Any]:
    """Pass things on, with a bar and the time left on stderr if that is a terminal."""
    seen = sys.stderr.isatty()
    with click.progressbar(
        items, label=label, file=sys.stderr, show_pos=True, hidden=not seen
    ) as bar:
        yield from bar


COMMANDS = (sweep, regime_map)
