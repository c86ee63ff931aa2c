"""A report in other formats than Markdown: one page of HTML, a Word file, a PDF.

HTML holds all that it needs: style sheet, figures, diagrams and formulas. A Word file is made by
pandoc and a PDF by a browser, where these programs are installed.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from negotiation.errors import NegotiationError, UsageError
from negotiation.files.writing import unwritable, write_whole
from negotiation.reporting.figures.diagram import diagram_picture, read_diagram
from negotiation.reporting.figures.drawing import write
from negotiation.reporting.markdown import image

__all__ = ["FORMATS", "refuse_unready", "to_docx", "to_html", "to_pdf", "write_as"]

FORMATS = ("md", "html", "docx", "pdf")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SECONDS = 180
_FENCE = re.compile(r"^```mermaid\n(.*?)\n```$", re.M | re.S)
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 Georgia, "Times New Roman", serif; color: #111; background: #fff;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3, h4, th, nav { font-family: Helvetica, Arial, sans-serif; line-height: 1.25; }
h2 { margin-top: 2.2em; border-bottom: 1px solid #999; }
nav { font-size: .9em; } nav ol { columns: 2; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .88em; }
thead:not(:has(th:not(:empty))) { display: none; }
th, td { border: 1px solid #bbb; padding: .2em .5em; text-align: left; vertical-align: top; }
img { max-width: 100%; height: auto; display: block; margin: .5em 0; }
pre { overflow-x: auto; white-space: pre-wrap; background: #f4f4f4; padding: .6em; }
code { overflow-wrap: anywhere; }
a { color: #0b4f9e; }
@page { size: A4; margin: 18mm 16mm; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10.5pt; }
  h2, h3 { break-after: avoid; } tr, img, figure { break-inside: avoid; }
  table { display: table; font-size: 8.5pt; } a { color: inherit; }
}
"""


def refuse_unready(kind: str) -> None:
    """Refuse a format that is none, or that needs a program which is not installed.

    Raises
    ------
    UsageError
        Saying what to install, or to do without.
    """
    if kind not in FORMATS:
        raise UsageError(f"unknown format {kind!r}; expected one of: {', '.join(FORMATS)}")
    if kind == "docx" and _pandoc() is None:
        raise UsageError(
            "a Word file is made by pandoc, which is not installed; expected pandoc "
            "(https://pandoc.org/installing.html), or --format html, which Word opens"
        )
    if kind == "pdf" and _browser() is None:
        raise UsageError(
            "a PDF is printed by Chromium or Chrome, and neither is installed; expected one of "
            "them, or --format html, which any browser prints"
        )


def write_as(kind: str, make: Callable[[Path], Path], folder: Path) -> Path:
    """Write a report in a format.

    Parameters
    ----------
    kind
        One of `FORMATS`.
    make
        Writes the report in Markdown, with its figures, to a folder, and returns its path.
    folder
        Where the report goes; made if it does not exist.

    Raises
    ------
    UsageError
        If it cannot be written, or the format needs a program that is not installed.
    """
    refuse_unready(kind)
    if kind == "md":
        return make(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None
    convert = {"html": _html_bytes, "docx": to_docx, "pdf": to_pdf}[kind]
    with tempfile.TemporaryDirectory() as made:
        written = make(Path(made))
        data = convert(written.read_text("utf-8"), Path(made))
    target = folder / f"{written.stem}.{kind}"
    write_whole(target, data)
    return target


def _html_bytes(text: str, folder: Path) -> bytes:
    return to_html(text, folder).encode()


def to_html(text: str, folder: Path) -> str:
    """Return a report as one page of HTML that needs nothing else.

    Parameters
    ----------
    text
        The report in Markdown.
    folder
        Where its figures are; diagrams are drawn there too.
    """
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    front, body = _split(_drawn(text, folder))
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.use(dollarmath_plugin, renderer=_formula)
    tokens = reader.parse(body)
    entries = list(_numbered_headings(tokens))
    for token in (child for t in tokens for child in t.children or []):
        if token.type == "image":
            token.attrs["src"] = _inlined(folder, str(token.attrs["src"]))
    title = escape(_title(front, entries))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_with_contents(reader.renderer.render(tokens, reader.options, {}), entries)}"
        "</body>\n</html>\n"
    )


def _split(text: str) -> tuple[str, str]:
    """Return what stands before a document for other programs, and the document."""
    if not text.startswith("---\n"):
        return "", text
    _, front, body = text.split("---\n", 2)
    return front, body


def _title(front: str, entries: list[tuple[int, str, str]]) -> str:
    first = next((words for level, words, _ in entries if level == 1), "")
    match = re.search(r'^(?:page)?title: "(.*)"$', front, re.M)
    return first or (match[1] if match else "Report")


