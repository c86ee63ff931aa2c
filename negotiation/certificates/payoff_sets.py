"""Check from the definition that claimed payoffs of a stochastic game can be sustained.

A family of convex sets W(s), one per state, consists of equilibrium payoffs if it generates itself
(Abreu, Pearce & Stacchetti 1990): every vertex of W(s) is (1 - d) g(s, a) + d w, or a public
lottery over such payoffs, where w lies in the sum over next states t of p(t|s, a) W(t) and nobody
gains by deviating once, if the deviator then gets its worst payoff in W of the state that follows.
The chances are those of the deviation, and the coin of each period is tossed after its state is
known.

Numbers are rounded, so the claim checked is that every point of W(s) is within slip(s) of an
equilibrium payoff. If a vertex may be off by r(s, a) = slip(s) - d E_a[slip], promises are kept up
to slip; and a deviation from a to b deters if obeying is worth d (E_a[slip] + E_b[slip]) more, or
if even obeying with the worst of what follows beats it by d sum_t |p(t|s, a) - p(t|s, b)| slip(t).

That a box meets a sum of polygons is decided by support functions: two convex polygons meet unless
the normal of an edge of one of them parts them. Nothing here comes from the solver: the polygons
are written apart from those of the solvers, to check them by. That no equilibrium payoff is missing
is not for this check to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from negotiation.errors import CertificateError
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["Claim", "above", "check_sets", "distances", "hull", "normals_of", "weighted_sum"]

Array = npt.NDArray[np.float64]


def hull(points: Array) -> Array:
    """Return the convex hull, counter-clockwise, by Andrew's monotone chain."""
    sorted_points = sorted(set(map(tuple, points.tolist())))
    if len(sorted_points) < 3:
        return np.array(sorted_points).reshape(-1, 2)
    halves: list[list[tuple[float, ...]]] = []
    for run in (sorted_points, sorted_points[::-1]):
        chain: list[tuple[float, ...]] = []
        for x, y in run:
            while len(chain) > 1 and (
                (chain[-1][0] - chain[-2][0]) * (y - chain[-2][1])
                <= (chain[-1][1] - chain[-2][1]) * (x - chain[-2][0])
            ):
                chain.pop()
            chain.append((x, y))
        halves.append(chain[:-1])
    return np.array(halves[0] + halves[1])


def normals_of(ring: Array) -> Array:
    """Return the outward normals of a polygon's edges, absolute entries adding up to 1."""
    edge = np.roll(ring, -1, axis=0) - ring
    size = np.abs(edge).sum(axis=1)
    edge = edge[size > 0] / size[size > 0, None]
    return np.stack((edge[:, 1], -edge[:, 0]), axis=1)


def weighted_sum(chance: Array, parts: list[Array]) -> Array:
    """Return the weighted Minkowski sum of polygons: their edges, in order of angle."""
    used = [p * part for p, part in zip(chance, parts, strict=True) if p > 0]
    start = np.sum([min(part.tolist(), key=lambda v: (v[1], v[0])) for part in used], axis=0)
    edges = np.concatenate([np.roll(part, -1, axis=0) - part for part in used])
    angle = np.arctan2(edges[:, 1], edges[:, 0])
    edges = edges[np.argsort(np.where(angle < 0, angle + 2 * np.pi, angle), kind="stable")]
    return hull(start + np.cumsum(edges, axis=0))


def above(ring: Array, i: int, bound: float) -> Array:
    """Return the part of a convex polygon in which coordinate i is at least `bound`."""
    if not len(ring):
        return ring
    then = np.roll(ring, -1, axis=0)
    offset, next_offset = ring[:, i] - bound, then[:, i] - bound
    cut = (offset >= 0) != (next_offset >= 0)
    share = offset[cut] / (offset[cut] - next_offset[cut])
    crossing = ring[cut] + share[:, None] * (then[cut] - ring[cut])
    return hull(np.concatenate([ring[offset >= 0], crossing]))


