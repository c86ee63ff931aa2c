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
    from negotiation.sweeps.grid import Grid

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
@click.option("--bears", is_flag=True, help="Report also what each outcome can bear.")
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
    points = points_asked_for(model.parameters, vary, sample, seed)
    if model.kind == "signalling":
        _sweep_signals(model, settings, points, output)
        return
    job = Job(model, points, settings, how.pop("bears"))
    size = job.points.size
    seen = sys.stderr.isatty()
    bar = click.progressbar(length=size, file=sys.stderr, show_pos=True, hidden=not seen)
    with _saying_how_to_go_on(output), bar:
        run_sweep(job, output, progress=bar.update, **how)
    click.echo(f"wrote {output}: {counted(size, 'point')}")


def _sweep_signals(model: PayoffFile, settings: dict[str, Any], points: Grid, output: Path) -> None:
    from negotiation.sweeps.signalling import write_signal_table

    seen = sys.stderr.isatty()
    with click.progressbar(length=points.size, file=sys.stderr, hidden=not seen) as bar:
        write_signal_table(model, points, settings, output, progress=bar.update)
    click.echo(f"wrote {output}: {counted(points.size, 'point')}")


@contextmanager
def _saying_how_to_go_on(output: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if output.with_name(f"{output.name}.parts").exists():
            message = "finished points are kept; the same command with --resume goes on from there"
            click.echo(message, err=True)
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
    kinds = {"dynamic": _moving_map, "signalling": _signal_map}
    result = kinds.get(model.kind, _still_map)(model, settings, plane, points)
    if target:
        write(result.draw(), target)
        click.echo(f"wrote {target}", err=as_json)
    if as_json:
        print_json(result.data())


class _Made(NamedTuple):
    """A map as a figure and as data, each computed on demand."""

    draw: Callable[[], Any]
    data: Callable[[], Any]


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


def _signal_map(
    model: PayoffFile, settings: dict[str, Any], plane: _Plane, points: int | None
) -> _Made:
    from negotiation.reporting.figures.signalling import map_figure
    from negotiation.reporting.pages.signalling_lists import map_dict
    from negotiation.sweeps.signalling import POINTS_ON_A_SIDE, signal_map

    spans, by = plane
    if by is not None:
        raise UsageError("--by: maps of signalling games are drawn one at a time; use --set")
    found = signal_map(model, spans, settings, points or POINTS_ON_A_SIDE, _watched)
    return _Made(partial(map_figure, found), partial(map_dict, found))


def print_line(
    model: PayoffFile,
    vary: str,
    settings: dict[str, Any],
    *,
    as_json: bool,
    bears: bool = False,
) -> None:
    """Print the critical values along one parameter, and what truces bear along it."""
    from negotiation.sweeps.grid import span_asked_for

    name, span = span_asked_for(model.parameters, vary)
    if name in settings:
        raise UsageError(f"{name!r} is both set and varied; expected one of the two")
    note_ranges(model, settings)
    words: Any
    if model.kind == "signalling":
        _print_signal_line(model, name, span, settings, as_json=as_json)
        return
    along = _along(model, name, span, settings) if bears else None
    if model.kind == "dynamic":
        from negotiation.reporting.pages import dynamic_critical_values as words
        from negotiation.sweeps.dynamic_line import moving_line

        line: Any = moving_line(model, name, span, settings, _watched)
    else:
        from negotiation.reporting.pages import critical_values as words
        from negotiation.sweeps.critical_values import critical_values

        line = critical_values(model, name, span, settings)
    if as_json:
        print_json(words.to_dict(line) | ({"bears": along.data()} if along else {}))
    else:
        print_page((*words.page(line), *((along.draw(),) if along else ())))


def _along(
    model: PayoffFile, name: str, span: tuple[float, float], settings: dict[str, Any]
) -> _Made:
    from negotiation.reporting.pages.bears import along_block, along_dict
    from negotiation.sweeps.endurance import bears_along

    found = bears_along(model, name, span, settings)
    return _Made(partial(along_block, model, name, found), partial(along_dict, model, found))


def _print_signal_line(
    model: PayoffFile,
    name: str,
    span: tuple[float, float],
    settings: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    from negotiation.reporting.pages.signalling_lists import line_dict, line_page
    from negotiation.sweeps.signalling import signal_line

    line = signal_line(model, name, span, settings)
    if as_json:
        print_json(line_dict(line))
    else:
        print_page(line_page(line))


def _watched(items: Iterable[Any], label: str) -> Iterator[Any]:
    """Pass the items on, with a progress bar on stderr if that is a terminal."""
    seen = sys.stderr.isatty()
    with click.progressbar(
        items, label=label, file=sys.stderr, show_pos=True, hidden=not seen
    ) as bar:
        yield from bar


COMMANDS = (sweep, regime_map)
