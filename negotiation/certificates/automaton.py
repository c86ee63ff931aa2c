"""Check from the definition that an automaton is a subgame-perfect equilibrium.

One-shot-deviation principle (Abreu 1988, Econometrica 56:383-396; with discounting, strategies
that no player gains from leaving for a single period, in any state, cannot be left with profit in
any other way either). Nothing here comes from a solver: the values of the states are summed up
anew from the payoffs as the user gave them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.errors import CertificateError
from negotiation.games.game import Array, Game
from negotiation.games.strategies import Automaton

__all__ = ["OneShot", "check_automaton"]

_MANY = 60
"""States from which on equations are solved as the sparse ones that they are."""


@dataclass(frozen=True)
class OneShot:
    """One-shot deviation in one state of an automaton.

    Attributes
    ----------
    state
        Name of the state in which it happens.
    player, action
        Who does what instead.
    gain
        ``(1 - δ_i) g_i(deviation) + δ_i V_i(punishment) - V_i(state)``, in payoff units per
        period, averaged over all time.
    """

    state: str
    player: int
    action: int
    gain: float


def check_automaton(game: Game, automaton: Automaton, *, tol: float = 1e-9) -> tuple[OneShot, ...]:
    """Check every one-shot deviation in every state; return all of them with their gains.

    A player may gain ``tol`` times the range of that player's payoffs, plus 2e-13 of the largest
    payoff: computed floats are not more exact than that.

    Parameters
    ----------
    game
        A single game; the discount factors may differ.
    automaton
        The strategies claimed.
    tol
        Relative to each player's payoff range; also for the sum of a lottery's probabilities.

    Returns
    -------
    tuple of OneShot
        By state, then player, then action; what a player is told to do is left out.

    Raises
    ------
    CertificateError
        If the automaton is not well formed, a value is not what the strategies earn, or some
        deviation gains.

    Examples
    --------
    >>> from negotiation.games.strategies import State
    >>> trust = Game.from_tables([[2, 0], [3, 1]], [[2, 3], [0, 1]], discount=0.75)
    >>> grim = Automaton("grim", (
    ...     State("path", (0, 0), (2.0, 2.0), ((0, 1.0),), (1, 1)),
    ...     State("punishment", (1, 1), (1.0, 1.0), ((1, 1.0),), (1, 1)),
    ... ))
    >>> [(d.state, d.player, d.action, d.gain) for d in check_automaton(trust, grim)][:2]
    [('path', 0, 1, -0.5), ('path', 1, 1, -0.5)]
    """
    _check_form(game, automaton, tol)
    p = game.payoffs
    span = np.ptp(p, axis=(-2, -1))
    allowed = tol * span + 2e-13 * np.abs(p).max(axis=(-2, -1))
    value = _values(game, automaton)
    for k, state in enumerate(automaton.states):
        # Negated so that NaN fails.
        if not (np.abs(np.asarray(state.value) - value[k]) <= allowed).all():
            raise CertificateError(
                f"state {state.name!r} is claimed to be worth {state.value}; "
                f"it earns {tuple(value[k].tolist())}"
            )
    table = tuple(_one_shots(game, automaton, value))
    for deviation in table:
        if not deviation.gain <= allowed[deviation.player]:
            raise CertificateError(
                f"in state {deviation.state!r} {game.players[deviation.player]} gains "
                f"{deviation.gain:.3g} by "
                f"{game.actions[deviation.player][deviation.action]!r}; "
                f"at most {allowed[deviation.player]:.3g} is rounding"
            )
    return table


def _check_form(game: Game, automaton: Automaton, tol: float) -> None:
    """Refuse states, actions and probabilities that do not exist."""
    count = len(automaton.states)
    if game.batch or not count:
        raise CertificateError("expected a single game and an automaton with at least one state")
    for state in automaton.states:
        if not all(0 <= a < n for a, n in zip(state.profile, game.shape, strict=True)):
            raise CertificateError(f"state {state.name!r} has no profile {state.profile}")
        into = [k for k, _ in state.then] + list(state.after)
        if len(state.after) != 2 or not all(0 <= k < count for k in into):
            raise CertificateError(f"state {state.name!r} leads to a state that does not exist")
        shares = np.array([share for _, share in state.then])
        if not (len(shares) and (shares >= 0).all() and abs(shares.sum() - 1) <= tol):
            raise CertificateError(f"state {state.name!r} leads on with probabilities {shares}")


def _values(game: Game, automaton: Automaton) -> Array:
    """Return each state's value, shape ``(states, 2)``: what V = (1 - δ) g + δ P V comes to.

    Only one V does, since δ < 1; and what is returned is checked to.
    """
    p = game.payoffs
    low = p.min(axis=(-2, -1))
    count = len(automaton.states)
    steps = [(k, to, share) for k, state in enumerate(automaton.states) for to, share in state.then]
    paid = np.array([p[:, s.profile[0], s.profile[1]] - low for s in automaton.states])
    value = np.empty_like(paid)
    for i, delta in enumerate(game.discount):
        now = (1 - delta) * paid[:, i]
        value[:, i] = (_few if count <= _MANY else _many)(steps, float(delta), now)
        then = np.zeros(count)
        for k, to, share in steps:
            then[k] += share * value[to, i]
        off = float(np.abs(now + delta * then - value[:, i]).max())
        if not off <= 1e-13 * (1 + float(np.abs(paid[:, i]).max())):
            raise CertificateError(f"values of the states are off by {off:.3g} in one period")
        value[:, i] += low[i]
    return value


_Steps = list[tuple[int, int, float]]


def _few(steps: _Steps, delta: float, now: Array) -> Array:
    """Solve V = now + δ P V."""
    equations = np.eye(len(now))
    for k, to, share in steps:
        equations[k, to] -= delta * share
    return np.asarray(np.linalg.solve(equations, now), dtype=np.float64)


def _many(steps: _Steps, delta: float, now: Array) -> Array:
    """Solve the same for many states, each of which leads to few."""
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import splu

    rows, columns, shares = zip(*steps, strict=True)
    move = csc_array((shares, (rows, columns)), shape=(len(now),) * 2)
    equations = splu(eye_array(len(now), format="csc") - delta * move)
    return np.asarray(equations.solve(now), dtype=np.float64)


def _one_shots(game: Game, automaton: Automaton, value: Array) -> list[OneShot]:
    """Return the one-shot deviations in every state, with their gains."""
    table = []
    for k, state in enumerate(automaton.states):
        for i, delta in enumerate(game.discount):
            for action in range(game.shape[i]):
                done = list(state.profile)
                done[i] = action
                if tuple(done) == state.profile:
                    continue
                now = game.payoffs[i, done[0], done[1]]
                later = value[state.after[i], i]
                gain = (1 - delta) * now + delta * later - value[k, i]
                table.append(OneShot(state.name, i, action, float(gain)))
    return table
