"""All Markov perfect equilibria of a stochastic game, by recursive lexicographic search.

Where states only move one way, the equilibria of a state depend on later states through their
values alone; so all equilibria of the game are all ways to select one equilibrium in every state,
from the end backwards (Iskhakov, Rust & Schjerning 2016, Review of Economic Studies 83:658-703).
The number of selections grows exponentially, most of it in copies: states where several equilibria
are worth the same. So the search goes over values. Equilibria with equal values in every state are
one entry, with its choices in each state; and partial selections that agree in the values of all
states that still matter are merged, with exact counts. States that can come back to each other are
one group, whose pure policies are all tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from negotiation.certificates.markov import check_markov
from negotiation.equilibria.stochastic.markov_search import Search, is_pure
from negotiation.equilibria.stochastic.state_equilibria import Array, Pair, mixed_covered
from negotiation.errors import UsageError
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["MarkovEquilibria", "MarkovEquilibrium", "markov_equilibria"]


@dataclass(frozen=True, eq=False)
class MarkovEquilibrium:
    """All equilibria with one list of values: every combination of the choices in each state.

    Attributes
    ----------
    values
        Average payoffs, shape ``(states, 2)``, in payoff units per period.
    choices
        For each state one or more pairs ``(x, y)`` of mixed strategies, pure ones first.
    """

    values: Array
    choices: tuple[tuple[Pair, ...], ...]

    @property
    def policy(self) -> tuple[Pair, ...]:
        """The first choice in every state."""
        return tuple(options[0] for options in self.choices)

    @property
    def count(self) -> int:
        """Number of combinations of choices."""
        return math.prod(map(len, self.choices))

    @property
    def pure(self) -> bool:
        """True if `policy` is pure."""
        return all(is_pure(pair) for pair in self.policy)


@dataclass(frozen=True, eq=False)
class MarkovEquilibria:
    """Result of the search for Markov perfect equilibria.

    Attributes
    ----------
    listed
        One entry for each list of values, at most as many as the cap, each checked from the
        definition.
    count
        How many equilibria there are, listed or not; exact if `counted`, else at least so many.
    distinct
        How many lists of values they have; likewise.
    counted
        Whether the search went to its end.
    mixed
        Whether equilibria in mixed strategies are covered in every state.
    gaps
        What is not covered, in sentences; empty when nothing is left out.
    """

    listed: tuple[MarkovEquilibrium, ...]
    count: int
    distinct: int
    counted: bool
    mixed: bool
    gaps: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True if every equilibrium of the game is listed, mixed ones included."""
        return not self.gaps

    @property
    def left_out(self) -> int:
        """Number of lists of values found but not listed, because of the cap."""
        return self.distinct - len(self.listed)


def markov_equilibria(
    game: StochasticGame, *, cap: int = 100, limit: int = 10_000
) -> MarkovEquilibria:
    """Return all Markov perfect equilibria, pure and, where states have two actions, mixed.

    Parameters
    ----------
    game
        The discount factors may differ.
    cap
        How many entries to list at most.
    limit
        How many partial selections with different values to keep at any one step; time grows
        with it.

    Raises
    ------
    UsageError
        If `cap` or `limit` is not positive.
    CertificateError
        If an equilibrium fails its check from the definition.

    Examples
    --------
    A game that stays where it is: battle of the sexes, for ever.

    >>> game = StochasticGame.from_tables(
    ...     [[[[2, 0], [0, 1]], [[1, 0], [0, 2]]]], [[[[1], [1]], [[1], [1]]]], discount=0.9)
    >>> found = markov_equilibria(game)
    >>> found.count, found.complete, [e.values.round(4).tolist() for e in found.listed]
    (3, True, [[[0.6667, 0.6667]], [[1.0, 2.0]], [[2.0, 1.0]]])
    """
    if min(cap, limit) < 1:
        raise UsageError(f"cap {cap} or limit {limit} is not positive; expected a number to keep")
    unit, low, span = _normal(game)
    search = Search(unit, limit)
    search.run()
    listed = tuple(
        MarkovEquilibrium(low + span * values, choices)
        for values, choices in islice(search.entries(), cap)
    )
    for entry in listed:
        check_markov(game, entry.values, entry.choices)
    last = search.layers[-1]
    distinct = sum(node.distinct for node in last)
    gaps = search.gaps()
    if distinct > len(listed):
        gaps += (f"{distinct - len(listed)} more lists of values were found than are listed.",)
    return MarkovEquilibria(
        listed,
        sum(node.count for node in last),
        distinct,
        counted=not (search.dropped or search.skipped),
        mixed=all(mixed_covered(unit, g) for g in search.order),
        gaps=gaps,
    )


def _normal(game: StochasticGame) -> tuple[StochasticGame, Array, Array]:
    """Return the game with payoffs in [0, 1], and each player's lowest payoff and range."""
    low = np.array([min(float(p[i].min()) for p in game.payoffs) for i in (0, 1)])
    high = np.array([max(float(p[i].max()) for p in game.payoffs) for i in (0, 1)])
    span = np.where(high > low, high - low, 1.0)
    shift, scale = low[:, None, None], span[:, None, None]
    return replace(game, payoffs=tuple((p - shift) / scale for p in game.payoffs)), low, span
