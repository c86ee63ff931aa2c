"""Payoff sets of stochastic games: cost per state, compiling included, and beside plain iteration.

Run ``python benchmarks/speed/stochastic_sets.py [--quick]``. First the substitution race on larger
and larger parts of its grid, then on the whole plane up to four times as fine: seconds of one core,
milliseconds a state, which stay level if the cost is linear, and the vertices that a state's set
has on average, which is why they rise at first. Compiling is done anew, not read from disk, and
shown by itself. Then random games beside the iteration that the tests use as judge, answers
compared.
"""

from __future__ import annotations

import re
import sys
from time import process_time

import numpy as np

from negotiation.equilibria.stochastic import payoff_sets as stochastic
from negotiation.equilibria.stochastic.payoff_sets import stochastic_sets
from negotiation.games.stochastic_game import StochasticGame
from negotiation.kernels.compiler import cache as compiled
from negotiation.payoff_file import bundled, loads

compiled.folder = lambda: None


WHOLE = 231
"""States of the file's whole grid, 21 by 11."""


def race(first: str, times: int = 1) -> StochasticGame:
    """The race on the grid of s from `first` on, the start at its bottom; or so many times as fine.

    Speeds are lower on a finer grid, since a step up must stay a probability.
    """
    text = bundled()["substitution-race"].read_text(encoding="utf-8")
    text, found = re.subn(
        r"s: \{start: [\d.]+, from: [\d.]+", f"s: {{start: {first}, from: {first}", text
    )
    if found != 1:
        raise SystemExit("the file's grid of s has another form than this script expects")
    text = text.replace("step: 0.045", f"step: {0.045 / times}")
    text = text.replace("step: 0.08", f"step: {0.08 / times}")
    text = text.replace(")*chips) / 4", f")*chips) / {4 * times}")
    text = text.replace(")*cut) / 4", f")*cut) / {4 * times}")
    return loads(text).stochastic()


def seconds(game: StochasticGame) -> tuple[float, stochastic.StochasticSets]:
    start = process_time()
    found = stochastic_sets(game)
    return process_time() - start, found


def growing(quick: bool) -> None:
    still, leave = [[0, 1], [0, 1]], [[0.5, 0.5], [0.2, 0.8]]
    small = StochasticGame.from_tables(
        [[[[1.0, 0], [0, 1]], [[1, 2], [0, 1]]]] * 2, [[leave] * 2, [still] * 2], 0.5
    )
    stochastic.COMPILE_FROM = 0
    cold, _ = seconds(small)
    print(f"compiling, once for an installation: {cold:.1f} s")
    print(f"{'states':>7} {'seconds':>8} {'ms/state':>9} {'vertices':>9} {'gap':>8}")
    firsts = ("0.79", "0.61") if quick else ("0.79", "0.61", "0.34", "0.07")
    finer = () if quick else (2, 4)
    for game in [race(first) for first in firsts] + [race("0.07", times) for times in finer]:
        took, found = seconds(game)
        gap = max(s.gap for s in found.states)
        kept = found.normalised.size.mean()
        each = 1000 * took / game.count
        print(f"{game.count:>7} {took:>8.2f} {each:>9.2f} {kept:>9.1f} {gap:>8.2g}")
        if game.count == WHOLE:
            print(f"        with compiling {cold + took:.1f} s")


def beside_plain(quick: bool) -> None:
    from tests.reference.payoff_sets import plain_hausdorff
    from tests.reference.stochastic_payoff_sets import plain_states

    print(f"\n{'game':>5} {'states':>7} {'plain/ours':>11} {'apart':>9}")
    for seed in range(3 if quick else 8):
        rng = np.random.default_rng(seed)
        count = int(rng.integers(2, 6))
        payoffs = [rng.normal(size=(2, 2, 2)) for _ in range(count)]
        tables = [np.zeros((2, 2, count)) for _ in range(count)]
        for s, table in enumerate(tables):
            for cell in np.ndindex(2, 2):
                table[(*cell, s)] = 0.5
                table[(*cell, rng.integers(count))] += 0.5
        game = StochasticGame.from_tables(payoffs, tables, 0.7)
        plain_states(payoffs, tables, 0.7, 2)
        took, found = seconds(game)
        start = process_time()
        plain = plain_states(payoffs, tables, 0.7)
        ratio = (process_time() - start) / took
        apart = max(
            plain_hausdorff(a.vertices, b)
            if len(b) and len(a.vertices)
            else float(len(a.vertices) != len(b))
            for a, b in zip(found.states, plain.rings, strict=True)
        )
        print(f"{seed:>5} {count:>7} {ratio:>11.1f} {apart:>9.1g}")


if __name__ == "__main__":
    hurry = "--quick" in sys.argv
    growing(hurry)
    beside_plain(hurry)
