"""Sentences particular to the report, each made from checked numbers."""

from __future__ import annotations

import re

import numpy as np

from negotiation.payoff_file.formulas.formula import to_latex
from negotiation.reporting.markdown import Markdown, fixed, maths
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.verdict import (
    in_period,
    label,
    listed,
    patience,
    period_of,
)

__all__ = [
    "payoff_formulas",
    "punishment_checks",
]


def punishment_checks(solution: Solution) -> tuple[str, ...]:
    """Return sentences on the role of punishments, of a last period and of payments."""
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
    lines.append(_finite_horizon(solution, sustained))
    for o in truces:
        if not o.sustained:
            lines.append(_with_payments(solution, o))
    return tuple(lines)


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
