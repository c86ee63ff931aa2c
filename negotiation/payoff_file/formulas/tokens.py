"""Formula text → tokens, checked against an allow-list and for their order.

Nothing here computes, and nothing that fails here is read any further.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from keyword import iskeyword

from negotiation.errors import FormulaError, near_name

__all__ = [
    "FUNCTIONS",
    "Token",
    "decimal_comma",
    "name_fault",
    "quoted",
    "read_number",
    "tokenize",
]

MAX_LENGTH = 2000
MAX_BRACKETS = 40
MAX_SIGNS = 8
MAX_NAME = 60
MAX_NUMBER = 50
MAX_QUOTED = 60
FUNCTIONS = {"min": None, "max": None, "exp": 1, "log": 1, "sqrt": 1, "abs": 1, "tanh": 1}
"""The functions of the language, each with its number of arguments; None is two or more."""


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name or an operator, and its offset in the formula."""

    kind: str
    text: str
    col: int


_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op>\*\*|//|<=|>=|==|!=|<<|>>|<>|:=|&&|\|\||->|[-+*/^(),<>])"
    r"|(?P<space>[ \t\n]+)"
)
_PLAIN_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_AND = "the product of two comparisons, (a > 0) * (b > 0)"
_OR = "max of two comparisons, max(a > 0, b > 0)"
_REFUSED = {
    "#": ("'#' inside a formula", "comments on a line of their own"),
    "'": ("a quoted string", "numbers and names only"),
    '"': ("a quoted string", "numbers and names only"),
    ".": ("'.' after a name (attribute access)", "numbers and names only"),
    "=": ("'='", "== to compare"),
    ":=": ("':='", "one value; name a piece of it under definitions"),
    "%": ("'%'", "a share such as 0.25; there is no remainder operator"),
    "//": ("'//'", "/ for division"),
    ":": ("':'", "a if condition else b to choose between two values"),
    "!": ("'!'", "!= to compare"),
    "<>": ("'<>'", "!= to compare"),
    "<<": ("'<<'", "< to compare"),
    ">>": ("'>>'", "> to compare"),
    "->": ("'->'", "one value"),
    "&": ("'&'", _AND),
    "&&": ("'&&'", _AND),
    "and": ("'and'", _AND),
    "|": ("'|'", _OR),
    "||": ("'||'", _OR),
    "or": ("'or'", _OR),
    "not": ("'not'", "the opposite comparison"),
}
_LOOKALIKES = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
}
_SPELLINGS = (
    (r"[-+]?\.?(nan|inf|infinity)", "is not a finite number", "a finite number"),
    (r".*[0-9]_.*", "is not a number: some readers skip the '_'", "digits only"),
    (r"[-+]?0[xX].*", "is not a number: some readers take it as base 16", "a decimal number"),
    (r"[-+]?0[oObB].*", "is not a number: some readers change its base", "a decimal number"),
    (r"[-+]?[0-9]+(:[0-9]*)+.*", "is not a number: some readers take it as a time", "a number"),
    (r"[-+]?0[0-9]+.*", "starts with 0: some readers take it as octal", "a decimal number"),
    (f".{{{MAX_NUMBER + 1},}}", "is too long", f"a number of at most {MAX_NUMBER} characters"),
    (r"(?s:.*)", "is not a number", "a decimal number such as 0.25, 1000 or 1e3"),
)
_SIZE = "a size between 1e-300 and 1e300, or 0"


def read_number(text: str, col: int = 0) -> Fraction:
    """Read a decimal number exactly; refuse every spelling that two readers could read apart.

    Examples
    --------
    >>> read_number("1e3"), read_number("-0.25")
    (Fraction(1000, 1), Fraction(-1, 4))
    """
    if len(text) > MAX_NUMBER or not _PLAIN_NUMBER.fullmatch(text):
        comma = decimal_comma(text)
        if comma is not None:
            raise comma
        spelling = text[: MAX_NUMBER + 1].lower()
        why, expected = next(row[1:] for row in _SPELLINGS if re.fullmatch(row[0], spelling))
        raise FormulaError(f"{quoted(text)} {why}", col=col, expected=expected)
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > 400:
        raise FormulaError(f"{quoted(text)} is out of bounds", col=col, expected=_SIZE)
    value = Fraction(text)
    if value and not 1e-300 < abs(value) < 1e300:
        raise FormulaError(f"{quoted(text)} is out of bounds", col=col, expected=_SIZE)
    return value


