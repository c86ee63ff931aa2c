"""A dynamic solution as plain data: the contract of `negotiate solve --json`, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from negotiation.equilibria.stochastic.markov import MarkovEquilibrium
from negotiation.solution.dynamic_verdict import dynamic_verdict

if TYPE_CHECKING:
    from negotiation.solution.dynamic import DynamicSolution

__all__ = ["to_dict"]


_FROZEN = ("payoffs", "stage", "repeated", "outcomes", "regime", "sustained")
"""Fields that describe the game in which nothing moves."""


def to_dict(solution: DynamicSolution) -> dict[str, Any]:
    """Return the fields of schema ``negotiate/solve/1``; numbers are Python floats.

    The fields that a repeated game has say what would hold if nothing moved; ``now``, ``states``
    and ``markov_equilibria`` what holds as things move.
    """
    game, model = solution.game, solution.model
    frozen = solution.frozen.to_dict()
    frozen["model"]["kind"] = model.kind
    return frozen | {
        "frozen_fields": list(_FROZEN),
        "start": game.states[game.start],
        "axes": list(game.axes),
        "states": {s.name: _state(solution, k) for k, s in enumerate(solution.sets.states)},
        "now": [_outcome(solution, k) for k in range(len(solution.outcomes))],
        "transfers": _paid(solution),
        "markov_equilibria": [_markov(solution, e) for e in solution.markov.listed],
        "markov_equilibria_complete": solution.markov.complete,
        "markov_equilibria_count": solution.markov.count,
        "markov_equilibria_left_out": list(solution.markov.gaps),
        "frozen_verdict": frozen["verdict"],
        "verdict": " ".join(dynamic_verdict(solution)),
    }


def _state(solution: DynamicSolution, k: int) -> dict[str, Any]:
    game, found = solution.game, solution.sets.states[k]
    return {
        "status": found.status,
        "payoff_set": found.vertices.tolist(),
        "gap": found.gap,
        "threats": None if found.threats is None else found.threats.tolist(),
        "near_critical": found.near_critical,
        "levels": {}
        if game.levels is None
        else dict(zip(game.axes, game.levels[k].tolist(), strict=True)),
        "actions": [list(a) for a in game.actions[k]],
        "outcomes": [o.name for o in solution.outcomes if k in o.states],
    }


def _outcome(solution: DynamicSolution, k: int) -> dict[str, Any]:
    o = solution.outcomes[k]
    return {
        "name": o.name,
        "truce": o.truce,
        "playable": o.now,
        "playable_frozen": o.frozen,
        "sustained_frozen": o.kept,
        "states": [solution.game.states[s] for s in o.states],
    }


def _paid(solution: DynamicSolution) -> dict[str, Any]:
    """Return what can be sustained in every state if the sides can pay each other."""
    game, found = solution.game, solution.paid

    def profile(s: int, cell: Any) -> list[str]:
        return [names[k] for names, k in zip(game.actions[s], cell.tolist(), strict=True)]

    states: dict[str, Any] = {}
    for s, name in enumerate(game.states):
        states[name] = None
        if found.exists[s]:
            states[name] = {
                "joint": float(found.U[s]),
                "worst": found.v[s].tolist(),
                "path": profile(s, found.path[s]),
                "punishments": [profile(s, plan[s]) for plan in found.punishments],
            }
    return {"weights": found.weights.tolist(), "states": states}


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
