"""Machine code."""

import llvmlite.binding as llvm
import numpy as np
import pytest

from negotiation.kernels.compiler import machine_code as native
from negotiation.kernels.compiler.machine_code import assemble, bind, host, taken_apart, type_of
from negotiation.kernels.compiler.text import BOOL, FLOAT, INT, ArrayType, RecordType

FUSED = 0x1F000000
"""The first byte of all instructions of aarch64 that multiply and add in one step."""


def both(values, k):
    return values[k], k + 1


def alone(x):
    return 3.0 * x


def summed(values, x):
    total = 0.0
    for k in range(len(values)):
        total = total * x + values[k]
    return total


def test_types_are_those_of_the_arguments():
    assert type_of((np.zeros((2, 3)), 1)) == RecordType((ArrayType(FLOAT, 2), INT))
    assert type_of(np.zeros(2, dtype=np.intp)) == ArrayType(INT, 1)
    assert [type_of(x) for x in (True, np.float64(1), 2)] == [BOOL, FLOAT, INT]


@pytest.mark.parametrize(
    "argument",
    [
        np.zeros((4, 4)).T[1:],
        np.zeros(3, dtype=np.float32),
        np.zeros(3, dtype=np.int32),
        "text",
        None,
    ],
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
    _, leaves = taken_apart((values, 1))
    assert bind(bytes(assemble(both, types)), types)(leaves) == (1.5, 2)
    assert bind(assemble(alone, (FLOAT,)), (FLOAT,))([2]) == 6.0


def test_arguments_of_one_kind_differ_in_their_scalars_only():
    first, second = np.zeros(3), np.ones((2, 2))
    kinds, leaves = taken_apart(((first, 1), 0.5))
    again, others = taken_apart(((first[:2].copy(), 7), 2.5))
    assert kinds == again
    assert leaves[1:] == [3, 1, 0.5]
    assert others[1:] == [2, 7, 2.5]
    for different in (((second, 1), 0.5), ((first, 1.0), 0.5), (first, 1, 0.5)):
        assert taken_apart(different)[0] != kinds


def test_code_is_for_this_processor_and_system(monkeypatch):
    assert host() == host()
    here = host()
    for name in ("get_default_triple", "get_host_cpu_name"):
        with monkeypatch.context() as patch:
            patch.setattr(llvm, name, lambda: "another")
            assert host() != here


def test_where_one_instruction_multiplies_and_adds_two_are_used(monkeypatch):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        target = llvm.Target.from_triple("aarch64-unknown-linux-gnu")
    except RuntimeError:
        pytest.skip("this LLVM knows one processor only")
    monkeypatch.setattr(native, "_machine", lambda: target.create_target_machine(opt=2))
    _, _, code = assemble(summed, (ArrayType(FLOAT, 1), FLOAT)).partition(b"\n")
    (text,) = [s.data() for s in llvm.ObjectFileRef.from_data(code).sections() if s.is_text()]
    assert not (np.frombuffer(text, "<u4") & 0xFF000000 == FUSED).any()
