"""Payoff sets of random stochastic games beside plain iteration, game by game.

Run ``python benchmarks/checks/stochastic_campaign.py [--games N] [--from SEED] [--patient]``. Games
have two to six states and one to three actions a side; in every other game states only move ahead;
payoffs are whole, tied or real; factors are from .3 to .95, equal or not. With ``--patient``: six
states that all lead to one another, factors from .8 to .97. Plain iteration is that of the tests,
run until nothing moves. A game is right if every state's set and threats are within 1e-7 of its, in
payoff units, and all sets pass their certificate. Plain iteration of patient games with two factors
takes minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time
from typing import NamedTuple

import numpy as np

from negotiation.certificates.payoff_sets import check_sets
from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.errors import NegotiationError
from negotiation.games.stochastic_game import StochasticGame
from tests.games.random_stochastic import assorted_game, patient_game
from tests.reference.payoff_sets import plain_hausdorff
from tests.reference.stochastic_payoff_sets import PlainStates, plain_states

NEAR = 1e-7


class Row(NamedTuple):
    """One game, compared."""

    game: StochasticGame
    gap: float  # payoff units
    apart: float  # payoff units; NaN if plain iteration did not come to rest
    near_critical: int  # states
    ours: float  # seconds of one core
    plain: float


def compared(drawn: tuple, rounds: int) -> Row:
    game = StochasticGame.from_tables(*drawn)
    start = process_time()
    found = stochastic_sets(game).states
    ours = process_time() - start
    check_sets(game, found)
    start = process_time()
    judge = plain_states(*drawn, rounds)
    took = process_time() - start
    critical = sum(s.near_critical for s in found)
    apart = distance(found, judge) if judge.converged else np.nan
    return Row(game, max(s.gap for s in found), apart, critical, ours, took)


def distance(found: tuple, judge: PlainStates) -> float:
    """Return how far sets and threats are from plain iteration's, at most; inf if one is empty."""
    worst = 0.0
    for state, ring in zip(found, judge.rings, strict=True):
        if not len(ring) or not len(state.vertices):
            worst = max(worst, 0.0 if len(ring) == len(state.vertices) else np.inf)
            continue
        worst = max(worst, plain_hausdorff(state.vertices, ring))
        worst = max(worst, float(np.abs(state.min_spe_payoffs - ring.min(axis=0)).max()))
    return worst


def campaign(draw: Callable[[int], tuple], seeds: range, rounds: int) -> list[Row]:
    print(
        f"{'seed':>5} {'states':>6} {'factors':>12} {'gap':>8} {'apart':>8} {'s':>6} {'plain s':>8}"
    )
    rows = []
    for seed in seeds:
        try:
            row = compared(draw(seed), rounds)
        except NegotiationError as error:
            print(f"{seed:>5} {type(error).__name__}: {error}")
            continue
        rows.append(row)
        factors = " ".join(f"{d:.3f}" for d in np.unique(row.game.discount))
        note = f"  near-critical: {row.near_critical}" if row.near_critical else ""
        print(
            f"{seed:>5} {row.game.count:>6} {factors:>12} {row.gap:>8.1e} {row.apart:>8.1e}"
            f" {row.ours:>6.2f} {row.plain:>8.2f}{note}",
            flush=True,
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--games", type=int, default=40)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--patient", action="store_true")
    parser.add_argument("--rounds", type=int, default=2000, help="of plain iteration, at most")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.games)
    plain_states(*assorted_game(12), rounds=2)  # compiles
    rows = campaign(patient_game if given.patient else assorted_game, seeds, given.rounds)
    settled = [row for row in rows if not np.isnan(row.apart)]
    right = sum(row.apart <= NEAR for row in settled)
    print(
        f"{right} of {len(seeds)} games right; {len(seeds) - len(rows)} refused or failed their "
        f"certificate; in {len(rows) - len(settled)} plain iteration did not come to rest.\n"
        f"Largest gap {max(row.gap for row in rows):.1e}, farthest apart "
        f"{max(row.apart for row in settled):.1e}. Seconds of one core: "
        f"{sum(row.ours for row in rows):.0f}, plain {sum(row.plain for row in rows):.0f}."
    )


if __name__ == "__main__":
    main()
