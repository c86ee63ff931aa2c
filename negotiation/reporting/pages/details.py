"""Details of a solution: thresholds, a breach played out, learning and frontiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from negotiation.analysis.closed_forms import ClosedForm, NoClosedForm
from negotiation.analysis.thresholds import Flip, PatienceRule, flips, patience_rules
from negotiation.equilibria.repeated.discounts.frontier import discount_frontier
from negotiation.equilibria.repeated.discounts.patience import penal_threats
from negotiation.equilibria.stage.learning import honouring_basin
from negotiation.games.strategies import simulate
from negotiation.reporting.blocks import Block
from negotiation.reporting.pages.answers.followers import change_dict
from negotiation.reporting.pages.bears import bears_block
from negotiation.solution import strategy_words
from negotiation.solution.as_json import to_dict
from negotiation.solution.units import units_of
from negotiation.solution.verdict import label, number, period_of

if TYPE_CHECKING:
    from negotiation.solution.outcomes import OutcomeResult
    from negotiation.solution.solution import Solution

__all__ = ["full_dict", "more_blocks"]

_SHOWN = 8
"""Periods of play shown after a breach."""


def more_blocks(solution: Solution, *, formulas: bool = False) -> tuple[Block, ...]:
    """Return the blocks of `negotiate solve --full`: thresholds, breaches and learning.

    Parameters
    ----------
    solution
        What was found.
    formulas
        Give thresholds as formulas where they have one; takes a second or so for each.
    """
    model = solution.model
    thresholds = flips(model, _settings(solution), formulas=formulas) if model else ()
    blocks = [
        _flips(solution, thresholds),
        *([_rules(solution, thresholds)] if formulas else []),
        bears_block(solution),
        _breach(solution),
        _learning(solution),
    ]
    return tuple(b for b in blocks if b.lines or b.rows)


def _settings(solution: Solution) -> dict[str, Any]:
    return dict(solution.settings)


def breaker(players: tuple[str, str], flip: Flip) -> str:
    """Return who breaks an outcome on the far side of a threshold, or what else ends it there."""
    if flip.player is None:
        return "the punishment is not credible"
    return f"{players[flip.player]} would break it"


def _flips(solution: Solution, thresholds: tuple[Flip, ...]) -> Block:
    """List the thresholds of single numbers for every truce, nearest first."""
    if solution.model is None:
        return Block("")
    players = solution.game.players
    ranges = {p.name: p.range for p in solution.model.parameters}

    def nearness(at: float, now: float, name: str) -> float:
        low, high = ranges[name]
        return abs(at - now) / ((high - low) or 1.0)

    rows = []
    for f in sorted(thresholds, key=lambda f: (nearness(f.at, f.now, f.parameter), f.parameter)):
        above = f.holds_above
        rows.append(
            (
                f"{f.parameter} = {number(f.now)}",
                f"{f.outcome} {'holds from' if above else 'holds up to'} {number(f.at)}",
                f"{breaker(players, f)} {'below' if above else 'beyond'}",
            )
        )
    return Block(
        "What would flip it, one number at a time",
        header=("number", "threshold", "why") if rows else (),
        rows=tuple(rows),
        lines=()
        if rows
        else ("No single number, moved within its range, has a threshold that could be shown.",),
        notes=("Nearest first, as a share of the number's range in the file.",) if rows else (),
    )


def _rules(solution: Solution, thresholds: tuple[Flip, ...]) -> Block:
    """List critical discount factors and thresholds as formulas."""
    if solution.model is None:
        return Block("")
    rules = [
        (f"{r.outcome}, {solution.game.players[r.player]}", r.rule)
        for r in patience_rules(solution.model, **_settings(solution))
    ]
    rules += [(f"{f.outcome}, {f.parameter}", f.rule) for f in thresholds if f.rule is not None]
    lines = []
    for about, rule in rules:
        if isinstance(rule, ClosedForm):
            lines.append(f"- {about}: {rule.text}, here {number(rule.numeric)}. ${rule.latex}$")
        else:
            lines.append(f"- {about}: no closed form, since {rule.reason}.")
    return Block("Thresholds as formulas", lines=tuple(lines))


def _tightest(solution: Solution) -> OutcomeResult | None:
    """Return the sustained truce with the smallest margin, if any side is tempted."""
    truces = [
        o for o in solution.outcomes if o.truce and o.strategy and o.tightest_player is not None
    ]

    return min(truces, key=lambda o: min(o.patience_margin)) if truces else None


def _breach(solution: Solution) -> Block:
    """Play out one breach: two periods of the deal, then the best deviation."""
    o = _tightest(solution)
    if o is None or o.strategy is None or o.tightest_player is None:
        return Block("")
    game, i, units = solution.game, o.tightest_player, units_of(solution.model)
    per = f",\n{units.in_full}" if units.rate else ""
    deviation = (2, i, o.best_deviation[i].action)
    played = simulate(game, o.strategy, _SHOWN, deviation=deviation, seed=0)
    return Block(
        f"If {game.players[i]} broke {o.name} once",
        header=(period_of(solution), *game.players, *(f"{p} gets{per}" for p in game.players)),
        rows=tuple(
            (
                str(p.period + 1),
                *(
                    game.actions[j][p.profile[j]] + (" (breach)" if p.deviator == j else "")
                    for j in (0, 1)
                ),
                *map(number, p.payoffs),
            )
            for p in played
        ),
    )


def _learning(solution: Solution) -> Block:
    """List the basins of two learning rules, for every truce with something at stake."""
    rows = []
    for o in solution.outcomes:
        if (
            o.truce
            and o.sustained
            and o.tightest_player is not None
            and o.trust.payoffs is not None
        ):
            basin = honouring_basin(o.trust.payoffs)
            rows.append(
                (label(solution, o), f"{basin.replicator:.2f}", f"{basin.fictitious_play:.2f}")
            )
    return Block(
        "If both sides learn as they go",
        header=("outcome", "replicator dynamics", "fictitious play") if rows else (),
        rows=tuple(rows),
        notes=(
            "The share of a grid of starting beliefs from which each way of learning ends with "
            "both honouring the outcome. A share of starting points is not a probability.",
        ),
    )


def full_dict(solution: Solution, *, formulas: bool = False) -> dict[str, Any]:
    """Return the JSON of `negotiate solve --full --json`: the contract with more fields.

    Adds ``thresholds``, ``follower_thresholds``, ``patience_formulas`` and ``frontier``, and to
    each outcome's strategy its table and Mermaid diagram.
    """
    out = to_dict(solution)
    game, model = solution.game, solution.model
    threats = penal_threats(game)
    out["frontier"] = {
        o.name: discount_frontier(game, o.profile, threats, points=9, straight=0.01).tolist()
        for o in solution.outcomes
        if o.truce
    }
    for o, entry in zip(solution.outcomes, out["outcomes"], strict=True):
        if o.strategy is not None:
            entry["strategy"]["table"] = [list(r) for r in strategy_words.table(game, o.strategy)]
            entry["strategy"]["mermaid"] = strategy_words.mermaid(game, o.strategy)
    if model is None:
        return out
    settings = _settings(solution)
    thresholds = flips(model, settings, formulas=formulas)
    rules = patience_rules(model, **settings) if formulas else ()
    out["thresholds"] = [_flip_entry(f, game.players) for f in thresholds]
    out["follower_thresholds"] = change_dict(solution)
    out["patience_formulas"] = [_rule_entry(r, game.players) for r in rules]
    return out


def _flip_entry(flip: Flip, players: tuple[str, str]) -> dict[str, Any]:
    return {
        "outcome": flip.outcome,
        "parameter": flip.parameter,
        "now": flip.now,
        "at": flip.at,
        "holds": "above" if flip.holds_above else "below",
        "player": None if flip.player is None else players[flip.player],
        **_formula_entry(flip.rule),
    }


def _rule_entry(patience_rule: PatienceRule, players: tuple[str, str]) -> dict[str, Any]:
    return {
        "outcome": patience_rule.outcome,
        "player": players[patience_rule.player],
        "value": patience_rule.rule.numeric,
        **_formula_entry(patience_rule.rule),
        "reason": None if isinstance(patience_rule.rule, ClosedForm) else patience_rule.rule.reason,
    }


def _formula_entry(rule: ClosedForm | NoClosedForm | None) -> dict[str, Any]:
    text, latex = (rule.text, rule.latex) if isinstance(rule, ClosedForm) else (None, None)
    return {"formula": text, "latex": latex}
