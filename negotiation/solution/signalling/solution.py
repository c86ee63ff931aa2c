"""Solution of a signalling game, and of the repeated bargain behind it where there is one.

Behind private information the response is a proposal. At each type it is kept up for ever or
refused, as the repeated game at that type's parameters says; what follows a refusal is the outcome
that the file names under `otherwise`, which itself must be kept up at every type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from negotiation.equilibria.repeated.discounts.patience import patience_needed, slack
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.signalling.equilibria import (
    EquilibriumClass,
    Interval,
    SignallingEquilibria,
    solve_signalling,
)
from negotiation.equilibria.signalling.thresholds import (
    BeliefThreshold,
    PriorPiece,
    belief_thresholds,
    prior_line,
)
from negotiation.equilibria.stage.nash import minmax, pure_nash
from negotiation.errors import PayoffFileError, Problem, UsageError
from negotiation.games.game import Array, Game
from negotiation.games.signalling_game import SignallingGame, signalling_game
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.signalling import (
    PlainSignalling,
    PrivateInformation,
    exact_value,
    plain_game,
)
from negotiation.payoff_file.values import reach

__all__ = [
    "Proposal",
    "SignallingSolution",
    "Worth",
    "changing_classes",
    "proposals_at",
    "refusal_chance",
    "signalling_game_at",
    "solve_signals",
    "uninformed_responses",
]


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


@dataclass(frozen=True)
class Worth:
    """Value, to either of two types, of being taken for the second.

    Attributes
    ----------
    message
        A message that costs something.
    responses
        The best one if the receiver is sure of the first type, and of the second.
    gains
        What each type gains if it is answered with the second instead of the first.
    costs
        What the message costs each type more than the cheapest one.
    """

    message: str
    responses: tuple[str, str]
    gains: tuple[Fraction, Fraction]
    costs: tuple[Fraction, Fraction]


@dataclass(frozen=True, eq=False)
class SignallingSolution:
    """Everything about one signalling game at one parameter point.

    Attributes
    ----------
    model
        Its file.
    parameters, settings
        Values used, and those among them that were set by the caller.
    equilibria
        All of them, with the game.
    thresholds
        Beliefs at which the receiver changes its mind.
    proposals
        What becomes of each proposal at each type; none for a game given by its payoffs.
    """

    model: PayoffFile
    parameters: dict[str, float]
    equilibria: SignallingEquilibria
    thresholds: tuple[BeliefThreshold, ...]
    proposals: tuple[Proposal, ...]
    settings: dict[str, Any]

    @property
    def game(self) -> SignallingGame:
        """The game."""
        return self.equilibria.game

    @cached_property
    def priors(self) -> tuple[PriorPiece, ...]:
        """The list of equilibria over all priors, of two types."""
        return prior_line(self.game)

    @cached_property
    def worths(self) -> tuple[Worth, ...]:
        """Values of being taken for another type, behind a bargain of two types."""
        return _worths(self)


def solve_signals(model: PayoffFile, /, **settings: Any) -> SignallingSolution:
    """Find all perfect Bayesian equilibria of a model in which one side knows more.

    Parameters
    ----------
    model
        Of kind "signalling".
    **settings
        Parameter values.

    Raises
    ------
    NegotiationError
        If a setting is impossible, the chances are no distribution, or the outcome named under
        `otherwise` cannot be kept up at some type.

    Examples
    --------
    >>> from negotiation.payoff_file import load
    >>> [c.kind for c in solve_signals(load("beer-quiche")).equilibria.classes]
    ['pooling', 'pooling']
    """
    game, proposals = signalling_game_at(model, settings)
    return SignallingSolution(
        model=model,
        parameters={name: float(v) for name, v in model.values(**settings).items()},
        equilibria=solve_signalling(game),
        thresholds=belief_thresholds(game),
        proposals=proposals,
        settings=dict(settings),
    )


def signalling_game_at(
    model: PayoffFile, settings: Mapping[str, Any]
) -> tuple[SignallingGame, tuple[Proposal, ...]]:
    """Return the signalling game of a model at some parameter values, with what is behind it."""
    rules = model.signalling
    here = model.exactly(**settings)
    if isinstance(rules, PlainSignalling):
        return plain_game(rules, here, dict(model.definitions), model.title), ()
    if not isinstance(rules, PrivateInformation):
        raise UsageError(
            f"{model.title}: both sides know the same here; expected a model of kind signalling, "
            "such as beer-quiche, or one with a section 'private'"
        )
    _refuse_settings(rules, settings)
    informed, other = rules.player, 1 - rules.player
    proposals = proposals_at(model, here, settings)
    payoffs = {(p.type, p.response): p.payoffs for p in proposals}
    names = [name for name, _ in rules.responses]
    sender: dict[str, dict[str, list[Fraction]]] = {}
    receiver: dict[str, dict[str, list[Fraction]]] = {}
    for k, t in enumerate(rules.types):
        sender[t.name], receiver[t.name] = {}, {}
        for m in rules.messages:
            own = m.costs[k]
            cost = Fraction(0) if own is None else exact_value(own, here)
            sender[t.name][m.name] = [payoffs[t.name, a][informed] - cost for a in names]
            receiver[t.name][m.name] = [payoffs[t.name, a][other] for a in names]
    game = signalling_game(
        {t.name: exact_value(t.chance, here) for t in rules.types},
        {m.name: names for m in rules.messages},
        sender,
        receiver,
        players=(model.players[informed], model.players[other]),
        title=model.title,
    )
    return game, proposals


def _refuse_settings(rules: PrivateInformation, settings: Mapping[str, Any]) -> None:
    for t in rules.types:
        for name, _ in t.settings:
            if name in settings and all(name in dict(u.settings) for u in rules.types):
                raise UsageError(
                    f"{name!r} is given type by type under private.types; setting it would change "
                    "nothing"
                )


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


def uninformed_responses(game: SignallingGame, m: int) -> tuple[int, ...]:
    """Return the receiver's best responses to a message that says nothing."""
    values = [
        sum(
            (p * rows[m][a] for p, rows in zip(game.prior, game.receiver, strict=True)), Fraction(0)
        )
        for a in range(len(game.responses[m]))
    ]
    return tuple(a for a, value in enumerate(values) if value == max(values))


