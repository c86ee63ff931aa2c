"""The strategies that sustain an outcome, as the simplest automaton that can be certified."""

from __future__ import annotations

import numpy as np

from negotiation.certificates.automaton import check_automaton
from negotiation.equilibria.repeated.payoff_set import PayoffSet
from negotiation.equilibria.repeated.penal_codes import Move, candidates
from negotiation.errors import UsageError
from negotiation.games.game import Array, Game, enforceable, normalised_payoffs
from negotiation.games.strategies import Automaton, Lottery, State, simulate
from negotiation.kernels.generation import Stage

__all__ = ["Automaton", "State", "simulate", "state_values", "sustain"]


def sustain(game: Game, profile: tuple[int, int], payoffs: PayoffSet) -> Automaton | None:
    """Return an automaton that sustains `profile` at the game's discount factors, or None.

    The first of these that deters every deviation: none needed (a stage equilibrium); a stage
    equilibrium for ever after (grim); a harsh profile and then the deal again (stick and carrot);
    the worst vertices of the payoff set (optimal penal code). The last one always works where
    anything in pure strategies does, so None means that the profile is not sustained.

    Parameters
    ----------
    game
        A single game.
    profile
        ``(a0, a1)``.
    payoffs
        Its payoff set at the same discount factors, from `repeated.payoff_set`.

    Raises
    ------
    CertificateError
        If the strategies found do not pass the check from the definition.

    Examples
    --------
    >>> from negotiation.equilibria.repeated.payoff_set import payoff_set
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    >>> found = sustain(pd, (0, 0), payoff_set(pd))
    >>> found.kind, [(s.name, s.profile, s.value) for s in found.states]
    ('grim', [('path', (0, 0), (9.0, 9.0)), ('punishment', (1, 1), (3.0, 3.0))])
    """
    if not all(0 <= a < n for a, n in zip(profile, game.shape, strict=True)):
        raise UsageError(f"there is no profile {profile} in a game of shape {game.shape}")
    if payoffs.discount != tuple(game.discount.tolist()):
        raise UsageError(
            f"the payoff set is for discount factors {payoffs.discount}, "
            f"the game has {tuple(game.discount.tolist())}"
        )
    active = enforceable(game.payoffs, game.discount)
    _, low, scale = normalised_payoffs(game.payoffs, active)
    normal = (game.payoffs - low[:, None, None]) / scale[:, None, None]
    stage = Stage.of(normal, game.discount)
    deal = profile[0] * game.shape[1] + profile[1]
    for kind, moves in candidates(stage, deal, payoffs.normalised.how):
        automaton = _assemble(game, kind, moves)
        check_automaton(game, automaton)
        return automaton
    return None


def state_values(game: Game, profiles: list[tuple[int, int]], then: list[Lottery]) -> Array:
    """Solve ``V = (1-δ) g + δ P V`` for each player.

    Parameters
    ----------
    game
        A single game; the discount factors may differ.
    profiles, then
        What is played in each state and where play goes.

    Returns
    -------
    Array
        Shape ``(states, 2)``, in payoff units per period.
    """
    count = len(profiles)
    low = game.payoffs.min(axis=(-2, -1))  # a common shift must not cost digits
    paid = np.array([game.payoffs[:, a0, a1] - low for a0, a1 in profiles])
    move = np.zeros((count, count))
    for k, lottery in enumerate(then):
        for to, share in lottery:
            move[k, to] += share
    columns = [
        np.linalg.solve(np.eye(count) - delta * move, (1 - delta) * paid[:, i])
        for i, delta in enumerate(game.discount)
    ]
    return np.asarray(np.stack(columns, axis=1) + low, dtype=np.float64)


def _assemble(game: Game, kind: str, moves: list[Move]) -> Automaton:
    """Return the automaton of some moves: states merged, pruned, named and valued."""
    moves = _merged(moves)
    order, names = _names(game, moves)
    seat = {k: n for n, k in enumerate(order)}
    profiles = [divmod(moves[k].profile, game.shape[1]) for k in order]
    lotteries = [tuple(sorted((seat[to], share) for to, share in moves[k].then)) for k in order]
    value = state_values(game, profiles, lotteries)
    states = tuple(
        State(
            name=names[n],
            profile=profiles[n],
            value=(float(value[n, 0]), float(value[n, 1])),
            then=lotteries[n],
            after=(seat[moves[k].after[0]], seat[moves[k].after[1]]),
        )
        for n, k in enumerate(order)
    )
    return Automaton(kind, states)


def _merged(moves: list[Move]) -> list[Move]:
    """Return the smallest automaton that plays the same (Moore 1956: refine until stable)."""
    label = [m.profile for m in moves]
    while True:
        signs = [
            (label[k], _relabelled(m.then, label, digits=12), tuple(label[j] for j in m.after))
            for k, m in enumerate(moves)
        ]
        classes = {sign: n for n, sign in enumerate(dict.fromkeys(signs))}
        finer = [classes[sign] for sign in signs]
        if len(classes) == len(set(label)):
            break
        label = finer
    first = {n: moves[finer.index(n)] for n in sorted(set(finer))}
    return [
        Move(m.profile, _relabelled(m.then, finer), (finer[m.after[0]], finer[m.after[1]]))
        for m in first.values()
    ]


def _relabelled(lottery: Lottery, label: list[int], digits: int | None = None) -> Lottery:
    """Return the lottery over labels."""
    total: dict[int, float] = {}
    for to, share in lottery:
        total[label[to]] = total.get(label[to], 0.0) + share
    if len(total) == 1:
        return tuple((to, 1.0) for to in total)
    return tuple(sorted((k, s if digits is None else round(s, digits)) for k, s in total.items()))


def _names(game: Game, moves: list[Move]) -> tuple[list[int], list[str]]:
    """Order the states as play reaches them and name them after whom they punish."""
    order, names = [0], ["path"]
    roots = moves[0].after
    titles = [f"punish {p}" for p in game.players] if roots[0] != roots[1] else ["punishment"]
    for title, root in zip(titles, roots, strict=False):
        group: list[int] = []
        waiting = [root]
        while waiting:
            k = waiting.pop(0)
            if k not in order and k not in group:
                group.append(k)
                waiting += [to for to, _ in moves[k].then]
        order += group
        names += [title] if len(group) == 1 else [f"{title} {n + 1}" for n in range(len(group))]
    return order, names
