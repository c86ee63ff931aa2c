"""Maps of bundled models beside `solve` on both sides of every boundary point looked at.

    python benchmarks/checks/boundary.py [--points 12] [--aside 3e-6]
                                         [--resolution 21] [--only NAME]

Traces the boundaries of each plane below, takes up to `points` points of every curve, steps `aside`
(a share of the sides of the plane) to either side of the curve, and asks the single-game path there
what holds. On one side what the curve is drawn around has to hold, on the other it must not; and on
both, the regime and all sustained outcomes have to be those that the map shows there. Prints a row
for each plane, then every place at which they disagree.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import negotiation as ng
from negotiation.equilibria.repeated.discounts.patience import patience_needed
from negotiation.equilibria.repeated.payoff_set import PayoffSet, payoff_set
from negotiation.equilibria.stage.nash import nash, pure_nash
from negotiation.errors import NearCriticalError
from negotiation.games.game import Array, Game
from negotiation.kernels.hulls import beats_both
from negotiation.sweeps.boundaries import Boundary
from negotiation.sweeps.crossings import ANY, BETTER, NO_THREAT
from negotiation.sweeps.regime_map import Panel, _contains, _kind, map_panels

FLAGSHIP, WIDER, H200 = "chips-for-rare-earths", "wider-bargain", "h200-licence"

PLANES = (
    (FLAGSHIP, {"s": (0.0, 1.0), "patience_cn": (0.5, 0.99)}, None),
    (FLAGSHIP, {"s": (0.41, 0.8), "r": (0.05, 0.3)}, ("patience_cn", (0.6, 0.9))),
    (FLAGSHIP, {"patience_us": (0.3, 0.99), "patience_cn": (0.3, 0.99)}, ("s", (0.5, 0.7))),
    (FLAGSHIP, {"F": (0.0, 40.0), "W": (4.0, 100.0)}, None),
    (H200, {"s": (0.5, 0.7), "E": (1.0, 30.0)}, None),
    (H200, {"patience_us": (0.06, 0.96), "patience_cn": (0.06, 0.96)}, ("E", (10.0, 40.0))),
    ("chicken", {"prize": (1.0, 8.0), "cost": (2.0, 20.0)}, ("patience_row", (0.3, 0.7))),
    ("chicken", {"patience_row": (0.0, 0.99), "patience_column": (0.0, 0.99)}, None),
    ("stag-hunt", {"stag": (0.5, 10.0), "hare": (0.5, 5.0)}, None),
    (WIDER, {"s": (0.41, 0.8), "patience_cn": (0.5, 0.99)}, None),
    (WIDER, {"F": (0.0, 40.0), "b": (0.0, 15.0)}, ("s", (0.5, 0.65))),
    (WIDER, {"toll_us": (-1.6, 6.0), "patience_us": (0.5, 0.99)}, None),
)


PATIENCE = 4.0
"""Seconds of processor time for one place; so close to a change a whole set can take a minute."""


def give_up(*_: object) -> None:
    raise TimeoutError


def names(panel: Panel) -> list[str]:
    return [a.what for a in panel.areas]


def set_in_time(game: Game) -> PayoffSet | None:
    """Return what the single-game path finds; None if it refuses or takes long."""
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        return payoff_set(game)
    except (NearCriticalError, TimeoutError):
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def alone(panel: Panel, place: Array) -> dict[str, bool] | None:
    """Return what the single-game path says holds at a place; None if it refuses or takes long."""
    job = panel.plane.job
    game = job.model.game(**{**job.settings, **dict(zip(job.points.names, place, strict=True))})
    found = set_in_time(game)
    if found is None:
        return None
    truces = [p for o in game.outcomes if o.truce for p in o.profiles]
    spread = np.ptp(game.payoffs, axis=(1, 2))
    worst = np.min([e.payoffs for e in nash(game).equilibria], axis=0)
    held = {cell: keeps(game, cell, found.min_spe_payoffs) for cell in np.ndindex(game.shape)}
    free = any(pure_nash(game)[cell] for cell in truces)
    some_truce = free or any(held[cell] for cell in truces)
    told = {
        ANY: found.min_spe_payoffs is not None,
        BETTER: some_truce or beats_both(found.vertices, worst, spread),
        NO_THREAT: free,
    }
    return told | {name: held[cell] for name, cell in job.cells}


def keeps(game: Game, cell: tuple[int, int], threats: Array | None) -> bool:
    if threats is None:
        return False
    return bool((patience_needed(game, cell, threats) <= game.discount + 1e-12).all())


def sides(panel: Panel, curve: Boundary, points: int, aside: float) -> list[tuple[Array, Array]]:
    """Return places inside and outside, beside the middles of some pieces of a curve.

    The area lies to the left of the curve. Pieces shorter than the step are left out, and places
    beyond the plane.
    """
    low, high = np.array(panel.plane.spans).T
    unit = (curve.points - low) / (high - low)
    step = np.diff(unit, axis=0)
    length = np.hypot(*step.T)
    usable = np.flatnonzero(length > 10 * aside)
    if not len(usable):
        return []
    some = usable[np.unique(np.linspace(0, len(usable) - 1, points).astype(int))]
    right = np.stack((step[some, 1], -step[some, 0]), axis=1) / length[some, None]
    middle = 0.5 * (unit[some] + unit[some + 1])
    both = middle - aside * right, middle + aside * right
    inside = [((x >= 0) & (x <= 1)).all(axis=1) for x in both]
    left, out = (low + x[inside[0] & inside[1]] * (high - low) for x in both)
    return list(zip(left, out, strict=True))


def check(panel: Panel, points: int, aside: float, wrong: list[str]) -> tuple[int, int]:
    """Look at both sides of every curve of one map; return places looked at, and left out."""
    looked = refused = 0
    for curve in panel.boundaries:
        if not np.isfinite(curve.accuracy) or len(curve.points) < 2:
            continue
        for pair in sides(panel, curve, points, aside):
            for place, expected in zip(pair, (True, False), strict=True):
                looked += 1
                told = alone(panel, place)
                if told is None:
                    refused += 1
                    continue
                inside = [bool(_contains(area, place[:1], place[1:])[0, 0]) for area in panel.areas]
                kind = _kind(panel.areas, inside)
                says = _kind(panel.areas, [told[name] for name in names(panel)])
                if told[curve.what] != expected or kind != says:
                    at = dict(zip(panel.plane.job.points.names, map(float, place), strict=True))
                    wrong.append(
                        f"{panel.plane.job.model.path} {panel.title} {at}: along {curve.what!r}, "
                        f"{'inside' if expected else 'outside'}: map {kind}, alone {says}"
                    )
    return looked, refused


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=12, help="of each curve")
    parser.add_argument("--aside", type=float, default=3e-6, help="share of the plane's sides")
    parser.add_argument("--resolution", type=int, default=21)
    parser.add_argument("--only", nargs="+", default=[], help="parts of 'model: axes' as printed")
    options = parser.parse_args()
    signal.signal(signal.SIGVTALRM, give_up)
    print("| model | plane | maps | curves | unresolved | places | disagree | left out | seconds |")
    print("|---" * 9 + "|")
    wrong: list[str] = []
    for name, spans, by in PLANES:
        axes = " x ".join([*spans, *([by[0]] if by else [])])
        if options.only and not any(word in f"{name}: {axes}" for word in options.only):
            continue
        start = time.process_time()
        panels = map_panels(ng.load(name), spans, by=by, resolution=options.resolution)
        before, curves = len(wrong), [b for p in panels for b in p.boundaries]
        counts = [check(panel, options.points, options.aside, wrong) for panel in panels]
        looked, refused = np.sum(counts, axis=0)
        loose = sum(not np.isfinite(b.accuracy) for b in curves)
        print(
            f"| {name} | {axes} | {len(panels)} | {len(curves)} | {loose} | {looked} "
            f"| {len(wrong) - before} | {refused} | {time.process_time() - start:.0f} |",
            flush=True,
        )
    print(*wrong, sep="\n")


if __name__ == "__main__":
    main()
