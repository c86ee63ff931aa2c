"""A match played out, as a page and as plain data."""

from __future__ import annotations

from typing import Any

from negotiation.reporting.blocks import Block
from negotiation.solution import as_json, strategy_words
from negotiation.solution.play import Match, Record, Turn
from negotiation.solution.units import units_of
from negotiation.solution.verdict import in_period, patience, period_of

__all__ = ["account", "met", "opening", "pages", "prospects", "to_dict"]

_SAME = 1e-9


def opening(match: Match, periods: int) -> Block:
    """Return what the person is told before the first move."""
    game, period = match.solution.game, period_of(match.solution)
    lines = []
    if match.player is None:
        lines.append(f"Two people play {game.players[0]} and {game.players[1]}.")
    else:
        other = game.players[1 - match.player]
        lines.append(f"You are {game.players[match.player]}; {other} is played for you.")
    if match.outcome is not None:
        deal = " / ".join(n[k] for n, k in zip(game.actions, match.outcome.profile, strict=True))
        lines.append(f"The deal is {match.outcome.name}: {deal}.")
    lines.append(
        f"We watch {periods} {period}s, but nobody knows which {period} is the last: what follows "
        "counts too."
    )
    return Block("THE MATCH", tuple(lines))


def prospects(match: Match, turn: Turn, i: int) -> tuple[str, ...]:
    """Return for each action of player i what it brings this period if the other does as told."""
    game = match.solution.game
    own = game.payoffs[i, :, turn.told[1]] if i == 0 else game.payoffs[i, turn.told[0]]
    return tuple(
        f"{name} brings {in_period(match.solution, i, float(x))}"
        + (" (as told)" if a == turn.told[i] and match.outcome is not None else "")
        for a, (name, x) in enumerate(zip(game.actions[i], own, strict=True))
    )


def pages(record: Record) -> tuple[Block, ...]:
    """Return the whole match: what happened, what it came to, whom you met, what paid."""
    blocks = (_story(record), _score(record), _met(record.match), _breaches(record))
    return tuple(b for b in blocks if b.lines or b.rows)


def _story(record: Record) -> Block:
    match = record.match
    game, period = match.solution.game, period_of(match.solution)
    people = match.people
    rows, sums = [], [0.0, 0.0]
    for t in record.turns:
        done = []
        for i in (0, 1):
            sums[i] += t.payoffs[i]
            done.append(game.actions[i][t.played[i]] + (" (breach)" if t.broke(i) else ""))
        row = [str(t.period + 1), *done]
        for i in people:
            row += [
                in_period(match.solution, i, t.payoffs[i]),
                in_period(match.solution, i, t.deal[i]),
            ]
            row.append(in_period(match.solution, i, sums[i]))
        rows.append(tuple(row))
    header = [period, *game.players]
    for i in people:
        header += [f"{game.players[i]}\ngets", "the deal\nbrings", "in all\nso far"]
    unit = match.solution.model.payoff_unit if match.solution.model else ""
    return Block(
        f"What happened, {period} by {period}",
        header=tuple(header),
        rows=tuple(rows),
        notes=(f"Payoffs in {unit}.",) if unit else (),
    )


def _score(record: Record) -> Block:
    match = record.match
    game, period = match.solution.game, period_of(match.solution)
    lines = []
    for i in match.people:
        who = game.players[i]
        got, deal = (
            in_period(match.solution, i, x[i]) for x in (record.totals, record.deal_totals)
        )
        count = len(record.turns)
        said = f"In {count} {period}{'' if count == 1 else 's'} {who} got {got} in all"
        if match.outcome is not None:
            said += f"; had nobody ever broken {match.outcome.name}, it would have been {deal}"
        lines.append(f"{said}.")
        if record.average is not None and record.deal_average is not None:
            mine, theirs = record.average[i], record.deal_average[i]
            kind = "the equilibrium" if match.equilibrium else "the deal"
            lines.append(
                f"Counting each {period} for {patience(float(game.discount[i]))} of the one "
                f"before, and what would follow the last, {who} averages "
                f"{in_period(match.solution, i, mine)} a {period}, beside "
                f"{in_period(match.solution, i, theirs)} in {kind}."
            )
    return Block("What it came to", tuple(lines))


