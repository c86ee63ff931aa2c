"""The page in a real browser: what a person does, and that nothing goes anywhere else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.explore.served import Served, served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]
WAIT = 120_000


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served() as found:
        yield found
    assert "Traceback" not in "".join(found.printed)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM)
        yield found
        found.close()


@pytest.fixture
def page(site: Served, browser: Any) -> Iterator[Any]:
    """A fresh tab that must neither print to its console nor ask anybody else for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    found, wrong = context.new_page(), []
    found.set_default_timeout(WAIT)
    found.on("console", lambda m: wrong.append(f"{m.type}: {m.text}"))
    found.on("pageerror", lambda e: wrong.append(f"error: {e}"))
    found.on("request", lambda r: _stays(r.url, site.address) or wrong.append(f"asked {r.url}"))
    yield found
    context.close()
    assert wrong == []


def until(page: Any, expression: str, arg: Any = None) -> None:
    """Wait until an expression is true; the page's policy lets nothing evaluate text in it."""
    for _ in range(WAIT // 50):
        if page.evaluate(expression, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {expression}")


def _stays(url: str, address: str) -> bool:
    return url.startswith((address, "blob:" + address, "data:"))


def _said(page: Any) -> str:
    return page.locator("#verdict .said").inner_text()


def _settled(page: Any) -> None:
    until(page, "!document.getElementById('app').classList.contains('waiting')")


def _press(page: Any, name: str, key: str, times: int) -> None:
    page.locator(f"#p-{name}").focus()
    for _ in range(times):
        page.keyboard.press(key)
    _settled(page)


def _first_slider(page: Any) -> str:
    return page.locator(".slider").first.get_attribute("data-name")


def test_a_slider_moved_by_the_keyboard_changes_verdict_and_address(
    page: Any, site: Served
) -> None:
    page.goto(site.address)
    before, name = _said(page), _first_slider(page)
    page.wait_for_selector(f"#m-{name} line", state="attached")  # where the answer changes
    _press(page, name, "End", 1)
    until(
        page, "before => document.querySelector('#verdict .said').innerText !== before", arg=before
    )
    moved = _said(page)
    high = float(page.locator(f"#p-{name}").get_attribute("max"))
    assert f"p.{name}={high:g}" in page.url
    assert page.locator("#announce").inner_text().endswith(moved)
    page.goto(page.url)
    assert _said(page) == moved
    assert float(page.locator(f"#p-{name}").input_value()) == high
    page.go_back()
    until(
        page, "before => document.querySelector('#verdict .said').innerText === before", arg=before
    )
    assert "p." not in page.url


def test_arrows_go_by_round_steps_and_the_last_answer_is_shown(page: Any, site: Served) -> None:
    page.goto(site.address)
    name = _first_slider(page)
    low = float(page.locator(f"#p-{name}").get_attribute("min"))
    grain = float(page.locator(f"#p-{name}").get_attribute("data-grain"))
    _press(page, name, "Home", 1)
    _press(page, name, "ArrowRight", 25)
    value = float(page.locator(f"#p-{name}").input_value())
    assert value == pytest.approx(low + 50 * grain)
    shown = _said(page)
    page.reload()
    assert _said(page) == shown


def test_back_and_reset_lead_to_what_was(page: Any, site: Served) -> None:
    page.goto(site.address)
    first, name = _said(page), _first_slider(page)
    _press(page, name, "Home", 1)
    page.wait_for_timeout(400)
    _press(page, name, "End", 1)
    page.wait_for_timeout(400)
    ends = _said(page)
    page.go_back()
    until(page, "said => document.querySelector('#verdict .said').innerText !== said", arg=ends)
    page.locator("#reset").click()
    until(page, "said => document.querySelector('#verdict .said').innerText === said", arg=first)
    assert "p." not in page.url


def test_a_link_can_be_copied(page: Any, site: Served) -> None:
    page.goto(site.address)
    _press(page, _first_slider(page), "Home", 1)
    page.wait_for_timeout(400)
    page.locator("#copy").click()
    until(page, "document.getElementById('copy').innerText === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


@pytest.mark.parametrize("model", ["chips-for-rare-earths", "prisoners-dilemma"])
def test_every_tab_opens(page: Any, site: Served, model: str) -> None:
    page.goto(f"{site.address}?model={model}")
    for tab in page.locator("nav a").evaluate_all("links => links.map(a => a.dataset.tab)"):
        page.locator(f'nav a[data-tab="{tab}"]').click()
        page.wait_for_selector(f'#app[data-tab="{tab}"]')
        until(page, "document.querySelectorAll('progress.wait:not([hidden])').length == 0")
        until(
            page,
            "[...document.querySelectorAll('#panel > [data-part]')].every(p => p.hasChildNodes())",
        )
        assert page.locator("#panel .refusal").count() == 0, tab
        assert f"tab={tab}" in page.url or tab == "answer"
        if tab in ("answer", "map", "why"):
            page.wait_for_selector("#panel .plot svg.main-svg")


def test_what_moves_has_a_tab_over_time(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?model=substitution-race&tab=time")
    page.wait_for_selector("#panel .plot svg.main-svg")
    assert "nothing moved" in _said(page)
    assert page.locator("#panel table").count() > 0


def test_a_signalling_game_follows_its_slider(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?model=beer-quiche")
    page.wait_for_selector("#panel table")
    before = _said(page)
    _press(page, "p_strong", "Home", 1)
    until(page, "before => document.querySelector('#verdict .said').innerText !== before", before)
    assert "p.p_strong=0" in page.url


def test_the_map_is_gone_to_by_a_click(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?tab=map&model=chicken&x=prize&y=cost")
    page.wait_for_selector("#panel .plot svg.main-svg")
    box = page.locator("#panel .plot .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    until(page, "location.search.includes('p.prize=')")
    _settled(page)
    assert "p.cost=" in page.url


def test_a_mistake_in_the_file_is_marked_at_its_line(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?model=prisoners-dilemma&tab=file")
    text = page.locator("#text").input_value()
    lines = text.split("\n")
    wrong = next(k for k, line in enumerate(lines, 1) if line.strip().startswith("Row:"))
    lines[wrong - 1] = lines[wrong - 1].replace("discount", "discuont")
    page.locator("#text").fill("\n".join(lines))
    page.wait_for_selector("#gutter .wrong")
    assert page.locator("#gutter .wrong").first.inner_text() == str(wrong)
    assert page.locator(f'#notes [data-line="{wrong}"]').count() == 1
    assert "discount" in page.locator("#problems li").first.inner_text()
    page.locator("#file button").click()
    page.wait_for_selector("#gutter .wrong")
    assert page.locator("#text").input_value() == "\n".join(lines)


def test_what_is_typed_is_solved(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?model=prisoners-dilemma&tab=file")
    text = page.locator("#text").input_value()
    page.locator("#text").fill(text.replace("title: Prisoner's dilemma", "title: My own game"))
    page.wait_for_timeout(600)
    page.locator("#file button").click()
    until(page, "document.querySelector('h1').innerText === 'My own game'")
    assert "model=text-" in page.url
    page.reload()
    assert page.locator("h1").inner_text() == "My own game"


def test_four_quarters_are_played(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?tab=play")
    for k, move in enumerate((1, 5, 1, 6), 1):
        page.locator(f'#match [data-move="{move}"]').click()
        until(page, f"document.querySelectorAll('#story tbody tr').length === {k}")
    assert "moves=1%2C5%2C1%2C6" in page.url
    assert "(breach)" in page.locator("#story").inner_text()
    page.go_back()
    until(page, "document.querySelectorAll('#story tbody tr').length === 3")


def test_two_people_play_at_one_page(page: Any, site: Served) -> None:
    page.goto(f"{site.address}?model=prisoners-dilemma&tab=play&against=yourself")
    page.locator('select[name="move1"]').select_option(index=1)
    page.locator("#match form button").click()
    until(page, "document.querySelectorAll('#story tbody tr').length === 1")
    assert "moves=1%2F2" in page.url


def test_a_report_is_downloaded(page: Any, site: Served, tmp_path: Path) -> None:
    page.goto(f"{site.address}?model=prisoners-dilemma&tab=report")
    with page.expect_download(timeout=WAIT) as waiting:
        page.locator("#make-report").click()
    target = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(target)
    assert target.name == "prisoners-dilemma.zip"
    import zipfile

    names = zipfile.ZipFile(target).namelist()
    assert "prisoners-dilemma.md" in names
    assert any(name.endswith(".png") for name in names)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_first_screen_fits(
    browser: Any, site: Served, size: tuple[int, int], look: str
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=look)
    page = context.new_page()
    for tab in ("map", "why", "play", "file", "report"):
        page.goto(f"{site.address}?model=chicken&tab={tab}")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], tab
    page.goto(site.address)
    page.wait_for_selector("#payoffs svg.main-svg")
    until(page, "document.querySelectorAll('.turn .mark').length > 0")
    wide, high = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert wide <= size[0]
    if size[0] == 1280:
        assert high <= size[1]
    context.close()


def test_text_and_ground_differ_enough(browser: Any, site: Served) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3) wherever there is text."""
    for look in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=look)
        page = context.new_page()
        for tab in ("answer", "file", "play", "report"):
            page.goto(f"{site.address}?tab={tab}")
            until(page, "document.querySelectorAll('.turn .mark').length > 0")
            assert page.evaluate(CONTRASTS) == [], (look, tab)
        context.close()


CONTRASTS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => c.slice(0, 3).map((x) => x / 255)
    .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, k) => sum + x * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (at) => {
    for (; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const at of document.querySelectorAll('#app *')) {
    const own = [...at.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || at.closest('svg, .hidden, option') || !at.offsetParent) continue;
    const a = light(parse(getComputedStyle(at).color)), b = light(ground(at));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${at.tagName}.${at.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""
