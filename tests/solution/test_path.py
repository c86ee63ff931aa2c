"""What `negotiate path` reports, on a race small enough to check by hand.

In `data/clock.yaml` trade pays China 12 (1 - s) and rupture 3; a cut while licences last adds 3.
With patience 0.9, frozen, China keeps trade up iff 12 (1 - s) >= 0.1 (12 (1 - s) + 3) + 0.9 * 3,
that is s <= 0.722: up to 0.7. As s moves, one step of 0.1 with chance 0.1 a quarter, trade at 0.7
with rupture after it is worth (0.1 * 3.6 + 0.9 * 0.1 * 3) / (1 - 0.9 * 0.9) = 3.316 to China, less
than the 0.1 * 6.6 + 0.9 * 3 = 3.36 of breaking it. At 0.6 it is 3.947 against 3.48. So it ends one
step early.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binom

from negotiation.cli import main
from negotiation.errors import UsageError
from negotiation.payoff_file import load, loads
from negotiation.reporting.blocks import plain
from negotiation.reporting.figures.drawing import write
from negotiation.reporting.figures.path import clock_figure
from negotiation.reporting.pages.path import page
from negotiation.solution.path import outlook
from negotiation.solution.path_json import to_dict

FILE = Path(__file__).parents[1].joinpath("data") / "clock.yaml"
NAMED = """
title: Two stages
players:
  Row: {actions: [C, D], discount: 0.9}
  Column: {actions: [C, D], discount: 0.9}
states: [early, late]
start: early
available: {late: {Row: [D], Column: [D]}}
payoffs:
  early: {Row: [[2, 0], [3, 1]], Column: [[2, 3], [0, 1]]}
  late: {Row: [[1]], Column: [[1]]}
transitions:
  early:
    - [{early: 0.9, late: 0.1}, {early: 0.9, late: 0.1}]
    - [{early: 0.9, late: 0.1}, {early: 0.9, late: 0.1}]
  late: [[late]]
outcomes:
  pact: {profiles: [[C, C]], truce: true}
  quarrel: {profiles: [[D, D]]}
