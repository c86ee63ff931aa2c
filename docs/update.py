"""Run every example in README.md and docs/, and refill what is generated there.

    python docs/update.py

rewrites the pages in place; tests/test_docs.py fails if that would change anything. A page is read
from top to bottom, and its examples share one folder and one Python namespace. What runs is told
by the first line of a fenced block:

- ``console``: lines that start with ``$ negotiate``; what follows each is its output. Options:
  ``section="If played once"`` keeps one section of it, ``first=5`` so many lines.
- ``python``: runs; a ``text`` block right after it is what it prints.
- ``yaml file=NAME``: written to a file. ``diff file=NAME``: a change to one.

Between ``<!-- generated: NAME -->`` and ``<!-- end -->`` stands the text that one of the functions
in `GENERATED` returns.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
import shlex
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$(\n\n^```text\n(.*?)^```$)?", re.M | re.S)
_REGION = re.compile(r"(^<!-- generated: ([a-z ]+) -->\n)(.*?)(^<!-- end -->$)", re.M | re.S)
_NOT_RUN = {"sh", "text", "json", "toml", "mermaid"}


def pages() -> list[Path]:
    """List the pages with examples."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def rendered(page: Path) -> str:
    """Return the text of a page with every example run and every generated part refilled."""
    text = page.read_text(encoding="utf-8")
    text = _REGION.sub(lambda m: f"{m[1]}{GENERATED[m[2]]()}{m[4]}", text)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return _FENCE.sub(_Reader(page).block, text)


@dataclass
class _Reader:
    """A person who goes through a page and tries everything."""

    page: Path
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "example"})
    exit_code: int = 0

    def block(self, match: re.Match[str]) -> str:
        language, info, body = match[1], match[2].strip(), match[3]
        options = dict(part.split("=", 1) for part in shlex.split(info))
        if language in _NOT_RUN:
            return match[0]
        try:
            if language == "python":
                return self.python(match)
            if language == "console":
                shown = "".join(self.console(body, options))
                return f"```console{match[2]}\n{shown}```{match[4] or ''}"
            {"yaml": self.write, "diff": self.edit}[language](body, options)
        except Exception as error:
            line = match.string[: match.start()].count("\n") + 1
            raise AssertionError(f"{self.page.name}:{line}: {error}") from error
        return match[0]

    def python(self, match: re.Match[str]) -> str:
        code, printed = match[3], io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, self.page.name, "exec"), self.namespace)
        if bool(printed.getvalue()) != bool(match[4]):
            raise ValueError(f"a text block should follow if it prints: {printed.getvalue()!r}")
        shown = f"\n\n```text\n{printed.getvalue()}```" if match[4] else ""
        return f"```python{match[2]}\n{code}```{shown}"

    def write(self, body: str, options: dict[str, str]) -> None:
        if "file" in options:
            Path(options["file"]).write_text(body, encoding="utf-8")

    def edit(self, body: str, options: dict[str, str]) -> None:
        before, after = (
            "".join(line[1:] for line in body.splitlines(True) if line[0] in {" ", sign})
            for sign in "-+"
        )
        path = Path(options["file"])
        text = path.read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise ValueError(f"what the change replaces occurs {text.count(before)} times")
        path.write_text(text.replace(before, after), encoding="utf-8")

    def console(self, body: str, options: dict[str, str]) -> Iterator[str]:
        commands = [line for line in body.splitlines() if line.startswith("$ ")]
        if not body.startswith("$ "):
            raise ValueError("a console block starts with a command")
        for command, following in zip(commands, [*commands[1:], ""], strict=True):
            output = self.run(command[2:])
            if self.exit_code and following != "$ echo $?":
                raise ValueError(f"{command} ends with exit code {self.exit_code}: {output}")
            yield f"{command}\n{_part(output, options)}"

    def run(self, command: str) -> str:
        if command == "echo $?":
            code, self.exit_code = self.exit_code, 0
            return f"{code}\n"
        program, *arguments = shlex.split(command)
        if program != "negotiate":
            raise ValueError(f"{program} is not run here")
        result = CliRunner().invoke(_main(), arguments, prog_name="negotiate")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.exit_code = result.exit_code
        return result.output


def _part(output: str, options: dict[str, str]) -> str:
    """Keep the section or the first lines that a block asks for."""
    lines = output.splitlines(keepends=True)
    if "section" in options:
        start = lines.index(options["section"] + "\n")
        end = next((k for k in range(start, len(lines)) if not lines[k].strip()), len(lines))
        lines = lines[start:end]
    if "first" in options and len(lines) > int(options["first"]):
        lines = [*lines[: int(options["first"])], "...\n"]
    return "".join(lines)


