"""Figures of signalling games: the prior bar, the game tree, and the map of surviving lists."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.equilibria.signalling.thresholds import PriorPiece
from negotiation.reporting.figures.drawing import (
    COLOURS,
    Picture,
    halo,
    new_figure,
    side_by_side,
    style,
)
from negotiation.reporting.pages.signalling import surviving_words
from negotiation.solution.signalling.solution import SignallingSolution
from negotiation.solution.signalling.verdict import chance
from negotiation.solution.verdict import listed, number
from negotiation.sweeps.signalling import SignalMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["map_figure", "prior_figure", "tree_figure"]

_FILLS = (
    ("#a9d3ee", ""),
    ("#e8c766", "\\\\\\"),
    ("#eef6fb", ".."),
    ("#8f8f8f", "///"),
    ("#ffffff", "xxx"),
    ("#d9a08a", "++"),
    ("#c8c8c8", "oo"),
    ("#5f8fb5", "--"),
)
"""Colour and hatch of the areas, the commonest first; apart in grey too."""

_LETTERS = "ABCDEFGH"
_MOST_BRANCHES = 36


def prior_figure(solution: SignallingSolution) -> Picture | None:
    """Draw how the surviving list hangs on the prior; None without exactly two types."""
    if not solution.priors:
        return None
    lists = list(dict.fromkeys(surviving_words(piece) for piece in solution.priors))
    with style():
        figure, axes = new_figure(7.2, 1.6 + 0.62 * sum(len(x) or 1 for x in lists) * 0.55)
        for piece in solution.priors:
            _bar(axes, piece, lists.index(surviving_words(piece)))
        prior = float(solution.game.prior[1])
        axes.axvline(prior, color=COLOURS["ink"], lw=1.2, ls=(0, (2, 2)), ymin=-0.1, clip_on=False)
        axes.annotate(
            "file",
            (prior, 1.0),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            path_effects=halo(),
        )
        ends = sorted({0.0, 1.0} | {float(p.low) for p in solution.priors})
        axes.set_xticks(ends, [number(x) for x in ends])
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"prior: chance of {solution.game.types[1]!r} before any message")
        _key(figure, [tuple(x) for x in lists])
    changes = listed(dict.fromkeys(chance(p.low) for p in solution.priors if p.low > 0) or ["none"])
    return Picture(
        "prior",
        "Which equilibria pass the intuitive criterion at each prior. The ends are exact; a list "
        "that holds at a single prior is a thick line.",
        f"Bar over the prior of {solution.game.types[1]!r} with changes at {changes}.",
        figure,
    )


def _bar(axes: Axes, piece: PriorPiece, k: int) -> None:
    low, high = float(piece.low), float(piece.high)
    colour, hatch = _FILLS[k % len(_FILLS)]
    if low == high:
        axes.axvline(low, color=COLOURS["ink"], lw=3.2)
        axes.axvline(low, color=colour, lw=1.6)
        return
    axes.fill(
        [low, high, high, low], [0, 0, 1, 1], fc=colour, hatch=hatch, ec=COLOURS["quiet"], lw=0.5
    )


def _key(figure: Any, lists: list[tuple[str, ...]], *, letters: bool = False) -> None:
    from matplotlib.patches import Patch

    handles = []
    for k, words in enumerate(lists):
        colour, hatch = _FILLS[k % len(_FILLS)]
        label = "\n".join(textwrap.fill(w, 100, subsequent_indent="    ") for w in words) or "none"
        if letters:
            hatch, label = "", f"{_LETTERS[k]}  {label}".replace("\n", "\n     ")
        handles.append(Patch(fc=colour, hatch=hatch, ec=COLOURS["quiet"], lw=0.5, label=label))
    figure.legend(handles=handles, loc="outside lower left", frameon=False, fontsize=7.5)


def map_figure(found: SignalMap) -> Picture:
    """Draw the surviving lists over two parameters."""
    from matplotlib.colors import ListedColormap

    with style():
        figure, (axes,) = side_by_side(1, 7.2, 5.2 + 0.3 * min(len(found.lists), len(_FILLS)))
        x, y = found.values
        shown = np.minimum(found.index, len(_FILLS) - 1)
        edges = [_edges(v) for v in (x, y)]
        axes.imshow(
            shown.T,
            origin="lower",
            aspect="auto",
            extent=(edges[0][0], edges[0][1], edges[1][0], edges[1][1]),
            cmap=ListedColormap([c for c, _ in _FILLS]),
            vmin=-0.5,
            vmax=len(_FILLS) - 0.5,
            interpolation="nearest",
        )
        for k in range(min(len(found.lists), len(_FILLS))):
            _outline(axes, found, k)
        for axis, name in ((axes.set_xlabel, found.names[0]), (axes.set_ylabel, found.names[1])):
            axis(_axis(found, name))
        _mark(axes, found)
        kept = [tuple(words) for words in found.lists[: len(_FILLS)]]
        if len(found.lists) > len(_FILLS):
            kept[-1] = (*kept[-1], f"or one of {len(found.lists) - len(_FILLS)} rarer lists")
        _key(figure, kept, letters=True)
    return Picture(
        "map",
        f"Which equilibria pass the intuitive criterion as {found.names[0]} and {found.names[1]} "
        "change and all else stays as it is.",
        f"Map over {found.names[0]} and {found.names[1]} with {len(found.lists)} kinds of areas.",
        figure,
    )


def _edges(values: Any) -> tuple[float, float]:
    half = (values[1] - values[0]) / 2
    return float(values[0] - half), float(values[-1] + half)


def _outline(axes: Axes, found: SignalMap, k: int) -> None:
    """Draw an area's outline, and its letter where there is most room."""
    from scipy import ndimage

    mask = found.index == k
    if mask.min() < 1:
        levels = mask.T.astype(float)
        axes.contour(*found.values, levels, levels=[0.5], colors=COLOURS["ink"], linewidths=0.8)
    room = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    i, j = np.unravel_index(int(np.argmax(room)), room.shape)
    at = float(found.values[0][i]), float(found.values[1][j])
    axes.text(*at, _LETTERS[k], ha="center", va="center", fontsize=11, path_effects=halo())


