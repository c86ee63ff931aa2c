"""State diagrams of strategies, drawn from their text, for formats that do not draw them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from negotiation.reporting.figures.drawing import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Diagram", "diagram_picture", "read_diagram"]

_STATE = re.compile(r'\s*state "(.*)" as (\w+)$')
_ARROW = re.compile(r"\s*(\w+) --> (\w+) : (.*)$")
_CODE = re.compile(r"#([0-9]+);")
_WIDTH, _HEIGHT, _STEP = 4.0, 0.62, 1.25
_LETTERS = 44


@dataclass(frozen=True)
class Diagram:
    """State diagram as labels and arrows.

    Attributes
    ----------
    labels
        Of the states, the first of which begins.
    arrows
        From which state to which, and when.
    """

    labels: tuple[str, ...]
    arrows: tuple[tuple[int, int, str], ...]


def read_diagram(text: str) -> Diagram | None:
    r"""Return a state diagram from its text in Mermaid's form; None if it is anything else.

    Examples
    --------
    >>> read_diagram('stateDiagram-v2\n  state "path" as s0\n  [*] --> s0\n  s0 --> s0 : always')
    Diagram(labels=('path',), arrows=((0, 0, 'always'),))
    """
    first, *lines = text.strip().splitlines() or [""]
    states = {m[2]: _plain(m[1]) for line in lines if (m := _STATE.match(line))}
    arrows = [m.groups() for line in lines if (m := _ARROW.match(line))]
    order = list(states)
    if (
        first != "stateDiagram-v2"
        or not order
        or {a for s, t, _ in arrows for a in (s, t)} - {*order}
    ):
        return None
    return Diagram(
        tuple(states.values()),
        tuple((order.index(s), order.index(t), _plain(when)) for s, t, when in arrows),
    )


def _plain(text: str) -> str:
    """Return a label with coded characters as themselves."""
    return _CODE.sub(lambda m: chr(int(m[1])), text)


def diagram_picture(diagram: Diagram, name: str) -> Picture:
    """Return a state diagram as a figure: states from top to bottom, arrows beside them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from negotiation.reporting.figures.drawing import style

    count = len(diagram.labels)
    with style():
        figure = Figure(figsize=(7.2, _STEP * count), dpi=150)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-3.6, 3.6), ylim=(-_STEP * count + _STEP / 2, _STEP / 2))
        axes.set_axis_off()
        for k, label in enumerate(diagram.labels):
            _draw_state(axes, k, label)
        for start, end, when in diagram.arrows:
            _draw_arrow(axes, start, end, when)
    said = "; ".join(
        f"from {diagram.labels[s]} to {diagram.labels[t]}: {w}" for s, t, w in diagram.arrows
    )
    return Picture(name, "", f"State diagram. It begins with {diagram.labels[0]}; {said}.", figure)


def _draw_state(axes: Axes, k: int, label: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    box = FancyBboxPatch(
        (-_WIDTH / 2, -k * _STEP - _HEIGHT / 2),
        _WIDTH,
        _HEIGHT,
        boxstyle="round,pad=0,rounding_size=0.15",
        facecolor="white",
        edgecolor="black",
        linewidth=1.6 if k == 0 else 0.8,
    )
    axes.add_patch(box)
    lines = textwrap.wrap(label, _LETTERS, max_lines=2, placeholder=" …")
    axes.text(
        0, -k * _STEP, "\n".join(lines), ha="center", va="center", fontsize=9, parse_math=False
    )


def _draw_arrow(axes: Axes, start: int, end: int, when: str) -> None:
    """Draw an arrow: to itself on the right, to the next straight down, others on the sides."""
    half, y0, y1 = _WIDTH / 2, -start * _STEP, -end * _STEP
    bend = 0.0
    if start == end:
        tail, head, bend = (half, y0 + 0.16), (half, y0 - 0.16), -1.6
        at, align = (half + 0.38, y0), "left"
    elif abs(start - end) == 1:
        x = -0.9 if end > start else 0.9
        sign = 1 if end > start else -1
        tail, head = (x, y0 - sign * _HEIGHT / 2), (x, y1 + sign * _HEIGHT / 2)
        at, align = (x + (0.1 if x > 0 else -0.1), (y0 + y1) / 2), "left" if x > 0 else "right"
    else:
        tail, head, bend = (-half, y0), (-half, y1), 0.35 if end > start else -0.35
        at, align = (-half - 0.3 * abs(start - end), (y0 + y1) / 2), "right"
    axes.annotate(
        "",
        xy=head,
        xytext=tail,
        arrowprops={"arrowstyle": "-|>", "color": "black", "connectionstyle": f"arc3,rad={bend}"},
    )
    width = 16 if start == end else 30
    axes.text(*at, textwrap.fill(when, width), ha=align, va="center", fontsize=8, parse_math=False)