def met(match: Match) -> tuple[str, ...]:
    """Say which strategy the other side followed, and whether it is an equilibrium."""
    solution = match.solution
    game = solution.game
    if match.against == "random" and match.player is not None:
        other = game.players[1 - match.player]
        return (
            f"{other} drew every move by chance, each as likely as the others: nothing that you "
            "did changed what it did, so only what paid at once counted.",
        )
    if match.strategies is None:
        return ("No deal could be kept up at these numbers, so nothing was agreed.",)
    words = strategy_words.words(game, match.strategies, units=units_of(solution.model))
    name = "grim trigger" if match.strategies.kind == "grim" else match.strategies.kind
    kind = f"In the literature this is called: {name}."
    if match.strategies.kind == "grim" and not match.equilibrium:
        return (
            "After the first breach the one-off equilibrium that is worst for whoever broke the "
            "deal is played for good.",
            "At these numbers that does not deter everybody: some breach pays.",
            kind,
        )
    return (*words, kind)


def _met(match: Match) -> Block:
    title = "What was agreed" if match.player is None else "Whom you met"
    return Block(title, met(match))


def account(record: Record, turn: Turn, i: int) -> str:
    """Say what a breach brought at once and cost later, and whether it paid."""
    match = record.match
    game, period = match.solution.game, period_of(match.solution)
    own, told = game.actions[i][turn.played[i]], game.actions[i][turn.told[i]]
    gain, later = turn.gain[i], turn.later[i]
    span = float(game.payoffs[i].max() - game.payoffs[i].min())
    close = _SAME * span / (1 - float(game.discount[i]))
    start = f"{period.capitalize()} {turn.period + 1}: {own} instead of {told} brought "
    start += f"{game.players[i]} {_more(match, i, gain)} at once"
    if match.against == "random":
        return f"{start}, and changed nothing later: it {'paid' if gain > 0 else 'did not pay'}."
    if turn.broke(1 - i):
        return f"{start}; the other side broke the deal too, so nobody is punished."
    if abs(later) <= close:
        costs = "cost nothing later"
    elif later < 0:
        costs = f"{in_period(match.solution, i, -later)} more later"
    else:
        costs = f"cost it {in_period(match.solution, i, later)} later"
    paid = "it made no difference" if abs(gain - later) <= close else "it did not pay"
    return f"{start} and {costs}: {'it paid' if gain - later > close else paid}."


def _more(match: Match, i: int, gain: float) -> str:
    much = in_period(match.solution, i, abs(gain))
    return "nothing more" if much == "0" else f"{much} {'more' if gain > 0 else 'less'}"


def _breaches(record: Record) -> Block:
    match = record.match
    if match.outcome is None:
        return Block("")
    found = [f"- {account(record, t, i)}" for t in record.turns for i in match.people if t.broke(i)]
    if not found:
        return Block("When breaking paid", ("Nobody broke anything.",))
    period = period_of(match.solution)
    notes: tuple[str, ...] = ()
    if match.strategies is not None:
        notes = (
            f"Later means all later {period}s, each counting for less than the one before, if "
            "everybody does as told from then on.",
        )
        if match.equilibrium:
            notes += ("Against these strategies no breach pays; that is what equilibrium means.",)
    return Block("When breaking paid, and when not", tuple(found), notes=notes)


def to_dict(record: Record) -> dict[str, Any]:
    """Return the JSON of `negotiate play`, schema ``negotiate/play/1``."""
    match = record.match
    game, solution = match.solution.game, match.solution

    def names(profile: tuple[int, int]) -> list[str]:
        return [a[k] for a, k in zip(game.actions, profile, strict=True)]

    return {
        "schema": "negotiate/play/1",
        "model": as_json.to_dict(solution)["model"],
        "parameters": solution.parameters,
        "players": list(game.players),
        "discount": game.discount.tolist(),
        "as": None if match.player is None else game.players[match.player],
        "against": match.against,
        "outcome": None if match.outcome is None else match.outcome.name,
        "strategy": None if match.strategies is None else match.strategies.kind,
        "equilibrium": match.equilibrium,
        "seed": match.seed,
        "turns": [
            {
                "period": t.period + 1,
                "state": t.state or None,
                "told": names(t.told),
                "played": names(t.played),
                "payoffs": list(t.payoffs),
                "deal": list(t.deal),
                "gain": list(t.gain),
                "later_cost": list(t.later),
            }
            for t in record.turns
        ],
        "totals": list(record.totals),
        "deal_totals": list(record.deal_totals),
        "average": None if record.average is None else list(record.average),
        "deal_average": None if record.deal_average is None else list(record.deal_average),
        "account": [line.removeprefix("- ") for line in _breaches(record).lines],
        "met": list(met(match)),
    }
