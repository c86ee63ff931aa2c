"""YAML text becomes positioned nodes, or an error with a place, and never a Python object."""

from __future__ import annotations

import pytest
import yaml

from negotiation.errors import PayoffFileError
from negotiation.payoff_file.yaml_nodes import (
    MAX_BYTES,
    MAX_DEPTH,
    Map,
    Scalar,
    Seq,
    place,
    read_nodes,
)
from tests.payoff_file.endless import soon_over

# text, line, column, words of the message
REFUSED = [
    ("a: &x 1", 1, 4, "anchor"),
    ("a: &x {b: 1}", 1, 4, "anchor"),
    ("a: 1\nb: *a", 2, 4, "alias"),
    ("a: [1, *]", 1, 9, "alias"),
    ("a: !!python/object/apply:os.system [ls]", 1, 4, "tag"),
    ("a: !x b", 1, 4, "tag"),
    ("a: !!str b", 1, 4, "tag"),
    ("!t\na: 1", 1, 1, "tag"),
    ("a: 1\na: 2", 2, 1, "twice"),
    ("a: {b: 1, b: 2}", 1, 11, "twice"),
    ("a: 1\n'a': 2", 2, 1, "twice"),
    ("? [a]\n: 1", 1, 3, "as a key"),
    ("a: [1, 2", 1, 4, "not closed"),
    ("a: {b: 1", 1, 4, "not closed"),
    ("a: 'b", 1, 4, "not closed"),
    ('a: "b', 1, 4, "not closed"),
    ("a: b: c", 1, 5, "':'"),
    ("a:\n\t- b", 2, 1, "a tab"),
    ("a: @b", 1, 4, "cannot start"),
    ("a: %b", 1, 4, "cannot start"),
    ("a: `b`", 1, 4, "cannot start"),
    ("a: 1\nb", 2, 1, "key: value"),
    ("a: - b", 1, 4, "a '-' that YAML takes for a list"),
    ("a:\n  b: c # d\n    + e", 3, 5, "a line that does not fit"),
    ("a: {b: c: d}", 1, 9, "without quotes"),
    ("a: ]", 1, 4, "nothing where"),
    ('a: "\\q"', 1, 5, "YAML"),
    ("- a\nb: c", 2, 1, "does not fit"),
    ("a: 1\n--- \nb: 2", 2, 1, "second document"),
    ("{a: b}}", 1, 7, "after the end"),
    ("- a", 1, 1, "not a payoff file"),
    ("just text", 1, 1, "not a payoff file"),
    ("", 1, 1, "empty"),
    ("  \n \n", 1, 1, "empty"),
    ("# only a comment\n", 1, 1, "only comments"),
    ("a: 1\nb: \x1b[31mred", 2, 4, "U+001B"),
    ("a: \x00", 1, 4, "U+0000"),
    ("a: \u202eb", 1, 4, "U+202E"),
    ("a: b\u200bc", 1, 5, "U+200B"),
    ("a: b\x85c", 1, 5, "U+0085"),
    ('a: "\\e[31m"', 1, 4, "escape"),
    ('a: "\\u202e"', 1, 4, "escape"),
    ("a: " + "[" * 65 + "]" * 65, 1, 67, "levels deep"),
    ("a: " + "{b: " * 70, 1, None, "levels deep"),
    ("- " * 100 + "a", 1, None, "levels deep"),
    ("a: [" + "1," * 1001 + "1]", 1, None, "500 entries"),
    ("a: [" + ("[" + "1," * 400 + "],\n") * 200 + "]", None, None, "50000 values"),
    ("".join(f"k{k}: 1\n" for k in range(1100)), 501, 1, "500 entries"),
]


@pytest.mark.parametrize(
    ("text", "line", "col", "words"), REFUSED, ids=[ascii(r[0][:24]) for r in REFUSED]
)
def test_what_is_refused_is_refused_at_its_place(text, line, col, words):
    with pytest.raises(PayoffFileError) as caught:
        read_nodes(text.encode(), "f.yaml")[1].stop_if_any()
    problem = next(p for p in caught.value.problems if words in p.message)
    assert line is None or problem.line == line
    assert col is None or problem.col == col
    assert problem.file == "f.yaml"
    assert str(caught.value).replace("\n", "").isprintable()


