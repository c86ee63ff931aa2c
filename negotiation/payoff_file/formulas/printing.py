"""A syntax tree as LaTeX, for reports, and as sympy, for closed forms.

sympy is imported inside the function that needs it: it costs more than everything else together.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from negotiation.payoff_file.formulas.parser import Name, Node, Number, Operation

__all__ = ["latex", "latex_name", "symbolic"]

_SMALL_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|rho|sigma|tau|upsilon"
    "|phi|chi|psi|omega"
)
_GREEK = re.compile(f"{_SMALL_GREEK}|Gamma|Delta|Theta|Lambda|Xi|Sigma|Upsilon|Phi|Psi|Omega")
_COMPARISONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4

_SYMPY_RELATIONS = {"<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "==": "Eq", "!=": "Ne"}
_SYMPY_FUNCTIONS = {"min": "Min", "max": "Max", "abs": "Abs"} | {
    name: name for name in ("exp", "log", "sqrt", "tanh")
}
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
}


def latex_name(name: str) -> str:
    r"""Render an identifier.

    Examples
    --------
    >>> print(latex_name("theta"), latex_name("s_inf"), latex_name("patience_us"))
    \theta s_{\mathrm{inf}} \mathrm{patience\_us}
    """
    head, _, tail = name.partition("_")
    short = head if len(head) == 1 else f"\\{head}" if _GREEK.fullmatch(head) else ""
    numbered = re.fullmatch(r"([A-Za-z])([0-9]+)", name)
    if short and not tail:
        return short if not name.endswith("_") else f"\\mathrm{{{_escaped(name)}}}"
    if numbered:
        return f"{numbered[1]}_{{{numbered[2]}}}"
    if short:
        return f"{short}_{{\\mathrm{{{_escaped(tail)}}}}}"
    return f"\\mathrm{{{_escaped(name)}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")


def latex(tree: Node) -> str:
    """Render a tree."""
    return _render(tree)[0]


def _render(tree: Node) -> tuple[str, int]:
    """Return the LaTeX of a tree and how tightly it binds."""
    if isinstance(tree, Name):
        return latex_name(tree.name), _ATOM
    if isinstance(tree, Number):
        mantissa, _, exponent = tree.text.lower().partition("e")
        if not exponent:
            return tree.text, _ATOM
        return f"{mantissa} \\cdot 10^{{{int(exponent)}}}", _PRODUCT
    if tree.op in _COMPARISONS:
        return f"\\left[{_condition(tree)}\\right]", _ATOM
    return _LATEX[tree.op](*tree.args)


def _at_least(tree: Node, tightness: int) -> str:
    text, binds = _render(tree)
    return text if binds >= tightness else f"\\left({text}\\right)"


def _condition(tree: Node) -> str:
    if isinstance(tree, Operation) and tree.op in _COMPARISONS:
        left, right = tree.args
        return f"{latex(left)} {_COMPARISONS[tree.op]} {latex(right)}"
    return f"{latex(tree)} \\ne 0"


def _sum(a: Node, b: Node) -> tuple[str, int]:
    right = latex(b)
    return f"{latex(a)} + {_signed(b) if right.startswith('-') else right}", _SUM


def _difference(a: Node, b: Node) -> tuple[str, int]:
    return f"{latex(a)} - {_signed(b)}", _SUM


def _signed(tree: Node) -> str:
    """Render the operand of a sign, which must not be another sign or a sum."""
    text, binds = _render(tree)
    bare = binds > _SUM and not text.startswith("-")
    return text if bare else f"\\left({text}\\right)"


def _product(a: Node, b: Node) -> tuple[str, int]:
    left, right = _at_least(a, _PRODUCT), _at_least(b, _PRODUCT)
    if right.startswith("-"):
        right = f"\\left({right}\\right)"
    digits = right[0].isdigit() or right[0] == "." or right.startswith(r"\frac")
    times = r"\cdot" if digits else r"\,"
    return f"{left} {times} {right}", _PRODUCT


def _fraction(a: Node, b: Node) -> tuple[str, int]:
    return f"\\frac{{{latex(a)}}}{{{latex(b)}}}", _PRODUCT


def _power(a: Node, b: Node) -> tuple[str, int]:
    return f"{_at_least(a, _ATOM)}^{{{latex(b)}}}", _POWER


def _negative(a: Node) -> tuple[str, int]:
    return f"-{_signed(a)}", _PRODUCT


def _cases(condition: Node, then: Node, otherwise: Node) -> tuple[str, int]:
    first = f"{latex(then)} & \\text{{if }} {_condition(condition)}"
    text = f"\\begin{{cases}} {first} \\\\ {latex(otherwise)} & \\text{{otherwise}} \\end{{cases}}"
    return text, _SUM


def _function(command: str) -> Callable[..., tuple[str, int]]:
    def render(*args: Node) -> tuple[str, int]:
        return f"{command}\\left({', '.join(map(latex, args))}\\right)", _POWER

    return render


_LATEX: dict[str, Callable[..., tuple[str, int]]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _fraction,
    "**": _power,
    "neg": _negative,
    "if": _cases,
    "abs": lambda a: (f"\\left|{latex(a)}\\right|", _ATOM),
    "sqrt": lambda a: (f"\\sqrt{{{latex(a)}}}", _POWER),
}
_LATEX |= {name: _function(f"\\{name}") for name in ("min", "max", "exp", "log", "tanh")}


def symbolic(tree: Node) -> Any:
    """Return the same tree as a sympy expression over real symbols, numbers exact."""
    import sympy

    relations = {op: getattr(sympy, name) for op, name in _SYMPY_RELATIONS.items()}
    rules = _ARITHMETIC | {op: getattr(sympy, name) for op, name in _SYMPY_FUNCTIONS.items()}

    def condition(node: Node) -> Any:
        if isinstance(node, Operation) and node.op in relations:
            return relations[node.op](*map(convert, node.args))
        return sympy.Ne(convert(node), 0)

    def convert(node: Node) -> Any:
        if isinstance(node, Number):
            return sympy.Rational(node.exact.numerator, node.exact.denominator)
        if isinstance(node, Name):
            return sympy.Symbol(node.name, real=True)
        if node.op in relations:
            return sympy.Piecewise((sympy.Integer(1), condition(node)), (sympy.Integer(0), True))
        if node.op == "if":
            test, then, otherwise = node.args
            return sympy.Piecewise((convert(then), condition(test)), (convert(otherwise), True))
        return rules[node.op](*map(convert, node.args))

    return convert(tree)
