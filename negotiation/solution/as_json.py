"""Solutions as plain data: the contract of `negotiate solve --json`."""

from __future__ import annotations

import math
from typing import Any

from negotiation.equilibria.stochastic.markov import MarkovEquilibrium
from negotiation.solution import strategy_words
from negotiation.solution.bears import RATES, TERMS, Bears
from negotiation.solution.dynamic import DynamicSolution
from negotiation.solution.dynamic_verdict import dynamic_verdict
from negotiation.solution.history import stretch_dict, stretches
from negotiation.solution.outcomes import OutcomeResult
from negotiation.solution.solution import Solution
from negotiation.solution.units import units_dict, units_of
from negotiation.solution.verdict import verdict

__all__ = ["bears_dict", "to_dict"]


def to_dict(solution: Solution | DynamicSolution) -> dict[str, Any]:
    """Return the fields of schema ``negotiate/solve/1``; numbers are Python floats.

    Fields may be added to the schema, never renamed.
    """
    return _repeated(solution) if isinstance(solution, Solution) else _dynamic(solution)


def _repeated(solution: Solution) -> dict[str, Any]:
    game, model, payoff_set = solution.game, solution.model, solution.repeated
    return {
        "schema": "negotiate/solve/1",
        "model": {
            "title": game.title,
            "file": model.path if model else None,
            "sha256": model.sha256 if model else None,
            "kind": model.kind if model else "repeated",
        },
        "parameters": dict(solution.parameters),
        "players": list(game.players),
        "discount": game.discount.tolist(),
        "actions": [list(a) for a in game.actions],
        "units": units_dict(model),
        "payoffs": game.payoffs.tolist(),
        "stage": _stage(solution),
        "repeated": {
            "status": payoff_set.status,
            "payoff_set": payoff_set.vertices.tolist(),
            "gap": payoff_set.gap,
            "min_spe_payoffs": None
            if payoff_set.min_spe_payoffs is None
            else payoff_set.min_spe_payoffs.tolist(),
            "near_critical": payoff_set.near_critical,
            "method": payoff_set.method,
        },
        "outcomes": [_outcome(solution, o) for o in solution.outcomes],
        "followers": _followers(solution),
        "observed": [stretch_dict(solution, s) for s in stretches(solution)],
        "regime": solution.regime,
        "sustained": list(solution.sustained),
        "verdict": " ".join(verdict(solution)),
    }


def _followers(solution: Solution) -> list[dict[str, Any]]:
    play = solution.followers
    if play is None:
        return []
    names = solution.game.actions
    return [
        {
            "name": name,
            "choices": list(play.choices[k]),
            "chosen": [[play.choices[k][c] for c in row] for row in play.chosen[k].tolist()],
            "ties": [
                [names[0][a], names[1][b]]
                for a, row in enumerate(play.ties[k].tolist())
                for b, tied in enumerate(row)
                if tied
            ],
        }
        for k, name in enumerate(play.names)
    ]


def _stage(solution: Solution) -> dict[str, Any]:
    stage = solution.stage
    return {
        "equilibria": [
            {
                "strategies": [list(map(float, x)) for x in e.strategies],
                "payoffs": list(map(float, e.payoffs)),
                "regret": float(max(e.regret)),
                "pure": bool(e.pure),
            }
            for e in stage.equilibria
        ],
        "components": [list(c) for c in stage.components],
        "degenerate": bool(stage.degenerate),
        "complete": bool(stage.complete),
        "method": stage.method,
        "minmax": {
            "pure": solution.minmax.pure.tolist(),
            "mixed": solution.minmax.mixed.tolist(),
        },
    }


def _outcome(solution: Solution, o: OutcomeResult) -> dict[str, Any]:
    game = solution.game
    return {
        "name": o.name,
        "profile": [game.actions[i][o.profile[i]] for i in (0, 1)],
        "payoffs": list(o.payoffs),
        "truce": o.truce,
        "sustained": o.sustained,
        "band": o.band,
        "critical_discount": {
            "nash_reversion": o.nash_reversion,
            "optimal_penal_code": o.optimal_penal_code,
            "transfers": o.transfers,
        },
        "critical_discount_by_player": {
            "nash_reversion": list(o.nash_reversion_by_player),
            "optimal_penal_code": list(o.optimal_penal_code_by_player),
            "near_critical": list(o.near_critical),
        },
        "slack": None if o.slack is None else list(o.slack),
        "best_deviation": [
            {"action": game.actions[i][d.action], "deviation_gain": d.gain}
            for i, d in enumerate(o.best_deviation)
        ],
        "tightest_player": None if o.tightest_player is None else game.players[o.tightest_player],
        "critical_belief": list(o.trust.critical_belief),
        "risk_dominant": o.trust.risk_dominant,
        "strategy": None if o.strategy is None else _strategy(solution, o),
        "renegotiation": _renegotiation(solution, o),
        "payment": _payment(solution, o),
        "bears": bears_dict(solution.bears[o.profile], solution.game.players),
    }


def _strategy(solution: Solution, o: OutcomeResult) -> dict[str, Any]:
    assert o.strategy is not None
    game = solution.game
    return {
        "kind": o.strategy.kind,
        "states": [
            {
                "name": s.name,
                "profile": [game.actions[i][s.profile[i]] for i in (0, 1)],
                "value": list(s.value),
                "then": [[state, share] for state, share in s.then],
                "after": list(s.after),
            }
            for s in o.strategy.states
        ],
        "words": " ".join(strategy_words.words(game, o.strategy, units=units_of(solution.model))),
    }


