"""Values as LLVM's text."""

import pytest

from negotiation.kernels.compiler.text import (
    BOOL,
    FLOAT,
    INT,
    ArrayType,
    RecordType,
    Refused,
    Value,
    Writer,
    convert,
    join,
    number,
    parts,
    scalars,
)


def test_numbers_widen_from_truth_values_to_integers_to_floats():
    assert join(BOOL, INT) == INT
    assert join(FLOAT, BOOL) == FLOAT
    pair = join(RecordType((INT, FLOAT)), RecordType((FLOAT, INT)))
    assert pair == RecordType((FLOAT, FLOAT))
    for other in (INT, ArrayType(FLOAT, 2), RecordType((INT,))):
        with pytest.raises(Refused):
            join(ArrayType(FLOAT, 1), other)


def test_a_value_has_a_leaf_for_every_scalar():
    kind = RecordType((ArrayType(FLOAT, 2), INT))
    assert scalars(kind) == ("ptr", INT, INT, INT)
    array, size = parts(Value(kind, ("%a", "%b", "3", "%c")))
    assert array == Value(ArrayType(FLOAT, 2), ("%a", "%b", "3"))
    assert size == Value(INT, ("%c",))


def test_floats_are_written_bit_by_bit():
    assert number(0.1).leaves == ("0x3FB999999999999A",)
    assert number(-0.0).leaves != number(0.0).leaves


def test_a_float_is_no_index_and_a_number_no_truth_value():
    for value, kind in ((number(1.0), INT), (number(1), BOOL)):
        with pytest.raises(Refused):
            convert(Writer(), value, kind)
    assert convert(Writer(), number(2), FLOAT) == number(2.0)
