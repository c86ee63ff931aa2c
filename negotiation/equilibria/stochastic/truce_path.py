"""Paths on which a truce is kept wherever it can be.

A path here says what is played in every state, whatever happened before as long as
nobody broke it; a breach is answered with the worst subgame-perfect payoff of the state that is
reached. Where states only move one way, paths are built from the end backwards: in each state play
a truce outcome if one withstands every deviation, else any profile that does. Several may; which
one is taken is a rule: the deal that lasts longest, or that one side likes best, or both together
in shares of their ranges; or the opposite of each. Ties (to 1e-12) go to what both like best (or
least) and then to the file's first. Each rule gives one path. The set of states in which the truce
is kept depends on the rule, as a deal that is worth more later makes it easier to keep the peace
before; no rule is best for every earlier state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from negotiation.certificates.path import PathCheck, check_path
from negotiation.equilibria.stochastic.payoff_sets import StochasticSets
from negotiation.errors import UsageError
from negotiation.games.state_graph import groups, split
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["RULES", "Rule", "TrucePath", "threats_of", "truce_cells", "truce_paths"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

_TIE = 1e-12
_HOLDS = 1e-9
"""A bound missed by less than this share of a player's range is met."""


@dataclass(frozen=True)
class Rule:
    """Rule that selects among several profiles that withstand every deviation.

    Attributes
    ----------
    weights
        Of both players' payoffs, each in shares of its range.
    sign
        1 for the most, -1 for the least.
    lasting
        Whether the expected life of the truce comes before payoffs.
    """

    weights: tuple[float, float]
    sign: int
    lasting: bool = False


RULES = tuple(
    Rule(weights, sign, lasting)
    for sign in (1, -1)
    for weights, lasting in (
        ((0.5, 0.5), True),
        ((0.5, 0.5), False),
        ((1.0, 0.0), False),
        ((0.0, 1.0), False),
    )
)


@dataclass(frozen=True, eq=False)
class TrucePath:
    """One path, checked from the definition.

    Attributes
    ----------
    rule
        How it was chosen.
    cells
        The profile of each state, shape ``(states, 2)``; -1 where nothing withstands.
    values
        Average payoffs from each state on, shape ``(states, 2)``; NaN there.
    truce
        Whether what is played is a truce outcome, shape ``(states,)``.
    life
        Expected number of periods, from each state on, until something else is played, shape
        ``(states,)``; inf where that may never come.
    check
        The tightest place.
    """

    rule: Rule
    cells: Ints
    values: Array
    truce: Bools
    life: Array
    check: PathCheck


def truce_paths(game: StochasticGame, threats: Array) -> tuple[TrucePath, ...]:
    """Return the path of each rule that gives one from the start on.

    Parameters
    ----------
    game
        States may only move one way, staying apart.
    threats
        From `threats_of`.

    Raises
    ------
    UsageError
        If states can come back to each other.
    CertificateError
        If a path fails its check.
    """
    order = groups(game)
    if any(len(group) > 1 for group in order):
        loop = next(g for g in order if len(g) > 1)
        few = ", ".join(game.states[s] for s in loop[:3]) + (", ..." if len(loop) > 3 else "")
        raise UsageError(
            f"states can come back to each other ({few}); expected states that move one way, "
            "though negotiate solve takes all"
        )
    truces = truce_cells(game)
    paths = (_path(game, threats, truces, [g[0] for g in order], rule) for rule in RULES)
    return tuple(path for path in paths if path.cells[game.start, 0] >= 0)


def threats_of(sets: StochasticSets) -> Array:
    """Return each player's worst equilibrium payoff in each state, NaN where there is none.

    Sets are known up to a gap. These threats err on the mild side by that much, so that paths held
    up by them are equilibria.
    """
    none = np.full(2, np.nan)
    return np.array(
        [none if s.min_spe_payoffs is None else s.min_spe_payoffs + s.gap for s in sets.states]
    )


