"""Time commands in fresh processes, beside what Python and numpy alone need.

    python benchmarks/speed/cold_start.py [RUNS]

Medians of wall time; runs take turns, so that a busy machine slows all of them alike. Targets on a
quiet machine: help and the report of a bad file 150 ms, the flagship 1 s. Compiled modules are kept
from a first round that does not count, as they are on anybody's machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "payoffs" / "chips-for-rare-earths.yaml"
BAD = SHIPPED.read_text(encoding="utf-8").replace("payoffs:", "payofs:")
NEGOTIATE = [sys.executable, "-c", "from negotiation.cli import main; main()"]


def commands(bad: Path) -> dict[str, list[str]]:
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "negotiate --help": [*NEGOTIATE, "--help"],
        "negotiate check bad.yaml": [*NEGOTIATE, "check", str(bad)],
        "negotiate check": [*NEGOTIATE, "check", "chips-for-rare-earths"],
        "negotiate solve prisoners-dilemma": [*NEGOTIATE, "solve", "prisoners-dilemma"],
        "negotiate solve": [*NEGOTIATE, "solve"],
    }


def wall(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main(runs: int) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        bad = Path(folder) / "bad.yaml"
        bad.write_text(BAD, encoding="utf-8")
        jobs = commands(bad)
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for k in range(runs + 1):
            for name, command in jobs.items():
                taken = wall(command)
                times[name] += [taken] if k else []
    medians = {name: statistics.median(t) for name, t in times.items()}
    python, numpy = list(medians.values())[:2]
    width = max(map(len, jobs))
    print(f"{'command':{width}}  median ms  least ms  / python  / numpy")
    for name, median in medians.items():
        least = 1000 * min(times[name])
        ratios = f"{median / python:8.1f}  {median / numpy:7.1f}"
        print(f"{name:{width}}  {1000 * median:9.0f}  {least:8.0f}  {ratios}")
    print(f"{runs} runs each, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
