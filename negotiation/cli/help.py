"""Help: the commands grouped by what a user wants, and `negotiate help COMMAND`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import click

__all__ = ["COMMANDS", "GROUPS", "grouped", "write_commands"]

GROUPS = (
    ("Find out what holds", ("solve", "why", "history", "deal", "path")),
    ("Try other numbers", ("sensitivity", "compare", "map", "sweep")),
    ("Show it and play it", ("report", "explore", "play")),
    ("Write models", ("models", "new", "check", "show", "schema")),
    ("Other programs", ("import", "export")),
    ("Learn the words", ("explain", "help")),
)
"""Headings, each with its commands in the order of use."""
_REST = "More"


def grouped(names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield headings with the names that stand under them, each name once.

    Examples
    --------
    >>> list(grouped(["export", "why", "solve", "anew"]))[::2]
    [('Find out what holds', ['solve', 'why']), ('More', ['anew'])]
    """
    left = list(names)
    for title, members in GROUPS:
        present = [name for name in members if name in left]
        left = [name for name in left if name not in present]
        if present:
            yield title, present
    if left:
        yield _REST, left


def write_commands(
    commands: Mapping[str, click.Command], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write the commands of a group under their headings, in one column."""
    shown = [name for name in commands if not commands[name].hidden]
    width = max(map(len, shown), default=0)
    room = (ctx.max_content_width or 80) - width - 6
    for title, names in grouped(shown):
        rows = [(n.ljust(width), commands[n].get_short_help_str(room)) for n in names]
        with formatter.section(title):
            formatter.write_dl(rows)


@click.command("help")
@click.argument("command", required=False, metavar="[COMMAND]")
@click.pass_context
def help_command(ctx: click.Context, command: str | None) -> None:
    """Show the commands, or the help of one."""
    parent = ctx.parent
    assert parent is not None, "help is a command of a group"
    group = parent.command
    assert isinstance(group, click.Group), "help is a command of a group"
    if command is None:
        click.echo(parent.get_help())
        return
    found = group.get_command(parent, command)
    if found is None:
        from negotiation.errors import UsageError, near_name

        near = near_name(command, group.commands)
        raise UsageError(
            f"there is no command {command!r}; "
            + (f"did you mean {near!r}? " if near else "")
            + "`negotiate help` lists them"
        )
    with click.Context(found, info_name=command, parent=parent) as own:
        click.echo(found.get_help(own))


def _words(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from negotiation.reporting.glossary import entries

    return [e.term for e in entries() if e.term.startswith(incomplete)]


@click.command("explain")
@click.argument("word", nargs=-1, metavar="[WORD]...", shell_complete=_words)
def explain_command(word: tuple[str, ...]) -> None:
    """Explain a word of the pages and reports, or list them all."""
    from negotiation.cli.options import print_page
    from negotiation.reporting import glossary

    print_page(glossary.page(glossary.lookup(" ".join(word))) if word else glossary.contents())


COMMANDS = (explain_command, help_command)