def distances(points: Array, ring: Array) -> Array:
    """Return each point's distance from a convex polygon, 0 inside."""
    edge = np.roll(ring, -1, axis=0) - ring
    size = np.einsum("ei,ei->e", edge, edge)
    ahead = points[:, None] - ring
    along = np.einsum("pei,ei->pe", ahead, edge) / np.where(size > 0, size, 1.0)
    away = ahead - np.clip(along, 0, 1)[:, :, None] * edge
    far = np.hypot(away[:, :, 0], away[:, :, 1]).min(axis=1)
    left = (edge[:, 0] * ahead[:, :, 1] - edge[:, 1] * ahead[:, :, 0] >= 0).all(axis=1)
    return np.where(left & (len(ring) > 2), 0.0, far)


AXES = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


class Claim(Protocol):
    """Payoffs claimed to be sustainable in one state; see `stochastic.StatePayoffs`."""

    @property
    def vertices(self) -> Array:
        """Vertices of the reported payoff set."""

    @property
    def gap(self) -> float:
        """Bound on their distance from equilibrium payoffs."""

    @property
    def min_spe_payoffs(self) -> Array | None:
        """Reported minimum SPE payoffs."""

    @property
    def near_critical(self) -> bool:
        """True if equality matters, so that more is reported than is proven."""

    @property
    def supportable_now(self) -> npt.NDArray[np.bool_]:
        """Profiles with which some equilibrium starts."""

    @property
    def proven(self) -> Array:
        """Vertices of W(s), in payoff units; empty where no payoff is claimed."""

    @property
    def slip(self) -> float:
        """slip(s), as a share of each player's range of payoffs."""


def check_sets(game: StochasticGame, claims: Sequence[Claim], *, tol: float = 1e-9) -> float:
    """Check the payoff set claimed for every state; return the largest miss.

    Parameters
    ----------
    game
        The discount factors may differ.
    claims
        One per state, in the game's order.
    tol
        Share of each player's range of payoffs over all states by which a constraint may be missed;
        at least 2e-12 / (1 - d), as rounding in a promise adds up over the future.

    Returns
    -------
    float
        The largest shortfall found, as a share of the range.

    Raises
    ------
    CertificateError
        If a vertex is not generated, a playable profile cannot be played, or what is reported is
        further than its gap from what is proven.
    """
    if len(claims) != game.count:
        raise CertificateError(f"{len(claims)} claims for {game.count} states")
    family, worst = _Family.of(game, claims), 0.0
    tol = max(tol, 2e-12 / (1 - float(game.discount.max())))
    for s, claim in enumerate(claims):
        name = game.states[s]
        if not len(family.rings[s]):
            if np.any(claim.supportable_now) or (len(claim.vertices) and not claim.near_critical):
                raise CertificateError(f"state {name!r}: payoffs are claimed, but none is proven")
            continue
        conditions = _Here.of(game, family, s)
        worst = max(worst, _check_vertices(conditions, family.rings[s], name, tol))
        worst = max(
            worst, _check_playable(conditions, np.asarray(claim.supportable_now), name, tol)
        )
        if not claim.near_critical:
            ring = family.rings[s] * family.scale + family.shift
            _check_reported(claim, ring, name, (float(family.scale.max()), tol))
    return worst


@dataclass(frozen=True, eq=False)
class _Family:
    """The claimed sets, with payoffs rescaled to [0, 1] per player over all states."""

    shift: Array
    scale: Array
    rings: list[Array]  # hulls, (m, 2) each
    later: list[Array]  # the same times the discount factors
    normals: list[Array]  # of `later`
    low: Array  # (S, 2)
    slip: Array  # (S,)

    @classmethod
    def of(cls, game: StochasticGame, claims: Sequence[Claim]) -> _Family:
        both = np.concatenate([p.reshape(2, -1) for p in game.payoffs], axis=1)
        shift, scale = both.min(axis=1), np.ptp(both, axis=1)
        scale = np.where(scale > 0, scale, 1.0)
        rings = [hull((np.asarray(c.proven).reshape(-1, 2) - shift) / scale) for c in claims]
        later = [ring * game.discount for ring in rings]
        low = np.array([r.min(axis=0) if len(r) else (np.nan, np.nan) for r in rings])
        slip = np.array([float(c.slip) for c in claims])
        if not (slip >= 0).all():
            raise CertificateError("a slip is negative or not a number")
        return cls(shift, scale, rings, later, list(map(normals_of, later)), low, slip)


