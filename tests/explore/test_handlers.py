"""Requests answered without a server."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import urlencode

import pytest

import negotiation as ng
from negotiation.explore import handlers
from negotiation.explore.handlers import respond
from negotiation.explore.parts import PARTS
from negotiation.explore.requests import Reply, Request
from negotiation.explore.shelf import GIVEN, Typed, key_of
from negotiation.explore.standing import headline, stand
from negotiation.reporting.document import write_report
from negotiation.solution.signalling.solution import solve_signals
from negotiation.solution.signalling.verdict import signalling_verdict
from tests.reference.library import BARGAINS

DILEMMA = ng.bundled()["prisoners-dilemma"].read_text(encoding="utf-8")


def get(name: str, query: str = "", **more: Any) -> Reply:
    return respond(Request(name, query, **{"home": "prisoners-dilemma", **more}))


def body(reply: Reply) -> str:
    return html.unescape(reply.body.decode())


@pytest.mark.parametrize("slug", BARGAINS)
def test_the_page_of_every_model_starts_with_its_verdict(slug: str) -> None:
    reply, model = get("page", f"model={slug}"), ng.load(slug)
    assert reply.status == 200
    if model.kind == "signalling":
        said = signalling_verdict(solve_signals(model))[0]
    else:
        said = headline(stand(model, {}))
    assert said[1:] in body(reply)
    assert "<script>" not in reply.body.decode()
    assert " style=" not in reply.body.decode()
    assert not re.search(r"\son\w+=", reply.body.decode())


@pytest.mark.parametrize("tab", ["answer", "map", "why", "play", "file", "report"])
def test_every_tab_is_a_page(tab: str) -> None:
    reply = get("page", f"model=chicken&tab={tab}&p.prize=2.5")
    assert reply.status == 200
    assert f'data-tab="{tab}"' in body(reply)
    assert "p.prize=2.5" in body(reply)


def test_a_request_twice_is_answered_alike() -> None:
    for name in ("page", "live", *sorted(set(PARTS) - {"time"})):
        assert get(name, "model=chicken").body == get(name, "model=chicken").body


def test_while_a_hand_drags_verdict_table_and_numbers_come_back() -> None:
    reply = body(get("live", "model=chips-for-rare-earths&p.w=0.7&n=12"))
    assert 'data-number="12"' in reply
    assert 'id="truces"' in reply
    values = dict(re.findall(r'<data value="([^"]+)" data-name="([^"]+)">', reply))
    by_name = {name: float(value) for value, name in values.items()}
    wanted = ng.load("chips-for-rare-earths").values(w=0.7)
    assert by_name["s"] == pytest.approx(wanted["s"])  # follows from w by the file's formula


@pytest.mark.parametrize("name", ["page", "live", *sorted(PARTS)])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("p.prise=3&model=chicken", "did you mean 'prize'"),
        ("p.prize=abc&model=chicken", "is not a number"),
        ("p.patience_row=1.5&model=chicken", "expected a number in [0, 1)"),
        ("model=chickn", "did you mean 'chicken'"),
        ("model=../../etc/passwd", "no model of that name"),
        ("model=text-0000", "is not held here any more"),
        ("tab=zzz", "no tab 'zzz'"),
    ],
)
def test_what_is_wrong_is_said_in_place(name: str, query: str, said: str) -> None:
    reply = get(name, query)
    assert reply.status in (200, 422)
    assert said in body(reply) or ("number" in said and "number" in body(reply))
    assert "Traceback" not in body(reply)
    if name == "page":
        assert 'id="app"' in body(reply)


def test_a_mistake_in_the_program_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_request: Request) -> Reply:
        raise ZeroDivisionError("secret")

    monkeypatch.setitem(handlers._HANDLERS, "page", broken)
    reply = get("page")
    assert reply.status == 500
    assert "secret" not in body(reply)
    assert "mistake in the program" in body(reply)


def test_figures_are_plain_data_with_words() -> None:
    for name in ("figure", "map", "why"):
        reply = get(name, "model=chicken").body.decode()
        data = re.findall(r'data-figure="([^"]*)"', reply)
        assert data
        for text in data:
            figure = json.loads(html.unescape(text))
            assert figure["data"]
            assert not re.search(r"#[0-9a-f]{6}", text)  # colours are named by role
        assert re.search(r'role="img" aria-label="[^"]{20,}"', reply)


def test_a_typed_text_is_kept_by_its_digest_and_solved() -> None:
    text = DILEMMA.replace("discount: 0.75", "discount: 0.1")
    reply = respond(Request("text", "", urlencode({"text": text})))
    key = reply.body.decode()
    assert key == key_of(text)
    found = get("page", f"model={key}", typed=Typed("typed.yaml", text))
    assert "NO TRUCE" in body(found) or "RUPTURE" in body(found) or "NO COOP" in body(found)
    given = get("page", f"model={GIVEN}", typed=Typed("mine.yaml", text), home=GIVEN)
    assert "mine.yaml" in body(
        get("page", f"model={GIVEN}&tab=report", typed=Typed("mine.yaml", text), home=GIVEN)
    )
    assert given.status == 200


def test_mistakes_in_a_typed_text_are_named_with_their_lines() -> None:
    text = DILEMMA.replace("], discount:", "], discuont:")
    line = next(k for k, x in enumerate(text.split("\n"), 1) if "discuont" in x)
    reply = body(respond(Request("check", "", text)))
    assert f'data-line="{line}"' in reply
    assert "discount" in reply
    page = body(respond(Request("text", "", urlencode({"text": text}))))
    assert f'data-line="{line}"' in page
    assert "discuont" in page
    assert "No mistakes" in body(respond(Request("check", "", DILEMMA)))


def test_names_from_a_file_cannot_break_out_of_the_page() -> None:
    text = DILEMMA.replace("title: Prisoner's dilemma", "title: <script>alert(1)</script>")
    text = text.replace("cooperation:", '"<img src=x onerror=alert(2)>":').replace("Row", "<u>Row")
    typed = Typed("<b>.yaml", text)
    for name in ("page", "live", "figure", "full", "why"):
        for tab in ("answer", "why", "play", "file"):
            found = get(name, f"model={GIVEN}&tab={tab}", typed=typed, home=GIVEN).body.decode()
            assert not re.search(r"<(script>|img|u>|b>\.yaml)", found)


def test_a_file_is_downloaded_as_it_is() -> None:
    reply = get("download", "model=chicken")
    assert reply.filename == "chicken.yaml"
    assert reply.body == ng.bundled()["chicken"].read_bytes()


def test_a_report_is_a_zip_of_what_the_command_writes(tmp_path: Any) -> None:
    reply = get("report", "model=prisoners-dilemma")
    archive = zipfile.ZipFile(io.BytesIO(reply.body))
    write_report(ng.load("prisoners-dilemma"), "prisoners-dilemma", tmp_path)
    assert (tmp_path / "prisoners-dilemma.md").read_bytes() == archive.read("prisoners-dilemma.md")


def test_a_match_is_played_by_its_address() -> None:
    query = "model=prisoners-dilemma&tab=play&who=Column&moves=1,2"
    page = body(get("page", query))
    assert "D (breach)" in page
    links = re.findall(r'href="/(\?[^"]*)" data-move="2"', page)
    assert "moves=1%2C2%2C2" in links[0]
    over = body(get("page", f"{query}&periods=2"))
    assert "it did not pay" in over
    assert "Play again" in over


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("moves=7", "expected 1 to 2"),
        ("moves=1/1", "do not fit this match"),
        ("moves=x", "is no move"),
        ("against=nobody", "unknown opponent"),
        ("periods=400", "at most 60 here"),
        ("who=Nobody", "no player"),
        ("outcome=none", "unknown outcome"),
    ],
)
def test_an_impossible_match_is_refused_where_it_would_be(query: str, said: str) -> None:
    reply = get("page", f"model=prisoners-dilemma&tab=play&{query}")
    assert reply.status == 200
    assert said in body(reply)


WITH_TERMS = DILEMMA.replace(
    "payoffs:",
    """parameters:
  gift: {value: 0, range: [0, 2], unit: points, meaning: what Row gives Column, grade: assumed}
  tax:  {value: 0, range: [0, 2], unit: points, meaning: what both pay, grade: assumed}
