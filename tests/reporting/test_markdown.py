"""Markdown that means what it says."""

from __future__ import annotations

import ast
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import negotiation
from negotiation.reporting import markdown
from negotiation.reporting.blocks import Block
from negotiation.reporting.markdown import (
    Markdown,
    address,
    bullets,
    code,
    document,
    escape,
    fenced,
    fixed,
    from_block,
    heading,
    image,
    joined,
    listing,
    maths,
    paragraph,
    table,
)

TEXTS = ["a*b*c", "x_y_z", "<b>", "[a](b)", "1 < 2 | 3", "# no", "$5", "~a~", "`c`", "&lt;", "{a}"]


@pytest.mark.parametrize("text", TEXTS)
def test_escaped_text_comes_out_as_it_went_in(text):
    parser = MarkdownIt("gfm-like", {"linkify": False})
    assert unescape(parser.renderInline(escape(text).source)) == text


STARTS = "- a;+ a;1. a;1) a;(a) a;iv. a;# a;> a;| a |;===;---;% a;: a;::: a;Table: a;    a;- ;-"


@pytest.mark.parametrize("text", [*STARTS.split(";"), "a\n===", "a\n\n# b", "+---+", "@x", "***"])
def test_a_paragraph_is_a_paragraph_whatever_it_starts_with(text):
    html = MarkdownIt("gfm-like", {"linkify": False}).render(paragraph(text).source)
    assert html.startswith("<p>")
    assert html.count("<") == 2
    assert unescape(html)[3:-5] == " ".join(text.split())


def test_markdown_joins_with_its_own_kind_only():
    here = escape("a*b")
    assert (here + fixed(" **b**")).source == r"a\*b **b**"
    with pytest.raises(TypeError):
        here + "text"
    with pytest.raises(TypeError):
        "text" + here
    with pytest.raises(TypeError, match="not text"):
        f"{here}"
    with pytest.raises(TypeError, match="not text"):
        str(here)
    with pytest.raises(TypeError):
        " ".join([here])


def test_text_is_escaped_wherever_it_is_put():
    hot, safe = "<b>*", r"\<b\>\*"
    assert fixed("**{x}** {y}", x=hot, y=code("v")).source == f"**{safe}** `v`"
    assert joined((hot, escape(hot), "")).source == f"{safe} {safe}"
    assert listing((hot, code("v"), hot)).source == f"{safe}, `v` and {safe}"
    assert bullets((hot,)).source == f"- {safe}"
    assert heading(2, hot).source == f"## {safe}"
    assert table((hot,), ((hot,),)).source.count(safe) == 2
    assert image(hot, "a b(1).png").source == f"![{safe}](a%20b%281%29.png)"
    assert safe in document({}, "en", (hot,))


def literal(node):
    if isinstance(node, ast.BinOp):
        return literal(node.left) and literal(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_what_is_not_escaped_is_a_literal_in_the_code():
    package, own = Path(negotiation.__file__).parent, Path(markdown.__file__)
    seen = 0
    for file in package.rglob("*.py"):
        if file == own:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            assert name != "Markdown", f"{file}:{node.lineno} makes Markdown of its own"
            positions = {"fixed": [0], "joined": [1], "fenced": [1], "document": [1]}
            for at in positions.get(name, ()) if "reporting" in file.parts else ():
                if at < len(node.args):
                    seen += 1
                    assert literal(node.args[at]), f"{file}:{node.lineno}: not a literal"
    assert seen > 5


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://a.org/b?c=d&e=f#g", "https://a.org/b?c=d&e=f#g"),
        ("HTTP://a.org/", "HTTP://a.org/"),
        ("https://x/> <script>alert(1)</script>", "https://x/%3E%20%3Cscript%3Ealert(1)%3C/script%3E"),
        ('https://x/" onclick="a', "https://x/%22%20onclick=%22a"),
        ("https://x/{onclick=a}", "https://x/%7Bonclick=a%7D"),
        ("https://x/](y)", "https://x/%5D(y)"),
        ("https://x/\n# a", "https://x/%0A#%20a"),
        ("https://x/ü", "https://x/%C3%BC"),
    ],
)  # fmt: skip
def test_an_address_of_the_web_is_a_link_and_nothing_else(text, link):
    assert address(text).source == f"<{link}>"


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "file:///etc/passwd", "ftp://x", "data:x", "//x", "https:", ""]
)
def test_any_other_address_is_text(text):
    assert address(text) == escape(text)


def test_code_and_fences_cannot_be_left():
    assert code("a`b").source == r"a\`b"
    assert code("a|b").source == r"a\|b"
    assert fenced("a\n```\nb", "sh").source == "````sh\na\n```\nb\n````"


def test_a_table_keeps_its_cells():
    parser = MarkdownIt("gfm-like", {"linkify": False})
    text = table(("a", "b"), (("1\n2", "x | y"),)).source
    cells = [t.content for t in parser.parse(text) if t.type == "inline"]
    assert cells == ["a", "b", "1 2", "x | y"] or cells[3] in (r"x | y", r"x \| y")


def test_a_block_becomes_heading_list_table_and_notes():
    block = Block("OF SOMETHING", ("First.", "- one", "- two"), ("h",), (("c",),), ("Note.",))
    assert from_block(block).source.split("\n\n") == [
        "### Of something",
        "First.",
        "- one\n- two",
        "| h |\n|---|\n| c |",
        "Note.",
    ]
    assert "###" not in from_block(block, title=False).source


def test_mathematics_has_no_escapes_that_markdown_would_take():
    assert maths(r"a \, \mathrm{b\_c}") == Markdown(r"$a \cdot \mathrm{b~c}$")
