"""The report's section on the deal: three deals, what breaks them, how sure."""

import pytest

from negotiation.deals.deal import find_deals
from negotiation.deals.terms import contract
from negotiation.reporting.pages.deal_report import deal_blocks, shown
from negotiation.solution.solution import examine, solve
from tests.reference.flagship import flagship


@pytest.fixture(scope="module")
def found():
    return find_deals(contract(flagship()), cases=64)


def test_three_deals_that_hold(found):
    deals = shown(found)
    assert len(deals) == 3
    assert all(d.sustained for d in deals)
    assert "nash" in deals[0].kinds
    assert "largest_margin" in deals[1].kinds
    assert deals[2].holds_in == max(d.holds_in for d in found.deals if d.sustained)


def test_each_says_what_both_get_who_breaks_it_and_how_sure(found):
    blocks = deal_blocks(found)
    for d in shown(found):
        (block,) = [b for b in blocks if b.lines and f"holds in {d.holds_in} of" in b.lines[-1]]
        text = " ".join(block.lines)
        assert "in USD bn a year" in block.lines[0]
        assert "stock of" in text
        assert "least to lose" in text or "indifferent" in text


def test_the_thresholds_named_turn_the_deal(found):
    """One number moved past what the report says breaks the deal, and just before does not."""
    from negotiation.reporting.pages.deal_report import _nearest

    d, deal = shown(found)[0], found.contract
    near = _nearest(found, d)
    assert near
    for f in near:
        step = 1e-6 * max(1.0, abs(f.at)) * (1 if f.holds_above else -1)
        for shift, holds in ((step, True), (-step, False)):
            one = solve(deal.model, **deal.at(d.terms) | {f.parameter: f.at + shift})
            assert examine(one, deal.profile).sustained == holds


def test_where_none_holds_the_section_says_so():
    blocks = deal_blocks(find_deals(contract(flagship(), settings={"K": 25.0, "V": 3.0}), cases=16))
    assert "no terms make" in blocks[0].lines[0]
    assert "The deals side by side" not in [b.title for b in blocks]
