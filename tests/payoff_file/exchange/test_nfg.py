"""Gambit's format for strategic games, both variants, and what is refused."""

from __future__ import annotations

import os
from fractions import Fraction

import pytest

from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.payoff_file.exchange.nfg import convert, read_nfg

OUTCOMES = """NFG 1 R "Two by three" { "Alice \\"A\\"" "Bob" }

{ { "1" "2" } { "l" "m" "r" } }
"A comment, with { braces }"

{ { "a" 1, 2 } { "b" -1/3, 0.5 } { "" 1e2, 0 } }
1 2 3 0 2 1
"""
PAYOFFS = 'NFG 1 R "Plain" { "A" "B" } { 2 2 }\n\n9 9 10 1\n1 10 3 3\n'


def test_outcomes_and_their_numbers_are_read():
    title, players, actions, tables = read_nfg(OUTCOMES)
    assert (title, players) == ("Two by three", ('Alice "A"', "Bob"))
    assert actions == (("1", "2"), ("l", "m", "r"))
    third = Fraction(-1, 3)
    assert tables[0] == ((1, 100, third), (third, 0, 1))
    assert tables[1] == ((2, 0, Fraction(1, 2)), (Fraction(1, 2), 0, 2))


def test_payoffs_in_a_row_are_read():
    _, _, actions, tables = read_nfg(PAYOFFS)
    assert actions == (("1", "2"), ("1", "2"))
    assert tables == (((9, 1), (10, 3)), ((9, 10), (1, 3)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found the end"),
        ("EFG 2 R", "expected NFG"),
        ('NFG 1 R "x" { "A" } { 2 }\n1 2', "1 players"),
        ('NFG 1 R "x" { "A" "B" "C" } { 2 2 2 }\n', "3 players"),
        (PAYOFFS.replace("3 3", "3"), "found the end"),
        (PAYOFFS + " 4", "more follows"),
        (PAYOFFS.replace("10 1", "x 1"), "is not a number"),
        (PAYOFFS.replace("10 1", "1/0 1"), "is not a number"),
        (PAYOFFS.replace("{ 2 2 }", "{ 2 0 }"), "without strategies"),
        (OUTCOMES.replace("1 2 3 0", "1 2 9 0"), "no outcome 9"),
        (OUTCOMES.replace("1, 2", "1"), "expected an outcome"),
        ('NFG 1 R "x', "not closed"),
        ("NFG 1 R " + "{ " * 3000, "found"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(text, said):
    with pytest.raises(UsageError, match=said):
        read_nfg(text)


def game(names='{ "a" "b" } { "c" "d" }', payoffs="1 2 3 4 5 6 7 8", title="x"):
    return f'NFG 1 R "{title}" {{ "A" "B" }} {{ {names} }}\n{payoffs}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (game(payoffs="1e999999999 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(payoffs="1e400 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(payoffs="9" * 5000 + " 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(payoffs="1/" + "9" * 5000 + " 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(payoffs="\u00b2 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(payoffs="nan 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(payoffs="1_000 2 3 4 5 6 7 8"), "is not a number that can be read"),
        (game(names="999999999 1"), "expected at most 200"),
        (game(names="99999999999999999999 1"), "the number of strategies"),
        (game(names="\u00b2 1"), "the number of strategies"),
        (game(names="{ " + " ".join(f'"{k}"' for k in range(201)) + ' } { "c" }'), "more than 200"),
        (game(payoffs="1 2 3 4 5 6 7 \x1b[31m"), r"'\?\[31m' is not a number"),
    ],
)  # fmt: skip
def test_numbers_and_counts_are_bounded_before_anything_is_built(text, said):
    with pytest.raises(UsageError, match=said):
        read_nfg(text)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "missing", "latin"])
def test_only_regular_files_of_text_are_read(tmp_path, kind):
    source = tmp_path / "g.nfg"
    make = {
        "pipe": lambda: os.mkfifo(source),
        "device": lambda: source.symlink_to("/dev/zero"),
        "folder": source.mkdir,
        "missing": lambda: None,
        "latin": lambda: source.write_bytes(b"NFG \xff"),
    }
    make[kind]()
    with pytest.raises(UsageError):
        convert(str(source), str(tmp_path / "new.yaml"), 0.9)
    assert not (tmp_path / "new.yaml").exists()


AWKWARD = [
    ('{ "a+b" "a*b" } { "c" "d" }', ["a-b", "a-b 2"]),
    ('{ "" "b" } { "c" "d" }', ["1", "b"]),
    ('{ "a" " a " } { "c" "d" }', ["a", "a 2"]),
    (f'{{ "{"y" * 200}" "b" }} {{ "c" "d" }}', ["y" * 75, "b"]),
    ('{ "a\x1b[31m" "\u202eb" } { "c" "d" }', ["a [31m", "b"]),
    ('{ "null" "~" } { "true" "1e3" }', ["null", "~"]),
    ('{ "a: b" "# c" } { "[d]" "{e}" }', ["a: b", "# c"]),
]


@pytest.mark.parametrize(("names", "actions"), AWKWARD)
def test_whatever_is_imported_is_a_payoff_file_and_changes_are_said(tmp_path, names, actions):
    source, new = tmp_path / "g.nfg", tmp_path / "new.yaml"
    source.write_text(game(names, title="T\x07itle"), encoding="utf-8")
    changes = convert(str(source), str(new), 0.9999999999999999)
    model = load(new)
    assert list(model.actions[0]) == actions
    assert model.game().payoffs[0].tolist() == [[1, 5], [3, 7]]
    assert float(model.game().discount[0]) == 0.9999999999999999
    given = read_nfg(source.read_text(encoding="utf-8"))[2][0]
    assert len(changes) >= sum(a != b for a, b in zip(given, actions, strict=True))


def test_numbers_of_many_digits_are_kept_or_refused_never_rounded(tmp_path):
    source, new = tmp_path / "g.nfg", tmp_path / "new.yaml"
    source.write_text(game(payoffs="1/3 2 3 4 5 6 7 " + "9" * 48))
    convert(str(source), str(new), 0.9)
    assert load(new).game().exact[1][1][1] == int("9" * 48)
    source.write_text(game(payoffs="1/3 2 3 4 5 6 7 " + "9" * 60))
    with pytest.raises(UsageError, match="more than 50 digits"):
        convert(str(source), str(tmp_path / "other.yaml"), 0.9)
