"""The documents: every example is run, what is generated is current, what is listed is complete."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import negotiation as ng
from negotiation import errors
from negotiation.cli import main
from negotiation.payoff_file import fields
from negotiation.payoff_file import reader as reading
from negotiation.payoff_file import yaml_nodes as nodes
from negotiation.payoff_file.formulas import tokens
from negotiation.payoff_file.sections import parameters, players, signalling
from negotiation.payoff_file.sections import states as dynamics
from negotiation.reporting.pages.details import full_dict
from negotiation.solution.regimes import BANDS, REGIMES

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def _update() -> Any:
    spec = importlib.util.spec_from_file_location("update_docs", ROOT / "docs" / "update.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


update = _update()
PAGES = update.pages()
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_examples_print_what_the_page_says(page: Path) -> None:
    assert update.rendered(page) == read(page), (
        "run `python docs/update.py` and read the difference"
    )


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=[*NAMES, "CONTRIBUTING.md"]
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", read(found), re.M)
            assert anchor in map(_slug, headings), target


def test_every_page_is_on_the_list() -> None:
    listed = set(re.findall(r"\]\(([^)#]+)\)", read(ROOT / "docs" / "README.md")))
    here = {
        str(p.relative_to(ROOT / "docs")) for p in PAGES if p.parent not in (ROOT, ROOT / "docs")
    }
    assert here == {page for page in listed if not page.startswith("../")}
    outside = [page for page in listed if page.startswith("../")]
    assert [page for page in outside if not (ROOT / "docs" / page).is_file()] == []


def test_decisions_are_numbered_and_at_most_a_page() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [p.name[:3] for p in pages] == [f"{k:03}" for k in range(1, len(pages) + 1)]
    for page in pages:
        assert read(page).startswith(f"# {page.name[:3]} ")
        assert len(read(page).split()) <= 500, page.name


def test_examples_are_not_merely_shown() -> None:
    for page in PAGES:
        for language in re.findall(r"^```(\w*)", read(page), re.M):
            assert language in {"", "console", "python", "diff", "yaml", "text", "sh", "mermaid"}, (
                page.name
            )
        for line in re.findall(r"^```sh\n(.*?)^```", read(page), re.M | re.S):
            known = r"pip install -e |eval |_NEGOTIATE|negotiate schema >|"
            assert re.match(known + r"negotiate report [\w-]+ --format ", line), line


def _rows(page: str, heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    section = read(REFERENCE / page).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", section, re.M)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("slug", ["chips-for-rare-earths", "matching-pennies", "wider-bargain"])
def test_the_json_reference_lists_every_field(slug: str) -> None:
    data = ng.solve(ng.load(slug)).to_dict()
    assert _rows("json.md", "Top level") == list(data)
    assert _rows("json.md", "`stage`") == list(data["stage"])
    assert _rows("json.md", "`repeated`") == list(data["repeated"])
    assert sorted(_rows("json.md", "`outcomes[]`")) == sorted(data["outcomes"][0])
    text = read(REFERENCE / "json.md")
    assert [k for k in set(_keys({**data, "parameters": None})) if f"`{k}`" not in text] == []


def test_the_json_reference_lists_what_a_dynamic_model_adds() -> None:
    data = ng.solve(ng.load(ROOT / "tests" / "data" / "ladder.yaml")).to_dict()
    usual = _rows("json.md", "Top level")
    assert _rows("json.md", "Dynamic models") == [k for k in data if k not in usual]
    text = read(REFERENCE / "json.md")
    named = {**data, "parameters": None}
    for key in ("states", "markov_equilibria"):
        named[key] = list(named[key].values()) if key == "states" else None
    named["transfers"] = {
        k: list(v.values()) if k == "states" else v for k, v in data["transfers"].items()
    }
    assert [k for k in set(_keys(named)) if f"`{k}`" not in text] == []
    assert [k for k in data["markov_equilibria"][0] if f"`{k}`" not in text] == []


@pytest.mark.parametrize(
    ("heading", "asked"),
    [("map --json", "map h200-licence --x s --y E --points 5"),
     ("solve --vary --json", "solve h200-licence --vary s")],
)  # fmt: skip
def test_the_json_reference_lists_the_fields_of_maps_and_critical_values(
    heading: str, asked: str
) -> None:
    data = json.loads(CliRunner().invoke(main, [*asked.split(), "--json"]).stdout)
    section = read(REFERENCE / "json.md").partition(f"## `{heading}`\n")[2].partition("\n## ")[0]
    for part in (data, *data.get("maps", ())):
        part.update(model=None, settings=None)
    assert [k for k in set(_keys(data)) if f"`{k}`" not in section + "`model` `settings`"] == []


def test_the_json_reference_lists_what_full_adds() -> None:
    result = ng.solve(ng.load("prisoners-dilemma"))
    data, more = result.to_dict(), full_dict(result)
    assert _rows("json.md", "With `--full`") == [k for k in more if k not in data]
    text = read(REFERENCE / "json.md")
    more["frontier"] = None
    assert [k for k in set(_keys({**more, "parameters": None})) if f"`{k}`" not in text] == []


def _keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _keys(value)


def test_the_file_reference_lists_every_key() -> None:
    def keys(pair: tuple[Any, Any]) -> set[str]:
        return {*pair[0], *pair[1]}

    assert set(_rows("payoff-file.md", "Top level")) == keys(reading.KEYS)
    assert set(_rows("payoff-file.md", "`parameters`")) == keys(parameters.PARAMETER_KEYS)
    assert set(_rows("payoff-file.md", "`states` on a grid")) == keys(dynamics.AXIS_KEYS)
    assert set(_rows("payoff-file.md", "States by name")) == {
        *dynamics.DYNAMIC_KEYS[:-1],
        "payoffs",
    }
    assert set(_rows("payoff-file.md", "`players`")) == {"discount", "levers", "actions"}
    assert set(_rows("payoff-file.md", "`outcomes`")) == {"profiles", "truce", "meaning"}
    assert set(_rows("payoff-file.md", "`kind: signalling`")) == {*signalling.PLAIN_KEYS, "players"}
    assert set(_rows("payoff-file.md", "`private`")) == keys(signalling.PRIVATE_KEYS)
    text = read(REFERENCE / "payoff-file.md")
    known = (*parameters.SOURCE_KEYS[0], *parameters.GRADES, *tokens.FUNCTIONS)
    assert [name for name in known if f"`{name}`" not in text] == []


def test_the_file_reference_gives_the_limits() -> None:
    text = " ".join(read(REFERENCE / "payoff-file.md").split())
    assert nodes.MAX_BYTES == 1_000_000
    for words in (
        "at most 1 MB",
        f"at most {tokens.MAX_NAME} characters",
        f"At most {players.MAX_ACTIONS} actions a player",
        f"At most {tokens.MAX_LENGTH:,} characters in a formula",
        f"{fields.MAX_FORMULA_TEXT:,} in a file",
        f"more than {nodes.MAX_DEPTH} levels",
        f"more than {nodes.MAX_ENTRIES} entries",
    ):
        assert words in text


def test_regimes_and_bands_are_all_explained_in_order() -> None:
    assert _rows("regimes-and-bands.md", "Regimes") == [name for name, _ in REGIMES]
    assert _rows("regimes-and-bands.md", "Bands") == list(BANDS)


def test_every_exception_is_listed_with_its_exit_code() -> None:
    text = read(REFERENCE / "errors.md")
    listed = dict(re.findall(r"^\| `(\w+Error)` \| (\d) \|", text, re.M))
    kinds = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    assert listed == {kind.__name__: str(kind.exit_code) for kind in kinds}


def test_the_completion_scripts_of_the_page_exist() -> None:
    shells = re.findall(r"_NEGOTIATE_COMPLETE=(\w+)", read(ROOT / "docs/how-to/completion.md"))
    assert len(shells) == 3
    for shell in shells:
        env = {"_NEGOTIATE_COMPLETE": shell}
        script = CliRunner().invoke(main, env=env, prog_name="negotiate").output
        assert "_NEGOTIATE_COMPLETE" in script


def test_parameters_are_completed_as_the_page_says() -> None:
    env = {
        "_NEGOTIATE_COMPLETE": "bash_complete",
        "COMP_WORDS": "negotiate solve --set pat",
        "COMP_CWORD": "3",
    }
    found = CliRunner().invoke(main, env=env, prog_name="negotiate").output
    assert "patience_us=" in found
    assert "patience_cn=" in found
