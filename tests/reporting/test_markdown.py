"""Markdown that means what it says."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from negotiation.reporting.blocks import Block
from negotiation.reporting.markdown import bullets, escape, from_block, image, maths, table


@pytest.mark.parametrize(
    "text", ["a*b*c", "x_y_z", "<b>", "[a](b)", "1 < 2 | 3", "# no", "$5", "~a~", "`c`"]
)
def test_escaped_text_comes_out_as_it_went_in(text):
    html = MarkdownIt("gfm-like", {"linkify": False}).renderInline(escape(text))
    shown = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    assert shown == text


def test_a_table_keeps_its_cells():
    parser = MarkdownIt("gfm-like", {"linkify": False})
    text = table(("a", "b"), (("1\n2", escape("x | y")),))
    cells = [t.content for t in parser.parse(text) if t.type == "inline"]
    assert cells == ["a", "b", "1 2", "x | y"] or cells[3] in (r"x | y", r"x \| y")


def test_a_block_becomes_heading_list_table_and_notes():
    block = Block("OF SOMETHING", ("First.", "- one", "- two"), ("h",), (("c",),), ("Note.",))
    text = from_block(block)
    assert text.split("\n\n") == [
        "### Of something",
        "First.",
        "- one\n- two",
        "| h |\n|---|\n| c |",
        "Note.",
    ]
    assert "###" not in from_block(block, title=False)


def test_mathematics_has_no_escapes_that_markdown_would_take():
    assert maths(r"a \, \mathrm{b\_c}") == r"$a \cdot \mathrm{b~c}$"


def test_lists_and_images():
    assert bullets(("a", "b")) == "- a\n- b"
    assert image("a [b]", "c.png") == r"![a \[b\]](c.png)"
