"""Numbers and arrays in LLVM's language."""

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
    Body,
    RecordType,
    Refused,
    Type,
    Value,
    Writer,
    convert,
    join,
    number,
    parts,
)

__all__ = [
    "FUNCTIONS",
    "MAKERS",
    "arithmetic",
    "compared",
    "copied",
    "item_address",
    "leave_unless",
    "load",
    "make",
    "negative",
    "truth",
    "view",
]

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
        helper = "quotient" if isinstance(op, ast.FloorDiv) else "remainder"
        return Value(INT, (write.op(f"call i64 @{helper}(i64 {a}, i64 {b})"),))
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
    operands = ", ".join(f"double {convert(write, v, FLOAT).leaves[0]}" for v in arguments)
    return Value(FLOAT, (write.op(f"call double @{name}({operands})"),))


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
    """Translate the test that a number is not zero."""
    if found.type == BOOL:
        return found.leaves[0]
    if found.type == INT:
        return write.op(f"icmp ne i64 {found.leaves[0]}, 0")
    if found.type == FLOAT:
        return write.op(f"fcmp une double {found.leaves[0]}, 0.0")
    raise Refused("only a number or a truth value can be a condition")


def negative(write: Writer, found: Value) -> Value:
    """Translate the negative of a number."""
    if found.type == FLOAT:
        return Value(FLOAT, (write.op(f"fneg double {found.leaves[0]}"),))
    (leaf,) = convert(write, found, INT).leaves
    if leaf.isdigit():
        return number(-int(leaf))
    return Value(INT, (write.op(f"sub nsw i64 0, {leaf}"),))


def _absolute(write: Writer, arguments: list[Value]) -> Value:
    if arguments[0].type == FLOAT:
        return _function(write, "llvm.fabs.f64", arguments)
    (x,) = convert(write, arguments[0], INT).leaves
    return Value(INT, (write.op(f"call i64 @llvm.abs.i64(i64 {x}, i1 false)"),))


def _length(write: Writer, arguments: list[Value]) -> Value:  # noqa: ARG001
    if isinstance(arguments[0].type, ArrayType):
        return Value(INT, (arguments[0].leaves[1],))
    return number(len(parts(arguments[0])))


def _whole(write: Writer, arguments: list[Value]) -> Value:
    if arguments[0].type == FLOAT:
        return Value(INT, (write.op(f"fptosi double {arguments[0].leaves[0]} to i64"),))
    return convert(write, arguments[0], INT)


def _extreme(op: ast.cmpop) -> Callable[[Writer, list[Value]], Value]:
    def choose(write: Writer, arguments: list[Value]) -> Value:
        kind: Type = arguments[0].type
        for v in arguments[1:]:
            kind = join(kind, v.type)
        best = convert(write, arguments[0], kind)
        for v in arguments[1:]:
            other = convert(write, v, kind)
            better = compared(write, op, other, best)
            leaf = f"select i1 {better}, {kind} {other.leaves[0]}, {kind} {best.leaves[0]}"
            best = Value(kind, (write.op(leaf),))
        return best

    return choose


def _mathematical(name: str) -> Callable[[Writer, list[Value]], Value]:
    return lambda write, arguments: _function(write, name, arguments)


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


MAKERS: dict[Any, int | None] = {np.empty: None, np.zeros: 0, np.ones: 1, np.full: None}
"""Functions that make an array, and what they fill it with."""

_ITEM = 8
_SMALL = 512


def item_address(write: Writer, array: Value, index: list[str]) -> tuple[str, Value]:
    """Return the address of an element, and the array there: of no axes if it is a scalar."""
    kind, (start, *shape) = array.type, array.leaves
    if not isinstance(kind, ArrayType) or len(index) > kind.axes:
        raise Refused("more indices than axes")
    at = index[0]
    for k in range(1, kind.axes):
        at = _times(write, at, shape[k])
        if k < len(index) and index[k] != "0":
            at = index[k] if at == "0" else write.op(f"add nsw i64 {at}, {index[k]}")
    address = start
    if at != "0":
        address = write.op(f"getelementptr inbounds {kind.item}, ptr {start}, i64 {at}")
    item_type = ArrayType(kind.item, kind.axes - len(index))
    return address, Value(item_type, (address, *shape[len(index) :]))


def load(write: Writer, left: Type, address: str) -> Value:
    """Return the scalar at an address; `left` is an array of no axes."""
    if not isinstance(left, ArrayType) or left.axes:
        raise Refused("an array is read item by item")
    return Value(left.item, (write.op(f"load {left.item}, ptr {address}"),))


