"""Verdict of a solution, in sentences generated from its numbers.

Every sentence is conditional on the payoffs, and the first is free of jargon.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from negotiation.equilibria.repeated.discounts.patience import patience_needed
from negotiation.games.game import Array, enforceable, payoff_spans
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.units import units_of

__all__ = [
    "amount",
    "in_period",
    "label",
    "listed",
    "money",
    "number",
    "patience",
    "per_of",
    "period_of",
    "verdict",
    "weights",
    "why_not",
]

_CLOSE = 1e-9


def number(x: float) -> str:
    """Write a number to three digits, large ones in full.

    Examples
    --------
    >>> [number(x) for x in (0.79427, -28.0, 1000003.2, -0.0)]
    ['0.794', '-28', '1,000,003', '0']
    """
    return f"{x:,.0f}" if 1000 <= abs(x) < 1e15 else format(x + 0.0, ".3g")


def amount(solution: Solution, player: int, x: float) -> str:
    """Write a payoff or a difference of two; rounding noise is written as zero."""
    payoffs = solution.game.payoffs
    played = payoffs[player][enforceable(payoffs)]
    rounding = 1e-12 * float(payoff_spans(payoffs)[player])
    rounding += 2e-13 * float(np.abs(played).max(initial=0.0))
    return number(x if abs(x) > rounding else 0.0)


def money(solution: Solution, player: int, x: float) -> str:
    """Write a payoff as `amount` does, with the unit where the file gives payoffs as a rate."""
    return amount(solution, player, x) + units_of(solution.model).said


def in_period(solution: Solution, player: int, x: float) -> str:
    """Write what a payoff, or a difference of two, brings in one period, with the unit."""
    units = units_of(solution.model)
    payoffs = solution.game.payoffs[player]
    rounding = 1e-12 * float(np.ptp(payoffs)) + 2e-13 * float(np.abs(payoffs).max())
    return number(x * units.share if abs(x) > rounding else 0.0) + units.said


def per_of(solution: Solution) -> str:
    """Return what levels and averages are per: the rate's time, or the period."""
    return units_of(solution.model).per


def patience(x: float | None, other: float | None = None) -> str:
    """Write a discount factor with enough decimals to tell it from `other` and from 1.

    Examples
    --------
    >>> patience(0.8), patience(None), patience(0.99996), patience(0.79427, 0.7943)
    ('0.800', 'never', '0.99996', '0.79427')
    """
    if x is None:
        return "never"
    for digits in range(3, 17):
        text = f"{x:.{digits}f}"
        alike = other is not None and other != x and text == f"{other:.{digits}f}"
        if float(text) < 1 and not alike:
            break
    return text


def listed(names: Iterable[str]) -> str:
    """Join names as in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def period_of(solution: Solution) -> str:
    """Return the model's name of a period."""
    return solution.model.period if solution.model and solution.model.period else "period"


def weights(solution: Solution) -> str:
    """Write the weight of the next period for each side."""
    game = solution.game
    factors = zip(game.players, game.discount, strict=True)
    return " and ".join(f"{patience(float(d))} for {name}" for name, d in factors)


def label(solution: Solution, o: OutcomeResult) -> str:
    """Name an outcome, with its cell where the name covers several."""
    if sum(other.name == o.name for other in solution.outcomes) == 1:
        return o.name
    a, b = (names[k] for names, k in zip(solution.game.actions, o.profile, strict=True))
    return f"{o.name} ({a} / {b})"


def verdict(solution: Solution) -> tuple[str, ...]:
    """Return two to four sentences: the regime, who would break it, and the nearest threshold."""
    truces = [o for o in solution.outcomes if o.truce]
    sustained = [o for o in truces if o.sustained]
    missing = [o for o in truces if not o.sustained]
    sentences = list(_REGIMES[solution.regime](solution))
    if solution.regime in ("self-enforcing", "armed truce"):
        if missing:
            sentences.append(_left_out(solution, missing))
    elif truces:
        sentences.append(_nearest_miss(solution, truces))
    assert sustained or solution.regime not in ("self-enforcing", "armed truce"), (
        "a regime needs its truce"
    )
    return tuple(sentences)


def _self_enforcing(solution: Solution) -> list[str]:
    game = solution.game
    sustained = [o for o in solution.outcomes if o.truce and o.sustained]
    free = [o for o in sustained if o.tightest_player is None]
    names = _names(solution, free)
    first = (
        f"Given these payoffs, {listed(names)} {'needs' if len(names) == 1 else 'need'} no threat: "
        f"neither {game.players[0]} nor {game.players[1]} would gain by breaking "
        f"{'it' if len(names) == 1 else 'any of them'} even once."
    )
    sentences = [first]
    costs = [
        (cost / (float(np.ptp(game.payoffs[i])) or 1.0), cost, i, o)
        for o in free
        for i in (0, 1)
        for cost in _costs_of_breaking(solution, o, i)
    ]
    if costs:
        _, cost, i, o = min(costs, key=lambda c: c[0])
        lost = in_period(solution, i, cost)
        sentences.append(
            f"Closest to temptation is {game.players[i]}, which would lose "
            f"{'nothing' if amount(solution, i, cost) == '0' else lost} in that "
            f"{period_of(solution)} by breaking {'it' if len(names) == 1 else label(solution, o)}."
        )
    else:
        sentences.append("Neither has anything else to do.")
    if len(free) < len(sustained):
        armed = _names(solution, [o for o in sustained if o.tightest_player is not None])
        sentences.append(f"{_start(listed(armed))} can be kept up as well, by threat.")
    return sentences


