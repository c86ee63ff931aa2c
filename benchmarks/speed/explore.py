"""The page with sliders: from a request to a fragment, and from nothing to a first verdict.

    python benchmarks/speed/explore.py
    python benchmarks/speed/explore.py --moves 100 --models chicken prisoners-dilemma

For each model, random moves of the sliders on the first screen, one number at a time, as a hand
makes them: wall and processor time from request to fragment, median and 95th percentile, in the
process that answers. In the same process, beside each, the plain twin: a full `solve` at the same
point, whose regime and sustained outcomes the fragment must show. Then cold starts: a fresh
`negotiate explore` until its first page, verdict included, has arrived, with the processor time of
all its processes beside it.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from html import unescape

import numpy as np

import negotiation as ng
from negotiation.explore.handlers import respond
from negotiation.explore.requests import Request
from negotiation.explore.shelf import opened
from negotiation.explore.sliders import first_names
from negotiation.solution.signalling.solution import solve_signals
from negotiation.solution.signalling.verdict import signalling_verdict
from negotiation.solution.solution import solve

START = "import sys; from negotiation.cli import main; sys.argv[0] = 'negotiate'; main()"


def moves(slug: str, count: int, seed: int) -> None:
    """Time fragments of one model, checked against full solves at some of the points."""
    model, draw = opened(slug, None), np.random.default_rng(seed)
    ranges = {p.name: p.range for p in model.parameters}
    names = first_names(model)
    given: dict[str, float] = {}
    wall, processor, checked, twin = [], [], 0, []
    respond(Request("page", f"model={slug}"))
    every = max(1, count // 10)
    for k in range(count):
        name = names[int(draw.integers(len(names)))]
        given[name] = float(f"{draw.uniform(*ranges[name]):.6g}")
        query = f"model={slug}&n={k}&" + "&".join(f"p.{n}={x!r}" for n, x in given.items())
        started, used = time.perf_counter(), time.process_time()
        reply = respond(Request("live", query))
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
        assert reply.status == 200, reply.body
        shown = unescape(reply.body.decode())
        if k % every == 0 and model.kind == "signalling":
            started = time.perf_counter()
            signals = solve_signals(model, **given)
            twin.append(time.perf_counter() - started)
            assert signalling_verdict(signals)[0] in shown, (slug, given)
            checked += 1
        elif k % every == 0:
            started = time.perf_counter()
            exact = solve(model.frozen(), **given)
            twin.append(time.perf_counter() - started)
            assert exact.regime.upper() in shown, (slug, given)
            rows = dict(re.findall(r'data-row="([^"]*)" data-state="(\w+)"', shown))
            for o in exact.outcomes:
                if o.name in rows:
                    assert rows[o.name] == str(o.sustained), (slug, given, o.name)
                    checked += 1
    half, most = np.quantile(wall, (0.5, 0.95)) * 1000
    half_p, most_p = np.quantile(processor, (0.5, 0.95)) * 1000
    ratio = float(np.median(twin)) * 1000 / half
    print(
        f"{slug:24} {count:5} {half:9.1f} {most:9.1f} {half_p:9.1f} {most_p:9.1f} "
        f"{ratio:11.1f} {checked:8}"
    )


def cold(count: int) -> None:
    """Time fresh processes until the first page has arrived."""
    found = []
    for _ in range(count):
        before, started = os.times(), time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", START, "explore", "--no-browser", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        address = re.search(r"http\S+", process.stdout.readline())
        assert address
        with urllib.request.urlopen(address[0]) as page:
            assert b'class="said"' in page.read()
        taken = time.perf_counter() - started
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdout.close()
        after = os.times()
        used = after.children_user + after.children_system
        used -= before.children_user + before.children_system
        found.append((taken, used))
    taken, used = np.median(found, axis=0)
    print(f"cold start to first verdict: {taken:.2f} s ({used:.2f} s of processors), {count} runs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=500)
    parser.add_argument("--models", nargs="*", default=ng.bundled())
    parser.add_argument("--cold", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print("milliseconds from request to fragment; solve is how many times as long a full one takes")
    print(f"{'model':24} {'moves':>5} {'median':>9} {'95 %':>9} {'cpu':>9} {'95 %':>9} "
          f"{'solve':>11} {'checked':>8}")  # fmt: skip
    for slug in asked.models:
        moves(slug, asked.moves, asked.seed)
    if asked.cold:
        cold(asked.cold)


if __name__ == "__main__":
    main()
