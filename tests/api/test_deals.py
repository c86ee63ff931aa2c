"""`ng.deal`: the deals as an answer in Python."""

import pytest

import negotiation as ng
from tests.reference.flagship import flagship


@pytest.fixture(scope="module")
def deals():
    return ng.deal(flagship(), cases=16)


def test_a_deal_is_asked_for_by_kind(deals):
    assert deals.deal().kinds[0] == "nash"
    assert deals.deal("best_for_second").payoffs == pytest.approx((-15.2, 19.3))
    with pytest.raises(ng.NegotiationError, match="no deal 'fair'; the deals are: nash"):
        deals.deal("fair")


def test_it_says_what_it_is(deals):
    assert "some terms hold: ell and sigma" in repr(deals)
    assert deals.to_dict()["schema"] == "negotiate/deal/1"
    assert "TERMS THAT HOLD" in deals._repr_html_()


def test_it_is_a_table_with_a_row_a_deal(deals):
    table = deals.to_frame()
    assert list(table["deal"])[-1] == "file"
    assert {"ell", "sigma", "payoff US", "slack China", "holds in"} <= set(table.columns)


def test_it_is_drawn(deals):
    assert deals.plot("sigma", "ell").axes


def test_terms_and_settings_are_given_by_name():
    found = ng.deal(flagship(), {"fee": (0.0, 0.4)}, outcome="open trade", cases=16, s=0.6)
    assert found.found.contract.outcome == "open trade"
    assert found.found.contract.settings == {"s": 0.6}
