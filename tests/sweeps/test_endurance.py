"""What truces bear over many points: as `solve` says at each, and closed in on along a number."""

import json
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.solution.bears import TERMS
from negotiation.solution.solution import solve
from negotiation.sweeps.endurance import BORNE, TERM, bears_along
from negotiation.sweeps.grid import grid
from negotiation.sweeps.sweep import Job, sweep
from tests.reference.flagship import PATH


@pytest.fixture(scope="module")
def flagship():
    return load(PATH)


def test_a_sweep_says_what_solve_says(flagship):
    found = sweep(flagship, {"s": [0.42, 0.52, 0.6], "patience_us": [0.6, 0.8]}, bears=True)
    compared = 0
    for a, s in enumerate((0.42, 0.52, 0.6)):
        for b, patience in enumerate((0.6, 0.8)):
            one = solve(flagship, s=s, patience_us=patience)
            for k, (_, profile) in enumerate(found.job.cells):
                bears = one.bears[profile]
                here = {name: found[name][a, b, k] for name in BORNE}
                for i in (0, 1):
                    if bears is None or not bears.sides[i].constant:
                        assert all(np.isnan(v[i]) for v in here.values())
                        continue
                    side = bears.sides[i]
                    compared += 1
                    stock = np.inf if side.stock is None else side.stock
                    assert here["stock"][i] == stock
                    assert here["renewal"][i] == pytest.approx(side.renewal[TERMS.index(TERM)])
                    assert here["turnover"][i] == pytest.approx(side.turnover)
                    assert here["false_alarms"][i] == pytest.approx(side.alarm_limit)
    assert compared > 8


def test_without_asking_a_sweep_has_no_such_columns(flagship):
    assert "stock" not in sweep(flagship, {"s": [0.5]}).columns


def test_the_columns_have_meaning_and_unit(flagship):
    table = sweep(flagship, {"s": [0.5]}, bears=True).table()
    assert "stock.managed truce.US" in table
    job = Job(flagship, grid({"s": [0.5]}), {}, bears=True)
    assert job.run(0, 1).bears


def test_stretches_change_just_where_solve_does(flagship):
    found = bears_along(flagship, "s", (0.41, 0.8))
    china = [f for f in found if (f.outcome, f.player) == ("managed truce", 1)]
    assert china[0].start == 0.41
    assert china[-1].stop == 0.8
    assert [f.stock for f in china[:-1]] == [5, 4, 3, 2, 1, 0]
    assert np.isnan(china[-1].stock)
    for left, right in pairwise(china):
        assert left.stop == right.start
        for at, wanted in ((left.stop - 1e-9, left.stock), (left.stop + 1e-9, right.stock)):
            bears = solve(flagship, s=at).bears[1, 0]
            assert (np.nan if bears is None else bears.sides[1].stock) == pytest.approx(
                wanted, nan_ok=True
            )


def test_it_is_for_states_that_stand_still():
    race = load("substitution-race")
    with pytest.raises(UsageError, match="no state moves"):
        bears_along(race, "E", (10.0, 20.0))
    with pytest.raises(UsageError, match="no state moves"):
        Job(race, grid({"E": [10.0]}), {}, bears=True)


def test_the_command_line_takes_them(tmp_path):
    run = CliRunner().invoke
    done = run(main, ["solve", str(PATH), "--vary", "s=0.5:0.55", "--bears", "--json"])
    data = json.loads(done.stdout)
    assert {b["player"] for b in data["bears"]} == {"US", "China"}
    assert not data["bears"][-1]["known"]
    page = run(main, ["solve", str(PATH), "--vary", "s=0.5:0.55", "--bears"]).stdout
    assert "The stock that truces bear as s moves" in page
    wrong = run(main, ["solve", str(PATH), "--bears"])
    assert wrong.exit_code == 2
    assert "--vary" in wrong.stderr
    table = tmp_path / "x.csv"
    done = run(main, ["sweep", str(PATH), "--vary", "s=0.5,0.6", "--bears", "-o", str(table)])
    assert done.exit_code == 0
    assert "turnover.managed truce.China" in table.read_text().splitlines()[0]
