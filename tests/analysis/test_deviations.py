"""Why an outcome holds or fails: the arithmetic, and what would change it."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.analysis.deviations import cells_of, explain, sides
from negotiation.errors import UsageError
from negotiation.payoff_file import load
from negotiation.solution.solution import solve
from tests.first_edition import first_edition


def told(solution, name):
    return explain(solution, cells_of(solution, name)[0])


def test_gain_and_loss_follow_from_the_payoffs(solved):
    solution = solved(first_edition("chips-for-rare-earths"))
    found = told(solution, "managed truce")
    u = solution.game.payoffs
    us, china = found.sides
    assert us.gain == pytest.approx(u[0, 2, 0] - u[0, 1, 0])
    assert china.gain == pytest.approx(u[1, 1, 4] - u[1, 1, 0])
    # rupture is an equilibrium of playing once and each side's minmax, so it is the worst
    assert china.worst == pytest.approx(u[1, 2, 4])
    later = [0.9**t * (u[1, 1, 0] - u[1, 2, 4]) for t in range(1, 2000)]
    assert china.loss == pytest.approx(sum(later))
    assert china.keeps
    assert us.keeps


@pytest.mark.parametrize("s", [0.41, 0.52, 0.6, 0.74, 0.8])
def test_an_outcome_holds_exactly_if_both_sides_keep_it(solved, s):
    solution = solved(first_edition("chips-for-rare-earths"), s=s)
    for o in solution.outcomes:
        assert all(side.keeps for side in sides(solution, o)) == o.sustained


def test_every_change_turns_the_answer_around():
    model = load(first_edition("chips-for-rare-earths"))
    for name, s in (("managed truce", 0.52), ("open trade", 0.76)):
        solution = solve(model, s=s)
        found = told(solution, name)
        assert found.changes
        for f in found.changes[:5]:
            beyond = f.at + np.sign(f.at - f.now) * 1e-5 * max(1, abs(f.at))
            there = solve(model, **({"s": s} | {f.parameter: beyond}))
            held = {o.profile: o.sustained for o in there.outcomes}
            assert held[found.outcome.profile] != found.outcome.sustained, f


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"outcome": "mangaed truce"}, "did you mean 'managed truce'?"),
        ({"profile": "license/cut"}, "unknown action of China 'cut'"),
        ({"profile": "licence/cut+buy"}, "unknown action of US 'licence'; did you mean 'license'?"),
        ({"profile": "license"}, "is not a pair of actions; expected one such as"),
        ({}, "expected either"),
        ({"outcome": "standoff", "profile": "license/cut+buy"}, "expected either"),
    ],
)
def test_what_does_not_exist_is_named(solved, asked, said):
    with pytest.raises(UsageError, match=said.replace("?", r"\?").replace("+", r"\+")):
        cells_of(solved(first_edition("chips-for-rare-earths")), **asked)
