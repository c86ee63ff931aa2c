"""The commands on signalling games, as a person types them."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from negotiation.cli import main
from tests.payoff_file.sections.test_signalling_sections import PRIVATE


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bargain.yaml").write_text(PRIVATE)
    return tmp_path


def run(*args):
    return CliRunner().invoke(main, list(args))


def printed(*args):
    found = run(*args)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_solve_gives_the_verdict_first_and_then_all_equilibria():
    page = printed("solve", "bargain.yaml")
    assert page.index("Given these payoffs") < page.index("All equilibria")
    assert "At type 'keen' deal is refused: B would gain 15 at once by break" in page
    assert "How the list hangs on the prior of 'keen'" in page


def test_solve_as_json_has_the_field_signalling():
    data = json.loads(printed("solve", "bargain.yaml", "--json"))
    assert data["model"]["kind"] == "signalling"
    assert {c["kind"] for c in data["signalling"]["classes"]} <= {
        "pooling",
        "separating",
        "semi-separating",
    }
    assert all("refused" in c for c in data["signalling"]["classes"])


def test_vary_lists_where_the_list_changes():
    data = json.loads(printed("solve", "beer-quiche", "--vary", "p_strong=0.1:0.9", "--json"))
    assert data["changes"] == pytest.approx([0.5])
    assert "changes at 0.5" in printed("solve", "beer-quiche", "--vary", "p_strong=0.1:0.9")


def test_map_writes_a_figure_and_data(folder):
    args = ("map", "bargain.yaml", "--x", "p=0:1", "--y", "k=0:6", "--points", "12")
    data = json.loads(printed(*args, "--json", "-o", "m.png"))
    assert (folder / "m.png").stat().st_size > 1000
    assert len(data["index"]) == len(data["index"][0]) == 12
    assert max(map(max, data["index"])) == len(data["lists"]) - 1


def test_sweep_writes_a_row_for_each_class(folder):
    printed("sweep", "beer-quiche", "--vary", "p_strong=0,0.3,0.5,0.9,1", "-o", "t.csv")
    with (folder / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["kind"] for r in rows if r["p_strong"] == "0.3"] == ["semi-separating"]
    assert len([r for r in rows if r["p_strong"] == "0.9"]) == 2
    assert run("sweep", "beer-quiche", "--vary", "p_strong=0,1", "-o", "t.nc").exit_code == 2


def test_why_speaks_of_a_message():
    page = printed("why", "beer-quiche", "--message", "quiche")
    assert "'quiche' is sent in 1 of 2 equilibria" in page
    found = run("why", "beer-quiche", "--message", "quich")
    assert found.exit_code == 2
    assert "did you mean 'quiche'" in found.output
    data = json.loads(printed("why", "beer-quiche", "--message", "beer", "--json"))
    assert data["classes"][0]["senders"] == ["weak", "strong"]


def test_sensitivity_counts_cases_and_calls_them_no_probability():
    page = printed("sensitivity", "beer-quiche", "--cases", "32")
    assert "16 of 32 cases" in page
    assert "not a probability" in page
    data = json.loads(printed("sensitivity", "beer-quiche", "--cases", "32", "--json"))
    assert sum(entry["cases"] for entry in data["lists"]) == 32


def test_compare_sets_scenarios_side_by_side():
    page = printed("compare", "beer-quiche", "--scenario", "low:p_strong=0.3")
    assert "semi-separating" in page
    data = json.loads(printed("compare", "beer-quiche", "--scenario", "low:p_strong=0.3", "--json"))
    assert [s["name"] for s in data["scenarios"]] == ["beer-quiche", "low"]


def test_a_report_is_the_same_every_time(folder):
    printed("report", "bargain.yaml", "-o", "one")
    printed("report", "bargain.yaml", "-o", "two")
    for name in ("bargain.md", "figures/bargain-prior.png", "figures/bargain-tree.svg"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    text = (folder / "one" / "bargain.md").read_text()
    assert "## Offers that are refused" in text


def test_trees_go_out_and_come_in(folder):
    tree = printed("export", "beer-quiche", "--to", "efg")
    (folder / "bq.efg").write_text(tree)
    printed("import", "bq.efg", "back.yaml")
    first = json.loads(printed("solve", "beer-quiche", "--json"))["signalling"]["classes"]
    again = json.loads(printed("solve", "back.yaml", "--json"))["signalling"]["classes"]
    assert first == again
    found = run("export", "prisoners-dilemma", "--to", "efg")
    assert found.exit_code == 2
    assert "only games in which one side knows more" in found.output


def test_check_says_what_the_file_holds():
    assert "2 types" in printed("check", "beer-quiche")


@pytest.mark.parametrize(
    "args",
    [
        ("solve", "beer-quiche", "--full"),
        ("path", "beer-quiche"),
        ("why", "beer-quiche", "--outcome", "x"),
        ("export", "beer-quiche", "--to", "nfg"),
        ("play", "beer-quiche", "--moves", "1"),
        ("deal", "beer-quiche"),
    ],
)
def test_what_is_asked_of_repeated_games_gets_a_clear_answer(args):
    found = run(*args)
    assert found.exit_code in (1, 2), found.output
    assert "error: " in found.output
    assert "Traceback" not in found.output
