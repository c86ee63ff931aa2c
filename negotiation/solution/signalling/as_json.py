"""A signalling solution as plain data: the field `signalling` of schema ``negotiate/solve/1``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from negotiation.equilibria.signalling.equilibria import EquilibriumClass, Interval
from negotiation.equilibria.signalling.thresholds import PriorPiece
from negotiation.games.signalling_game import SignallingGame
from negotiation.solution.signalling.proposals import Proposal
from negotiation.solution.signalling.solution import SignallingSolution, refusal_chance
from negotiation.solution.signalling.verdict import signalling_verdict
from negotiation.solution.units import units_dict

__all__ = ["class_dict", "signalling_dict"]


def signalling_dict(solution: SignallingSolution) -> dict[str, Any]:
    """Return the JSON of `negotiate solve` for a signalling game; numbers are Python floats."""
    game, model = solution.game, solution.model
    return {
        "schema": "negotiate/solve/1",
        "model": {
            "title": model.title,
            "file": model.path,
            "sha256": model.sha256,
            "kind": model.kind,
        },
        "parameters": dict(solution.parameters),
        "units": units_dict(model),
        "players": list(game.players),
        "signalling": {
            "types": list(game.types),
            "excluded_types": list(game.excluded),
            "prior": {t: float(p) for t, p in zip(game.types, game.prior, strict=True)},
            "messages": list(game.messages),
            "responses": {
                m: list(names) for m, names in zip(game.messages, game.responses, strict=True)
            },
            "payoffs": {"sender": _tables(game, 0), "receiver": _tables(game, 1)},
            "classes": [
                class_dict(game, c)
                | (
                    {"refused": _interval(refusal_chance(solution, c))}
                    if solution.proposals
                    else {}
                )
                for c in solution.equilibria.classes
            ],
            "cells": solution.equilibria.cells,
            "thresholds": _thresholds(solution),
            "prior_line": [_piece(piece) for piece in solution.priors],
            "proposals": [_proposal(solution, p) for p in solution.proposals],
            "worth": [
                {
                    "message": w.message,
                    "responses": list(w.responses),
                    "gains": _by_type(game, w.gains),
                    "costs": _by_type(game, w.costs),
                }
                for w in solution.worths
            ],
            "complete": True,
        },
        "verdict": " ".join(signalling_verdict(solution)),
    }


def class_dict(game: SignallingGame, c: EquilibriumClass) -> dict[str, Any]:
    """Return one class of equilibria; every number is an interval [low, high]."""
    return {
        "kind": c.kind,
        "sends": {
            t: {
                m: _interval(v)
                for m, v in zip(game.messages, row, strict=True)
                if v[1] > 0 or v[0] < v[1]
            }
            for t, row in zip(game.types, c.sends, strict=True)
        },
        "payoffs": {t: _interval(v) for t, v in zip(game.types, c.payoffs, strict=True)},
        "receiver_payoff": _interval(c.receiver_payoff),
        "sent": [game.messages[m] for m in c.sent],
        "responses": {
            m: {a: _interval(v) for a, v in zip(names, row, strict=True)}
            for m, names, row in zip(game.messages, game.responses, c.responses, strict=True)
        },
        "beliefs": {
            m: {t: _interval(v) for t, v in zip(game.types, row, strict=True)}
            for m, row in zip(game.messages, c.beliefs, strict=True)
        },
        "intuitive": c.intuitive,
        "d1": c.d1,
        "undefeated": c.undefeated,
        "cells": len(c.cells),
    }


def _interval(found: Interval) -> list[float]:
    return [float(found[0]), float(found[1])]


def _by_type(game: SignallingGame, values: tuple[Fraction, ...]) -> dict[str, float]:
    return {t: float(v) for t, v in zip(game.types, values, strict=True)}


def _tables(game: SignallingGame, side: int) -> dict[str, dict[str, list[float]]]:
    return {
        t: {m: list(map(float, row)) for m, row in zip(game.messages, rows, strict=True)}
        for t, rows in zip(game.types, (game.sender, game.receiver)[side], strict=True)
    }


def _thresholds(solution: SignallingSolution) -> list[dict[str, Any]]:
    game = solution.game
    found = []
    for b in solution.thresholds:
        names = [game.responses[b.message][a] for a in b.between]
        entry: dict[str, Any] = {"message": game.messages[b.message], "responses": names}
        if b.belief is not None:
            entry |= {"type": game.types[-1], "belief": float(b.belief)}
        found.append(entry | {"coefficients": _by_type(game, b.coefficients)})
    return found


def _piece(piece: PriorPiece) -> dict[str, Any]:
    game = piece.equilibria.game
    return {
        "type": game.types[-1],
        "from": float(piece.low),
        "to": float(piece.high),
        "classes": [
            {
                "kind": c.kind,
                "sends": {
                    t: [game.messages[m] for m in own]
                    for t, own in zip(game.types, c.key[0], strict=True)
                },
                "responses": {
                    game.messages[m]: [game.responses[m][a] for a in own]
                    for m, own in zip(c.sent, c.key[1], strict=True)
                },
                "intuitive": c.intuitive,
                "d1": c.d1,
                "undefeated": c.undefeated,
            }
            for c in piece.equilibria.classes
        ],
    }


def _proposal(solution: SignallingSolution, p: Proposal) -> dict[str, Any]:
    players = solution.model.players
    return {
        "type": p.type,
        "response": p.response,
        "outcome": p.outcome,
        "kept": p.kept,
        "refused_by": [players[i] for i in p.refused_by],
        "offered": list(map(float, p.offered)),
        "played": p.played,
        "payoffs": list(map(float, p.payoffs)),
        "slack": None if p.slack is None else list(p.slack),
        "best_deviation": [{"action": name, "gain": gain} for name, gain in p.best],
    }
