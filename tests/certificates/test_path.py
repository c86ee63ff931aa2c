"""The check of a path refuses what is not kept up by its threats."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.certificates.path import check_path
from negotiation.errors import CertificateError
from negotiation.games.stochastic_game import StochasticGame

DILEMMA = [[[2, 0], [3, 1]], [[2, 3], [0, 1]]]


def dilemma(discount, *, count=1):
    stay = [np.broadcast_to(np.eye(count)[s], (2, 2, count)) for s in range(count)]
    return StochasticGame.from_tables([DILEMMA] * count, stay, discount)


def test_a_truce_is_kept_up_at_exactly_the_patience_that_it_needs():
    """Restraint pays 2, breaking it 3 once and then 1: 2 >= 3 (1 - d) + d, so d >= 1/2."""
    found = check_path(dilemma(0.5), [[0, 0]], [[2, 2]], [[1, 1]])
    assert found.slack == pytest.approx(0, abs=1e-12)
    assert (found.player, found.action) == (0, "1")
    with pytest.raises(CertificateError, match=r"Row gains 0\.02 by playing '1'"):
        check_path(dilemma(0.49), [[0, 0]], [[2, 2]], [[1, 1]])


def test_the_patience_of_each_side_counts_for_that_side():
    with pytest.raises(CertificateError, match="Column gains"):
        check_path(dilemma((0.9, 0.4)), [[0, 0]], [[2, 2]], [[1, 1]])


def test_a_value_that_the_path_does_not_earn_is_refused():
    with pytest.raises(CertificateError, match="does not earn"):
        check_path(dilemma(0.9), [[0, 0]], [[2.1, 2]], [[1, 1]])
    with pytest.raises(CertificateError, match="does not earn"):
        check_path(dilemma(0.9999), [[0, 0]], [[2 + 1e-6, 2]], [[1, 1]])


def test_no_deviation_may_lead_where_nothing_is_known():
    with pytest.raises(CertificateError, match="gains nan"):
        check_path(dilemma(0.9), [[0, 0]], [[2, 2]], [[np.nan, 1]])


def test_states_that_are_left_out_are_not_checked_but_nothing_may_lead_there():
    game = dilemma(0.9, count=2)
    assert check_path(game, [[0, 0], [-1, -1]], [[2, 2], [np.nan] * 2], [[1, 1]] * 2).state == "0"
    into = StochasticGame.from_tables(
        [DILEMMA, DILEMMA], [np.broadcast_to([0.5, 0.5], (2, 2, 2))] * 2, 0.9
    )
    with pytest.raises(CertificateError, match="does not earn"):
        check_path(into, [[0, 0], [-1, -1]], [[2, 2], [np.nan] * 2], [[1, 1]] * 2)


def test_a_side_without_another_action_is_never_tempted():
    game = StochasticGame.from_tables([np.ones((2, 1, 1))], [np.ones((1, 1, 1))], 0.5)
    found = check_path(game, [[0, 0]], [[1, 1]], [[1, 1]])
    assert (found.action, found.slack) == (None, np.inf)
