"""The sections of a report, in reading order, as titles with pieces of Markdown."""

from __future__ import annotations

from negotiation.reporting.closing import CLOSING
from negotiation.reporting.opening import OPENING
from negotiation.reporting.parts import Findings, Section

__all__ = ["Findings", "Section", "sections"]


def sections(found: Findings) -> tuple[Section, ...]:
    """Return all sections of a report; those about a state that stands still say so."""
    made = []
    for title, make, frozen in (*OPENING, *CLOSING):
        unmoved = ", if nothing moved" if frozen and found.outlook is not None else ""
        title = f"{title.rstrip('?')}{unmoved}?" if title.endswith("?") else title + unmoved
        parts = tuple(part for part in make(found) if part)
        made.append(Section(title, parts or ("Not analysed.",)))
    return tuple(made)
