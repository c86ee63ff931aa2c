"""`negotiate deal`, run."""

import json

import pytest
from click.testing import CliRunner

from negotiation.cli import main
from tests.reference.flagship import PATH

SHORT = ["--cases", "16"]


def run(*arguments):
    return CliRunner().invoke(main, ["deal", str(PATH), *SHORT, *arguments])


def test_terms_given_on_the_command_line():
    done = run("--term", "fee=0:0.5", "--term", "E", "--json")
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert [(t["name"], t["low"], t["high"]) for t in data["terms"]] == [
        ("fee", 0, 0.5), ("E", 0, 100)
    ]  # fmt: skip
    assert data["outcome"] == "managed truce"
    assert data["sample"]["seed"] == 0


def test_another_outcome_disagreement_and_setting():
    done = run(
        "--outcome", "open trade", "--term", "M=8:35", "--disagreement", "minmax", "--set", "s=0.6",
        "--json",
    )  # fmt: skip
    data = json.loads(done.stdout)
    assert data["outcome"] == "open trade"
    assert data["disagreement"]["kind"] == "minmax"
    assert data["settings"] == {"s": 0.6}


def test_a_map_is_written(tmp_path):
    target = tmp_path / "map.svg"
    done = run("--term", "fee=0:0.5", "--term", "E", "--x", "E", "--y", "fee", "-o", str(target))
    assert done.exit_code == 0
    assert target.read_text("utf-8").startswith("<?xml")
    assert done.stdout.startswith("TERMS THAT HOLD: managed truce")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "no terms to bargain over"),
        (("--term", "feee=0:1"), "unknown parameter 'feee'; did you mean 'fee'"),
        (("--term", "fee=1:0"), "'fee' runs from 1 to 0"),
        (("--term", "fee=a:b"), "'fee=a:b'"),
        (("--term", "fee=0"), "NAME=LOW:HIGH"),
        (sum((("--term", n) for n in ("fee", "E", "M", "W", "F")), ()), "at most 4"),
        (("--term", "fee", "--outcome", "peace"), "no outcome 'peace'"),
        (("--term", "fee", "--disagreement", "war"), "worst, stage, minmax"),
        (("--term", "fee", "-o", "map.pdf"), ".png or .svg"),
        (("--term", "fee", "--x", "fee"), "expected -o FIGURE"),
        (("--term", "fee", "--cases", "10"), "power of two"),
    ],
)
def test_wrong_usage_is_explained(arguments, what):
    done = run(*arguments)
    assert done.exit_code == 2
    assert what in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_one_term_is_no_map(tmp_path):
    done = run("--term", "fee", "-o", str(tmp_path / "map.png"))
    assert done.exit_code == 2
    assert "needs two terms" in done.stderr
