"""Automata in words, as a table and as a Mermaid state diagram."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from negotiation.games.game import Game
from negotiation.games.strategies import Automaton, Lottery, State
from negotiation.solution.units import Units

__all__ = ["answer", "mermaid", "table", "words"]

_LETTER_BY_LETTER = re.compile(r"[^\w +\-/.,()']|(?<=\bd)irection", re.IGNORECASE)


def table(game: Game, automaton: Automaton) -> tuple[tuple[str, ...], ...]:
    """Return the automaton as rows of text, the first one being the heading.

    Examples
    --------
    >>> trust = Game.from_tables([[2, 0], [3, 1]], [[2, 3], [0, 1]], discount=0.6)
    >>> always = Automaton("stage equilibrium", (
    ...     State("path", (1, 1), (1.0, 1.0), ((0, 1.0),), (0, 0)),))
    >>> for column in zip(*table(trust, always)):
    ...     print(" | ".join(column))
    state | path
    Row | 1
    Column | 1
    paid now | 1, 1
    worth from here on | 1, 1
    next | path
    if Row deviates | path
    if Column deviates | path
    """
    p0, p1 = game.players
    names = [s.name for s in automaton.states]
    asides = (f"if {p0} deviates", f"if {p1} deviates")
    rows: list[tuple[str, ...]] = [
        ("state", p0, p1, "paid now", "worth from here on", "next", *asides)
    ]
    for s in automaton.states:
        paid = (float(game.payoffs[0][s.profile]), float(game.payoffs[1][s.profile]))
        rows.append(
            (
                s.name,
                game.actions[0][s.profile[0]],
                game.actions[1][s.profile[1]],
                _pair(game, paid),
                _pair(game, s.value),
                _leads_to(s.then, names),
                names[s.after[0]],
                names[s.after[1]],
            )
        )
    return tuple(rows)


def mermaid(game: Game, automaton: Automaton) -> str:
    """Return the automaton as a Mermaid state diagram; safe for any names.

    Examples
    --------
    >>> trust = Game.from_tables([[2, 0], [3, 1]], [[2, 3], [0, 1]], discount=0.6)
    >>> always = Automaton("stage equilibrium", (
    ...     State("path", (1, 1), (1.0, 1.0), ((0, 1.0),), (0, 0)),))
    >>> print(mermaid(trust, always))
    stateDiagram-v2
        state "path (1 / 1)" as s0
        [*] --> s0
        s0 --> s0 : whatever happens
    """
    lines = ["stateDiagram-v2"]
    for k, s in enumerate(automaton.states):
        lines.append(f'    state "{_safe(f"{s.name} ({_profile(game, s)})")}" as s{k}')
    lines.append("    [*] --> s0")
    for k, s in enumerate(automaton.states):
        lines += [f"    s{k} --> s{to} : {label}" for to, label in _arrows(game, s)]
    return "\n".join(lines)


def words(game: Game, automaton: Automaton, *, units: Units | None = None) -> tuple[str, ...]:
    """Return the strategies as two to five sentences.

    Parameters
    ----------
    game
        A single game.
    automaton
        Strategies for it.
    units
        What payoffs are amounts of, and what the payoff file calls a period: "quarter".

    Examples
    --------
    >>> trust = Game.from_tables([[2, 0], [3, 1]], [[2, 3], [0, 1]], discount=0.6,
    ...     actions=(("share", "take"), ("share", "take")))
    >>> grim = Automaton("grim", (
    ...     State("path", (0, 0), (2.0, 2.0), ((0, 1.0),), (1, 1)),
    ...     State("punishment", (1, 1), (1.0, 1.0), ((1, 1.0),), (1, 1)),
    ... ))
    >>> for sentence in words(trust, grim, units=Units("day")):
    ...     print(sentence)
    Both keep to share / share every day.
    If either side does anything else, play moves to take / take for ever.
    Neither side gains by leaving a punishment, so the threat can be believed.
    By breaking the deal, Row would be 1 better off at once and 1 worse off in every day after.
    By breaking the deal, Column would be 1 better off at once and 1 worse off in every day after.
    """
    units = units or Units()
    deal, period = automaton.states[0], units.period
    opening = f"Both keep to {_profile(game, deal)} every {period}."
    if deal.after == (0, 0):
        return (
            opening,
            f"Neither side gains in any {period} by doing anything else, so no threat is needed.",
        )
    return (
        opening,
        *_threats(game, automaton, period),
        _belief(automaton),
        *(_costs(game, automaton, i, units) for i in (0, 1)),
    )


def answer(
    game: Game,
    automaton: Automaton,
    player: int,
    *,
    period: str = "period",
    named: Mapping[tuple[int, int], str] | None = None,
) -> str:
    """Return what follows if one player breaks the deal, as a clause.

    Parameters
    ----------
    game
        A single game.
    automaton
        Strategies for it.
    player
        Who breaks it.
    period
        What the payoff file calls a period.
    named
        Names of profiles, to stand before what is played.

    Examples
    --------
    >>> trust = Game.from_tables([[2, 0], [3, 1]], [[2, 3], [0, 1]], discount=0.6)
    >>> grim = Automaton("grim", (
    ...     State("path", (0, 0), (2.0, 2.0), ((0, 1.0),), (1, 1)),
    ...     State("punishment", (1, 1), (1.0, 1.0), ((1, 1.0),), (1, 1)),
    ... ))
    >>> answer(trust, grim, 0, named={(1, 1): "war"})
    'play moves to war (1 / 1) for ever'
    """
    return _punishment(game, automaton, automaton.states[0].after[player], period, named or {})


def _threats(game: Game, automaton: Automaton, period: str) -> tuple[str, ...]:
    """Describe the punishment of a deviation from the deal."""
    deal = automaton.states[0]
    punishments = [_punishment(game, automaton, root, period) for root in deal.after]
    if deal.after[0] == deal.after[1]:
        return (f"If either side does anything else, {punishments[0]}.",)
    first, second = game.players
    return (
        f"If {first} does anything else, {punishments[0]}; if {second} does, {punishments[1]}.",
    )


def _punishment(
    game: Game,
    automaton: Automaton,
    root: int,
    period: str,
    named: Mapping[tuple[int, int], str] = MappingProxyType({}),
) -> str:
    """Describe the play from a state on while nobody deviates."""
    if root == 0:
        return "the deal goes on, because nothing else pays"
    state = automaton.states[root]
    does, then = _profile(game, state), dict(state.then)
    if state.profile in named:
        does = f"{named[state.profile]} ({does})"
    if set(then) == {root}:
        return f"play moves to {does} for ever"
    if set(then) == {0}:
        return f"play moves to {does} for one {period}, and then the deal resumes"
    if set(then) == {0, root}:
        return (
            f"play moves to {does} for as long as a public draw says: after each {period} the deal "
            f"resumes with probability {_percent(then[0])}, after {_number(1 / then[0])} "
            f"{period}s on average"
        )
    return f"play moves to {does} and on from there as the table shows; " + _return(
        automaton, root, period
    )


def _return(automaton: Automaton, root: int, period: str) -> str:
    """Say whether and when the deal resumes from a state while nobody deviates."""
    chance, wait, chain = _way_back(automaton, root)
    if chance <= 1e-9:
        return "the deal never resumes"
    if chance < 1 - 1e-9:
        return f"the deal resumes with probability {_percent(chance)}"
    return f"the deal resumes after {_number(wait)} {period}s" + ("" if chain else " on average")


def _way_back(automaton: Automaton, root: int) -> tuple[float, float, bool]:
    """Return the probability of coming back to the deal, the mean wait, and if it is certain."""
    states = automaton.states
    home = {0}
    while more := {
        k for k, s in enumerate(states) if k not in home and home & {t for t, _ in s.then}
    }:
        home |= more
    back = sorted(home - {0})
    if root not in back:
        return 0.0, np.inf, True
    stay, leave = np.eye(len(back)), np.zeros(len(back))
    for n, k in enumerate(back):
        for to, share in states[k].then:
            if to == 0:
                leave[n] += share
            elif to in home:
                stay[n, back.index(to)] -= share
    at = back.index(root)
    chance = float(np.linalg.solve(stay, leave)[at])
    wait = float(np.linalg.solve(stay, np.ones(len(back)))[at])
    state, chain = root, True
    while state != 0 and chain:
        chain, state = len(states[state].then) == 1, states[state].then[0][0]
    return chance, wait, chain


def _belief(automaton: Automaton) -> str:
    """Give the reason why a punishment is credible."""
    deal, *punishments = automaton.states
    final = all(s.then == ((k, 1.0),) for k, s in enumerate(punishments, start=1))
    alone = all(s.after == (k, k) for k, s in enumerate(punishments, start=1))
    if 0 in deal.after or any(s.after != deal.after for s in punishments) or (final and alone):
        return "Neither side gains by leaving a punishment, so the threat can be believed."
    if deal.after[0] == deal.after[1]:
        return "If either side does not play its part in this, it starts again."
    return "Whoever does not play its part in a punishment is punished for that in turn."


def _costs(game: Game, automaton: Automaton, i: int, units: Units) -> str:
    """Say what a player would gain and lose by breaking the deal, in amounts of a period."""
    period = units.period
    deal = automaton.states[0]
    root = automaton.states[deal.after[i]]
    replies = game.payoffs[i, :, deal.profile[1]] if i == 0 else game.payoffs[i, deal.profile[0]]
    paid = game.payoffs[i][deal.profile]
    gain = float(replies.max() - paid)
    name, span = game.players[i], float(np.ptp(game.payoffs[i]))
    if gain <= 1e-9 * span:
        return f"{name} would gain nothing by breaking the deal, not even at once."
    loss = float(paid - game.payoffs[i][root.profile])
    into = {to for to, _ in root.then}
    less = f"{_number(loss * units.share)}{units.said}"
    if into == {deal.after[i]}:
        later = f"{less} worse off in every {period} after"
    elif into == {0}:
        later = f"{less} worse off in the {period} after"
    elif into == {0, deal.after[i]}:
        later = f"{less} worse off in each {period} until the deal resumes"
    else:
        later = (
            f"{_number((deal.value[i] - root.value[i]) * units.share)}{units.said} a {period} "
            "worse off from then on, "
            f"counting later {period}s for less"
        )
    more = f"{_number(gain * units.share)}{units.said}"
    return f"By breaking the deal, {name} would be {more} better off at once and {later}."


def _arrows(game: Game, state: State) -> list[tuple[int, str]]:
    """Return the states that play can go to next, each once, with what leads there."""
    causes: dict[int, list[str]] = {}
    for to, share in state.then:
        causes.setdefault(to, []).append("as agreed" if len(state.then) == 1 else _percent(share))
    who = [_safe(player) for player in game.players]
    if state.after[0] == state.after[1]:
        who = ["either side"]
    for player, to in zip(who, state.after, strict=False):
        causes.setdefault(to, []).append(f"{player} deviates")
    if list(causes) == [to for to, _ in state.then] and len(causes) == 1:
        return [(to, "whatever happens") for to in causes]
    return [(to, " or ".join(why)) for to, why in sorted(causes.items())]


def _safe(text: str) -> str:
    """Escape characters that Mermaid would read as syntax."""
    return _LETTER_BY_LETTER.sub(lambda m: "".join(f"#{ord(c)};" for c in m[0]), text)


def _profile(game: Game, state: State) -> str:
    return f"{game.actions[0][state.profile[0]]} / {game.actions[1][state.profile[1]]}"


def _leads_to(then: Lottery, names: list[str]) -> str:
    if len(then) == 1:
        return names[then[0][0]]
    return ", ".join(f"{names[to]} {_percent(share)}" for to, share in then)


def _pair(game: Game, payoffs: tuple[float, float]) -> str:
    """Write two payoffs; rounding noise is written as zero."""
    small = 1e-12 * np.ptp(game.payoffs, axis=(1, 2))
    return ", ".join(_number(x if abs(x) > s else 0.0) for x, s in zip(payoffs, small, strict=True))


def _percent(share: float) -> str:
    return f"{_number(100 * share)} %"


def _number(x: float) -> str:
    """Write a number to three digits, large ones in full."""
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"
