"""Pages as text, for tests of what they say."""

from __future__ import annotations

from negotiation.reporting.blocks import plain
from negotiation.reporting.pages.solution import page
from negotiation.solution.solution import Solution
from tests.first_edition import first_edition

FLAGSHIP = first_edition("chips-for-rare-earths")


def text_of(found: Solution, *, full: bool = False, width: int = 100) -> str:
    return plain(page(found, full=full), width)


def section(found: Solution, title: str, *, full: bool = False) -> str:
    (block,) = (b for b in page(found, full=full) if b.title.startswith(title))
    return plain((block,))


def flat(told: str) -> str:
    return " ".join(told.split())
