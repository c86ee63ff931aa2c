"""The command that lets a person play a bargain."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    seed_option,
    set_option,
)
from negotiation.errors import UsageError

if TYPE_CHECKING:
    from negotiation.solution.play import Match, Moves

__all__ = ["COMMANDS"]

PERIODS = 12


@click.command()
@file_argument
@click.option("--as", "player", metavar="PLAYER", help="Whom you play; the second if left out.")
@click.option(
    "--periods",
    default=PERIODS,
    show_default=True,
    metavar="N",
    type=click.IntRange(1, 400),
    help="How many periods to play.",
)
@click.option(
    "--against",
    default="truce",
    show_default=True,
    metavar="truce|grim|random|yourself",
    help="Whom you meet: what sustains the deal; one breach and never again; chance; two people.",
)
@click.option(
    "--outcome",
    metavar="NAME",
    shell_complete=outcome_names,
    help="The deal; the first truce that holds if left out.",
)
@click.option(
    "--moves",
    metavar="A,B,...",
    help="Play these and then as told, without asking; against yourself A/B,C/D,...",
)
@set_option
@seed_option
@json_option
def play(
    file: str,
    player: str | None,
    periods: int,
    moves: str | None,
    pairs: tuple[str, ...],
    *,
    as_json: bool,
    **how: str | int | None,
) -> None:
    """Play one side of a bargain and see what breaking it brings.

    A move is the name of an action or its number in the list. Where the state of a model moves it
    stays as it is at the start.
    """
    from negotiation.reporting.pages import play as words
    from negotiation.solution.play import match, play_out, read_moves
    from negotiation.solution.solution import solve

    model, settings = opened(file, pairs)
    game = match(solve(model, **settings), player=player, **how)  # type: ignore[arg-type]
    note_ranges(model, settings)
    note_frozen(model)
    if moves is None and as_json:
        raise UsageError("--json prints a match that is over; expected --moves too")
    given = _asked(game, periods) if moves is None else read_moves(game, moves)
    record = play_out(game, given, periods if moves is not None else max(len(given), 1))
    if as_json:
        print_json(words.to_dict(record))
    else:
        print_page(words.pages(record))


def _asked(game: Match, periods: int) -> list[Moves]:
    """Ask for every move; an end of the input ends the match."""
    from negotiation.reporting.pages.play import opening

    print_page((opening(game, periods),))
    given: list[Moves] = []
    for period in range(periods):
        try:
            given.append(_move(game, given, period))
        except (EOFError, click.Abort):
            click.echo("", err=True)
            break
        _show(game, given)
    if not given:
        raise UsageError("no move was made; expected one on each line, or --moves")
    return given


def _move(game: Match, given: Sequence[Moves], period: int) -> Moves:
    from negotiation.reporting.pages.play import prospects
    from negotiation.solution.play import play_out

    now = play_out(game, [*given, (None, None)], period + 1).turns[-1]
    found: list[int | None] = [None, None]
    for i in game.people:
        who = game.solution.game.players[i]
        click.echo(f"{period + 1}. {who}:" + (f" ({now.state})" if now.state else ""))
        for k, line in enumerate(prospects(game, now, i), 1):
            click.echo(f"   {k}  {line}")
        found[i] = _answer(game, i, hidden=game.player is None)
    return found[0], found[1]


def _answer(game: Match, i: int, *, hidden: bool) -> int | None:
    """Ask until there is an answer; people side by side do not see each other's."""
    from negotiation.solution.play import read_action

    while True:
        secret = hidden and sys.stdin.isatty()
        shown = "your move" if game.outcome is None else "your move (Enter: as told)"
        text = click.prompt(shown, default="", show_default=False, hide_input=secret)
        try:
            return read_action(game, i, text, "that")
        except UsageError as error:
            click.echo(str(error), err=True)


def _show(game: Match, given: Sequence[Moves]) -> None:
    from negotiation.solution.play import play_out
    from negotiation.solution.verdict import amount, period_of

    turn = play_out(game, given, len(given)).turns[-1]
    solved = game.solution
    done = [
        f"{who} played {names[k]}{' (breach)' if turn.broke(i) else ''}"
        for i, (who, names, k) in enumerate(
            zip(solved.game.players, solved.game.actions, turn.played, strict=True)
        )
    ]
    got = [
        f"{solved.game.players[i]} got {amount(solved, i, turn.payoffs[i])} (the deal brings "
        f"{amount(solved, i, turn.deal[i])} a {period_of(solved)})"
        for i in game.people
    ]
    click.echo(f"   {'; '.join(done)}. {'; '.join(got)}.\n")


COMMANDS = (play,)
