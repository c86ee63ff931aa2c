"""Page of `negotiate solve`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from negotiation.equilibria.stage.best_replies import best_replies
from negotiation.reporting.blocks import MOST_ROWS, WIDTH, Block
from negotiation.reporting.pages.answers.followers import follower_block
from negotiation.reporting.pages.answers.history import seen_block
from negotiation.solution import strategy_words
from negotiation.solution.history import explained
from negotiation.solution.units import units_of
from negotiation.solution.verdict import (
    amount,
    in_period,
    label,
    listed,
    patience,
    period_of,
    verdict,
    weights,
    why_not,
)

if TYPE_CHECKING:
    from negotiation.solution.outcomes import OutcomeResult
    from negotiation.solution.solution import Solution

__all__ = ["breaking", "caveats", "matrix", "outcomes", "page", "stage"]


def page(
    solution: Solution, *, full: bool = False, more: tuple[Block, ...] = ()
) -> tuple[Block, ...]:
    """Return the page of `negotiate solve`, verdict first.

    Parameters
    ----------
    solution
        What was found.
    full
        Add strategies, credibility, payments and method.
    more
        Blocks to put before what is assumed and what is not said.
    """
    blocks = [
        Block(solution.regime.upper(), lines=_top(solution)),
        matrix(solution),
        stage(solution),
        outcomes(solution),
        breaking(solution),
        follower_block(solution),
        seen_block(solution),
    ]
    if full:
        blocks += [_strategies(solution), _credibility(solution), _payments(solution)]
        blocks += [_method(solution)]
    blocks += [*more, *caveats(solution)]
    return tuple(b for b in blocks if b.lines or b.rows)


def _top(solution: Solution) -> tuple[str, ...]:
    seen = explained(solution)
    return (*verdict(solution), *([seen] if seen else []))


def _strategies(solution: Solution) -> Block:
    game, units = solution.game, units_of(solution.model)
    lines = []
    for o in solution.outcomes:
        if o.strategy is not None:
            words = " ".join(strategy_words.words(game, o.strategy, units=units))
            lines.append(f"- {label(solution, o)}: {o.strategy.kind}. {words}")
        elif o.truce:
            lines.append(f"- {label(solution, o)} is not sustained: {why_not(solution, o)}.")
    return Block("What keeps each outcome going", lines=tuple(lines))


def _credibility(solution: Solution) -> Block:
    """List critical beliefs and renegotiation-proofness of sustained outcomes."""
    game = solution.game
    rows = []
    for o in solution.outcomes:
        if not o.sustained:
            continue
        renegotiation = solution.renegotiation[o.profile]
        needed = ["-" if p is None else patience(p) for p in o.trust.critical_belief]
        agreed = {True: "yes", False: "no", None: "undecided"}[renegotiation.at_discount]
        if renegotiation.fails:
            agreed += (
                f": punishing {listed(game.players[i] for i in renegotiation.fails)} does not pay"
            )
        rows.append((label(solution, o), *needed, agreed))
    return Block(
        "Robust, or only possible?",
        header=(
            "outcome",
            f"trust {game.players[0]}\nneeds",
            f"trust {game.players[1]}\nneeds",
            "survives\nrenegotiation",
        ),
        rows=tuple(rows),
        notes=(
            "Trust needed: how likely the other must be to honour the outcome for honouring to be "
            "better than breaking first; risk-dominant if the two add up to at most 1; a dash if "
            "no belief is enough, or playing once has no pure equilibrium to fall back on.",
            "An outcome survives renegotiation if no side would rather forgive than punish.",
        ),
    )


def _payments(solution: Solution) -> Block:
    game, period = solution.game, period_of(solution)
    lines = []
    for o in solution.outcomes:
        if o.sustained or not o.truce:
            continue
        payment, name = solution.payments[o.profile], label(solution, o)
        if payment is None:
            ever = "" if o.transfers is None else f"; one would if both had {patience(o.transfers)}"
            lines.append(
                f"- {name}: no payment each {period} would sustain it at this patience{ever}."
            )
        elif payment.transfer == 0:
            lines.append(f"- {name} would hold without a regular payment, by threat of fines.")
        else:
            payer = 0 if payment.transfer > 0 else 1
            low, high = sorted(payment.interval, key=abs)
            ends = [in_period(solution, payer, abs(x)) for x in (low, high)]
            first = ends[0].removesuffix(units_of(solution.model).said)
            much = ends[0] if ends[0] == ends[1] else f"between {first} and {ends[1]}"
            lines.append(
                f"- {name} would hold if {game.players[payer]} paid {game.players[1 - payer]} "
                f"{much} each {period}; threats may then involve payments too."
            )
    return Block("If the sides can pay each other", lines=tuple(lines))


def _method(solution: Solution) -> Block:
    repeated = solution.repeated
    corners = f"{len(repeated.vertices)} {'corner' if len(repeated.vertices) == 1 else 'corners'}"
    return Block(
        "Method",
        lines=(
            f"Payoff set: {repeated.status}, {corners}, gap {repeated.gap:.1e}, {repeated.method}. "
            f"One-off equilibria: {solution.stage.method}.",
            "Every equilibrium shown passed a check from the definition.",
        ),
    )


def caveats(solution: Solution) -> tuple[Block, Block]:
    """Return the assumptions without a source, and the limits of the model."""
    return _assumed(solution), _silent(solution)


def _assumed(solution: Solution) -> Block:
    model = solution.model
    names = [p.name for p in model.parameters if p.grade == "assumed"] if model else []
    if not names or model is None:
        return Block("")
    return Block(
        "Assumed, without a source",
        lines=(f"{listed(names)} ({len(names)} of {len(model.parameters)} parameters).",),
    )


def _silent(solution: Solution) -> Block:
    model = solution.model
    left_out = [f"- {line}" for line in model.not_modelled] if model else []
    return Block(
        "What this does not say",
        lines=(
            "That an outcome can be sustained does not say that it will come about: several can, "
            "and the model does not choose among them.",
            *(["Left out of this model:", *left_out] if left_out else []),
        ),
    )


def matrix(solution: Solution) -> Block:
    """Both players' payoffs in every profile; * marks a best reply, letters name outcomes."""
    game, units = solution.game, units_of(solution.model)
    best = best_replies(game)
    names = [o.name for o in game.outcomes][:26]
    letters = {name: chr(ord("a") + k) for k, name in enumerate(names)}
    marks = {o.profile: letters[o.name] for o in solution.outcomes if o.name in letters}

    n0, n1 = game.shape

    def cell(a: int, b: int) -> tuple[str, str]:
        first, second = (
            amount(solution, i, game.payoffs[i, a, b]) + ("*" if best[i][a, b] else "")
            for i in (0, 1)
        )
        return first, second + (f" {marks[a, b]}" if (a, b) in marks else "")

    cells = [[cell(a, b) for b in range(n1)] for a in range(n0)]
    key = [f"{letter} {name}" for name, letter in letters.items()]
    return Block(
        f"Payoffs per {units.per}{f' in {units.unit}' if units.rate else ''}: "
        f"{game.players[0]} (rows), {game.players[1]} (columns)",
        header=("", *game.actions[1]),
        rows=_beside_or_below(game.actions[0], cells, game.actions[1]),
        notes=(
            f"* best reply, of {game.players[0]} (first) or {game.players[1]} (second).",
            *(["Outcomes: " + ", ".join(key) + "."] if key else []),
        ),
    )


