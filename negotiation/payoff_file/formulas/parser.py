"""Formula tokens → checked syntax tree; nothing here computes.

Python's ``ast`` does the parsing and an allow-list of its node types is carried over into three of
our own. The text is never evaluated, compiled or imported.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from negotiation.errors import FormulaError
from negotiation.payoff_file.formulas.tokens import FUNCTIONS, Token, read_number, tokenize

__all__ = ["Name", "Node", "Number", "Operation", "build", "walk"]

MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, and exactly."""

    text: str
    exact: Fraction
    col: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, an attribute or a definition."""

    name: str
    col: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or a function applied to its arguments.

    Attributes
    ----------
    op
        ``+ - * / **``, ``neg``, a comparison, ``if`` (condition, then, else) or a function.
    args
        The operands, in that order.
    col
        Where it starts in the formula, from 0.
    """

    op: str
    args: tuple[Node, ...]
    col: int = 0


Node = Number | Name | Operation

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def build(text: str) -> Node:
    """Read a formula into a checked tree.

    Raises
    ------
    FormulaError
        For anything that is not on the list, with its offset.

    Examples
    --------
    >>> build("-x^2").op
    'neg'
    """
    tokens = tokenize(text)
    if len(tokens) == 1 and tokens[0].kind == "number":
        return Number(tokens[0].text, read_number(tokens[0].text), tokens[0].col)
    places: dict[int, Token] = {}
    pieces: list[str] = []
    at = 0
    for token in tokens:
        places[at] = token
        pieces.append("**" if token.text == "^" else token.text)
        at += len(pieces[-1]) + 1
    try:
        parsed = ast.parse(" ".join(pieces), mode="eval").body
        return _convert(places, parsed, 0)
    except SyntaxError as error:
        offset = max((error.offset or 1) - 1, 0)
        col = places[max(at for at in places if at <= offset)].col
        raise FormulaError(f"this cannot be read: {error.msg}", col=col) from None
    except (RecursionError, MemoryError, ValueError):
        raise FormulaError("operations nested too deeply", expected="shorter pieces") from None


def walk(tree: Node) -> Iterator[Node]:
    """Yield every node of a tree, parents first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Operation):
            waiting.extend(reversed(node.args))


_Places = dict[int, Token]


def _convert(places: _Places, node: ast.expr, depth: int) -> Node:
    col = places[node.col_offset].col
    if depth > MAX_DEPTH:
        raise FormulaError(
            f"more than {MAX_DEPTH} operations inside one another",
            col=col,
            expected="shorter pieces, named under definitions",
        )
    rule = _RULES.get(type(node))
    if rule is None:
        raise FormulaError("a comma outside a function call", col=col, expected="one value")
    return rule(places, node, depth + 1)


def _operation(places: _Places, op: str, first: int, args: list[ast.expr], depth: int) -> Node:
    converted = tuple(_convert(places, arg, depth) for arg in args)
    return Operation(op, converted, places[first].col)


def _number(places: _Places, node: ast.Constant, _depth: int) -> Node:
    token = places[node.col_offset]
    return Number(token.text, read_number(token.text, token.col), token.col)


def _name(places: _Places, node: ast.Name, _depth: int) -> Node:
    token = places[node.col_offset]
    if token.text in FUNCTIONS:
        expected = f"{token.text}(...)"
        raise FormulaError(f"{token.text!r} is a function", col=token.col, expected=expected)
    return Name(token.text, token.col)


def _binary(places: _Places, node: ast.BinOp, depth: int) -> Node:
    operator = _OPERATORS[type(node.op)]
    return _operation(places, operator, node.col_offset, [node.left, node.right], depth)


def _unary(places: _Places, node: ast.UnaryOp, depth: int) -> Node:
    if isinstance(node.op, ast.USub):
        return _operation(places, "neg", node.col_offset, [node.operand], depth)
    return _convert(places, node.operand, depth)


def _compare(places: _Places, node: ast.Compare, depth: int) -> Node:
    if len(node.ops) > 1:
        expected = "the product (a < b) * (b < c)"
        col = places[node.col_offset].col
        raise FormulaError("a chain of comparisons", col=col, expected=expected)
    operator = _OPERATORS[type(node.ops[0])]
    return _operation(places, operator, node.col_offset, [node.left, *node.comparators], depth)


def _choice(places: _Places, node: ast.IfExp, depth: int) -> Node:
    return _operation(places, "if", node.col_offset, [node.test, node.body, node.orelse], depth)


def _call(places: _Places, node: ast.Call, depth: int) -> Node:
    token = places[node.col_offset]
    wanted, count = FUNCTIONS[token.text], len(node.args)
    if count < 2 if wanted is None else count != wanted:
        raise FormulaError(
            f"{token.text} has {count} argument{'s' * (count != 1)}",
            col=token.col,
            expected="2 or more" if wanted is None else str(wanted),
        )
    return _operation(places, token.text, node.col_offset, node.args, depth)


_RULES: dict[type[ast.expr], Callable[..., Node]] = {
    ast.Constant: _number,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Call: _call,
}
