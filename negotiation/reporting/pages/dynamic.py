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
    """Return the page of `negotiate solve` for a dynamic model, verdict first.

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
    """List every outcome: now, at a fixed state, and its reach along each axis."""
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
    """Map the supportable truces over two numbers on a grid."""
    game = solution.game
    truces = [o for o in solution.outcomes if o.truce][:26]
    if len(game.axes) != 2 or game.levels is None or not truces:
        return Block("")
    letters = {o.name: chr(ord("a") + k) for k, o in enumerate(truces)}
    columns, lines = (sorted({float(x) for x in game.levels[:, k]}) for k in (0, 1))
    at = {(float(x), float(y)): s for s, (x, y) in enumerate(game.levels)}

    def cell(x: float, y: float) -> str:
        s = at.get((x, y))
        truce_letters = "".join(letters[o.name] for o in truces if s in o.states)
        return "" if s is None else truce_letters or "."

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
    """List the worst and best equilibrium payoffs, beside those of the fixed state."""
    game, frozen = solution.game, solution.frozen
    rows = []
    for i, player in enumerate(game.players):
        for word, end in (("worst", min), ("best", max)):
            cells = [
                _extreme(solution, payoffs, i, end) for payoffs in (solution.start, solution.still)
            ]
            rows.append((f"{player}, {word}", *cells))
    gap = solution.start.gap
    accuracy = "rounding" if amount(frozen, 0, gap) == "0" else number(gap)
    return Block(
        f"What stable plans can give, average per {units_of(solution.model).per}",
        header=("", "as things move", "if nothing moved"),
        rows=tuple(rows),
        notes=(
            f"From the start. The whole set is in the JSON; it is known up to {accuracy}.",
            *(
                ["The set is one for which holding with equality is enough."]
                if solution.start.near_critical
                else []
            ),
        ),
    )


def _extreme(solution: DynamicSolution, payoffs: StatePayoffs, i: int, end: object) -> str:
    if payoffs.status == "empty":
        return "none"
    column = payoffs.vertices[:, i]
    return amount(solution.frozen, i, float(column.min() if end is min else column.max()))


def _states(solution: DynamicSolution) -> Block:
    """List the payoff set and the outcomes of every named state."""
    game = solution.game
    if game.axes:
        return Block("")
    rows = []
    for k, payoffs in enumerate(solution.sets.states[:MOST_ROWS]):
        names = [o.name for o in solution.outcomes if k in o.states]
        worst = ("none", "none")
        if payoffs.min_spe_payoffs is not None:
            worst = tuple(number(float(x)) for x in payoffs.min_spe_payoffs)  # type: ignore[assignment]
        rows.append((payoffs.name, payoffs.status, *worst, listed(names) if names else "-"))
    return Block(
        "State by state",
        header=("state", "payoff set", *(f"{p}\nat worst" for p in game.players), "outcomes"),
        rows=tuple(rows),
        notes=("Outcomes: those that can be played there in some stable plan.",),
    )


def _markov(solution: DynamicSolution, *, full: bool) -> Block:
    """List the Markov perfect equilibria, those with equal printed payoffs once."""
    markov, game = solution.markov, solution.game
    printed = [
        tuple(amount(solution.frozen, i, float(e.values[game.start, i])) for i in (0, 1))
        for e in markov.listed
    ]
    different = list(dict.fromkeys(printed))
    rows = tuple(different if full else different[:_SHOWN])
    count = f"{markov.count:,}" if markov.count < 1e6 else f"about {markov.count:.2g}"
    more = "" if markov.counted else "at least "
    kinds = (
        f"{markov.distinct:,} different {'list' if markov.distinct == 1 else 'lists'} of payoffs"
    )
    sentence = {0: "None was found.", 1: f"There is {more}one."}.get(
        markov.count, f"There are {more}{count} with {more}{kinds} in the states."
    )
    left = len(different) - len(rows)
    same = len(markov.listed) - len(different)
    return Block(
        "Plans that look at the state alone, not at what was done",
        lines=(sentence,),
        header=tuple(f"{p} gets" for p in game.players) if rows else (),
        rows=rows,
        notes=(
            *([f"{left} more in the JSON."] if left > 0 else []),
            *(["Payoffs from the start; some lists differ in later states only."] if same else []),
            *markov.gaps,
        ),
    )


def _paid(solution: DynamicSolution) -> Block:
    """List the payoffs with side payments beside those without."""
    game, frozen = solution.game, solution.frozen
    transfers, s = solution.paid, game.start
    title = "If the sides could pay each other"
    if not transfers.exists[s]:
        return Block(title, ("No plan without chance moves would be stable even then.",))
    points = solution.start.vertices
    worst, joint = transfers.v[s], float(transfers.U[s])
    cells = [(amount(frozen, i, float(worst[i])), "none") for i in (0, 1)]
    together = [number(joint), "none"]
    if len(points):
        low, high = points.min(axis=0), float((points @ transfers.weights).max())
        cells = [(cells[i][0], amount(frozen, i, float(low[i]))) for i in (0, 1)]
        together[1] = number(high)
    first, second = (number(float(w)) for w in transfers.weights)
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
    """Describe the best path with payments: its first profile, and its truces."""
    game, transfers = solution.game, solution.paid
    cell = tuple(transfers.path[game.start].tolist())
    names = [o.name for o in game.outcomes[game.start] if cell in o.profiles]
    actions = [a[k] for a, k in zip(game.actions[game.start], cell, strict=True)]
    profile_text = f"{' / '.join(actions)}" + (f" ({listed(names)})" if names else "")
    keeps = sum(
        any(o.truce and tuple(transfers.path[s].tolist()) in o.profiles for o in game.outcomes[s])
        for s in range(game.count)
    )
    return (
        f"The best they could do for both together starts with {profile_text}, and plays a truce "
        f"in {keeps} of the {game.count} states that play can lead to."
    )