def changing_classes(
    solution: SignallingSolution,
) -> list[tuple[EquilibriumClass, tuple[tuple[int, int], ...]]]:
    """Return each class with the (message, response) pairs on its path that news brought about.

    A pair counts if the response is used after the message and would not be best without news.
    """
    game = solution.game
    made = []
    for c in solution.equilibria.classes:
        pairs = tuple(
            (m, a)
            for m in c.sent
            for a, (_, high) in enumerate(c.responses[m])
            if high > 0 and a not in uninformed_responses(game, m)
        )
        made.append((c, pairs))
    return made


def refusal_chance(solution: SignallingSolution, c: EquilibriumClass) -> Interval:
    """Return with what chance a proposal is made and refused in a class: least and largest.

    The chance is linear in what is sent and in what is answered, so it is extreme where both are
    at a vertex.
    """
    game = solution.game
    refused = {(p.type, p.response) for p in solution.proposals if not p.kept}
    width = len(game.messages)
    first = c.cells[0].strategies.vertices[0][1]
    total = Fraction(sum(first[1:]), first[0])
    offsets = [sum(len(n) for n in game.responses[:m]) for m in range(width)]
    chances = []
    for cell in c.cells:
        for _, sent in cell.strategies.vertices:
            for _, answered in cell.replies.vertices:
                hits = sum(
                    sent[1 + t * width + m] * answered[1 + offsets[m] + a]
                    for t, name in enumerate(game.types)
                    for m in c.sent
                    for a, response in enumerate(game.responses[m])
                    if (name, response) in refused
                )
                chances.append(hits / (sent[0] * answered[0] * total))
    return min(chances), max(chances)


def _worths(solution: SignallingSolution) -> tuple[Worth, ...]:
    game, rules = solution.game, solution.model.signalling
    if not isinstance(rules, PrivateInformation) or len(game.types) != 2 or game.excluded:
        return ()
    names = game.responses[0]
    best = [row[0].index(max(row[0])) for row in game.receiver]
    if best[0] == best[1]:
        return ()
    costs = [
        [_cost(solution, k, m) for m in range(len(game.messages))] for k in range(len(game.types))
    ]
    gains = [row[0][best[1]] - row[0][best[0]] for row in game.sender]
    return tuple(
        Worth(
            message=game.messages[m],
            responses=(names[best[0]], names[best[1]]),
            gains=(gains[0], gains[1]),
            costs=(costs[0][m] - min(costs[0]), costs[1][m] - min(costs[1])),
        )
        for m in range(len(game.messages))
        if any(row[m] > min(row) for row in costs)
    )


def _cost(solution: SignallingSolution, t: int, m: int) -> Fraction:
    game = solution.game
    free = {(p.type, p.response): p.payoffs for p in solution.proposals}
    rules = solution.model.signalling
    assert isinstance(rules, PrivateInformation), "costs stand in private information"
    return free[game.types[t], game.responses[m][0]][rules.player] - game.sender[t][m][0]