_THOUSANDS = re.compile(r"(?<![\w.,])[0-9]{1,3}(?:,[0-9]{3})+(?![\w,])")
_COMMA = re.compile(r"(?<![\w.,])([0-9]+),([0-9]+)(?![\w,])")


def decimal_comma(text: str) -> FormulaError | None:
    """Return the error of a comma between digits, with the number as it should stand, or None.

    Examples
    --------
    >>> print(decimal_comma("0,85"))
    a comma inside the number 0,85; expected 0.85
    >>> print(decimal_comma("94,000"))
    a comma inside the number 94,000; expected 94000, or 94.000 if the comma marks decimals
    """
    if len(text) > MAX_NUMBER or "(" in text:
        return None
    match = _THOUSANDS.search(text) or _COMMA.search(text)
    if match is None:
        return None
    written = match.group()
    plain, point = written.replace(",", ""), written.replace(",", ".")
    if not _THOUSANDS.fullmatch(written) or plain.startswith("0"):
        expected = point
    else:
        decimals = f", or {point} if the comma marks decimals"
        expected = plain + (decimals if point.count(".") == 1 else "")
    message = f"a comma inside the number {written}"
    return FormulaError(message, col=match.start(), expected=expected)


def name_fault(name: str) -> str:
    """Return the reason why a name cannot be used in formulas, or ''.

    Examples
    --------
    >>> name_fault("patience_us")
    ''
    >>> name_fault("max")
    "'max' is a function"
    """
    if len(name) > MAX_NAME:
        return f"{quoted(name)} is longer than {MAX_NAME} characters"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        return f"{quoted(name)}{_stranger(name)} is not letters, digits and _ after a letter"
    if name.lower() in {"nan", "inf", "infinity"}:
        return f"{quoted(name)} is not a finite number"
    if name in {"e", "pi"}:
        return f"{quoted(name)} reads as a constant, and formulas have none"
    if name in FUNCTIONS:
        return f"{quoted(name)} is a function"
    return f"{quoted(name)} is a word of the formula language" if iskeyword(name) else ""


def _stranger(name: str) -> str:
    """Name the first character from outside ASCII, such as a Cyrillic a."""
    odd = next((c for c in name if not c.isascii()), "")
    return f" (with {unicodedata.name(odd, 'an unnamed character')})" if odd else ""


def quoted(text: str) -> str:
    r"""Return a short printable version of any text, in quotes.

    Examples
    --------
    >>> quoted("one\ntwo"), len(quoted("a" * 100))
    ("'one?two'", 65)
    """
    shown = "".join(c if c.isprintable() else "?" for c in text[:MAX_QUOTED])
    return f"'{shown}{'...' * (len(text) > MAX_QUOTED)}'"


def tokenize(text: str) -> list[Token]:
    """Split a formula into tokens and check that each is allowed and in its place.

    Raises
    ------
    FormulaError
        For the first token that is not, with its offset.
    """
    bare = text.strip()
    if re.fullmatch(r"[-+ ]*\.?(nan|inf|infinity)|~|", bare.lower()):
        shown = f"{quoted(bare)} is not a finite number" if bare else "nothing here"
        raise FormulaError(shown, expected="a number or a formula")
    if len(text) > MAX_LENGTH:
        expected = f"at most {MAX_LENGTH}; name pieces of it under definitions"
        raise FormulaError(f"a formula of {len(text)} characters", expected=expected)
    tokens = list(_tokens(text))
    _check_order(tokens)
    return tokens


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refusal(text[position], position)
        kind, piece = str(match.lastgroup), match.group()
        if piece in _REFUSED:
            raise _refusal(piece, position)
        if kind == "number":
            _check_number(text, match)
        if kind == "name":
            kind = _check_name(piece, position)
        if kind != "space":
            yield Token(kind, piece, position)
        position = match.end()


