"""A dynamic solution as a page: titled blocks of sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negotiation.reporting.blocks import WIDTH, Block
from negotiation.reporting.pages.solution import caveats
from negotiation.solution.dynamic_verdict import along, dynamic_verdict, headline, movers
from negotiation.solution.units import units_of
from negotiation.solution.verdict import amount, listed, number, period_of

if TYPE_CHECKING:
    from negotiation.equilibria.stochastic.payoff_sets import StatePayoffs
    from negotiation.solution.dynamic import DynamicSolution

__all__ = ["dynamic_page"]

MOST_ROWS = 24
_SHOWN = 6
_WORDS = {True: "yes", False: "no", None: "not known"}


def dynamic_page(solution: DynamicSolution, *, full: bool = False) -> tuple[Block, ...]:
    """Return what `negotiate solve` prints about a dynamic model, verdict first.

    Parameters
    ----------
    solution
        What was found.
    full
        Add what payments could do, and every equilibrium in strategies of the state alone that
        was listed.
    """
    blocks = (
        Block(headline(solution), lines=dynamic_verdict(solution)),
        _outcomes(solution),
        _map(solution),
        _payoffs(solution),
        _states(solution),
        _markov(solution, full=full),
        *([_paid(solution)] if full else []),
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
    game, frozen = solution.game, solution.frozen
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
        f"What stable plans can give, average per {units_of(solution.model).per}",
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


def _markov(solution: DynamicSolution, *, full: bool) -> Block:
    """Equilibria whose strategies look at the state alone, those with one print listed once."""
    found, game = solution.markov, solution.game
    printed = [
        tuple(amount(solution.frozen, i, float(e.values[game.start, i])) for i in (0, 1))
        for e in found.listed
    ]
    different = list(dict.fromkeys(printed))
    rows = tuple(different if full else different[:_SHOWN])
    count = f"{found.count:,}" if found.count < 1e6 else f"about {found.count:.2g}"
    more = "" if found.counted else "at least "
    kinds = f"{found.distinct:,} different {'list' if found.distinct == 1 else 'lists'} of payoffs"
    said = {0: "None was found.", 1: f"There is {more}one."}.get(
        found.count, f"There are {more}{count} with {more}{kinds} in the states."
    )
    left = len(different) - len(rows)
    same = len(found.listed) - len(different)
    return Block(
        "Plans that look at the state alone, not at what was done",
        lines=(said,),
        header=tuple(f"{p} gets" for p in game.players) if rows else (),
        rows=rows,
        notes=(
            *([f"{left} more in the JSON."] if left > 0 else []),
            *(["Payoffs from the start; some lists differ in later states only."] if same else []),
            *found.gaps,
        ),
    )


def _paid(solution: DynamicSolution) -> Block:
    """Set what could be sustained if the sides could pay each other beside what can without."""
    game, frozen = solution.game, solution.frozen
    found, s = solution.paid, game.start
    title = "If the sides could pay each other"
    if not found.exists[s]:
        return Block(title, ("No plan without chance moves would be stable even then.",))
    points = solution.start.vertices
    worst, joint = found.v[s], float(found.U[s])
    cells = [(amount(frozen, i, float(worst[i])), "none") for i in (0, 1)]
    together = [number(joint), "none"]
    if len(points):
        low, high = points.min(axis=0), float((points @ found.weights).max())
        cells = [(cells[i][0], amount(frozen, i, float(low[i]))) for i in (0, 1)]
        together[1] = number(high)
    first, second = (number(float(w)) for w in found.weights)
    weighed = first != second
    rows = (
        *((f"{p}, worst", *cells[i]) for i, p in enumerate(game.players)),
        (f"both together, best{'*' if weighed else ''}", *together),
    )
    a, b = game.players
    return Block(
        title,
        lines=(_paid_path(solution),),
        header=("", "with payments", "without"),
        rows=rows,
        notes=(
            f"From the start, average per {units_of(solution.model).per}. Any division of the sum "
            "that leaves neither side below its worst can be had.",
            *(
                [
                    f"* {first} times what {a} gets and {second} times what {b} gets: the more "
                    "patient side counts in full, since payments can be put off."
                ]
                if weighed
                else []
            ),
        ),
    )


def _paid_path(solution: DynamicSolution) -> str:
    """Say what the best path with payments plays now, and in how many states a truce."""
    game, found = solution.game, solution.paid
    cell = tuple(found.path[game.start].tolist())
    names = [o.name for o in game.outcomes[game.start] if cell in o.profiles]
    actions = [a[k] for a, k in zip(game.actions[game.start], cell, strict=True)]
    what = f"{' / '.join(actions)}" + (f" ({listed(names)})" if names else "")
    keeps = sum(
        any(o.truce and tuple(found.path[s].tolist()) in o.profiles for o in game.outcomes[s])
        for s in range(game.count)
    )
    return (
        f"The best they could do for both together starts with {what}, and plays a truce in "
        f"{keeps} of the {game.count} states that play can lead to."
    )
