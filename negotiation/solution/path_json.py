"""Equilibrium paths as plain data: the contract of `negotiate path --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.equilibria.stochastic.truce_clock import quantiles

if TYPE_CHECKING:
    from negotiation.games.game import Outcome
    from negotiation.games.stochastic_game import StochasticGame
    from negotiation.solution.path import Life, Outlook

__all__ = ["SHARES", "terms", "to_dict"]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of histories that stay at or below each quantile."""


def to_dict(found: Outlook) -> dict[str, Any]:
    """Return the fields of schema ``negotiate/path/1``; fields may be added, never renamed."""
    game, model = found.game, found.model
    return {
        "schema": "negotiate/path/1",
        "model": {
            "title": model.title,
            "file": model.path,
            "sha256": model.sha256,
            "kind": model.kind,
        },
        "parameters": {k: float(v) for k, v in model.values(**found.settings).items()},
        "players": list(game.players),
        "discount": game.discount.tolist(),
        "period": model.period or "period",
        "start": game.states[game.start],
        "periods": found.periods,
        "seed": found.seed,
        "longest": _life(found, found.longest),
        "shortest": _life(found, found.shortest),
        "at_most": found.bound.tolist(),
        "can_start_without_truce": found.without,
        "states": {name: _state(found, s) for s, name in enumerate(game.states)},
        "thresholds": {t.axis: _threshold(t) for t in found.thresholds},
        "histories": [_history(found, row.tolist()) for row in found.histories],
        "restriction": _restriction(found),
    }


def terms(game: StochasticGame, state: int, cell: tuple[int, int]) -> str:
    """Return the name of an outcome, or the two actions where it has none."""
    named: tuple[Outcome, ...] = game.outcomes[state] if game.outcomes else ()
    for outcome in named:
        if cell in outcome.profiles:
            return outcome.name
    return " / ".join(names[k] for names, k in zip(game.actions[state], cell, strict=True))


def _life(outlook: Outlook, life: Life | None) -> dict[str, Any] | None:
    if life is None:
        return None
    game, check, clock = outlook.game, life.path.check, life.clock
    data: dict[str, Any] = {
        "rule": {
            "weights": list(life.path.rule.weights),
            "sign": life.path.rule.sign,
            "lasting": life.path.rule.lasting,
        },
        "lasts": clock.lasts.tolist(),
        "for_ever": clock.for_ever,
        "mean": clock.mean if np.isfinite(clock.mean) else None,
        "tightest": {
            "state": check.state,
            "player": game.players[check.player],
            "action": check.action,
            "slack": check.slack if np.isfinite(check.slack) else None,
        },
    }
    if game.levels is not None:
        data["expected"] = {
            axis: (clock.state @ game.levels[:, k]).tolist() for k, axis in enumerate(game.axes)
        }
        data["quantiles"] = {
            axis: dict(
                zip(
                    map(str, SHARES),
                    quantiles(game.levels[:, k], clock.state, SHARES).T.tolist(),
                    strict=True,
                )
            )
            for k, axis in enumerate(game.axes)
        }
    return data


def _state(outlook: Outlook, s: int) -> dict[str, Any]:
    """Return the profiles played, and the supportable truces, in one state."""
    game = outlook.game
    data: dict[str, Any] = {}
    for name, life in (("longest", outlook.longest), ("shortest", outlook.shortest)):
        cell = (-1, -1) if life is None else tuple(life.path.cells[s].tolist())
        data[name] = (
            None
            if life is None or min(cell) < 0
            else {
                "profile": list(cell),
                "terms": terms(game, s, cell),
                "truce": bool(life.path.truce[s]),
                "values": life.path.values[s].tolist(),
            }
        )
    data["possible"] = _names(game, s, outlook.possible[s])
    if s in outlook.frozen:
        frozen = outlook.frozen[s]
        data["frozen"] = None if frozen is None else _names(game, s, frozen)
    return data


def _names(game: StochasticGame, s: int, cells: Any) -> list[str]:
    names = [terms(game, s, (a, b)) for a, b in np.argwhere(cells).tolist()]
    return list(dict.fromkeys(names))


def _threshold(threshold: Any) -> dict[str, float | None]:
    return {
        "frozen": threshold.frozen,
        "longest": threshold.moving,
        "possible": threshold.possible,
    }


def _history(outlook: Outlook, states: list[int]) -> dict[str, Any]:
    """Return one drawn history: names of states, and the period in which the truce is broken."""
    assert outlook.longest is not None
    truce_kept = outlook.longest.path.truce[states]
    return {
        "states": [outlook.game.states[s] for s in states],
        "terms": [
            terms(outlook.game, s, tuple(outlook.longest.path.cells[s].tolist())) for s in states
        ],
        "broken": None if truce_kept.all() else int(truce_kept.argmin()) + 1,
    }


def _restriction(outlook: Outlook) -> dict[str, Any] | None:
    projection = outlook.restriction
    if projection is None:
        return None
    return {
        "axis": projection.axis,
        "start": projection.start,
        "periods": list(projection.periods),
        "rows": list(projection.rows),
        "columns": list(projection.columns),
        "expected": projection.levels.tolist(),
        "equal_speeds": {
            "slowest": projection.equal[0].tolist(),
            "fastest": projection.equal[1].tolist(),
        },
    }
