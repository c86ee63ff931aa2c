"""Verdict on a signalling game, in sentences generated from its numbers."""

from __future__ import annotations

from fractions import Fraction

from negotiation.equilibria.signalling.equilibria import EquilibriumClass, Interval
from negotiation.solution.signalling.solution import (
    SignallingSolution,
    Worth,
    changing_classes,
    uninformed_responses,
)
from negotiation.solution.units import units_of
from negotiation.solution.verdict import listed, number

__all__ = [
    "belief_sentences",
    "chance",
    "interval",
    "short_unit",
    "signalling_verdict",
    "worth_sentence",
]

_MOST = 6


def short_unit(solution: SignallingSolution) -> str:
    """Return the unit of payoffs without what the file explains in brackets."""
    return units_of(solution.model).in_full.partition(" (")[0]


def _unit(solution: SignallingSolution) -> str:
    return f" {short_unit(solution)}" if short_unit(solution) else ""


def chance(x: Fraction) -> str:
    """Write a chance to three digits.

    Examples
    --------
    >>> chance(Fraction(1, 3)), chance(Fraction(1))
    ('0.333', '1')
    """
    return number(float(x))


def interval(found: Interval) -> str:
    """Write what lies between two values, or the one value.

    Examples
    --------
    >>> interval((Fraction(1), Fraction(2))), interval((Fraction(1, 2), Fraction(1, 2)))
    ('1 to 2', '0.5')
    """
    low, high = (number(float(x)) for x in found)
    return low if low == high else f"{low} to {high}"


def signalling_verdict(solution: SignallingSolution) -> tuple[str, ...]:
    """Return what a message changes, what it would have to cost, and what is left open."""
    game = solution.game
    if len(game.types) == 1:
        return (_one_type(solution),)
    classes = changing_classes(solution)
    changing = [(c, pairs) for c, pairs in classes if pairs and c.intuitive != "none"]
    sentences = [_changes(solution, changing) if changing else _changes_nothing(solution)]
    if changing and (rest := [c for c, pairs in classes if not pairs and c.intuitive != "none"]):
        sentences.append(_need_not(solution, rest))
    if failing := [c for c, _ in classes if c.intuitive == "none"]:
        sentences.append(_implausible(failing, len(classes)))
    sentences += [worth_sentence(solution, w) for w in solution.worths]
    return tuple(sentences)


def _one_type(solution: SignallingSolution) -> str:
    game = solution.game
    answers = [game.responses[m][a] for m, a in _sent_responses(solution)]
    return (
        f"Given these numbers {game.players[0]} is {game.types[0]!r} for certain, so there is "
        f"nothing to tell: {game.players[1]} answers with {listed(dict.fromkeys(answers))}."
    )


def _sent_responses(solution: SignallingSolution) -> list[tuple[int, int]]:
    return [
        (m, a)
        for c in solution.equilibria.classes
        for m in c.sent
        for a, (_, high) in enumerate(c.responses[m])
        if high > 0
    ]


def _changes(
    solution: SignallingSolution,
    changing: list[tuple[EquilibriumClass, tuple[tuple[int, int], ...]]],
) -> str:
    """Say which message moves the receiver, to what, and how surely."""
    game = solution.game
    every = all(pairs for c, pairs in changing_classes(solution) if c.intuitive != "none")
    found: dict[tuple[int, int], list[Interval]] = {}
    for c, pairs in changing:
        for m, a in pairs:
            found.setdefault((m, a), []).append(c.responses[m][a])
    said = []
    for (m, a), chances in list(found.items())[:_MOST]:
        low, high = min(x for x, _ in chances), max(x for _, x in chances)
        sure = "" if low == 1 else f" with chance {interval((low, high))}"
        plain = [game.responses[m][b] for b in uninformed_responses(game, m)]
        said.append(
            f"{game.players[1]} answers {game.messages[m]!r} with {game.responses[m][a]}{sure}, "
            f"where without news it would answer with {_either(plain)}"
        )
    verb = "changes" if every else "can change"
    messages = [game.messages[m] for m, _ in found]
    subject = listed(dict.fromkeys(repr(m) for m in messages))
    return f"Given these payoffs {subject} {verb} {_possessive(game.players[1])} mind: " + (
        "; ".join(said) + "."
    )


