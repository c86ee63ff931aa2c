"""Arithmetic, comparisons and functions of numbers in LLVM's language.

Python's, except that a division by zero yields inf, nan or the integer 0.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from negotiation.kernels.compiler.text import (
    BOOL,
    FLOAT,
    INT,
    ArrayType,
    Refused,
    Type,
    Value,
    Writer,
    convert,
    join,
    number,
    parts,
)

__all__ = ["FUNCTIONS", "arithmetic", "compared", "negative", "truth"]

_INT_OPS: dict[type, str] = {
    ast.Add: "add nsw",
    ast.Sub: "sub nsw",
    ast.Mult: "mul nsw",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.LShift: "shl",
    ast.RShift: "ashr",
}

_FLOAT_OPS: dict[type, str] = {
    ast.Add: "fadd",
    ast.Sub: "fsub",
    ast.Mult: "fmul",
    ast.Div: "fdiv",
}


def arithmetic(write: Writer, op: ast.operator, left: Value, right: Value) -> Value:
    """Translate an operation on two numbers."""
    kind = join(INT, join(left.type, right.type))
    if isinstance(op, ast.Div):
        kind = FLOAT
    if isinstance(op, ast.Pow):
        return _power(write, left, right)
    if kind not in (INT, FLOAT):
        raise Refused("arithmetic is for numbers")
    a, b = (convert(write, v, kind).leaves[0] for v in (left, right))
    table = _FLOAT_OPS if kind == FLOAT else _INT_OPS
    if type(op) in table:
        return Value(kind, (write.op(f"{table[type(op)]} {kind} {a}, {b}"),))
    if kind == INT and isinstance(op, (ast.FloorDiv, ast.Mod)):
        what = "quotient" if isinstance(op, ast.FloorDiv) else "remainder"
        return Value(INT, (write.op(f"call i64 @{what}(i64 {a}, i64 {b})"),))
    raise Refused(f"{type(op).__name__} is not translated for {kind}")


def _power(write: Writer, base: Value, power: Value) -> Value:
    if power.leaves == ("2",) and isinstance(base.type, str):
        kind = join(INT, base.type)
        (x,) = convert(write, base, kind).leaves
        return Value(kind, (write.op(f"{'fmul' if kind == FLOAT else 'mul nsw'} {kind} {x}, {x}"),))
    if power.type != FLOAT:
        raise Refused("the only integer power is a square")
    return _function(write, "llvm.pow.f64", [base, power])


def _function(write: Writer, name: str, arguments: list[Value]) -> Value:
    given = ", ".join(f"double {convert(write, v, FLOAT).leaves[0]}" for v in arguments)
    return Value(FLOAT, (write.op(f"call double @{name}({given})"),))


_COMPARED: dict[type, tuple[str, str, str]] = {
    ast.Lt: ("slt", "olt", ""),
    ast.LtE: ("sle", "ole", ""),
    ast.Gt: ("sgt", "ogt", ""),
    ast.GtE: ("sge", "oge", ""),
    ast.Eq: ("eq", "oeq", "eq"),
    ast.NotEq: ("ne", "une", "ne"),
}


def compared(write: Writer, op: ast.cmpop, left: Value, right: Value) -> str:
    """Translate a comparison of two numbers."""
    kind = join(left.type, right.type)
    if type(op) not in _COMPARED or not isinstance(kind, str):
        raise Refused(f"{type(op).__name__} is not translated for {kind}")
    how = _COMPARED[type(op)][(INT, FLOAT, BOOL).index(kind)]
    if not how:
        raise Refused("truth values have no order")
    a, b = (convert(write, v, kind).leaves[0] for v in (left, right))
    return write.op(f"{'fcmp' if kind == FLOAT else 'icmp'} {how} {kind} {a}, {b}")


def truth(write: Writer, found: Value) -> str:
    """Translate whether a number is not zero."""
    if found.type == BOOL:
        return found.leaves[0]
    if found.type == INT:
        return write.op(f"icmp ne i64 {found.leaves[0]}, 0")
    if found.type == FLOAT:
        return write.op(f"fcmp une double {found.leaves[0]}, 0.0")
    raise Refused("only a number or a truth value can be a condition")


def negative(write: Writer, found: Value) -> Value:
    """Translate a number's opposite."""
    if found.type == FLOAT:
        return Value(FLOAT, (write.op(f"fneg double {found.leaves[0]}"),))
    (leaf,) = convert(write, found, INT).leaves
    if leaf.isdigit():
        return number(-int(leaf))
    return Value(INT, (write.op(f"sub nsw i64 0, {leaf}"),))


def _absolute(write: Writer, given: list[Value]) -> Value:
    if given[0].type == FLOAT:
        return _function(write, "llvm.fabs.f64", given)
    (x,) = convert(write, given[0], INT).leaves
    return Value(INT, (write.op(f"call i64 @llvm.abs.i64(i64 {x}, i1 false)"),))


def _length(write: Writer, given: list[Value]) -> Value:  # noqa: ARG001
    if isinstance(given[0].type, ArrayType):
        return Value(INT, (given[0].leaves[1],))
    return number(len(parts(given[0])))


def _whole(write: Writer, given: list[Value]) -> Value:
    if given[0].type == FLOAT:
        return Value(INT, (write.op(f"fptosi double {given[0].leaves[0]} to i64"),))
    return convert(write, given[0], INT)


def _extreme(op: ast.cmpop) -> Callable[[Writer, list[Value]], Value]:
    def choose(write: Writer, given: list[Value]) -> Value:
        kind: Type = given[0].type
        for v in given[1:]:
            kind = join(kind, v.type)
        found = convert(write, given[0], kind)
        for v in given[1:]:
            other = convert(write, v, kind)
            better = compared(write, op, other, found)
            leaf = f"select i1 {better}, {kind} {other.leaves[0]}, {kind} {found.leaves[0]}"
            found = Value(kind, (write.op(leaf),))
        return found

    return choose


def _mathematical(name: str) -> Callable[[Writer, list[Value]], Value]:
    return lambda write, given: _function(write, name, given)


FUNCTIONS: dict[Any, Callable[[Writer, list[Value]], Value]] = {
    abs: _absolute,
    min: _extreme(ast.Lt()),
    max: _extreme(ast.Gt()),
    len: _length,
    float: lambda write, given: convert(write, given[0], FLOAT),
    int: _whole,
    np.sqrt: _mathematical("llvm.sqrt.f64"),
    np.ceil: _mathematical("llvm.ceil.f64"),
    np.floor: _mathematical("llvm.floor.f64"),
    np.round: _mathematical("llvm.rint.f64"),
    np.log: _mathematical("llvm.log.f64"),
    np.exp: _mathematical("llvm.exp.f64"),
    np.cos: _mathematical("llvm.cos.f64"),
    np.sin: _mathematical("llvm.sin.f64"),
    np.hypot: _mathematical("hypot"),
    np.arctan2: _mathematical("atan2"),
}
