"""What holds at a point, quickly: the same as `solve` says."""

from __future__ import annotations

import numpy as np
import pytest

import negotiation as ng
from negotiation.explore.shelf import opened, with_patience
from negotiation.explore.standing import UNDECIDED, headline, stand, stand_at, tightest
from negotiation.solution.solution import solve
from negotiation.solution.verdict import label
from tests.reference.library import BARGAINS

QUICK = ["chips-for-rare-earths", "h200-licence", "chicken", "stag-hunt", "prisoners-dilemma"]


def drawn(slug: str, seed: int) -> dict[str, float]:
    draw = np.random.default_rng(seed)
    numbers = [p for p in opened(slug, None).parameters if p.range[1] > p.range[0]]
    return {p.name: float(draw.uniform(*p.range)) for p in numbers if draw.random() < 0.4}


@pytest.mark.parametrize("slug", QUICK)
def test_a_point_is_what_solve_says(slug: str) -> None:
    model, compared = opened(slug, None), 0
    for seed in range(8):
        settings = drawn(slug, seed)
        found, exact = stand(model, settings), solve(model, **settings)
        assert found.regime == exact.regime
        rows = {r.profile: r for r in (*found.rows, *found.others)}
        span = np.ptp(exact.game.payoffs)
        for o in exact.outcomes:
            row = rows[o.profile]
            assert row.sustained == o.sustained
            assert row.breaker == o.tightest_player
            assert row.payoffs == o.payoffs
            if o.slack is not None:
                assert row.slack == pytest.approx(o.slack, abs=1e-7 * span)
            if o.tightest_player is not None:
                assert row.gain == pytest.approx(
                    o.best_deviation[o.tightest_player].gain, abs=1e-9 * span
                )
            compared += 1
    assert compared >= 16


def test_the_first_to_break_is_the_one_that_solve_names() -> None:
    named = 0
    for slug in ("chips-for-rare-earths", "h200-licence"):
        model = opened(slug, None)
        for seed in range(12):
            settings = drawn(slug, seed)
            exact = solve(model, **settings)
            held = [
                o
                for o in exact.outcomes
                if o.truce and o.sustained and o.tightest_player is not None
            ]
            weakest = tightest(stand(model, settings).rows)
            if not held:
                assert weakest is None
                continue
            named += 1
            first = min(held, key=lambda o: min(o.patience_margin))
            assert weakest is not None
            assert weakest.name == label(exact, first)
    assert named >= 5


def test_points_in_a_list_are_what_they_are_alone() -> None:
    model = opened("chicken", None)
    prizes = np.array([2.2, 2.9, 3.6])
    for prize, found in zip(prizes, stand_at(model, {"prize": prizes}, {"cost": 3}), strict=True):
        alone = stand(model, {"prize": prize, "cost": 3})
        assert found.regime == alone.regime
        for row, same in zip(found.rows, alone.rows, strict=True):
            assert (row.sustained, row.breaker, row.action) == (
                same.sustained, same.breaker, same.action,
            )  # fmt: skip
            assert row.slack == pytest.approx(same.slack, abs=1e-12)
        assert found.values == alone.values


@pytest.mark.parametrize("slug", BARGAINS)
def test_every_headline_is_one_conditional_sentence(slug: str) -> None:
    said = headline(stand(opened(slug, None), {}))
    assert said.startswith(("Given these payoffs ", "Right at a change"))
    assert said.endswith(".")
    assert "nan" not in said


def test_a_headline_for_every_regime() -> None:
    said = {}
    model = opened("prisoners-dilemma", None)
    for d in (0.05, 0.13, 0.8):
        found = stand(model, {"patience_row": d, "patience_column": d})
        said[found.regime] = headline(found)
    for slug in ("stag-hunt", "matching-pennies"):
        found = stand(opened(slug, None), {})
        said[found.regime] = headline(found)
    assert len(said) >= 4
    assert len(set(said.values())) == len(said)
    assert UNDECIDED not in said


def test_patience_written_as_a_number_can_be_varied() -> None:
    model = ng.load("prisoners-dilemma")
    varied = with_patience(model)
    assert varied.game().discount.tolist() == model.game().discount.tolist()
    assert varied.game(patience_row=0.3).discount.tolist() == [0.3, 0.75]
    flagship = ng.load("chips-for-rare-earths")
    assert with_patience(flagship).parameters == flagship.parameters
