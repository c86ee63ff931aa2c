"""Thresholds of single parameters at which a truce starts or stops being sustained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from negotiation.analysis.closed_forms import (
    ClosedForm,
    NoClosedForm,
    critical_parameter,
    critical_parameter_formula,
    critical_patience_formula,
)
from negotiation.analysis.constraint import Condition
from negotiation.equilibria.repeated.discounts.patience import (
    patience_needed,
    penal_threats,
)
from negotiation.equilibria.repeated.payoff_set import pure_minmax
from negotiation.equilibria.stage.best_replies import pure_nash
from negotiation.errors import NegotiationError
from negotiation.games.game import Game
from negotiation.payoff_file.model import PayoffFile

__all__ = ["Flip", "PatienceRule", "flips", "has_fixed_threat", "patience_rules"]

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
        Which outcome, its cell, and whose constraint binds there.
    parameter, now
        Which number, and its value at the point examined.
    at, holds_above
        The threshold, and whether the outcome is sustained above rather than below it.
    rule
        The same as a formula, or why there is none; None if not asked for.
    """

    outcome: str
    profile: Profile
    player: int
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


def has_fixed_threat(game: Game) -> tuple[bool, bool]:
    """Tell for each player whether its threat point is a stage equilibrium.

    Only then does `flips` look for values at which that player's constraint changes.
    """
    first, second = _threat_cells(game)
    return first is not None, second is not None


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

    Each is checked on both sides with the harshest credible punishments: a value at which one
    player's constraint is met but the other's fails anyway is left out. Only where the worst that
    can follow a breach is a stage equilibrium.

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
    cells = _threat_cells(model.game(**settings))
    looked_at = _truces(model) if among is None else list(among)
    now = model.values(**settings)
    thresholds: list[Flip] = []
    for (name, profile), p, i in product(looked_at, model.parameters, (0, 1)):
        cell = cells[i]
        if cell is None:
            continue
        condition = Condition(profile, i, cell)
        for root, above in critical_parameter(model, p.name, condition, settings):
            if _flips_at(model, profile, {**settings, p.name: root}, p.name):
                rule = _formula(model, p.name, condition, settings, root) if formulas else None
                flip = Flip(name, profile, i, p.name, float(now[p.name]), root, above, rule)
                thresholds.append(flip)
    return tuple(thresholds)


def _formula(
    model: PayoffFile, name: str, condition: Condition, settings: Mapping[str, Any], root: float
) -> ClosedForm | NoClosedForm:
    near = critical_parameter_formula(model, name, condition, settings)
    return min(near, key=lambda rule: abs((rule.numeric or 0.0) - root))


def _flips_at(model: PayoffFile, profile: Profile, settings: Mapping[str, Any], name: str) -> bool:
    """Tell whether the outcome is sustained on exactly one side of the parameter's value."""
    step = _ASIDE * max(1.0, abs(float(settings[name])))
    try:
        below, above = (
            _sustained(model.game(**{**settings, name: float(settings[name]) + side}), profile)
            for side in (-step, step)
        )
    except NegotiationError:
        return False
    return below != above


def _sustained(game: Game, profile: Profile) -> bool:
    def enough(worst: Any) -> bool:
        return bool((patience_needed(game, profile, worst) <= game.discount + 1e-12).all())

    worst = penal_threats(game)(np.asarray(game.discount), enough)
    return worst is not None and enough(worst)
