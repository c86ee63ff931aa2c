"""The deal on the table: whether it holds, who would break it, and which numbers decide that.

What a page for a decision says comes from here. Each critical value is that of `critical_values`,
which answers `negotiate solve --vary` too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from negotiation.analysis.ranges import Space, space
from negotiation.analysis.samples import sample
from negotiation.deals.robustness import Sample, slacks
from negotiation.deals.terms import Contract, contract
from negotiation.equilibria.repeated.discounts.patience import patience_needed
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.errors import NegotiationError, UsageError
from negotiation.games.game import Game, Outcome
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.verdict import label
from negotiation.sweeps.critical_values import critical_values

__all__ = ["Deciding", "OnTheTable", "Turn", "deal_of", "holds_in_cases", "on_the_table", "turns"]

Profile = tuple[int, int]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Turn:
    """A value of one number at which an outcome starts or stops being sustained.

    Attributes
    ----------
    outcome
        Its label, as `verdict.label` writes it.
    parameter, now, at
        Which number, its value, and the critical value.
    starts
        Whether the outcome can be kept up beyond `at`, coming from `now`, and not on this side.
    player
        Whose incentive constraint binds there; None where the set of equilibria itself jumps.
    share
        How far away it is, as a share of the width of the range.
    """

    outcome: str
    parameter: Parameter
    now: float
    at: float
    starts: bool
    player: int | None
    share: float


@dataclass(frozen=True)
class Deciding:
    """A number that decides whether a deal holds, with its nearest critical value."""

    parameter: Parameter
    turn: Turn


@dataclass(frozen=True, eq=False)
class OnTheTable:
    """Facts that decide about one outcome, and how it fares where numbers are uncertain.

    Attributes
    ----------
    solution, outcome
        What holds, and the result on the deal.
    turns
        Critical values of all truces, nearest first.
    deciding
        The numbers with a critical value for the deal, nearest first, each once; numbers that act
        through one of them alone, and terms that are bargained over, are left out.
    open
        Numbers along which nothing could be settled.
    spare
        By how much less the deal alone may pay each side, all else equal, before a breach pays;
        below 0, by how much more it would have to pay. Checked by solving the game so changed;
        None where that moves more than this side's incentive.
    cases, holds, broken
        Sampled cases; label of each truce → in how many of them it can be kept up; and in how
        many each side would break the deal. 0, empty and None where nothing is uncertain.
    """

    solution: Solution
    outcome: OutcomeResult
    turns: tuple[Turn, ...]
    deciding: tuple[Deciding, ...]
    open: tuple[str, ...]
    spare: tuple[float | None, float | None]
    cases: int
    holds: dict[str, int]
    broken: tuple[int, int] | None


def on_the_table(
    solution: Solution,
    *,
    cases: int = 1024,
    seed: int = 0,
    progress: Progress = lambda _: None,
) -> OnTheTable | None:
    """Return what decides about the deal on the table; None if the file names no truce.

    The deal is the outcome that the file names under ``deal:``, else its first truce.

    Parameters
    ----------
    solution
        Of a payoff file in which nothing moves.
    cases, seed
        How many cases of the uncertain numbers, a power of two, and the seed of their sequence.
    progress
        Called with what is being worked on.
    """
    model = solution.model
    deal = _deal(solution)
    if model is None or deal is None:
        return None
    progress("what would change the answer")
    found, unsettled = turns(model, solution.settings)
    progress(f"truces in {cases} sampled cases")
    drawn = _cases(model, solution.settings, cases, seed)
    holds, broken = holds_in_cases(solution, drawn) if drawn is not None else ({}, {})
    return OnTheTable(
        solution=solution,
        outcome=deal,
        turns=found,
        deciding=_deciding(solution, found, deal),
        open=unsettled,
        spare=(_spare(solution.game, deal, 0), _spare(solution.game, deal, 1)),
        cases=drawn.cases if drawn is not None else 0,
        holds=holds,
        broken=broken.get(label(solution, deal)),
    )


def deal_of(model: PayoffFile) -> Outcome | None:
    """Return the outcome that a file names under ``deal:``, else its first truce, if any."""
    name = model.deal
    return next((o for o in model.outcomes if (o.name == name if name else o.truce)), None)


def _deal(solution: Solution) -> OutcomeResult | None:
    named = deal_of(solution.model) if solution.model is not None else None
    return next((o for o in solution.outcomes if named and o.name == named.name), None)


def _spare(game: Game, o: OutcomeResult, i: int) -> float | None:
    """Return the slack of one side if its incentive turns just there when the deal pays less."""
    if o.slack is None:
        return None
    spare = o.slack[i]
    step = 1e-6 * float(np.ptp(game.payoffs[i]))
    sides = [
        _keeps(_paying_less(game, o.profile, i, spare + d), o.profile, i) for d in (-step, step)
    ]
    return spare if sides == [True, False] else None


def _paying_less(game: Game, profile: tuple[int, int], i: int, x: float) -> Game:
    payoffs = game.payoffs.copy()
    payoffs[(i, *profile)] -= x
    return replace(game, payoffs=payoffs, exact=None)


def _keeps(game: Game, profile: tuple[int, int], i: int) -> bool:
    """Tell whether the worst that can believably follow deters one side from breaking a deal."""
    try:
        worst = payoff_set(game).min_spe_payoffs
    except NegotiationError:
        return False
    if worst is None:
        return False
    return bool(patience_needed(game, profile, worst)[i] <= float(game.discount[i]) + 1e-12)


def _breaker(
    model: PayoffFile, settings: Mapping[str, Any], turn: Turn, profile: Profile
) -> int | None:
    """Return who breaks a deal on the side of a critical value where it does not hold."""
    span = turn.parameter.range[1] - turn.parameter.range[0]
    beyond = (1 if turn.at > turn.now else -1) * (-1 if turn.starts else 1)
    at = turn.at + beyond * 1e-5 * (span or 1.0)
    game = model.game(**{**settings, turn.parameter.name: at})
    broken = [i for i in (0, 1) if not _keeps(game, profile, i)]
    return broken[0] if len(broken) == 1 else None


def turns(
    model: PayoffFile, settings: Mapping[str, Any]
) -> tuple[tuple[Turn, ...], tuple[str, ...]]:
    """Return the nearest critical values of every truce along every number, nearest first.

    At most one above and one below today's value for each truce and number.

    Returns
    -------
    turns, open
        And the numbers along which rounding left something open.
    """
    values = model.values(**settings)
    found: list[Turn] = []
    unsettled = []
    for p in model.parameters:
        now = float(values[p.name])
        low, high = min(p.range[0], now), max(p.range[1], now)
        if high <= low:
            continue
        try:
            line = critical_values(model, p.name, (low, high), settings)
        except NegotiationError:
            unsettled.append(p.name)
            continue
        nearest: dict[tuple[str, bool], Turn] = {}
        for change in line.changes:
            above = change.at > now
            for r in change.reasons:
                turn = Turn(
                    r.outcome, p, now, change.at, r.starts == above, r.player,
                    abs(change.at - now) / (high - low),
                )  # fmt: skip
                key = (r.outcome, above)
                if key not in nearest or turn.share < nearest[key].share:
                    nearest[key] = turn
        found += nearest.values()
    ordered = sorted(found, key=lambda t: (t.share, t.parameter.name, t.outcome))
    return tuple(ordered), tuple(unsettled)


def _deciding(
    solution: Solution, found: tuple[Turn, ...], deal: OutcomeResult
) -> tuple[Deciding, ...]:
    model, name = solution.model, label(solution, deal)
    assert model is not None, "what decides is a number of a file"
    varied = _space(model, solution.settings)
    inside = varied.inside if varied is not None else {}
    terms = {name for name, _ in model.terms}
    own = {t.parameter.name: t for t in reversed(found) if t.outcome == name}
    return tuple(
        Deciding(t.parameter, _with_breaker(model, solution.settings, t, deal.profile))
        for t in sorted(own.values(), key=lambda t: (t.share, t.parameter.name))
        if t.parameter.name not in terms and inside.get(t.parameter.name) not in own
    )


def _with_breaker(
    model: PayoffFile, settings: Mapping[str, Any], turn: Turn, profile: Profile
) -> Turn:
    if turn.player is not None:
        return turn
    return replace(turn, player=_breaker(model, settings, turn, profile))


def _space(model: PayoffFile, settings: Mapping[str, Any]) -> Space | None:
    try:
        return space(model, dict(settings))
    except UsageError:
        return None


def _cases(model: PayoffFile, settings: Mapping[str, Any], cases: int, seed: int) -> Sample | None:
    """Draw cases of everything uncertain besides the terms; None if nothing is."""
    held = {name: float(model.values(**settings)[name]) for name, _ in model.terms}
    varied = _space(model, {**settings, **held})
    if varied is None:
        return None
    values = varied.values(sample(len(varied.names), cases, seed))
    return Sample(varied.names, {name: values[name] for name in varied.names}, cases, seed)


def holds_in_cases(
    solution: Solution, cases: Sample
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Return in how many cases each truce can be kept up, and in how many each side breaks it."""
    model = solution.model
    assert model is not None, "cases are of a file"
    if model.terms:
        about = contract(model, settings=solution.settings)
    else:
        about = Contract(model, dict(solution.settings), (), "", (0, 0))
    deal = _deal(solution)
    holds, broken = {}, {}
    for o in solution.outcomes:
        if not o.truce and o is not deal:
            continue
        one = Contract(about.model, about.settings, about.terms, o.name, o.profile)
        each = slacks(one, cases, one.own)
        size = 1e-9 * (float(np.ptp(solution.game.payoffs)) or 1.0)
        name = label(solution, o)
        holds[name] = int((each >= -size).all(axis=1).sum())
        first, second = (each < -size).sum(axis=0)
        broken[name] = int(first), int(second)
    return holds, broken
