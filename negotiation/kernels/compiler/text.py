"""The text of an LLVM program while it is written, and what stands at its top."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = [
    "BOOL",
    "FLOAT",
    "INT",
    "PRELUDE",
    "ArrayType",
    "Block",
    "Body",
    "RecordType",
    "Refused",
    "Type",
    "Value",
    "Writer",
    "convert",
    "join",
    "number",
    "parts",
    "scalars",
]

INT, FLOAT, BOOL = "i64", "double", "i1"
_WIDENS = (BOOL, INT, FLOAT)


class Refused(TypeError):  # noqa: N818
    """Raised for something in a function that is not translated."""


@dataclass(frozen=True)
class ArrayType:
    """An array whose items follow one another in memory, the last axis fastest.

    Attributes
    ----------
    item
        `INT` or `FLOAT`.
    axes
        How many.
    """

    item: str
    axes: int


@dataclass(frozen=True)
class RecordType:
    """A tuple, or a named one.

    Attributes
    ----------
    holds
        The types of its fields.
    names
        Their names, none for a plain tuple.
    """

    holds: tuple[Type, ...]
    names: tuple[str, ...] = ()


Type = str | ArrayType | RecordType


class Value(NamedTuple):
    """Value of an expression.

    Attributes
    ----------
    type
        Its type.
    leaves
        A name or a number for each of `scalars(type)`.
    """

    type: Type
    leaves: tuple[str, ...]


def scalars(kind: Type) -> tuple[str, ...]:
    """Return the types of the scalars that a value consists of."""
    if isinstance(kind, str):
        return (kind,)
    if isinstance(kind, ArrayType):
        return ("ptr", *[INT] * kind.axes)
    return tuple(leaf for part in kind.holds for leaf in scalars(part))


def parts(value: Value) -> list[Value]:
    """Return the fields of a record."""
    if not isinstance(value.type, RecordType):
        raise Refused("only a tuple can be taken apart")
    fields, at = [], 0
    for kind in value.type.holds:
        count = len(scalars(kind))
        fields.append(Value(kind, value.leaves[at : at + count]))
        at += count
    return fields


def join(one: Type, other: Type) -> Type:
    """Return the type that holds values of both: booleans are integers, integers are floats."""
    if one == other:
        return one
    if isinstance(one, str) and isinstance(other, str):
        return max(one, other, key=_WIDENS.index)
    if (
        isinstance(one, RecordType)
        and isinstance(other, RecordType)
        and len(one.holds) == len(other.holds)
    ):
        names = one.names if one.names == other.names else ()
        return RecordType(tuple(map(join, one.holds, other.holds)), names)
    raise Refused(f"no type is both {one} and {other}")


def number(value: float) -> Value:
    """Return a constant."""
    if isinstance(value, bool):
        return Value(BOOL, ("true" if value else "false",))
    if isinstance(value, int):
        return Value(INT, (str(int(value)),))
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    return Value(FLOAT, (f"0x{bits:016X}",))


@dataclass(eq=False)
class Block:
    """Instructions that are carried out one after the other.

    Attributes
    ----------
    label, lines
        Its name, and its text.
    reached
        Whether anything goes there.
    """

    label: str
    lines: list[str] = field(default_factory=list)
    reached: bool = False


class Writer:
    """The instructions of one function so far."""

    def __init__(self) -> None:
        self._made = 0
        self.room: list[str] = []
        self.blocks: list[Block] = []
        self.block = Block("")
        self.begin(self.new("begin"))
        self.block.reached = True

    def name(self, stem: str) -> str:
        """Return a name that has not been used."""
        self._made += 1
        return f"{stem}.{self._made}"

    def new(self, stem: str) -> Block:
        """Return a block to `begin` later."""
        return Block(self.name(stem))

    def begin(self, block: Block) -> None:
        """Write to another block from now on."""
        self.blocks.append(block)
        self.block = block

    def do(self, text: str) -> None:
        """Write an instruction that yields nothing."""
        self.block.lines.append(text)

    def op(self, text: str) -> str:
        """Write an instruction; return the name of what it yields."""
        self._made += 1
        name = f"%t.{self._made}"
        self.block.lines.append(f"{name} = {text}")
        return name

    def go(self, block: Block) -> None:
        """End the block by going to another."""
        self.do(f"br label %{block.label}")
        block.reached = block.reached or self.block.reached

    def turn(self, condition: str, yes: Block, no: Block) -> None:
        """End the block by going to one of two others."""
        self.do(f"br i1 {condition}, label %{yes.label}, label %{no.label}")
        yes.reached = yes.reached or (self.block.reached and condition != "false")
        no.reached = no.reached or (self.block.reached and condition != "true")

    def slot(self, kind: str, stem: str) -> str:
        """Return the address of new room for a scalar."""
        name = f"%{self.name(stem)}"
        self.room.append(f"{name} = alloca {kind}")
        return name

    def meet(self, ends: list[tuple[Block, Value]]) -> Value:
        """Return, at the beginning of a block, the value that each way into it comes with."""
        kind = ends[0][1].type
        leaves = []
        for k, leaf in enumerate(scalars(kind)):
            ways = ", ".join(f"[ {value.leaves[k]}, %{block.label} ]" for block, value in ends)
            leaves.append(self.op(f"phi {leaf} {ways}"))
        return Value(kind, tuple(leaves))


@dataclass(eq=False)
class Body:
    """A function while it is translated.

    Attributes
    ----------
    scope
        The names of its module.
    own
        The names that it assigns to.
    call
        Translates another function for types of arguments; returns its symbol, what it returns,
        whether arrays that it makes are left to its caller, and whether it may fail.
    fixed
        Keeps constant items; returns their address.
    known
        Parameters that are never assigned to.
    types, slots
        Other variables: their types, and the addresses of their scalars.
    loops
        Where ``continue`` and ``break`` go.
    leaves
        Where ``return`` goes.
    keeps
        Whether arrays it makes outlive it, because it returns some.
    makes
        Whether it makes arrays that must be given back.
    fails
        Whether it, or what it calls, may ask for memory that is not to be had.
    """

    scope: dict[str, Any]
    own: frozenset[str]
    call: Callable[[Any, tuple[Type, ...]], tuple[str, Type | None, bool, bool]]
    fixed: Callable[[str], str]
    types: dict[str, Type]
    keeps: bool
    write: Writer = field(default_factory=Writer)
    known: dict[str, Value] = field(default_factory=dict)
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    loops: list[tuple[Block, Block]] = field(default_factory=list)
    leaves: Block = field(default_factory=lambda: Block("leave"))
    makes: bool = False
    fails: bool = False


def convert(write: Writer, value: Value, kind: Type) -> Value:
    """Return a value as one of a wider type."""
    if value.type == kind:
        return value
    if isinstance(kind, RecordType):
        pairs = zip(parts(value), kind.holds, strict=True)
        leaves = [leaf for v, t in pairs for leaf in convert(write, v, t).leaves]
        return Value(kind, tuple(leaves))
    if not isinstance(kind, str) or not isinstance(value.type, str) or value.type == FLOAT:
        raise Refused(f"{value.type} cannot be used as {kind}")
    if kind == BOOL:
        raise Refused("a number is not a truth value here")
    leaf = value.leaves[0]
    if value.type == INT and leaf.lstrip("-").isdigit():
        return number(float(leaf))
    how = "sitofp" if value.type == INT else "zext" if kind == INT else "uitofp"
    return Value(kind, (write.op(f"{how} {value.type} {leaf} to {kind}"),))


# A heap is two words: the newest block of memory, and 1 once there was none to be had. Then `take`
# yields null, and every function that may have asked for memory returns at once, up to `run`.
PRELUDE = """
declare noalias ptr @malloc(i64)
declare void @free(ptr)
declare double @hypot(double, double)
declare double @atan2(double, double)
declare double @llvm.sqrt.f64(double)
declare double @llvm.ceil.f64(double)
declare double @llvm.floor.f64(double)
declare double @llvm.rint.f64(double)
declare double @llvm.log.f64(double)
declare double @llvm.exp.f64(double)
declare double @llvm.cos.f64(double)
declare double @llvm.sin.f64(double)
declare double @llvm.fabs.f64(double)
declare double @llvm.pow.f64(double, double)
declare i64 @llvm.abs.i64(i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define internal i64 @product(i64 %a, i64 %b) alwaysinline nounwind {
  %both = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %a, i64 %b)
  %value = extractvalue { i64, i1 } %both, 0
  %over = extractvalue { i64, i1 } %both, 1
  %signs = or i64 %a, %b
  %below = icmp slt i64 %signs, 0
  %wrong = or i1 %over, %below
  %out = select i1 %wrong, i64 -1, i64 %value
  ret i64 %out
}

