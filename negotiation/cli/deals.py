"""The command that says which deal."""

from __future__ import annotations

from typing import Any

import click

from negotiation.cli.options import (
    file_argument,
    json_option,
    note_frozen,
    note_ranges,
    opened,
    outcome_names,
    print_json,
    print_page,
    say,
    seed_option,
    set_option,
)
from negotiation.errors import UsageError

__all__ = ["COMMANDS"]


@click.command()
@file_argument
@click.option(
    "--outcome",
    metavar="NAME",
    shell_complete=outcome_names,
    help="Whose terms: an outcome that the file names.",
)
@click.option(
    "--term",
    "texts",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help="A parameter to bargain over, and its bounds; repeat for up to four.",
)
@click.option(
    "--disagreement",
    default="worst",
    show_default=True,
    metavar="worst|stage|minmax",
    help="What each side gets without a deal: the worst credible payoff, the worst equilibrium of "
    "playing once, or what it can guarantee itself.",
)
@set_option
@click.option(
    "--cases",
    default=1024,
    show_default=True,
    metavar="N",
    help="How many cases of the uncertain numbers to sample, a power of two.",
)
@seed_option
@click.option("-o", "--output", metavar="FIGURE", help="Draw a map of two terms, as .png or .svg.")
@click.option("--x", metavar="NAME", help="The term across the map; by default the first.")
@click.option("--y", metavar="NAME", help="The term up the map; by default the second.")
@json_option
def deal(
    file: str,
    outcome: str | None,
    texts: tuple[str, ...],
    pairs: tuple[str, ...],
    output: str | None,
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Say which terms hold, and which stand out."""
    from negotiation.deals.as_json import to_dict
    from negotiation.deals.deal import find_deals
    from negotiation.deals.terms import contract, read_terms
    from negotiation.reporting.figures.drawing import figure_path, write
    from negotiation.reporting.pages.deal import pages

    target = figure_path(output) if output else None
    x, y = options.pop("x"), options.pop("y")
    if target is None and (x or y):
        raise UsageError("--x and --y name the terms of a map; expected -o FIGURE as well")
    model, settings = opened(file, pairs)
    terms = contract(model, read_terms(texts), outcome, settings)
    found = find_deals(terms, progress=say, **options)
    note_ranges(model, settings)
    note_frozen(model)
    if target:
        from negotiation.deals.contract_map import contract_map
        from negotiation.reporting.figures.contract import contract_figure

        write(contract_figure(contract_map(found, x, y)), target)
    if as_json:
        print_json(to_dict(found))
    else:
        print_page(pages(found))


COMMANDS = (deal,)
