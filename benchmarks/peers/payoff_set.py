"""Subgame-perfect payoff sets: ours and QuantEcon's on the same random games, in one process.

    python benchmarks/peers/payoff_set.py [--games 20] [--seed 0]

Ours twice: the path that `solve` takes, in Python and numpy, and one game at a time through the
compiled kernels of `payoff_sets_batch`, which a loop over many games would use. Prints how often
each is right (judged by the plain iteration in `tests/plain_iteration.py`: the same emptiness,
vertices within 1e-6 of the payoff range) and the time per game. QuantEcon raises on sets that are
points or segments; those count as failures, and their time as spent. Refusals of ours
(`NearCriticalError`) count as failures too. Games the plain iteration cannot settle are left out.

QuantEcon 0.11 writes past a buffer on some integer games and takes the process with it, so its
kernels are compiled with numba's bounds checks, and those games count as raised.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.set_parts import payoff_sets_batch
from negotiation.errors import NotConvergedError
from negotiation.games.game import Game
from tests.reference.payoff_sets import Plain, plain_hausdorff, plain_payoff_set

DELTAS = (0.3, 0.6, 0.9, 0.99)
Solver = Callable[[np.ndarray, float], "np.ndarray | None"]


def ours(payoffs: np.ndarray, delta: float) -> np.ndarray | None:
    try:
        return payoff_set(Game(payoffs, np.asarray(delta))).vertices
    except NotConvergedError:
        return None


def warm(payoffs: np.ndarray, delta: float) -> np.ndarray | None:
    """One game at a time through the compiled kernels, as a loop in a warm process would."""
    found = payoff_sets_batch(Game(payoffs[None], np.full((1, 2), delta)), threads=1)
    return found.vertices[0, : found.counts[0]] if found.counts[0] >= 0 else None


def quantecon(payoffs: np.ndarray, delta: float) -> np.ndarray | None:
    """Vertices; no rows when it says there is no equilibrium; None when it fails."""
    from quantecon.game_theory import NormalFormGame, Player, RepeatedGame
    from scipy.spatial import QhullError

    players = Player(np.array(payoffs[0])), Player(np.ascontiguousarray(payoffs[1].T))
    try:
        hull = RepeatedGame(NormalFormGame(players), delta).equilibrium_payoffs()
    except (QhullError, IndexError):
        return None
    except ValueError as error:
        return np.empty((0, 2)) if "No equilibrium" in str(error) else None
    return np.asarray(hull.points[hull.vertices])


def compile_with_bounds_checks() -> None:
    """Compile QuantEcon's kernels afresh; a cached one would have no checks."""
    saved = numba.config.BOUNDSCHECK, numba.config.CACHE_DIR
    with tempfile.TemporaryDirectory() as fresh:
        numba.config.BOUNDSCHECK, numba.config.CACHE_DIR = 1, fresh
        quantecon(np.array([[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]]), 0.5)
        numba.config.BOUNDSCHECK, numba.config.CACHE_DIR = saved


def right(found: np.ndarray | None, truth: Plain, payoffs: np.ndarray) -> bool:
    if found is None or (len(found) == 0) != (len(truth.ring) == 0):
        return False
    if len(found) == 0:
        return True
    return bool(plain_hausdorff(np.array(found), truth.ring) <= 1e-6 * np.ptp(payoffs))


def contest(games: list[np.ndarray], truths: list[Plain], delta: float, solve: Solver) -> tuple:
    start = time.perf_counter()
    found = [solve(g, delta) for g in games]
    each = (time.perf_counter() - start) / len(games)
    good = np.mean([right(*row) for row in zip(found, truths, games, strict=True)])
    return each, good, np.mean([f is None for f in found])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(options.seed)
    ours(rng.random((2, 2, 2)), 0.5)
    warm(rng.random((2, 2, 2)), 0.5)
    plain_payoff_set(rng.random((2, 2, 2)), 0.5)
    compile_with_bounds_checks()
    print(
        "games           delta    n | solve's ms  right | compiled ms  right | quantecon ms  right"
        "  raised | quantecon / compiled"
    )
    for n in (2, 3):
        for kind in ("integer", "real"):
            for delta in DELTAS:
                size = (options.games, 2, n, n)
                drawn = rng.integers(-10, 11, size) if kind == "integer" else rng.random(size)
                pairs = [(g, plain_payoff_set(g, delta, 60_000)) for g in drawn.astype(float)]
                pairs = [(g, t) for g, t in pairs if t.converged]
                games, truths = [g for g, _ in pairs], [t for _, t in pairs]
                t0, good0, _ = contest(games, truths, delta, ours)
                t2, good2, _ = contest(games, truths, delta, warm)
                t1, good1, raised = contest(games, truths, delta, quantecon)
                left = f"{kind:8s} {n}x{n}   {delta:5.2f}  {len(games):4d} | {t0 * 1e3:10.2f}"
                left += f" {good0:6.0%} | {t2 * 1e3:11.2f} {good2:6.0%}"
                row = f"{left} | {t1 * 1e3:12.2f} {good1:6.0%} {raised:7.0%}"
                print(f"{row} | {t1 / t2:20.1f}", flush=True)


if __name__ == "__main__":
    main()