def _renegotiation(solution: Solution, o: OutcomeResult) -> dict[str, Any] | None:
    result = solution.renegotiation.get(o.profile)
    if result is None:
        return None
    return {
        "renegotiation_proof": result.proof,
        "at_discount": result.at_discount,
        "fails": [solution.game.players[i] for i in result.fails],
        "periods": None
        if result.periods is None
        else [p if math.isfinite(p) else None for p in result.periods],
    }


def _payment(solution: Solution, o: OutcomeResult) -> dict[str, Any] | None:
    payment = solution.payments[o.profile]
    if payment is None:
        return None
    payer = 0 if payment.transfer >= 0 else 1
    return {
        "from": solution.game.players[payer],
        "to": solution.game.players[1 - payer],
        "amount": abs(payment.transfer),
        "interval_from_first_to_second": list(payment.interval),
    }


_FROZEN = ("payoffs", "stage", "repeated", "outcomes", "regime", "sustained")
"""Fields that describe the game in which nothing moves."""


def bears_dict(found: Bears | None, players: tuple[str, str]) -> dict[str, Any] | None:
    """Return what a truce can bear as plain data."""
    if found is None:
        return None
    sides = [
        {
            "player": players[side.player],
            "deviation_gain": side.gain,
            "surplus": side.surplus,
            "constant_punishment": side.constant,
            "stock": side.stock,
            "renewal": [
                {"periods": t, "belief": belief}
                for t, belief in zip(TERMS, side.renewal, strict=True)
            ],
            "turnover": side.turnover,
            "false_alarm_limit": side.alarm_limit,
            "freeze": [
                {"false_alarm": alarm, "detection": seen, "periods": periods}
                for (alarm, seen), periods in zip(RATES, side.freeze, strict=True)
            ],
        }
        for side in found.sides
    ]
    return {"players": sides, "reopening": found.reopening, "unravels": found.unravels}


def _dynamic(solution: DynamicSolution) -> dict[str, Any]:
    """Return the fields of a dynamic model.

    The fields that a repeated game has say what would hold if nothing moved; ``now``, ``states``
    and ``markov_equilibria`` what holds as things move.
    """
    game, model = solution.game, solution.model
    frozen = _repeated(solution.frozen)
    frozen["model"]["kind"] = model.kind
    return frozen | {
        "fixed_state_fields": list(_FROZEN),
        "start": game.states[game.start],
        "axes": list(game.axes),
        "states": {s.name: _state(solution, k) for k, s in enumerate(solution.sets.states)},
        "now": [_outcome_now(solution, k) for k in range(len(solution.outcomes))],
        "transfers": _paid(solution),
        "markov_equilibria": [_markov(solution, e) for e in solution.markov.listed],
        "markov_equilibria_complete": solution.markov.complete,
        "markov_equilibria_count": solution.markov.count,
        "markov_equilibria_left_out": list(solution.markov.gaps),
        "fixed_state_verdict": frozen["verdict"],
        "verdict": " ".join(dynamic_verdict(solution)),
    }


def _state(solution: DynamicSolution, k: int) -> dict[str, Any]:
    game, payoffs = solution.game, solution.sets.states[k]
    return {
        "status": payoffs.status,
        "payoff_set": payoffs.vertices.tolist(),
        "gap": payoffs.gap,
        "min_spe_payoffs": None
        if payoffs.min_spe_payoffs is None
        else payoffs.min_spe_payoffs.tolist(),
        "near_critical": payoffs.near_critical,
        "levels": {}
        if game.levels is None
        else dict(zip(game.axes, game.levels[k].tolist(), strict=True)),
        "actions": [list(a) for a in game.actions[k]],
        "outcomes": [o.name for o in solution.outcomes if k in o.states],
    }


def _outcome_now(solution: DynamicSolution, k: int) -> dict[str, Any]:
    o = solution.outcomes[k]
    return {
        "name": o.name,
        "truce": o.truce,
        "supportable_now": o.now,
        "supportable_fixed_state": o.frozen,
        "sustained_fixed_state": o.kept,
        "states": [solution.game.states[s] for s in o.states],
    }


def _paid(solution: DynamicSolution) -> dict[str, Any]:
    """Return the payoffs in every state that side payments can sustain."""
    game, transfers = solution.game, solution.paid

    def profile(s: int, cell: Any) -> list[str]:
        return [names[k] for names, k in zip(game.actions[s], cell.tolist(), strict=True)]

    states: dict[str, Any] = {}
    for s, name in enumerate(game.states):
        states[name] = None
        if transfers.exists[s]:
            states[name] = {
                "joint": float(transfers.U[s]),
                "worst": transfers.v[s].tolist(),
                "path": profile(s, transfers.path[s]),
                "punishments": [profile(s, plan[s]) for plan in transfers.punishments],
            }
    return {"weights": transfers.weights.tolist(), "states": states}


def _markov(solution: DynamicSolution, e: MarkovEquilibrium) -> dict[str, Any]:
    names = solution.game.states
    return {
        "policy": {
            name: [list(map(float, x)) for x in pair]
            for name, pair in zip(names, e.policy, strict=True)
        },
        "values": dict(zip(names, e.values.tolist(), strict=True)),
        "pure": e.pure,
        "count": e.count,
    }
