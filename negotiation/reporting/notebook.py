"""Results as a notebook shows them: sentences, a table, and a figure that shows itself."""

from __future__ import annotations

import base64
import io
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from negotiation.reporting.blocks import Block
from negotiation.reporting.figures.drawing import Picture, style
from negotiation.reporting.html import from_blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["cell", "named", "showing"]

_LONGEST = 300


def cell(blocks: tuple[Block, ...], picture: Picture | None = None) -> str:
    """Return blocks, then a figure, as the HTML of a cell's result."""
    parts = [from_blocks(blocks)]
    if picture is not None:
        data = base64.b64encode(_png(picture.figure)).decode()
        parts.append(
            f'<figure><img alt="{escape(picture.alt)}" width="640" '
            f'src="data:image/png;base64,{data}"><figcaption><small>{escape(picture.caption)}'
            "</small></figcaption></figure>"
        )
    return "\n".join(parts)


def showing(picture: Picture) -> Figure:
    """Return a picture's figure, which a notebook shows although pyplot never saw it."""
    figure = picture.figure
    setattr(figure, "_repr_png_", partial(_png, figure))  # noqa: B010
    return figure


def named(kind: str, *said: str) -> str:
    """Return a short representation.

    Examples
    --------
    >>> named("Solution", "Chips for rare earths", "armed truce", "")
    '<Solution: Chips for rare earths; armed truce>'
    """
    text = "; ".join(filter(None, said))
    return f"<{kind}: {text if len(text) <= _LONGEST else text[: _LONGEST - 3] + '...'}>"


def _png(figure: Figure) -> bytes:
    held = io.BytesIO()
    with style():
        figure.savefig(held, format="png", dpi=150, metadata={"Software": None})
    return held.getvalue()
