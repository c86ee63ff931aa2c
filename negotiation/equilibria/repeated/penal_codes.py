"""Candidate strategies that sustain a deal, from the simplest to the most severe.

In every candidate the deal is played for ever; a deviator is sent to a punishment of their own,
and so is whoever does not play their part in a punishment (Abreu 1988, Econometrica 56:383-396).
A player with nothing to gain from breaking the deal may need none. The punishments are, in this
order,

- *grim*: a stage equilibrium for ever;
- *stick and carrot*: one harsh profile, then the deal again, after one period or after a public
  draw;
- *optimal penal code*: the vertices of the payoff set that are worst for each player, played as
  the operator generated them (Abreu & Sannikov 2014, Theoretical Economics 9:313-338).

Payoffs are normalised; profiles are numbered ``a0 * n1 + a1``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from negotiation.games.strategies import Lottery
from negotiation.kernels.generation import Generated, Stage
from negotiation.kernels.hulls import Array, Index

__all__ = ["Move", "candidates", "mixture"]

_HOLDS = 1e-10
"""Incentives hold within this share of the payoff range; the certificate allows ten times it."""

_TIED = 1e-9
_ON_EDGE = 1e-12


class Move(NamedTuple):
    """A state before it has a name or a value; the first one is the deal."""

    profile: int
    then: Lottery
    after: tuple[int, int]


class Plans(NamedTuple):
    """Punishments of one state each: a profile until the deal resumes, if it does.

    ``profile`` and ``back`` (the probability that the deal resumes next period) have shape
    ``(K,)``; ``value`` has shape ``(K, 2)``.
    """

    profile: Index
    back: Array
    value: Array


def candidates(stage: Stage, deal: int, how: Generated | None) -> Iterator[tuple[str, list[Move]]]:
    """Yield ``(kind, moves)`` in the order of preference; each satisfies the incentives.

    Parameters
    ----------
    stage
        The game.
    deal
        The profile to be played for ever.
    how
        How the vertices of the payoff set are generated; None if it is empty or unknown.
    """
    if (stage.h[deal] <= _HOLDS).all():
        yield "stage equilibrium", [Move(deal, ((0, 1.0),), (0, 0))]
        return
    grim, stick, stay = _grim(stage), _sticks(stage, deal), _stay(stage, deal)
    mixed = _together(stick, grim, _draws(stage, deal))
    for plans in (grim, _together(stay, grim), stick, mixed):
        chosen = _choose(stage, deal, plans)
        if chosen is not None:
            carrot = any(plans.back[k] > 0 and plans.profile[k] != deal for k in chosen)
            yield "stick and carrot" if carrot else "grim", _one_state_each(deal, plans, chosen)
    if how is not None:
        moves = _optimal(stage, deal, how)
        if moves is not None:
            yield "optimal penal code", moves


def _grim(stage: Stage) -> Plans:
    """Return grim-trigger plans: every pure stage equilibrium, in every later period."""
    nash = np.flatnonzero((stage.h <= _HOLDS).all(axis=1))
    return Plans(nash, np.zeros(len(nash)), stage.g[nash])


def _stay(stage: Stage, deal: int) -> Plans:
    """Return the deal itself, for a player with nothing to gain from breaking it."""
    return Plans(np.array([deal]), np.ones(1), stage.g[[deal]])


def _sticks(stage: Stage, deal: int) -> Plans:
    """Return two-phase plans: every profile for one period, then the deal again."""
    n = len(stage.g)
    value = (1 - stage.discount) * stage.g + stage.discount * stage.g[deal]
    return Plans(np.arange(n), np.ones(n), value)


def _draws(stage: Stage, deal: int) -> Plans:
    """Return plans of every profile until a public draw, of probability p, ends it.

    Only the p that makes the punished player exactly willing to take part, the harshest the
    profile can be: playing along is worth ``v = (1-δ) g(a) + δ (p g(deal) + (1-p) v)`` and
    starting over ``(1-δ) c(a) + δ v``, equal when v = c(a).
    """
    delta, goal = stage.discount, stage.g[deal]
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (1 - delta) * stage.h / (delta * (goal - stage.c))
    who, i = np.nonzero((p > 0) & (p < 1 - _HOLDS) & (stage.c < goal))
    back = p[who, i][:, None]
    value = ((1 - delta) * stage.g[who] + delta * back * goal) / (1 - delta * (1 - back))
    return Plans(who, back[:, 0], value)


def _together(*plans: Plans) -> Plans:
    """Return all plans of several kinds."""
    return Plans(*(np.concatenate(column) for column in zip(*plans, strict=True)))


def _choose(stage: Stage, deal: int, plans: Plans) -> tuple[int, int] | None:
    """Return the plans that punish player 0 and player 1, the same one if possible.

    Among those that hold, the one that leaves the most to spare; in a tie the one that deters
    most, then the last, because payoff files list actions from friendly to hostile.
    """
    deter = stage.g[deal] - _cheating(stage, deal, plans.value)
    take_part = plans.value - _cheating(stage, plans.profile, plans.value)
    own = np.minimum(deter, take_part)
    if (best := _best(own.min(axis=1), deter.min(axis=1))) is not None:
        return best, best
    first, second = (np.flatnonzero(own[:, i] >= -_HOLDS) for i in (0, 1))
    least = np.minimum(own[first, 0][:, None], own[second, 1])
    least = np.minimum(least, _helping(stage, plans, first, second, 1))
    least = np.minimum(least, _helping(stage, plans, second, first, 0).T)
    most = np.minimum(deter[first, 0][:, None], deter[second, 1])
    if (best := _best(least.ravel(), most.ravel())) is None:
        return None
    k, m = divmod(best, len(second))
    return int(first[k]), int(second[m])


def _cheating(stage: Stage, profile: int | Index, punished: Array) -> Array:
    """Return what deviating once from a profile is worth: the best of it, then the punishment."""
    return (1 - stage.discount) * stage.c[profile] + stage.discount * punished


def _helping(stage: Stage, plans: Plans, rows: Index, columns: Index, i: int) -> Array:
    """Return what i gains by helping to punish (rows) instead of being punished (columns)."""
    now, delta = plans.profile[rows], stage.discount[i]
    leave = (1 - delta) * stage.c[now, i][:, None] + delta * plans.value[columns, i]
    return np.asarray(plans.value[rows, i][:, None] - leave, dtype=np.float64)


def _best(least: Array, most: Array) -> int | None:
    """Index of the largest `least`, then the largest `most`, then the last; None if none holds."""
    if not len(least) or least.max() < -_HOLDS:
        return None
    tied = np.flatnonzero(least >= least.max() - _TIED)
    return int(tied[most[tied] >= most[tied].max() - _TIED][-1])


def _one_state_each(deal: int, plans: Plans, chosen: tuple[int, int]) -> list[Move]:
    """Return a deal with one punishment state for each player."""
    moves = [Move(deal, ((0, 1.0),), (1, 2))]
    for state, k in enumerate(chosen, start=1):
        back = float(plans.back[k])
        lottery: Lottery = ((0, back), (state, 1 - back))
        after = (1, 2) if back > 0 else (state, state)
        moves.append(Move(int(plans.profile[k]), tuple(x for x in lottery if x[1] > 0), after))
    return moves


def _optimal(stage: Stage, deal: int, how: Generated) -> list[Move] | None:
    """Return the deal followed by vertices of the payoff set; None if they do not deter.

    Several vertices can be equally bad for a player; the pair with the fewest states wins.
    """
    ring = how.points
    worst = ring.min(axis=0)
    if (stage.g[deal] < _cheating(stage, deal, worst) - _HOLDS).any():
        return None
    lotteries: dict[tuple[int, int], Lottery] = {}

    def leads_to(k: int, root: int) -> Lottery:
        if (k, root) not in lotteries:
            lotteries[k, root] = mixture(how.then[k], ring, root)
        return lotteries[k, root]

    ends = [np.flatnonzero(ring[:, i] <= worst[i] + _ON_EDGE) for i in (0, 1)]
    options = [(int(a), int(b)) for a, b in product(*ends)]
    return min((_following(deal, how, leads_to, roots) for roots in options), key=len)


def _following(
    deal: int,
    how: Generated,
    leads_to: Callable[[int, int], Lottery],
    roots: tuple[int, int],
) -> list[Move]:
    """Return the deal and every vertex reached from the two punishments."""
    seat: dict[int, int] = {}
    waiting = list(roots)
    while waiting:
        k = waiting.pop(0)
        if k not in seat:
            seat[k] = len(seat) + 1
            waiting += [to for to, _ in leads_to(k, roots[0])]
    after = (seat[roots[0]], seat[roots[1]])
    moves = [Move(deal, ((0, 1.0),), after)]
    for k in seat:
        lottery = tuple(sorted((seat[to], share) for to, share in leads_to(k, roots[0])))
        moves.append(Move(int(how.profile[k]), lottery, after))
    return moves


def mixture(point: Array, ring: Array, apex: int = 0) -> Lottery:
    """Write a point of a polygon as a lottery over one, two or three of its vertices.

    Parameters
    ----------
    point
        Shape ``(2,)``, in the polygon or within rounding of it.
    ring
        Vertices, counter-clockwise.
    apex
        A vertex to use for a point inside.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    >>> mixture(np.array([1.0, 0.25]), square)
    ((1, 0.75), (2, 0.25))
    >>> mixture(np.array([0.5, 0.25]), square)
    ((0, 0.5), (1, 0.25), (2, 0.25))
    """
    m = len(ring)
    edge = np.roll(ring, -1, axis=0) - ring
    off = point - ring
    length2 = (edge**2).sum(axis=1)
    along = np.clip((off * edge).sum(axis=1) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    away = np.hypot(*(off - along[:, None] * edge).T)
    k = int(away.argmin())
    inward = edge[:, 0] * off[:, 1] - edge[:, 1] * off[:, 0]
    if away[k] <= _ON_EDGE or not (inward > 0).all():
        return _lottery([(k, 1 - float(along[k])), ((k + 1) % m, float(along[k]))])
    # From the apex, the triangle that holds the point: where the fan's spokes pass it.
    spoke = np.roll(ring, -apex, axis=0) - ring[apex]
    arm = point - ring[apex]
    side = spoke[1:, 0] * arm[1] - spoke[1:, 1] * arm[0]
    j = int(np.clip(np.flatnonzero(side >= 0)[-1], 0, m - 3)) + 1
    shares = np.linalg.solve(spoke[[j, j + 1]].T, arm)
    s, t = (float(x) for x in np.clip(shares, 0.0, 1.0))
    return _lottery([(apex, 1 - s - t), ((apex + j) % m, s), ((apex + j + 1) % m, t)])


def _lottery(shares: list[tuple[int, float]]) -> Lottery:
    """Drop what is only rounding and make the rest sum to 1."""
    positive = sorted((k, share) for k, share in shares if share > _ON_EDGE)
    total = sum(share for _, share in positive)
    return tuple((k, share / total) for k, share in positive)
