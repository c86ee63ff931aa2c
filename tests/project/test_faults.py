"""Faults that users of the first version found at the command line: each has a test here."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from negotiation.cli import commands as cli
from negotiation.cli.help import GROUPS
from negotiation.payoff_file import load
from negotiation.reporting.pages import path
from negotiation.solution import dynamic_verdict
from negotiation.solution.as_json import to_dict
from negotiation.solution.solution import solve
from tests.analysis.test_smallest_changes import FILE
from tests.cli.test_commands import FLAGSHIP, PD, complete, in_terminal, run

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-c", "from negotiation.cli import main; main(prog_name='negotiate')"]


def refused(*args: str) -> str:
    found = run(*args)
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    return found.stderr


def test_fault_06_a_second_number_to_vary_is_not_ignored():
    said = refused("solve", FLAGSHIP, "--vary", "s", "--vary", "r")
    assert "--vary is given 2 times" in said
    assert "negotiate map" in said


def test_fault_12_explanations_are_not_dimmed_and_answers_have_a_colour():
    code, shown = in_terminal(100, "solve", PD, "--full")
    assert code == 0
    dimmed = re.findall(r"\x1b\[2m(.*?)\x1b\[", shown)
    assert dimmed
    assert not [text for text in dimmed if text.strip(" -")]
    assert "\x1b[32myes\x1b[0m" in shown
    _, broken = in_terminal(100, "solve", FLAGSHIP, "--full", "--set", "patience_us=0.01")
    assert "\x1b[31mno\x1b[0m" in broken


def test_fault_13_headings_and_exit_codes_are_in_the_reference():
    page = (ROOT / "docs/reference/regimes-and-bands.md").read_text("utf-8")
    for module in (path, dynamic_verdict):
        text = Path(module.__file__).read_text("utf-8")
        headings = re.findall(r'"((?:NO TRUCE|A TRUCE|PERHAPS A|TRUCE FOR)[A-Z ,]*)"', text)
        assert len(headings) >= 3
        assert [h for h in headings if f"`{h}`" not in page] == []
    errors = (ROOT / "docs/reference/errors.md").read_text("utf-8")
    codes = re.findall(r"^\| ([0-9]+) \|", errors, re.M)
    assert codes == ["0", "1", "2", str(cli.INTERRUPTED)]


@pytest.mark.parametrize(
    "settings", [["--set", "s=0.3,r=0.4"], ["--set", "s=0.3", "--set", "r=.4"]]
)
def test_fault_18_several_settings_may_stand_in_one(settings):
    shown = json.loads(run("solve", FLAGSHIP, "--json", *settings).stdout)
    assert shown == json.loads(json.dumps(to_dict(solve(load(FLAGSHIP), s=0.3, r=0.4))))


def test_fault_18_a_setting_given_twice_in_one_is_refused():
    assert "gives 's' twice" in refused("solve", FLAGSHIP, "--set", "s=0.3,s=0.4")


def test_fault_18_two_scenarios_of_one_name_are_refused():
    said = refused("compare", FLAGSHIP, "--scenario", "a:s=0.3", "--scenario", "a:s=0.4")
    assert "two columns are called 'a'" in said


def test_fault_18_a_threshold_at_zero_is_zero_and_belongs_to_those_who_keep():
    pages = [
        run("why", "wider-bargain", "--outcome", name).stdout
        for name in ("tariff war", "Chinese squeeze", "managed truce")
    ]
    for page in pages:
        assert not re.search(r"\d[eE]-\d", page), page
    failing = next(p for p in pages if "FAILS" in p.partition("\n")[0])
    rows = re.search(r"What single change would make it hold\n(.*?)\n\n", failing, re.S)
    assert rows is None or not re.search(r"\b(above|below) [0-9]", rows[1])


def test_fault_24_outcomes_and_scenarios_are_completed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [o.name for o in load("chicken").outcomes]
    for command in ("why", "play", "deal"):
        assert complete(command, "chicken", "--outcome", names[0][:2]) == [
            n for n in names if n.startswith(names[0][:2])
        ]
    assert complete("compare", "chicken", "--scenario", "later") == ["later:"]
    assert complete("compare", "chicken", "--scenario", "x:co") == ["x:cost="]
    assert complete("solve", "chicken", "--set", "prize=3,co") == ["prize=3,cost="]


def test_fault_24_help_is_a_command_and_v_the_version():
    assert run("help").stdout == run("--help").stdout
    assert run("help", "why").stdout == run("why", "--help").stdout
    assert run("-v").stdout == run("--version").stdout
    assert "did you mean 'solve'" in refused("help", "solv")


def test_fault_24_help_without_arguments_goes_to_stdout():
    done = subprocess.run(PROGRAM, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode() == run("--help").stdout
    assert done.stderr == b""


def test_fault_24_commands_are_grouped_by_what_a_user_wants():
    listing = run("--help").stdout
    shown = re.findall(r"^  ([a-z]+)  +[A-Z]", listing, re.M)
    assert sorted(shown) == sorted(cli.main.commands)
    for title, _ in GROUPS:
        assert f"\n{title}:\n" in listing
    assert "\nMore:\n" not in listing


def test_fault_17_the_command_that_makes_a_report_again_does(tmp_path, monkeypatch):
    """From the same folder, for a file of one's own with a space in its name."""
    monkeypatch.chdir(tmp_path)
    Path("my deals").mkdir()
    Path("my deals/japan korea.yaml").write_text(FILE, encoding="utf-8")
    args = ["report", "my deals/japan korea.yaml", "-o", "out put", "--set", "T=13"]
    assert run(*args).exit_code == 0
    report = Path("out put/japan korea.md")
    before = report.read_bytes()
    front = yaml.safe_load(before.decode().split("---\n")[1])
    program, *again = shlex.split(front["command"].replace("\\", ""))
    assert program == "negotiate"
    report.unlink()
    assert run(*again).exit_code == 0
    assert report.read_bytes() == before
    links = re.findall(r"!\[.*?\]\((.*?)\)", before.decode())
    assert links
    assert all((report.parent / unquote(link)).is_file() for link in links)