@dataclass(frozen=True, eq=False)
class _Here:
    """One state: continuation payoffs of its profiles, and the payoffs that deter deviations."""

    cells: tuple[int, int]
    base: Array  # (A, 2) payoffs of this period, times 1 - d
    chance: Array  # (A, R)
    parts: list[Array]  # R polygons: discounted sets of next states
    normals: Array  # (N, 2)
    reach: Array  # (A, N) support of base plus what may follow
    must: Array  # (A, 2) least payoff with which nobody deviates; -inf if any will do
    off: Array  # (A, 2) how far a payoff may be from what is promised

    @classmethod
    def of(cls, game: StochasticGame, family: _Family, s: int) -> _Here:
        d, cells = game.discount, (game.payoffs[s].shape[1], game.payoffs[s].shape[2])
        to, chance = _chances(game, s)
        missing = [game.states[t] for t in to if not len(family.rings[t])]
        if missing:
            raise CertificateError(
                f"state {game.states[s]!r} may lead to {missing[0]!r}, where nothing is proven"
            )
        base = (1 - d) * ((game.payoffs[s].reshape(2, -1).T - family.shift) / family.scale)
        parts = [family.later[t] for t in to]
        normals = np.concatenate([AXES, *(family.normals[t] for t in to)])
        support = np.array([(part @ normals.T).max(axis=0) for part in parts])
        slip, own = family.slip[to], base + chance @ (d * family.low[to])
        must = np.stack([_must(own, chance, slip, d, cells, i) for i in (0, 1)], axis=1)
        off = family.slip[s] - d * (chance @ slip)[:, None]
        reach = base @ normals.T + chance @ support
        return cls(cells, base, chance, parts, normals, reach, must, off)


def _chances(game: StochasticGame, s: int) -> tuple[list[int], Array]:
    """Return the successors of s, and their probabilities for each profile, ``(A, R)``."""
    next_states = game.successors[s].reshape(-1, game.successors[s].shape[-1])
    odds = game.chances[s].reshape(next_states.shape)
    to = np.unique(next_states[odds > 0])
    chance = np.zeros((len(next_states), len(to)))
    row = np.broadcast_to(np.arange(len(next_states))[:, None], next_states.shape)[odds > 0]
    np.add.at(chance, (row, np.searchsorted(to, next_states[odds > 0])), odds[odds > 0])
    return to.tolist(), chance


def _must(
    own: Array, chance: Array, slip: Array, d: Array, cells: tuple[int, int], i: int
) -> Array:
    """Return the least payoff that deters every deviation of player i, ``(A,)``."""
    number = np.arange(len(own)).reshape(cells)
    lines = number.T if i == 0 else number  # each row: the profiles i can choose among
    obeyed, deviation = lines[:, :, None], lines[:, None, :]
    apart = d[i] * (np.abs(chance[obeyed] - chance[deviation]) @ slip)
    safe = own[obeyed, i] - own[deviation, i] >= apart
    unsure = d[i] * (chance @ slip)
    needed = np.where(safe, -np.inf, own[deviation, i] + unsure[obeyed] + unsure[deviation]).max(
        axis=2
    )
    must = np.empty(len(own))
    must[lines] = needed
    return must


def _short(normals: Array, reach: Array, low: Array, high: Array) -> Array:
    """Return by how much boxes must grow on all sides to meet polygons; negative if they overlap.

    Shapes: normals ``(N, 2)``, among them the axes; support `reach` ``(K, N)``; boxes ``(K, 2)``.
    """
    nearest = low @ np.maximum(normals, 0).T - high @ np.maximum(-normals, 0).T
    short: Array = np.maximum((nearest - reach).max(axis=1), (low - high).max(axis=1) / 2)
    return short


