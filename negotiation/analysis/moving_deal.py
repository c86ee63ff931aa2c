"""The deal on the table where the state moves: which numbers end it, and who breaks it then.

References
----------
D. Abreu, D. Pearce and E. Stacchetti (1990), Toward a theory of discounted repeated games with
imperfect monitoring, Econometrica 58: an action pair is enforceable by continuation payoffs if no
side gains by deviating to the worst that can follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from negotiation.equilibria.stochastic.payoff_sets import StochasticSets, stochastic_sets
from negotiation.errors import NegotiationError
from negotiation.games.state_graph import from_start
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import Parameter
from negotiation.sweeps.dynamic_line import moving_line

__all__ = ["MovingTurn", "moving_turns", "who_breaks"]


@dataclass(frozen=True)
class MovingTurn:
    """The nearest value of a number at which a deal can no longer, or can first, be played now.

    Attributes
    ----------
    parameter, now
        Which number, and its value.
    last, first
        The last value with today's answer, and the first with the other one; between them it
        turns. Of a number on a grid these are neighbouring levels.
    player
        Who would break the deal on the side where it cannot be played, whatever is promised for
        later; None if neither side's incentive fails by itself.
    """

    parameter: Parameter
    now: float
    last: float
    first: float
    player: int | None


def moving_turns(
    model: PayoffFile, names: Iterable[str], outcome: str, settings: Mapping[str, Any]
) -> tuple[MovingTurn, ...]:
    """Return, for each number, the nearest value at which the answer on one outcome turns.

    The answer is that of `moving_line`: whether some equilibrium starts with the outcome.

    Parameters
    ----------
    model
        A dynamic payoff file.
    names
        Numbers to look along, over their ranges.
    outcome
        A truce, or any named outcome if the file has no truce.
    settings
        Parameters that differ from the file's values.
    """
    values = model.values(**settings)
    found = []
    for name in names:
        p = next(p for p in model.parameters if p.name == name)
        turn = _nearest(model, p, float(values[name]), outcome, settings)
        if turn is not None:
            found.append(turn)
    return tuple(found)


def _nearest(
    model: PayoffFile, p: Parameter, now: float, outcome: str, settings: Mapping[str, Any]
) -> MovingTurn | None:
    try:
        line = moving_line(model, p.name, p.range, settings)
    except NegotiationError:
        return None
    k = line.outcomes.index(outcome)
    runs = [(s.low, s.high, s.found.supportable_now[k]) for s in line.stretches]
    slack = 1e-9 * (p.range[1] - p.range[0])
    here = next((n for n, (a, b, _) in enumerate(runs) if a - slack <= now <= b + slack), None)
    if here is None:
        return None
    answer = runs[here][2]
    up = _edge(runs[here:], answer)
    down = _edge([(b, a, yes) for a, b, yes in reversed(runs[: here + 1])], answer)
    edges = [e for e in (up, down) if e is not None]
    if not edges:
        return None
    last, first = min(edges, key=lambda e: abs(e[1] - now))
    broken = first if answer else last
    return MovingTurn(p, now, last, first, who_breaks(model, {**settings, p.name: broken}, outcome))


def _edge(
    runs: list[tuple[float, float, bool | None]], answer: bool | None
) -> tuple[float, float] | None:
    """Return where the answer turns, walking away from the first run."""
    for (_, last, _), (first, _, other) in pairwise(runs):
        if other != answer:
            return last, first
    return None


def who_breaks(model: PayoffFile, settings: Mapping[str, Any], outcome: str) -> int | None:
    """Return who alone would break an outcome at the start; None if both, or neither by itself.

    A side would if even the best continuation that can be sustained does not make up for its best
    deviation followed by the worst.
    """
    game = from_start(model.stochastic(**settings))
    sets, s = stochastic_sets(game), game.start
    cells = [c for o in game.outcomes[s] if o.name == outcome for c in o.profiles]
    if not cells or any(not len(x.vertices) for x in sets.states):
        return None
    failing = [[i for i in (0, 1) if not _kept(game, sets, (s, *cell), i)] for cell in cells]
    alone = {side[0] for side in failing if len(side) == 1}
    return alone.pop() if len(alone) == 1 and all(failing) else None


def _kept(game: StochasticGame, sets: StochasticSets, at: tuple[int, int, int], i: int) -> bool:
    """Tell whether one side keeps to a profile if the best for it follows, and the worst if not."""
    s, a, b = at
    delta, u = float(game.discount[i]), game.payoffs[s][i]
    best = np.array([float(x.vertices[:, i].max()) for x in sets.states])
    worst = np.array([float(x.vertices[:, i].min()) for x in sets.states])

    def worth(cell: tuple[int, int], later: Any) -> float:
        following = later[game.successors[s][cell]] @ game.chances[s][cell]
        return (1 - delta) * float(u[cell]) + delta * float(following)

    others = [(x, b) for x in range(u.shape[0]) if x != a]
    if i == 1:
        others = [(a, y) for y in range(u.shape[1]) if y != b]
    gap = 1e-6 * float(np.ptp(u) or 1.0)
    return worth((a, b), best) >= max((worth(c, worst) for c in others), default=-np.inf) - gap
