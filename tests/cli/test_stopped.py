"""Commands that write, stopped at any moment: nothing half-written, nothing lost, nobody left.

Moments are drawn by chance, with a fixed seed, over the time that the command takes undisturbed.
`NEGOTIATE_STOPS=20 python -m pytest tests/cli/test_stopped.py` stops each command twenty times.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

MAIN = "from negotiation.cli import main; main()"
MODEL = """
title: A dilemma
players:
  Row: {actions: [C, D], discount: 0.6}
  Column: {actions: [C, D], discount: d}
parameters:
  d: {value: 0.7, range: [0.5, 0.9], unit: share, meaning: patience, grade: assumed}
  v: {value: 9, range: [6, 12], unit: points, meaning: gain, grade: assumed}
  w: {value: 9, range: [6, 12], unit: points, meaning: gain of the other, grade: assumed}
payoffs:
  Row: [[v, 1], [10, 3]]
  Column: [[w, 10], [1, 3]]
outcomes:
  pact: {truce: true, profiles: [[C, C]]}
  quarrel: {profiles: [[D, D]]}
"""
GAME = 'NFG 1 R "Plain" { "A" "B" } { 2 2 }\n\n9 9 10 1\n1 10 3 3\n'
CLOCK = (Path(__file__).parents[1] / "data" / "clock.yaml").read_text(encoding="utf-8")
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)
VARY = ("--vary", "d=0.5:0.9:210", "--vary", "v=6:12:210")
COMMANDS = {
    "csv": (("sweep", "m.yaml", *VARY, "-o", "out.csv"), 4),
    "nc": (("sweep", "m.yaml", *VARY, "-o", "out.nc"), 2),
    "zarr": (("sweep", "m.yaml", *VARY, "-o", "out.zarr"), 3),
    "workers": (("sweep", "m.yaml", *VARY, "-o", "out.csv", "--workers", "2"), 4),
    "report": (("report", "m.yaml", "-o", "reports"), 3),
    "html": (("report", "m.yaml", "--format", "html", "-o", "reports"), 1),
    "deal": (("deal", "m.yaml", "--term", "v=6:12", "--term", "w=6:12", "-o", "deal.png"), 1),
    "path": (("path", "clock.yaml", "-o", "path.png"), 1),
    "map": (("map", "m.yaml", "--x", "d", "--y", "v", "--points", "9", "-o", "map.png"), 2),
    "explore": (("explore", "m.yaml", "-o", "page.html"), 2),
    "new": (("new", "mine"), 2),
    "import": (("import", "g.nfg", "mine.yaml"), 2),
}
"""Commands that write, and how often each is stopped."""


def start(folder, arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", MAIN, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def prepared(folder):
    folder.mkdir()
    (folder / "m.yaml").write_text(MODEL)
    (folder / "g.nfg").write_text(GAME)
    (folder / "clock.yaml").write_text(CLOCK)
    return folder


def content(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def session(number):
    """Return the processes of a session that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == number and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def ended(number):
    deadline = time.monotonic() + 30
    while session(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not session(number)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return what each command writes undisturbed, and how long it takes, as asked for."""
    made = {}

    def run(name):
        if name not in made:
            folder = prepared(tmp_path_factory.mktemp("whole") / name)
            started = time.monotonic()
            process = start(folder, COMMANDS[name][0])
            _, said = process.communicate(timeout=200)
            assert process.returncode == 0, said
            made[name] = content(folder), time.monotonic() - started
        return made[name]

    return run


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_stopped_at_any_moment_leaves_all_or_nothing(name, whole, tmp_path):
    arguments, times = COMMANDS[name]
    times = int(os.environ.get("NEGOTIATE_STOPS", times))
    expected, took = whole(name)
    moments = random.Random(name)
    for k in range(times):
        folder = prepared(tmp_path / str(k))
        number = SIGNALS[k % len(SIGNALS)]
        process = start(folder, arguments)
        try:
            time.sleep(moments.uniform(0.1, 1.0) * took)
            os.kill(process.pid, number)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert ended(process.pid), "processes are left"
        assert "Traceback" not in said, said
        left = content(folder)
        hidden = {n for n in left if Path(n).name.startswith(".negotiate-") or ".parts/" in n}
        if number != signal.SIGKILL:
            assert process.returncode in (0, 128 + number, -number), said
            assert not any(".parts/" not in n for n in hidden), hidden
        for file, held in left.items():
            if file not in hidden:
                assert held == expected[file], f"{file} after {number.name}"
        again = (*arguments, "--resume") if name in ("csv", "nc", "zarr", "workers") else arguments
        if name in ("new", "import") and "mine.yaml" in left:
            continue
        process = start(folder, again)
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
        assert content(folder) == expected
        shutil.rmtree(folder)


def test_two_at_once_are_told_apart(tmp_path):
    folder = prepared(tmp_path / "x")
    (folder / "reports").mkdir()
    first = start(folder, ("report", "m.yaml", "-o", "reports"))
    deadline = time.monotonic() + 60
    while not list((folder / "reports").glob(".negotiate-*.lock")) and time.monotonic() < deadline:
        time.sleep(0.01)
    second = start(folder, ("report", "m.yaml", "-o", "reports"))
    _, told = second.communicate(timeout=100)
    _, said = first.communicate(timeout=100)
    assert first.returncode == 0, said
    assert second.returncode in (0, 2)
    if second.returncode:
        assert f"is being written by process {first.pid}" in told
        assert "Traceback" not in told
    assert [p.name for p in folder.glob("reports/*.md")] == ["m.md"]
    assert not list(folder.rglob(".negotiate-*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "m.yaml", "-o", "reports"),
        ("map", "m.yaml", "--x", "d", "--y", "v", "--points", "5", "-o", "reports/map.png"),
        ("sweep", "m.yaml", "--vary", "v=6,7", "-o", "reports/x.csv"),
        ("sweep", "m.yaml", "--vary", "v=6,7", "-o", "reports/x.nc"),
        ("sweep", "m.yaml", "--vary", "v=6,7", "-o", "reports/x.zarr"),
        ("new", "reports/mine"),
        ("import", "g.nfg", "reports/mine.yaml"),
    ],
    ids=lambda a: " ".join(a[:1] + a[-1:]),
)
def test_a_disk_without_room_is_a_sentence(arguments, tmp_path):
    """A limit on the size of files stands for a full disk: the system refuses both alike."""
    folder = prepared(tmp_path / "x")
    (folder / "reports").mkdir()
    limited = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (64, r.RLIM_INFINITY)); "
    process = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", limited + MAIN, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "XDG_CACHE_HOME": "none"},
    )
    assert process.returncode == 2, process.stderr
    assert "Traceback" not in process.stderr
    assert "error: cannot write" in process.stderr
    left = [p for p in (folder / "reports").rglob("*") if p.is_file()]
    assert left == []


def test_what_is_printed_to_a_full_device_is_a_sentence():
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-c", MAIN, "models", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert "No space left on device" in process.stderr


def test_a_lost_worker_is_replaced_and_the_numbers_are_the_same(tmp_path):
    from negotiation.payoff_file import loads
    from negotiation.sweeps.grid import grid
    from negotiation.sweeps.runs import run_sweep
    from negotiation.sweeps.sweep import Job

    job = Job(loads(MODEL), grid({"v": np.linspace(6, 12, 40)}), {})
    run_sweep(job, tmp_path / "alone.csv", at_once=4)
    lost = []

    def kill_one(_):
        workers = [p for p in session(os.getsid(0)) if _parent(p) == os.getpid()]
        spawned = [p for p in workers if "spawn_main" in _command(p)]
        if spawned and not lost:
            lost.append(spawned[0])
            os.kill(spawned[0], signal.SIGKILL)

    run_sweep(job, tmp_path / "spread.csv", at_once=4, workers=2, progress=kill_one)
    assert lost
    assert (tmp_path / "spread.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "alone.csv",
        "alone.csv-metadata.json",
        "spread.csv",
        "spread.csv-metadata.json",
    ]


def _parent(process):
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _command(process):
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