def truce_cells(game: StochasticGame) -> tuple[Bools, ...]:
    """Return for each state which profiles are truce outcomes, shape ``(n0, n1)``."""
    tables = [np.zeros(p.shape[1:], dtype=np.bool_) for p in game.payoffs]
    for table, outcomes in zip(tables, game.outcomes, strict=False):
        for outcome in outcomes:
            for cell in outcome.profiles if outcome.truce else ():
                table[cell] = True
    return tuple(tables)


def _path(
    game: StochasticGame,
    threats: Array,
    truces: tuple[Bools, ...],
    order: list[int],
    rule: Rule,
) -> TrucePath:
    """Build one path from the end backwards."""
    span = _spans(game)
    cells, life = np.full((game.count, 2), -1), np.zeros(game.count)
    values = np.full((game.count, 2), np.nan)
    for s in order:
        apart, stay = split(game, s, values)
        worth = apart / (1 - game.discount[:, None, None] * stay)
        slack = (worth - _deviations(game, s, threats)) / span[:, None, None]
        holds: Bools = np.all(slack >= -_HOLDS, axis=0)
        if not holds.any():
            continue
        sustained_truces: Bools = np.logical_and(holds, truces[s])
        lives = _lives(game, s, life) if sustained_truces.any() else np.zeros(stay.shape)
        shares = rule.weights @ (worth / span[:, None, None]).reshape(2, -1)
        scores = [rule.sign * shares.reshape(stay.shape)]
        if rule.lasting:
            scores = [rule.sign * lives, *scores]
        best = _first_best(sustained_truces if sustained_truces.any() else holds, scores)
        cells[s], values[s], life[s] = best, worth[:, *best], lives[best]
    truce = np.array([c[0] >= 0 and bool(t[tuple(c)]) for c, t in zip(cells, truces, strict=True)])
    check = check_path(game, cells, values, threats, tol=2 * _HOLDS)
    return TrucePath(rule, cells, values, truce, life, check)


def _lives(game: StochasticGame, s: int, life: Array) -> Array:
    """Return how long each profile of s would keep the truce, if it is one, on average."""
    to, chance = game.successors[s], game.chances[s]
    leave = np.where(to != s, chance, 0.0).sum(-1)
    away = np.where((to != s) & (chance > 0), life[to], 0.0)
    later = np.where(away > 0, chance * np.where(away > 0, away, 1.0), 0.0).sum(-1)
    lives: Array = np.divide(1 + later, leave, out=np.full(leave.shape, np.inf), where=leave > 0)
    return lives


def _first_best(pool: Bools, scores: list[Array]) -> tuple[int, int]:
    """Return the first cell of the pool that is largest by the first score, then the next."""
    for score in scores:
        top = score[pool].max()
        slack = _TIE * max(1.0, abs(top)) if np.isfinite(top) else 0.0
        pool = np.logical_and(pool, score >= top - slack)
    a, b = np.argwhere(pool)[0].tolist()
    return a, b


def _spans(game: StochasticGame) -> Array:
    """Return each player's range of payoffs over all states."""
    both = np.concatenate([p.reshape(2, -1) for p in game.payoffs], axis=1)
    span = np.ptp(both, axis=1)
    return np.where(span > 0, span, 1.0)


def _deviations(game: StochasticGame, s: int, threats: Array) -> Array:
    """Return the worth of the best deviation from each profile, ``(2, n0, n1)``, NaN if unknown."""
    apart, stay = split(game, s, threats)
    value = apart + game.discount[:, None, None] * np.where(
        stay > 0, stay * threats[s][:, None, None], 0.0
    )
    best = np.full(value.shape, -np.inf)
    for i in (0, 1):
        own = np.moveaxis(value[i], i, 0)
        for action in range(len(own)):
            others = np.delete(own, action, axis=0)
            if len(others):
                np.moveaxis(best[i], i, 0)[action] = others.max(0)
    return best
