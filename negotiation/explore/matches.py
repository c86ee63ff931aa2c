"""The tab Play: a match whose moves are in the address, replayed from the start every time."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from negotiation.errors import NegotiationError, UsageError
from negotiation.explore.address import View, settings_of
from negotiation.explore.pictures import match_of
from negotiation.explore.rendering import drawn, laid_out
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.pages.play import opening, pages, prospects
from negotiation.solution.play import OPPONENTS, Match, Moves, match, play_out
from negotiation.solution.solution import Solution, solve

__all__ = ["context"]

_OPPONENTS = {
    "truce": "what sustains the deal",
    "grim": "one breach and never again",
    "random": "chance",
    "yourself": "each other (two people)",
}
_MOST = 60


@lru_cache(maxsize=8)
def _solved(model: PayoffFile, given: tuple[tuple[str, Any], ...]) -> Solution:
    return solve(model, **dict(given))


def context(model: PayoffFile, view: View) -> dict[str, Any]:
    """Return what the template of the tab needs."""
    given = settings_of(model, view)
    names = list(dict.fromkeys(o.name for o in model.frozen().outcomes))
    found: dict[str, Any] = {
        "players": model.players,
        "who": view.who or model.players[1],
        "opponents": [(key, _OPPONENTS[key]) for key in OPPONENTS],
        "outcomes": names,
        "period": model.period or "period",
        "refusal": "",
    }
    try:
        game = match(
            _solved(model, tuple(sorted(given.items()))),
            player=view.who or None,
            against=view.against,
            outcome=view.outcome or None,
            seed=view.seed,
        )
        return found | _match(game, view)
    except NegotiationError as error:
        return found | {"refusal": str(error)}


def _match(game: Match, view: View) -> dict[str, Any]:
    if view.periods > _MOST:
        raise UsageError(f"{view.periods} periods; expected at most {_MOST} here")
    made = _read(game, view.moves)
    over = len(made) >= view.periods
    record = play_out(game, made, len(made)) if made else None
    blocks = () if record is None else pages(record) if over else pages(record)[:1]
    found: dict[str, Any] = {
        "opening": laid_out((replace(opening(game, view.periods), title=""),)),
        "figure": drawn(match_of(record), "story") if record else "",
        "story": laid_out(blocks, 3),
        "now": None,
        "both": [],
        "moves": [],
        "base": view.moves,
    }
    if over:
        return found
    now = play_out(game, [*made, (None, None)], len(made) + 1).turns
    turn = now[len(made)] if len(now) > len(made) else _free(game, made)
    found["now"] = turn
    if game.player is None:
        names = game.solution.game.players
        found["both"] = list(enumerate(names))
        found["moves"] = [prospects(game, turn, i) for i in (0, 1)]
        return found
    i = game.player
    found["moves"] = [
        (
            view.at(moves=",".join(filter(None, (view.moves, str(k + 1))))),
            game.solution.game.actions[i][k],
            said.partition(" brings ")[2],
            k == turn.told[i] and game.outcome is not None,
        )
        for k, said in enumerate(prospects(game, turn, i))
    ]
    return found


def _free(game: Match, made: list[Moves]) -> Any:
    """Return a turn in which nobody is told anything, for what its moves would bring."""
    first: Moves = (0, 0) if game.player is None else (0, None) if game.player == 0 else (None, 0)
    return play_out(game, [*made, first], len(made) + 1).turns[-1]


def _read(game: Match, text: str) -> list[Moves]:
    """Read the moves of an address: numbers of actions from 1, for two people two with a slash."""
    return [_one(game, piece) for piece in text.split(",")] if text else []


def _one(game: Match, piece: str) -> Moves:
    parts = piece.split("/")
    found: list[int | None] = [None, None]
    if len(parts) != len(game.people):
        raise UsageError(f"the moves in the address do not fit this match: {piece[:20]!r}")
    for i, part in zip(game.people, parts, strict=True):
        many = game.solution.game.shape[i]
        if not (part.isascii() and part.isdigit() and 1 <= int(part[:4]) <= many):
            raise UsageError(
                f"{part[:20]!r} is no move of {game.solution.game.players[i]}; expected 1 to {many}"
            )
        found[i] = int(part) - 1
    return found[0], found[1]