def _beside_or_below(
    names: tuple[str, ...], cells: list[list[tuple[str, str]]], header: tuple[str, ...]
) -> tuple[tuple[str, ...], ...]:
    """Return rows with both payoffs of a cell on one line or, in a wide table, on two."""
    beside = [[f"{first}, {second}" for first, second in row] for row in cells]
    columns = [names, *zip(header, *beside, strict=True)]
    wide = sum(2 + max(map(len, column)) for column in columns) > WIDTH
    rows = [["\n".join(cell) for cell in row] for row in cells] if wide else beside
    return tuple((name, *row) for name, row in zip(names, rows, strict=True))


def stage(solution: Solution) -> Block:
    """Return the stage-game Nash equilibria."""
    game, equilibria = solution.game, solution.stage
    count = len(equilibria.equilibria)
    shown = equilibria.equilibria[:MOST_ROWS]
    rows = tuple(
        (
            *(_mixture(game.actions[i], e.strategies[i]) for i in (0, 1)),
            *(amount(solution, i, float(e.payoffs[i])) for i in (0, 1)),
        )
        for e in shown
    )
    notes = []
    if count > len(shown):
        notes.append(f"{count - len(shown)} more in the JSON.")
    if len(equilibria.components) < count:
        sets = len(equilibria.components)
        form = "one connected set" if sets == 1 else f"{sets} connected sets"
        notes.append(f"They form {form}: some mixtures of neighbours are equilibria too.")
    if not equilibria.complete:
        notes.append("The game is too large to be sure that these are all of them.")
    return Block(
        "If played once",
        header=(*game.players, f"{game.players[0]} gets", f"{game.players[1]} gets"),
        rows=rows,
        notes=tuple(notes),
    )


def _mixture(actions: tuple[str, ...], weights: Iterable[float]) -> str:
    used = [(a, w) for a, w in zip(actions, weights, strict=True) if w > 0]
    if len(used) == 1:
        return used[0][0]
    return " or ".join(f"{a} ({100 * w:.3g}%)" for a, w in used)


