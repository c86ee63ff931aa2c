"""Every kernel compiled, beside what it does as it stands."""

import re
from importlib import import_module
from pkgutil import iter_modules

import llvmlite.binding as llvm
import numpy as np
import pytest

from negotiation import kernels
from negotiation.equilibria.repeated.set_parts import payoff_sets_batch
from negotiation.games.game import Game
from negotiation.kernels.compiler import machine_code
from negotiation.kernels.compiler.driver import Compiled
from negotiation.kernels.compiler.machine_code import type_of
from negotiation.kernels.compiler.program import program
from negotiation.kernels.inner_sets import make_scratch
from negotiation.kernels.operator import make_workspace

MOST = 24


class Watched(np.ndarray):
    """An array that knows no negative index, as compiled code does not."""

    def _watch(self, index):
        for k in index if isinstance(index, tuple) else (index,):
            assert isinstance(k, slice) or k >= 0, f"index {index}"

    def __getitem__(self, index):
        self._watch(index)
        return super().__getitem__(index)

    def __setitem__(self, index, value):
        self._watch(index)
        super().__setitem__(index, value)


def watched(argument):
    if isinstance(argument, tuple):
        parts = map(watched, argument)
        return type(argument)(*parts) if hasattr(argument, "_fields") else tuple(parts)
    return argument.copy().view(Watched) if isinstance(argument, np.ndarray) else argument


def arrays(argument):
    if isinstance(argument, tuple):
        return [array for part in argument for array in arrays(part)]
    return [np.asarray(argument)]


def games(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((count, 2, 2, 3)), rng.uniform(0.3, 0.8, (count, 2))


def calls():
    """Return each kernel's arguments, one after the other: what one has written the next reads."""
    count = 6
    payoffs, discount = games(count)
    active, rows = np.ones((count, 6), dtype=np.intp), np.arange(count)
    game, scratch = (payoffs, discount, active, np.zeros(count)), make_scratch(6, MOST)
    rings, inner = np.zeros((2, count, MOST, 2))
    sizes, counts = np.zeros((2, count), dtype=np.intp)
    threats, pinned, worst = np.zeros((3, count, 2))
    common = discount.copy()
    common[:, 1] = common[:, 0]
    out = np.zeros((count, 3)), np.zeros((count, MOST, 2)), np.zeros(count, dtype=np.intp)
    corners = np.array([[0.1, 0.1], [0.9, 0.2], [0.8, 0.9], [0.2, 0.7]])
    x, y = np.zeros((count, 32, 3)), np.zeros((count, 32, 4))
    gap, kinds = np.zeros(count), np.zeros(count, dtype=np.intp)
    state, found = (rings, sizes, threats, pinned), (inner, counts, worst, gap)
    return {
        "mixed_all": (payoffs, np.zeros(count, dtype=np.intp), x, y),
        "settled_sets": ((payoffs, common, active.copy(), np.zeros(count)), 400, out, scratch[0]),
        "generated": (tuple(x[:1].copy() for x in game), corners, make_workspace(6, MOST)),
        "apart": (corners, 0.9 * corners),
        "outer_rounds": (game, state, rows, 40, scratch[0]),
        "inner_sets": (game, state, (inner, counts, worst), rows, (True, 1e-7), scratch),
        "sets_unequal": (game, state, found, rows, (True, 1e-7), scratch),
        "shapes": (inner, counts, worst + 0.1, kinds, gap.copy()),
    }


def drivers():
    """Return every function of `kernels` that is compiled, by name."""
    names = (f"negotiation.kernels.{m.name}" for m in iter_modules(kernels.__path__))
    modules = list(map(import_module, names))
    found = [x for module in modules for x in vars(module).values() if isinstance(x, Compiled)]
    return {x.__name__: x for x in found}


DRIVERS = drivers()


def test_every_kernel_that_a_batch_calls_is_tried_here():
    assert {*calls(), "iterate"} == {*DRIVERS}


def test_compiled_kernels_write_what_plain_ones_write_which_use_no_negative_index(monkeypatch):
    for name, arguments in calls().items():
        plain = watched(arguments)
        with monkeypatch.context() as patch:
            for made in ("empty", "zeros", "ones", "full"):
                make = getattr(np, made)
                patch.setattr(np, made, lambda *a, make=make, **k: make(*a, **k).view(Watched))
            DRIVERS[name].plain(*plain)
        DRIVERS[name](*arguments)
        for one, other in zip(arrays(arguments), arrays(plain), strict=True):
            np.testing.assert_allclose(one, np.asarray(other), rtol=1e-12, atol=1e-13, err_msg=name)


def test_whatever_a_kernel_calls_is_in_the_folder_whose_digest_names_the_cache():
    for name, arguments in calls().items():
        text, _ = program(DRIVERS[name].plain, tuple(map(type_of, arguments)))
        modules = set(re.findall(r"@(negotiation(?:\.\w+)+)\.\w+\.\d+", text))
        assert modules
        assert all(module.startswith("negotiation.kernels.") for module in modules)


@pytest.mark.parametrize(
    ("triple", "magic"),
    [
        ("x86_64-unknown-linux-gnu", b"\x7fELF"),
        ("aarch64-unknown-linux-gnu", b"\x7fELF"),
        ("arm64-apple-darwin", b"\xcf\xfa\xed\xfe"),
        ("x86_64-pc-windows-msvc-elf", b"\x7fELF"),
    ],
)
def test_kernels_can_be_compiled_for_other_processors_and_systems(monkeypatch, triple, magic):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        target = llvm.Target.from_triple(triple)
    except RuntimeError:
        pytest.skip("this LLVM knows one processor only")
    machine = target.create_target_machine(codemodel="jitdefault", jit=True)
    monkeypatch.setattr(machine_code, "_machine", lambda: machine)
    given = calls()
    for name in ("mixed_all", "outer_rounds", "shapes"):
        types = tuple(map(type_of, given[name]))
        head, _, code = machine_code.assemble(DRIVERS[name].plain, types).partition(b"\n")
        assert head == b""
        assert code.startswith(magic)


def test_arrays_in_another_order_are_refused():
    payoffs, *rest = calls()["mixed_all"]
    with pytest.raises(TypeError, match="C order"):
        DRIVERS["mixed_all"](np.asfortranarray(payoffs), *rest)


def test_the_layout_of_a_batch_makes_no_difference():
    payoffs, discount = games(20)
    sets = payoff_sets_batch(Game(payoffs, discount))
    frozen = np.array(payoffs), np.array(discount)
    for array in frozen:
        array.setflags(write=False)
    turned = np.asfortranarray(payoffs), np.ascontiguousarray(discount.T).T
    for laid_out in (frozen, turned):
        again = payoff_sets_batch(Game(*laid_out))
        np.testing.assert_array_equal(again.vertices, sets.vertices)