def _costs_of_breaking(solution: Solution, o: OutcomeResult, i: int) -> list[float]:
    """Return player i's one-shot loss from each of its other actions."""
    payoffs, own = solution.game.payoffs[i], o.profile[i]
    row = payoffs[:, o.profile[1]] if i == 0 else payoffs[o.profile[0]]
    return [float(row[own] - x) for a, x in enumerate(row) if a != own]


def _armed(solution: Solution) -> list[str]:
    sustained = [o for o in solution.outcomes if o.truce and o.sustained]
    names = _names(solution, sustained)
    each, pronoun = ("", "it") if len(names) == 1 else ("each ", "them")
    first = (
        f"Given these payoffs an armed truce can hold: {listed(names)} can {each}be kept up for "
        f"ever, not because nobody is tempted to break {pronoun} but because breaking {pronoun} "
        "starts something worse."
    )
    return [first, *_weakest(solution, sustained)]


def _weakest(solution: Solution, sustained: list[OutcomeResult]) -> list[str]:
    """Name the truce closest to breaking, who would break it, and the threshold."""
    o = min(sustained, key=lambda o: min(o.patience_margin))
    name = label(solution, o) if len(sustained) > 1 else "it"
    assert o.tightest_player is not None
    i, game, period = o.tightest_player, solution.game, period_of(solution)
    who, margins = game.players[i], o.patience_margin
    tied = abs(margins[0] - margins[1]) < _CLOSE
    d, own = o.best_deviation[i], game.actions[i][o.profile[i]]
    if tied:
        opening = f"{game.players[0]} and {game.players[1]} are equally close to breaking {name}: "
        opening += f"for {who}, "
    else:
        opening = f"The first to break {name} would be {who}: "
    cost = "nothing" if o.slack is None else money(solution, i, o.slack[i])
    units = units_of(solution.model)
    level = f" ({amount(solution, i, d.gain)} per {units.per} while it lasts)" if units.rate else ""
    first = (
        f"{opening}playing {game.actions[i][d.action]} instead of {own} would bring it "
        f"{in_period(solution, i, d.gain)} more in that {period}{level}, but {cost} less per "
        f"{units.per} on average once the harshest believable answer has run its course."
    )
    least, actual = o.optimal_penal_code_by_player[i], float(game.discount[i])
    who = "each side" if tied and game.discount[0] == game.discount[1] else who
    return [
        first,
        f"{_start(name)} holds only while {who} values the next {period} at "
        f"{patience(least, actual)} of this one or more; here that is {patience(actual, least)}.",
    ]


def _partial_cooperation(solution: Solution) -> list[str]:
    a, b = solution.game.players
    better = [o for o in solution.outcomes if o.sustained and _beats_worst(solution, o)]
    kept = _names(solution, better) if better else _kept_to(solution)
    how = f"keeping to {listed(kept)}" if kept else "taking turns"
    if any(o.truce for o in solution.outcomes):
        start = "Given these payoffs no truce named here can be kept up, but"
    else:
        start = "Given these payoffs"
    can = f"{a} and {b} can both do better than the worst of thinking only of today, by {how}"
    return [f"{start} {can}.", _worst(solution)]


def _kept_to(solution: Solution) -> list[str]:
    """Name a profile that can be kept up and leaves both better off, if there is one."""
    game, threats = solution.game, solution.repeated.min_spe_payoffs
    if threats is None:
        return []
    cells = np.ndindex(*game.shape)
    lead = (game.payoffs - solution.worst_stage[:, None, None]) / _spans(solution)[:, None, None]
    for a, b in sorted(cells, key=lambda cell: -float(lead[:, cell[0], cell[1]].min())):
        if lead[:, a, b].min() <= _CLOSE:
            break
        if (patience_needed(game, (a, b), threats) <= game.discount + 1e-12).all():
            return [f"{game.actions[0][a]} / {game.actions[1][b]}"]
    return []


def _spans(solution: Solution) -> Array:
    return payoff_spans(solution.game.payoffs)


def _no_cooperation(solution: Solution) -> list[str]:
    a, b = solution.game.players
    named = any(o.truce for o in solution.outcomes)
    return [
        f"Given these payoffs {'no truce named here holds: ' if named else ''}nothing that {a} and "
        f"{b} could rely on each other to do leaves both better off than the worst of thinking "
        "only of today.",
        _worst(solution),
    ]


def _worst(solution: Solution) -> str:
    (a, b), worst = solution.game.players, solution.worst_stage
    return (
        f"That worst is {money(solution, 0, worst[0])} per {per_of(solution)} for {a} and "
        f"{amount(solution, 1, worst[1])} for {b}."
    )


