import ast
from pathlib import Path

import numpy as np
import pytest

from negotiation.certificates import stage as certificate
from negotiation.certificates.stage import check_stage, regret
from negotiation.errors import CertificateError
from negotiation.games.game import Game

PENNIES = Game.from_tables([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], players=("Even", "Odd"))
HALF = [0.5, 0.5]


def test_regret_is_the_gain_from_the_best_pure_deviation() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        payoffs = rng.normal(size=(2, 3, 4))
        x, y = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(4))
        gains = [
            max(sum(y[b] * payoffs[0, a, b] for b in range(4)) for a in range(3)),
            max(sum(x[a] * payoffs[1, a, b] for a in range(3)) for b in range(4)),
        ]
        expected = np.array(gains) - [x @ payoffs[i] @ y for i in (0, 1)]
        np.testing.assert_allclose(regret(payoffs, (x, y)), expected, atol=1e-12)


def test_regret_is_batched() -> None:
    rng = np.random.default_rng(1)
    payoffs = rng.normal(size=(5, 1, 2, 3, 2))
    x, y = rng.dirichlet(np.ones(3), size=7), rng.dirichlet(np.ones(2), size=7)
    gains = regret(payoffs, (x, y))
    assert gains.shape == (5, 7, 2)
    assert gains[4, 6] == pytest.approx(regret(payoffs[4, 0], (x[6], y[6])))


def test_a_shift_of_all_payoffs_costs_no_digits() -> None:
    payoffs = np.array([[[0.25, 0.5], [0.75, 0.125]]] * 2)
    strategies = ([0.3, 0.7], [0.6, 0.4])
    assert (regret(payoffs, strategies) == regret(payoffs + 2.0**20, strategies)).all()


def test_a_true_equilibrium_passes_and_returns_its_regret() -> None:
    assert check_stage(PENNIES, (HALF, HALF), [0, 0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0), (1, 0), (1e6, 0), (1, 1e6), (1e6, -1e6)])
def test_tolerances_are_relative_to_the_payoff_range(scale: float, shift: float) -> None:
    game = Game(PENNIES.payoffs * scale + shift, np.zeros(2))
    claimed = np.array([shift, shift])
    check_stage(game, (HALF, HALF), claimed)
    check_stage(game, ([0.5 + 1e-10, 0.5 - 1e-10], HALF), claimed)
    with pytest.raises(CertificateError, match="gains"):
        check_stage(game, ([0.5 + 1e-5, 0.5 - 1e-5], HALF), claimed)
    with pytest.raises(CertificateError, match="claimed"):
        check_stage(game, (HALF, HALF), claimed + 1e-5 * scale)


@pytest.mark.parametrize(
    ("x", "y", "payoffs", "message"),
    [
        ([1, 0], HALF, [0, 0], "Odd gains 1 by deviating"),
        (HALF, [1, 0], [0, 0], "Even gains 1 by deviating"),
        ([0.5, 0.6], HALF, [0, 0], "Even's strategy is not"),
        (HALF, [1.5, -0.5], [0, 0], "Odd's strategy is not"),
        (HALF, [np.nan, 0.5], [0, 0], "Odd's strategy is not"),
        ([1, 0, 0], HALF, [0, 0], "Even has 2 actions"),
        (HALF, HALF, [0.1, 0], "earn Even"),
        (HALF, HALF, [0, -0.1], "earn Odd"),
        (HALF, HALF, [np.nan, 0], "earn Even"),
    ],
)
def test_a_false_claim_is_refused(
    x: list[float], y: list[float], payoffs: list[float], message: str
) -> None:
    with pytest.raises(CertificateError, match=message):
        check_stage(PENNIES, (x, y), payoffs)


def test_one_false_claim_among_many_is_refused() -> None:
    many = np.array([HALF] * 4), np.array([HALF] * 3 + [[1, 0]])
    with pytest.raises(CertificateError, match="Even gains"):
        check_stage(PENNIES, many, np.zeros((4, 2)))


def test_the_certificate_imports_no_solver() -> None:
    tree = ast.parse(Path(certificate.__file__).read_text(encoding="utf-8"))
    given = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported = {module for module in given if module.startswith("negotiation")}
    assert imported == {"negotiation.errors", "negotiation.games.game"}
