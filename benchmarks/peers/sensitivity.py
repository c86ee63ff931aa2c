"""Indices beside SALib's, scenario discovery beside the EMA workbench's: same cases, one process.

Also both adapters with the packages that they are for: SALib's own indices of the truce margin, and
experiments of the EMA workbench, each outcome compared with what `solve` finds at that point.

    python benchmarks/peers/sensitivity.py

Needs the extra ``bench``. Nothing is timed: the question is whether the answers agree.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from ema_workbench.analysis import prim as ema_prim
from SALib.analyze import sobol as salib_sobol
from SALib.sample import sobol as salib_sample

from negotiation.analysis.margins import judge
from negotiation.analysis.other_tools import as_ema_model, to_salib_problem
from negotiation.analysis.ranges import space
from negotiation.analysis.samples import sobol
from negotiation.analysis.scenario_discovery import discover
from negotiation.payoff_file import load
from negotiation.solution.solution import solve

NAMES = ("x1", "x2", "x3")


def ishigami(unit: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), a = 7, b = 0.1, on the unit cube; ``(3, n)`` to ``(n,)``."""
    x = np.pi * (2 * unit - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def indices(base: int = 2048) -> bool:
    ours = sobol(ishigami, NAMES, base, 0)
    problem = {"num_vars": 3, "names": list(NAMES), "bounds": [[0, 1]] * 3}
    points = salib_sample.sample(problem, base, calc_second_order=False, seed=1)
    theirs = salib_sobol.analyze(problem, ishigami(points.T), calc_second_order=False, seed=1)
    agree = True
    print(f"Sobol' indices of the Ishigami function, base sample {base}")
    for k, mine in enumerate(ours):
        for kind, value, interval, key in (
            ("first", mine.first, mine.first_interval, "S1"),
            ("total", mine.total, mine.total_interval, "ST"),
        ):
            other, half = float(theirs[key][k]), float(theirs[f"{key}_conf"][k])
            overlap = interval[0] <= other + half and other - half <= interval[1]
            agree &= overlap
            print(
                f"  {mine.parameter} {kind}: ours {value:.3f} "
                f"[{interval[0]:.3f}, {interval[1]:.3f}]"
                f"  SALib {other:.3f} [{other - half:.3f}, {other + half:.3f}]"
                f"  intervals {'overlap' if overlap else 'DO NOT OVERLAP'}"
            )
    return agree


def lake(draw: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The shallow lake without control (Carpenter, Ludwig and Brock 1999; Quinn et al. 2017).

    Uncertain: decay b, recycling exponent q, mean and spread of natural inflows, discount factor
    (which plays no role). Of interest: whether phosphorus passes its critical level in 100 years.
    """
    low = np.array([0.1, 2.0, 0.01, 0.001, 0.93])
    high = np.array([0.45, 4.5, 0.05, 0.005, 0.99])
    x = low + draw.random((n, 5)) * (high - low)
    b, q, mean, spread = x[:, :4].T
    s = np.sqrt(np.log(1 + (spread / mean) ** 2))
    inflow = np.exp(np.log(mean) - s**2 / 2 + s * draw.standard_normal((100, n)))
    level = np.zeros(n)
    grid = np.linspace(0.01, 1.5, 3000)[:, None]
    balance = grid**q / (1 + grid**q) - b * grid
    critical = np.where((balance > 0).any(axis=0), grid[(balance > 0).argmax(axis=0), 0], np.inf)
    passed = np.zeros(n, bool)
    for year in inflow:
        level = level + level**q / (1 + level**q) - b * level + year
        passed |= level > critical
    return x, passed


def discovery(n: int = 4000) -> bool:
    names = ["b", "q", "mean", "spread", "delta"]
    x, hit = lake(np.random.default_rng(3), n)
    ours = discover(x, hit)
    search = ema_prim.Prim(pd.DataFrame(x, columns=names), hit, threshold=0.8)
    box = search.find_box()
    track = box.peeling_trajectory
    score = track["mass"] * (track["mean"] - hit.mean())
    best = track.loc[score.idxmax()]
    box.select(int(score.idxmax()))
    print(f"Scenario discovery, shallow lake, {n} cases, {hit.mean():.2f} of interest")
    print(f"  ours: coverage {ours.coverage:.3f}, density {ours.density:.3f}")
    for k, (a, b) in ours.limits.items():
        print(f"    {names[k]}: {a:.3g} to {b:.3g}")
    print(f"  ema_workbench: coverage {best['coverage']:.3f}, density {best['density']:.3f}")
    limits = box.box_lims[int(score.idxmax())]
    limited = [
        c
        for c in names
        if not np.allclose(limits[c], [x[:, names.index(c)].min(), x[:, names.index(c)].max()])
    ]
    print("   ", limits[limited].to_string().replace("\n", "\n    "))
    accuracy = ours.inside / n * (ours.density - hit.mean())
    print(f"  weighted relative accuracy: ours {accuracy:.4f}, ema_workbench {score.max():.4f}")
    return bool(accuracy >= 0.98 * score.max()) and {names[k] for k in ours.limits} <= {
        "b",
        "q",
        "mean",
        "spread",
    }


def adapter_salib(slug: str, base: int = 1024) -> bool:
    """SALib samples, evaluates through the adapter and analyses; ours does all by itself."""
    model = load(slug)
    problem, margin = to_salib_problem(model)
    points = salib_sample.sample(problem, base, calc_second_order=False, seed=1)
    theirs = salib_sobol.analyze(problem, margin(points), calc_second_order=False, seed=1)
    varied = space(model)

    def ours_of(x: np.ndarray) -> np.ndarray:
        return judge(model, varied.values(x.T)).margin

    ours = {i.parameter: i for i in sobol(ours_of, varied.names, base, 0)}
    apart = 0
    for k, name in enumerate(problem["names"]):
        for key, value, (low, high) in (
            ("S1", ours[name].first, ours[name].first_interval),
            ("ST", ours[name].total, ours[name].total_interval),
        ):
            other, half = float(theirs[key][k]), float(theirs[f"{key}_conf"][k])
            if low > other + half or other - half > high:
                apart += 1
                print(f"    {name} {key}: ours {value:.3f} [{low:.3f}, {high:.3f}], "
                      f"SALib {other:.3f} +- {half:.3f}")  # fmt: skip
    rank = sorted(problem["names"], key=lambda n: -ours[n].total)[:3]
    theirs_first = [problem["names"][k] for k in np.argsort(-theirs["ST"])[:3]]
    number = 2 * len(problem["names"])
    print(f"SALib through to_salib_problem({slug}), {len(points)} samples: {number - apart} of "
          f"{number} pairs of 95 % intervals overlap; largest totals, ours {rank}, "
          f"SALib {theirs_first}")  # fmt: skip
    # Two independent 95 % intervals that merely touch are rarer than 5 %: allow that many.
    return apart <= 0.05 * number and rank[0] == theirs_first[0]


def adapter_ema(slug: str, scenarios: int = 50) -> bool:
    """The EMA workbench draws and runs experiments; `solve` is asked again at each."""
    from ema_workbench import perform_experiments

    model = load(slug)
    experiments, outcomes = perform_experiments(as_ema_model(model), scenarios=scenarios)
    names = [p.name for p in space(model).parameters]
    same = 0
    for k in range(scenarios):
        found = solve(model, **{n: float(experiments[n].iloc[k]) for n in names})
        regime = found.regime.replace(" ", "_")
        told = {key: float(column[k]) for key, column in outcomes.items()}
        held = {o.name: any(x.sustained for x in found.outcomes if x.name == o.name)
                for o in model.outcomes}  # fmt: skip
        same += (
            told[f"regime_{regime}"] == 1
            and sum(v for key, v in told.items() if key.startswith("regime_")) == 1
            and all(told[f"holds_{n.replace(' ', '_').replace('-', '_')}"] == h
                    for n, h in held.items())
            and (told["truce_margin"] >= 0) == (found.regime in ("self-enforcing", "armed truce"))
        )  # fmt: skip
    print(f"EMA workbench through as_ema_model({slug}): {same} of {scenarios} experiments agree "
          f"with solve in {len(outcomes)} outcomes")  # fmt: skip
    return same == scenarios


if __name__ == "__main__":
    fine = [
        indices(),
        discovery(),
        adapter_salib("h200-licence"),
        adapter_salib("chips-for-rare-earths"),
        adapter_ema("h200-licence"),
        adapter_ema("chips-for-rare-earths"),
    ]
    print("agree" if all(fine) else "DISAGREE")
