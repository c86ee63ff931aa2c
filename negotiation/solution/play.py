"""A repeated bargain played by a person: what each move brings at once, and what it costs later.

The other side follows an automaton: the certified strategies that sustain the chosen outcome, or
Nash reversion after the first breach (grim trigger). What a breach gains and loses is counted as
the one-shot deviation principle has it, so strategies that are an equilibrium cannot be beaten.

References
----------
D. Blackwell (1965), Discounted dynamic programming, Annals of Mathematical Statistics 36 (a policy
that no single deviation improves is optimal). J. Friedman (1971), A non-cooperative equilibrium for
supergames, Review of Economic Studies 38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negotiation.certificates.automaton import check_automaton
from negotiation.equilibria.repeated.automata import state_values
from negotiation.equilibria.stage.nash import pure_nash
from negotiation.errors import CertificateError, UsageError, near_name
from negotiation.games.game import Game
from negotiation.games.strategies import Automaton, State, drawn
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.verdict import listed, why_not

__all__ = [
    "OPPONENTS",
    "Match",
    "Moves",
    "Record",
    "Turn",
    "grim_trigger",
    "match",
    "play_out",
    "read_action",
    "read_moves",
]

Pair = tuple[float, float]
Profile = tuple[int, int]
Moves = tuple[int | None, int | None]
"""What each side was made to do; None where it does as told."""

OPPONENTS = ("truce", "grim", "random", "yourself")
MOST_PERIODS = 400


@dataclass(frozen=True, eq=False)
class Match:
    """A bargain ready to be played.

    Attributes
    ----------
    solution
        The model, solved.
    player
        Whom the person plays; None where people play both sides.
    against
        One of `OPPONENTS`.
    outcome
        The deal; None if nothing named can be kept up.
    strategies
        What both sides are told; None without a deal to keep.
    equilibrium
        Whether no single deviation from those strategies pays, anywhere.
    seed
        Of public lotteries and random moves.
    """

    solution: Solution
    player: int | None
    against: str
    outcome: OutcomeResult | None
    strategies: Automaton | None
    equilibrium: bool
    seed: int

    @property
    def people(self) -> tuple[int, ...]:
        """The players whose moves a person chooses."""
        return (0, 1) if self.player is None else (self.player,)


@dataclass(frozen=True)
class Turn:
    """Record of one period of play.

    Attributes
    ----------
    period
        From 0.
    state
        Name of the state of play; empty where nobody was told anything.
    told, played
        The profile that the strategies name, and the one that was played.
    payoffs
        What it paid each player this period.
    deal
        What each would have got this period had nobody ever broken the deal.
    gain
        How much more each got this period than by doing as told, the other's move as it was.
    later
        What each player's own breach costs it in all later periods, each counted at its discount
        factor, in payoffs of one period; 0 without a breach of its own.
    """

    period: int
    state: str
    told: Profile
    played: Profile
    payoffs: Pair
    deal: Pair
    gain: Pair
    later: Pair

    def broke(self, i: int) -> bool:
        """Tell whether player i did something else than told."""
        return self.played[i] != self.told[i]


@dataclass(frozen=True, eq=False)
class Record:
    """A match played out.

    Attributes
    ----------
    match
        What was played.
    turns
        Period by period.
    totals, deal_totals
        Sums of payoffs over the periods, and what never breaking the deal would have given.
    average, deal_average
        Discounted average payoff per period, what the strategies promise after the last period
        included, and that of the deal kept; None where nothing is promised.
    """

    match: Match
    turns: tuple[Turn, ...]
    totals: Pair
    deal_totals: Pair
    average: Pair | None
    deal_average: Pair | None


def match(
    solution: Solution,
    *,
    player: str | None = None,
    against: str = "truce",
    outcome: str | None = None,
    seed: int = 0,
) -> Match:
    """Set a match up.

    Parameters
    ----------
    solution
        The model, solved.
    player
        Name of the side that the person plays; the second by default. Against "yourself" people
        play both.
    against
        "truce", the strategies that sustain the outcome; "grim", a stage equilibrium for ever
        after the first breach; "random", every action equally likely; "yourself".
    outcome
        The deal; by default the first truce that can be kept up.
    seed
        Of public lotteries and random moves.

    Raises
    ------
    UsageError
        If there is no such player, opponent or outcome, or no strategies of that kind.
    """
    if against not in OPPONENTS:
        near = near_name(against, OPPONENTS)
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(
            f"unknown opponent {against!r}; {hint}expected one of: {', '.join(OPPONENTS)}"
        )
    seat = None if against == "yourself" else _seat(solution.game, player)
    deal = _deal(solution, outcome, needed=against in ("truce", "grim"))
    strategies = None
    if deal is not None and against == "grim":
        strategies = grim_trigger(solution.game, deal.profile)
    elif deal is not None and against != "random":
        strategies = _sustaining(solution, deal, needed=against == "truce")
    return Match(
        solution=solution,
        player=seat,
        against=against,
        outcome=deal,
        strategies=strategies,
        equilibrium=strategies is not None and _holds(solution.game, strategies),
        seed=seed,
    )


def play_out(match: Match, moves: Sequence[Moves], periods: int) -> Record:
    """Play a match out: given moves first, then everybody as told.

    Without a deal nobody is told anything, and play ends with the last move given.

    Parameters
    ----------
    match
        From `match`.
    moves
        For each period what people do, at most as many as periods. What the other side is given
        to do is left out of account.
    periods
        How many.

    Raises
    ------
    UsageError
        If there is no such action, or the number of periods is not between 1 and 400.

    Examples
    --------
    >>> from negotiation.solution.solution import solve
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> found = play_out(match(solve(pd), outcome="0 / 0"), [(None, 1)], 3)
    >>> [t.payoffs for t in found.turns], found.totals[1], found.deal_totals[1]
    ([(1.0, 10.0), (3.0, 3.0), (3.0, 3.0)], 16.0, 27.0)
    >>> found.turns[0].gain[1], found.turns[0].later[1]
    (1.0, 18.0)
    """
    game = match.solution.game
    if not 1 <= periods <= MOST_PERIODS:
        raise UsageError(f"{periods} periods; expected between 1 and {MOST_PERIODS}")
    if len(moves) > periods:
        raise UsageError(f"{len(moves)} moves for {periods} periods; expected at most as many")
    if match.outcome is None:
        periods = len(moves)
    draw, coins = np.random.default_rng(match.seed), np.random.default_rng(match.seed)
    turns, here, kept = [], 0, 0
    for period in range(periods):
        told = _told(match, here, draw)
        given = moves[period] if period < len(moves) else (None, None)
        played = _played(game, match, told, given)
        told = told if match.outcome is not None else played
        after, later = _after(match, here, told, played, draw)
        turns.append(
            Turn(
                period=period,
                state="" if match.strategies is None else match.strategies.states[here].name,
                told=told,
                played=played,
                payoffs=_paid(game, played),
                deal=_paid(game, _on_path(match, kept, told)),
                gain=_gains(game, told, played),
                later=later,
            )
        )
        here = after
        if match.strategies is not None:
            kept = drawn(match.strategies.states[kept].then, coins)
    return _record(match, tuple(turns), here)


def read_moves(game: Match, text: str) -> list[Moves]:
    """Read a list of moves: for each period an action of the person, or one of each side."""
    pieces = [piece.strip() for piece in text.split(",")] if text.strip() else []
    return [_one(game, piece, k) for k, piece in enumerate(pieces, 1)]


def _one(game: Match, piece: str, k: int) -> Moves:
    if game.player is not None:
        action = read_action(game, game.player, piece, f"move {k}")
        return (action, None) if game.player == 0 else (None, action)
    first, slash, second = piece.partition("/")
    if not slash:
        raise UsageError(
            f"move {k}: {piece!r} is not a pair of actions; expected one of each side with a "
            "slash between them"
        )
    return read_action(game, 0, first, f"move {k}"), read_action(game, 1, second, f"move {k}")


def read_action(game: Match, i: int, text: str, where: str) -> int | None:
    """Read an action by its name or its number from 1; nothing is what it is told."""
    names, text = game.solution.game.actions[i], text.strip()
    if text in names:
        return names.index(text)
    if not text and game.outcome is not None:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(names):
        return int(text) - 1
    near = near_name(text, names)
    hint = f"did you mean {near!r}? " if near else ""
    raise UsageError(
        f"{where}: {game.solution.game.players[i]} has no action {text!r}; {hint}expected one of: "
        f"{', '.join(names)}, or a number from 1 to {len(names)}"
    )


def grim_trigger(game: Game, profile: Profile) -> Automaton:
    """Return Nash reversion: the profile, then whoever broke it gets its worst stage equilibrium.

    For ever after, and of the stage equilibria in pure strategies only. Whether it is an
    equilibrium depends on the discount factors.

    Raises
    ------
    UsageError
        If the stage game has no equilibrium in pure strategies.
    """
    cells = [(int(a), int(b)) for a, b in np.argwhere(pure_nash(game))]
    if not cells:
        raise UsageError(
            "played once, this game has no equilibrium without chance moves to fall back on for "
            "good; expected another opponent than grim"
        )
    worst = [cells[int(np.argmin([game.payoffs[i][c] for c in cells]))] for i in (0, 1)]
    profiles = [profile, *dict.fromkeys(worst)]
    after = (profiles.index(worst[0], 1), profiles.index(worst[1], 1))
    stay = [((k, 1.0),) for k in range(len(profiles))]
    value = state_values(game, profiles, list(stay))
    both = len(profiles) == 2
    names = ["path", *("punishment" if both else f"punish {game.players[i]}" for i in (0, 1))]
    states = tuple(
        State(names[k], p, (float(x), float(y)), stay[k], (k, k) if k else after)
        for k, (p, (x, y)) in enumerate(zip(profiles, value, strict=True))
    )
    return Automaton("grim", states)


def _seat(game: Game, player: str | None) -> int:
    if player is None:
        return 1
    if player in game.players:
        return game.players.index(player)
    near = near_name(player, game.players)
    hint = f"did you mean {near!r}? " if near else ""
    raise UsageError(f"no player {player!r}; {hint}expected one of: {', '.join(game.players)}")


def _deal(solution: Solution, name: str | None, *, needed: bool) -> OutcomeResult | None:
    """Return the outcome that is the deal: the one named, else the first truce that holds."""
    if name is not None:
        found = [o for o in solution.outcomes if o.name == name]
        if not found:
            names = list(dict.fromkeys(o.name for o in solution.outcomes))
            near = near_name(name, names)
            hint = f"did you mean {near!r}? " if near else ""
            raise UsageError(f"unknown outcome {name!r}; {hint}expected one of: {', '.join(names)}")
        return next((o for o in found if o.sustained), found[0])
    held = [o for o in solution.outcomes if o.sustained]
    best = next((o for o in held if o.truce), held[0] if held else None)
    if best is None and needed:
        raise UsageError(
            "no outcome of this model can be kept up at these numbers, so there is nothing to "
            "keep to; expected --against random or yourself, or other numbers"
        )
    return best


def _sustaining(solution: Solution, deal: OutcomeResult, *, needed: bool) -> Automaton | None:
    if deal.strategy is None and needed:
        others = list(dict.fromkeys(o.name for o in solution.outcomes if o.sustained))
        rest = f"; these can: {listed(others)}" if others else ""
        raise UsageError(
            f"{deal.name} cannot be kept up at these numbers: {why_not(solution, deal)}{rest}"
        )
    return deal.strategy


def _holds(game: Game, strategies: Automaton) -> bool:
    try:
        check_automaton(game, strategies)
    except CertificateError:
        return False
    return True


def _told(match: Match, here: int, draw: np.random.Generator) -> Profile:
    """Return what both sides should do now; a random side draws its move, the other keeps to it."""
    game, deal = match.solution.game, match.outcome
    if match.strategies is not None:
        return match.strategies.states[here].profile
    profile = deal.profile if deal is not None else (0, 0)
    if match.against != "random" or match.player is None:
        return profile
    own = profile[match.player]
    other = int(draw.integers(game.shape[1 - match.player]))
    return (own, other) if match.player == 0 else (other, own)


def _played(game: Game, match: Match, told: Profile, given: Moves) -> Profile:
    for i in match.people:
        action = given[i]
        if action is not None and not 0 <= action < game.shape[i]:
            raise UsageError(
                f"{game.players[i]} has no action {action}; expected 0 to {game.shape[i] - 1}"
            )
    first, second = (
        move if i in match.people and move is not None else told[i] for i, move in enumerate(given)
    )
    return first, second


def _after(
    match: Match, here: int, told: Profile, played: Profile, draw: np.random.Generator
) -> tuple[int, Pair]:
    """Return where play goes, and what a breach by one side costs that side later."""
    if match.strategies is None:
        return 0, (0.0, 0.0)
    states = match.strategies.states
    breakers = [i for i in (0, 1) if played[i] != told[i]]
    if len(breakers) != 1:
        return drawn(states[here].then, draw), (0.0, 0.0)
    (i,) = breakers
    to = states[here].after[i]
    factor = float(match.solution.game.discount[i])
    kept = sum(share * states[k].value[i] for k, share in states[here].then)
    cost = factor / (1 - factor) * (kept - states[to].value[i])
    return to, (cost, 0.0) if i == 0 else (0.0, cost)


def _on_path(match: Match, kept: int, told: Profile) -> Profile:
    if match.strategies is not None:
        return match.strategies.states[kept].profile
    return match.outcome.profile if match.outcome is not None else told


def _gains(game: Game, told: Profile, played: Profile) -> Pair:
    first = game.payoffs[0][played] - game.payoffs[0, told[0], played[1]]
    second = game.payoffs[1][played] - game.payoffs[1, played[0], told[1]]
    return float(first), float(second)


def _paid(game: Game, profile: Profile) -> Pair:
    return float(game.payoffs[0][profile]), float(game.payoffs[1][profile])


def _record(match: Match, turns: tuple[Turn, ...], last: int) -> Record:
    totals = np.sum([t.payoffs for t in turns], axis=0)
    deal = np.sum([t.deal for t in turns], axis=0)
    average = deal_average = None
    if match.strategies is not None:
        d = match.solution.game.discount
        weight = d ** np.arange(len(turns))[:, None]
        so_far = (1 - d) * (weight * [t.payoffs for t in turns]).sum(axis=0)
        end = so_far + d ** len(turns) * np.array(match.strategies.states[last].value)
        average = float(end[0]), float(end[1])
        deal_average = match.strategies.states[0].value
    return Record(
        match=match,
        turns=turns,
        totals=(float(totals[0]), float(totals[1])),
        deal_totals=(float(deal[0]), float(deal[1])),
        average=average,
        deal_average=deal_average,
    )