def _numbered_headings(tokens: list[Any]) -> Iterator[tuple[int, str, str]]:
    """Give headings identifiers; yield the level, the words and the identifier of each."""
    count = 0
    for token, words in pairwise(tokens):
        if token.type == "heading_open":
            count += 1
            token.attrs["id"] = f"s{count}"
            plain = "".join(c.content for c in words.children or [] if c.type != "image")
            yield int(token.tag[1:]), plain, f"s{count}"


def _with_contents(body: str, entries: list[tuple[int, str, str]]) -> str:
    """Put the table of contents before the first section."""
    items = "".join(f'<li><a href="#{i}">{escape(w)}</a></li>\n' for k, w, i in entries if k == 2)
    contents = f'<nav aria-label="Contents">\n<ol>\n{items}</ol>\n</nav>\n' if items else ""
    before, mark, after = body.partition("<h2")
    return before + contents + mark + after


def _inlined(folder: Path, source: str) -> str:
    """Return a figure as an address that holds it: the SVG beside a PNG, if there is one."""
    from urllib.parse import unquote

    path = folder / unquote(source)
    inside = path.resolve().is_relative_to(folder.resolve())
    drawn = path.with_suffix(".svg")
    path, kind = (drawn, "svg+xml") if drawn.is_file() else (path, "png")
    if not inside or not path.is_file():
        return ""
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _formula(latex: str, _options: Any) -> str:
    """Return a formula as MathML, in pieces between which a line can break."""
    from latex2mathml.converter import convert

    first, *more = _pieces(latex.strip())
    return " ".join(map(convert, (first, *(f"{{}} {piece}" for piece in more))))


def _pieces(latex: str) -> list[str]:
    r"""Split a formula before the plus and minus signs that stand in no bracket.

    Examples
    --------
    >>> _pieces(r"a + \left(b - c\right) - \frac{d + e}{f}")
    ['a', '+ \\left(b - c\\right)', '- \\frac{d + e}{f}']
    """
    pieces, depth, start = [], 0, 0
    for match in re.finditer(r"\\left|\\right|\\begin|\\end|[{}]|(?<= )[-+](?= )", latex):
        sign = match.group()
        if sign in {"+", "-"}:
            if not depth and match.start() > start:
                pieces.append(latex[start : match.start()].strip())
                start = match.start()
        else:
            depth += 1 if sign in {"{", "\\left", "\\begin"} else -1
    return [*pieces, latex[start:].strip()]


def _drawn(text: str, folder: Path) -> str:
    """Return a report with its diagrams drawn as figures, which are written to the folder."""
    count = 0

    def draw(match: re.Match[str]) -> str:
        nonlocal count
        diagram = read_diagram(match[1])
        if diagram is None:
            return match[0]
        count += 1
        picture = diagram_picture(diagram, f"diagram-{count}")
        (folder / "figures").mkdir(exist_ok=True)
        for kind in ("svg", "png"):
            write(picture, folder / "figures" / f"{picture.name}.{kind}")
        return image(picture.alt, f"figures/{picture.name}.png").source

    return _FENCE.sub(draw, text)


def to_docx(text: str, folder: Path) -> bytes:
    """Return a report as a Word file, by pandoc; parameters as for `to_html`."""
    pandoc = _pandoc()
    assert pandoc is not None, "asked for before"
    _, body = _split(_drawn(text, folder))
    source, target = folder / "report.markdown", folder / "report.docx"
    source.write_text(body, encoding="utf-8")
    _run([pandoc, "--from", "markdown-implicit_figures-yaml_metadata_block", "--to", "docx",
          "--resource-path", str(folder), "--output", str(target), str(source)])  # fmt: skip
    return target.read_bytes()


def to_pdf(text: str, folder: Path) -> bytes:
    """Return a report as a PDF, by a browser; parameters as for `to_html`.

    No date stands in it, but browsers number its parts anew each time.
    """
    browser = _browser()
    assert browser is not None, "asked for before"
    source, target = folder / "report.html", folder / "report.pdf"
    source.write_text(to_html(text, folder), encoding="utf-8")
    # Chromium refuses to shut itself in for root; the page is ours and runs nothing.
    root = ["".join(("--no-sand", "box"))] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    _run([browser, "--headless", "--disable-gpu", *root, f"--user-data-dir={folder / 'browser'}",
          "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()])  # fmt: skip
    return re.sub(
        rb"/(CreationDate|ModDate) \(D:[^)]*\)",
        lambda m: b"/%s (D:19700101000000+00'00')" % m[1],
        target.read_bytes(),
    )


def _run(command: list[str]) -> None:
    program = Path(command[0]).name
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise NegotiationError(f"{program} did not answer within {_SECONDS} seconds") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()[-1:] or [
            "no reason given"
        ]
        raise NegotiationError(f"{program} failed: {said[0]}") from None
    except OSError as error:
        raise NegotiationError(f"{program} cannot be run: {error.strerror}") from None


def _pandoc() -> str | None:
    """Return the path of pandoc: on the search path, or the one that pypandoc carries."""
    installed = shutil.which("pandoc")
    if installed:
        return installed
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError):
        return None


def _browser() -> str | None:
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)
