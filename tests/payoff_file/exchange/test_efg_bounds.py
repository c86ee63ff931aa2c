"""Numbers of trees are bounded before anything is computed."""

import pytest

from negotiation.errors import PayoffFileError
from negotiation.payoff_file.exchange.efg import read_tree
from tests.payoff_file.exchange.test_efg import CARDS


@pytest.mark.parametrize("number", ["1e999999999", "1" * 5000, "1/0", "nan", "²", "1_0", "1e400"])
def test_a_number_that_would_take_for_ever_is_refused(number):
    with pytest.raises(PayoffFileError, match="is not a number"):
        read_tree(CARDS.replace("{ 2, -2 }", f"{{ {number}, -2 }}"))
