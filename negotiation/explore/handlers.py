"""Requests answered: pure functions from a request to a reply, tried out without a server."""

from __future__ import annotations

import io
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from markupsafe import Markup

from negotiation.errors import NegotiationError, PayoffFileError, UsageError
from negotiation.explore import matches, signals
from negotiation.explore.address import TABS, View, read, settings_of
from negotiation.explore.parts import PARTS, map_spans
from negotiation.explore.pictures import payoffs
from negotiation.explore.rendering import bars, drawn, filled, plain
from negotiation.explore.requests import HTML, TEXT, YAML, ZIP, Reply, Request
from negotiation.explore.shelf import (
    GIVEN,
    Typed,
    as_written,
    key_of,
    opened,
    text_of,
)
from negotiation.explore.sliders import FIRST, sliders
from negotiation.explore.standing import Standing, headline, short_unit, stand
from negotiation.payoff_file import bundled, loads
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.verdict import listed

__all__ = ["respond"]

_TAB_NAMES = {
    "answer": "Answer",
    "signal": "Signal",
    "map": "Map",
    "time": "Over time",
    "why": "Why",
    "deal": "Deal",
    "play": "Play",
    "file": "File",
    "report": "Report",
}
_SORRY = "Something went wrong here; that is a mistake in the program, not in what you did."


def respond(request: Request) -> Reply:
    """Answer a request; what goes wrong is a sentence, never a traceback."""
    try:
        return _HANDLERS[request.name](request)
    except NegotiationError as error:
        return _refused(request, str(error))
    except Exception:
        traceback.print_exc(file=sys.stderr)
        return Reply(_SORRY.encode(), 500, TEXT)


def _refused(request: Request, said: str) -> Reply:
    """Return a refusal in the place of what was asked for.

    To the page's own script it is an answer like any other, status 200: browsers print others to
    their console, and a number out of bounds is no fault.
    """
    if request.name == "page":
        return _page_without_answer(request, said)
    if request.name == "live":
        return _html(filled("verdict.html", refusal=said, view=_view_or_first(request)))
    if request.name in PARTS:
        return _html(Markup('<p class="refusal" role="alert">{}</p>').format(said))
    return Reply(said.encode(), 422, TEXT)


def _view_or_first(request: Request) -> View:
    try:
        return read(request.query, request.home)
    except UsageError:
        return View(request.home)


def _page_without_answer(request: Request, said: str) -> Reply:
    """Return the page at the numbers of the file, or of a bundled model, with a refusal on top."""
    view = _view_or_first(request)
    for key, typed in ((view.model, request.typed), (request.home, request.typed), (_SAFE, None)):
        try:
            model = opened(key, typed)
        except NegotiationError:
            continue
        context = _context(request, model, View(key)) | {"refusal": said}
        return _html(filled("page.html", **context), 422)
    return Reply(said.encode(), 422, TEXT)


_SAFE = "prisoners-dilemma"


def page(request: Request) -> Reply:
    """Return the whole page of a view."""
    view = read(request.query, request.home)
    model = opened(view.model, request.typed)
    return _html(filled("page.html", **_context(request, model, view)))


def _context(request: Request, model: PayoffFile, view: View) -> dict[str, Any]:
    found = _verdict(model, view)
    left_out = _left_out(model)
    if view.tab == "answer" and view.tab in left_out:
        view = replace(view, tab="signal")
        found["view"] = view
    tabs = [t for t in TABS if t not in left_out]
    if view.tab in left_out:
        raise UsageError(left_out[view.tab])
    return found | {
        "menu": _menu(request, model, view),
        "tabs": tabs,
        "tab_names": _TAB_NAMES,
        "first": FIRST,
        "unfold": any(name not in found["shown_first"] for name, _ in view.given),
        "panel": f"{view.tab}.html",
        **_panel(request, model, view, found["standing"]),
    }


def _left_out(model: PayoffFile) -> dict[str, str]:
    """Return the tabs in which a model has nothing to show, with the reason."""
    found = {}
    if model.kind == "signalling":
        reason = "this is a signalling game, all of which is in the tab Signal"
        return dict.fromkeys(("answer", "map", "time", "why", "deal", "play"), reason)
    found["signal"] = "nobody knows more than the other side in this model"
    if model.kind != "dynamic":
        found["time"] = "nothing moves in this model; expected another tab than Over time"
    if not model.terms:
        found["deal"] = (
            "this model names no terms to bargain over; expected a section 'terms:', or "
            "negotiate deal with --term"
        )
    return found


def _menu(request: Request, model: PayoffFile, view: View) -> list[tuple[str, str]]:
    menu = [(slug, slug) for slug in bundled()]
    if view.model not in dict(menu):
        menu.insert(0, (view.model, model.title))
    if request.home == GIVEN and view.model != GIVEN:
        menu.insert(0, (GIVEN, "the file that was given"))
    return menu


def _verdict(model: PayoffFile, view: View) -> dict[str, Any]:
    """Return what the verdict, the sliders and the table of truces need."""
    given = settings_of(model, view)
    if model.kind == "signalling":
        values = {name: float(x) for name, x in model.values(**given).items()}
        solution = signals.signalled(model, given)
        found = {"badge": signals.badge(solution), "said": signals.said(solution), "holds": True}
        return _numbers(model, view, values, given) | found | {"standing": None}
    standing = stand(model, given)
    return _numbers(model, view, standing.values, given) | _truces(model, standing)


def _numbers(
    model: PayoffFile, view: View, values: dict[str, float], given: dict[str, Any]
) -> dict[str, Any]:
    """Return what the sliders need."""
    numbers = sliders(model, values, given)
    outside = [s.parameter.name for s in numbers if s.outside]
    return {
        "view": view,
        "model": model,
        "values": values,
        "refusal": "",
        "outside": ", ".join(outside),
        "sliders": numbers,
        "shown_first": [s.parameter.name for s in numbers[:FIRST]],
    }


