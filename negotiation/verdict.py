"""What a solution means, in sentences generated from its numbers.

Every sentence is conditional on the payoffs, and the first is free of jargon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .solution import OutcomeResult, Solution

__all__ = ["listed", "number", "period_of", "verdict", "why_not"]


def number(x: float) -> str:
    """Write a number with three significant digits, trailing zeros dropped.

    Examples
    --------
    >>> [number(x) for x in (0.79427, -28.0, 1234567.0, 0.0)]
    ['0.794', '-28', '1.23e+06', '0']
    """
    return format(round(float(x), 12) + 0.0, ".3g")


def patience(x: float | None) -> str:
    """Write a discount factor with three decimals; 'never' for None.

    Examples
    --------
    >>> patience(0.8), patience(None)
    ('0.800', 'never')
    """
    return "never" if x is None else f"{x:.3f}"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Join names as in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def period_of(solution: Solution) -> str:
    """Return what the model calls a period."""
    return solution.model.period if solution.model and solution.model.period else "period"


def verdict(solution: Solution) -> tuple[str, ...]:
    """Return two to four sentences: the regime, who would break it, and the nearest threshold."""
    sentences = [_regime(solution)]
    truces = [o for o in solution.outcomes if o.truce]
    held = [o for o in truces if o.sustained]
    if solution.regime == "armed truce":
        sentences += _weakest(solution, held)
    elif solution.regime in ("rupture", "lopsided truce") and truces:
        sentences += _nearest_miss(solution, truces)
    if held and len(held) < len(truces):
        sentences.append(_left_out(solution, [o for o in truces if not o.sustained]))
    return tuple(sentences)


def _regime(solution: Solution) -> str:
    truces = [o.name for o in solution.outcomes if o.truce and o.sustained]
    names = tuple(dict.fromkeys(truces))
    a, b = solution.game.players
    if solution.regime == "harmony":
        free = tuple(
            dict.fromkeys(
                o.name
                for o in solution.outcomes
                if o.truce and o.sustained and all(d.gain <= 0 for d in o.best_deviation)
            )
        )
        return (
            f"Given these payoffs, {listed(free)} needs no threat: neither {a} nor {b} would gain "
            "by breaking it even once."
        )
    if solution.regime == "armed truce":
        several = len(names) > 1
        return (
            f"Given these payoffs an armed truce can hold: {listed(names)} can "
            f"{'each ' if several else ''}be kept up for ever, not because nobody is tempted to "
            "break it but because breaking it starts something worse."
        )
    if solution.regime == "lopsided truce":
        named = any(o.truce for o in solution.outcomes)
        start = (
            "Given these payoffs none of the truces in this file can be kept up every "
            f"{period_of(solution)}, but"
            if named
            else "Given these payoffs"
        )
        return f"{start} {a} and {b} can both do better than in open conflict by {_how(solution)}."
    if solution.regime == "rupture":
        return (
            "Given these payoffs no truce holds: nothing that "
            f"{a} and {b} could rely on each other to do leaves both better off than the worst "
            "they can expect from looking no further than today."
        )
    return (
        f"Given these payoffs no fixed plan is stable: whatever {a} and {b} settle on, one of them "
        "gains by changing course, and no threat prevents it. Plans that draw lots are not "
        "considered."
    )


def _how(solution: Solution) -> str:
    others = [o.name for o in solution.outcomes if o.sustained and _better(solution, o)]
    if others and solution.model is not None and solution.game.outcomes:
        return f"keeping to {listed(tuple(dict.fromkeys(others)))}, or by taking turns"
    return "keeping to some other arrangement or taking turns"


def _better(solution: Solution, o: OutcomeResult) -> bool:
    worst = np.array([e.payoffs for e in solution.stage.equilibria]).min(axis=0)
    return bool((np.array(o.payoffs) > worst).all())


def _weakest(solution: Solution, held: list[OutcomeResult]) -> list[str]:
    """Say which truce is closest to breaking, who would break it, and at what patience."""
    tempted = [o for o in held if o.binding is not None]
    o = min(tempted, key=lambda o: _margin(solution, o))
    assert o.binding is not None
    i, game, period = o.binding, solution.game, period_of(solution)
    who, deviation = game.players[i], o.best_deviation[o.binding]
    own = game.actions[i][o.profile[i]]
    cost = "" if o.slack is None else f" and lose {number(o.slack[i])} a {period} on average"
    first = (
        f"The first to break {'it' if len(held) == 1 else o.name} would be {who}: playing "
        f"{game.actions[i][deviation.action]} instead of {own} would gain it "
        f"{number(deviation.gain)} in that {period}{cost} once the other side answers."
    )
    least = o.optimal_penal_code_by_player[i]
    if least is None:
        return [first]
    return [
        first,
        f"That changes if {who} values the next {period} at less than {patience(least)} of this "
        f"one, against {patience(float(game.discount[i]))} in "
        f"{'this file' if solution.model else 'this game'}.",
    ]


def _margin(solution: Solution, o: OutcomeResult) -> float:
    assert o.binding is not None
    least = o.optimal_penal_code_by_player[o.binding]
    return float(solution.game.discount[o.binding]) - (1.0 if least is None else least)


def _nearest_miss(solution: Solution, truces: list[OutcomeResult]) -> list[str]:
    """Say which truce comes closest to holding, and what stops it."""
    o = min(
        truces, key=lambda o: (o.optimal_penal_code is None, o.optimal_penal_code or 0.0, o.name)
    )
    return [f"Closest to holding is {o.name}. {why_not(solution, o)}"]


def why_not(solution: Solution, o: OutcomeResult) -> str:
    """Say in one or two sentences why an outcome is not sustained."""
    game, found = solution.game, solution.repeated
    period = period_of(solution)
    if found.threats is None or o.binding is None:
        return f"No threat could keep {o.name} going."
    i = o.binding
    who, deviation = game.players[i], o.best_deviation[i]
    floor = float(solution.minmax.pure[i])
    if o.payoffs[i] < floor - 1e-9 * max(1.0, abs(floor)):
        return (
            f"{who} gets {number(o.payoffs[i])} a {period} from {o.name} and can secure "
            f"{number(floor)} whatever the other side does, so no threat can keep it there."
        )
    text = (
        f"{who} would gain {number(deviation.gain)} at once by playing "
        f"{game.actions[i][deviation.action]}, and the worst that can follow, "
        f"{number(float(found.threats[i]))} a {period}, does not outweigh that"
    )
    least = o.optimal_penal_code_by_player[i]
    if least is None:
        return text + "; more patience on its side alone would not be enough."
    return (
        f"{text} at its patience of {patience(float(game.discount[i]))}; it would from "
        f"{patience(least)} up."
    )


def _left_out(solution: Solution, missing: list[OutcomeResult]) -> str:
    names = listed(tuple(dict.fromkeys(o.name for o in missing)))
    start = f"{names[0].upper()}{names[1:]} cannot be kept up. "
    return start + why_not(solution, missing[0]) if len(missing) == 1 else start.rstrip()
