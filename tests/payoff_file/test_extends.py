"""Files that extend others: what they come to, how they are shown, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.cli import main
from negotiation.errors import PayoffFileError, UsageError
from negotiation.payoff_file import bundled, load, loads
from negotiation.payoff_file.diagnostics import Log
from negotiation.payoff_file.exchange.writing import merged_text
from negotiation.payoff_file.extends import merge, read_merged
from negotiation.payoff_file.reader import merged
from negotiation.payoff_file.yaml_nodes import Map, Scalar, Seq, read_nodes

BASE = """\
title: Base
about: Two sides.
parameters:
  # Why it is two.
  x: {value: 2, range: [0, 3], unit: share, grade: sourced, source: [here], meaning: a number}
  y: {value: 1, range: [0, 3], unit: share, grade: assumed, meaning: another}
players:
  Row: {actions: [C, D], discount: 0.75}
  Column: {actions: [C, D], discount: 0.75}
payoffs:
  Row: [[9*x, 1], [10, 3*y]]
  Column: [[9, 10], [1, 3]]
outcomes:
  both: {profiles: [[C, C]], truce: true}
sources:
  here: {title: A page, address: https://example.org, date: 2026}
not_modelled: [Weather., Time.]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def over(folder: Path, text: str, name: str = "over.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def read_of(path: Path | str) -> dict[str, object]:
    return contents(load(path))


def contents(model: object) -> dict[str, object]:
    """Everything a file says but where it stands, with formulas as their text."""
    names = [f.name for f in dataclasses.fields(model)]  # type: ignore[arg-type]
    said = {n: getattr(model, n) for n in names if n not in {"path", "sha256"}}
    said["signalling"] = re.sub(r"line=\d+", "", repr(said["signalling"]))
    said["parameters"] = [dataclasses.replace(p, line=0, base="") for p in said["parameters"]]
    return {name: re.sub(r"col=\d+", "", repr(value)) for name, value in said.items()}


# --- what a file comes to ----------------------------------------------------------------------


def test_a_file_that_changes_nothing_is_its_base(folder):
    path = over(folder, "extends: base.yaml\n")
    assert read_of(path) == read_of(folder / "base.yaml")


def test_a_number_is_given_in_part(folder):
    model = load(over(folder, "extends: base.yaml\nparameters:\n  x: {value: 0.5}\n"))
    x, y = model.parameters
    assert (x.value, x.range, x.sources, y.value) == (0.5, (0, 3), ("here",), 1)
    assert model.title == "Base"


def test_sections_merge_and_lists_are_replaced(folder):
    text = """\
extends: base.yaml
title: Over
parameters:
  z: {value: 3, range: [0, 9], unit: share, grade: assumed, meaning: new}
payoffs:
  Column: [[9, 10], [z, 3]]
outcomes:
  neither: {profiles: [[D, D]]}
not_modelled: [Money.]
"""
    model = load(over(folder, text))
    assert [p.name for p in model.parameters] == ["x", "y", "z"]
    assert [o.name for o in model.outcomes] == ["both", "neither"]
    assert model.not_modelled == ("Money.",)
    assert model.game().payoffs.tolist() == [[[18, 1], [10, 3]], [[9, 10], [3, 3]]]


@pytest.mark.parametrize("nothing", ["null", "~"])
def test_null_takes_away(folder, nothing):
    text = f"""\
extends: base.yaml
parameters: {{x: {nothing}}}
payoffs: {{Row: [[18, 1], [10, 3*y]]}}
outcomes: {nothing}
about: {nothing}
"""
    model = load(over(folder, text))
    assert [p.name for p in model.parameters] == ["y"]
    assert model.outcomes == ()
    assert model.about == ""


def test_another_kind_of_value_replaces(folder):
    actions = "players: {Row: {actions: {C: {g: x}, D: {g: 4}}}}"
    text = f"extends: base.yaml\n{actions}\npayoffs:\n  Row: g\n"
    model = load(over(folder, text))
    assert model.game(x=7).payoffs[0].tolist() == [[7, 7], [4, 4]]
    assert model.players == ("Row", "Column")


def test_four_files_may_lie_below_one(folder):
    over(folder, "extends: base.yaml\ntitle: one\n", "1.yaml")
    for k in (2, 3, 4):
        over(folder, f"extends: {k - 1}.yaml\nparameters: {{x: {{value: 0.{k}}}}}\n", f"{k}.yaml")
    model = load(folder / "4.yaml")
    assert (model.title, model.parameters[0].value) == ("one", 0.4)
    over(folder, "extends: 4.yaml\n", "5.yaml")
    with pytest.raises(PayoffFileError, match="more than 4 files below"):
        load(folder / "5.yaml")


def test_a_bundled_model_is_extended_by_its_name(folder):
    model = load(over(folder, "extends: chicken\ntitle: Mine\nparameters: {prize: {value: 5}}\n"))
    assert model.values()["prize"] == 5
    assert loads("extends: chicken\n").title == load("chicken").title


def test_the_digest_covers_the_bases(folder):
    path = over(folder, "extends: base.yaml\n")
    before = load(path).sha256
    assert before != hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "base.yaml").write_text(BASE.replace("value: 2", "value: 1"))
    assert load(path).sha256 != before
    alone = load(folder / "base.yaml").sha256
    assert alone == hashlib.sha256((folder / "base.yaml").read_bytes()).hexdigest()


# --- what is refused ---------------------------------------------------------------------------

# text of the file, the file and place of the fault, and words of the message
REFUSED = {
    "a base that is not there": (
        "extends: bose.yaml\n", "over.yaml:1:10", "did you mean 'base.yaml'",
    ),
    "a model that is not there": ("extends: chiken\n", "over.yaml:1:10", "did you mean 'chicken'"),
    "itself": ("title: x\nextends: over.yaml\n", "over.yaml:2:10", "circle"),
    "a list of bases": ("extends: [base.yaml]\n", "over.yaml:1:10", "extends is not a name"),
    "no name": ("extends:\ntitle: x\n", "over.yaml:1:9", "extends is not a name"),
    "a directory": ("extends: .\n", "over.yaml:1:10", "directory"),
    "null for a key that is not there": (
        "extends: base.yaml\nparameters: {xx: null}\n", "over.yaml:2:14", "did you mean 'x'",
    ),
    "null for a section that is not there": (
        "extends: base.yaml\nsorces: null\n", "over.yaml:2:1", "did you mean 'sources'",
    ),
    "an unknown section": (
        "extends: base.yaml\nparamters: {}\n", "over.yaml:2:1", "unknown key 'paramters'",
    ),
    "a number outside the base's range": (
        "extends: base.yaml\nparameters: {x: {value: 9}}\n", "over.yaml:2:25", "outside range",
    ),
    "a range that leaves the base's number out": (
        "extends: base.yaml\nparameters: {x: {range: [0, 1]}}\n", "base.yaml:5:14", "outside range",
    ),
    "an unknown key of a number": (
        "extends: base.yaml\nparameters: {x: {vale: 1}}\n", "over.yaml:2:18",
        "did you mean 'value'",
    ),
    "a number that the base still uses": (
        "extends: base.yaml\nparameters: {y: null}\n", "base.yaml:11:26", "unknown name 'y'",
    ),
    "a source that is still cited": (
        "extends: base.yaml\nsources: {here: null}\n", "base.yaml:5:70", "is unknown",
    ),
    "a number in place of a mapping": (
        "extends: base.yaml\nparameters: {x: 3}\n", "over.yaml:2:17", "parameters.x is '3'",
    ),
    "an unknown name in a formula": (
        "extends: base.yaml\npayoffs: {Row: [[1, 2], [3, xy]]}\n", "over.yaml:2:29", "unknown name",
    ),
    "a third player": (
        "extends: base.yaml\nplayers: {Third: {actions: [a], discount: 0}}\n", "over.yaml:2:10",
        "players has 3 entries",
    ),
    "YAML that does not read": ("extends: base.yaml\ntitle: [a\n", "over.yaml:2:8", "not closed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_fault_has_its_own_file_and_place(folder, case):
    text, place, words = REFUSED[case]
    with pytest.raises(PayoffFileError) as caught:
        load(over(folder, text))
    message = str(caught.value)
    assert f"{folder}/{place}: error: " in message, message
    assert words in message


def test_a_base_that_does_not_read_is_named_with_its_line(folder):
    (folder / "base.yaml").write_text("title: a\nabout: {b: c\n")
    with pytest.raises(PayoffFileError, match=r"base\.yaml:2:8: error: a '\{' that is not closed"):
        load(over(folder, "\n\n\nextends: base.yaml\n"))


def test_a_circle_of_two_is_named(folder):
    over(folder, "extends: b.yaml\n", "a.yaml")
    over(folder, "extends: a.yaml\n", "b.yaml")
    with pytest.raises(PayoffFileError, match=r"circle: a\.yaml -> b\.yaml -> a\.yaml"):
        load(folder / "a.yaml")


def test_an_alias_of_a_file_does_not_hide_a_circle(folder):
    over(folder, "extends: link.yaml\n", "a.yaml")
    (folder / "link.yaml").symlink_to(folder / "a.yaml")
    with pytest.raises(PayoffFileError, match="circle"):
        load(folder / "a.yaml")


def test_the_faults_of_all_files_are_told_at_once(folder):
    (folder / "base.yaml").write_text(
        BASE.replace("9*x", "9*xx").replace("truce: true", "truce: 1")
    )
    with pytest.raises(PayoffFileError) as caught:
        load(over(folder, "extends: base.yaml\nparameters: {y: {grade: sure}}\n"))
    files = [Path(p.file).name for p in caught.value.problems]
    assert files == ["base.yaml", "base.yaml", "over.yaml"]
    assert caught.value.problems[0].source.strip().startswith("Row: [[9*xx")


def test_text_that_is_in_no_file_extends_bundled_models_only(folder):
    (folder / "x.yaml").write_text(BASE)
    for name in (folder / "x.yaml", "../x.yaml", "/etc/passwd"):
        with pytest.raises(PayoffFileError, match="there is no payoff file or model"):
            loads(f"extends: {name}\n")


# --- laws of merging ---------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "c"])
trees = st.recursive(
    st.sampled_from(["1", "x y", "z"]),
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
mappings = st.dictionaries(names, trees, max_size=3)


def node(tree):
    if isinstance(tree, dict):
        return Map(tuple((Scalar(k, 1, 1), node(v)) for k, v in tree.items()), 1, 1)
    if isinstance(tree, list):
        return Seq(tuple(map(node, tree)), 1, 1)
    return Scalar(tree, 1, 1)


def tree_of(found):
    if isinstance(found, Map):
        return {key.text: tree_of(value) for key, value in found.entries}
    return [tree_of(x) for x in found.items] if isinstance(found, Seq) else found.text


def plainly(base, upper):
    """Merge two dictionaries as the docs say it."""
    out = dict(base)
    for key, value in upper.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        out[key] = plainly(base[key], value) if both else value
    return out


@given(mappings, mappings, mappings)
def test_merging_is_what_the_docs_say_and_can_be_done_in_any_order(a, b, c):
    log = Log("x")
    two = merge(log, node(a), node(b))
    assert tree_of(two) == plainly(a, b)
    first = merge(log, two, node(c))
    later = merge(log, node(a), merge(log, node(b), node(c)))
    # Not where text stands between two mappings: it hides the base's.
    if plainly(plainly(a, b), c) == plainly(a, plainly(b, c)):
        assert tree_of(first) == tree_of(later)
    assert not log.problems


texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
awkward = st.sampled_from(
    ["- a", "a: b", "a #b", "'", '"', "#", "null", "*", "a\nb", " x ", "%", "? a"]
)


@settings(max_examples=300)
@given(st.dictionaries(names, texts | awkward | st.lists(texts | awkward, max_size=3), min_size=1))
def test_what_is_written_reads_as_the_same(tree):
    def quoted(value):
        if isinstance(value, list):
            return "[" + ", ".join(map(quoted, value)) + "]"
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    source = "".join(f"{key}: {quoted(value)}\n" for key, value in tree.items())
    found = read_merged(source.encode(), "x", None)
    again, _ = read_nodes(merged_text(found).encode(), "y")
    assert tree_of(again) == tree_of(found.top) == tree


# --- show and new ------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", list(bundled()))
def test_what_is_shown_of_a_bundled_model_is_that_model(slug):
    text = merged_text(merged(slug))
    assert contents(loads(text)) == read_of(slug)
    assert max(map(len, text.splitlines())) < 250


def test_show_prints_one_file_and_where_its_parts_are_from(folder):
    path = over(folder, "extends: base.yaml\ntitle: Over\nparameters:\n  x: {value: 0.5}\n")
    shown = CliRunner().invoke(main, ["show", str(path)])
    assert shown.exit_code == 0
    assert shown.output.startswith("# over.yaml, laid over base.yaml.\n")
    assert "# from over.yaml:2\ntitle: Over\n" in shown.output
    assert (
        "  # Why it is two.\n  # from over.yaml:4, base.yaml:5\n  x: {value: 0.5," in shown.output
    )
    assert "  # from base.yaml:6\n  y:" in shown.output
    assert contents(loads(shown.output)) == read_of(path)


def test_show_of_a_file_that_extends_nothing_names_no_file(folder):
    shown = CliRunner().invoke(main, ["show", str(folder / "base.yaml")])
    assert "# from" not in shown.output
    assert contents(loads(shown.output)) == read_of(folder / "base.yaml")


def test_show_of_a_file_with_mistakes_says_them(folder):
    shown = CliRunner().invoke(main, ["show", str(over(folder, "extends: base.yaml\nx: 1\n"))])
    assert shown.exit_code == 1
    assert "over.yaml:2:1: error: unknown key" in shown.stderr


def test_new_writes_a_start_that_extends(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert CliRunner().invoke(main, ["new", "a", "--extend", "--from", "chicken"]).exit_code == 0
    assert "extends: chicken\n" in Path("a.yaml").read_text()
    assert load("a.yaml").title == "Chicken, changed"
    Path("sub").mkdir()
    done = CliRunner().invoke(main, ["new", "sub/b", "--extend", "--from", "base.yaml"])
    assert done.exit_code == 0
    started, base = contents(load("sub/b.yaml")), contents(load("base.yaml"))
    assert started["parameters"] == base["parameters"]


def test_new_copies_what_an_extending_file_comes_to(folder, monkeypatch):
    monkeypatch.chdir(folder)
    over(folder, "extends: base.yaml\ntitle: Over\n")
    assert CliRunner().invoke(main, ["new", "c", "--from", "over.yaml"]).exit_code == 0
    assert "extends" not in Path("c.yaml").read_text()
    assert read_of("c.yaml") == read_of("over.yaml")
    assert CliRunner().invoke(main, ["new", "d", "--from", "base.yaml"]).exit_code == 0
    assert Path("d.yaml").read_text() == BASE


def test_new_from_what_is_not_there_writes_nothing(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert CliRunner().invoke(main, ["new", "e", "--extend", "--from", "bas.yaml"]).exit_code == 2
    assert not Path("e.yaml").exists()
    with pytest.raises(UsageError):
        load("e")
