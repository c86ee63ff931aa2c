"""The ``observed:`` of a payoff file: which profile was played from when to when."""

from __future__ import annotations

import re
from itertools import pairwise

from negotiation.payoff_file.draft import Draft
from negotiation.payoff_file.fields import items, record, text
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.pieces import MONTHS, Observed
from negotiation.payoff_file.sections.cells import read_profile
from negotiation.payoff_file.sections.parameters import read_cited
from negotiation.payoff_file.yaml_nodes import Map, Node, Seq

__all__ = ["OBSERVED_KEYS", "read_observed"]

OBSERVED_KEYS = (("from", "to", "profile"), ("source",))
_ENTRY = "{from: 2025-07, to: 2026-05, profile: [an action, an action], source: [...]}"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def read_observed(draft: Draft, node: Node | None, period: str) -> tuple[Observed, ...]:
    """Read dated play, in order of time; stretches must not overlap."""
    log = draft.log
    if node is None:
        return ()
    entries = items(log, node, "observed", f"a list of entries such as {_ENTRY}")
    if isinstance(node, Seq) and not entries:
        log.add(node, "observed is empty", f"entries such as {_ENTRY}")
    if entries and period not in MONTHS:
        known = ", ".join(MONTHS)
        said = quoted(period) if period else "not given"
        message = f"observed: play is dated, and the period is {said}"
        log.add(node, message, f"a period among {known}", name=period, among=list(MONTHS))
    found = [_entry(draft, entry, k) for k, entry in enumerate(entries)]
    known_entries = [(o, n) for o, n in zip(found, entries, strict=True) if o is not None]
    for (earlier, _), (later, place) in pairwise(known_entries):
        if later.start <= earlier.stop:
            message = "observed: this stretch starts before the one above has ended"
            log.add(place, message, "stretches in order of time")
    return tuple(o for o, _ in known_entries)


def _entry(draft: Draft, node: Node, k: int) -> Observed | None:
    log, where = draft.log, f"observed[{k}]"
    before = len(log.problems)
    found = record(log, node, where, OBSERVED_KEYS)
    start, stop = (_month(draft, found.get(key), f"{where}.{key}") for key in ("from", "to"))
    if start is not None and stop is not None and stop < start:
        log.add(found["to"], f"{where}.to is before from", "the last month of the stretch")
    profiles = []
    if "profile" in found:
        profiles = read_profile(log, found["profile"], f"{where}.profile", draft.players)
    cited = read_cited(draft, found.get("source"), where)
    draft.places[where] = found.get("profile", node)
    if not isinstance(node, Map) or start is None or stop is None or len(log.problems) > before:
        return None
    return Observed(start, stop, tuple(profiles), cited)


def _month(draft: Draft, node: Node | None, where: str) -> int | None:
    """Read a month as the number of months since the year 0."""
    if node is None:
        return None
    said = text(draft.log, node, where)
    match = _MONTH.fullmatch(said)
    if match is None:
        if said:
            draft.log.add(node, f"{where} is {quoted(said)}", "a month such as 2025-07")
        return None
    return int(match[1]) * 12 + int(match[2]) - 1