"""


@pytest.fixture(scope="module")
def found():
    return outlook(load(FILE))


@pytest.fixture(scope="module")
def named():
    return outlook(loads(NAMED), periods=20)


def run(*args):
    result = CliRunner().invoke(main, list(args), prog_name="negotiate")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_truce_ends_one_step_before_it_would_if_nothing_moved(found):
    (threshold,) = found.thresholds
    assert (threshold.axis, threshold.frozen, threshold.moving) == ("s", 0.7, 0.6)
    text = " ".join(plain(page(found)).split())
    assert "kept for ever up to s = 0.7; as it is, both see the levers dying" in text
    assert "keeps it only up to 0.6, 0.1 less" in text


def test_values_on_the_path_are_those_of_the_arithmetic(found):
    values = found.longest.path.values
    assert values[2, 1] == pytest.approx((0.1 * 4.8 + 0.9 * 0.1 * 3) / 0.19)
    assert values[3].tolist() == pytest.approx([0, 3])
    assert found.longest.path.check.slack >= 0


def test_the_truce_lasts_three_steps_of_ten_quarters_each_on_average(found):
    """It holds in quarter k if at most two steps were taken in the k - 1 before."""
    lasts = binom.cdf(2, np.arange(40), 0.1)
    np.testing.assert_allclose(found.longest.clock.lasts[1:], lasts, atol=1e-12)
    assert found.longest.clock.mean == pytest.approx(30)
    assert found.shortest.clock.mean == pytest.approx(30)
    assert (found.bound >= found.longest.clock.lasts - 1e-12).all()


def test_a_truce_is_not_the_only_equilibrium(found):
    assert found.without
    assert "some equilibrium starts without one" in plain(page(found))


def test_restriction_speeds_substitution_as_the_file_says(found):
    """0.01 a quarter with chips, 0.04 without, until the grid ends."""
    one = found.restriction
    assert (one.rows, one.columns) == (("license", "embargo"), ("anything",))
    assert one.levels[0, 0, 0] == pytest.approx(0.48, abs=1e-6)
    text = " ".join(plain(page(found)).split())
    assert "embargo for 16 quarters brings s from 0.4 to" in text


def test_settings_and_the_start_are_used():
    late = outlook(load(FILE), {"s": 0.6}, periods=5)
    assert late.longest.clock.mean == pytest.approx(10)
    gone = outlook(load(FILE), {"s": 1}, periods=5)
    assert gone.bound.tolist() == [1] + [0] * 5
    assert plain(page(gone)).startswith("NO TRUCE\n")


def test_states_with_names_have_their_own_table(named):
    text = plain(page(named))
    assert "Terms, state by state" in text
    assert named.longest.clock.mean == pytest.approx(10)
    assert to_dict(named)["restriction"] is None
    with pytest.raises(UsageError, match="states on a grid"):
        clock_figure(named)


def test_a_truce_without_an_end_is_said_to_have_none():
    text = NAMED.replace("early: 0.9, late: 0.1", "early: 1")
    endless = outlook(loads(text), periods=3)
    shown = plain(page(endless))
    assert shown.startswith("TRUCE FOR EVER\n")
    assert "for ever: on the longest-lived path found it is never broken." in " ".join(
        shown.split()
    )
    assert "larger chance" not in shown
    assert to_dict(endless)["longest"]["mean"] is None


def test_a_truce_that_may_but_need_not_end_is_one_for_ever_perhaps():
    """From `early` play goes for good to `calm`, where the truce holds, or to `late`, evenly."""
    text = NAMED.replace("[early, late]", "[early, late, calm]").replace(
        "{early: 0.9, late: 0.1}", "{late: 0.5, calm: 0.5}"
    )
    text = text.replace(
        "  late: {Row: [[1]]", "  calm: {Row: [[2]], Column: [[2]]}\n  late: {Row: [[1]]"
    )
    text = text.replace(
        "{late: {Row: [D], Column: [D]}}",
        "{late: {Row: [D], Column: [D]}, calm: {Row: [C], Column: [C]}}",
    )
    text = text.replace("  late: [[late]]", "  late: [[late]]\n  calm: [[calm]]")
    text = text.replace("[[2, 0], [3, 1]]", "[[2, 0], [2, 1]]").replace(
        "[[2, 3], [0, 1]]", "[[2, 2], [0, 1]]"
    )
    shown = " ".join(plain(page(outlook(loads(text), periods=3))).split())
    assert shown.startswith("TRUCE FOR EVER, PERHAPS ")
    assert "is never broken with probability 0.500." in shown
    assert "larger chance than 0.5 for 3 periods" in shown


def test_where_no_pure_equilibrium_exists_that_is_said():
    """Matching pennies while it lasts: no plan without lots is stable, frozen or not."""
    text = NAMED.replace("[[2, 0], [3, 1]]", "[[1, -1], [-1, 1]]")
    none = outlook(loads(text.replace("[[2, 3], [0, 1]]", "[[-1, 1], [1, -1]]")), periods=3)
    assert none.longest is None
    shown = plain(page(none))
    assert "there is no equilibrium in pure strategies" in shown
    assert "too close to say" not in shown
    assert to_dict(none)["states"]["early"]["frozen"] == []


def test_the_json_is_plain_and_says_what_the_page_says(found):
    data = json.loads(json.dumps(to_dict(found), allow_nan=False))
    assert data["schema"] == "negotiate/path/1"
    assert data["start"] == "s=0.4"
    assert data["states"]["s=0.7"]["frozen"] == ["trade"]
    assert data["states"]["s=0.7"]["longest"]["terms"] == "rupture"
    assert data["thresholds"]["s"]["longest"] == 0.6
    assert len(data["longest"]["expected"]["s"]) == 41
    assert data["longest"]["quantiles"]["s"]["0.5"][0] == 0.4
    assert len(data["histories"]) == 5


def test_drawn_histories_follow_the_path(found):
    for history in to_dict(found)["histories"]:
        broken = history["broken"]
        kept = [name == "trade" for name in history["terms"]]
        assert kept == [broken is None or k + 1 < broken for k in range(41)]


# ---------------------------------------------------------------- the command


def test_two_runs_with_one_seed_give_the_same_bytes(tmp_path):
    written = []
    for name in ("one.svg", "two.svg"):
        args = ["--set", "s=0.6", "--seed", "3", "--periods", "12", "-o", str(tmp_path / name)]
        written.append((run("path", str(FILE), *args).stdout, (tmp_path / name).read_bytes()))
    assert written[0] == written[1]
    assert written[0][1].startswith(b"<?xml")


def test_a_figure_has_the_same_bytes_again_as_png(found, tmp_path):
    names = [tmp_path / "one.png", tmp_path / "two.png"]
    for name in names:
        write(clock_figure(found), name)
    one, two = (name.read_bytes() for name in names)
    assert one == two
    assert one.startswith(b"\x89PNG")


def test_another_seed_draws_other_histories_and_nothing_else():
    args = ["path", str(FILE), "--set", "s=0.6", "--periods", "30", "--json", "--seed"]
    one, two = (json.loads(run(*args, seed).stdout) for seed in "01")
    assert one.pop("histories") != two.pop("histories")
    assert (one.pop("seed"), two.pop("seed")) == (0, 1)
    assert one == two


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["prisoners-dilemma"], "nothing in this model moves"),
        ([str(FILE), "-o", "clock.pdf"], "clock.png or clock.svg"),
        ([str(FILE), "--periods", "0"], "0 periods cannot be looked ahead; expected 1 to 4000"),
        ([str(FILE), "--periods", "4001"], "expected 1 to 4000"),
        ([str(FILE), "--seed", "-1"], "not in the range"),
        ([str(FILE), "--set", "s=0.45"], "not a level"),
        ([str(FILE), "--set", "s=0.6", "-o", "no/such/folder/clock.png"], "cannot write"),
    ],
)
def test_wrong_use_is_said(args, said):
    result = run("path", *args)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_every_field_is_in_the_reference(found):
    reference = Path(__file__).parents[2].joinpath("docs", "reference", "path.md")
    text = reference.read_text(encoding="utf-8")
    data = to_dict(found)
    fields = [*data, *data["longest"], *data["states"]["s=0.4"], *data["restriction"]]
    assert [name for name in fields if f"`{name}`" not in text] == []
