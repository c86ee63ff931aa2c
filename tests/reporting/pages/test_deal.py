"""The page of `negotiate deal`: the answer first, conditional, with units."""

from functools import cache

import pytest

from negotiation.deals.deal import find_deals
from negotiation.deals.terms import contract
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.deal import pages
from tests.reference.flagship import flagship


@cache
def text(terms="terms: {ell: [0, 1], sigma: [0, 1]}", **settings):
    found = find_deals(contract(flagship(terms), settings=settings), cases=16)
    return " ".join(plain(pages(found)).split())


def test_the_first_sentence_says_whether_terms_hold_given_the_payoffs():
    assert text().startswith("TERMS THAT HOLD: managed truce Given these payoffs, there are terms")
    assert "each side would lose at least 9.68 (on average, USD bn a year)" in text()


def test_the_files_own_terms_and_the_nash_bargain_are_next():
    assert "(ell 0.6, sigma 1) it holds, and China has least to lose: 0.812 USD bn a year" in text()
    assert "The Nash bargain is ell 1, sigma 0.51: US gets -9.24, China 16.2" in text()


def test_no_terms_hold_says_by_how_little_and_whose_fault_it_is():
    said = text(V=3.0, K=25.0)
    assert said.startswith("NO TERMS HOLD: managed truce Given these payoffs, no terms make")
    assert "China would break it at any terms" in said
    assert "fails: China by" in said


def test_shares_are_never_called_probabilities_and_the_seed_is_shown():
    assert "16 cases (seed 0). A share of cases is not a probability." in text()


def test_the_page_says_how_it_was_found():
    assert "Exact, by linear programs" in text()
    searched = text("terms: {ell: [0, 1], theta: [1, 3]}")
    assert "Searched, since payoffs or patience are not known to be affine in theta" in searched
    assert "Nothing proves that no better terms lie between them" in searched


def test_who_would_rather_have_no_deal_is_said_either_way():
    assert "China would rather have no deal than the file's own terms" in text(ell=0.0)
    assert "Neither side gets less" in text("terms: {ell: [0.6, 1], sigma: [0, 1]}")


@pytest.mark.parametrize("kind", ["Nash bargain", "safest", "best for China", "most robust"])
def test_deals_are_rows_with_what_each_side_gets(kind):
    assert kind in text()
