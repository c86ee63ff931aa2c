"""Sensitivity of a signalling game's list of equilibria: each number alone, and all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from negotiation.equilibria.signalling.lists import entries_of
from negotiation.errors import GameError, PayoffFileError, UsageError, near_name
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.signalling.solution import (
    SignallingSolution,
    changing_classes,
    solve_signals,
)
from negotiation.solution.signalling.words import surviving
from negotiation.sweeps.grid import sobol_sample
from negotiation.sweeps.signalling import NO_GAME, SignalLine, signal_line

__all__ = ["Reply", "SignalSensitivity", "analyse_signals", "changes_a_mind", "why_message"]

POINTS = 33
"""Looked at along each number before bisecting."""


@dataclass(frozen=True, eq=False)
class SignalSensitivity:
    """Sensitivity of a list of equilibria to the file's numbers.

    Attributes
    ----------
    solution
        At the numbers given.
    lines
        One for each number that has a range, in file order.
    cases, seed
        How many points of all ranges together were looked at.
    lists
        Each surviving list among them with its number of cases, the commonest first.
    changing
        In how many cases some message changes the receiver's mind.
    no_game
        In how many the model is no game.
    """

    solution: SignallingSolution
    lines: tuple[SignalLine, ...]
    cases: int
    seed: int
    lists: tuple[tuple[tuple[str, ...], int], ...]
    changing: int
    no_game: int


def analyse_signals(
    model: PayoffFile,
    *,
    settings: Mapping[str, Any],
    cases: int,
    seed: int,
    progress: Callable[[str], None] = lambda _: None,
) -> SignalSensitivity:
    """Vary each number alone through its range, and all of them together.

    Parameters
    ----------
    model
        Of kind "signalling".
    settings
        Parameters that stay where they are set.
    cases, seed
        Of the sample of all ranges (Sobol').
    progress
        Called with what is being worked on.

    Raises
    ------
    UsageError
        If no number has a range.
    """
    solution = solve_signals(model, **settings)
    varied = [p for p in model.parameters if p.range[0] < p.range[1] and p.name not in settings]
    if not varied:
        raise UsageError("nothing to vary: no parameter has a range")
    progress("each number alone")
    lines = []
    for p in varied:
        try:
            lines.append(signal_line(model, p.name, p.range, settings, POINTS))
        except UsageError:  # given type by type: moving it moves nothing
            continue
    progress("all numbers at once")
    counts, changing, no_game = _sampled(model, settings, cases, seed)
    return SignalSensitivity(
        solution=solution,
        lines=tuple(lines),
        cases=cases,
        seed=seed,
        lists=tuple(counts.most_common()),
        changing=changing,
        no_game=no_game,
    )


def _sampled(
    model: PayoffFile, settings: Mapping[str, Any], cases: int, seed: int
) -> tuple[Counter[tuple[str, ...]], int, int]:
    fixed = _given_by_type(model) | set(settings)
    sample = sobol_sample([p for p in model.parameters if p.name not in fixed], cases, seed)
    counts: Counter[tuple[str, ...]] = Counter()
    changing = no_game = 0
    points = sample.at(0, sample.size)
    for k in range(sample.size):
        here = {n: float(v[k]) for n, v in points.items()}
        try:
            solution = solve_signals(model, **{**settings, **here})
        except (GameError, PayoffFileError):
            counts[NO_GAME] += 1
            no_game += 1
            continue
        counts[surviving(solution.game, entries_of(solution.equilibria))] += 1
        changing += changes_a_mind(solution)
    return counts, changing, no_game


def _given_by_type(model: PayoffFile) -> set[str]:
    types = getattr(model.signalling, "types", ())
    named = [set(dict(t.settings)) for t in types if not isinstance(t, str)]
    return set.intersection(*named) if named else set()


def changes_a_mind(solution: SignallingSolution) -> bool:
    """Return whether in some plausible equilibrium a message is answered as only news explains."""
    return any(pairs and c.intuitive != "none" for c, pairs in changing_classes(solution))


@dataclass(frozen=True)
class Reply:
    """Answer of one class of equilibria to a message.

    Attributes
    ----------
    index
        Of the class.
    senders
        Types that use the message.
    gains
        For each type what the message earns it more than what it earns: least and largest.
    """

    index: int
    senders: tuple[str, ...]
    gains: tuple[tuple[float, float], ...]


def why_message(solution: SignallingSolution, name: str) -> tuple[Reply, ...]:
    """Return what every class of equilibria makes of a message.

    Raises
    ------
    UsageError
        If there is no such message.
    """
    game = solution.game
    if name not in game.messages:
        near = near_name(name, game.messages)
        hint = f"; did you mean {near!r}?" if near else ";"
        raise UsageError(f"no message {name!r}{hint} the messages are: {', '.join(game.messages)}")
    m = game.messages.index(name)
    made = []
    for k, c in enumerate(solution.equilibria.classes):
        senders = tuple(t for t, row in zip(game.types, c.sends, strict=True) if row[m][1] > 0)
        made.append(
            Reply(k, senders, tuple(_gain(solution, k, t, m) for t in range(len(game.types))))
        )
    return tuple(made)


def _gain(solution: SignallingSolution, k: int, t: int, m: int) -> tuple[float, float]:
    """Return the least and the most that a type gains by a message, which is at vertices."""
    game, c = solution.game, solution.equilibria.classes[k]
    start = sum(len(names) for names in game.responses[:m])
    own = c.key[0][t][0]
    first = sum(len(names) for names in game.responses[:own])
    values = []
    for cell in c.cells:
        for _, ray in cell.replies.vertices:
            sent = sum(x * u for x, u in zip(ray[1 + start :], game.sender[t][m], strict=False))
            now = sum(x * u for x, u in zip(ray[1 + first :], game.sender[t][own], strict=False))
            values.append(float((sent - now) / ray[0]))
    return min(values), max(values)