define internal ptr @take(ptr %heap, i64 %items) nounwind {
begin:
  %bytes = call i64 @product(i64 %items, i64 8)
  %low = icmp slt i64 %bytes, 0
  %high = icmp sgt i64 %bytes, 4611686018427387904
  %wrong = or i1 %low, %high
  br i1 %wrong, label %none, label %ask
ask:
  %all = add i64 %bytes, 16
  %block = call ptr @malloc(i64 %all)
  %missing = icmp eq ptr %block, null
  br i1 %missing, label %none, label %held
none:
  %flag = getelementptr inbounds i64, ptr %heap, i64 1
  store i64 1, ptr %flag
  ret ptr null
held:
  %before = load ptr, ptr %heap
  store ptr %before, ptr %block
  store ptr %block, ptr %heap
  %room = getelementptr inbounds i8, ptr %block, i64 16
  ret ptr %room
}

define internal void @release(ptr %heap, ptr %mark) nounwind {
begin:
  %first = load ptr, ptr %heap
  store ptr %mark, ptr %heap
  br label %test
test:
  %block = phi ptr [ %first, %begin ], [ %before, %more ]
  %done = icmp eq ptr %block, %mark
  br i1 %done, label %end, label %more
more:
  %before = load ptr, ptr %block
  call void @free(ptr %block)
  br label %test
end:
  ret void
}

