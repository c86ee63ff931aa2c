"""Machine code of a Python function for some types of arguments, kept as LLVM makes it.

What is made is called with addresses only, and without Python's lock.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from negotiation.kernels.compiler.program import program
from negotiation.kernels.compiler.text import BOOL, FLOAT, INT, ArrayType, RecordType, Type, scalars

__all__ = ["assemble", "bind", "host", "taken_apart", "type_of"]

_LEVEL = 2


def type_of(argument: object) -> Type:
    """Return the type of an argument.

    Raises
    ------
    TypeError
        If it is neither a number, nor an array of floats or integers in C order, nor a tuple of
        these.
    """
    if isinstance(argument, np.ndarray):
        item = {np.dtype(np.float64): FLOAT, np.dtype(np.int64): INT}.get(argument.dtype)
        if item is not None and argument.flags.carray:
            return ArrayType(item, argument.ndim)
    elif isinstance(argument, tuple):
        return RecordType(tuple(map(type_of, argument)), getattr(argument, "_fields", ()))
    elif isinstance(argument, (bool, np.bool_)):
        return BOOL
    elif isinstance(argument, (int, np.integer)):
        return INT
    elif isinstance(argument, (float, np.floating)):
        return FLOAT
    raise TypeError(f"kernels take numbers, arrays in C order and tuples, not {argument!r:.80}")


def taken_apart(arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Any]]:
    """Return what the types of arguments depend on, and the scalars that they consist of."""
    kinds: list[Any] = []
    leaves: list[Any] = []
    _take_apart(arguments, kinds, leaves)
    return tuple(kinds), leaves


def _take_apart(arguments: tuple[Any, ...], kinds: list[Any], leaves: list[Any]) -> None:
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            kinds.append((argument.dtype.char, argument.ndim, argument.flags.carray))
            leaves.append(argument.__array_interface__["data"][0])
            leaves.extend(argument.shape)
        elif isinstance(argument, tuple):
            kinds.append((type(argument), len(argument)))
            _take_apart(argument, kinds, leaves)
        else:
            kinds.append(type(argument))
            leaves.append(argument)


def host() -> str:
    """Return what the code depends on besides the function.

    That is LLVM's version, the system, whose rules calls follow, and the processor.
    """
    llvm = _llvm()
    processor = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    return f"{llvm.llvm_version_info} {llvm.get_default_triple()} {processor}"


def assemble(function: Callable[..., Any], types: tuple[Type, ...]) -> bytes:
    """Compile a function, and all that it calls.

    Returns
    -------
    bytes
        A line that says what the function returns, and an object file.
    """
    llvm, machine = _llvm(), _machine()
    text, result = program(function, types)
    module = llvm.parse_assembly(text)
    tuning = llvm.create_pipeline_tuning_options(speed_level=_LEVEL)
    # Unrolled, loops run no faster and take twice as long to compile.
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = False
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(module, passes)
    layout = "" if result is None else _layout((result,))
    head = f"({layout})" if isinstance(result, RecordType) else layout
    code: bytes = machine.emit_object(module)
    return head.encode() + b"\n" + code


def bind(code: bytes, types: tuple[Type, ...]) -> Callable[[list[Any]], Any]:
    """Return a function that calls the code `assemble` made for these types, given scalars."""
    llvm = _llvm()
    head, _, code = code.partition(b"\n")
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address("run")
    run = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)(address)
    packer, unpacker = struct.Struct(_layout(types)), struct.Struct(head.decode().strip("()"))

    def call(leaves: list[Any]) -> Any:
        out = ctypes.create_string_buffer(unpacker.size + 1)
        if run(packer.pack(*leaves), out):
            raise MemoryError("there is no memory for what this needs")
        results = unpacker.unpack_from(out)
        return (results if head.startswith(b"(") else results[0]) if results else None

    _ENGINES.append(engine)
    return call


_ENGINES: list[Any] = []
"""What the code lives in, which must not go before it."""


def _layout(types: tuple[Type, ...]) -> str:
    leaves = (leaf for kind in types for leaf in scalars(kind))
    return "".join("d" if leaf == FLOAT else "q" for leaf in leaves)


@cache
def _llvm() -> Any:
    llvm = import_module("llvmlite.binding")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


def _machine() -> Any:
    llvm = _llvm()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=_LEVEL,
        codemodel="jitdefault",
        jit=True,
    )
