"""Sentences particular to the report, each made from checked numbers."""

from __future__ import annotations

import re

import numpy as np

from negotiation.analysis.samples import Sensitivity
from negotiation.analysis.thresholds import Flip
from negotiation.payoff_file.formulas.formula import to_latex
from negotiation.payoff_file.pieces import Parameter
from negotiation.reporting.markdown import Markdown, fixed, maths
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.verdict import (
    amount,
    in_period,
    label,
    listed,
    number,
    patience,
    period_of,
    verdict,
)

__all__ = [
    "bottom_line",
    "game_class",
    "implications",
    "payoff_formulas",
    "punishment_checks",
    "remaining_verdict",
]

_TRUCES = ("self-enforcing", "armed truce")
_TOP = 2
"""Sentences of the verdict that the bottom line takes."""


def bottom_line(solution: Solution, found: Sensitivity | None) -> tuple[str, ...]:
    """Return three sentences: the sustained truces, who would break them, and the sensitivity."""
    return (*verdict(solution)[:_TOP], _hangs_on(solution, found))


def remaining_verdict(solution: Solution) -> tuple[str, ...]:
    """Return the sentences of the verdict after those of the bottom line."""
    return verdict(solution)[_TOP:]


def _hangs_on(solution: Solution, sensitivity: Sensitivity | None) -> str:
    """Return the nearest change that turns the verdict, and the share assumed."""
    model = solution.model
    parameters = model.parameters if model else ()
    assumed = sum(p.grade == "assumed" for p in parameters)
    tail = f"{assumed} of the {len(parameters)} numbers are assumed" if parameters else ""
    if sensitivity is None:
        return f"Which numbers this hangs on was not analysed; {tail or 'none has a range'}."
    ends = sensitivity.kind in _TRUCES
    effect = "end every truce" if ends else "make a truce hold"
    if sensitivity.kind == "self-enforcing":
        effect = "end this or make a threat necessary"
    if not sensitivity.alone:
        return f"No single number, moved alone within its range, would {effect}; {tail}."
    c = sensitivity.alone[0]
    p = next(p for p in parameters if p.name == c.parameter)
    side = "more than" if c.at > c.now else "less than"
    return (
        f"The nearest single change that would {effect} is {c.parameter} ({p.meaning}) at {side} "
        f"{number(c.at)} rather than {number(c.now)} ({p.grade}); {tail}."
    )


def game_class(solution: Solution, o: OutcomeResult) -> tuple[str, ...]:
    """Name the 2x2 game of each side between keeping an outcome and its fallback.

    Rupture is the pure one-off equilibrium that `trust` uses. Tested on the payoffs: reward R,
    temptation T, punishment P, and S for keeping it alone.
    """
    game, cell = solution.game, o.trust.rupture
    if (
        cell is None
        or cell == o.profile
        or any(x == y for x, y in zip(cell, o.profile, strict=True))
    ):
        return ()
    (a, b), (x, y) = o.profile, cell
    lines = []
    for i, who in enumerate(game.players):
        u = game.payoffs[i]
        reward, punish = float(u[a, b]), float(u[x, y])
        tempt, sucker = (
            (float(u[x, b]), float(u[a, y])) if i == 0 else (float(u[a, y]), float(u[x, b]))
        )
        name = _ordering(reward, tempt, punish, sucker)
        values = ", ".join(
            f"{letter} = {amount(solution, i, v)}"
            for letter, v in (("R", reward), ("T", tempt), ("P", punish), ("S", sucker))
        )
        lines.append(f"For {who} {name} ({values}).")
    deal = " / ".join(names[k] for names, k in zip(game.actions, o.profile, strict=True))
    end = " / ".join(names[k] for names, k in zip(game.actions, cell, strict=True))
    return (
        f"Set {label(solution, o)} ({deal}) against rupture ({end}) and leave all else aside: R "
        "is what both keeping to it brings a side, T what breaking it alone brings, P rupture, S "
        "being the only one to keep to it.",
        *lines,
    )


def _ordering(reward: float, tempt: float, punish: float, sucker: float) -> str:
    """Name an order of the four payoffs."""
    if tempt > reward > punish > sucker:
        return "this is a prisoner's dilemma: T is more than R, R more than P, P more than S"
    if tempt > reward > sucker > punish:
        return "this is a game of chicken: T is more than R, R more than S, S more than P"
    if reward > tempt and punish > sucker and reward > punish:
        return "this is a stag hunt: R is more than T and than P, P more than S"
    if reward >= tempt and sucker >= punish:
        return "keeping to it is at least as good whatever the other side does"
    if tempt >= reward and punish >= sucker and punish >= reward:
        return (
            "rupture is at least as good as the deal, and breaking it pays whatever the other does"
        )
    return "the four payoffs are in none of the orders that have a name"


def punishment_checks(solution: Solution) -> tuple[str, ...]:
    """Return sentences on the role of punishments, of patience and of a last period."""
    game, period = solution.game, period_of(solution)
    truces = [o for o in solution.outcomes if o.truce]
    sustained = [o for o in truces if o.sustained]
    simple = [o for o in sustained if _simple_threat_is_enough(solution, o)]
    lines = []
    if sustained:
        left = [label(solution, o) for o in sustained if o not in simple]
        lines.append(
            "Other punishments: the simple threat to play the worst one-off equilibrium for ever "
            + (
                "is enough for every truce that holds."
                if not left
                else f"is not enough for {listed(left)}; harsher punishments are needed."
            )
        )
    for o in truces:
        need = o.optimal_penal_code
        lines.append(
            f"Equal patience: {label(solution, o)} would "
            + (
                "hold at no patience that both share."
                if need is None
                else "hold at any patience, since no threat is needed."
                if need == 0
                else f"hold if both valued the next {period} at {patience(need)} of this one or "
                "more."
            )
        )
    lines.append(_finite_horizon(solution, sustained))
    for o in truces:
        if not o.sustained:
            lines.append(_with_payments(solution, o))
    lines += [
        _at_equal(solution, truces, i) for i in (0, 1) if game.discount[0] != game.discount[1]
    ]
    return tuple(lines)


