"""Solution of a signalling game, and of the repeated bargain behind it where there is one.

Behind private information the response is a proposal. At each type it is kept up for ever or
refused, as the repeated game at that type's parameters says; what follows a refusal is the outcome
that the file names under `otherwise`, which itself must be kept up at every type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

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
from negotiation.errors import UsageError
from negotiation.games.signalling_game import SignallingGame, signalling_game
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.signalling import (
    PlainSignalling,
    PrivateInformation,
    exact_value,
    plain_game,
)
from negotiation.solution.signalling.proposals import Proposal, proposals_at

__all__ = [
    "SignallingSolution",
    "Worth",
    "changing_classes",
    "refusal_chance",
    "signalling_game_at",
    "solve_signals",
    "uninformed_responses",
]


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