def _axis(found: SignalMap, name: str) -> str:
    p = next(p for p in found.model.parameters if p.name == name)
    unit = f" ({p.unit})" if p.unit and p.unit != "none" else ""
    return textwrap.fill(f"{p.meaning}: {name}{unit}", 60)


def _mark(axes: Axes, found: SignalMap) -> None:
    now = found.model.values(**found.settings)
    at = [float(now[name]) for name in found.names]
    spans = [_edges(v) for v in found.values]
    if all(low <= v <= high for v, (low, high) in zip(at, spans, strict=True)):
        axes.plot(*at, "P", ms=9, mfc="white", mec=COLOURS["ink"], mew=1.2, zorder=5)
        axes.annotate(
            "file",
            (at[0], at[1]),
            (8, 4),
            textcoords="offset points",
            fontsize=8,
            path_effects=halo(),
        )


def tree_figure(solution: SignallingSolution) -> Picture | None:
    """Draw the game tree; None if it has too many branches to be read."""
    game = solution.game
    leaves = [
        (t, m, a)
        for t in range(len(game.types))
        for m in range(len(game.messages))
        for a in range(len(game.responses[m]))
    ]
    if len(leaves) > _MOST_BRANCHES:
        return None
    with style():
        figure, axes = new_figure(7.2, max(3.0, 0.3 * len(leaves) + 0.6))
        place = {leaf: -float(k) for k, leaf in enumerate(leaves)}
        _nodes(axes, solution, place)
        axes.set_axis_off()
        axes.set_xlim(-0.15, 3.9)
        axes.set_ylim(-len(leaves) + 0.3, 1.6)
        for x, words in ((0, "chance"), (1, game.players[0]), (2, game.players[1])):
            axes.text(x, 1.1, words, ha="center", fontsize=9, fontweight="bold")
        axes.text(
            3.05,
            1.1,
            f"payoffs: {game.players[0]}, {game.players[1]}",
            fontsize=9,
            fontweight="bold",
        )
    return Picture(
        "tree",
        f"The game. {game.players[1]} sees the message, not the type: it acts alike at the points "
        "joined by a dotted line.",
        f"Tree of {len(game.types)} types, {len(game.messages)} messages and their responses.",
        figure,
    )


def _nodes(axes: Axes, solution: SignallingSolution, place: dict[Any, float]) -> None:
    game = solution.game
    middle = {
        (t, m): float(np.mean([y for (u, k, _), y in place.items() if (u, k) == (t, m)]))
        for t, m, _ in place
    }
    root = {t: float(np.mean([y for (u, _), y in middle.items() if u == t])) for t, _ in middle}
    start = float(np.mean(list(root.values())))
    for t, y in root.items():
        _edge(axes, (0, start), (1, y), f"{game.types[t]} {chance(game.prior[t])}")
    for (t, m), y in middle.items():
        _edge(axes, (1, root[t]), (_across(m), y), game.messages[m])
    for (t, m, a), y in place.items():
        _edge(axes, (_across(m), middle[t, m]), (3, y), game.responses[m][a])
        pair = game.sender[t][m][a], game.receiver[t][m][a]
        axes.text(3.05, y, ", ".join(number(float(v)) for v in pair), va="center", fontsize=8)
    for m in range(len(game.messages)):
        ends = [y for (_, k), y in middle.items() if k == m]
        at = [_across(m)] * 2
        axes.plot(at, [min(ends), max(ends)], ls=":", color=COLOURS["quiet"], lw=1.2, zorder=1)
    seen = [(_across(m), y) for (_, m), y in middle.items()]
    points = [(0.0, start), *((1.0, y) for y in root.values()), *seen]
    axes.plot(*zip(*points, strict=True), "o", ms=4, color=COLOURS["ink"], zorder=3)


def _across(m: int) -> float:
    """Return how far right the receiver's points after a message stand: apart for each message."""
    return 1.9 + 0.14 * m


def _edge(axes: Axes, one: tuple[float, float], two: tuple[float, float], words: str) -> None:
    axes.plot([one[0], two[0]], [one[1], two[1]], color=COLOURS["ink"], lw=0.8)
    axes.text(
        one[0] + 0.62 * (two[0] - one[0]),
        one[1] + 0.62 * (two[1] - one[1]),
        words,
        fontsize=7.5,
        ha="center",
        va="center",
        path_effects=halo(),
    )
