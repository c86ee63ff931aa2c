"""Signalling games as pages: the verdict, the equilibria, what is proposed, and what flips it."""

from __future__ import annotations

from negotiation.equilibria.signalling.equilibria import EquilibriumClass, Interval
from negotiation.equilibria.signalling.lists import Entry
from negotiation.equilibria.signalling.thresholds import PriorPiece
from negotiation.games.signalling_game import SignallingGame
from negotiation.reporting.blocks import Block
from negotiation.solution.signalling.proposals import Proposal
from negotiation.solution.signalling.solution import SignallingSolution, refusal_chance
from negotiation.solution.signalling.verdict import (
    belief_sentences,
    chance,
    interval,
    short_unit,
    signalling_verdict,
)
from negotiation.solution.signalling.words import surviving
from negotiation.solution.verdict import listed, number

__all__ = [
    "class_words",
    "equilibria_block",
    "prior_block",
    "proposal_words",
    "proposals_block",
    "refusal_sentences",
    "signalling_page",
    "surviving_words",
]

_PASSES = {"all": "yes", "some": "in part", "none": "no", None: "-"}


def signalling_page(solution: SignallingSolution) -> tuple[Block, ...]:
    """Return what `negotiate solve` prints about a signalling game."""
    game = solution.game
    notes: tuple[str, ...] = ()
    if game.excluded:
        notes = (f"Left out, having no chance: {listed(map(repr, game.excluded))}.",)
    blocks = (
        Block(solution.model.title.upper(), lines=signalling_verdict(solution), notes=notes),
        equilibria_block(solution),
        proposals_block(solution),
        _beliefs_block(solution),
        prior_block(solution),
    )
    return tuple(b for b in blocks if b.lines or b.rows)


def equilibria_block(solution: SignallingSolution) -> Block:
    """Return the table of equilibria."""
    game = solution.game
    rows = tuple(
        (
            c.kind,
            _sends(game, c),
            _answers(game, c),
            ";\n".join(f"{t}: {interval(v)}" for t, v in zip(game.types, c.payoffs, strict=True))
            + f";\n{game.players[1]}: {interval(c.receiver_payoff)}",
            f"intuitive: {_PASSES[c.intuitive]};\nD1: {_PASSES[c.d1]};\n"
            f"undefeated: {_PASSES[c.undefeated]}",
        )
        for c in solution.equilibria.classes
    )
    unit = f" ({short_unit(solution)})" if short_unit(solution) else ""
    return Block(
        "All equilibria",
        header=("kind", "who sends what", "what it is answered with", f"payoffs{unit}", "passes"),
        rows=rows,
        notes=(
            "This list is complete: every perfect Bayesian equilibrium (here also sequential) is "
            "in it. 'a to b' means that equilibria exist all along. A message in brackets is not "
            "sent; what it would be answered with keeps it so.",
        ),
    )


def class_words(game: SignallingGame, c: EquilibriumClass) -> str:
    """Say in a line what happens in a class."""
    return f"{c.kind}: {_sends(game, c)} -> {_answers(game, c, path_only=True)}".replace(
        ";\n", "; "
    )


def _sends(game: SignallingGame, c: EquilibriumClass) -> str:
    lines = []
    for t, row in zip(game.types, c.sends, strict=True):
        parts = [_share(m, v) for m, v in zip(game.messages, row, strict=True) if v[1] > 0]
        lines.append(f"{t}: {', '.join(parts)}")
    return ";\n".join(lines)


def _answers(game: SignallingGame, c: EquilibriumClass, *, path_only: bool = False) -> str:
    lines = []
    for m, (name, row) in enumerate(zip(game.messages, c.responses, strict=True)):
        parts = [_share(a, v) for a, v in zip(game.responses[m], row, strict=True) if v[1] > 0]
        if m in c.sent:
            lines.append(f"{name}: {', '.join(parts)}")
        elif not path_only:
            lines.append(f"({name}: {', '.join(parts)})")
    return ";\n".join(lines)


def _share(name: str, found: Interval) -> str:
    return name if found[0] == found[1] == 1 else f"{name} {interval(found)}"


