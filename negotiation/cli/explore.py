"""The command that opens the page with sliders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from negotiation.cli.options import file_argument, note_ranges, opened, set_option
from negotiation.errors import UsageError

__all__ = ["COMMANDS"]

LOCAL = ("127.0.0.1", "localhost", "::1")


@click.command()
@file_argument
@click.option(
    "--port",
    default=8765,
    show_default=True,
    metavar="N",
    type=click.IntRange(0, 65535),
    help="Where to listen; 0 takes any that is free.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option(
    "--host", default=LOCAL[0], show_default=True, metavar="ADDRESS", help="Who can reach it."
)
@click.option("--i-know", is_flag=True, help="Serve other machines too, without a password.")
@set_option
@click.option(
    "-o",
    "--output",
    metavar="PAGE.html",
    type=click.Path(path_type=Path),
    help="Instead, write one file with up to three sliders, for a mail or a course page.",
)
@click.option(
    "--slider", "names", multiple=True, metavar="NAME", help="With -o: a number to slide."
)
def explore(
    file: str,
    pairs: tuple[str, ...],
    output: Path | None,
    names: tuple[str, ...],
    *,
    no_browser: bool,
    i_know: bool,
    **where: Any,
) -> None:
    """Open a page with sliders in the browser; it works offline."""
    if output is not None:
        from negotiation.explore.handout import write_handout

        model, settings = opened(file, pairs)
        note_ranges(model, settings)
        write_handout(model, output, settings=settings, names=names)
        click.echo(f"wrote {output}")
        return
    if names or pairs:
        raise UsageError("--slider and --set go with -o; the page has sliders for all numbers")
    host = where["host"]
    if host not in LOCAL:
        if not i_know:
            raise UsageError(
                f"--host {host} lets other machines use this page, without a password; add "
                "--i-know if that is what you want"
            )
        click.echo(f"warning: everybody who can reach {host} can use this page", err=True)
    from negotiation.explore.launch import serve

    serve(file, **where, browser=not no_browser, say=click.echo)


COMMANDS = (explore,)