def _check_vertices(conditions: _Here, ring: Array, name: str, tol: float) -> float:
    """Check that every vertex is generated, within what is allowed; return the largest miss."""
    low = np.maximum(ring[:, None] - conditions.off, conditions.must)  # (V, A, 2)
    high = ring[:, None] + conditions.off
    inside = (low <= conditions.reach[:, :2] + tol) & (-high <= conditions.reach[:, 2:4] + tol)
    v, a = np.nonzero(inside.all(axis=2) & (low <= high + 2 * tol).all(axis=2))
    short = np.full(len(ring), np.inf)
    np.minimum.at(short, v, _short(conditions.normals, conditions.reach[a], low[v, a], high[v, a]))
    rest = np.flatnonzero(~(short <= tol))
    if len(rest):
        short[rest] = _short_of_lotteries(conditions, ring[rest], tol)
    k = int(np.argmax(short))
    if not short[k] <= tol:  # negated so that NaN fails
        raise CertificateError(
            f"state {name!r}: vertex {ring[k].tolist()} (shares of the range of payoffs) is not "
            f"generated; it lacks {short[k]:.3g}"
        )
    return max(0.0, float(short[k]))


def _short_of_lotteries(conditions: _Here, points: Array, tol: float) -> Array:
    """Return the distance of payoffs from the hull of those that single profiles generate."""
    pieces, off = [], np.full(2, np.inf)
    for a, base in enumerate(conditions.base):
        piece = base + weighted_sum(conditions.chance[a], conditions.parts)
        for i in (0, 1):
            piece = above(piece, i, conditions.must[a, i] - tol)
        if len(piece):
            pieces.append(piece)
            off = np.minimum(off, conditions.off[a])
    if not pieces:
        return np.full(len(points), np.inf)
    ring = hull(np.concatenate(pieces))
    normals = np.concatenate([AXES, normals_of(ring)])
    reach = np.broadcast_to((ring @ normals.T).max(axis=0), (len(points), len(normals)))
    return _short(normals, reach, points - off, points + off)


def _check_playable(conditions: _Here, playable: Array, name: str, tol: float) -> float:
    """Check that each playable profile has an incentive-compatible continuation payoff."""
    if playable.shape != conditions.cells:
        raise CertificateError(f"state {name!r}: {playable.shape} is not the shape of its profiles")
    profiles = np.flatnonzero(playable)
    if not len(profiles):
        return 0.0
    reach = conditions.reach[profiles]
    # Every polygon is inside its own bounds, and a box that bounds it above excludes nothing.
    low, high = np.maximum(conditions.must[profiles], -reach[:, 2:4]), reach[:, :2]
    short = _short(conditions.normals, reach, low, np.maximum(low, high))
    k = int(np.argmax(short))
    if not short[k] <= tol:  # negated so that NaN fails
        cell = tuple(int(x) for x in np.unravel_index(profiles[k], conditions.cells))
        raise CertificateError(
            f"state {name!r}: profile {cell} cannot be played; it lacks {short[k]:.3g} of the "
            "range of payoffs"
        )
    return max(0.0, float(short[k]))


def _check_reported(claim: Claim, ring: Array, name: str, units: tuple[float, float]) -> None:
    """Check that the reported set is within its gap of the proven one, in payoff units."""
    spread, tol = units
    allowed = claim.gap - claim.slip * spread + tol * spread
    far = distances(np.asarray(claim.vertices, dtype=np.float64).reshape(-1, 2), ring)
    if not (len(far) and far.max() <= allowed):
        raise CertificateError(
            f"state {name!r}: payoffs are reported {far.max(initial=0):.3g} away from what is "
            f"proven, with a gap of {claim.gap:.3g}"
        )
    low = ring.min(axis=0)
    if (
        claim.min_spe_payoffs is None
        or not (np.abs(claim.min_spe_payoffs - low) <= claim.gap + tol * spread).all()
    ):
        raise CertificateError(
            f"state {name!r}: minimum payoffs {claim.min_spe_payoffs} are not the proven "
            f"{low.tolist()}"
        )