define internal void @fill(ptr %items, i64 %count, i64 %bits) nounwind {
begin:
  br label %test
test:
  %k = phi i64 [ 0, %begin ], [ %next, %more ]
  %some = icmp slt i64 %k, %count
  br i1 %some, label %more, label %end
more:
  %item = getelementptr inbounds i64, ptr %items, i64 %k
  store i64 %bits, ptr %item
  %next = add nsw i64 %k, 1
  br label %test
end:
  ret void
}

define internal i64 @quotient(i64 %a, i64 %b) alwaysinline nounwind {
  %none = icmp eq i64 %b, 0
  %by = select i1 %none, i64 1, i64 %b
  %q = sdiv i64 %a, %by
  %r = srem i64 %a, %by
  %signs = xor i64 %r, %by
  %unlike = icmp slt i64 %signs, 0
  %some = icmp ne i64 %r, 0
  %down = and i1 %unlike, %some
  %one = zext i1 %down to i64
  %floor = sub i64 %q, %one
  %out = select i1 %none, i64 0, i64 %floor
  ret i64 %out
}

define internal i64 @remainder(i64 %a, i64 %b) alwaysinline nounwind {
  %none = icmp eq i64 %b, 0
  %by = select i1 %none, i64 1, i64 %b
  %r = srem i64 %a, %by
  %signs = xor i64 %r, %by
  %unlike = icmp slt i64 %signs, 0
  %some = icmp ne i64 %r, 0
  %down = and i1 %unlike, %some
  %more = select i1 %down, i64 %by, i64 0
  %up = add i64 %r, %more
  %out = select i1 %none, i64 0, i64 %up
  ret i64 %out
}
"""