def _either(names: list[str]) -> str:
    return " or ".join(names)


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _changes_nothing(solution: SignallingSolution) -> str:
    game = solution.game
    plain = dict.fromkeys(
        game.responses[m][a]
        for c in solution.equilibria.classes
        for m in c.sent
        for a in uninformed_responses(game, m)
    )
    return (
        f"Given these payoffs no message changes {_possessive(game.players[1])} mind: it answers "
        f"with {_either(list(plain))}, as it would without news{_why_nothing(solution)}."
    )


def _why_nothing(solution: SignallingSolution) -> str:
    """Say why no message can be believed, where two types make it plain."""
    game = solution.game
    if not solution.worths:
        same = len(game.types) == 2 and solution.model.bargain() is not solution.model
        return ", since its best answer to every type is the same" if same else ""
    reasons = []
    for w in solution.worths:
        net = [w.gains[k] - w.costs[k] for k in (0, 1)]
        if net[1] < 0:
            reasons.append(
                f"{w.message!r} costs {_who(solution, 1)} {number(float(w.costs[1]))} and being "
                f"believed would bring it {number(float(w.gains[1]))}"
            )
        elif net[0] > 0:
            reasons.append(
                f"{_who(solution, 0)} would gain {number(float(net[0]))} by {w.message!r} too, "
                f"against {number(float(net[1]))} for {_who(solution, 1)}"
            )
    return f", because {'; '.join(reasons)}" if reasons else ""


def _who(solution: SignallingSolution, t: int) -> str:
    return f"{solution.game.players[0]} if {solution.game.types[t]!r}"


def _need_not(solution: SignallingSolution, rest: list[EquilibriumClass]) -> str:
    many = f"{len(rest)} other equilibria" if len(rest) > 1 else "another equilibrium"
    verb = "leave" if len(rest) > 1 else "leaves"
    return f"It need not: {many} {verb} {solution.game.players[1]} as it would be without news."


def _implausible(failing: list[EquilibriumClass], total: int) -> str:
    which = "1 of them rests" if len(failing) == 1 else f"{len(failing)} of them rest"
    return (
        f"The game has {total} equilibria; {which} on a belief that a type could gain nothing by "
        "confirming (they fail the intuitive criterion)."
    )


def worth_sentence(solution: SignallingSolution, w: Worth) -> str:
    """Say what a message buys, for whom, and what it would have to cost to be believed."""
    game = solution.game
    gains = [number(float(g)) for g in w.gains]
    costs = [number(float(c)) for c in w.costs]
    low, high = (_proposed(solution, name) for name in w.responses)
    buys = (
        f"Being believed buys {_who(solution, 1)} {high} instead of {low}, "
        f"worth {gains[1]}{_unit(solution)}"
    )
    if w.gains[1] <= 0:
        return f"{buys}: it has no wish to be told apart from {game.types[0]!r}."
    if w.gains[0] <= 0:
        return f"{buys}, and nothing to {_who(solution, 0)}: it can be believed for nothing."
    return (
        f"{buys}; {w.message!r} tells the types apart only if it would cost {_who(solution, 0)} "
        f"at least {gains[0]} (here {costs[0]}) and costs {_who(solution, 1)} at most {gains[1]} "
        f"(here {costs[1]})."
    )


def _proposed(solution: SignallingSolution, response: str) -> str:
    """Return what a response proposes to the second type, and what becomes of it there."""
    last = solution.game.types[1]
    p = next(p for p in solution.proposals if (p.type, p.response) == (last, response))
    return p.outcome if p.kept else f"{p.outcome} (refused, so {p.played})"


def belief_sentences(solution: SignallingSolution) -> tuple[str, ...]:
    """Say at which beliefs the receiver changes its mind; equal thresholds once."""
    game = solution.game
    if len(game.types) != 2:
        return ()
    found: dict[tuple[str, str, Fraction], list[str]] = {}
    for b in solution.thresholds:
        assert b.belief is not None, "two types have a belief each"
        low, high = (game.responses[b.message][a] for a in b.between)
        found.setdefault((low, high, b.belief), []).append(game.messages[b.message])
    sentences = []
    for (low, high, belief), messages in found.items():
        after = "" if len(messages) == len(game.messages) else f" after {listed(messages)}"
        sentences.append(
            f"{game.players[1]} answers with {high} rather than {low}{after} once it believes in "
            f"{game.types[1]!r} with at least {chance(belief)} (prior {chance(game.prior[1])})."
        )
    return tuple(sentences)