def _truces(model: PayoffFile, found: Standing) -> dict[str, Any]:
    """Return what the verdict and the table of truces need."""
    return {
        "standing": found,
        "badge": found.regime,
        "said": _said(found),
        "holds": any(r.sustained for r in found.rows),
        "players": found.game.players,
        "actions": found.game.actions,
        "unit": short_unit(model),
        "bars": bars(found),
    }


def _said(found: Standing) -> str:
    said = headline(found)
    if found.model.kind != "dynamic":
        return said
    return f"If nothing moved: {said[:1].lower()}{said[1:]}"


def _panel(
    request: Request, model: PayoffFile, view: View, found: Standing | None
) -> dict[str, Any]:
    """Return what the open tab needs beside."""
    if view.tab == "answer" and found is not None:
        return {"figure": drawn(payoffs(found, None), "payoffs")}
    if view.tab == "map":
        return {"spans": map_spans(model, view)}
    if view.tab == "why":
        return {"outcomes": _names(model)}
    if view.tab == "deal":
        known = {p.name: p.meaning or p.name for p in model.parameters}
        return {"terms": listed(f"{known[name]} ({name})" for name, _ in model.terms)}
    if view.tab == "play":
        return matches.context(model, view)
    if view.tab == "file":
        text = text_of(view.model, request.typed)
        checked = f"No mistakes: {model.title}."
        return {"text": text, "typed": request.typed, "problems": (), "checked": checked}
    if view.tab == "report":
        sets = "".join(f" --set {name}={text}" for name, text in view.given)
        return {"command": f"negotiate report {_file_name(view, model)}{sets}"}
    return {}


def _names(model: PayoffFile) -> list[str]:
    still = model.frozen()
    named = list(dict.fromkeys(o.name for o in still.outcomes))
    return named or [f"{a} / {b}" for a in still.actions[0] for b in still.actions[1]]


def _file_name(view: View, model: PayoffFile) -> str:
    """Return what the command line calls the model: its name, or its file's without the folder."""
    return view.model if view.model in bundled() else Path(model.path).name


def live(request: Request) -> Reply:
    """Return what changes while a hand drags: verdict, table of truces, values of all numbers."""
    view = read(request.query, request.home)
    context = _verdict(opened(view.model, request.typed), view)
    values = Markup("").join(
        Markup('<data value="{}" data-name="{}"></data>').format(plain(x), name)
        for name, x in context["values"].items()
    )
    pieces = [filled("verdict.html", **context)]
    if context["standing"] is not None:
        pieces.append(filled("truces.html", **context))
    return _html(Markup("").join(pieces) + Markup('<div id="values">{}</div>').format(values))


def part(request: Request) -> Reply:
    """Return a piece of the page that takes longer."""
    view = read(request.query, request.home)
    model = opened(view.model, request.typed)
    given = settings_of(model, view)
    if request.name in (reasons := _left_out(model)):
        raise UsageError(reasons[request.name])
    if request.name in ("deal", "full", "time"):
        model = as_written(view.model, request.typed, given)
    return _html(PARTS[request.name](model, view))


def check(request: Request) -> Reply:
    """Return the mistakes of the text that was typed, each at its line."""
    problems, said = _problems(request.body)
    return _html(filled("problems.html", problems=problems, checked=said))


def _problems(text: str) -> tuple[tuple[Any, ...], str]:
    try:
        model = loads(text, "typed.yaml")
    except PayoffFileError as error:
        return error.problems, ""
    return (), f"No mistakes: {model.title}."


def text(request: Request) -> Reply:
    """Return the key of a typed text if it is a model, else the page with its mistakes."""
    typed = typed_text(request.body)
    problems, _ = _problems(typed)
    if not problems:
        return Reply(key_of(typed).encode(), 200, TEXT)
    view = View(request.home, tab="file")
    context = _context(
        replace(request, typed=request.typed), opened(request.home, request.typed), view
    )
    context |= {"text": typed, "typed": Typed("typed.yaml", typed), "problems": problems}
    return _html(filled("page.html", **context))


def typed_text(body: str) -> str:
    """Return the field ``text`` of a form, with its line ends as files have them."""
    fields = parse_qs(body, keep_blank_values=True, max_num_fields=4)
    return fields.get("text", [""])[0].replace("\r\n", "\n")


def download(request: Request) -> Reply:
    """Return the payoff file."""
    view = read(request.query, request.home)
    model = opened(view.model, request.typed)
    name = Path(_file_name(view, model)).stem or "model"
    return Reply(text_of(view.model, request.typed).encode(), 200, YAML, f"{name}.yaml")


def report(request: Request) -> Reply:
    """Return a report with its figures, as a zip archive.

    It is written to a temporary folder, which is gone before this returns.
    """
    from negotiation.reporting.document import write_report

    view = read(request.query, request.home)
    model = opened(view.model, request.typed)
    given, name = settings_of(model, view), Path(_file_name(view, model)).stem or "model"
    model = as_written(view.model, request.typed, given)
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        write_report(model, name, Path(folder), settings=given)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(folder))
    return Reply(packed.getvalue(), 200, ZIP, f"{name}.zip")


def _html(markup: Markup, status: int = 200) -> Reply:
    return Reply(markup.encode(), status, HTML)


_HANDLERS: dict[str, Callable[[Request], Reply]] = {
    "page": page,
    "live": live,
    **dict.fromkeys(PARTS, part),
    "check": check,
    "text": text,
    "download": download,
    "report": report,
}
