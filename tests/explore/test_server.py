"""The server under hostile hands: it goes on serving, leaks nothing, shows no traceback."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import negotiation as ng
from tests.explore.served import Served, served

for needed in ("starlette", "uvicorn", "plotly"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")
httpx = pytest.importorskip("httpx", reason="httpx is not installed")

DILEMMA = ng.bundled()["prisoners-dilemma"].read_text(encoding="utf-8")
ATTACKS = (
    "__import__('os').system('id')", "().__class__.__mro__", "open('/etc/passwd').read()",
    "9**9**9**9", "lambda: 0", "exec('1')", "`id`", "{{7*7}}",
)  # fmt: skip
LEAKS = ("Traceback", 'File "', "root:", "site-packages", str(Path(__file__).parents[2]), "49}")


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served("prisoners-dilemma") as found:
        yield found
    assert "Traceback" not in "".join(found.printed), found.printed


@pytest.fixture
def client(site: Served) -> Iterator[Any]:
    with httpx.Client(base_url=site.address, timeout=60) as found:
        yield found
    with httpx.Client(base_url=site.address, timeout=60) as fresh:
        assert "cooperation" in fresh.get("/live").text  # it still serves


def harmless(reply: Any) -> bool:
    assert [leak for leak in LEAKS if leak in reply.text] == []
    assert reply.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'"
    )
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in reply.headers
    return True


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "localhost:1", "", "[::1]"],
)
def test_another_name_is_not_answered(client: Any, host: str) -> None:
    reply = client.get("/", headers={"Host": host})
    assert harmless(reply)
    assert reply.status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "file://"])
@pytest.mark.parametrize("path", ["/check", "/text"])
def test_another_page_is_not_answered(client: Any, origin: str, path: str) -> None:
    reply = client.post(path, content="text=x", headers={"Origin": origin})
    assert harmless(reply)
    assert reply.status_code == 403


def test_another_page_cannot_fetch_but_a_link_to_this_one_works(client: Any) -> None:
    asked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/live", headers=asked).status_code == 403
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=linked).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../explore.py", "/static/..%2f..%2f__init__.py", "/static/%2e%2e%2fserver.py",
        "/static/%00", "/etc/passwd", "/part/__class__", "/part/report",
        "/live/../../x", "/wp-admin.php", "/.git/config", "/static/", "/part/" + "a" * 5000,
    ],
)  # fmt: skip
def test_there_is_nothing_elsewhere(client: Any, path: str) -> None:
    reply = client.get(path)
    assert harmless(reply)
    assert reply.status_code in (404, 405)


@pytest.mark.parametrize(
    "query",
    [
        "model=../../../../etc/passwd", "model=/etc/passwd", "model=file", "model=text-" + "f" * 16,
        "model=%00", "p.patience_row=nan", "p.patience_row=1e400", "p.patience_row=", "p.=1",
        "p.patience_row=" + "9" * 4000, "p.patience_row=1/0", "p.nobody=1", "tab=%3Cscript%3E",
        "moves=" + "1," * 500 + "1&tab=play", "periods=99999999999999999999&tab=play",
        "outcome=%3Cimg%20src%3Dx%3E&tab=why", "x=__class__&tab=map", "a" * 9000, "%ff%fe=%ff",
        "&".join(["p.a=1"] * 300), "seed=-1&tab=play", "n=x",
        *(f"p.patience_row={quote(attack)}" for attack in ATTACKS),
    ],
)  # fmt: skip
def test_addresses_that_make_no_sense_are_sentences(client: Any, query: str) -> None:
    for path in ("/", "/live", "/part/figure", "/part/map"):
        reply = client.get(f"{path}?{query}")
        assert harmless(reply)
        assert reply.status_code in (200, 404, 414, 422)
        assert "<img src=x>" not in reply.text
        assert "<script>" not in reply.text.replace("&lt;script&gt;", "")


@pytest.mark.parametrize("attack", ATTACKS)
def test_formulas_that_attack_are_mistakes_at_their_line(client: Any, attack: str) -> None:
    text = DILEMMA.replace("[[9, 1], [10, 3]]", f"[[{json.dumps(attack)}, 1], [10, 3]]")
    assert text != DILEMMA
    line = next(k for k, x in enumerate(text.split("\n"), 1) if json.dumps(attack) in x)
    reply = client.post("/check", content=text.encode())
    assert harmless(reply) if attack != "{{7*7}}" else True
    assert f'data-line="{line}"' in reply.text
    reply = client.post("/text", data={"text": text})
    assert reply.status_code == 200
    assert f'data-line="{line}"' in reply.text


def test_huge_bodies_are_not_read_to_the_end(client: Any) -> None:
    for path in ("/check", "/text"):
        reply = client.post(path, content=b"a" * 4_000_000)
        assert harmless(reply)
        assert reply.status_code == 413
    reply = client.post("/check", content=b"\xff\xfe\x00")
    assert harmless(reply)
    assert reply.status_code == 400


def test_a_text_just_too_large_is_a_mistake(client: Any) -> None:
    reply = client.post("/check", content=DILEMMA + "#" * 1_000_001)
    assert harmless(reply)
    assert "1" in reply.text
    assert 'data-count="1"' in reply.text


def test_other_verbs_are_not_understood(client: Any) -> None:
    for verb in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        reply = client.request(verb, "/")
        assert harmless(reply)
        assert reply.status_code == 405
    assert client.post("/live").status_code == 405


@pytest.mark.usefixtures("client")
def test_a_hundred_drags_at_once_are_all_answered(site: Served) -> None:
    found: list[tuple[int, int, str]] = []

    def drag(k: int) -> None:
        with httpx.Client(base_url=site.address, timeout=120) as mine:
            reply = mine.get(f"/live?p.patience_row={0.3 + k / 1000:.3f}&n={k}")
            found.append((k, reply.status_code, reply.text))

    threads = [threading.Thread(target=drag, args=(k,)) for k in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 100
    assert {status for _, status, _ in found} <= {200, 503}
    answered = [(k, text) for k, status, text in found if status == 200]
    assert len(answered) >= 40
    for k, text in answered:
        assert f'data-number="{k}"' in text  # nobody gets another's answer
        assert f'value="{float(f"{0.3 + k / 1000:.3f}")}" data-name="patience_row"' in text


def test_clients_that_vanish_do_no_harm(site: Served, client: Any) -> None:
    for sent in (
        b"GET /live?p.patience_row=0.5 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % site.port,
        b"POST /check HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 900\r\n\r\nabc" % site.port,
        b"GET / HTTP/1.1\r\nHost: 127",
        b"\x16\x03\x01\x00\xff nonsense",
        b"",
    ):
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", site.port), timeout=10) as raw:
                raw.sendall(sent)
    time.sleep(0.5)
    assert client.get("/live").status_code == 200


def test_a_typed_text_has_an_address(client: Any) -> None:
    text = DILEMMA.replace("0.75", "0.05")
    reply = client.post("/text", data={"text": text})
    assert reply.status_code == 303
    where = reply.headers["location"]
    assert where.startswith("/?model=text-")
    assert client.get(where).status_code == 200
    assert client.get("/download" + where[1:]).text == text


def test_only_what_belongs_to_the_page_is_served_as_files(client: Any) -> None:
    import plotly

    ours = client.get("/static/plotly.min.js")
    installed = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert ours.content == installed.read_bytes()
    for name in ("explore.js", "explore.css", "icon.svg"):
        assert client.get(f"/static/{name}").status_code == 200


def test_the_policy_allows_no_script_but_the_pages_own(client: Any) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    "base",
    ["/etc/passwd", "../../../etc/passwd", "pyproject.toml", "~/.bashrc", "file:///etc/passwd"],
)
def test_a_typed_text_extends_bundled_models_only(client: Any, base: str) -> None:
    reply = client.post("/check", content=f"extends: {base}\ntitle: x\n")
    assert harmless(reply)
    assert 'data-line="1"' in reply.text
    assert client.post("/check", content="extends: chicken\ntitle: x\n").text.count("No mistakes")


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    base, mine = tmp_path / "base.yaml", tmp_path / "mine.yaml"
    base.write_text(DILEMMA, encoding="utf-8")
    mine.write_text("extends: base.yaml\ntitle: First title\n", encoding="utf-8")
    with served(str(mine)) as own, httpx.Client(base_url=own.address, timeout=60) as client:
        assert "First title" in client.get("/").text
        mine.write_text("extends: base.yaml\ntitle: Second title\n", encoding="utf-8")
        assert "Second title" in client.get("/").text
        mine.write_text("extends: base.yaml\ntitel: Third\n", encoding="utf-8")
        refused = client.get("/")
        assert "titel" in refused.text
        assert 'id="app"' in refused.text
        mine.unlink()
        assert client.get("/").status_code == 422
