"""All Nash equilibria: ours and the peers on the same random games, in one process.

    python benchmarks/peers/stage.py [--games 50] [--seed 0] [--lrs 300]

Prints time per game, the ratio to ours, and the share of games whose set of equilibria is complete
and right. Generic games are judged by ours, checked against lrsnash when it is on the PATH; tied
games list extreme equilibria. Then lrsnash as a second opinion on `--lrs` tied games.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.equilibria.stage.nash import nash
from negotiation.games.game import Game, exact_tables

Profile = tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
LRSNASH = shutil.which("lrsnash")


def ours(payoffs: np.ndarray) -> list[Profile]:
    return [e.exact for e in nash(Game(payoffs, np.zeros(2))).equilibria]


def lrsnash(payoffs: np.ndarray) -> list[Profile]:
    """Blocks of lines: every player-2 strategy of a block goes with every player-1 strategy."""
    tables = exact_tables(Game(payoffs, np.zeros(2)))
    n0, n1 = payoffs.shape[1:]
    rows = "\n\n".join("\n".join(" ".join(map(str, r)) for r in t) for t in tables)
    with tempfile.NamedTemporaryFile("w", suffix=".game") as file:
        file.write(f"{n0} {n1}\n\n{rows}\n")
        file.flush()
        command = [str(LRSNASH), file.name]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: list[Profile] = []
    for block in text.split("\n\n"):
        sides: dict[str, list[tuple[Fraction, ...]]] = {"1": [], "2": []}
        for line in block.splitlines():
            player, *numbers = line.split() or [""]
            if player in sides:
                sides[player].append(tuple(map(Fraction, numbers[:-1])))
        found += [(x, y) for x in sides["1"] for y in sides["2"]]
    return found


def nashpy_supports(payoffs: np.ndarray) -> list[Profile]:
    import nashpy

    return list(nashpy.Game(payoffs[0], payoffs[1]).support_enumeration())


def quantecon_supports(payoffs: np.ndarray) -> list[Profile]:
    from quantecon.game_theory import NormalFormGame, Player, support_enumeration

    players = Player(payoffs[0]), Player(np.ascontiguousarray(payoffs[1].T))
    return list(support_enumeration(NormalFormGame(players)))


def same(theirs: list[Profile], expected: list[Profile]) -> bool:
    """Every expected equilibrium is there and nothing is there twice or for nothing."""
    if len(theirs) != len(expected):
        return False
    a, b = (
        np.array([np.concatenate([np.asarray(s, float) for s in p]) for p in profiles])
        for profiles in (theirs, expected)
    )
    close = np.abs(a[:, None] - b[None]).max(axis=-1) < 1e-6
    return bool(close.any(axis=0).all() and close.any(axis=1).all())


def contest(
    name: str, games: list[np.ndarray], peers: dict[str, Callable[..., list[Profile]]]
) -> None:
    truth = [(lrsnash if LRSNASH else ours)(g) for g in games]
    base = 0.0
    for peer, solve in peers.items():
        solve(games[0])
        start = time.perf_counter()
        found = [solve(g) for g in games]
        each = (time.perf_counter() - start) / len(games)
        base = base or each
        share = np.mean([same(f, t) for f, t in zip(found, truth, strict=True)])
        row = f"{name:14s} {peer:18s} {each * 1e6:10.0f} us {each / base:8.2f} x ours"
        print(f"{row} {share:7.1%} complete", flush=True)


def second_opinion(count: int, rng: np.random.Generator) -> None:
    agree = equilibria = degenerate = 0
    for k in range(count):
        shape = (int(rng.integers(1, 6)), int(rng.integers(1, 6))) if k % 2 else (4, 4)
        payoffs = rng.integers(0, rng.integers(2, 6), size=(2, *shape)).astype(float)
        result = nash(Game(payoffs, np.zeros(2)))
        profiles, theirs = [e.exact for e in result.equilibria], lrsnash(payoffs)
        equal = set(profiles) == set(theirs) and len(set(profiles)) == len(profiles)
        if not equal:
            print("disagreement:", payoffs.tolist())
        agree += equal
        equilibria += len(profiles)
        degenerate += result.degenerate
    print(f"lrsnash agrees exactly on {agree} of {count} tied games", end=" ")
    print(f"({degenerate} degenerate, {equilibria} extreme equilibria)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lrs", type=int, default=300)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(options.seed)
    peers: dict[str, Callable[..., list[Profile]]] = {"ours (exact)": ours}
    if LRSNASH:
        peers["lrsnash (exact)"] = lrsnash
    peers |= {"quantecon supports": quantecon_supports, "nashpy supports": nashpy_supports}
    for n in (3, 4, 8):
        chosen = peers if n < 8 else {k: v for k, v in peers.items() if k != "nashpy supports"}
        count = options.games if n < 8 else max(1, options.games // 10)
        contest(f"generic {n}x{n}", [rng.random((2, n, n)) for _ in range(count)], chosen)
        tied = [rng.integers(0, 4, size=(2, n, n)).astype(float) for _ in range(count)]
        contest(f"tied {n}x{n}", tied, chosen)
    if LRSNASH:
        second_opinion(options.lrs, rng)


if __name__ == "__main__":
    main()