BOMBS = {
    "open brackets": "a: " + "[" * 900_000,
    "open braces": "{a: " * 240_000,
    "dashes": "- " * 450_000,
    "question marks": "? " * 450_000,
    "pairs of brackets": "[{" * 400_000,
    "one long list": "a: [" + "1," * 490_000 + "1]",
    "many short lists": "a: [" + "[1]," * 240_000 + "]",
    "a long word": "a: " + "x" * 990_000,
    "many words": "a: " + "x " * 490_000,
    "blank lines": "a: 1" + "\n" * 990_000,
    "comments": "a: 1\n" + "# c\n" * 240_000,
    "quotes": "a: " + "'" * 990_000,
    "open quote": "a: '" + "\n" * 990_000,
    "exclamation marks": "a: " + "!" * 990_000,
    "duplicate keys": "k: 1\n" * 190_000,
    "laughs": "a: &a [1]\n" + "".join(f"b{k}: &b{k} [*a, *a]\n" for k in range(800)),
    "escapes": 'a: "' + "\\x1b" * 240_000 + '"',
    "controls": "a: " + "\x07" * 990_000,
    "tabs": "\t" * 990_000,
    "a long key": "x" * 990_000 + ": 1",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered(name):
    data = BOMBS[name].encode()
    assert len(data) <= MAX_BYTES
    said = ""
    with soon_over():
        try:
            read_nodes(data, "f.yaml")[1].stop_if_any()
        except PayoffFileError as error:
            said = str(error)
    assert len(said) < 100_000


def test_a_file_of_more_than_a_megabyte_is_not_read():
    with pytest.raises(PayoffFileError, match="larger than 1 MB"):
        read_nodes(b"a: 1\n" + b"#" * MAX_BYTES, "f.yaml")


def test_a_byte_that_is_not_utf_8_is_placed():
    with pytest.raises(PayoffFileError) as caught:
        read_nodes("a: 1\nb: é".encode("latin-1"), "f.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.col) == (2, 4)
    assert "0xe9" in problem.message


def test_a_binary_file_is_refused():
    with pytest.raises(PayoffFileError):
        read_nodes(b"\x89PNG\r\n\x1a\n\x00\x00", "f.yaml")


def test_everything_that_can_be_read_past_is_reported_in_one_go():
    text = "a: &x 1\nb: *x\nc: !t 2\nc: 3\n"
    with pytest.raises(PayoffFileError) as caught:
        read_nodes(text.encode(), "f.yaml")[1].stop_if_any()
    assert [p.line for p in caught.value.problems] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "text", ["No", "yes", "010", "1e3", "12:30", "0x10", "1_000", "~", "null", ".nan", "2026-01-02"]
)
def test_a_scalar_stays_the_text_that_it_is(text):
    top, log = read_nodes(f"a: {text}".encode(), "f.yaml")
    assert top.entries[0][1] == Scalar(text, 1, 4)
    assert log.problems == []


def test_nodes_know_their_line_and_column():
    top, _ = read_nodes(b"\xef\xbb\xbfa:\r\n  b: [x, 'y']\r\n  c: {d: z} # note\r\n", "f.yaml")
    assert top == Map(
        (
            (
                Scalar("a", 1, 1),
                Map(
                    (
                        (
                            Scalar("b", 2, 3),
                            Seq((Scalar("x", 2, 7), Scalar("y", 2, 10, plain=False)), 2, 6),
                        ),
                        (
                            Scalar("c", 3, 3),
                            Map(((Scalar("d", 3, 7), Scalar("z", 3, 10)),), 3, 6),
                        ),
                    ),
                    2,
                    3,
                ),
            ),
        ),
        1,
        1,
    )


def test_a_comment_after_a_scalar_is_noticed():
    top, _ = read_nodes(b"a: b + c # d\ne: f#g\nh: 'x' # y", "f.yaml")
    comments = [value.comment for _, value in top.entries if isinstance(value, Scalar)]
    assert comments == [(1, 10), None, (3, 8)]


def test_a_depth_of_64_is_allowed():
    inner = MAX_DEPTH - 1
    read_nodes(("a: " + "[" * inner + "]" * inner).encode(), "f.yaml")[1].stop_if_any()


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("x: a + b", 4, (1, 8)),
        ("x: 'a + b'", 4, (1, 9)),
        ('x: "a + b"', 0, (1, 5)),
        ("x: a\n  + b", 4, (2, 5)),
        ("x: >-\n  a\n  + b", 4, (3, 5)),
        ("x: |\n  a\n  + b\n", 2, (3, 3)),
        ("x: a + b", 1, (1, 4)),
        ('x: "\\x61 + b"', 4, (1, 4)),
        ("x: a + b", 99, (1, 4)),
    ],
)
def test_a_character_of_a_formula_is_found_in_the_file(text, offset, expected):
    top, log = read_nodes(text.encode(), "f.yaml")
    scalar = top.entries[0][1]
    assert isinstance(scalar, Scalar)
    assert place(scalar, offset, log.lines) == expected


def test_the_slow_loader_gives_the_same_nodes(monkeypatch):
    text = b"a: [x, {b: 'y'}]\nc: >-\n  z\n  w # not a comment\nd: 1 # a comment\n"
    fast = read_nodes(text, "f.yaml")[0]
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_nodes(text, "f.yaml")[0] == fast


def test_a_long_line_is_not_repeated_in_the_message():
    with pytest.raises(PayoffFileError) as caught:
        read_nodes(b"a: " + b"x" * 5000 + b"\na: 1\nb: &c " + b"x" * 5000, "f.yaml")[
            1
        ].stop_if_any()
    assert len(str(caught.value)) < 1000
