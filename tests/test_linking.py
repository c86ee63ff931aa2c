"""Helpers that are compiled as intermediate code only."""

import sys

import numpy as np
from numba import njit
from numba.core import codegen
from numba.extending import register_jitable

from negotiation import compiled
from negotiation.linking import HelperCompiler


def halve(values, k):
    return 0.5 * values[k]


def shrink(values, k):
    while values[k] > 1:
        values[k] = halve(values, k)
    return values[k]


def total(values):
    found = 0.0
    for k in range(len(values)):
        found += shrink(values, k)
    return found + halve(values, 0)


def test_helpers_of_helpers_are_linked_into_what_calls_them_and_make_no_code(monkeypatch):
    made = []
    finish = codegen.CPUCodeLibrary._finalize_final_module
    monkeypatch.setattr(
        codegen.CPUCodeLibrary,
        "_finalize_final_module",
        lambda self: (made.append(self.name), finish(self))[1],
    )
    for helper in (halve, shrink):
        register_jitable(pipeline_class=HelperCompiler)(helper)
    values = np.array([5.0, 0.3, 77.0])
    assert njit(total)(values.copy()) == total(values.copy())
    assert "total" in made
    assert not {"halve", "shrink"} & set(made)


def test_without_what_linking_needs_helpers_are_compiled_in_numbas_own_way(monkeypatch):
    assert compiled._steps() == {"pipeline_class": HelperCompiler}
    monkeypatch.setitem(sys.modules, "negotiation.linking", None)
    assert compiled._steps() == {}
