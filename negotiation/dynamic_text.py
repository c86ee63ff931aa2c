"""A dynamic solution as a page: titled blocks of sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dynamic_verdict import along, dynamic_verdict, headline, movers
from .text import WIDTH, Block, caveats
from .verdict import amount, listed, number, period_of

if TYPE_CHECKING:
    from .dynamic import DynamicSolution
    from .stochastic import StatePayoffs

__all__ = ["dynamic_page"]

MOST_ROWS = 24
_SHOWN = 6
_WORDS = {True: "yes", False: "no", None: "not known"}


def dynamic_page(solution: DynamicSolution) -> tuple[Block, ...]:
    """Return what `negotiate solve` prints about a dynamic model, verdict first."""
    blocks = (
        Block(headline(solution), lines=dynamic_verdict(solution)),
        _outcomes(solution),
        _map(solution),
        _payoffs(solution),
        _states(solution),
        _markov(solution),
        *caveats(solution.frozen),
    )
    return tuple(b for b in blocks if b.lines or b.rows)


def _outcomes(solution: DynamicSolution) -> Block:
    """List every named outcome: now, if nothing moved, and how far along each number."""
    game, period = solution.game, period_of(solution.frozen)
    rows = []
    for o in solution.outcomes:
        ends = (along(solution, o.states, k) for k in range(len(game.axes)))
        rows.append(
            (
                o.name + (" (truce)" if o.truce else ""),
                _WORDS[o.now],
                _WORDS[o.frozen],
                _WORDS[o.kept],
                f"{len(o.states)} of {game.count}",
                *("-" if end is None else number(end) for end in ends),
            )
        )
    still = f"if {movers(solution)}\nstood still"
    return Block(
        f"What can be played this {period}",
        header=(
            "outcome",
            "now",
            still,
            "and for\never",
            "states",
            *(f"up to\n{axis} =" for axis in game.axes),
        ),
        rows=tuple(rows),
        notes=(
            f"Played now: there is a plan that starts with it this {period} and that neither side "
            "would break at any point; what comes later may be something else.",
            f"States: in how many of those that play can lead to it can be played in that {period}."
            + (" Up to: along one number, the others as they are." if game.axes else ""),
        ),
    )


def _map(solution: DynamicSolution) -> Block:
    """For two numbers on a grid: which truces can be played at which levels."""
    game = solution.game
    truces = [o for o in solution.outcomes if o.truce][:26]
    if len(game.axes) != 2 or game.levels is None or not truces:
        return Block("")
    letters = {o.name: chr(ord("a") + k) for k, o in enumerate(truces)}
    columns, lines = (sorted({float(x) for x in game.levels[:, k]}) for k in (0, 1))
    at = {(float(x), float(y)): s for s, (x, y) in enumerate(game.levels)}

    def cell(x: float, y: float) -> str:
        s = at.get((x, y))
        found = "".join(letters[o.name] for o in truces if s in o.states)
        return "" if s is None else found or "."

    header = (f"{game.axes[1]} \\ {game.axes[0]}", *map(number, columns))
    rows = tuple((number(y), *(cell(x, y) for x in columns)) for y in reversed(lines))
    wide = sum(2 + max(map(len, column)) for column in zip(header, *rows, strict=True))
    if wide > WIDTH:
        return Block("")
    key = ", ".join(f"{letter} {name}" for name, letter in letters.items())
    return Block(
        f"Where truces can be played as {movers(solution)} grow",
        header=header,
        rows=rows,
        notes=(f"{key}; a dot is none of them.",),
    )


def _payoffs(solution: DynamicSolution) -> Block:
    """Set the worst and the best that plans can give each side beside those if nothing moved."""
    game, frozen, period = solution.game, solution.frozen, period_of(solution.frozen)
    rows = []
    for i, player in enumerate(game.players):
        for word, end in (("worst", min), ("best", max)):
            cells = [
                _extreme(solution, found, i, end) for found in (solution.start, solution.still)
            ]
            rows.append((f"{player}, {word}", *cells))
    gap = solution.start.gap
    known = "rounding" if amount(frozen, 0, gap) == "0" else number(gap)
    return Block(
        f"What stable plans can give, average per {period}",
        header=("", "as things move", "if nothing moved"),
        rows=tuple(rows),
        notes=(
            f"From the start. The whole set is in the JSON; it is known up to {known}.",
            *(
                ["The set is one for which holding with equality is enough."]
                if solution.start.near_critical
                else []
            ),
        ),
    )


def _extreme(solution: DynamicSolution, found: StatePayoffs, i: int, end: object) -> str:
    if found.status == "empty":
        return "none"
    column = found.vertices[:, i]
    return amount(solution.frozen, i, float(column.min() if end is min else column.max()))


def _states(solution: DynamicSolution) -> Block:
    """For named states: what can be sustained in each."""
    game = solution.game
    if game.axes:
        return Block("")
    rows = []
    for k, found in enumerate(solution.sets.states[:MOST_ROWS]):
        names = [o.name for o in solution.outcomes if k in o.states]
        worst = ("none", "none")
        if found.threats is not None:
            worst = tuple(number(float(x)) for x in found.threats)  # type: ignore[assignment]
        rows.append((found.name, found.status, *worst, listed(names) if names else "-"))
    return Block(
        "State by state",
        header=("state", "payoff set", *(f"{p}\nat worst" for p in game.players), "outcomes"),
        rows=tuple(rows),
        notes=("Outcomes: those that can be played there in some stable plan.",),
    )


def _markov(solution: DynamicSolution) -> Block:
    """Equilibria whose strategies look at the state alone."""
    found, game = solution.markov, solution.game
    rows = tuple(
        tuple(amount(solution.frozen, i, float(e.values[game.start, i])) for i in (0, 1))
        for e in found.listed[:_SHOWN]
    )
    count = f"{found.count:,}" if found.count < 1e6 else f"about {found.count:.2g}"
    more = "" if found.counted else "at least "
    kinds = f"{found.distinct:,} different {'list' if found.distinct == 1 else 'lists'} of payoffs"
    lines = (
        f"There {'is' if found.count == 1 else 'are'} {more}{count} with {more}{kinds}."
        if found.count
        else "None was found.",
    )
    left = len(found.listed) - len(rows)
    return Block(
        "Plans that look at the state alone, not at what was done",
        lines=lines,
        header=tuple(f"{p} gets" for p in game.players) if rows else (),
        rows=rows,
        notes=(*([f"{left} more in the JSON."] if left > 0 else []), *found.gaps),
    )
