"""The search behind `markov`: partial selections of equilibria, merged where they come to the same.

Groups of states are gone through from the end backwards. After each group there is one layer of
nodes. A node stands for all selections so far that agree in the values of the states that still
matter, so a state that no group to come can reach is forgotten. Selections are paths through the
layers, which can be counted without listing them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from negotiation.equilibria.stochastic.state_equilibria import (
    MAX_POLICIES,
    TIE,
    Array,
    Ints,
    Pair,
    Strategy,
    group_equilibria,
    mixed_covered,
    policies,
    state_equilibria,
)
from negotiation.games.state_graph import groups, reached
from negotiation.games.stochastic_game import StochasticGame

__all__ = ["Search", "is_pure"]


def is_pure(pair: Pair) -> bool:
    """Say whether both strategies are pure."""
    return all(bool((s == s.round()).all()) for s in pair)


@dataclass(frozen=True, eq=False)
class _Option:
    """Equilibria of a group of states with one list of values, given what follows.

    `number` tells this list of values from the others found for the group; `choices` are the
    different strategies in each of its states.
    """

    number: int
    choices: tuple[tuple[Strategy, ...], ...]
    count: int


@dataclass(eq=False)
class _Node:
    """Partial selections that agree in the values of all states that still matter.

    `ways` leads back: an earlier node and what is chosen in the newest group.
    """

    key: tuple[int, ...]
    ways: list[tuple[_Node, _Option]] = field(default_factory=list)
    count: int = 0
    distinct: int = 0


class Search:
    """Groups of states from the end backwards; one layer of nodes after each."""

    def __init__(self, game: StochasticGame, limit: int) -> None:
        self.game, self.limit, self.order = game, limit, groups(game)
        self.place = {s: k for k, group in enumerate(self.order) for s in group}
        self.needs = [
            sorted({self.place[t] for s in group for t in reached(game, s)} - {k})
            for k, group in enumerate(self.order)
        ]
        self.last_use = {n: k for k, needed in enumerate(self.needs) for n in needed}
        self.known: list[Array] = []  # for each group its lists of values, by number
        self.layers: list[list[_Node]] = [[_Node((), count=1, distinct=1)]]
        self.dropped = self.skipped = 0
        self.endless: set[int] = set()

    def run(self) -> None:
        """Go through all groups; stop at one that is too large to search."""
        live: list[int] = []
        for k, group in enumerate(self.order):
            if len(group) > 1 and policies(self.game, group) > MAX_POLICIES:
                self.skipped = k + 1
                self.layers.append([])
                return
            self.layers.append(self._layer(k, live))
            live = [n for n in (*live, k) if self.last_use.get(n, -1) > k]

    def _layer(self, k: int, live: list[int]) -> list[_Node]:
        """Extend every node by the equilibria of group k, merging what comes to the same."""
        keep = [i for i, n in enumerate(live) if self.last_use[n] > k]
        needed = [live.index(n) for n in self.needs[k]]
        stays = self.last_use.get(k, -1) > k
        needed_values = [tuple(node.key[i] for i in needed) for node in self.layers[-1]]
        options = self._options(k, list(dict.fromkeys(needed_values)))
        nodes: dict[tuple[int, ...], _Node] = {}
        for node, follows in zip(self.layers[-1], needed_values, strict=True):
            base_key = tuple(node.key[i] for i in keep)
            for option in options[follows]:
                key = (*base_key, option.number) if stays else base_key
                merged = nodes.get(key)
                if merged is None:
                    if len(nodes) == self.limit:
                        self.dropped += 1
                        continue
                    merged = nodes[key] = _Node(key)
                merged.ways.append((node, option))
                merged.count += node.count * option.count
                merged.distinct += node.distinct
        return list(nodes.values())

    def _options(
        self, k: int, needed_values: list[tuple[int, ...]]
    ) -> dict[tuple[int, ...], list[_Option]]:
        """Solve group k for all values, by number, that the groups it needs may have."""
        group = self.order[k]
        values = np.zeros((len(needed_values), self.game.count, 2))
        numbers = np.array(needed_values, dtype=np.intp).reshape(
            len(needed_values), len(self.needs[k])
        )
        for column, n in zip(numbers.T, self.needs[k], strict=True):
            values[:, list(self.order[n])] = self.known[n][column]
        if len(group) > 1:
            equilibria = group_equilibria(self.game, group, values)
        else:
            equilibria = state_equilibria(self.game, group[0], values)
        if equilibria.endless:
            self.endless.add(group[0])
        number, value_lists = _numbered(equilibria.values)
        self.known.append(value_lists)
        alike: list[dict[int, list[tuple[Strategy, ...]]]] = [{} for _ in needed_values]
        triples = zip(
            equilibria.problem.tolist(), number.tolist(), equilibria.strategies, strict=True
        )
        for problem, n, strategies in triples:
            alike[problem].setdefault(n, []).append(strategies)
        return {
            follows: [_option(n, same) for n, same in sorted(by_number.items())]
            for follows, by_number in zip(needed_values, alike, strict=True)
        }

    def entries(self) -> Iterator[tuple[Array, tuple[tuple[Pair, ...], ...]]]:
        """Yield values and choices of every complete selection."""
        for node in self.layers[-1]:
            for chosen in _paths(node):
                values = np.empty((self.game.count, 2))
                choices: list[tuple[Pair, ...]] = [()] * self.game.count
                for group, option in zip(self.order, chosen, strict=True):
                    values[list(group)] = self.known[self.place[group[0]]][option.number]
                    for s, alternatives in zip(group, option.choices, strict=True):
                        pairs = [_pair(self.game, s, alternative) for alternative in alternatives]
                        choices[s] = tuple(sorted(pairs, key=lambda p: not is_pure(p)))
                yield values, tuple(choices)

    def gaps(self) -> tuple[str, ...]:
        """Return what the search does not cover, in sentences."""
        names, sentences = self.game.states, []
        if self.skipped:
            group = self.order[self.skipped - 1]
            sentences.append(
                f"{len(group)} states can come back to each other and have more than "
                f"{MAX_POLICIES} pure policies; they were not searched."
            )
        if self.dropped:
            sentences.append(
                f"More than {self.limit} lists of values at once; the rest was dropped."
            )
        blind = [g for g in self.order if not mixed_covered(self.game, g)]
        if blind:
            sentences.append(
                "Mixed strategies are not searched in states with more than two actions or that "
                f"can be left and come back to ({sum(map(len, blind))} of {len(names)} states)."
            )
        if self.endless:
            few = sorted(self.endless)[:3]
            sentences.append(
                "In some states a whole segment of mixtures is an equilibrium; only its ends are "
                f"listed (state {', '.join(names[s] for s in few)}"
                f"{', ...' if len(self.endless) > len(few) else ''})."
            )
        return tuple(sentences)


def _numbered(values: Array) -> tuple[Ints, Array]:
    """Give different lists of values ``(F, states, 2)`` numbers; return those and one of each.

    Lists that differ by no more than `TIE` in every entry, or are linked by such, are the same.
    """
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    label = np.zeros(len(flat), dtype=np.intp)
    for column in flat.T:
        order = np.lexsort((column, label))
        new = (np.diff(label[order]) != 0) | (np.diff(column[order]) > TIE)
        label[order[1:]], label[order[:1]] = np.cumsum(new), 0
    _, first = np.unique(label, return_index=True)
    return label, values[first]


def _option(number: int, same: list[tuple[Strategy, ...]]) -> _Option:
    """Collect equilibria with equal values: every combination of their strategies is one."""
    choices = tuple(
        tuple({_key(one): one for one in state}.values()) for state in zip(*same, strict=True)
    )
    return _Option(number, choices, math.prod(map(len, choices)))


def _key(strategy: Strategy) -> tuple[float, ...]:
    first, second = strategy
    if isinstance(first, int):
        return first, int(second)
    return (*first.tolist(), *np.asarray(second).tolist())


def _pair(game: StochasticGame, state: int, strategy: Strategy) -> Pair:
    """Return a pair of mixed strategies."""
    first, second = strategy
    if isinstance(first, int):
        n0, n1 = game.payoffs[state].shape[1:]
        return np.eye(n0)[first], np.eye(n1)[int(second)]
    return first, np.asarray(second)


def _paths(node: _Node) -> Iterator[tuple[_Option, ...]]:
    """Yield every selection that leads to a node, first group first."""
    stack: list[tuple[_Node, tuple[_Option, ...]]] = [(node, ())]
    while stack:
        current, chosen = stack.pop()
        if not current.ways:
            yield chosen
        stack += [(before, (option, *chosen)) for before, option in reversed(current.ways)]
