"""The commands that vary conditions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from negotiation.cli.options import (
    counted,
    file_argument,
    json_option,
    note_ranges,
    opened,
    print_json,
    print_page,
    seed_option,
    set_option,
)
from negotiation.errors import UsageError

if TYPE_CHECKING:
    from negotiation.games.game import Array
    from negotiation.payoff_file.model import PayoffFile
    from negotiation.reporting.figures.drawing import Picture

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
@seed_option
@set_option
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="TABLE",
    type=click.Path(path_type=Path),
    help="Where to write it: a .csv, .nc or .zarr.",
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted sweep stopped.")
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    default=0,
    metavar="N",
    help="Use so many worker processes of this machine.",
)
@click.option("--scheduler", default="", metavar="ADDRESS", help="Use an existing dask cluster.")
def sweep(
    file: str,
    vary: tuple[str, ...],
    sample: str | None,
    seed: int,
    pairs: tuple[str, ...],
    output: Path,
    **how: Any,
) -> None:
    """Solve a model at every point of a grid and write a table.

    Give either --vary or --sample.
    """
    from negotiation.sweeps.grid import points_asked_for
    from negotiation.sweeps.runs import run_sweep
    from negotiation.sweeps.sweep import Job

    model, settings = opened(file, pairs)
    note_ranges(model, settings)
    job = Job(model, points_asked_for(model.parameters, vary, sample, seed), settings)
    size = job.points.size
    seen = sys.stderr.isatty()
    bar = click.progressbar(length=size, file=sys.stderr, show_pos=True, hidden=not seen)
    with _saying_how_to_go_on(output), bar:
        run_sweep(job, output, progress=bar.update, **how)
    click.echo(f"wrote {output}: {counted(size, 'point')}")


@contextmanager
def _saying_how_to_go_on(output: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if output.with_name(f"{output.name}.parts").exists():
            said = "finished points are kept; the same command with --resume goes on from there"
            click.echo(said, err=True)
        raise


@click.command("map")
@file_argument
@click.option(
    "--x", required=True, metavar="NAME[=A:B]", help="Along: NAME over its range, or from A to B."
)
@click.option("--y", required=True, metavar="NAME[=A:B]", help="Upward, likewise.")
@click.option("--by", metavar="NAME=VALUES", help="One map for each value of a third parameter.")
@set_option
@click.option(
    "-o",
    "--output",
    metavar="FIGURE",
    type=click.Path(path_type=Path),
    help="Write the figure, as .png or .svg.",
)
@click.option(
    "--points",
    type=click.IntRange(2, 2001),
    metavar="N",
    help="Points along each axis: 101, or 9 where the state moves and every point is a game.",
)
@json_option
def regime_map(
    file: str,
    pairs: tuple[str, ...],
    output: Path | None,
    points: int | None,
    *,
    as_json: bool,
    **axes: Any,
) -> None:
    """Draw what holds where over two parameters.

    Give -o for the figure, --json for the boundaries, or both.
    """
    from negotiation.reporting.figures.drawing import figure_path, write
    from negotiation.sweeps.grid import plane_asked_for

    model, settings = opened(file, pairs)
    note_ranges(model, settings)
    if output is None and not as_json:
        raise UsageError("nothing to write: expected -o with a .png or .svg, or --json")
    target = figure_path(output) if output else None
    plane = plane_asked_for(model.parameters, **axes)
    made = (_moving_map if model.kind == "dynamic" else _still_map)(model, settings, plane, points)
    if target:
        write(made.draw(), target)
        click.echo(f"wrote {target}", err=as_json)
    if as_json:
        print_json(made.data())


class _Made(NamedTuple):
    """A map as a figure and as data, each made when it is wanted."""

    draw: Callable[[], Picture]
    data: Callable[[], dict[str, Any]]


_Plane = tuple[dict[str, tuple[float, float]], "tuple[str, Array] | None"]


def _still_map(
    model: PayoffFile, settings: dict[str, Any], plane: _Plane, points: int | None
) -> _Made:
    from negotiation.reporting.figures.maps import draw
    from negotiation.sweeps.regime_map import map_panels, to_dict

    spans, by = plane
    panels = map_panels(
        model, spans, by=by, resolution=points or 101, settings=settings, watch=_watched
    )
    return _Made(partial(draw, panels), partial(to_dict, panels))


def _moving_map(
    model: PayoffFile, settings: dict[str, Any], plane: _Plane, points: int | None
) -> _Made:
    from negotiation.reporting.figures.dynamic_maps import draw
    from negotiation.sweeps.dynamic_map import POINTS, moving_maps, to_dict

    maps = moving_maps(model, *plane, settings, points or POINTS, _watched)
    return _Made(partial(draw, maps), partial(to_dict, maps))


def print_line(model: PayoffFile, vary: str, settings: dict[str, Any], *, as_json: bool) -> None:
    """Print the critical values along one parameter."""
    from negotiation.sweeps.grid import span_asked_for

    name, span = span_asked_for(model.parameters, vary)
    if name in settings:
        raise UsageError(f"{name!r} is both set and varied; expected one of the two")
    note_ranges(model, settings)
    words: Any
    if model.kind == "dynamic":
        from negotiation.reporting.pages import dynamic_critical_values as words
        from negotiation.sweeps.dynamic_line import moving_line

        line: Any = moving_line(model, name, span, settings, _watched)
    else:
        from negotiation.reporting.pages import critical_values as words
        from negotiation.sweeps.critical_values import critical_values

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
