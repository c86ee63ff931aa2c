"""Templates filled: everything that comes from a file or an address is escaped."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from negotiation.explore.pictures import Figure
from negotiation.explore.standing import Standing
from negotiation.reporting.blocks import Block
from negotiation.reporting.html import from_blocks
from negotiation.solution.verdict import number

__all__ = ["bars", "drawn", "filled", "laid_out", "plain"]

_BAR = 200


def filled(template: str, **values: Any) -> Markup:
    """Return a template filled."""
    return Markup(_environment().get_template(template).render(**values))


def plain(x: float) -> str:
    """Write a number so that reading it gives it back.

    Examples
    --------
    >>> plain(0.1), plain(12.0), plain(1e-7)
    ('0.1', '12', '1e-07')
    """
    return str(int(x)) if x == int(x) and abs(x) < 1e15 else repr(float(x))


def laid_out(blocks: tuple[Block, ...], level: int = 2) -> Markup:
    """Return blocks of a page as HTML."""
    return Markup(from_blocks(blocks, level))


def _without_tags(data: Any) -> Any:
    """Return data of a figure in which no text has a tag but our line breaks.

    Plotly takes some tags in texts for what they are in HTML, links among them.
    """
    if isinstance(data, str):
        return re.sub(r"<(?!br>)", "&lt;", data.replace("&", "&amp;"))
    if isinstance(data, dict):
        return {key: _without_tags(part) for key, part in data.items()}
    return list(map(_without_tags, data)) if isinstance(data, (list, tuple)) else data


def drawn(figure: Figure, name: str) -> Markup:
    """Return the place of a figure, with its data for the script and its words for people."""
    shown = _without_tags({k: v for k, v in figure.items() if k != "alt"})
    data = json.dumps(shown, allow_nan=False)
    return Markup(
        '<div class="plot" id="plot-{}" role="img" aria-label="{}" data-figure="{}"></div>'
    ).format(name, figure["alt"], data)


def bars(standing: Standing) -> list[Markup]:
    """Return for each row of a standing what breaking it costs each side, as bars with numbers."""
    rows = standing.rows
    known = [abs(x) for r in rows for x in r.slack if x == x]
    most = max(known, default=0.0) or 1.0
    return [
        Markup("").join(
            _bar(standing.game.players[i], r.slack[i], r.slack[i] / most, "ab"[i]) for i in (0, 1)
        )
        for r in rows
    ]


def _bar(player: str, value: float, share: float, side: str) -> Markup:
    if value != value:
        return Markup('<span class="bar"><span class="who">{}</span> unknown</span>').format(player)
    width = abs(share) * _BAR / 2
    left = _BAR / 2 - width if share < 0 else _BAR / 2
    return Markup(
        '<span class="bar"><span class="who">{}</span><svg viewBox="0 0 {} 10" width="120" '
        'height="10" preserveAspectRatio="none" aria-hidden="true"><rect class="{}" x="{:.2f}" '
        'y="1" width="{:.2f}" height="8"/><line x1="{}" x2="{}" y1="0" y2="10"/></svg>'
        '<span class="much">{}</span></span>'
    ).format(
        player, _BAR, "loses" if share < 0 else f"keeps {side}", left, width, _BAR // 2, _BAR // 2,
        number(value),
    )  # fmt: skip


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("negotiation.explore"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number"] = number
    found.filters["plain"] = plain
    return found
