"""The commands that explain and report."""

from __future__ import annotations

import click

from .options import (
    file_argument,
    json_option,
    note_ranges,
    print_json,
    print_page,
    read_settings,
    set_option,
)

__all__ = ["COMMANDS"]


@click.command()
@file_argument
@click.option("--outcome", metavar="NAME", help="An outcome that the file names.")
@click.option("--profile", metavar="A/B", help="An action of each side, such as embargo/cut+buy.")
@set_option
@json_option
def why(
    file: str, outcome: str | None, profile: str | None, pairs: tuple[str, ...], as_json: bool
) -> None:
    """Say why an outcome holds or fails, and what single change would turn that around."""
    from . import solution
    from . import why as reasons
    from .payoff_file import load

    model, settings = load(file), read_settings(pairs)
    found = solution.solve(model, **settings)
    note_ranges(model, settings)
    answers = tuple(
        reasons.explain(found, cell) for cell in reasons.cells_of(found, outcome, profile)
    )
    if as_json:
        print_json(reasons.to_dict(found, answers))
    else:
        print_page(tuple(block for answer in answers for block in reasons.pages(found, answer)))


COMMANDS = (why,)
