"""`negotiate explore` before it serves: what is refused, and the page in one file."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import negotiation as ng
from negotiation.cli import main
from negotiation.explore.shelf import opened
from negotiation.explore.standing import headline, stand


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explore", *arguments], prog_name="negotiate")


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = run("--no-browser", "--port", str(taken.getsockname()[1]))
    assert found.exit_code == 2
    assert "cannot be used" in found.stderr
    assert "--port 0" in found.stderr


def test_other_machines_are_served_only_by_somebody_who_knows() -> None:
    found = run("--no-browser", "--host", "0.0.0.0")
    assert found.exit_code == 2
    assert "--i-know" in found.stderr


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    found = run("--no-browser")
    assert found.exit_code == 2
    assert "pip install 'negotiation[explore]'" in found.stderr


def test_a_file_with_mistakes_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("title: x\nplayrs: {}\n", encoding="utf-8")
    found = run("--no-browser", str(bad))
    assert found.exit_code == 1
    assert f"{bad}:" in found.stderr


@pytest.fixture(scope="module")
def handout(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("handout") / "page.html"
    found = run("chicken", "-o", str(target))
    assert found.exit_code == 0, found.output
    return target.read_text(encoding="utf-8")


def test_the_page_in_one_file_needs_nothing_from_elsewhere(handout: str) -> None:
    assert not re.search(r"""(src|href)=["'](?!data:)""", handout)
    assert "https://" not in re.sub(r'data-grid="[^"]*"', "", handout)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', handout)
    assert policy
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", handout, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in html.unescape(policy[1])


def test_the_page_in_one_file_can_be_read_with_scripts_off(handout: str) -> None:
    said = html.unescape(handout)
    assert headline(stand(opened("chicken", None), {})) in said
    assert "mutual restraint" in said
    assert handout.count("data:image/png;base64,") >= 2
    assert re.search(r'<section id="sliders" hidden>', handout)


def test_the_grid_says_what_each_point_says_alone(handout: str) -> None:
    model = opened("chicken", None)
    found = re.search(r'data-grid="([^"]*)"', handout)
    assert found
    grid = json.loads(html.unescape(found[1]))
    axes = [
        [float(x) for x in values.split()]
        for values in re.findall(r'data-values="([^"]*)"', handout)
    ]
    labels = re.findall(r'<label for="p\d">([^<]*)</label>', handout)
    names = [
        next(p.name for p in model.parameters if (p.meaning or p.name) == html.unescape(label))
        for label in labels
    ]
    assert 1 <= len(names) <= 3
    assert grid["sizes"] == [len(a) for a in axes]
    checked = 0
    for at in range(0, len(grid["points"]), 97):
        rest, settings = at, {}
        for name, axis in reversed(list(zip(names, axes, strict=True))):
            rest, k = divmod(rest, len(axis))
            settings[name] = axis[k]
        alone = stand(model, settings)
        regime, said, cells = grid["points"][at]
        assert grid["regimes"][regime] == alone.regime
        assert said == headline(alone)
        assert [bool(c[0]) for c in cells] == [r.sustained for r in alone.rows]
        checked += 1
    assert checked >= 5


def test_sliders_can_be_chosen(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert run("chicken", "-o", str(target), "--slider", "cost").exit_code == 0
    assert target.read_text(encoding="utf-8").count('<input type="range"') == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "page.txt"], "ends in .html"),
        (["-o", "x.html", "--slider", "csot"], "did you mean 'cost'"),
        (["-o", "x.html", "--slider", "cost", "--slider", "cost"], "at most 3, each once"),
        (["-o", "x.html", "--slider", "cost", "--set", "cost=3"], "both set and a slider"),
        (["--slider", "cost"], "go with -o"),
        (["-o", "no/such/folder/x.html"], "cannot write"),
    ],
)
def test_impossible_pages_are_refused(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("chicken", *arguments)
    assert found.exit_code == 2
    assert said in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_same_page_is_the_same_to_the_byte(tmp_path: Path, handout: str) -> None:
    target = tmp_path / "page.html"
    run("chicken", "-o", str(target))
    assert target.read_text(encoding="utf-8") == handout


def test_a_bundled_name_and_its_file_give_one_page(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    run(str(ng.bundled()["stag-hunt"]), "-o", str(target))
    assert "Stag hunt" in target.read_text(encoding="utf-8")
