"""Texts that a payoff file could carry to do harm come out of reports as what they are: text.

`tests/data/hostile_texts.yaml` has the texts. Each goes into every text of a payoff file, and what
is made of the file goes through pandoc and through a Markdown renderer that lets HTML through.
"""

import io
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pypandoc
import pytest
import yaml
from markdown_it import MarkdownIt

from negotiation.errors import NegotiationError, PayoffFileError
from negotiation.payoff_file import loads
from negotiation.payoff_file.exchange.export import FORMATS, export
from negotiation.reporting import document as reports
from negotiation.reporting import markdown as md
from negotiation.reporting.blocks import plain
from negotiation.reporting.figures import drawing
from negotiation.reporting.pages.solution import page
from negotiation.solution.as_json import to_dict

TEXTS = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "hostile_texts.yaml").read_text(encoding="utf-8")
)
PANDOC = pypandoc.get_pandoc_path()


def pandoc(text, *arguments):
    done = subprocess.run(
        [PANDOC, "--quiet", *arguments],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr.decode()
    return done.stdout


# ------------------------------------------------------------------ every way into Markdown


def written(text):
    """Return a document with a text in every place that takes one, and its number of headings."""
    parts = [
        md.heading(1, text),
        text,
        md.paragraph(text),
        md.bullets((text, md.fixed("{a}: **b** {a}", a=text))),
        md.numbered((text, text)),
        md.table((text, "h"), ((text, md.code(text)), ("c", md.address(text)))),
        md.heading(2, md.fixed("For {a}", a=text)),
        md.fenced(text, "sh"),
        md.paragraph(md.listing((text, md.code(text), text))),
        md.paragraph(md.address(text)),
        md.image(text, f"figures/{text[:60]}.png"),
        "the end",
    ]
    return md.document({"title": text, "model": text, "seed": 0}, "en", parts), 2


def nodes(tree):
    """Yield every node of pandoc's tree."""
    if isinstance(tree, dict):
        if "t" in tree:
            yield tree
        for part in tree.values():
            yield from nodes(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from nodes(part)


def check_tree(text, headings):
    tree = json.loads(pandoc(text, "-f", "markdown", "-t", "json"))
    seen = [*nodes(tree["meta"]), *nodes(tree["blocks"])]
    kinds = {node["t"] for node in seen}
    assert not kinds & {"RawInline", "RawBlock", "Note", "Cite", "DefinitionList", "LineBlock"}
    assert not kinds & {"BlockQuote", "Superscript", "Subscript", "Strikeout", "HorizontalRule"}
    assert "Math" not in kinds
    assert set(tree["meta"]) <= {"title", "model", "seed", "lang"}
    assert sum(node["t"] == "Header" for node in seen) == headings
    for node in seen:
        if node["t"] == "Link":
            (_, classes, pairs), _, (target, _) = node["c"]
            assert target.startswith(("https://", "http://")), target
            assert classes == ["uri"]
            assert not pairs
        elif node["t"] == "Image":
            (_, classes, pairs), _, (target, _) = node["c"]
            assert target.startswith("figures/"), target
            assert not classes
            assert not pairs
        elif node["t"] in {"Span", "Div", "Code"}:
            assert node["t"] == "Code"
            assert node["c"][0] == ["", [], []]
        elif node["t"] == "CodeBlock":
            assert node["c"][0] == ["", ["sh"], []]


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.other = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.other.append(data)

    def handle_decl(self, decl):
        self.other.append(decl)

    def unknown_decl(self, data):
        self.other.append(data)

    def handle_pi(self, data):
        self.other.append(data)


PLAIN_TAGS = {
    *[
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "strong",
        "em",
        "code",
        "pre",
        "a",
        "img",
    ]
}
PLAIN_TAGS |= {"figure", "figcaption", "colgroup", "col", "div", "span", "hr", "br"}


def check_html(html, headings):
    found = Tags()
    found.feed(html)
    found.close()
    assert not found.other
    assert {tag for tag, _ in found.tags} <= PLAIN_TAGS, {tag for tag, _ in found.tags} - PLAIN_TAGS
    assert sum(tag in {"h1", "h2", "h3", "h4", "h5", "h6"} for tag, _ in found.tags) == headings
    for tag, attributes in found.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name == "href":
                assert re.match(r"https?://|#", value), value
            elif name == "src":
                assert value.startswith("figures/"), value
            elif name == "style":
                assert re.fullmatch(r"(text-align: ?\w+|width: ?[\d.]+%);?", value), value
            else:
                usual = "id class alt title aria-hidden rel type start tabindex href src"
                assert name in usual.split(), (tag, name, value)
    return "".join(found.text)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_a_text_wherever_it_is_put(text):
    made, headings = written(text)
    check_tree(made, headings)
    body = made.split("---\n", 2)[2]
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    words = check_html(html, headings)
    assert "the end" in words
    shown = " ".join(md._folded(text).split())
    assert " ".join(words.split()).count(shown) >= 8


def test_all_texts_pass_pandoc_into_every_format():
    made, _ = written("a plain text")
    bodies = [written(text)[0].split("---\n", 2)[2] for text in TEXTS]
    whole = "\n\n".join([made, *bodies])
    check_html(pandoc(whole, "-f", "gfm", "-t", "html").decode(), 2 * (1 + len(TEXTS)))
    check_html(pandoc(whole, "-f", "markdown", "-t", "html").decode(), 2 * (1 + len(TEXTS)))
    latex = pandoc(whole, "-f", "markdown", "-t", "latex").decode()
    check_latex(latex)
    docx = pandoc(whole, "-f", "markdown", "-t", "docx", "-o", "-")
    check_docx(docx)


def check_latex(latex):
    code = r"\\begin\{(verbatim|Highlighting|Shaded)\}.*?\\end\{\1\}"
    outside = re.sub(code, "", latex, flags=re.S)
    own = r"\\def\\(LTcaptype|labelenum\w+)"
    outside = re.sub(own, "", outside)
    wrong = r"\\(input|include|write|immediate|def|catcode|openin)(?![A-Za-z])"
    assert not re.search(wrong, outside), re.search(wrong, outside)
    for target in re.findall(r"\\(?:href|url)\{([^}]*)\}", outside):
        assert target.startswith(("http", "\\#")), target


def check_docx(docx):
    with zipfile.ZipFile(io.BytesIO(docx)) as held:
        relations = held.read("word/_rels/document.xml.rels").decode()
        assert "w:instrText" not in held.read("word/document.xml").decode()
    for target in re.findall(r'Target="([^"]*)"[^>]*TargetMode="External"', relations):
        assert target.startswith(("http://", "https://")), target


# ------------------------------------------------------------------ files, from end to end

SLOTS = [
    *[
        "title",
        "about",
        "period",
        "date",
        "payoff_unit",
        "player",
        "other",
        "lever",
        "setting",
        "action",
        "outcome",
    ],
    *["unit", "meaning", "source", "source_title", "address", "source_date", "left_out"],
]


def payoff_file(texts):
    t = {slot: json.dumps(text, ensure_ascii=False) for slot, text in texts.items()}
    return f"""
title: {t["title"]}
about: {t["about"]}
period: {t["period"]}
date: {t["date"]}
payoff_unit: {t["payoff_unit"]}
players:
  {t["player"]}: {{levers: {{{t["lever"]}: [{t["setting"]}, else]}}, discount: 0.6}}
  {t["other"]}: {{actions: [{t["action"]}, quarrel], discount: d}}
parameters:
  d: {{value: 0.7, range: [0.5, 0.9], unit: {t["unit"]}, meaning: {t["meaning"]},
      grade: sourced, source: {t["source"]}}}
  v: {{value: 9, range: [6, 12], unit: {t["unit"]}, meaning: {t["meaning"]}, grade: assumed}}
definitions: {{more: v + 1}}
payoffs:
  {t["player"]}: [[v, 1], [more, 3]]
  {t["other"]}: [[9, 10], [1, 3]]
outcomes:
  {t["outcome"]}: {{truce: true, profiles: [[{t["setting"]}, {t["action"]}]]}}
  break: {{profiles: [[else, quarrel]]}}
sources:
  {t["source"]}: {{title: {t["source_title"]}, address: {t["address"]}, date: {t["source_date"]}}}
not_modelled: [{t["left_out"]}]
"""


def harmless(slot):
    return f"a {slot.replace('_', ' ')}"


def turned(k):
    """Return a file with another hostile text in every slot that takes it, and which those are."""
    texts = {slot: harmless(slot) for slot in SLOTS}
    taken = {}
    for j, slot in enumerate(SLOTS):
        text = TEXTS[(k + 7 * j) % len(TEXTS)]
        try:
            loads(payoff_file({**texts, slot: text}))
        except PayoffFileError:
            continue
        texts[slot] = taken[slot] = text
    return loads(payoff_file(texts), "a `file` <b>.yaml"), taken


def headings_of(text):
    return sum(line.startswith("#") for line in text.split("\n"))


@pytest.fixture(scope="module")
def rendered():
    """Return the reports of all files, each text in each slot once, in few figures."""
    patch = pytest.MonkeyPatch()
    patch.setattr(reports, "CASES", 16)
    made = []
    for k, name in zip(range(len(TEXTS)), count(), strict=False):
        model, taken = turned(k)
        if name % 12:
            patch.setattr(reports, "_map", lambda _: None)
            for figure in ("payoff", "slack", "frontier", "tornado"):
                patch.setattr(reports, f"{figure}_figure", lambda _: None)
        found = reports.gather(model, f"a {k}")
        made.append((model, taken, found, reports.rendered(found)))
        patch.undo()
        patch.setattr(reports, "CASES", 16)
    patch.undo()
    return made


def test_most_texts_are_taken_in_most_places(rendered):
    taken = {slot: {t[slot] for _, t, _, _ in rendered if slot in t} for slot in SLOTS}
    for slot in ("title", "about", "period", "unit", "meaning", "address", "left_out"):
        assert len(taken[slot]) > 105, slot
    for slot in ("player", "lever", "outcome", "source"):
        assert len(taken[slot]) > 85, slot


def test_reports_have_no_heading_tag_link_or_macro_that_a_file_put_there(rendered):
    usual = {headings_of(text) for _, _, _, text in rendered}
    assert len(usual) <= 2
    whole = []
    for _, _, _, text in rendered:
        body = text.split("---\n", 2)[2]
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
        check_html(html, headings_of(text))
        whole.append(body)
    together = "\n\n".join(whole)
    total = sum(map(headings_of, whole))
    for reader in ("gfm", "markdown-tex_math_dollars"):
        check_html(pandoc(together, "-f", reader, "-t", "html").decode(), total)
    check_latex(pandoc(together, "-f", "markdown", "-t", "latex").decode())
    check_docx(pandoc(together, "-f", "markdown", "-t", "docx", "-o", "-"))


def test_front_matter_and_mathematics_are_ours(rendered):
    for model, _, _, text in rendered[::6]:
        tree = json.loads(pandoc(text, "-f", "markdown", "-t", "json"))
        front = "title subtitle date model sha256 version seed command lang"
        assert set(tree["meta"]) == set(front.split())
        seen = [*nodes(tree["meta"]), *nodes(tree["blocks"])]
        assert not {n["t"] for n in seen} & {"RawInline", "RawBlock", "Note", "Cite"}
        maths = [n["c"][1] for n in seen if n["t"] == "Math"]
        assert maths == ["v + 1"]
        title = {**tree, "blocks": [{"t": "Para", "c": tree["meta"]["title"]["c"]}]}
        words = pandoc(json.dumps(title), "-f", "json", "-t", "plain", "--wrap=none").decode()
        assert re.sub(r"\W", "", words) == re.sub(r"\W", "", md._folded(model.title))


def test_figures_show_texts_as_they_are(rendered, tmp_path):
    drawn = [(k, f) for k, (_, _, f, _) in enumerate(rendered) if f.pictures]
    assert len(drawn) >= 8
    for k, found in drawn:
        for picture, _ in found.pictures.values():
            for path in drawing.save(picture, tmp_path, f"x{k}"):
                assert path.stat().st_size > 1000
    svg = "".join(p.read_text() for p in tmp_path.glob("*.svg"))
    assert "<script" not in svg
    assert "onclick=" not in re.sub(r"<!--.*?-->", "", svg, flags=re.S)


def test_a_dollar_in_any_text_is_a_dollar(tmp_path):
    for text in ("$x^2$", r"$\badmacro{$", "$", "$$", r"\$a\$"):
        with drawing.style():
            figure, axes = drawing.new_figure()
            axes.set_title(text)
            axes.set_xlabel(text)
            axes.annotate(text, (0.5, 0.5))
        picture = drawing.Picture("x", "", "", figure)
        drawing.write(picture, tmp_path / "x.png")


def test_solve_and_export_take_every_text(rendered):
    for model, _, found, _ in rendered:
        shown = plain(page(found.solution, full=True))
        assert "\x1b" not in shown
        json.dumps(to_dict(found.solution), allow_nan=False)
        for kind in FORMATS:
            text = export(model, kind)
            assert "\x1b" not in text
            if kind == "csv":
                for line in text.splitlines():
                    assert not line.startswith(("=", "+", "-", "@", '"=', '"+', '"-', '"@'))


def test_file_names_are_texts_too(rendered):
    model, _, found, _ = rendered[0]
    for name in TEXTS:
        other = replace(found, model=replace(model, path=f"/x/{name}"), command=f"report {name}")
        text = reports.rendered(other)
        body = text.split("---\n", 2)[2]
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
        check_html(html, headings_of(text))


def test_texts_with_what_cannot_be_seen_are_refused():
    unseen = [t for t in TEXTS if re.search("[\x00-\x08\x1b\u200b\u202e]", t)]
    assert len(unseen) >= 3
    for text in unseen:
        with pytest.raises(NegotiationError, match="invisible"):
            loads(payoff_file({slot: harmless(slot) for slot in SLOTS} | {"title": text}))
