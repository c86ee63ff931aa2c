"""Names of classes of signalling equilibria, in one line each."""

from __future__ import annotations

from negotiation.equilibria.signalling.lists import Entry
from negotiation.games.signalling_game import SignallingGame

__all__ = ["entry_words", "surviving"]


def entry_words(game: SignallingGame, entry: Entry) -> str:
    """Say who sends what and what is answered, without chances, which move with every number."""
    said = [
        f"{t} {_or([game.messages[m] for m in own])}"
        for t, own in zip(game.types, entry.sends, strict=True)
    ]
    sent = sorted({m for own in entry.sends for m in own})
    replies = [
        f"{game.messages[m]} -> {_or([game.responses[m][a] for a in own])}"
        for m, own in zip(sent, entry.answers, strict=True)
    ]
    return f"{entry.kind}: {', '.join(said)}; {', '.join(replies)}"


def surviving(game: SignallingGame, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """Return the words of the classes of which some equilibria pass the intuitive criterion."""
    return tuple(entry_words(game, e) for e in entries if e.intuitive != "none")


def _or(names: list[str]) -> str:
    return " or ".join(names)
