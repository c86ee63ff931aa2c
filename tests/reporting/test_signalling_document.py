"""The committed report on a signalling game is what the generator writes, and can be read."""

from __future__ import annotations

import re
from pathlib import Path

from negotiation.payoff_file import load
from negotiation.reporting.document import write_report

REPORTS = Path(__file__).resolve().parents[2] / "reports"
SLUG = "deepseek-signal"


def committed():
    return (REPORTS / f"{SLUG}.md").read_text(encoding="utf-8")


def test_the_committed_report_is_what_the_generator_writes(tmp_path):
    write_report(load(SLUG), SLUG, tmp_path)
    assert (tmp_path / f"{SLUG}.md").read_text(encoding="utf-8") == committed()


def test_it_is_of_the_file_as_it_is_and_its_figures_are_there():
    text = committed()
    assert load(SLUG).sha256 in text
    images = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert [Path(path).stem for _, path in images] == [
        f"{SLUG}-{name}" for name in ("tree", "prior", "map")
    ]
    for words, path in images:
        assert len(words) > 20
        assert (REPORTS / path).is_file()
        assert (REPORTS / path).with_suffix(".svg").is_file()


def test_one_sentence_says_what_it_buys_for_whom_and_at_what_cost():
    line = next(x for x in committed().splitlines() if x.startswith("Being believed buys"))
    assert "China if 'ahead' open trade instead of managed truce" in line
    assert "only if it would cost China if 'behind' at least" in line
    assert "USD bn" in line
