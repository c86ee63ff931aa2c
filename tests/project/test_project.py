"""The project around the code: metadata, the two commands, and what no file may contain."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import negotiation

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN, TEST = "pip install -e . && negotiate solve", "pip install -e '.[dev]' && pytest"
TEXT = {".cff", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}


def _files() -> list[Path]:
    """The files of the project: what git tracks, or else everything that is not made by tools."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if listed.returncode == 0 and listed.stdout:
            names = listed.stdout.strip("\0").split("\0")
            return [ROOT / name for name in names if (ROOT / name).is_file()]
    return list(_walk(ROOT))


def _walk(folder: Path) -> Iterator[Path]:
    ignored = {line.strip("/*") for line in (ROOT / ".gitignore").read_text().split()}
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name in ignored or entry.name == ".git" or entry.name.endswith(".egg-info"):
            continue
        if entry.is_file():
            yield Path(entry.path)
        elif entry.is_dir() and not (Path(entry.path) / "pyvenv.cfg").exists():
            yield from _walk(Path(entry.path))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.suffix in TEXT else ""


def test_the_readme_says_the_two_commands() -> None:
    blocks = re.findall(r"^```sh\n(.*?)\n```$", _text(ROOT / "README.md"), re.M | re.S)
    assert blocks == [RUN, TEST]


def test_the_continuous_check_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert f'"{TEST}"' in script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    for step in ("ruff format --check", "ruff check", "mypy --strict negotiation", "lint-imports"):
        assert f"step {step}\n" in script.read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    version = negotiation.__version__
    assert PROJECT["project"]["version"] == version
    assert yaml.safe_load(_text(ROOT / "CITATION.cff"))["version"] == version
    assert re.search(rf"^## {re.escape(version)}\b", _text(ROOT / "CHANGELOG.md"), re.M)


def test_the_wheel_carries_the_models_and_the_types() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["only-include"] == ["negotiation", "payoffs"]
    assert wheel["sources"] == {"payoffs": "negotiation/payoffs"}
    assert (ROOT / "negotiation" / "py.typed").is_file()
    assert set(negotiation.bundled()) == {p.stem for p in (ROOT / "payoffs").glob("*.yaml")}


def test_what_the_metadata_names_exists() -> None:
    project = PROJECT["project"]
    assert project["license"] == "MIT"
    sdist = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    files = [name for name in sdist if Path(name).suffix]
    for name in [project["readme"], *project["license-files"], *files]:
        assert (ROOT / name).is_file()


def test_every_module_has_a_layer() -> None:
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    listed = [name for layer in contract["layers"] for name in re.split(r"\s*[|:]\s*", layer)]
    modules = {p.stem for p in (ROOT / "negotiation").glob("*.py")} - {"__init__"}
    assert sorted(listed) == sorted(modules)
    assert contract["exhaustive"] is True
    assert contract["containers"] == ["negotiation"]


FORBIDDEN = {
    "a folder beside the repository": r"\.\./sha" + "red",
    "an absolute path": r"(?<![\w.:/~-])/(?:home|root|tmp|Users|opt|work|mnt)/\w",
    "a package registry": r"(?:files\.)?pythonhosted\.org|\bpypi\.(?:org|python)|extra-index-url",
    "how the files were written": (
        r"(?i)co-authored-by|language " + "model|coding " + "assistant|chat" + r"bot|\bsand" + "box"
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_mentions(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _files()
        if (match := re.search(FORBIDDEN[what], _text(path))) and path != Path(__file__)
    ]
    assert found == []
