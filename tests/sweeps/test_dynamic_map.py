"""Maps of dynamic models: cells, each of which is a start that was solved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from negotiation.cli import main
from negotiation.payoff_file import load
from negotiation.reporting.figures.dynamic_maps import draw
from negotiation.solution.dynamic import solve_dynamic
from negotiation.sweeps.dynamic_map import cell_maps, moving_maps, to_dict

DATA = Path(__file__).parents[1] / "data"
RACE = load(DATA / "race.yaml")


@pytest.fixture(scope="module")
def starts():
    return cell_maps(RACE, {"s": (0.4, 0.8), "r": (0.0, 0.6)}, {"patience": 0.6})


def test_every_cell_over_two_numbers_on_a_grid_is_a_start(starts):
    assert [len(v) for v in starts.values] == [5, 4]
    for i, s in enumerate(starts.values[0]):
        for j, r in enumerate(starts.values[1]):
            alone = solve_dynamic(RACE, s=s, r=r, patience=0.6)
            assert starts.found[i][j].supportable_now == (alone.outcomes[0].now,)
            assert starts.held(i, j) == (("trade",) if alone.outcomes[0].now else ())


def test_cells_around_levels_meet_halfway(starts):
    np.testing.assert_allclose(starts.edges[0], [0.35, 0.45, 0.55, 0.65, 0.75, 0.85])
    np.testing.assert_allclose(starts.edges[1], [-0.1, 0.1, 0.3, 0.5, 0.7])


def test_other_numbers_are_taken_at_the_middles_of_equal_steps():
    found = cell_maps(RACE, {"patience": (0.5, 0.9), "s": (0.4, 0.6)}, {}, points=2)
    np.testing.assert_allclose(found.values[0], [0.6, 0.8])
    np.testing.assert_allclose(found.edges[0], [0.5, 0.7, 0.9])
    alone = solve_dynamic(RACE, patience=0.6, s=0.5)
    assert found.found[0][1].supportable_now == (alone.outcomes[0].now,)


def test_the_figure_says_in_words_what_it_shows(starts):
    picture = draw((starts,))
    held = sum(bool(starts.held(i, j)) for i in range(5) for j in range(4))
    assert picture.alt == f"Map over s and r: of 20 cells trade in {held}."
    letters = [t.get_text() for t in picture.figure.axes[0].texts]
    assert letters.count("a") == held


def test_the_command_writes_a_figure_and_data(tmp_path):
    target = tmp_path / "map.png"
    arguments = ["map", str(DATA / "race.yaml"), "--x", "s", "--y", "r", "-o", str(target)]
    run = CliRunner().invoke(main, [*arguments, "--json", "--set", "patience=0.6"])
    assert run.exit_code == 0, run.output
    assert target.read_bytes().startswith(b"\x89PNG")
    found = json.loads(run.stdout)
    assert found["schema"] == "negotiate/map/1"
    first = target.read_bytes()
    CliRunner().invoke(main, [*arguments, "--set", "patience=0.6"])
    assert target.read_bytes() == first


def test_a_third_number_gives_one_map_for_each_value(tmp_path):
    target = tmp_path / "maps.svg"
    arguments = ["map", str(DATA / "race.yaml"), "--x", "s", "--y", "r=0.2:0.4"]
    run = CliRunner().invoke(main, [*arguments, "--by", "patience=0.6,0.9", "-o", str(target)])
    assert run.exit_code == 0, run.output
    by = ("patience", np.array([0.6, 0.9]))
    both = moving_maps(RACE, {"s": (0.4, 0.8), "r": (0.2, 0.4)}, by, {})
    titles = [axes.get_title("left") for axes in draw(both).figure.axes]
    assert titles == ["patience = 0.6", "patience = 0.9"]
    assert [m.settings["patience"] for m in both] == [0.6, 0.9]


def test_the_data_have_a_cell_for_every_pair_of_values(starts):
    found = to_dict((starts,))["maps"][0]["cells"]
    assert [len(column) for column in found] == [4] * 5
    kinds = {cell["regime"] for column in found for cell in column}
    assert kinds <= {"armed truce", "no cooperation", "undecided", "no pure equilibrium"}


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--x", "s", "--y", "s", "--json"], "name the same parameter"),
        (["--x", "s", "--y", "r", "-o", "map.pdf"], "expected a name ending in .png or .svg"),
        (["--x", "s", "--y", "r"], "nothing to write"),
    ],
)
def test_what_makes_no_sense_is_refused(extra, message):
    run = CliRunner().invoke(main, ["map", str(DATA / "race.yaml"), *extra])
    assert run.exit_code == 2
    assert message in run.stderr
