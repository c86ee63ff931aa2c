"""Games, and strategies with payments checked state by state for one-shot deviations.

The values of states are worked out here, from the definition; only which profiles to play comes
from the solver whose answer is being checked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.equilibria.repeated.transfers import payoff_set
from negotiation.games.game import Game

COURNOT = Game.from_tables(  # Abreu's simplified Cournot game
    [[10, 3, 0], [15, 7, -4], [7, 5, -15]], [[10, 15, 7], [3, 7, 5], [0, -4, -15]]
)
EFFORT = np.arange(1.0, 11.0)
PUBLIC_GOODS = Game.from_tables(
    (EFFORT[:, None] + EFFORT) / 2 - 0.75 * EFFORT[:, None],
    (EFFORT[:, None] + EFFORT) / 2 - 0.75 * EFFORT,
)
ASYM_PD = Game.from_tables([[4, 0], [6, 2]], [[4, 5], [0, 2]])
PENNIES = Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
# best replies go round in a circle, yet patient players settle on a path
CIRCLE = Game.from_tables([[6, 1], [3, 2]], [[4, 7], [1, 0]])
FACTORS = [(0.0, 0.0), (0.4, 0.4), (0.9, 0.9), (0.3, 0.8), (0.75, 0.5), (0.0, 0.6), (0.97, 0.9)]


def random_games(count: int, *, seed: int) -> list[Game]:
    rng = np.random.default_rng(seed)
    shapes = [(2, 2), (3, 3), (2, 3), (1, 3), (4, 1), (3, 6)]
    games = []
    for k in range(count):
        size = (2, *shapes[k % len(shapes)])
        kind = (k // len(shapes)) % 4
        table = [
            lambda s=size: rng.integers(-2, 3, s).astype(float),
            lambda s=size: rng.integers(-50, 51, s).astype(float),
            lambda s=size: rng.normal(size=s),
            lambda s=size: np.round(rng.uniform(-1, 1, s), 1),
        ][kind]()
        games.append(Game(table, np.zeros(2)))
    return games


def circling_games(count: int, *, seed: int) -> list[Game]:
    """Matching pennies plus a random common interest: few have a pure stage equilibrium."""
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(0, 1, count)
    return [
        Game(PENNIES.payoffs + size * rng.uniform(-1, 1, (1, 2, 2)), np.zeros(2)) for size in sizes
    ]


GAMES = [
    *random_games(216, seed=11),
    *circling_games(24, seed=4),
    COURNOT,
    ASYM_PD,
    PENNIES,
    CIRCLE,
]


@dataclass(frozen=True)
class State:
    """Pay `transfer` (0 to 1), play `profile`, go to `then`; after a breach by i, ("punish", i)."""

    transfer: float
    profile: tuple[int, int]
    then: object


def breach_gain(g: np.ndarray, d: np.ndarray, states: dict[object, State]) -> float:
    """Largest gain, as a total, of any one-shot deviation at any stage of any state.

    ("punish", i) starts without a payment, so that a refusal to pay leads straight into its
    action stage and a breach in actions leads to it a period later.
    """
    names = list(states)
    size = len(names)
    value = {}
    for i in (0, 1):
        matrix, flow = np.eye(size), np.empty(size)
        for k, s in enumerate(states.values()):
            matrix[k, names.index(s.then)] -= d[i]
            flow[k] = g[i][s.profile] + (s.transfer if i else -s.transfer)
        for name, x in zip(names, np.linalg.solve(matrix, flow), strict=True):
            value[name, i] = float(x)
    worst = -np.inf
    for name, s in states.items():
        for i in (0, 1):
            assert states["punish", i].transfer == 0
            caught = value[("punish", i), i]
            received = s.transfer if i else -s.transfer
            # payment stage: pay nothing; or keep what comes in and quarrel
            worst = max(worst, max(received, 0.0) + caught - value[name, i])
            row = g[0][:, s.profile[1]] if i == 0 else g[1][s.profile[0], :]
            for other in row:  # action stage
                conform = g[i][s.profile] + d[i] * value[s.then, i]
                worst = max(worst, float(other) + d[i] * caught - conform)
    return worst


def steep(g: np.ndarray, d: np.ndarray, profile: tuple[int, int]) -> np.ndarray:
    """What i must have in store, as a total above its threat, not to deviate from `profile`."""
    gain = np.array([g[0][:, profile[1]].max(), g[1][profile[0]].max()]) - g[:, *profile]
    gain[gain < 1e-12] = 0
    return np.array([h / x if h > 0 else 0.0 for h, x in zip(gain, d, strict=True)])


def strategy(game: Game, d: np.ndarray, path: State) -> dict[object, State]:
    """`path` for ever; a breach by i is met with a^i, then one payment that restores the rest.

    After a^i, player i is left with just what keeps it from deviating there, the other side with
    all that is left of the best path's total.
    """
    at = payoff_set(game, tuple(d))
    assert at.punishments is not None
    assert at.equilibrium is not None
    assert at.v is not None
    g = game.payoffs
    total = np.array(at.v) / (1 - d)
    n = int(d[1] < d[0])  # the less patient side gets what it needs, no more
    own = (total[n] + steep(g, d, at.equilibrium)[n]) * (1 - d[n])
    surplus = float(g[n][at.equilibrium]) - own
    best = State(surplus if n == 0 else -surplus, at.equilibrium, "best")
    states: dict[object, State] = {"path": path, "best": best}
    for i in (0, 1):
        profile = at.punishments[i]
        states["punish", i] = State(0.0, profile, ("back", i))
        store = total[i] + steep(g, d, profile)[i]
        after = g[i][at.equilibrium] + d[i] * (
            (g[i][at.equilibrium] - (best.transfer if i == 0 else -best.transfer)) / (1 - d[i])
        )
        pay = after - store
        states["back", i] = State(pay if i == 0 else -pay, at.equilibrium, "best")
    return states


def payoff_of(
    g: np.ndarray, d: np.ndarray, states: dict[object, State], name: object
) -> np.ndarray:
    out = np.zeros(2)
    for i in (0, 1):
        seen, factor = 0.0, 1.0
        now = name
        for _ in range(4):  # every state reaches an absorbing one within three periods
            s = states[now]
            flow = g[i][s.profile] + (s.transfer if i else -s.transfer)
            if s.then == now:
                seen += factor * float(flow) / (1 - d[i])
                break
            seen += factor * float(flow)
            factor *= d[i]
            now = s.then
        out[i] = seen * (1 - d[i])
    return out
