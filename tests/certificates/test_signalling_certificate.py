"""The check of an assessment by the definition can say no."""

from __future__ import annotations

from fractions import Fraction

import pytest

from negotiation.certificates.signalling import check_signalling
from negotiation.errors import CertificateError
from negotiation.games.signalling_game import signalling_game

F = Fraction
GAME = signalling_game(
    {"weak": "1/10", "strong": "9/10"},
    {"beer": ["fight", "not"], "quiche": ["fight", "not"]},
    {"weak": {"beer": [0, 2], "quiche": [1, 3]}, "strong": {"beer": [1, 3], "quiche": [0, 2]}},
    {"weak": {"beer": [1, 0], "quiche": [1, 0]}, "strong": {"beer": [0, 1], "quiche": [0, 1]}},
)
BEER = [[F(1), F(0)]] * 2
SHUN = [[F(0), F(1)], [F(1), F(0)]]
POSTERIOR = [[F(1, 10), F(9, 10)], [F(1), F(0)]]


def test_the_pooling_equilibrium_passes_and_earns_what_it_earns():
    assert check_signalling(GAME, BEER, SHUN, POSTERIOR) == ((F(2), F(3)), F(9, 10))


@pytest.mark.parametrize(
    ("strategy", "replies", "beliefs", "fault"),
    [
        (BEER, [[F(0), F(1)], [F(0), F(1)]], [POSTERIOR[0]] * 2, "gains by sending 'quiche'"),
        (BEER, [[F(0), F(1)], [F(1), F(0)]], [POSTERIOR[0], [F(0), F(1)]], "not a best reply"),
        (BEER, SHUN, [[F(1, 5), F(4, 5)], POSTERIOR[1]], "not Bayes' rule"),
        (BEER, [[F(1), F(1)], [F(1), F(0)]], POSTERIOR, "not a probability distribution"),
        ([[F(1)]] * 2, SHUN, POSTERIOR, "wrong length"),
        (BEER, [[F(1, 2), F(1, 2)], [F(1), F(0)]], POSTERIOR, "gains|best reply"),
    ],
)
def test_each_condition_can_fail(strategy, replies, beliefs, fault):
    with pytest.raises(CertificateError, match=fault):
        check_signalling(GAME, strategy, replies, beliefs)
