"""The project around the code: metadata, the two commands, and what no file may contain."""

from __future__ import annotations

import ast
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


PACKAGE = ROOT / "negotiation"
MODULES = {
    ".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f
    for f in sorted(PACKAGE.rglob("*.py"))
}


def test_every_package_has_a_layer() -> None:
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    listed = [name for layer in contract["layers"] for name in re.split(r"\s*[|:]\s*", layer)]
    parts = {p.stem for p in PACKAGE.glob("*.py")} - {"__init__"}
    parts |= {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert sorted(listed) == sorted(parts)
    assert contract["exhaustive"] is True
    assert contract["containers"] == ["negotiation"]


def test_no_room_is_crowded() -> None:
    folders = {f.parent for f in MODULES.values()}
    sizes = {d: sum(f.name != "__init__.py" for f in d.glob("*.py")) for d in folders}
    assert sizes.pop(PACKAGE) <= 3
    assert {d.name: n for d, n in sizes.items() if n > 15} == {}
    lines = {name: len(_text(f).splitlines()) for name, f in MODULES.items()}
    assert {name: n for name, n in lines.items() if n > 470} == {}


def _imported(name: str) -> set[str]:
    """The modules that a module imports, anywhere in it and for any reason, types included."""
    found = set()
    for node in ast.walk(ast.parse(_text(MODULES[name]))):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES else node.module)
    return {m for m in found if m in MODULES and MODULES[m].name != "__init__.py"} - {name}


def test_no_modules_import_each_other_in_a_circle() -> None:
    ahead = {name: _imported(name) for name in MODULES}
    while free := {name for name, targets in ahead.items() if not targets & ahead.keys()}:
        ahead = {name: targets for name, targets in ahead.items() if name not in free}
    assert sorted(ahead) == []


def test_nothing_outside_the_compiler_takes_more_than_its_door() -> None:
    taken = {
        alias.name
        for name, file in MODULES.items()
        if not name.startswith("negotiation.kernels.compiler")
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("negotiation.kernels.compiler")
        for alias in node.names
    }
    assert taken == {"compiled"}


def test_docstrings_open_with_what_is_returned() -> None:
    riddles = [
        f"{name}.{getattr(node, 'name', '')}"
        for name, file in MODULES.items()
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and re.match(
            r"(What|Whether|Where|How|Which|Who|Why|When)\b", ast.get_docstring(node) or ""
        )
    ]
    assert riddles == []


def test_imports_inside_the_package_are_absolute() -> None:
    relative = [
        name
        for name, file in MODULES.items()
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.ImportFrom) and node.level and name != "negotiation"
    ]
    assert relative == []


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


def test_the_page_of_names_lists_only_names_that_the_code_uses() -> None:
    page = _text(ROOT / "docs" / "reference" / "names.md")
    first = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    listed = [name for cell in first for name in re.findall(r"`([^`]+)`", cell)]
    assert len(listed) > 40
    words = {name.rpartition(".")[2] for name in MODULES}
    for file in MODULES.values():
        for node in ast.walk(ast.parse(_text(file))):
            for kind, part in ((ast.Name, "id"), (ast.Attribute, "attr"), (ast.arg, "arg")):
                words |= {getattr(node, part)} if isinstance(node, kind) else set()
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                words.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
    assert [name for name in listed if name not in words] == []