def _main() -> click.Group:
    from negotiation.cli import main

    return main


def command_line() -> str:
    """Return the reference of the commands, from their own help."""
    main = _main()
    context = click.Context(main, info_name="negotiate")
    names = main.list_commands(context)
    return "\n".join(_command(n, c) for n in names if (c := main.get_command(context, n)))


def _command(name: str, command: click.Command) -> str:
    """Return one command: its use, what it does, its options."""
    arguments = [_argument(p) for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option)]
    usage = " ".join(["negotiate", name, *(["[OPTIONS]"] if options else []), *arguments])
    out = [f"### {name}\n", f"```text\n{usage}\n```\n", f"{inspect.cleandoc(command.help or '')}\n"]
    if options:
        rows = [(_cell(_spelling(p)), _cell(f"{p.help} {_default(p)}")) for p in options]
        out.append("| option | |\n|---|---|\n" + "".join(f"| `{a}` | {b} |\n" for a, b in rows))
    return "\n".join(out)


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _spelling(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or (option.name or '').upper()}"
    return ", ".join(option.opts) + value


def _default(option: click.Option) -> str:
    if option.required:
        return "Required."
    return f"Default: {option.default}." if option.show_default else ""


def layers() -> list[list[str]]:
    """Return the packages in the order in which they may import each other, from the top."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    return [re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"]]


def package_drawing() -> str:
    """Return a Mermaid drawing of the packages, from the contract."""
    rows = [
        f"  subgraph layer{k} [ ]\n    " + "\n    ".join(layer) + "\n  end"
        for k, layer in enumerate(layers(), 1)
    ]
    arrows = [f"  layer{k} --> layer{k + 1}" for k in range(1, len(rows))]
    return "\n```mermaid\nflowchart TD\n" + "\n".join([*rows, *arrows]) + "\n```\n\n"


def module_list() -> str:
    """Return a table a package: its modules, with the first line of what each says of itself."""
    parts = []
    for name in (name for layer in layers() for name in layer):
        where = ROOT / "negotiation" / name
        if not where.is_dir():
            parts.append(f"**`{name}`**: {_first_line(name)}\n")
            continue
        for folder in sorted({f.parent for f in where.rglob("*.py")}):
            inside = folder.relative_to(ROOT / "negotiation").as_posix()
            parts.append(f"**`{inside}/`**: {_first_line(inside.replace('/', '.'))}\n")
            modules = sorted(f for f in folder.glob("*.py") if f.stem != "__init__")
            rows = [f"| `{f.stem}` | {_first_line(_dotted(f))} |\n" for f in modules]
            parts.append("| module | |\n|---|---|\n" + "".join(rows) if rows else "")
    return "\n" + "\n".join(part for part in parts if part) + "\n"


def _dotted(file: Path) -> str:
    return ".".join(file.relative_to(ROOT / "negotiation").with_suffix("").parts)


def _first_line(name: str) -> str:
    module = importlib.import_module(f"negotiation.{name}")
    return _cell((module.__doc__ or "").split("\n\n")[0])


def public_names() -> str:
    """Return a table of what ``import negotiation`` offers."""
    package = importlib.import_module("negotiation")
    rows = []
    for name in package.__all__:
        home = importlib.import_module(f"negotiation.{package._HOME[name]}")
        said = inspect.getdoc(getattr(home, name)) or ""
        rows.append(f"| `{name}` | `{home.__name__}` | {_cell(said.split(chr(10) * 2)[0])} |")
    return "\n| name | from | |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split()).replace("``", "`")


def glossary() -> str:
    """Return the words of `negotiate explain`."""
    from negotiation.reporting.glossary import glossary_markdown

    return glossary_markdown()


GENERATED: dict[str, Callable[[], str]] = {
    "glossary": glossary,
    "command line": lambda: f"\n{command_line()}\n",
    "module list": module_list,
    "package drawing": package_drawing,
    "public names": public_names,
}


def update() -> list[Path]:
    """Rewrite the pages that changed, and return them."""
    changed = []
    for page in pages():
        text = rendered(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            changed.append(page)
    return changed


if __name__ == "__main__":
    for path in update():
        sys.stdout.write(f"updated {path.relative_to(ROOT)}\n")
