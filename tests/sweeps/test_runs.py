import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray

from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.sweeps.files import KINDS, Parts
from negotiation.sweeps.grid import Grid, grid, sobol_sample
from negotiation.sweeps.runs import run_sweep
from negotiation.sweeps.sweep import Job, sweep
from tests.first_edition import first_edition

FLAGSHIP = load(first_edition("chips-for-rare-earths"))
MOVING = load(Path(__file__).parents[1] / "data" / "clock.yaml")
AXES = {"s": np.linspace(0.4, 0.8, 5), "r": [0.1, 0.2], "patience_cn": [0.5, 0.9]}

SLOW = """
import sys, time
from pathlib import Path
import numpy as np
from negotiation.sweeps import runs
from negotiation.sweeps.grid import grid
from negotiation.payoff_file import load
from negotiation.sweeps.sweep import Job

axes = {"s": np.linspace(0.4, 0.8, 5), "r": [0.1, 0.2], "patience_cn": [0.5, 0.9]}
job = Job(load(sys.argv[2]), grid(axes), {})
runs.run_sweep(job, Path(sys.argv[1]), at_once=3, progress=lambda n: time.sleep(0.2))
"""


def content(path):
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return [(str(p.relative_to(path)), p.read_bytes()) for p in files]


@pytest.mark.parametrize("ending", KINDS)
def test_a_killed_sweep_resumed_has_the_bytes_of_one_never_killed(tmp_path, ending):
    whole, killed = tmp_path / f"whole{ending}", tmp_path / f"killed{ending}"
    job = Job(FLAGSHIP, grid(AXES), {})
    run_sweep(job, whole, at_once=3)
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(killed), FLAGSHIP.path])
    parts = tmp_path / f"killed{ending}.parts"
    deadline = time.monotonic() + 60
    while len(list(parts.glob("*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed.exists()
    left = len(list(parts.glob("*.npz")))
    assert 2 <= left < 7
    with pytest.raises(UsageError, match="--resume"):
        run_sweep(job, killed, at_once=3)
    done = []
    run_sweep(job, killed, at_once=3, resume=True, progress=done.append)
    assert done[0] == 3 * left
    assert sum(done) == job.points.size
    assert content(killed) == content(whole)
    assert not parts.exists()


def test_what_is_left_of_another_sweep_is_not_mixed_in(tmp_path):
    output = tmp_path / "x.csv"
    first = Job(FLAGSHIP, grid(AXES), {})
    with pytest.raises(KeyboardInterrupt):
        run_sweep(first, output, at_once=7, progress=interrupt_after(7))
    for other in (Job(FLAGSHIP, grid(AXES), {"V": 40}), Job(FLAGSHIP, grid({"s": [0.5]}), {})):
        with pytest.raises(UsageError, match="another sweep"):
            run_sweep(other, output, at_once=7, resume=True)
    run_sweep(first, output, at_once=7, resume=True)
    assert len(output.read_text().splitlines()) == 21


def test_a_sweep_that_finished_nothing_leaves_nothing_in_the_way(tmp_path):
    output = tmp_path / "x.csv"
    with pytest.raises(UsageError, match="discount factor"):
        run_sweep(Job(FLAGSHIP, grid({"patience_cn": [0.5, 1.0]}), {}), output)
    assert list(tmp_path.iterdir()) == []
    killed = Job(FLAGSHIP, grid({"s": [0.4]}), {})
    Parts(killed, output, 7).open(resume=False)
    run_sweep(Job(FLAGSHIP, grid({"s": [0.5]}), {}), output)
    assert len(output.read_text().splitlines()) == 2


@pytest.mark.parametrize("name", ["x.csv", "x.zarr"])
def test_a_folder_of_one_s_own_is_never_replaced(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="is a folder"):
        run_sweep(Job(FLAGSHIP, grid({"s": [0.5]}), {}), tmp_path / name)
    assert (tmp_path / name / "thesis.txt").exists()


def test_a_folder_that_may_not_be_written_is_an_error_of_use(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    job, output = Job(FLAGSHIP, grid({"s": [0.5]}), {}), tmp_path / "x.csv"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refused)
        with pytest.raises(UsageError, match=r"cannot write .*: Permission denied"):
            run_sweep(job, output)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(UsageError, match="Permission denied"):
        run_sweep(job, output)


def interrupt_after(points):
    seen = []

    def progress(n):
        seen.append(n)
        if sum(seen) >= points:
            raise KeyboardInterrupt

    return progress


def test_a_cluster_that_loses_a_worker_gives_the_same_numbers(tmp_path):
    from distributed import Client, LocalCluster

    alone, spread = tmp_path / "alone.csv", tmp_path / "spread.csv"
    job = Job(FLAGSHIP, grid({"s": np.linspace(0.3, 0.9, 60)}), {})
    run_sweep(job, alone, at_once=4)
    options = {"n_workers": 3, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(host="127.0.0.1", **options) as cluster, Client(cluster) as client:
        workers = list(client.run(os.getpid).values())
        lost = []

        def kill_one(_):
            if len(lost) == 1:
                os.kill(workers[0], signal.SIGKILL)
            lost.append(workers[0])

        run_sweep(job, spread, at_once=4, scheduler=cluster.scheduler_address, progress=kill_one)
    assert len(lost) > 2
    assert spread.read_bytes() == alone.read_bytes()


def test_all_three_kinds_say_the_same_and_say_what_they_are(tmp_path):
    job = Job(FLAGSHIP, grid(AXES), {"V": 40})
    for ending in KINDS:
        run_sweep(job, tmp_path / f"x{ending}", at_once=6)
    here = sweep(FLAGSHIP, AXES, V=40)
    with xarray.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as nc:
        zarr = xarray.open_zarr(tmp_path / "x.zarr")
        for found in (nc, zarr):
            assert found.attrs["model_sha256"] == FLAGSHIP.sha256
            assert found.attrs["set"] == "V=40"
            assert found["s"].values.tolist() == AXES["s"].tolist()
            assert found["s"].attrs["units"] == "share"
            assert found["outcome"].values.tolist() == list(here.job.outcomes)
            for name in ("regime", "set", "min_spe_payoff", "sustained", "slack"):
                assert np.allclose(found[name].values, here[name], rtol=1e-9, atol=1e-9)
            meanings = found["regime"].attrs["flag_meanings"].split()
            coded = [meanings[k] for k in found["regime"].values.ravel()]
            assert coded == [n.replace(" ", "_") for n in here.regimes().ravel()]
    rows = (tmp_path / "x.csv").read_text().splitlines()
    table = here.table()
    assert rows[0].split(",") == list(table)
    assert [row.split(",")[3] for row in rows[1:]] == table["regime"].tolist()
    beside = json.loads((tmp_path / "x.csv-metadata.json").read_text())
    assert beside["model_sha256"] == FLAGSHIP.sha256
    assert beside["columns"]["s"]["units"] == "share"


def test_a_sample_is_written_point_by_point(tmp_path):
    vary = [p for p in FLAGSHIP.parameters if not p.name.startswith("patience")]
    job = Job(FLAGSHIP, sobol_sample(vary, 8, 3), {})
    for ending in KINDS:
        run_sweep(job, tmp_path / f"x{ending}", at_once=3)
    with xarray.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as found:
        assert found["regime"].dims == ("point",)
        assert found["V"].values.tolist() == job.points.at(0, 8)["V"].tolist()


@pytest.mark.parametrize(
    ("name", "part"), [("x.cvs", "did you mean .csv"), ("x", "ending"), ("none/x.csv", "no folder")]
)
def test_an_output_that_cannot_be_written_is_refused_first(tmp_path, name, part):
    job = Job(FLAGSHIP, grid({"s": [0.5]}), {})
    with pytest.raises(UsageError, match=part):
        run_sweep(job, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_scheduler_that_does_not_answer_is_an_error_of_use(tmp_path):
    job = Job(FLAGSHIP, grid({"s": [0.5]}), {})
    with pytest.raises(UsageError, match="no dask scheduler answers"):
        run_sweep(job, tmp_path / "x.csv", scheduler="tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("names", "runs"),
    [
        (("patience", "s"), [12, 6]),  # four games of three starts each, then the other two
        (("patience",), [4, 2]),
        (("s",), [3]),
        (("s", "patience"), [18]),  # starts of one game lie apart: they are solved together
    ],
)
def test_runs_of_a_model_whose_state_moves_are_a_few_whole_games(tmp_path, names, runs):
    values = {"patience": np.linspace(0.8, 0.95, 6), "s": np.array([0.4, 0.5, 0.6])}
    job, done = Job(MOVING, grid({n: values[n] for n in names}), {}), []
    run_sweep(job, tmp_path / "x.csv", progress=done.append)
    assert [n for n in done if n] == runs
    run_sweep(job, tmp_path / "whole.csv", at_once=100)
    assert (tmp_path / "x.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_sample_of_starts_is_one_run_and_of_anything_else_one_for_every_few_games(tmp_path):
    for names, runs in ((("patience",), [4, 1]), (("s",), [5])):
        points = Grid(names, (np.array([0.4, 0.5, 0.6, 0.7, 0.8]),), sampled=True)
        done = []
        run_sweep(Job(MOVING, points, {}), tmp_path / f"{names[0]}.csv", progress=done.append)
        assert [n for n in done if n] == runs
