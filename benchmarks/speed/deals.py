"""Time `negotiate deal` from a fresh process, and its answers beside plain twins in this one.

    python benchmarks/speed/deals.py

First: the version-0.1 flagship with three terms and 1,024 sampled cases, all included, as a
multiple of importing numpy. Then, ratios of a plain way to ours: the best terms by a grid of linear
inequalities that are checked one by one; and slack over a 100 x 100 map by `solve` at a sample of
its points. Right means: no point of the grid beats the program, and the map has the slack that
`solve` has.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from negotiation.deals.affine import largest_margin  # noqa: E402
from negotiation.deals.contract_map import contract_map  # noqa: E402
from negotiation.deals.deal import find_deals  # noqa: E402
from negotiation.deals.polytopes import affine_deal  # noqa: E402
from negotiation.deals.terms import contract  # noqa: E402
from negotiation.solution.solution import examine, solve  # noqa: E402
from tests.reference.flagship import flagship  # noqa: E402

TERMS = "terms: {ell: [0, 1], sigma: [0, 1], fee: [0, 0.5]}"
NEGOTIATE = [sys.executable, "-c", "from negotiation.cli import main; main()"]


def clock(job, times: int = 5) -> tuple[float, object]:
    """Return the median of some runs, after one that does not count, and the last answer."""
    job()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = job()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken)), answer


def fresh(command: list[str]) -> float:
    def job() -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return clock(job, 3)[0]


def from_cold() -> None:
    from tests.reference.flagship import text

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flagship.yaml"
        path.write_text(text(TERMS), encoding="utf-8")
        numpy = fresh([sys.executable, "-c", "import numpy"])
        deal = fresh([*NEGOTIATE, "deal", str(path)])
        drawn = fresh([*NEGOTIATE, "deal", str(path), "-o", str(Path(folder) / "map.png")])
    print(f"deal, 3 terms, 1,024 cases    {deal:6.2f} s   {deal / numpy:5.1f} x importing numpy")
    print(f"the same with its map drawn   {drawn:6.2f} s   {drawn / numpy:5.1f} x")


def programs() -> None:
    deal = contract(flagship(TERMS))
    polytope = affine_deal(deal)
    near, rows = polytope.lift.variables(deal.own), polytope.slack_rows()
    ours, (_, margin) = clock(lambda: largest_margin(polytope.lift, rows, near))

    def plain() -> float:
        best = -np.inf
        for terms in np.stack(np.meshgrid(*[np.linspace(*b, 21) for b in deal.bounds]), -1).reshape(
            -1, 3
        ):
            y = np.concatenate(([1.0], polytope.lift.variables(terms)))
            best = max(best, float((rows @ y).min()))
        return best

    theirs, best = clock(plain, 1)
    assert best <= margin + 1e-9, "a point of the grid beats the program"
    print(f"safest terms, a grid of 9,261 one by one / a program   {theirs / ours:8.0f} x")
    print(f"  and the grid misses {margin - best:.2g} of a margin of {margin:.4g}")


def maps() -> None:
    found = find_deals(contract(flagship(TERMS)), cases=16)
    ours, drawn = clock(lambda: contract_map(found))
    picks = np.random.default_rng(0).integers(0, 100, (12, 2))

    def plain() -> None:
        for row, column in picks:
            terms = found.contract.own.copy()
            terms[0], terms[1] = drawn.across[column], drawn.up[row]
            one = solve(found.contract.model, **found.contract.at(terms))
            slack = examine(one, found.contract.profile).slack
            assert np.allclose(slack, drawn.slack[row, column]), "the map is not what solve says"

    theirs, _ = clock(plain, 1)
    print(f"a map's points, by solve / at once      {theirs / len(picks) / (ours / 1e4):8.0f} x")


if __name__ == "__main__":
    from_cold()
    programs()
    maps()