def _none(solution: Solution) -> list[str]:
    a, b = solution.game.players
    return [
        f"Given these payoffs no fixed plan is stable: whatever {a} and {b} settle on, at their "
        "present patience one of them gains by changing course, and no threat prevents it.",
        "Plans in which a side keeps the other guessing are not considered.",
    ]


_REGIMES = {
    "self-enforcing": _self_enforcing,
    "armed truce": _armed,
    "partial cooperation": _partial_cooperation,
    "no cooperation": _no_cooperation,
    "no pure equilibrium": _none,
}


def _beats_worst(solution: Solution, o: OutcomeResult) -> bool:
    return bool((np.array(o.payoffs) - solution.worst_stage > _CLOSE * _spans(solution)).all())


def _nearest_miss(solution: Solution, truces: list[OutcomeResult]) -> str:
    """Name the truce that comes closest to holding, and the constraint that fails."""
    o = min(truces, key=lambda o: (o.optimal_penal_code is None, o.optimal_penal_code or 0.0))
    name = label(solution, o)
    if len(truces) == 1:
        return f"{_start(name)} cannot be kept up: {why_not(solution, o)}."
    start = "Take" if o.optimal_penal_code is None else "Closest to holding is"
    return f"{start} {name}: {why_not(solution, o)}."


def _left_out(solution: Solution, missing: list[OutcomeResult]) -> str:
    names = _names(solution, missing)
    start = f"{_start(listed(names))} cannot be kept up"
    return f"{start}: {why_not(solution, missing[0])}." if len(missing) == 1 else f"{start}."


def why_not(solution: Solution, o: OutcomeResult) -> str:
    """Return the reason why an outcome is not sustained, as a clause after a colon."""
    game, threats, i = solution.game, solution.repeated.min_spe_payoffs, o.tightest_player
    if threats is None or i is None:
        return f"at this patience no threat is believable{_otherwise(solution, o)}"
    who, period = game.players[i], period_of(solution)
    close = _CLOSE * float(_spans(solution)[i])
    per = per_of(solution)
    gets = f"{who} gets {money(solution, i, o.payoffs[i])} per {per} from it"
    floor, worst = float(solution.minmax.pure[i]), float(threats[i])
    if o.payoffs[i] < floor - close:
        sure = o.payoffs[i] < float(solution.minmax.mixed[i]) - close
        return (
            f"{gets} but at least {amount(solution, i, floor)} by answering well whatever the "
            f"other side does, so no threat {'' if sure else 'of a fixed plan '}can hold it there"
            f"{_by_chance(solution, o)}"
        )
    least, actual = o.optimal_penal_code_by_player[i], float(game.discount[i])
    if o.payoffs[i] <= worst + close:
        text = f"{gets}, and no believable threat holds it below {amount(solution, i, worst)}"
    else:
        d = o.best_deviation[i]
        text = (
            f"{who} would gain {in_period(solution, i, d.gain)} at once by playing "
            f"{game.actions[i][d.action]}, and the worst that can believably follow, "
            f"{money(solution, i, worst)} per {per}, does not outweigh that"
        )
    if least is None:
        alone = f"{text}; more patience on its side alone would not be enough"
        return alone + _otherwise(solution, o, but=True)
    return (
        f"{text} while it values the next {period} at {patience(actual, least)} of this one; it "
        f"takes {patience(least, actual)}"
    )


def _otherwise(solution: Solution, o: OutcomeResult, *, but: bool = False) -> str:
    """Say what more patience on both sides would do, or chance moves."""
    return _together(solution, o, but=but) + _by_chance(solution, o)


def _by_chance(solution: Solution, o: OutcomeResult) -> str:
    """Say what the threat of the worst one-off equilibria for ever would do, if they are mixed."""
    least, fixed = o.nash_reversion, o.optimal_penal_code
    if least is None or (fixed is not None and fixed <= least + _CLOSE):
        return ""
    need = patience_needed(solution.game, o.profile, solution.worst_stage)
    now = bool((need <= solution.game.discount + 1e-12).all())
    return (
        "; the threat of going back for ever to the worst one-off equilibrium, in which sides "
        f"choose at random, would hold it from a patience of {patience(least)} on both sides, "
        f"{'which they have' if now else 'which they do not have'}"
    )


def _together(solution: Solution, o: OutcomeResult, *, but: bool = False) -> str:
    """State the common discount factor at which the outcome would hold; empty if none."""
    least = o.optimal_penal_code
    if least is None:
        return ""
    start = ", but it would hold" if but else "; it would hold"
    return (
        f"{start} if both valued the next {period_of(solution)} at {patience(least)} of this one "
        "or more"
    )


def _names(solution: Solution, results: list[OutcomeResult]) -> list[str]:
    """Name outcomes, each name once where all its cells are meant."""
    cells = {o.profile for o in results}
    split = {o.name for o in solution.outcomes if o.profile not in cells}
    return list(dict.fromkeys(label(solution, o) if o.name in split else o.name for o in results))


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]