def _refusal(piece: str, col: int) -> FormulaError:
    if piece in _REFUSED:
        construct, instead = _REFUSED[piece]
        return FormulaError(f"{construct} is not allowed", col=col, expected=instead)
    shown = quoted(piece) if piece.isascii() else unicodedata.name(piece, "an unnamed character")
    return FormulaError(
        f"{shown} is not allowed in a formula",
        col=col,
        expected="plain letters, digits and + - * / ^ ( )",
        hint=_LOOKALIKES.get(piece, ""),
    )


def _check_number(text: str, match: re.Match[str]) -> None:
    """Refuse characters that run on after a number: 1_000, 0x10, 12:30, 2x."""
    word = re.compile(r"[\w.:]*", re.ASCII).match(text, match.end())
    rest = word.group() if word else ""
    if not rest:
        read_number(match.group(), match.start())
        return
    product = re.fullmatch(r"[A-Za-df-z]\w*|[eE]\w*[A-Za-z_]\w*", rest)
    if product and not (match.group() == "0" and rest[0] in "xXoObB"):
        raise FormulaError(
            f"{quoted(match.group() + rest)} is not a number",
            col=match.start(),
            expected="an operator after the number",
            hint=f"{match.group()}*{rest[:MAX_NAME]}",
        )
    read_number(match.group() + rest, match.start())


def _check_name(name: str, col: int) -> str:
    if name in {"if", "else"}:
        return "op"
    fault = "" if name in FUNCTIONS else name_fault(name)
    if fault:
        raise FormulaError(fault, col=col, expected="a number or the name of a parameter")
    return "name"


def _check_order(tokens: list[Token]) -> None:
    """Check that values and operators alternate and that brackets close."""
    brackets: list[Token] = []
    value_next, signs = True, 0
    for k, token in enumerate(tokens):
        signs = signs + 1 if value_next and token.text in {"+", "-"} else 0
        if token.text == "(":
            _check_call(tokens[k - 1] if k else None, token, value_next)
            brackets.append(token)
        elif token.text == ")" and not value_next:
            if not brackets:
                raise _misplaced(token, "a '(' before it")
            brackets.pop()
        else:
            _check_turn(token, value_next)
        value_next = token.kind == "op" and token.text != ")"
        if len(brackets) > MAX_BRACKETS or signs > MAX_SIGNS:
            fault = f"more than {MAX_SIGNS} signs in a row" if signs else "brackets too deep"
            raise FormulaError(fault, col=token.col, expected="a simpler formula")
    if brackets:
        raise FormulaError("'(' is never closed", col=brackets[-1].col, expected="a ')'")
    if value_next:
        last = tokens[-1]
        raise FormulaError(f"nothing after {quoted(last.text)}", col=last.col, expected="a value")


def _check_turn(token: Token, value_next: bool) -> None:
    is_value = token.kind in {"number", "name"}
    if value_next and not (is_value or token.text in {"+", "-"}):
        raise _misplaced(token, "a number, a name or '('")
    if is_value and not value_next:
        raise _misplaced(token, "an operator such as * before it")


def _check_call(before: Token | None, token: Token, value_next: bool) -> None:
    if value_next or (before is not None and before.text in FUNCTIONS):
        return
    if before is not None and before.kind == "name":
        raise FormulaError(
            f"{quoted(before.text)} is not a function",
            col=before.col,
            expected="an operator before '(', or one of " + " ".join(FUNCTIONS),
            hint=near_name(before.text, FUNCTIONS),
        )
    raise _misplaced(token, "an operator such as * before it")


def _misplaced(token: Token, expected: str) -> FormulaError:
    return FormulaError(f"{quoted(token.text)} is out of place", col=token.col, expected=expected)
