"""A Python function, and all that it calls, as one LLVM program: its statements and functions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from negotiation.kernels.compiler.expressions import condition, element, value
from negotiation.kernels.compiler.numbers import arithmetic, item_address, load
from negotiation.kernels.compiler.text import (
    BOOL,
    FLOAT,
    INT,
    PRELUDE,
    ArrayType,
    Block,
    Body,
    RecordType,
    Refused,
    Type,
    Value,
    convert,
    join,
    parts,
    scalars,
)

__all__ = ["RESULT", "Again", "assign", "program", "statements"]

RESULT = "return"
"""The variable that holds what is returned."""


class Again(Exception):  # noqa: N818
    """Raised when a variable's type has to be widened."""


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


def _store(body: Body, target: ast.expr, new_value: Value) -> None:
    """Give what stands on the left of an assignment a value."""
    if isinstance(target, ast.Name):
        assign(body, target.id, new_value)
    elif isinstance(target, ast.Tuple):
        fields = parts(new_value)
        if len(fields) != len(target.elts):
            raise Refused("as many names as values")
        for part, field in zip(target.elts, fields, strict=True):
            _store(body, part, field)
    elif isinstance(target, ast.Subscript):
        address, item = element(body, target)
        if not isinstance(item.type, ArrayType) or item.type.axes:
            raise Refused("arrays are written item by item")
        (leaf,) = convert(body.write, new_value, item.type.item).leaves
        body.write.do(f"store {item.type.item} {leaf}, ptr {address}")
    else:
        raise Refused("this cannot be assigned to")


def _assignment(body: Body, node: ast.Assign) -> None:
    new_value = value(body, node.value)
    for target in node.targets:
        _store(body, target, new_value)


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
    """Translate the body of a loop; `ways` are to its next turn and out of it."""
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
    test, inside, advance, after = map(write.new, ("for", "do", "next", "after"))
    write.go(test)
    write.begin(test)
    k = write.op(f"load i64, ptr {counter}")
    how = "sgt" if step.startswith("-") else "slt"
    write.turn(write.op(f"icmp {how} i64 {k}, {stop}"), inside, after)
    write.begin(advance)
    write.do(f"store i64 {write.op(f'add nsw i64 {k}, {step}')}, ptr {counter}")
    write.go(test)
    write.begin(inside)
    item = Value(INT, (k,))
    if over is not None:
        address, item_type = item_address(write, over, [k])
        item = load(write, item_type.type, address)
    _store(body, node.target, item)
    _repeated(body, node, (advance, after))


def _limits(bounds: list[Value]) -> tuple[str, str, str]:
    """Return the start, the stop and the step of a range."""
    if any(v.type != INT for v in bounds):
        raise Refused("a range is of integers")
    start, stop, step = "0", bounds[-1].leaves[0], "1"
    if len(bounds) > 1:
        start, stop = bounds[0].leaves[0], bounds[1].leaves[0]
    if len(bounds) > 2:
        (step,) = bounds[2].leaves
    if not step.lstrip("-").isdigit() or step == "0":
        raise Refused("the step of a range must be known")
    return start, stop, step


def _return(body: Body, node: ast.Return) -> None:
    write = body.write
    if node.value is not None:
        result = value(body, node.value)
        if "ptr" in scalars(result.type) and not body.keeps:
            body.keeps = True
            raise Again
        assign(body, RESULT, result)
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
        translation = self.made[key]
        if translation is None:
            raise Refused(f"{function.__name__} calls itself")
        return translation

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
    translation = _Program()
    symbol, result, *_ = translation.call(function, types)
    lines = ["define i64 @run(ptr %in, ptr %out) nounwind {", "%heap = alloca { ptr, i64 }"]
    lines.append("store { ptr, i64 } zeroinitializer, ptr %heap")
    scalar_arguments = []
    for k, kind in enumerate(leaf for t in types for leaf in scalars(t)):
        lines.append(f"%at.{k} = getelementptr inbounds i64, ptr %in, i64 {k}")
        lines.append(f"%in.{k} = load {INT if kind == BOOL else kind}, ptr %at.{k}")
        if kind == BOOL:
            lines.append(f"%bit.{k} = trunc i64 %in.{k} to i1")
        scalar_arguments.append(f"{kind} %{'bit' if kind == BOOL else 'in'}.{k}")
    call = f"@{symbol}({', '.join(['ptr %heap', *scalar_arguments])})"
    lines += _delivered(call, result)
    lines += ["call void @release(ptr %heap, ptr null)"]
    lines += ["%flag = getelementptr inbounds i64, ptr %heap, i64 1"]
    lines += ["%failed = load i64, ptr %flag", "ret i64 %failed", "}"]
    return "\n".join([*translation.text, *lines, ""]), result


def _delivered(call: str, result: Type | None) -> list[str]:
    """Return the call and the instructions that store its result."""
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
    output: _Program, function: Any, types: tuple[Type, ...]
) -> tuple[str, Type | None, bool, bool]:
    node = _sources(function.__code__.co_filename).get(function.__name__)
    if node is None or len(node.args.args) != len(types) or node.args.kwonlyargs:
        raise Refused(f"{function.__name__} is not a plain function of {len(types)} arguments")
    own = frozenset(
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    )
    variable_types: dict[str, Type] = {}
    keeps = False
    while True:
        body = Body(function.__globals__, own, output.call, output.fixed, variable_types, keeps)
        try:
            _enter(body, node, types)
            statements(body, node.body)
            text = _closed(body, node)
            break
        except Again:
            keeps = body.keeps
    symbol = f"{function.__module__}.{function.__name__}.{len(output.made)}"
    parameters = [
        f"{t} %in.{k}" for k, t in enumerate(leaf for kind in types for leaf in scalars(kind))
    ]
    result = variable_types.get(RESULT)
    head = f"{_returned(scalars(result) if result else ())} @{symbol}"
    arguments = ", ".join(["ptr %heap", *parameters])
    how = "noinline nounwind" if text.count("\n") > _LARGE else "nounwind"
    output.text.append(f"define internal {head}({arguments}) {how} {{\n{text}\n}}")
    return symbol, result, body.keeps and body.makes, body.fails


def _enter(body: Body, node: ast.FunctionDef, types: tuple[Type, ...]) -> None:
    """Give the parameters their values."""
    at = 0
    for parameter, kind in zip(node.args.args, types, strict=True):
        count = len(scalars(kind))
        argument = Value(kind, tuple(f"%in.{k}" for k in range(at, at + count)))
        at += count
        if parameter.arg in body.own:
            assign(body, parameter.arg, argument)
        else:
            body.known[parameter.arg] = argument


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
