"""The JSON of `negotiate deal`: complete, documented, and nothing but plain data."""

import json
import re
from pathlib import Path

import numpy as np

from negotiation.deals.as_json import to_dict
from negotiation.deals.deal import KINDS, find_deals
from negotiation.deals.terms import contract
from tests.reference.flagship import flagship

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "deal.md"


def test_every_field_is_documented():
    text = PAGE.read_text("utf-8")
    data = to_dict(find_deals(contract(flagship()), cases=16))
    rows = re.findall(r"^\| (`[^|]*`) \|", text.partition("## JSON")[2], re.M)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert [k for k in data if k not in named] == []
    assert [k for k in (*KINDS, "file") if k not in named] == []
    deal = data["deals"][0]
    assert [k for k in (*deal, *data["robust"], *data["sample"]) if f"`{k}`" not in text] == []


def test_it_is_plain_data_with_the_terms_by_name():
    data = json.loads(json.dumps(to_dict(find_deals(contract(flagship()), cases=16))))
    assert data["schema"] == "negotiate/deal/1"
    nash = next(d for d in data["deals"] if "nash" in d["kinds"])
    assert list(nash["terms"]) == ["ell", "sigma"]
    assert nash["holds_in"] + max(nash["broken_by"]) <= 16
    assert data["own"]["kinds"] == ["file"]
    assert data["profile"] == ["condition", "supply+buy"]


def test_what_has_no_bound_is_null():
    deal = contract(flagship(), {"ell": None, "b": (0.0, np.inf)})
    data = to_dict(find_deals(deal, cases=16))
    json.dumps(data, allow_nan=False)
    assert data["terms"][1]["high"] is None