terms: {gift: [0, 2], tax: [0, 2]}
payoffs:""",
).replace("Row: [[9, 1], [10, 3]]", "Row: [[9 - gift - tax, 1], [10, 3]]")


def test_a_model_with_terms_has_a_deal() -> None:
    assert "9 - gift - tax" in WITH_TERMS
    typed = Typed("mine.yaml", WITH_TERMS)
    assert "Deal</a>" in body(get("page", f"model={GIVEN}", typed=typed, home=GIVEN))
    page = body(get("page", f"model={GIVEN}&tab=deal", typed=typed, home=GIVEN))
    assert "what Row gives Column (gift) and what both pay (tax)" in page
    found = body(get("deal", f"model={GIVEN}&tab=deal&p.gift=1", typed=typed, home=GIVEN))
    assert "Nash bargain" in found
    assert "data:image/png;base64," in found
    assert "Deal</a>" not in body(get("page", "model=prisoners-dilemma"))
    assert "names no terms" in body(get("page", "model=prisoners-dilemma&tab=deal"))


def test_a_signalling_game_has_a_tab_of_its_own() -> None:
    page = body(get("page", "model=beer-quiche"))
    assert 'data-tab="signal"' in page
    assert "Play</a>" not in page
    assert "Signal</a>" not in body(get("page", "model=chicken"))
    sentences = signalling_verdict(solve_signals(ng.load("beer-quiche")))
    found = body(get("signal", "model=beer-quiche"))
    assert sentences
    for sentence in sentences:
        assert sentence in found
    assert "data:image/png;base64," in found
    moved = body(get("live", "model=beer-quiche&p.p_strong=0.3"))
    assert signalling_verdict(solve_signals(ng.load("beer-quiche"), p_strong=0.3))[0] in moved
    assert "SEMI-SEPARATING" in moved


def test_the_list_of_a_signalling_game_changes_at_its_mark() -> None:
    found = body(get("marks", "model=beer-quiche"))
    assert re.findall(r"<line x1=\"([\d.]+)%", found) == ["50.000"]  # one half, by hand


@pytest.mark.parametrize("name", sorted(set(PARTS) - {"signal", "marks"}))
def test_what_a_signalling_game_has_not_is_said(name: str) -> None:
    reply = get(name, "model=beer-quiche")
    assert reply.status == 200
    assert "signalling game" in body(reply)


def test_a_map_of_one_number_is_refused() -> None:
    assert "needs two numbers" in body(get("map", "model=abreu-cournot"))
    assert "needs two numbers" in body(get("page", "model=abreu-cournot&tab=map"))
