"""A solution as a page: its verdict, tables, and what is behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from negotiation.reporting.page_parts import Block
from negotiation.reporting.pages.tables import breaking, matrix, outcomes, stage
from negotiation.solution import strategy_words
from negotiation.solution.verdict import (
    amount,
    label,
    listed,
    patience,
    period_of,
    verdict,
    why_not,
)

if TYPE_CHECKING:
    from negotiation.solution.solution import Solution

__all__ = ["caveats", "page"]


def page(
    solution: Solution, *, full: bool = False, more: tuple[Block, ...] = ()
) -> tuple[Block, ...]:
    """Return what `negotiate solve` prints, verdict first.

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
        Block(solution.regime.upper(), lines=verdict(solution)),
        matrix(solution),
        stage(solution),
        outcomes(solution),
        breaking(solution),
    ]
    if full:
        blocks += [_strategies(solution), _credibility(solution), _payments(solution)]
        blocks += [_method(solution)]
    blocks += [*more, *caveats(solution)]
    return tuple(b for b in blocks if b.lines or b.rows)


def _strategies(solution: Solution) -> Block:
    game, period = solution.game, period_of(solution)
    lines = []
    for o in solution.outcomes:
        if o.strategy is not None:
            words = " ".join(strategy_words.words(game, o.strategy, period=period))
            lines.append(f"- {label(solution, o)}: {o.strategy.kind}. {words}")
        elif o.truce:
            lines.append(f"- {label(solution, o)} is not sustained: {why_not(solution, o)}.")
    return Block("What keeps each outcome going", lines=tuple(lines))


def _credibility(solution: Solution) -> Block:
    """Trust needed and renegotiation, for sustained outcomes."""
    game = solution.game
    rows = []
    for o in solution.outcomes:
        if not o.sustained:
            continue
        found = solution.renegotiation[o.profile]
        needed = ["-" if p is None else patience(p) for p in o.trust.trust_needed]
        agreed = {True: "yes", False: "no", None: "undecided"}[found.at_discount]
        if found.fails:
            agreed += f": punishing {listed(game.players[i] for i in found.fails)} does not pay"
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
            "better than breaking first; robust if the two add up to at most 1; a dash if no "
            "belief is enough, or playing once has no pure equilibrium to fall back on.",
            "An outcome survives renegotiation if no side would rather forgive than punish.",
        ),
    )


def _payments(solution: Solution) -> Block:
    game, period = solution.game, period_of(solution)
    lines = []
    for o in solution.outcomes:
        if o.sustained or not o.truce:
            continue
        found, name = solution.payments[o.profile], label(solution, o)
        if found is None:
            ever = "" if o.transfers is None else f"; one would if both had {patience(o.transfers)}"
            lines.append(
                f"- {name}: no payment each {period} would sustain it at this patience{ever}."
            )
        elif found.transfer == 0:
            lines.append(f"- {name} would hold without a regular payment, by threat of fines.")
        else:
            payer = 0 if found.transfer > 0 else 1
            low, high = sorted(found.interval, key=abs)
            ends = [amount(solution, payer, abs(x)) for x in (low, high)]
            much = ends[0] if ends[0] == ends[1] else f"between {ends[0]} and {ends[1]}"
            lines.append(
                f"- {name} would hold if {game.players[payer]} paid {game.players[1 - payer]} "
                f"{much} each {period}; threats may then involve payments too."
            )
    return Block("If the sides can pay each other", lines=tuple(lines))


def _method(solution: Solution) -> Block:
    found = solution.repeated
    corners = f"{len(found.vertices)} {'corner' if len(found.vertices) == 1 else 'corners'}"
    return Block(
        "Method",
        lines=(
            f"Payoff set: {found.status}, {corners}, gap {found.gap:.1e}, {found.method}. One-off "
            f"equilibria: {solution.stage.method}.",
            "Every equilibrium shown passed a check from the definition.",
        ),
    )


def caveats(solution: Solution) -> tuple[Block, Block]:
    """Return what is assumed without a source, and what the model does not say."""
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
