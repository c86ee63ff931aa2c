"""Pages on followers: their best replies in every outcome, and what would change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from negotiation.analysis.followers import ChangeOfMind, changes_of_mind
from negotiation.reporting.blocks import MOST_ROWS, Block
from negotiation.solution.verdict import label, listed, number

if TYPE_CHECKING:
    from negotiation.solution.solution import Solution

__all__ = ["change_dict", "follower_block"]


def follower_block(solution: Solution) -> Block:
    """Return what every follower does in every named outcome, and what would turn it."""
    play, model = solution.followers, solution.model
    if play is None or model is None:
        return Block("")
    rows, tied = [], []
    for o in solution.outcomes[:MOST_ROWS]:
        row = [label(solution, o)]
        for k, choices in enumerate(play.choices):
            asked = play.has_say(k, o.profile)
            row.append(choices[int(play.chosen[(k, *o.profile)])] if asked else "-")
            if play.ties[(k, *o.profile)]:
                row[-1] += " ="
                tied.append(f"{play.names[k]} in {label(solution, o)}")
        rows.append(tuple(row))
    notes = [
        f"{listed(play.names)} answer what both sides do, in this order, each seeing what was done "
        "before it and looking no further than the period."
    ]
    if any("-" in row[1:] for row in rows):
        notes.append("-: not asked there.")
    if tied:
        notes.append(f"=: another choice pays the same, and the first is taken: {listed(tied)}.")
    changes = changes_of_mind(model, **solution.settings)
    return Block(
        "Who answers, and how",
        header=("outcome", *play.names),
        rows=tuple(rows),
        notes=(*notes, *_turning(solution, changes)),
    )


def _turning(solution: Solution, changes: tuple[ChangeOfMind, ...]) -> list[str]:
    """Say, for each follower in each truce, which number alone would turn it soonest."""
    play, said = solution.followers, []
    assert play is not None, "changes of mind need followers"
    for o in solution.outcomes:
        if not o.truce:
            continue
        for k, name in enumerate(play.names):
            here = [c for c in changes if c.profile == o.profile and c.follower == k]
            if not here:
                continue
            c = here[0]
            side = "below" if c.at < c.now else "above"
            said.append(
                f"In {label(solution, o)}, {name} would choose {play.choices[k][c.otherwise]} "
                f"instead of {play.choices[k][c.choice]} with {c.parameter} {side} "
                f"{number(c.at)} (it is {number(c.now)}), all else equal."
            )
    if not said:
        return ["No single number, moved within its range, would change what they do in a truce."]
    return said


def change_dict(solution: Solution) -> list[dict[str, Any]]:
    """Return every change of mind as plain data, for the JSON of ``--full``."""
    play, model = solution.followers, solution.model
    if play is None or model is None:
        return []
    return [
        {
            "outcome": c.outcome,
            "profile": [solution.game.actions[i][c.profile[i]] for i in (0, 1)],
            "follower": play.names[c.follower],
            "parameter": c.parameter,
            "now": c.now,
            "at": c.at,
            "choice": play.choices[c.follower][c.choice],
            "otherwise": play.choices[c.follower][c.otherwise],
        }
        for c in changes_of_mind(model, **solution.settings)
    ]
