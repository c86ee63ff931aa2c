"""Results in Python: short to print, shown by a notebook, tables for pandas, figures, JSON."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import negotiation as ng
from negotiation.api.functions import solve
from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.solution.verdict import verdict

PANDAS = importlib.util.find_spec("pandas") is not None
with_pandas = pytest.mark.skipif(not PANDAS, reason="pandas is not installed")


@pytest.fixture(scope="module")
def dilemma() -> ng.Solution:
    found = ng.solve("prisoners-dilemma")
    assert isinstance(found, ng.Solution)
    return found


@pytest.fixture(scope="module")
def ladder() -> ng.DynamicSolution:
    found = ng.solve(Path(__file__).parent.parent / "data" / "race.yaml")
    assert isinstance(found, ng.DynamicSolution)
    return found


def everything() -> list[Any]:
    race = Path(__file__).parent.parent / "data" / "race.yaml"
    return [
        ng.solve("prisoners-dilemma"),
        ng.solve(race),
        ng.sweep("chicken", {"prize": [2.5, 3, 3.5], "cost": [2, 3]}),
        ng.outlook(race),
        ng.why("chicken", "mutual restraint"),
        ng.compare("chicken", scenarios={"dear": {"cost": 9}}),
        ng.sensitivity("chicken", cases=64),
        ng.play("chicken", ["press"]),
    ]


def test_every_result_is_short_to_print_and_shows_itself() -> None:
    for found in everything():
        said, html = repr(found), found._repr_html_()
        assert len(said) < 400, said
        assert said.startswith(f"<{type(found).__name__}: ")
        assert "<table>" in html
        assert re.search(r"<p>\w", html)


def test_a_representation_stays_short_whatever_the_names() -> None:
    text = ng.bundled()["prisoners-dilemma"].read_text(encoding="utf-8")
    text = re.sub("^title: .*$", f"title: {'very ' * 100}long", text, flags=re.MULTILINE)
    assert len(repr(ng.solve(ng.loads(text)))) < 400


def test_a_cell_shows_verdict_table_and_figure(dilemma: ng.Solution) -> None:
    html = dilemma._repr_html_()
    for sentence in verdict(dilemma):
        assert sentence.replace("'", "&#x27;") in html
    assert "cooperation" in html.partition("<table>")[2]
    assert 'src="data:image/png;base64,' in html


def test_names_from_a_file_cannot_break_out_of_the_html() -> None:
    text = """
title: <script>alert(1)</script>
players:
  <b>Row</b>: {actions: [<i>C</i>, D], discount: 0.75}
  Column: {actions: [C, D], discount: 0.75}
payoffs:
  <b>Row</b>: [[9, 1], [10, 3]]
  Column: [[9, 10], [1, 3]]
outcomes:
  <img src=x onerror=alert(1)>: {profiles: [[<i>C</i>, C]], truce: true}
