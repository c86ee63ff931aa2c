"""Pages as HTML."""

from negotiation.reporting.blocks import Block
from negotiation.reporting.html import from_block


def test_numbers_stand_flush_right_with_their_heading() -> None:
    block = Block("T", header=("a", "b", "c"), rows=(("x", "1.5", "y"), ("z", "-2", "3")))
    html = from_block(block)
    assert '<th scope="col" class="number">b</th>' in html
    assert '<td class="number">-2</td>' in html
    assert "<td>3</td>" in html


def test_lists_are_closed_before_the_next_sentence() -> None:
    html = from_block(Block("", lines=("- a", "- b", "c")))
    assert html.split("\n") == ["<ul>", "<li>a</li>", "<li>b</li>", "</ul>", "<p>c</p>"]


def test_whatever_stands_in_a_block_is_text() -> None:
    block = Block("<a>", ("<b>",), ("<c>",), (("<d>",),), ("<e>",))
    html = from_block(block)
    for letter in "abcde":
        assert f"&lt;{letter}&gt;" in html
        assert f"<{letter}>" not in html