def _at_equal(solution: Solution, truces: list[OutcomeResult], i: int) -> str:
    """Return the truces that would hold if both had the discount factor of player i."""
    factor, who = float(solution.game.discount[i]), solution.game.players[i]
    needs = ((o, o.optimal_penal_code) for o in truces)
    names = [label(solution, o) for o, need in needs if need is not None and need <= factor]
    return (
        f"Unequal patience: if both sides were as patient as {who} is here ({patience(factor)}), "
        + (f"{listed(names)} would hold." if names else "no truce would hold.")
    )


def _simple_threat_is_enough(solution: Solution, o: OutcomeResult) -> bool:
    need = o.best_deviation
    worst = solution.worst_stage
    for i, d in enumerate(need):
        factor, g = float(solution.game.discount[i]), o.payoffs[i]
        if (1 - factor) * d.gain > factor * (g - float(worst[i])) + 1e-9 * max(1.0, abs(g)):
            return False
    return True


def _finite_horizon(solution: Solution, sustained: list[OutcomeResult]) -> str:
    """Return the effect of a known last period (Benoit and Krishna 1985)."""
    payoffs = np.array([e.payoffs for e in solution.stage.equilibria])
    spread = np.ptp(solution.game.payoffs.reshape(2, -1), axis=1)
    period = period_of(solution)
    if not solution.stage.complete:
        return "Known end: not analysed, since not all one-off equilibria are known."
    if (np.ptp(payoffs, axis=0) <= 1e-9 * spread).all():
        threatened = [o for o in sustained if o.tightest_player is not None]
        names = listed(label(solution, o) for o in threatened) if threatened else ""
        return (
            f"Known end: if both sides knew which {period} is the last, only one-off equilibria "
            "would be played from the start, since all of them pay the same and none can be held "
            "out as a reward" + (f"; {names} would unravel." if names else ".")
        )
    return (
        f"Known end: several one-off equilibria pay differently, so that even with a known last "
        f"{period} some outcomes could be rewarded or punished; which was not analysed."
    )


def _with_payments(solution: Solution, o: OutcomeResult) -> str:
    payment, game, period = solution.payments[o.profile], solution.game, period_of(solution)
    name = label(solution, o)
    if payment is None:
        ever = (
            "" if o.transfers is None else f", though one would at {patience(o.transfers)} for both"
        )
        return f"Payments: no payment each {period} would make {name} hold at this patience{ever}."
    if payment.transfer == 0:
        return f"Payments: {name} would hold by threat of fines, without a regular payment."
    payer = 0 if payment.transfer > 0 else 1
    least = in_period(solution, payer, min(map(abs, payment.interval)))
    return (
        f"Payments: {name} would hold if {game.players[payer]} paid {game.players[1 - payer]} at "
        f"least {least} each {period}."
    )


def implications(
    solution: Solution, found: tuple[Flip, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each effect of a changed number, with every change that has it alone."""
    model = solution.model
    if model is None:
        return ()
    about = {p.name: p for p in model.parameters}
    groups: dict[str, list[str]] = {}
    for f in _nearest(found, about):
        p = about[f.parameter]
        who = None if f.player is None else solution.game.players[f.player]
        ends = f.holds_above == (f.at <= f.now)
        effect = (
            f"{f.outcome} could no longer be kept up, because {_ending(who)}, if"
            if ends
            else f"{f.outcome} could be kept up, because {_beginning(who)}, if"
        )
        turn = "rose above" if f.at > f.now else "fell below"
        groups.setdefault(effect, []).append(
            f"{p.name} ({p.meaning}) {turn} {number(f.at)}; it is {number(f.now)} here ({p.grade})"
        )
    return tuple((f"All else as given, {effect}", tuple(lines)) for effect, lines in groups.items())


def _ending(who: str | None) -> str:
    return "its punishment would not be credible" if who is None else f"{who} would break it"


def _beginning(who: str | None) -> str:
    return "its punishment would be credible" if who is None else f"{who} would no longer break it"


def _nearest(thresholds: tuple[Flip, ...], about: dict[str, Parameter]) -> list[Flip]:
    def distance(f: Flip) -> float:
        low, high = about[f.parameter].range
        return abs(f.at - f.now) / ((high - low) or 1.0)

    return sorted(thresholds, key=lambda f: (distance(f), f.parameter, f.outcome))


def payoff_formulas(solution: Solution) -> tuple[Markdown, ...]:
    """Return definitions and payoffs as mathematics, where they are formulas."""
    model = solution.model
    if model is None:
        return ()
    lines = [
        fixed("{name}: {formula}", name=name, formula=maths(_powers(to_latex(f))))
        for name, f in model.definitions
    ]
    for who, rule in zip(model.players, model.payoffs, strict=True):
        if not isinstance(rule, tuple):
            formula = maths(_powers(to_latex(rule)))
            lines.append(fixed("payoff of {who}: {formula}", who=who, formula=formula))
    return tuple(lines)


def _powers(latex: str) -> str:
    """Drop a factor of one before a power of ten."""
    return re.sub(r"(?<![\d.])1 \\cdot (10\^)", r"\1", latex)
