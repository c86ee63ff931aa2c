"""Python expressions translated into LLVM's instructions: what loops on arrays need, no more.

What is not in the table at the end is refused, never guessed. An index is never negative.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from inspect import isfunction
from typing import Any

import numpy as np

from negotiation.kernels.compiler.numbers import (
    FUNCTIONS,
    MAKERS,
    arithmetic,
    compared,
    copied,
    item_address,
    leave_unless,
    load,
    make,
    negative,
    truth,
    view,
)
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
    convert,
    join,
    number,
    parts,
    scalars,
)

__all__ = ["condition", "element", "value"]


def value(body: Body, node: ast.expr) -> Value:
    """Translate an expression."""
    place = _place(body, node)
    return Value(place.type, _loaded(body, place.type, place.leaves))


def _loaded(body: Body, kind: Type, leaves: tuple[str, ...]) -> tuple[str, ...]:
    pairs = zip(scalars(kind), leaves, strict=True)
    return tuple(
        body.write.op(f"load {t}, ptr {leaf[1:]}") if leaf[0] == "*" else leaf for t, leaf in pairs
    )


def _place(body: Body, node: ast.expr) -> Value:
    """Translate an expression; what is only a variable's field is loaded later, if at all.

    Such leaves are a star and an address.
    """
    translate = _EXPRESSIONS.get(type(node))
    if translate is None:
        raise Refused(f"{type(node).__name__} is not translated")
    return translate(body, node)


def condition(body: Body, node: ast.expr) -> str:
    """Translate an expression into a truth value."""
    return truth(body.write, value(body, node))


def constant(found: object) -> Value:
    """Return the constant that a name of a module stands for."""
    if isinstance(found, (bool, int, float)):
        return number(found)
    raise Refused(f"{found!r} is not translated")


def _name(body: Body, node: ast.Name) -> Value:
    if node.id in body.known:
        return body.known[node.id]
    if node.id in body.slots:
        return Value(body.types[node.id], tuple(f"*{a}" for a in body.slots[node.id]))
    if node.id in body.own:
        raise Refused(f"{node.id} may not have a value yet")
    outer_value = _object(body, node)
    return (
        _fixed(body, outer_value) if isinstance(outer_value, np.ndarray) else constant(outer_value)
    )


def _fixed(body: Body, array: np.ndarray[Any, Any]) -> Value:
    """Return an array of a module: its items are part of the code."""
    items = ", ".join(f"double {number(float(x)).leaves[0]}" for x in array.ravel())
    if array.dtype != np.float64:
        raise Refused("arrays of modules hold floats")
    kind = ArrayType(FLOAT, array.ndim)
    return Value(kind, (body.fixed(f"[{array.size} x double] [{items}]"), *map(str, array.shape)))


def _object(body: Body, node: ast.expr) -> Any:
    """Return what a name outside the function, or one with a dot, stands for; None if nothing."""
    if isinstance(node, ast.Name):
        local = node.id in body.known or node.id in body.own
        return None if local else body.scope.get(node.id, getattr(builtins, node.id, None))
    if isinstance(node, ast.Attribute):
        return getattr(_object(body, node.value), node.attr, None)
    return None


def _attribute(body: Body, node: ast.Attribute) -> Value:
    outer_value = _object(body, node)
    if outer_value is not None:
        return constant(outer_value)
    base = _place(body, node.value)
    if isinstance(base.type, RecordType) and node.attr in base.type.names:
        return parts(base)[base.type.names.index(node.attr)]
    if isinstance(base.type, ArrayType) and node.attr == "shape":
        return Value(RecordType((INT,) * base.type.axes), base.leaves[1:])
    raise Refused(f"nothing is known of .{node.attr}")


def _integer(body: Body, node: ast.expr) -> str:
    index = value(body, node)
    if index.type != INT or index.leaves[0].startswith("-"):
        raise Refused("an index is an integer and not negative")
    return index.leaves[0]


def element(body: Body, node: ast.Subscript) -> tuple[str, Value]:
    """Translate an array and an index: the address, and the array that is left at it."""
    whole = _place(body, node.value)
    if not isinstance(whole.type, ArrayType):
        raise Refused("only an array has elements")
    leaves = _loaded(body, whole.type, whole.leaves)
    at = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    index = [_integer(body, k) for k in at]
    return item_address(body.write, Value(whole.type, leaves), index)


def _subscript(body: Body, node: ast.Subscript) -> Value:
    base = _place(body, node.value)
    if isinstance(base.type, RecordType):
        at = _integer(body, node.slice)
        return parts(base)[int(at)] if at.isdigit() else _field(body, base, at)
    if isinstance(node.slice, ast.Slice):
        if node.slice.lower or node.slice.step or not node.slice.upper:
            raise Refused("only [:n] is translated")
        return view(body.write, value(body, node.value), _integer(body, node.slice.upper))
    address, item = element(body, node)
    if item.leaves[1:]:
        return item
    return load(body.write, item.type, address)


def _field(body: Body, whole: Value, at: str) -> Value:
    """Return a field of a tuple that is known only when the code runs: all are numbers alike."""
    leaves, kinds = _loaded(body, whole.type, whole.leaves), set(scalars(whole.type))
    if kinds not in ({FLOAT}, {INT}) or not isinstance(whole.type, RecordType):
        raise Refused("which field of a tuple must be known")
    (kind,) = kinds
    start = body.write.slot(f"[{len(leaves)} x {kind}]", "fields")
    for k, leaf in enumerate(leaves):
        address = body.write.op(f"getelementptr inbounds {kind}, ptr {start}, i64 {k}")
        body.write.do(f"store {kind} {leaf}, ptr {address}")
    address = body.write.op(f"getelementptr inbounds {kind}, ptr {start}, i64 {at}")
    return Value(kind, (body.write.op(f"load {kind}, ptr {address}"),))


def _tuple(body: Body, node: ast.Tuple) -> Value:
    return _record([value(body, part) for part in node.elts])


def _record(items: list[Value], names: tuple[str, ...] = ()) -> Value:
    leaves = tuple(leaf for v in items for leaf in v.leaves)
    return Value(RecordType(tuple(v.type for v in items), names), leaves)


def _binary(body: Body, node: ast.BinOp) -> Value:
    return arithmetic(body.write, node.op, value(body, node.left), value(body, node.right))


def _unary(body: Body, node: ast.UnaryOp) -> Value:
    operand = value(body, node.operand)
    if isinstance(node.op, ast.Not):
        return Value(BOOL, (body.write.op(f"xor i1 {truth(body.write, operand)}, true"),))
    if not isinstance(node.op, ast.USub):
        raise Refused(f"{type(node.op).__name__} is not translated")
    return negative(body.write, operand)


def _comparison(body: Body, node: ast.Compare) -> Value:
    first, last = value(body, node.left), node.comparators[-1]
    if isinstance(node.ops[0], (ast.In, ast.NotIn)):
        if len(node.ops) > 1 or not isinstance(last, ast.Tuple):
            raise Refused("a value can only be in a tuple")
        result = "false"
        for choice in last.elts:
            same = compared(body.write, ast.Eq(), first, value(body, choice))
            result = body.write.op(f"or i1 {result}, {same}")
        if isinstance(node.ops[0], ast.NotIn):
            result = body.write.op(f"xor i1 {result}, true")
        return Value(BOOL, (result,))
    operands = [first]

    def test(k: int) -> str:
        operands.append(value(body, node.comparators[k]))
        return compared(body.write, node.ops[k], operands[k], operands[k + 1])

    return _one_by_one(body, len(node.ops), test, every=True)


def _one_by_one(body: Body, count: int, test: Callable[[int], str], *, every: bool) -> Value:
    """Carry out tests until one settles whether all hold, or whether one does."""
    write, ends = body.write, []
    after = write.new("settled")
    for k in range(count - 1):
        holds, more = test(k), write.new("more")
        ends.append((write.block, number(not every)))
        write.turn(holds, *((more, after) if every else (after, more)))
        write.begin(more)
    last = Value(BOOL, (test(count - 1),))
    if not ends:
        return last
    ends.append((write.block, last))
    write.go(after)
    write.begin(after)
    return write.meet(ends)


def _logical(body: Body, node: ast.BoolOp) -> Value:
    every = isinstance(node.op, ast.And)
    return _one_by_one(body, len(node.values), lambda k: _strict(body, node.values[k]), every=every)


def _strict(body: Body, node: ast.expr) -> str:
    operand = value(body, node)
    if operand.type != BOOL:
        raise Refused("and, or are for truth values")
    return operand.leaves[0]


def _choice(body: Body, node: ast.IfExp) -> Value:
    write = body.write
    yes, no, after = write.new("yes"), write.new("no"), write.new("either")
    write.turn(condition(body, node.test), yes, no)
    write.begin(yes)
    yes_value, yes = value(body, node.body), write.block
    write.begin(no)
    no_value, no = value(body, node.orelse), write.block
    kind, ends = join(yes_value.type, no_value.type), []
    for branch_value, write.block in ((yes_value, yes), (no_value, no)):
        ends.append((write.block, convert(write, branch_value, kind)))
        write.go(after)
    write.begin(after)
    return write.meet(ends)


def _constant(body: Body, node: ast.Constant) -> Value:  # noqa: ARG001
    return constant(node.value)


def _call(body: Body, node: ast.Call) -> Value:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
        return copied(body, value(body, node.func.value))
    called = _object(body, node.func)
    if called in MAKERS:
        return make(body, called, node, value)
    if node.keywords:
        raise Refused("arguments have no names")
    arguments = [value(body, argument) for argument in node.args]
    if called in FUNCTIONS:
        return FUNCTIONS[called](body.write, arguments)
    if isinstance(called, type) and hasattr(called, "_fields"):
        return _record(arguments, called._fields)
    if isfunction(called):
        return _called(body, called, arguments)
    raise Refused(f"{ast.unparse(node.func)} is not translated")


def _called(body: Body, called: Callable[..., Any], arguments: list[Value]) -> Value:
    write = body.write
    names = list(called.__code__.co_varnames)
    for k, v in enumerate(arguments):
        if called.__annotations__.get(names[k]) == "float":
            arguments[k] = convert(write, v, FLOAT)
    symbol, kind, keeps, fails = body.call(called, tuple(v.type for v in arguments))
    body.makes = body.makes or keeps
    leaves = zip(
        (t for v in arguments for t in scalars(v.type)), _record(arguments).leaves, strict=True
    )
    text = f"@{symbol}({', '.join(['ptr %heap', *map(' '.join, leaves)])})"
    if kind is None:
        write.do(f"call void {text}")
        _leave_if_failed(body, fails=fails)
        return Value(RecordType(()), ())
    inside = scalars(kind)
    struct_type = inside[0] if len(inside) == 1 else f"{{ {', '.join(inside)} }}"
    returned = write.op(f"call {struct_type} {text}")
    _leave_if_failed(body, fails=fails)
    if len(inside) == 1:
        return Value(kind, (returned,))
    leaf = f"extractvalue {struct_type} {returned}"
    return Value(kind, tuple(write.op(f"{leaf}, {k}") for k in range(len(inside))))


def _leave_if_failed(body: Body, *, fails: bool) -> None:
    """Return at once if a function that was called found no memory."""
    if fails:
        body.fails = True
        flag = body.write.op("getelementptr inbounds i64, ptr %heap, i64 1")
        failed = body.write.op(f"load i64, ptr {flag}")
        leave_unless(body, body.write.op(f"icmp eq i64 {failed}, 0"))


_EXPRESSIONS: dict[type, Callable[[Body, Any], Value]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BoolOp: _logical,
    ast.IfExp: _choice,
    ast.Constant: _constant,
    ast.Call: _call,
}
