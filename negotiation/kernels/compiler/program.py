"""Python functions translated into a program in LLVM's language.

A function is translated once for every list of types that it is called with.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from negotiation.kernels.compiler.prelude import PRELUDE
from negotiation.kernels.compiler.statements import RESULT, Again, assign, statements
from negotiation.kernels.compiler.text import (
    BOOL,
    FLOAT,
    INT,
    Body,
    RecordType,
    Refused,
    Type,
    Value,
    scalars,
)

__all__ = ["program"]


_LARGE = 150
"""Functions of more instructions stay functions: LLVM takes twice as long over what they are in."""


class _Program:
    """The functions translated so far."""

    def __init__(self) -> None:
        self.text: list[str] = [PRELUDE]
        self.made: dict[Any, tuple[str, Type | None, bool, bool] | None] = {}
        self.constants: dict[str, str] = {}

    def call(self, function: Any, types: tuple[Type, ...]) -> tuple[str, Type | None, bool, bool]:
        """Translate a function for some types of arguments, unless that has been done."""
        key = function, types
        if key not in self.made:
            self.made[key] = None
            self.made[key] = _translated(self, function, types)
        found = self.made[key]
        if found is None:
            raise Refused(f"{function.__name__} calls itself")
        return found

    def fixed(self, items: str) -> str:
        """Keep constant items; return their address."""
        if items not in self.constants:
            self.constants[items] = name = f"@items.{len(self.constants)}"
            self.text.append(f"{name} = internal constant {items}")
        return self.constants[items]


def program(function: Callable[..., Any], types: tuple[Type, ...]) -> tuple[str, Type | None]:
    """Translate a function and all that it calls.

    Returns
    -------
    tuple
        The text, and what the function returns: nothing, a number, or a tuple of numbers. The text
        defines ``run``, of two addresses: of the arguments' scalars, 8 bytes each, and of room for
        those of the result. It returns 0, or 1 if there was no memory for an array.

    Raises
    ------
    Refused
        If something in them is not translated.
    """
    made = _Program()
    symbol, result, *_ = made.call(function, types)
    lines = ["define i64 @run(ptr %in, ptr %out) nounwind {", "%heap = alloca { ptr, i64 }"]
    lines.append("store { ptr, i64 } zeroinitializer, ptr %heap")
    given = []
    for k, kind in enumerate(leaf for t in types for leaf in scalars(t)):
        lines.append(f"%at.{k} = getelementptr inbounds i64, ptr %in, i64 {k}")
        lines.append(f"%in.{k} = load {INT if kind == BOOL else kind}, ptr %at.{k}")
        if kind == BOOL:
            lines.append(f"%bit.{k} = trunc i64 %in.{k} to i1")
        given.append(f"{kind} %{'bit' if kind == BOOL else 'in'}.{k}")
    call = f"@{symbol}({', '.join(['ptr %heap', *given])})"
    lines += _delivered(call, result)
    lines += ["call void @release(ptr %heap, ptr null)"]
    lines += ["%flag = getelementptr inbounds i64, ptr %heap, i64 1"]
    lines += ["%failed = load i64, ptr %flag", "ret i64 %failed", "}"]
    return "\n".join([*made.text, *lines, ""]), result


def _delivered(call: str, result: Type | None) -> list[str]:
    """Return the call, and what writes its result where it is wanted."""
    inside = () if result is None else scalars(result)
    if not {*inside} <= {INT, FLOAT} or (isinstance(result, RecordType) and inside != result.holds):
        raise Refused("a kernel returns numbers")
    lines = [f"{'%got = ' if inside else ''}call {_returned(inside)} {call}"]
    for k, kind in enumerate(inside):
        leaf = "%got"
        if len(inside) > 1:
            leaf = f"%got.{k}"
            lines.append(f"{leaf} = extractvalue {_returned(inside)} %got, {k}")
        lines.append(f"%to.{k} = getelementptr inbounds i64, ptr %out, i64 {k}")
        lines.append(f"store {kind} {leaf}, ptr %to.{k}")
    return lines


def _returned(inside: tuple[str, ...]) -> str:
    if len(inside) == 1:
        return inside[0]
    return f"{{ {', '.join(inside)} }}" if inside else "void"


@cache
def _sources(path: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _translated(
    made: _Program, function: Any, types: tuple[Type, ...]
) -> tuple[str, Type | None, bool, bool]:
    node = _sources(function.__code__.co_filename).get(function.__name__)
    if node is None or len(node.args.args) != len(types) or node.args.kwonlyargs:
        raise Refused(f"{function.__name__} is not a plain function of {len(types)} arguments")
    own = frozenset(
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    )
    found: dict[str, Type] = {}
    keeps = False
    while True:
        body = Body(function.__globals__, own, made.call, made.fixed, found, keeps)
        try:
            _enter(body, node, types)
            statements(body, node.body)
            text = _closed(body, node)
            break
        except Again:
            keeps = body.keeps
    symbol = f"{function.__module__}.{function.__name__}.{len(made.made)}"
    given = [f"{t} %in.{k}" for k, t in enumerate(leaf for kind in types for leaf in scalars(kind))]
    result = found.get(RESULT)
    head = f"{_returned(scalars(result) if result else ())} @{symbol}"
    arguments = ", ".join(["ptr %heap", *given])
    how = "noinline nounwind" if text.count("\n") > _LARGE else "nounwind"
    made.text.append(f"define internal {head}({arguments}) {how} {{\n{text}\n}}")
    return symbol, result, body.keeps and body.makes, body.fails


def _enter(body: Body, node: ast.FunctionDef, types: tuple[Type, ...]) -> None:
    """Give the parameters their values."""
    at = 0
    for parameter, kind in zip(node.args.args, types, strict=True):
        count = len(scalars(kind))
        given = Value(kind, tuple(f"%in.{k}" for k in range(at, at + count)))
        at += count
        if parameter.arg in body.own:
            assign(body, parameter.arg, given)
        else:
            body.known[parameter.arg] = given


def _closed(body: Body, node: ast.FunctionDef) -> str:
    """End the function; return its text."""
    write, result = body.write, body.types.get(RESULT)
    if write.block.reached and result is not None:
        raise Refused(f"{node.name} may end without returning a value")
    write.go(body.leaves) if write.block.reached else write.do("unreachable")
    write.begin(body.leaves)
    gives_back = body.makes and not body.keeps
    if gives_back:
        write.do("call void @release(ptr %heap, ptr %mark)")
    if result is None:
        write.do("ret void")
    else:
        whole = _returned(scalars(result))
        pairs = zip(scalars(result), body.slots[RESULT], strict=True)
        leaves = [write.op(f"load {kind}, ptr {slot}") for kind, slot in pairs]
        out = leaves[0] if len(leaves) == 1 else "undef"
        for k, (kind, leaf) in enumerate(zip(scalars(result), leaves, strict=True)):
            if len(leaves) > 1:
                out = write.op(f"insertvalue {whole} {out}, {kind} {leaf}, {k}")
        write.do(f"ret {whole} {out}")
    mark = ["%mark = load ptr, ptr %heap"] if gives_back else []
    lines = [*write.room, *mark, f"br label %{write.blocks[0].label}"]
    for block in write.blocks:
        lines += [f"{block.label}:", *block.lines]
    return "\n".join(lines)
