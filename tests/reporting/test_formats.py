"""Reports in other formats: everything inside, said once, nothing from elsewhere."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pypandoc
import pytest

from negotiation.errors import UsageError
from negotiation.reporting import formats
from negotiation.reporting.figures.diagram import read_diagram

REPORTS = Path(__file__).resolve().parents[2] / "reports"
COMMITTED = sorted(p.stem for p in REPORTS.glob("*.md") if p.stem != "README")


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.images += [values] if tag == "img" else []
        self.links += [values["href"]] if tag == "a" else []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("reports")
    shutil.copytree(REPORTS, path, dirs_exist_ok=True)
    return path


@pytest.mark.parametrize("slug", COMMITTED)
def test_html_holds_everything_and_says_titles_and_captions_once(folder, slug):
    text = (folder / f"{slug}.md").read_text("utf-8")
    html = formats.to_html(text, folder)
    page = Page(html)
    assert page.tags.count("h1") == 1
    assert "script" not in page.tags
    assert "link" not in page.tags
    diagrams = text.count("```mermaid")
    assert len(page.images) == len(re.findall(r"^!\[", text, re.M)) + diagrams > 0
    assert all(i["src"].startswith("data:image/svg+xml;base64,") for i in page.images)
    assert all(len(i["alt"]) > 20 for i in page.images)
    assert "mermaid" not in html
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert len(inside) == page.tags.count("h2")
    assert sorted(set(page.ids)) == sorted(page.ids)
    assert set(inside) <= set(page.ids)
    assert all(link.startswith(("#", "http", "figures/")) for link in page.links)
    assert ("math" in page.tags) == bool(re.search(r"(?<!\\)\$", text))
    assert "$" not in re.sub(r"<style>.*?</style>", "", html, flags=re.S) or "\\$" in text
    alts = [i["alt"] for i in page.images]
    visible = re.sub(r"<[^>]*>", "", html)
    assert not [alt for alt in alts if alt in visible]


@pytest.mark.parametrize("slug", COMMITTED)
def test_pandoc_gives_no_warning_with_mathml(slug):
    command = [pypandoc.get_pandoc_path(), "-s", "--mathml", "-t", "html", f"{slug}.md"]
    done = subprocess.run(command, cwd=REPORTS, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""


def test_word_gets_figures_diagrams_and_formulas(folder):
    slug = "chips-for-rare-earths"
    text = (folder / f"{slug}.md").read_text("utf-8")
    with zipfile.ZipFile(io.BytesIO(formats.to_docx(text, folder))) as packed:
        document = packed.read("word/document.xml").decode()
        pictures = [n for n in packed.namelist() if n.startswith("word/media/")]
    figures = len(re.findall(r"^!\[", text, re.M)) + text.count("```mermaid")
    assert len(re.findall(r"<pic:pic[ >]", document)) == figures
    assert pictures
    assert "<m:oMath" in document
    assert "mermaid" not in document
    words = re.sub(r"<[^>]*>", "", document)
    assert words.count(re.search(r"^# (.*)$", text, re.M)[1]) == 1


@pytest.mark.browser
def test_a_pdf_is_printed(folder):
    text = (folder / f"{COMMITTED[0]}.md").read_text("utf-8")
    data = formats.to_pdf(text, folder)
    assert data.startswith(b"%PDF-")
    assert b"(D:2" not in data


@pytest.mark.parametrize(("kind", "said"), [("docx", "made by pandoc"), ("pdf", "Chromium or Chr")])
def test_a_missing_program_is_a_sentence_before_anything_is_computed(
    monkeypatch, tmp_path, kind, said
):
    monkeypatch.setattr(formats, "_pandoc", lambda: None)
    monkeypatch.setattr(formats, "_browser", lambda: None)
    with pytest.raises(UsageError, match=said):
        formats.write_as(kind, lambda _: pytest.fail("was computed"), tmp_path)


def test_a_report_is_written_as_html_alone(tmp_path):
    def make(folder):
        (folder / "a b.md").write_text("# A\n\n## B\n\n<b>x</b> $a - \\frac{1 + b}{2}$", "utf-8")
        return folder / "a b.md"

    path = formats.write_as("html", make, tmp_path / "new")
    assert path == tmp_path / "new" / "a b.html"
    assert [p.name for p in path.parent.iterdir()] == ["a b.html"]
    text = path.read_text("utf-8")
    assert "&lt;b&gt;x" in text
    assert text.count("<math") == 2
    assert formats.write_as("html", make, tmp_path / "two").read_text("utf-8") == text


def test_what_is_no_state_diagram_stays_as_it_is():
    assert read_diagram("flowchart TD\n a --> b") is None
    assert read_diagram("") is None
    assert read_diagram("stateDiagram-v2\n s0 --> s1 : x") is None
