"""Python expressions translated into LLVM's instructions: what loops on arrays need, no more.

What is not in the tables below is refused, never guessed. Arithmetic is Python's, except that a
division by zero yields inf, nan or the integer 0, and that an index is never negative.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from inspect import isfunction
from typing import Any

import numpy as np

from .llvm_arrays import MAKERS, copied, item_address, make, view
from .llvm_text import (
    Body,
    BOOL,
    FLOAT,
    INT,
    ArrayType,
    RecordType,
    Refused,
    Type,
    Value,
    Writer,
    convert,
    join,
    number,
    parts,
    scalars,
)

__all__ = ["arithmetic", "condition", "element", "value"]


def value(body: Body, node: ast.expr) -> Value:
    """Translate an expression."""
    found = _place(body, node)
    return Value(found.type, _loaded(body, found.type, found.leaves))


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
    """Translate an expression into whether it is true."""
    return _truth(body, value(body, node))


def _truth(body: Body, found: Value) -> str:
    if found.type == BOOL:
        return found.leaves[0]
    if found.type == INT:
        return body.write.op(f"icmp ne i64 {found.leaves[0]}, 0")
    if found.type == FLOAT:
        return body.write.op(f"fcmp une double {found.leaves[0]}, 0.0")
    raise Refused("only a number or a truth value can be a condition")


def constant(found: object) -> Value:
    """Return what a name of a module stands for."""
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
    found = _object(body, node)
    return _fixed(body, found) if isinstance(found, np.ndarray) else constant(found)


def _fixed(body: Body, array: np.ndarray[Any, Any]) -> Value:
    """Return an array of a module: its items are part of the code."""
    items = ", ".join(f"double {number(float(x)).leaves[0]}" for x in array.ravel())
    if array.dtype != np.float64:
        raise Refused("arrays of modules hold floats")
    kind = ArrayType(FLOAT, array.ndim)
    return Value(kind, (body.fixed(f"[{array.size} x double] [{items}]"), *map(str, array.shape)))


def _object(body: Body, node: ast.expr) -> Any:
    """Return what a name outside the function, or a name with a dot, stands for; None if nothing."""
    if isinstance(node, ast.Name):
        local = node.id in body.known or node.id in body.own
        return None if local else body.scope.get(node.id, getattr(_BUILTINS, node.id, None))
    if isinstance(node, ast.Attribute):
        return getattr(_object(body, node.value), node.attr, None)
    return None


def _attribute(body: Body, node: ast.Attribute) -> Value:
    found = _object(body, node)
    if found is not None:
        return constant(found)
    whole = _place(body, node.value)
    if isinstance(whole.type, RecordType) and node.attr in whole.type.names:
        return parts(whole)[whole.type.names.index(node.attr)]
    if isinstance(whole.type, ArrayType) and node.attr == "shape":
        return Value(RecordType((INT,) * whole.type.axes), whole.leaves[1:])
    raise Refused(f"nothing is known of .{node.attr}")


def _integer(body: Body, node: ast.expr) -> str:
    found = value(body, node)
    if found.type != INT or found.leaves[0].startswith("-"):
        raise Refused("an index is an integer and not negative")
    return found.leaves[0]


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
    whole = _place(body, node.value)
    if isinstance(whole.type, RecordType):
        at = _integer(body, node.slice)
        return parts(whole)[int(at)] if at.isdigit() else _field(body, whole, at)
    if isinstance(node.slice, ast.Slice):
        if node.slice.lower or node.slice.step or not node.slice.upper:
            raise Refused("only [:n] is translated")
        return view(body.write, value(body, node.value), _integer(body, node.slice.upper))
    address, left = element(body, node)
    if left.leaves[1:]:
        return left
    kind = left.type.item if isinstance(left.type, ArrayType) else left.type
    return Value(kind, (body.write.op(f"load {kind}, ptr {address}"),))


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


def _record(found: list[Value], names: tuple[str, ...] = ()) -> Value:
    leaves = tuple(leaf for v in found for leaf in v.leaves)
    return Value(RecordType(tuple(v.type for v in found), names), leaves)


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


def _binary(body: Body, node: ast.BinOp) -> Value:
    return arithmetic(body, node.op, value(body, node.left), value(body, node.right))


def arithmetic(body: Body, op: ast.operator, left: Value, right: Value) -> Value:
    """Translate an operation on two numbers."""
    write, kind = body.write, join(INT, join(left.type, right.type))
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


def _unary(body: Body, node: ast.UnaryOp) -> Value:
    found, write = value(body, node.operand), body.write
    if isinstance(node.op, ast.Not):
        return Value(BOOL, (write.op(f"xor i1 {_truth(body, found)}, true"),))
    leaf = found.leaves[0]
    if not isinstance(node.op, ast.USub) or found.type not in (INT, FLOAT):
        raise Refused(f"{type(node.op).__name__} is not translated")
    if isinstance(node.operand, ast.Constant):
        return number(-node.operand.value)
    how = "sub nsw i64 0," if found.type == INT else "fneg double"
    return Value(found.type, (write.op(f"{how} {leaf}"),))


_COMPARED: dict[type, tuple[str, str, str]] = {
    ast.Lt: ("slt", "olt", ""),
    ast.LtE: ("sle", "ole", ""),
    ast.Gt: ("sgt", "ogt", ""),
    ast.GtE: ("sge", "oge", ""),
    ast.Eq: ("eq", "oeq", "eq"),
    ast.NotEq: ("ne", "une", "ne"),
}


def _compared(write: Writer, op: ast.cmpop, left: Value, right: Value) -> str:
    kind = join(left.type, right.type)
    if type(op) not in _COMPARED or not isinstance(kind, str):
        raise Refused(f"{type(op).__name__} is not translated for {kind}")
    how = _COMPARED[type(op)][(INT, FLOAT, BOOL).index(kind)]
    if not how:
        raise Refused("truth values have no order")
    a, b = (convert(write, v, kind).leaves[0] for v in (left, right))
    return write.op(f"{'fcmp' if kind == FLOAT else 'icmp'} {how} {kind} {a}, {b}")


def _comparison(body: Body, node: ast.Compare) -> Value:
    first, last = value(body, node.left), node.comparators[-1]
    if isinstance(node.ops[0], (ast.In, ast.NotIn)):
        if len(node.ops) > 1 or not isinstance(last, ast.Tuple):
            raise Refused("a value can only be in a tuple")
        found = "false"
        for choice in last.elts:
            same = _compared(body.write, ast.Eq(), first, value(body, choice))
            found = body.write.op(f"or i1 {found}, {same}")
        if isinstance(node.ops[0], ast.NotIn):
            found = body.write.op(f"xor i1 {found}, true")
        return Value(BOOL, (found,))
    held = [first]

    def test(k: int) -> str:
        held.append(value(body, node.comparators[k]))
        return _compared(body.write, node.ops[k], held[k], held[k + 1])

    return _one_by_one(body, [lambda k=k: test(k) for k in range(len(node.ops))], every=True)


def _one_by_one(body: Body, tests: list[Callable[[], str]], *, every: bool) -> Value:
    """Carry out tests until one settles whether all hold, or whether one does."""
    write, ends = body.write, []
    after = write.new("settled")
    for test in tests[:-1]:
        more, holds = write.new("more"), test()
        ends.append((write.block, number(not every)))
        write.turn(holds, *((more, after) if every else (after, more)))
        write.begin(more)
    ends.append((write.block, Value(BOOL, (tests[-1](),))))
    if len(ends) == 1:
        return ends[0][1]
    ends[-1] = (write.block, ends[-1][1])
    write.go(after)
    write.begin(after)
    return write.meet(ends)


def _logical(body: Body, node: ast.BoolOp) -> Value:
    tests = [lambda part=part: _strict(body, part) for part in node.values]
    return _one_by_one(body, tests, every=isinstance(node.op, ast.And))


def _strict(body: Body, node: ast.expr) -> str:
    found = value(body, node)
    if found.type != BOOL:
        raise Refused("and, or are for truth values")
    return found.leaves[0]


def _choice(body: Body, node: ast.IfExp) -> Value:
    write = body.write
    yes, no, after = write.new("yes"), write.new("no"), write.new("either")
    write.turn(condition(body, node.test), yes, no)
    write.begin(yes)
    one, yes = value(body, node.body), write.block
    write.begin(no)
    other, no = value(body, node.orelse), write.block
    kind, ends = join(one.type, other.type), []
    for found, write.block in ((one, yes), (other, no)):
        ends.append((write.block, convert(write, found, kind)))
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
    given = [value(body, argument) for argument in node.args]
    if called in _FUNCTIONS:
        return _FUNCTIONS[called](body.write, given)
    if isinstance(called, type) and hasattr(called, "_fields"):
        return _record(given, called._fields)
    if isfunction(called):
        return _called(body, called, given)
    raise Refused(f"{ast.unparse(node.func)} is not translated")


def _called(body: Body, called: Callable[..., Any], given: list[Value]) -> Value:
    write = body.write
    names = list(called.__code__.co_varnames)
    for k, v in enumerate(given):
        if called.__annotations__.get(names[k]) == "float":
            given[k] = convert(write, v, FLOAT)
    symbol, kind, keeps = body.call(called, tuple(v.type for v in given))
    body.makes = body.makes or keeps
    leaves = [f"{t} {leaf}" for v in given for t, leaf in zip(scalars(v.type), v.leaves, strict=True)]
    text = f"@{symbol}({', '.join(['ptr %heap', *leaves])})"
    if kind is None:
        write.do(f"call void {text}")
        return Value(RecordType(()), ())
    inside = scalars(kind)
    if len(inside) == 1:
        return Value(kind, (write.op(f"call {inside[0]} {text}"),))
    whole = f"{{ {', '.join(inside)} }}"
    got = write.op(f"call {whole} {text}")
    return Value(kind, tuple(write.op(f"extractvalue {whole} {got}, {k}") for k in range(len(inside))))


def _extreme(op: ast.cmpop) -> Callable[[Writer, list[Value]], Value]:
    def choose(write: Writer, given: list[Value]) -> Value:
        kind: Type = given[0].type
        for v in given[1:]:
            kind = join(kind, v.type)
        found = convert(write, given[0], kind)
        for v in given[1:]:
            other = convert(write, v, kind)
            better = _compared(write, op, other, found)
            leaf = f"select i1 {better}, {kind} {other.leaves[0]}, {kind} {found.leaves[0]}"
            found = Value(kind, (write.op(leaf),))
        return found

    return choose


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


def _mathematical(name: str) -> Callable[[Writer, list[Value]], Value]:
    return lambda write, given: _function(write, name, given)


_BUILTINS = __import__("builtins")
_FUNCTIONS: dict[Any, Callable[[Writer, list[Value]], Value]] = {
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
