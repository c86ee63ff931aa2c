"""Python statements translated into LLVM's instructions.

A variable has one type throughout a function: where an assignment needs a wider one, `Again` is
raised, and the function is translated anew with that.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from negotiation.kernels.compiler.arrays import item_address, load
from negotiation.kernels.compiler.expressions import condition, element, value
from negotiation.kernels.compiler.numbers import arithmetic
from negotiation.kernels.compiler.text import (
    INT,
    ArrayType,
    Block,
    Body,
    Refused,
    Value,
    convert,
    join,
    parts,
    scalars,
)

__all__ = ["RESULT", "Again", "assign", "statements"]

RESULT = "return"
"""The variable that holds what is returned."""


class Again(Exception):  # noqa: N818
    """A type has turned out to be wider than it was taken for."""


def assign(body: Body, name: str, found: Value) -> None:
    """Give a variable a value."""
    if name in body.types:
        kind = join(body.types[name], found.type)
        if kind != body.types[name]:
            body.types[name] = kind
            raise Again
    kind = body.types.setdefault(name, found.type)
    if name not in body.slots:
        body.slots[name] = tuple(body.write.slot(leaf, name) for leaf in scalars(kind))
    leaves = convert(body.write, found, kind).leaves
    for leaf, item, slot in zip(scalars(kind), leaves, body.slots[name], strict=True):
        body.write.do(f"store {leaf} {item}, ptr {slot}")


def statements(body: Body, nodes: list[ast.stmt]) -> None:
    """Translate one statement after the other."""
    for node in nodes:
        try:
            if type(node) not in _STATEMENTS:
                raise Refused(f"{type(node).__name__} is not translated")
            _STATEMENTS[type(node)](body, node)
        except Refused as refusal:
            if refusal.args and "line" in refusal.args[0]:
                raise
            where = f"{body.scope['__name__']}, line {node.lineno}"
            raise Refused(f"{where}: {refusal}") from refusal


def _store(body: Body, target: ast.expr, found: Value) -> None:
    """Give what stands on the left of an assignment a value."""
    if isinstance(target, ast.Name):
        assign(body, target.id, found)
    elif isinstance(target, ast.Tuple):
        fields = parts(found)
        if len(fields) != len(target.elts):
            raise Refused("as many names as values")
        for part, held in zip(target.elts, fields, strict=True):
            _store(body, part, held)
    elif isinstance(target, ast.Subscript):
        address, left = element(body, target)
        if not isinstance(left.type, ArrayType) or left.type.axes:
            raise Refused("arrays are written item by item")
        (leaf,) = convert(body.write, found, left.type.item).leaves
        body.write.do(f"store {left.type.item} {leaf}, ptr {address}")
    else:
        raise Refused("this cannot be assigned to")


def _assignment(body: Body, node: ast.Assign) -> None:
    found = value(body, node.value)
    for target in node.targets:
        _store(body, target, found)


def _augmented(body: Body, node: ast.AugAssign) -> None:
    before = value(body, node.target)
    _store(body, node.target, arithmetic(body.write, node.op, before, value(body, node.value)))


def _expression(body: Body, node: ast.Expr) -> None:
    if not isinstance(node.value, ast.Constant):
        value(body, node.value)


def _if(body: Body, node: ast.If) -> None:
    write = body.write
    yes, no, after = write.new("then"), write.new("else"), write.new("after")
    write.turn(condition(body, node.test), yes, no)
    for way, nodes in ((yes, node.body), (no, node.orelse)):
        write.begin(way)
        statements(body, nodes)
        write.go(after)
    write.begin(after)


def _while(body: Body, node: ast.While) -> None:
    write = body.write
    test, inside, after = map(write.new, ("while", "do", "after"))
    write.go(test)
    write.begin(test)
    write.turn(condition(body, node.test), inside, after)
    write.begin(inside)
    _repeated(body, node, (test, after))


def _repeated(body: Body, node: ast.For | ast.While, ways: tuple[Block, Block]) -> None:
    """Translate what a loop does; `ways` are to its next turn and out of it."""
    if node.orelse:
        raise Refused("else belongs to if")
    body.loops.append(ways)
    statements(body, node.body)
    body.loops.pop()
    body.write.go(ways[0])
    body.write.begin(ways[1])


def _for(body: Body, node: ast.For) -> None:
    write, over = body.write, None
    if isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range":
        start, stop, step = _limits([value(body, argument) for argument in node.iter.args])
    else:
        over = value(body, node.iter)
        if not isinstance(over.type, ArrayType) or over.type.axes != 1:
            raise Refused("a loop is over a range or an array of one axis")
        start, stop, step = "0", over.leaves[1], "1"
    counter = write.slot(INT, "counter")
    write.do(f"store i64 {start}, ptr {counter}")
    test, inside, then, after = map(write.new, ("for", "do", "next", "after"))
    write.go(test)
    write.begin(test)
    k = write.op(f"load i64, ptr {counter}")
    how = "sgt" if step.startswith("-") else "slt"
    write.turn(write.op(f"icmp {how} i64 {k}, {stop}"), inside, after)
    write.begin(then)
    write.do(f"store i64 {write.op(f'add nsw i64 {k}, {step}')}, ptr {counter}")
    write.go(test)
    write.begin(inside)
    here = Value(INT, (k,))
    if over is not None:
        address, left = item_address(write, over, [k])
        here = load(write, left.type, address)
    _store(body, node.target, here)
    _repeated(body, node, (then, after))


def _limits(given: list[Value]) -> tuple[str, str, str]:
    """Return where a range starts, where it stops, and its step."""
    if any(v.type != INT for v in given):
        raise Refused("a range is of integers")
    start, stop, step = "0", given[-1].leaves[0], "1"
    if len(given) > 1:
        start, stop = given[0].leaves[0], given[1].leaves[0]
    if len(given) > 2:
        (step,) = given[2].leaves
    if not step.lstrip("-").isdigit() or step == "0":
        raise Refused("the step of a range must be known")
    return start, stop, step


def _return(body: Body, node: ast.Return) -> None:
    write = body.write
    if node.value is not None:
        found = value(body, node.value)
        if "ptr" in scalars(found.type) and not body.keeps:
            body.keeps = True
            raise Again
        assign(body, RESULT, found)
    write.go(body.leaves)
    write.begin(write.new("never"))


def _jump(body: Body, node: ast.Break | ast.Continue) -> None:
    again, after = body.loops[-1]
    body.write.go(after if isinstance(node, ast.Break) else again)
    body.write.begin(body.write.new("never"))


def _nothing(body: Body, node: ast.Pass) -> None:
    """Do nothing."""


_STATEMENTS: dict[type, Callable[[Body, Any], None]] = {
    ast.Assign: _assignment,
    ast.AugAssign: _augmented,
    ast.Expr: _expression,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.Return: _return,
    ast.Break: _jump,
    ast.Continue: _jump,
    ast.Pass: _nothing,
}
