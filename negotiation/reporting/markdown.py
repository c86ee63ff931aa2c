"""Pieces of GitHub-flavoured Markdown, valid in pandoc too.

`Markdown` is a type of its own, which joins with its own kind only. Whatever is a plain string
counts as text, from a payoff file or from us, and is escaped wherever it is put into Markdown; so
nothing that a file says can be more than words.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, urlsplit

from negotiation.reporting.blocks import Block

__all__ = [
    "Markdown",
    "Text",
    "address",
    "bullets",
    "code",
    "document",
    "escape",
    "fenced",
    "fixed",
    "from_block",
    "heading",
    "image",
    "joined",
    "listing",
    "maths",
    "numbered",
    "paragraph",
    "table",
]


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text that is Markdown already; made by this module only.

    Attributes
    ----------
    source
        The Markdown itself.
    """

    source: str

    def __add__(self, other: Markdown) -> Markdown:
        if not isinstance(other, Markdown):
            return NotImplemented
        return Markdown(self.source + other.source)

    def __bool__(self) -> bool:
        return bool(self.source)

    def __format__(self, _: str) -> NoReturn:
        raise TypeError("Markdown is not text: join it by `fixed`, `joined` or `+`")

    def __str__(self) -> NoReturn:
        raise TypeError("Markdown is not text: join it by `fixed`, `joined` or `+`")


Text = str | Markdown
"""Plain text, to be escaped, or Markdown already."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>|$~#^{}@]|&(?=#?\w+;)")
_UNASKED = re.compile(
    r"(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=\bmailto)(?=:)|(?<=\bxmpp)(?=:)|(?=:[\w+-]+:)",
    re.IGNORECASE,
)
"""Where a backslash keeps GitHub from making a link or a picture unasked; a link would swallow the
backslash of what follows it."""
_OPENS = re.compile(
    r"(?P<dash>[-+](?=[-+\s]|$))"
    r"|(?P<rule>=+$)"
    r"|(?P<colon>:(?=[:\s]|$))"
    r"|(?P<percent>%)"
    r"|(?P<paren>\((?=(?:\d{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]+)\)(?:\s|$)))"
    r"|(?P<item>(?:\d{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]+)(?=[.)](?:\s|$)))"
    r"|(?P<caption>[Tt]able(?=:))"
)
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _folded(text: str) -> str:
    """Return text on one line, without characters that cannot be seen."""
    kept = " ".join(text.split())
    if kept.isprintable():
        return kept
    return "".join("?" if unicodedata.category(c) in _UNSEEN else c for c in kept)


def escape(text: str) -> Markdown:
    r"""Escape text so that Markdown shows it literally.

    Examples
    --------
    >>> escape("patience_us is *not* 5 < 6").source
    'patience\\_us is \\*not\\* 5 \\< 6'
    """
    safe = _SPECIAL.sub(lambda m: "\\" + m.group(), _folded(text))
    return Markdown(_UNASKED.sub(lambda _: "\\", safe))


def _source(text: Text) -> str:
    return (text if isinstance(text, Markdown) else escape(text)).source


def fixed(template: str, /, **parts: Text) -> Markdown:
    r"""Put parts into Markdown of our own; those that are text are escaped.

    Parameters
    ----------
    template
        A literal in the code, never text from a file.
    **parts
        What stands for the names in braces.

    Examples
    --------
    >>> fixed("For **{who}**:", who="a_b").source
    'For **a\\_b**:'
    """
    return Markdown(template.format(**{name: _source(part) for name, part in parts.items()}))


def joined(pieces: Iterable[Text], by: str = " ") -> Markdown:
    """Join pieces by a literal of our own, leaving out those that are empty."""
    return Markdown(by.join(_source(piece) for piece in pieces if piece))


def listing(pieces: Iterable[Text]) -> Markdown:
    """Join pieces as in a sentence: a, b and c."""
    *first, last = map(_source, pieces)
    return Markdown(f"{', '.join(first)} and {last}" if first else last)


def code(text: str) -> Markdown:
    r"""Return text as code where it can be, else as plain text.

    Examples
    --------
    >>> code("patience_us").source, code("a`b").source
    ('`patience_us`', 'a\\`b')
    """
    plain = _folded(text)
    if not plain or re.search(r"[`|\\]", plain):
        return escape(plain)
    return Markdown(f"`{plain}`")


def fenced(text: str, language: str) -> Markdown:
    """Return lines of code; `language` is a literal."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(map(_visible, text.split("\n")))
    return Markdown(f"{fence}{language}\n{lines}\n{fence}")


def _visible(line: str) -> str:
    return "".join("?" if unicodedata.category(c) in _UNSEEN else c for c in line)


def address(text: str) -> Markdown:
    r"""Return a link to a page of the web; any other address as plain text.

    Examples
    --------
    >>> address("https://x.org/a b").source, address("ftp://x.org").source
    ('<https://x.org/a%20b>', 'ftp:\\//x.org')
    """
    try:
        parts = urlsplit(text.strip())
        web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        web = False
    if not web:
        return escape(text)
    return Markdown(f"<{quote(text.strip(), safe=_IN_ADDRESSES)}>")