def _times(write: Writer, one: str, other: str) -> str:
    if "0" in (one, other):
        return "0"
    if "1" in (one, other):
        return other if one == "1" else one
    return write.op(f"mul nsw i64 {one}, {other}")


def view(write: Writer, array: Value, count: str) -> Value:
    """Return the first rows of an array."""
    start, rows, *rest = array.leaves
    fewer = write.op(f"icmp slt i64 {count}, {rows}")
    rows = write.op(f"select i1 {fewer}, i64 {count}, i64 {rows}")
    return Value(array.type, (start, rows, *rest))


def _room(body: Body, kind: ArrayType, shape: tuple[str, ...]) -> tuple[Value, str]:
    """Return an array whose items are anything yet, and how many."""
    write = body.write
    if all(n.isdigit() for n in shape) and not body.loops and not body.keeps:
        items = int(np.prod([int(n) for n in shape]))
        if items <= _SMALL:
            room = write.slot(f"[{items} x {kind.item}]", "array")
            return Value(kind, (room, *shape)), str(items)
    body.makes = body.fails = True
    count = _product(write, shape)
    start = write.op(f"call ptr @take(ptr %heap, i64 {count})")
    leave_unless(body, write.op(f"icmp ne ptr {start}, null"))
    return Value(kind, (start, *shape)), count


def leave_unless(body: Body, condition: str) -> None:
    """Return from the function, with no result to speak of, unless a condition is true."""
    on = body.write.new("on")
    body.write.turn(condition, on, body.leaves)
    body.write.begin(on)


def _product(write: Writer, shape: tuple[str, ...]) -> str:
    """Return a number of items, which is -1 if it is none that fits."""
    count = shape[0]
    for n in shape[1:]:
        count = write.op(f"call i64 @product(i64 {count}, i64 {n})")
    return count


def make(
    body: Body, called: Any, node: ast.Call, value: Callable[[Body, ast.expr], Value]
) -> Value:
    """Translate a call of one of `MAKERS`; `value` translates expressions."""
    shape = value(body, node.args[0])
    sizes = shape.type.holds if isinstance(shape.type, RecordType) else (shape.type,)
    if set(sizes) != {INT}:
        raise Refused("a shape is integers")
    fill = MAKERS[called]
    fill_value = None if fill is None else number(fill)
    rest = node.args[1:]
    if called is np.full:
        fill_value, rest = value(body, rest[0]), rest[1:]
    named = [k.value for k in node.keywords if k.arg == "dtype"]
    if len(rest) + len(node.keywords) > 1 or len(named) < len(node.keywords):
        raise Refused("new arrays have a shape and a dtype")
    default = (
        INT if called is np.full and fill_value is not None and fill_value.type == INT else FLOAT
    )
    item = _item(body, [*rest, *named]) or default
    array, count = _room(body, ArrayType(item, len(sizes)), shape.leaves)
    if fill_value is not None:
        _fill(body.write, array.leaves[0], count, fill_value, item)
    return array


def _item(body: Body, named: list[ast.expr]) -> str | None:
    """Return the type of item that is asked for, None if none is."""
    if not named:
        return None
    text = ast.unparse(named[0])
    item_type = {"np.intp": INT, "int": INT, "np.float64": FLOAT, "float": FLOAT}.get(text)
    if item_type is None or "np" in body.own or body.scope.get("np") is not np:
        raise Refused(f"arrays of {text} are not translated")
    return item_type


def _fill(write: Writer, start: str, count: str, fill_value: Value, item: str) -> None:
    if fill_value.leaves[0] in ("0", number(0.0).leaves[0]):
        size = _times(write, count, str(_ITEM))
        write.do(f"call void @llvm.memset.p0.i64(ptr {start}, i8 0, i64 {size}, i1 false)")
        return
    leaf = convert(write, fill_value, item).leaves[0]
    if item == FLOAT:
        leaf = write.op(f"bitcast double {leaf} to i64")
    write.do(f"call void @fill(ptr {start}, i64 {count}, i64 {leaf})")


def copied(body: Body, array: Value) -> Value:
    """Return a copy of an array."""
    if not isinstance(array.type, ArrayType):
        raise Refused("only an array is copied")
    duplicate, count = _room(body, array.type, array.leaves[1:])
    size = _times(body.write, count, str(_ITEM))
    ends = f"ptr {duplicate.leaves[0]}, ptr {array.leaves[0]}"
    body.write.do(f"call void @llvm.memcpy.p0.p0.i64({ends}, i64 {size}, i1 false)")
    return duplicate