def outcomes(solution: Solution) -> Block:
    """Return every outcome that can be sustained, with its critical discount factors."""
    game = solution.game
    shown, silent = _telling(solution)
    rows = tuple(_patience_row(solution, o) for o in shown[:MOST_ROWS])
    notes = _patience_notes(solution, shown)
    if len(shown) > MOST_ROWS:
        notes.append(f"{len(shown) - MOST_ROWS} more in the JSON.")
    if silent:
        notes.append(f"Not sustained at any patience that both share: {silent}.")
    return Block(
        "If played for ever",
        lines=() if rows else (f"Nothing holds. {notes.pop()}",),
        header=(
            "outcome",
            "holds",
            f"{game.players[0]}\nneeds",
            f"{game.players[1]}\nneeds",
            "both\nneed",
            "simple\nthreat",
        ),
        rows=rows,
        notes=tuple(notes) if rows else (),
    )


def _patience_row(solution: Solution, o: OutcomeResult) -> tuple[str, ...]:
    alone = [
        patience(x) + " ?" * unsure
        for x, unsure in zip(o.optimal_penal_code_by_player, o.near_critical, strict=True)
    ]
    both = patience(o.optimal_penal_code), patience(o.nash_reversion)
    name = label(solution, o) + (" [truce]" if o.truce else "")
    return name, f"{'yes' if o.sustained else 'no'}, {o.band}", *alone, *both


def _patience_notes(solution: Solution, shown: list[OutcomeResult]) -> list[str]:
    """Explain the critical discount factors, and name those that need care."""
    notes = [
        f"The numbers say how much of this {period_of(solution)}'s weight the next one must have "
        f"at least; here it has {weights(solution)}. First each side alone, the other staying as "
        "it is; then both alike; all with the harshest punishment that is itself believable. Last, "
        "both alike with the simple threat of the worst one-off equilibrium for ever."
    ]
    if solution.repeated.near_critical:
        notes.append("This patience is a threshold: with a hair less, part of this is lost.")
    if any(any(o.near_critical) for o in shown[:MOST_ROWS]):
        notes.append(
            "?: a constraint of the other side holds with equality there, so that rounding decides "
            "how much patience is enough; a hair more patience of the other side makes it sure."
        )
    if any(_mixed_threat(o) for o in shown):
        notes.append(
            "Where the simple threat needs less, that equilibrium is a mixed one; everything else "
            "here counts only on plans that keep nobody guessing."
        )
    return notes


def _mixed_threat(o: OutcomeResult) -> bool:
    simple, harshest = o.nash_reversion, o.optimal_penal_code
    return simple is not None and (harshest is None or simple < harshest - 1e-9)


def _telling(solution: Solution) -> tuple[list[OutcomeResult], str]:
    """Split the outcomes into those worth a row and those never sustained, in words."""
    shown = [o for o in solution.outcomes if o.truce or o.sustained or o.band != "impossible"]
    left = [o for o in solution.outcomes if o not in shown]
    if not left:
        return shown, ""
    if not solution.game.outcomes:
        other = "the other " if shown else "all "
        return shown, f"{other}{len(left)} {'cell' if len(left) == 1 else 'cells'}"
    part = {o.name for o in shown}
    names = dict.fromkeys(label(solution, o) if o.name in part else o.name for o in left)
    return shown, listed(names)


def breaking(solution: Solution) -> Block:
    """Return each side's best deviation, its gain now and its change on average."""
    game, units = solution.game, units_of(solution.model)
    rows: list[tuple[str, ...]] = []
    for o in _telling(solution)[0][:MOST_ROWS]:
        name = label(solution, o)
        for i, d in enumerate(o.best_deviation):
            later = 0.0 if o.slack is None else -o.slack[i]
            average = "-" if o.slack is None else _signed(amount(solution, i, later))
            if d.gain <= 0 and not average.startswith("+"):
                continue
            at_once = _signed(in_period(solution, i, d.gain).removesuffix(units.said))
            rows.append((name, game.players[i], game.actions[i][d.action], at_once, average))
            name = ""
    return Block(
        "If someone breaks the outcome",
        header=("outcome", "who", "by playing", "at once", "on average"),
        rows=tuple(rows),
        notes=(
            f"What breaking it brings that side{f', in {units.unit}' if units.rate else ''}: in "
            f"that {units.period}, and per {units.per} on average once the harshest believable "
            "answer has run its course. It holds if neither average is above 0.",
        ),
    )


def _signed(text: str) -> str:
    return text if text.startswith(("-", "0")) and not text.startswith("0.") else f"+{text}"
