"""Machine code."""

import numpy as np
import pytest

from negotiation.llvm_text import BOOL, FLOAT, INT, ArrayType, RecordType
from negotiation.native import assemble, bind, host, type_of


def both(values, k):
    return values[k], k + 1


def alone(x):
    return 3.0 * x


def test_types_are_those_of_the_arguments():
    assert type_of((np.zeros((2, 3)), 1)) == RecordType((ArrayType(FLOAT, 2), INT))
    assert type_of(np.zeros(2, dtype=np.intp)) == ArrayType(INT, 1)
    assert [type_of(x) for x in (True, np.float64(1), 2)] == [BOOL, FLOAT, INT]


@pytest.mark.parametrize(
    "argument", [np.zeros((4, 4)).T[1:], np.zeros(3, dtype=np.float32), "text", None]
)
def test_other_arguments_are_refused(argument):
    with pytest.raises(TypeError, match="kernels take"):
        type_of(argument)


def test_what_only_may_be_read_is_refused():
    values = np.zeros(3)
    values.setflags(write=False)
    with pytest.raises(TypeError, match="kernels take"):
        type_of(values)


def test_code_that_was_kept_runs_and_returns_numbers_and_tuples():
    values = np.array([0.5, 1.5])
    types = (type_of(values), INT)
    assert bind(bytes(assemble(both, types)), types)(values, 1) == (1.5, 2)
    assert bind(assemble(alone, (FLOAT,)), (FLOAT,))(2) == 6.0


def test_code_is_for_this_processor():
    assert host() == host()
    assert len(host().split()) > 2
