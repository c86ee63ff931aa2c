"""Proposals of a repeated bargain with private information: kept up or refused, type by type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from negotiation.equilibria.repeated.discounts.patience import patience_needed, slack
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.stage.nash import minmax, pure_nash
from negotiation.errors import PayoffFileError, Problem
from negotiation.games.game import Array, Game
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.signalling import (
    PrivateInformation,
    exact_value,
)
from negotiation.payoff_file.values import reach

__all__ = ["Proposal", "proposals_at"]

_ROUNDING = 1e-12
"""Of a discount factor that is just enough, as for outcomes of repeated games."""


@dataclass(frozen=True)
class Proposal:
    """Fate of a proposed outcome at one type.

    Attributes
    ----------
    type, response, outcome
        Names; the outcome is what the response proposes.
    kept
        Whether it can be kept up for ever at this type's parameters.
    offered
        Payoffs of the proposed outcome, per period.
    played, payoffs
        Name of the outcome that is played, and its payoffs.
    slack
        What each player loses on average a period by breaking the proposed outcome; negative where
        it gains. None if nothing can be relied on.
    best
        Each player's best deviation from it: the name of the action, and its gain at once.
    """

    type: str
    response: str
    outcome: str
    kept: bool
    offered: tuple[Fraction, Fraction]
    played: str
    payoffs: tuple[Fraction, Fraction]
    slack: tuple[float, float] | None
    best: tuple[tuple[str, float], tuple[str, float]]

    @property
    def refused_by(self) -> tuple[int, ...]:
        """The players that would rather break it."""
        if self.kept:
            return ()
        return (0, 1) if self.slack is None else tuple(i for i in (0, 1) if self.slack[i] < 0)


def proposals_at(
    model: PayoffFile, here: Mapping[str, Fraction], settings: Iterable[str] = ()
) -> tuple[Proposal, ...]:
    """Return what becomes of each proposal at each type.

    Parameters
    ----------
    model
        With private information.
    here
        Every parameter's value, before the types' own.
    settings
        Names that were set by hand; formulas of others do not move them.

    Raises
    ------
    PayoffFileError
        If the outcome under `otherwise` cannot be kept up at some type.
    """
    relevant = _relevant(model)
    fixed = frozenset(settings)
    key = tuple((n, v) for n, v in here.items() if n in relevant)
    return _all_proposals(model, key, fixed & relevant)


@lru_cache(maxsize=512)
def _all_proposals(
    model: PayoffFile, here: tuple[tuple[str, Fraction], ...], fixed: frozenset[str]
) -> tuple[Proposal, ...]:
    rules = model.signalling
    assert isinstance(rules, PrivateInformation), "proposals need private information"
    follows = {p.name for p in model.parameters if p.formula is not None} - fixed
    used, given = _used_by_bargain(model), dict(here)
    made: list[Proposal] = []
    for t in rules.types:
        own: dict[str, Any] = {n: v for n, v in given.items() if n not in follows}
        own |= {n: exact_value(f, given) for n, f in t.settings}
        values = model.exactly(**own)
        made += _proposals(model, t.name, tuple((n, v) for n, v in values.items() if n in used))
    return tuple(made)


@lru_cache(maxsize=64)
def _relevant(model: PayoffFile) -> frozenset[str]:
    """Return the parameters that the bargain at any type depends on."""
    rules = model.signalling
    assert isinstance(rules, PrivateInformation), "proposals need private information"
    names = {n for t in rules.types for _, f in t.settings for n in f.names}
    formulas = {p.name: p.formula for p in model.parameters if p.formula is not None}
    return _used_by_bargain(model) | reach(names, formulas)


@lru_cache(maxsize=64)
def _used_by_bargain(model: PayoffFile) -> frozenset[str]:
    """Return the parameters that the bargain depends on, private information left aside."""
    return frozenset(model.bargain().used_parameters())


@lru_cache(maxsize=4096)
def _proposals(
    model: PayoffFile, name: str, values: tuple[tuple[str, Fraction], ...]
) -> tuple[Proposal, ...]:
    rules = model.signalling
    assert isinstance(rules, PrivateInformation), "proposals need private information"
    game = model.bargain().game(**dict(values))
    threats = _worst_payoffs(game)
    last, kept = _cell(game, rules.otherwise, threats)
    if not kept:
        raise _otherwise_fails(model, rules, name, _slack(game, last, threats))
    made = []
    for response, outcome in rules.responses:
        profile, holds = _cell(game, outcome, threats)
        made.append(
            Proposal(
                type=name,
                response=response,
                outcome=outcome,
                kept=holds,
                offered=_payoffs(game, profile),
                played=outcome if holds else rules.otherwise,
                payoffs=_payoffs(game, profile if holds else last),
                slack=_slack(game, profile, threats),
                best=(_best(game, profile, 0), _best(game, profile, 1)),
            )
        )
    return tuple(made)


def _worst_payoffs(game: Game) -> Array | None:
    """Return each player's worst subgame-perfect payoff; None if no threat can be relied on.

    No equilibrium pays less than the pure minmax, so where a one-shot equilibrium pays just that
    to each player the set of equilibrium payoffs need not be found.
    """
    pure = pure_nash(game)
    if pure.any():
        worst: Array = game.payoffs[:, pure].min(axis=1)
        if np.array_equal(worst, minmax(game).pure):
            return worst
    return payoff_set(game).min_spe_payoffs


def _cell(game: Game, name: str, threats: Array | None) -> tuple[tuple[int, int], bool]:
    """Return the first cell of an outcome that can be kept up, or its first cell."""
    cells = next(o.profiles for o in game.outcomes if o.name == name)
    for profile in cells:
        if threats is None:
            break
        if (patience_needed(game, profile, threats) <= game.discount + _ROUNDING).all():
            return profile, True
    return cells[0], False


def _slack(
    game: Game, profile: tuple[int, int], threats: Array | None
) -> tuple[float, float] | None:
    if threats is None:
        return None
    first, second = map(float, slack(game, profile, threats))
    return first, second


def _best(game: Game, profile: tuple[int, int], i: int) -> tuple[str, float]:
    """Return a player's best deviation from a cell, and its gain at once."""
    row = game.payoffs[0, :, profile[1]] if i == 0 else game.payoffs[1, profile[0], :]
    top = int(np.argmax(row))
    gain = float(row[top] - row[profile[i]])
    return (game.actions[i][top], gain) if gain > 0 else (game.actions[i][profile[i]], 0.0)


def _payoffs(game: Game, profile: tuple[int, int]) -> tuple[Fraction, Fraction]:
    a, b = profile
    if game.exact is not None:
        return game.exact[0][a][b], game.exact[1][a][b]
    return Fraction(float(game.payoffs[0, a, b])), Fraction(float(game.payoffs[1, a, b]))


def _otherwise_fails(
    model: PayoffFile,
    rules: PrivateInformation,
    name: str,
    missing: tuple[float, float] | None,
) -> PayoffFileError:
    if missing is None:
        why = "no threat can be relied on there"
    else:
        short = min((0, 1), key=lambda i: missing[i])
        why = f"{model.players[short]} falls {-missing[short]:.3g} short on average"
    message = f"private.otherwise: {rules.otherwise!r} cannot be kept up at type {name!r}: {why}"
    expected = "an outcome that both sides keep up at every type"
    return PayoffFileError([Problem(model.path, rules.line, rules.col, message, expected)])
