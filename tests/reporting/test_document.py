"""Reports: well-formed, true to the numbers, the same to the byte, and as committed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from markdown_it import MarkdownIt

from negotiation.cli import main
from negotiation.payoff_file import load, loads
from negotiation.reporting.document import gather, rendered, write_report
from tests.analysis.test_smallest_changes import FILE
from tests.reference.library import BARGAINS

REPORTS = Path(__file__).resolve().parents[2] / "reports"
COMMITTED = sorted(p.stem for p in REPORTS.glob("*.md") if p.stem in BARGAINS)
ELSEWHERE = {
    "LC_ALL": "C",
    "LANG": "de_DE.UTF-8",
    "TZ": "Asia/Tokyo",
    "PYTHONHASHSEED": "7",
    "OPENBLAS_NUM_THREADS": "2",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX",
}
"""Another place, language and processor: no instructions wider than SSE3, no font cache."""
WRITE = """
import sys
from pathlib import Path
from negotiation.payoff_file import load
from negotiation.reporting.document import write_report

write_report(load(sys.argv[1]), sys.argv[1], Path(sys.argv[2]))
"""


@cache
def remade(slug):
    return rendered(gather(load(slug), slug))


@cache
def dilemma(change="", to=""):
    return rendered(gather(loads(FILE.replace(change, to)), "dilemma"))


def body(text):
    """The text below the front matter."""
    return text.split("---\n", 2)[2]


def tokens(text):
    return MarkdownIt("gfm-like", {"linkify": False}).parse(body(text))


def inline(text, kind):
    found = [t for token in tokens(text) for t in token.children or []]
    return [t for t in found if t.type == kind]


@pytest.mark.parametrize("slug", COMMITTED)
def test_the_committed_report_is_what_the_generator_writes(slug):
    assert (REPORTS / f"{slug}.md").read_text(encoding="utf-8") == remade(slug)


@pytest.mark.parametrize("slug", COMMITTED)
def test_the_committed_report_is_of_the_file_as_it_is(slug):
    text = (REPORTS / f"{slug}.md").read_text(encoding="utf-8")
    assert load(slug).sha256 in text


@pytest.mark.parametrize("slug", COMMITTED)
def test_a_report_is_well_formed_markdown(slug):
    text = (REPORTS / f"{slug}.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["title"] == load(slug).title
    assert str(front["seed"]) == "0"
    types = [t.type for t in tokens(text)]
    assert "html_block" not in types
    assert not inline(text, "html_inline")
    # every line that looks like a table is one
    assert types.count("table_open") == len(re.findall(r"^\|(?:---\|)+$", body(text), re.M))
    headings = [line for line in body(text).splitlines() if line.startswith("#")]
    assert len(headings) == len(set(headings))
    assert sum(line.startswith("# ") for line in headings) == 1


@pytest.mark.parametrize("slug", COMMITTED)
def test_every_image_is_there_with_words_for_it(slug):
    text = (REPORTS / f"{slug}.md").read_text(encoding="utf-8")
    images = inline(text, "image")
    assert images
    for token in images:
        assert len(token.content) > 20
        path = REPORTS / token.attrs["src"]
        assert path.is_file()
        assert path.with_suffix(".svg").is_file()


@pytest.mark.parametrize("slug", COMMITTED)
def test_no_sentence_is_said_twice(slug):
    text = body((REPORTS / f"{slug}.md").read_text(encoding="utf-8"))
    prose = [
        line.lstrip("- ")
        for line in text.splitlines()
        if line and line[0] not in "|#`!0123456789" and not line.startswith(("    ", "- ["))
    ]
    said = [s for line in prose for s in re.split(r"(?<=[a-z)]\.)\s+", line) if len(s) > 25]
    assert {s for s in said if said.count(s) > 1} <= {"Not analysed."}


@pytest.mark.parametrize("slug", COMMITTED)
def test_mathematics_survives_both_readers(slug):
    text = (REPORTS / f"{slug}.md").read_text(encoding="utf-8")
    formulas = re.findall(r"(?<!\\)\$(.+?)(?<!\\)\$", text)
    assert formulas
    for formula in formulas:
        assert not re.search(r"\\[^A-Za-z ]", formula), formula
        assert formula == formula.strip()
        assert formula.count("{") == formula.count("}")


@pytest.mark.parametrize("slug", COMMITTED)
def test_every_number_has_a_source_or_is_marked_as_assumed(slug):
    text = (REPORTS / f"{slug}.md").read_text(encoding="utf-8")
    model = load(slug)
    rows = re.findall(r"^\| `(\w+)` \| .+? \| .+? \| .+? \| (.+?) \|", text, re.M)
    own = {p.name: p for p in model.parameters if not p.base}
    assert {name for name, _ in rows} == set(own)
    for name, source in rows:
        assert ("[" in source) == bool(own[name].sources)
        assert (source == "assumed") == (not own[name].sources)
        assert own[name].grade == "sourced" or source.startswith(own[name].grade)
    for p in model.parameters:
        assert not p.base or f"`{p.name}` " in text


def test_the_sentences_follow_the_payoffs():
    held, broken = dilemma(), dilemma("value: 0.6", "value: 0.2")
    assert "can hold, but only because breaking it would start something worse" in held
    assert "| above 18 | Row |" in held
    assert "If either side" in held
    assert "Row, if anyone, by playing" in held
    assert "cannot hold: Row would break it" in broken
    assert "| below 10.5 | Row |" in broken
    assert "the deal would hold | who would no longer break it" in broken
    assert "How the deal is kept up" not in broken
    assert "Why the deal cannot hold" in broken


def test_sections_with_nothing_to_say_are_left_out():
    text = rendered(gather(load("matching-pennies"), "matching-pennies"))
    assert "Not analysed" not in text
    assert "What the answer hangs on" not in text
    assert "no fixed plan is stable" in text


def test_the_same_report_has_the_same_bytes(tmp_path):
    model = loads(FILE)
    for folder in ("one", "two"):
        write_report(model, "dilemma", tmp_path / folder)
    first = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(first) == 9
    for path in first:
        one, two = (tmp_path / folder / path for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), path
        assert b"2026-" not in one.read_bytes()


@pytest.fixture(scope="module")
def licence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("licence")
    write_report(load("h200-licence"), "h200-licence", folder)
    return folder


def test_another_machine_writes_the_same_bytes(licence, tmp_path):
    """Text and figures alike, as long as the version of matplotlib is the same."""
    there, home = tmp_path / "there", tmp_path / "home"
    home.mkdir()
    env = os.environ | ELSEWHERE | {"HOME": str(home), "MPLCONFIGDIR": str(home / "mpl")}
    env["PYTHONPATH"] = str(REPORTS.parent)
    subprocess.run(
        [sys.executable, "-c", WRITE, "h200-licence", str(there)], cwd=home, env=env, check=True
    )
    files = sorted(p.relative_to(licence) for p in licence.rglob("*.*"))
    assert len(files) == 9
    assert files == sorted(p.relative_to(there) for p in there.rglob("*.*"))
    for path in files:
        assert (licence / path).read_bytes() == (there / path).read_bytes(), path


def test_committed_figures_are_those_of_the_generator(licence):
    made = sorted((licence / "figures").glob("*.png"))
    assert made
    for path in made:
        new, old = (matplotlib.image.imread(f) for f in (path, REPORTS / "figures" / path.name))
        assert new.shape == old.shape
        assert np.abs(new - old).mean() < 0.01


def test_the_command_writes_and_says_where(tmp_path):
    (tmp_path / "dilemma.yaml").write_text(FILE, encoding="utf-8")
    result = CliRunner().invoke(
        main, ["report", str(tmp_path / "dilemma.yaml"), "-o", str(tmp_path), "--set", "T=13"]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == f"wrote {tmp_path / 'dilemma.md'}\n"
    assert "--set T=13" in (tmp_path / "dilemma.md").read_text(encoding="utf-8")


def test_the_unit_of_payoffs_is_said_and_a_missing_one_too():
    assert "The file gives its payoffs no unit." in dilemma()
    told = dilemma("title:", "payoff_unit: bushels\ntitle:")
    assert re.search(r"Row would gain [0-9.]+ bushels", told)
    assert "would cost that side in bushels on average" in told


def test_a_file_with_terms_has_a_section_on_the_deal(tmp_path):
    from tests.reference.flagship import flagship

    path = write_report(flagship(), "terms", tmp_path)
    text = path.read_text("utf-8")
    assert "\n### The deal\n" in text
    assert "\n### What a truce can bear\n" in text
    assert "figures/terms-contract.png" in text
    assert (tmp_path / "figures" / "terms-contract.svg").is_file()