_IN_ADDRESSES = "%:/?#@!&+,;=~-._*'()"
"""What stays as it is in an address, besides letters and digits; all else is percent-encoded."""


def _opened(text: str) -> str:
    """Return the text of a paragraph that nothing at its start makes into anything else."""
    match = _OPENS.match(text)
    if match is None:
        return text
    after = match.lastgroup in {"item", "caption"}
    return f"{match.group()}\\{text[match.end() :]}" if after else f"\\{text}"


def paragraph(text: Text) -> Markdown:
    r"""Return a paragraph, whatever its first character is.

    Examples
    --------
    >>> paragraph("1. - not a list").source
    '1\\. - not a list'
    """
    return Markdown(_opened(_source(text)))


def heading(level: int, text: Text) -> Markdown:
    """Return a heading of a level from 1."""
    return Markdown(f"{'#' * level} {_source(text)}")


def bullets(lines: Iterable[Text]) -> Markdown:
    """Return a list."""
    return Markdown("\n".join(f"- {_opened(_source(line))}" for line in lines))


def numbered(lines: Iterable[Text]) -> Markdown:
    """Return a numbered list."""
    return Markdown("\n".join(f"{k}. {_opened(_source(x))}" for k, x in enumerate(lines, 1)))


def table(header: tuple[Text, ...], rows: Iterable[tuple[Text, ...]]) -> Markdown:
    """Return a table; line breaks in cells become spaces.

    Examples
    --------
    >>> print(table(("a", "b"), (("1", "2"),)).source)
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    texts = ["|".join(f" {' '.join(_source(c).split())} " for c in row) for row in (header, *rows)]
    head = texts[0] if any(header) else "|".join(" " for _ in header)
    ruled = [head, "|".join("---" for _ in header), *texts[1:]]
    return Markdown("\n".join(f"|{text}|" for text in ruled))


def image(alt: str, path: str) -> Markdown:
    """Return an image with its alternative text, given its path from the document."""
    return Markdown(f"![{escape(alt).source}]({quote(path, safe='/-._~')})")


_PART = r"((?:(?!\\begin\{cases\}).)*?)"
_CASES = re.compile(
    rf"\\begin\{{cases\}} {_PART} & \\text\{{if \}} {_PART} \\\\ "
    rf"{_PART} & \\text\{{otherwise\}} \\end\{{cases\}}"
)
"""A choice in a formula: its line break would not survive Markdown, so it is written in a line."""


def maths(latex: str) -> Markdown:
    r"""Return mathematics without backslash escapes that Markdown would consume.

    Parameters
    ----------
    latex
        From `formula.to_latex`, whose names are letters, digits and underscores.

    Examples
    --------
    >>> maths(r"a \, b").source
    '$a \\cdot b$'
    """
    safe = latex.replace(r" \, ", r" \cdot ").replace(r"\,", r" \cdot ")
    while (
        flat := _CASES.sub(r"\\left( \1 \\text{ if } \2, \\text{ otherwise } \3 \\right)", safe)
    ) != safe:
        safe = flat
    safe = safe.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    safe = safe.replace(r"\_", "~").strip()
    return Markdown(f"${safe}$")


def document(front: dict[str, str | int], language: str, parts: Iterable[Text]) -> str:
    """Return a whole document.

    Parameters
    ----------
    front
        What stands before it for other programs. Pandoc reads it as Markdown, so it is escaped.
    language
        Its code, a literal.
    parts
        Headings, tables, lists and all else in order; plain text is a paragraph. Those that are
        empty are left out.
    """
    head = "\n".join(f"{name}: {_front(value)}" for name, value in front.items())
    head += f"\nlang: {language}"
    blocks = (p if isinstance(p, Markdown) else paragraph(p) for p in parts if p)
    body = "\n\n".join(block.source for block in blocks)
    text = f"---\n{head}\n---\n\n{body}"
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip() + "\n"


def _front(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return json.dumps(paragraph(value).source, ensure_ascii=False)


def from_block(block: Block, *, title: bool = True, level: int = 3) -> Markdown:
    """Return a block of a page: a heading, sentences, lists, a table, notes.

    Parameters
    ----------
    block
        As the command line shows it.
    title
        Whether to keep the title.
    level
        Of the heading.
    """
    parts = [heading(level, _sentence_case(block.title))] if title else []
    parts += _paragraphs(block.lines)
    if block.rows:
        parts.append(table(block.header, block.rows))
    parts += map(paragraph, block.notes)
    return joined(parts, "\n\n")


def _paragraphs(lines: tuple[str, ...]) -> list[Markdown]:
    """Group list items together; every other line is a paragraph."""
    parts: list[Markdown] = []
    items: list[str] = []
    for line in (*lines, ""):
        if line.startswith("- "):
            items.append(line[2:])
            continue
        if items:
            parts.append(bullets(items))
            items = []
        if line:
            parts.append(paragraph(line))
    return parts


def _sentence_case(title: str) -> str:
    return title.capitalize() if title.isupper() else title
