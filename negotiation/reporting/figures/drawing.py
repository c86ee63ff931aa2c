"""Common style of all figures: clear labels and the same bytes every time.

Colours are those of Okabe and Ito, told apart by people who are colour-blind, and ordered by
lightness so that they stay apart in grey; nothing is told by colour alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.errors import UsageError
from negotiation.files.writing import refuse_special, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "Picture",
    "figure_path",
    "halo",
    "label_points",
    "new_figure",
    "save",
    "side_by_side",
    "style",
    "write",
]

COLUMN, PAGE = 84 / 25.4, 174 / 25.4
"""Widths of a column and of a page of a journal, in inches."""

COLOURS = {
    "ink": "#222222",
    "quiet": "#767676",
    "pale": "#e4e4e4",
    "blue": "#0072b2",
    "sky": "#8cc4ea",
    "mist": "#d3e8f6",
    "orange": "#d55e00",
    "yellow": "#f0c24b",
}
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["quiet"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "xtick.color": COLOURS["quiet"],
    "ytick.color": COLOURS["quiet"],
    "hatch.linewidth": 0.5,
    "hatch.color": COLOURS["quiet"],
    "svg.hashsalt": "negotiate",
    "text.parse_math": False,
    "svg.fonttype": "path",
    "path.simplify": False,
    "axes.unicode_minus": False,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure with its caption and alternative text.

    Attributes
    ----------
    name
        The end of the file's name.
    caption
        One or two sentences below it.
    alt
        What it shows, for those who cannot see it.
    figure
        The figure.
    """

    name: str
    caption: str
    alt: str
    figure: Figure


@contextmanager
def style() -> Iterator[None]:
    """Draw in the common style, independent of a user's own settings."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        for said in ("Glyph .* missing from", "constrained_layout not applied"):
            warnings.filterwarnings("ignore", said, UserWarning)  # a box is drawn; words overlap
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)  # type: ignore[arg-type]
        yield


def new_figure(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """Return an empty figure outside pyplot, and its axes; sizes in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def side_by_side(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return an empty figure with `count` places, at most three in a row; sizes of one in inches.

    A single place is as wide as a page of a journal.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(count, 3)
    down = -(-count // across)
    wide = PAGE if count == 1 else width * across
    figure = Figure(figsize=(wide, height * down), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    places = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for axes in places[count:]:
        axes.set_axis_off()
    return figure, places[:count]


PRINTED = 300
"""Dots per inch of a PNG, which is what journals ask for."""

_FORMATS: dict[str, Any] = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
"""Endings of figures, each with what is left out of the file: dates and versions."""


def figure_path(name: str | Path) -> Path:
    """Return the path of a figure, refusing a bad suffix or folder.

    Raises
    ------
    UsageError
        If the name ends in neither .png nor .svg, or there is no such folder.
    """
    path = Path(name)
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(
            f"cannot write {path.name!r}; expected a name ending in .png or .svg, such as "
            f"{path.stem}.png or {path.stem}.svg"
        )
    refuse_special(path)
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    return path


def write(picture: Picture, path: Path) -> None:
    """Write a figure as the file's name says, without dates or versions inside.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    kind, content = path.suffix.lower(), BytesIO()
    with style():
        picture.figure.savefig(content, format=kind[1:], metadata=_FORMATS[kind], dpi=PRINTED)
    write_whole(path, content.getvalue())


def save(picture: Picture, folder: Path, stem: str) -> tuple[Path, Path]:
    """Write a figure as PNG and as SVG, without dates or versions inside.

    Returns
    -------
    tuple
        The two files.
    """
    png, svg = (folder / f"{stem}-{picture.name}.{kind}" for kind in ("png", "svg"))
    write(picture, png)
    write(picture, svg)
    return png, svg


_PLACES = [
    (dx, dy) for far in (5, 14, 24, 36, 50) for dx, dy in (
        (far, 0), (-far, 0), (0, far), (0, -far),
        (far, far), (-far, far), (far, -far), (-far, -far),
    )
]  # fmt: skip


def halo() -> list[Any]:
    """Return a white rim that keeps text readable on any ground."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2, foreground="white")]


def label_points(axes: Axes, labels: Sequence[tuple[float, float, str]], **text: Any) -> None:
    """Write a label near each point, hiding the least of other labels and points.

    Parameters
    ----------
    axes
        With its limits set.
    labels
        Points with their labels, the most important first.
    **text
        Passed on to matplotlib.
    """
    figure = axes.figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    box = axes.get_window_extent(renderer)
    frame = (box.x0, box.y0, box.x1, box.y1)
    pixel = figure.get_dpi() / 72
    points = axes.transData.transform(np.array([(x, y) for x, y, _ in labels]))
    boxes = [(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    for (x, y, words), (px, py) in zip(labels, points, strict=True):
        note = axes.text(x, y, words, **text)
        size = note.get_window_extent(renderer)
        note.remove()
        spots = [(place, _box((px, py), place, size, pixel)) for place in _PLACES]
        (dx, dy), spot = min(spots, key=lambda s: _cost(s[0], s[1], boxes, frame))
        line = {"arrowstyle": "-", "color": COLOURS["ink"], "lw": 0.5, "shrinkA": 0, "shrinkB": 2}
        axes.annotate(
            words,
            (x, y),
            (dx, dy),
            textcoords="offset points",
            ha=_ALIGN[int(np.sign(dx))][0],
            va=_ALIGN[int(np.sign(dy))][1],
            arrowprops=line if max(abs(dx), abs(dy)) > _NEAR else None,
            path_effects=halo(),
            **text,
        )
        boxes.append(spot)


_Frame = tuple[float, float, float, float]
_ALIGN = {1: ("left", "bottom"), 0: ("center", "center"), -1: ("right", "top")}
_NEAR = 8


def _box(at: tuple[float, float], place: tuple[int, int], size: Any, pixel: float) -> _Frame:
    """Return the box of a label at a place, in pixels."""
    extents = []
    for centre, offset, length in zip(at, place, (size.width, size.height), strict=True):
        start = (
            centre + offset * pixel - (0 if offset > 0 else length if offset < 0 else length / 2)
        )
        extents.append((start, start + length))
    (x0, x1), (y0, y1) = extents
    return x0, y0, x1, y1


def _cost(place: tuple[int, int], box: _Frame, boxes: list[_Frame], frame: _Frame) -> float:
    """Return the area that a label hides or hangs over the frame, plus its distance."""
    x0, y0, x1, y1 = box
    hidden = sum(
        max(0.0, min(x1, a1 + 2) - max(x0, a0 - 2)) * max(0.0, min(y1, b1 + 1) - max(y0, b0 - 1))
        for a0, b0, a1, b1 in boxes
    )
    out = max(0.0, frame[0] - x0) + max(0.0, x1 - frame[2])
    out += max(0.0, frame[1] - y0) + max(0.0, y1 - frame[3])
    return hidden + 1000.0 * out + max(map(abs, place))
