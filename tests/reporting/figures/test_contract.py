"""The map of a contract, drawn."""

import pytest

from negotiation.deals.contract_map import contract_map
from negotiation.deals.deal import find_deals
from negotiation.deals.terms import contract
from negotiation.reporting.figures.contract import contract_figure
from negotiation.reporting.figures.drawing import write
from tests.reference.flagship import flagship


@pytest.fixture(scope="module")
def found():
    return find_deals(contract(flagship("terms: {ell: , sigma: , fee: }")), cases=16)


def test_deals_edges_and_the_files_own_terms_are_named(found):
    picture = contract_figure(contract_map(found, points=21))
    axes = picture.figure.axes[0]
    key = [t.get_text() for t in axes.get_legend().get_texts()]
    assert "it holds" in key
    assert "it does not" in key
    assert "China is indifferent; beyond, it breaks it" in key
    assert "deal with other terms moved" in key
    marks = " ".join(t.get_text() for t in axes.texts)
    for name in ("Nash bargain", "safest", "best for US", "the file's own terms"):
        assert name in marks
    assert "ell" in axes.get_xlabel()
    assert "sigma" in axes.get_ylabel()
    assert "fee at 0.25" in picture.caption


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_terms_give_the_same_bytes(found, tmp_path, kind):
    for name in ("a", "b"):
        write(contract_figure(contract_map(found, points=11)), tmp_path / f"{name}.{kind}")
    first, again = ((tmp_path / f"{name}.{kind}").read_bytes() for name in ("a", "b"))
    assert first == again


def test_where_it_holds_everywhere_or_nowhere_there_is_still_a_map(found):
    for slack in (1.0, -1.0):
        flat = contract_map(found, points=5)
        flat.slack[...] = slack
        key = contract_figure(flat).figure.axes[0].get_legend().get_texts()
        assert ("it holds" in [t.get_text() for t in key]) == (slack > 0)
