"""Thresholds of single parameters at which a truce starts or stops being sustained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from negotiation.analysis.closed_forms import (
    ClosedForm,
    NoClosedForm,
    critical_parameter_formula,
    critical_patience_formula,
)
from negotiation.analysis.constraint import Condition
from negotiation.equilibria.repeated.payoff_set import pure_minmax
from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.games.game import Game, Outcome
from negotiation.payoff_file.model import PayoffFile
from negotiation.sweeps.critical_values import critical_values

__all__ = ["Flip", "PatienceRule", "flips", "patience_rules"]

Profile = tuple[int, int]
_ASIDE = 1e-6


@dataclass(frozen=True)
class PatienceRule:
    """One player's critical discount factor for an outcome, as a formula if possible.

    Attributes
    ----------
    outcome, profile, player
        Which outcome, its cell, whose patience.
    rule
        The formula, or why there is none; both carry the number.
    """

    outcome: str
    profile: Profile
    player: int
    rule: ClosedForm | NoClosedForm


@dataclass(frozen=True)
class Flip:
    """A value of one parameter at which an outcome starts or stops being sustained.

    Attributes
    ----------
    outcome, profile, player
        Which outcome, its cell, and whose constraint binds there; None where the punishment that it
        rests on is itself no longer credible.
    parameter, now
        Which number, and its value at the point examined.
    at, holds_above
        The threshold, and whether the outcome is sustained above rather than below it.
    rule
        The same as a formula, or why there is none; None if not asked for.
    """

    outcome: str
    profile: Profile
    player: int | None
    parameter: str
    now: float
    at: float
    holds_above: bool
    rule: ClosedForm | NoClosedForm | None = None


def _threat_cells(game: Game) -> tuple[Profile | None, Profile | None]:
    """Return for each player a pure stage equilibrium that is its threat point, if any.

    That is so where it pays the player no more than the pure minmax.
    """
    floor, nash = pure_minmax(game), pure_nash(game)
    threats: list[Profile | None] = []
    for i in (0, 1):
        cells = [(int(a), int(b)) for a, b in np.argwhere(nash)]
        at_minmax = [c for c in cells if game.payoffs[i][c] <= floor[i]]
        threats.append(at_minmax[0] if at_minmax else None)
    return threats[0], threats[1]


def _truces(model: PayoffFile) -> list[tuple[str, Profile]]:
    return [(o.name, p) for o in model.outcomes if o.truce for p in o.profiles]


def patience_rules(model: PayoffFile, /, **settings: Any) -> tuple[PatienceRule, ...]:
    """Return each tempted player's critical discount factor for every truce, as a formula.

    There is one where the worst that can follow a breach is a stage equilibrium; otherwise the
    worst depends on patience itself.

    Parameters
    ----------
    model
        A payoff file.
    **settings
        Parameters that differ from the file's values.
    """
    game = model.game(**settings)
    cells = _threat_cells(game)
    return tuple(
        PatienceRule(name, profile, i, critical_patience_formula(model, profile, i, cell, settings))
        for name, profile in _truces(model)
        for i, cell in enumerate(cells)
        if cell is not None and _tempted(game, profile, i)
    )


def _tempted(game: Game, profile: Profile, i: int) -> bool:
    a, b = profile
    row = game.payoffs[0, :, b] if i == 0 else game.payoffs[1, a, :]
    return bool(row.max() > game.payoffs[i, a, b])


def flips(
    model: PayoffFile,
    settings: Mapping[str, Any] | None = None,
    *,
    formulas: bool = False,
    among: Iterable[tuple[str, Profile]] | None = None,
) -> tuple[Flip, ...]:
    """Return, for every truce and parameter, its thresholds within the range.

    They are the critical values of `critical_values`, which `--vary` reports too: whatever threats
    an outcome rests on, and wherever they change.

    Parameters
    ----------
    model
        A payoff file.
    settings
        Parameters that differ from the file's values.
    formulas
        Look for a closed form of each; takes a second or so for each.
    among
        Names and cells to look at instead of the truces.
    """
    settings = dict(settings or {})
    cells = _truces(model) if among is None else list(among)
    if not cells:
        return ()
    labels = {f"{k} {name}": (name, cell) for k, (name, cell) in enumerate(cells)}
    asked = tuple(Outcome(label, (cell,), truce=True) for label, (_, cell) in labels.items())
    asking, now = replace(model, outcomes=asked), model.values(**settings)
    thresholds: list[Flip] = []
    for p in model.parameters:
        if p.range[0] == p.range[1]:
            continue
        for change in critical_values(asking, p.name, p.range, settings).changes:
            for reason in change.reasons:
                name, cell = labels[reason.outcome]
                flip = Flip(
                    name, cell, reason.player, p.name, float(now[p.name]), change.at, reason.starts
                )
                rule = _formula(model, flip, settings) if formulas else None
                thresholds.append(replace(flip, rule=rule))
    return tuple(thresholds)


def _formula(
    model: PayoffFile, flip: Flip, settings: Mapping[str, Any]
) -> ClosedForm | NoClosedForm:
    """Return a threshold as a formula, which it has where a stage equilibrium is the threat."""
    none = NoClosedForm("the punishment is no stage equilibrium", flip.at, "", flip.holds_above)
    if flip.player is None:
        return none
    threat = _threat_cells(model.game(**{**settings, flip.parameter: flip.at}))[flip.player]
    if threat is None:
        return none
    condition = Condition(flip.profile, flip.player, threat)
    near = critical_parameter_formula(model, flip.parameter, condition, settings)
    rule = min(near, key=lambda rule: abs((rule.numeric or 0.0) - flip.at), default=none)
    close = abs((rule.numeric or 0.0) - flip.at) <= _ASIDE * max(1.0, abs(flip.at))
    return rule if close else none
