"""Games of other programs made into payoff files to edit: Gambit's .nfg."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from negotiation.errors import UsageError
from negotiation.payoff_file.exchange.nfg import Strategic, read_nfg

__all__ = ["convert", "to_yaml"]


def convert(source: str, new: str, discount: float) -> None:
    """Write a payoff file from a .nfg file; never over another.

    Parameters
    ----------
    source, new
        Paths.
    discount
        Discount factor of both players.

    Raises
    ------
    UsageError
        If a file cannot be read or written, is not a two-player .nfg, or exists already.
    """
    if not 0 <= discount < 1:
        raise UsageError(f"a discount factor of {discount:g}; expected a number in [0, 1)")
    try:
        text = Path(source).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {source}: it is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {source}: {_reason(error)}") from None
    try:
        game = read_nfg(text)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
    made = to_yaml(game, discount, f"From {Path(source).name}.")
    try:
        with Path(new).open("x", encoding="utf-8") as out:
            out.write(made)
    except FileExistsError:
        raise UsageError(f"{new} exists already; expected a new name") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {new}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def to_yaml(game: Strategic, discount: float, note: str) -> str:
    """Return a payoff file with plain tables, to edit.

    Parameters
    ----------
    game
        From `read_nfg`.
    discount
        Discount factor of both players; a .nfg file has none.
    note
        Where the game is from.
    """
    title, players, actions, tables = game

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    def row(cells: tuple[Fraction, ...]) -> str:
        return f"[{', '.join(map(_exact, cells))}]"

    lines = [f"# {' '.join(note.split())}", f"title: {text(title or 'A game')}", "players:"]
    for name, own in zip(players, actions, strict=True):
        listed = ", ".join(map(text, own))
        lines.append(f"  {text(name)}: {{actions: [{listed}], discount: {discount:g}}}")
    lines.append("payoffs:")
    for name, table in zip(players, tables, strict=True):
        lines += [f"  {text(name)}:", *(f"    - {row(cells)}" for cells in table)]
    return "\n".join(lines) + "\n"


def _exact(x: Fraction) -> str:
    """Write a fraction as a decimal where it is one, else as a quotient, which is a formula too."""
    rest = x.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        from decimal import Context

        return str(Context(prec=60).divide(x.numerator, x.denominator))
    return f"{x.numerator}/{x.denominator}"