"""
    found = ng.solve(ng.loads(text))
    assert isinstance(found, ng.Solution)
    html = found._repr_html_()
    assert not re.search(r"<(script|b|i|img src=x)\b", html)
    assert "&lt;img src=x" in html


def test_an_outcome_is_found_by_name(dilemma: ng.Solution) -> None:
    assert dilemma.outcome("cooperation").sustained
    with pytest.raises(UsageError, match="did you mean 'cooperation'"):
        dilemma.outcome("coperation")


def test_an_outcome_of_several_cells_is_one_that_holds() -> None:
    found = ng.solve("chips-for-rare-earths")
    assert isinstance(found, ng.Solution)
    for name in found.sustained:
        assert found.outcome(name).sustained


def test_an_outcome_of_a_dynamic_model_is_found_by_name(ladder: ng.DynamicSolution) -> None:
    name = ladder.outcomes[-1].name
    assert ladder.outcome(name) is ladder.outcomes[-1]
    with pytest.raises(UsageError, match="unknown outcome"):
        ladder.outcome("no such thing")


@with_pandas
def test_tables_for_pandas_hold_what_the_json_says(dilemma: ng.Solution) -> None:
    table = dilemma.to_frame()
    entries = dilemma.to_dict()["outcomes"]
    assert table["outcome"].tolist() == [o["name"] for o in entries]
    assert table["sustained"].tolist() == [o["sustained"] for o in entries]
    assert table["slack.Row"].tolist() == [o["slack"][0] for o in entries]
    assert table["payoff.Column"].tolist() == [o["payoffs"][1] for o in entries]


@with_pandas
def test_a_sweep_is_a_table() -> None:
    import pandas as pd

    found = ng.sweep("chicken", {"prize": [2.5, 3, 3.5], "cost": [2, 3]})
    table = found.to_frame()
    assert table.shape[0] == len(found) == 6
    assert table["prize"].tolist() == [2.5, 2.5, 3, 3, 3.5, 3.5]
    pd.testing.assert_frame_equal(pd.DataFrame(found), table, check_dtype=False)


@with_pandas
def test_other_results_are_tables_too(ladder: ng.DynamicSolution) -> None:
    assert ladder.to_frame()["outcome"].tolist() == [o.name for o in ladder.outcomes]
    lasting = ng.outlook(ladder.model).to_frame()
    assert lasting["longest"].iloc[0] == 1
    assert lasting["longest"].is_monotonic_decreasing
    played = ng.play("prisoners-dilemma", "D,D", periods=3).to_frame()
    assert played["payoff.Column"].tolist() == [10, 3, 3]
    swings = ng.sensitivity("chicken", cases=64).to_frame()
    assert set(swings["parameter"]) <= {p.name for p in ng.load("chicken").parameters}
    causes = ng.compare("chicken", scenarios={"dear": {"cost": 9}}).to_frame()
    assert causes["parameter"].tolist() == ["cost"]


def test_figures_are_matplotlibs_and_show_themselves(dilemma: ng.Solution) -> None:
    drawn = [dilemma.plot(), ng.map("chicken", "prize", "cost=2:4", points=5)]
    drawn.append(ng.why("chicken", "mutual restraint").plot())
    for figure in drawn:
        assert isinstance(figure, Figure)
        assert figure._repr_png_()[:4] == b"\x89PNG"  # type: ignore[attr-defined]


def test_functions_take_a_path_a_name_or_a_model(tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    target.write_bytes(ng.bundled()["prisoners-dilemma"].read_bytes())
    for model in ("prisoners-dilemma", target, str(target), ng.load(target)):
        assert solve(model).to_dict()["regime"] == "armed truce"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (
            ["why", "chicken", "--outcome", "mutual restraint"],
            lambda: ng.why("chicken", "mutual restraint"),
        ),
        (["play", "chicken", "--moves", "press"], lambda: ng.play("chicken", "press")),
        (["sensitivity", "chicken", "--cases", "64"], lambda: ng.sensitivity("chicken", cases=64)),
        (["solve", "chicken"], lambda: ng.solve("chicken")),
        (["path", "tests/data/race.yaml"], lambda: ng.path("tests/data/race.yaml")),
    ],
)
def test_functions_say_what_the_commands_say(
    asked: list[str], found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    said = CliRunner().invoke(main, [*asked, "--json"]).stdout
    assert json.loads(json.dumps(found().to_dict())) == json.loads(said)


def test_a_report_is_written_where_it_is_told(tmp_path: Path) -> None:
    path = ng.report("prisoners-dilemma", tmp_path)
    assert path == tmp_path / "prisoners-dilemma.md"
    assert path.read_text(encoding="utf-8").startswith("---\ntitle: ")


def test_every_public_name_is_listed_and_there() -> None:
    assert set(ng.__all__) <= set(dir(ng))
    for name in ng.__all__:
        assert getattr(ng, name) is not None
    commands = {"why", "compare", "sensitivity", "map", "report", "play", "solve", "sweep", "path"}
    assert commands <= set(dir(ng))


def test_a_solution_can_be_asked_without_solving_again(dilemma: ng.Solution) -> None:
    assert ng.why(dilemma, "cooperation").cells[0].outcome is dilemma.outcome("cooperation")
    assert ng.play(dilemma, "D").record.match.solution is dilemma
    with pytest.raises(UsageError, match="has its settings already"):
        ng.why(dilemma, "cooperation", s=1)
