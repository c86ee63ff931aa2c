"""The same hostile texts in every text of a signalling game: they stay text in its report."""

import json

import pytest
from markdown_it import MarkdownIt

from negotiation.errors import PayoffFileError
from negotiation.payoff_file import loads
from negotiation.reporting import document, signalling_document
from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.signalling import signalling_page
from negotiation.solution.signalling.solution import solve_signals
from tests.reporting.test_hostile import (
    TEXTS,
    check_html,
    check_latex,
    headings_of,
    nodes,
    pandoc,
)

SLOTS = [
    "title",
    "about",
    "date",
    "message",
    "other",
    "response",
    "reply",
    "sender",
    "receiver",
    "unit",
    "meaning",
]
SLOTS += ["unit", "meaning", "source_title", "address", "source_date", "left_out", "kind_of"]


def payoff_file(texts):
    t = {slot: json.dumps(text, ensure_ascii=False) for slot, text in texts.items()}
    m, n, r, s, weak = (t[k] for k in ("message", "other", "response", "reply", "kind_of"))
    return f"""
title: {t["title"]}
kind: signalling
about: {t["about"]}
date: {t["date"]}
types: {{{weak}: 1 - p, strong: p}}
messages: [{m}, {n}]
responses: [{r}, {s}]
players: {{sender: {t["sender"]}, receiver: {t["receiver"]}}}
parameters:
  p: {{value: 0.9, range: [0, 1], unit: {t["unit"]}, meaning: {t["meaning"]}, grade: sourced,
      source: ref}}
payoffs:
  sender:
    {weak}: {{{m}: [0, 2], {n}: [1, 3]}}
    strong: {{{m}: [1, 3], {n}: [0, 2]}}
  receiver:
    {weak}: {{{m}: [1, 0], {n}: [1, 0]}}
    strong: {{{m}: [0, 1], {n}: [0, 1]}}
sources:
  ref: {{title: {t["source_title"]}, address: {t["address"]}, date: {t["source_date"]}}}
not_modelled: [{t["left_out"]}]
"""


def turned(k):
    texts = {slot: f"a {slot.replace('_', ' ')}" for slot in SLOTS}
    taken = 0
    for j, slot in enumerate(SLOTS):
        text = TEXTS[(k + 7 * j) % len(TEXTS)]
        try:
            loads(payoff_file({**texts, slot: text}))
        except PayoffFileError:
            continue
        texts[slot], taken = text, taken + 1
    return loads(payoff_file(texts)), taken


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the reports of all files, each text in each slot once, most without figures."""
    folder, made = tmp_path_factory.mktemp("reports"), []
    patch = pytest.MonkeyPatch()
    patch.setattr(signalling_document, "CASES", 16)
    for k in range(len(TEXTS)):
        model, taken = turned(k)
        with patch.context() as here:
            if k % 16:
                for name in ("tree_figure", "prior_figure"):
                    here.setattr(signalling_document, name, lambda _: None)
                here.setattr(signalling_document, "_map", lambda *_: None)
                here.setattr(signalling_document, "_swept", lambda *_: None)
            path = document.write_report(model, f"x{k}", folder)
        made.append((model, taken, path.read_text(encoding="utf-8")))
    patch.undo()
    return made


def test_reports_have_nothing_live_that_a_file_put_there(written):
    assert sum(taken for _, taken, _ in written) > 0.8 * len(SLOTS) * len(TEXTS)
    bodies = [text.split("---\n", 2)[2] for _, _, text in written]
    for body in bodies:
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
        check_html(html, headings_of(body))
    together, total = "\n\n".join(bodies), sum(map(headings_of, bodies))
    for reader in ("gfm", "markdown"):
        check_html(pandoc(together, "-f", reader, "-t", "html").decode(), total)
    check_latex(pandoc(together, "-f", "markdown", "-t", "latex").decode())
    for _, _, text in written[::8]:
        tree = json.loads(pandoc(text, "-f", "markdown", "-t", "json"))
        kinds = {n["t"] for n in [*nodes(tree["meta"]), *nodes(tree["blocks"])]}
        assert not kinds & {"RawInline", "RawBlock", "Note", "Cite", "Math"}


def test_pages_take_every_text(written):
    for model, _, _ in written[::4]:
        assert "\x1b" not in plain(signalling_page(solve_signals(model)))
