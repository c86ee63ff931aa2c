"""Critical values along one parameter beside `solve` on both sides of each, and in between.

    python benchmarks/checks/vary.py [--games 40] [--seed 1] [--aside 1e-8] [--between 30]
        [--only KIND]

Random games, as payoff files: a payoff or a discount factor varies. Then some axes of bundled
models. `critical_values` is asked for the list. What it says of every stretch, regime and sustained
outcomes, is compared with the first half of `solve`, the single-game path: `aside` (a share of the
span) to either side of every value, and at random points in between. Prints a row for each kind,
then every place at which they disagree. Values marked as hanging on rounding are counted, and
nothing is asked within a thousandth of them.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from boundary_check import give_up, keeps, set_in_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import negotiation as ng
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.kernels.hulls import beats_both
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.regimes import Facts, regime
from negotiation.sweeps.critical_values import Line, critical_values
from negotiation.sweeps.grid import span_asked_for

MARKED = 1e-3

BUNDLED = (
    ("chips-for-rare-earths", "s", (0.41, 0.8)),
    ("chips-for-rare-earths", "patience_us", (0.5, 0.99)),
    ("chips-for-rare-earths", "patience_cn", (0.5, 0.99)),
    ("chips-for-rare-earths", "F", (0.0, 40.0)),
    ("chips-for-rare-earths", "W", (4.0, 100.0)),
    ("h200-licence", "s", (0.3, 0.9)),
    ("h200-licence", "E", (1.0, 40.0)),
    ("chicken", "prize", (1.0, 8.0)),
    ("chicken", "patience_row", (0.0, 0.99)),
    ("stag-hunt", "stag", (0.5, 10.0)),
    ("wider-bargain", "s", (0.41, 0.8)),
    ("wider-bargain", "patience_cn", (0.5, 0.99)),
)


@dataclass
class Tally:
    """What came of checking many lists."""

    lists: int = 0
    values: int = 0
    marked: int = 0
    points: int = 0
    refused: int = 0
    different: list[str] = field(default_factory=list)


def random_models(shape: tuple[int, int], kind: str, count: int, seed: int) -> Iterator[PayoffFile]:
    """Draw games of integer or real payoffs, one payoff and two discount factors as parameters."""
    rng = np.random.default_rng([seed, *shape, len(kind)])
    letters = ["abc"[: shape[0]], "xyz"[: shape[1]]]
    for k in range(count):
        draw = rng.integers(-5, 6, (2, *shape)) if "integer" in kind else rng.random((2, *shape))
        tables = [[[repr(v) for v in row] for row in t] for t in draw.tolist()]
        cell = int(rng.integers(shape[0])), int(rng.integers(shape[1]))
        tables[int(rng.integers(2))][cell[0]][cell[1]] = "pay"
        low, high = (-5, 5) if "integer" in kind else (0, 1)
        two = rng.choice([0.25, 0.3, 0.5, 0.6, 0.75, 0.8, 0.9], 2)
        if rng.random() < 0.5:
            two = rng.uniform(0.2, 0.95, 2)
        one, other = two.tolist()
        factor = "first" if "one factor" in kind else "second"
        truces = [f"[{a}, {x}]" for a in letters[0] for x in letters[1]]
        named = (
            f"  o{c}: {{profiles: [{t}], truce: {str(bool(rng.random() < 0.5)).lower()}}}"
            for c, t in enumerate(truces)
        )
        grade = "unit: none, meaning: none, grade: assumed"
        yield ng.loads(
            f"title: {kind}\nparameters:\n"
            f"  pay: {{value: {low}, range: [{low}, {high}], {grade}}}\n"
            f"  first: {{value: {one!r}, range: [0.05, 0.97], {grade}}}\n"
            f"  second: {{value: {other!r}, range: [0.05, 0.97], {grade}}}\n"
            f"players:\n"
            f"  A: {{actions: [{', '.join(letters[0])}], discount: first}}\n"
            f"  B: {{actions: [{', '.join(letters[1])}], discount: {factor}}}\n"
            f"payoffs:\n  A: {tables[0]}\n  B: {tables[1]}\n".replace("'", "")
            + "outcomes:\n"
            + "\n".join(named)
            + "\n",
            f"{shape[0]}x{shape[1]} {kind}, game {k} of seed {seed}",
        )


def alone(line: Line, at: float) -> tuple[str, tuple[str, ...]] | None:
    """Return regime and sustained outcomes as `solve` finds them; None if it refuses or is slow."""
    game = line.job.model.game(**line.job.settings, **{line.name: at})
    found = set_in_time(game)
    if found is None:
        return None
    held = [name for name, cell in line.job.cells if keeps(game, cell, found.min_spe_payoffs)]
    truces = [p for o in game.outcomes if o.truce for p in o.profiles]
    worst = np.array([e.payoffs for e in nash(game).equilibria]).min(axis=0)
    scale = np.ptp(game.payoffs.reshape(2, -1), axis=1)
    free = pure_nash(game)
    facts = Facts(
        truce_is_stage_equilibrium=any(free[p] for p in truces),
        truce_is_sustained=any(keeps(game, p, found.min_spe_payoffs) for p in truces),
        something_beats_worst=beats_both(found.vertices, worst, np.where(scale > 0, scale, 1.0)),
        any_equilibrium=found.status != "empty",
    )
    return regime(facts), tuple(held)


def check(line: Line, aside: float, between: int, rng: np.random.Generator, tally: Tally) -> None:
    """Compare every stretch of a list with `alone`: at its ends, and in between."""
    model, low, high = line.job.model, *line.span
    ends = np.array([0.0, *((c.at - low) / (high - low) for c in line.changes), 1.0])
    kept = [aside, *(aside if c.sure else MARKED for c in line.changes), aside]
    regimes = [line.regime, *(c.after for c in line.changes)]
    tally.lists += 1
    tally.values += len(line.changes)
    tally.marked += sum(not c.sure for c in line.changes)
    for k, (says, held) in enumerate(zip(regimes, line.held(), strict=True)):
        a, b = ends[k] + kept[k], ends[k + 1] - kept[k + 1]
        if a > b:
            continue
        count = max(2, round(between * (b - a)))
        for share in (a, b, *rng.uniform(a, b, count)):
            at = float(low + share * (high - low))
            told = alone(line, at)
            tally.points += 1
            if told is None:
                tally.refused += 1
            elif told[0] != says or set(told[1]) != set(held):
                tally.different.append(
                    f"{model.path}: {line.name} = {at!r}, {share - ends[k]:.3g} above and "
                    f"{ends[k + 1] - share:.3g} below a value: listed {says} {held}, alone {told}"
                )


KINDS = [
    (shape, f"{payoffs}, {factors}")
    for shape in ((2, 2), (2, 3), (3, 3))
    for payoffs in ("integer", "real")
    for factors in ("one factor", "two factors")
]


def lines(kinds: list[str], games: int, seed: int) -> Iterator[tuple[str, Iterator[Line]]]:
    """Yield kinds of models, each with its lists."""

    def random_lines(shape: tuple[int, int], kind: str) -> Iterator[Line]:
        axes = "pay", "first", "second"
        for k, model in enumerate(random_models(shape, kind, games, seed)):
            name = axes[k % (2 if "one factor" in kind else 3)]
            yield critical_values(model, *span_asked_for(model.parameters, name))

    for shape, kind in KINDS:
        title = f"{shape[0]}x{shape[1]} {kind}"
        if not kinds or any(word in title for word in kinds):
            yield title, random_lines(shape, kind)
    for slug, name, span in BUNDLED:
        if not kinds or any(word in slug for word in kinds):
            yield f"{slug}, {name}", (critical_values(ng.load(slug), name, span) for _ in (0,))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=30, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--aside", type=float, default=1e-8, help="share of the span")
    parser.add_argument("--between", type=int, default=30, help="points on each list")
    parser.add_argument("--only", nargs="+", default=[], help="parts of names of kinds or models")
    options = parser.parse_args()
    signal.signal(signal.SIGVTALRM, give_up)
    print("| | lists | values | marked | points | different | left out | seconds, lists | all |")
    print("|---" * 9 + "|")
    wrong: list[str] = []
    rng = np.random.default_rng(options.seed)
    for title, some in lines(options.only, options.games, options.seed):
        tally, start, asking = Tally(), time.process_time(), 0.0
        while True:
            before = time.process_time()
            line = next(some, None)
            asking += time.process_time() - before
            if line is None:
                break
            check(line, options.aside, options.between, rng, tally)
        print(
            f"| {title} | {tally.lists} | {tally.values} | {tally.marked} | {tally.points} "
            f"| {len(tally.different)} | {tally.refused} | {asking:.0f} "
            f"| {time.process_time() - start:.0f} |",
            flush=True,
        )
        wrong += tally.different
    print("\n".join(wrong))


if __name__ == "__main__":
    main()