def proposals_block(solution: SignallingSolution) -> Block:
    """Return what becomes of each proposal at each type."""
    players = solution.model.players
    rows = tuple(
        (
            p.response,
            p.outcome,
            p.type,
            "kept up" if p.kept else f"refused: {p.played}",
            *(number(float(v)) for v in p.payoffs),
        )
        for p in sorted(solution.proposals, key=lambda p: _order(solution, p))
    )
    refused = tuple(proposal_words(solution, p) for p in solution.proposals if not p.kept)
    return Block(
        "What becomes of a proposal",
        lines=refusal_sentences(solution),
        header=("answer", "proposes", "type", "what happens", *players),
        rows=rows,
        notes=refused,
    )


def refusal_sentences(solution: SignallingSolution) -> tuple[str, ...]:
    """Say how often a proposal is made and refused in equilibrium."""
    if not solution.proposals:
        return ()
    classes = solution.equilibria.classes
    chances = [refusal_chance(solution, c) for c in classes]
    if not any(high for _, high in chances):
        return ("In no equilibrium is anything proposed that would be refused.",)
    said = [
        f"with chance {interval(found)} in the {c.kind} one" + (f" (no. {k})" if many else "")
        for k, (c, found) in enumerate(zip(classes, chances, strict=True), 1)
        if found[1]
        for many in [sum(d.kind == c.kind for d in classes) > 1]
    ]
    return (f"A proposal is made and refused in equilibrium: {listed(said)}.",)


def _order(solution: SignallingSolution, p: Proposal) -> int:
    return [q.response for q in solution.proposals].index(p.response)


def proposal_words(solution: SignallingSolution, p: Proposal) -> str:
    """Say why a proposal is kept up or refused at a type."""
    players = solution.model.players
    informed = solution.game.players[0]
    where = f"At type {p.type!r}"
    if p.kept:
        return f"{where} {p.outcome} is kept up: neither side would gain by breaking it."
    if p.slack is None:
        return f"{where} {p.outcome} is refused: no threat can be relied on."
    unit = f" {short_unit(solution)}" if short_unit(solution) else ""
    reasons = [
        f"{players[i]} would gain {number(p.best[i][1])}{unit} at once by {p.best[i][0]} and, all "
        f"that follows included, come out {number(-p.slack[i])}{unit} better on average"
        for i in p.refused_by
    ]
    earned = number(float(p.payoffs[players.index(informed)]))
    return (
        f"{where} {p.outcome} is refused: {'; '.join(reasons)}. {p.played} follows, worth {earned} "
        f"to {informed}."
    )


def _beliefs_block(solution: SignallingSolution) -> Block:
    game = solution.game
    if sentences := belief_sentences(solution):
        return Block("Beliefs that matter", lines=sentences)
    rows = []
    for b in solution.thresholds:
        first, second = (game.responses[b.message][a] for a in b.between)
        terms = [
            f"{number(float(x))} x {t}"
            for t, x in zip(game.types, b.coefficients, strict=True)
            if x
        ]
        rows.append((game.messages[b.message], f"{first} or {second}", " + ".join(terms) + " = 0"))
    header = ("message", "undecided between", "at the beliefs where")
    return Block("Beliefs that matter", header=header, rows=tuple(rows))


def prior_block(solution: SignallingSolution) -> Block:
    """Return how the list of equilibria depends on the prior, of two types."""
    if not solution.priors:
        return Block("")
    rows = tuple(
        (_stretch(piece), ";\n".join(surviving_words(piece)) or "none of them passes")
        for piece in solution.priors
    )
    name = solution.game.types[1]
    return Block(
        f"How the list hangs on the prior of {name!r}",
        header=("prior", "equilibria (passing the intuitive criterion)"),
        rows=rows,
        notes=("The ends are exact. Between them the list is the same throughout.",),
    )


def _stretch(piece: PriorPiece) -> str:
    if piece.low == piece.high:
        return f"at {chance(piece.low)}"
    return f"{chance(piece.low)} to {chance(piece.high)}"


def surviving_words(piece: PriorPiece) -> tuple[str, ...]:
    """Return the classes of a piece of which some equilibria pass the intuitive criterion."""
    classes = piece.equilibria.classes
    entries = tuple(Entry(c.kind, *c.key, c.intuitive, c.d1) for c in classes)
    return surviving(piece.equilibria.game, entries)
