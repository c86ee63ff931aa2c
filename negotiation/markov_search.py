"""The search behind `markov`: partial selections of equilibria, merged where they come to the same.

Groups of states are gone through from the end backwards. After each group there is one layer of
nodes. A node stands for all selections so far that agree in the values of the states that still
matter, so a state that no group to come can reach is forgotten. Selections are paths through the
layers, which can be counted without listing them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from .markov_stage import (
    MAX_POLICIES,
    TIE,
    Array,
    Found,
    Pair,
    group_equilibria,
    mixed_covered,
    policies,
    state_equilibria,
)
from .state_graph import groups, reached
from .stochastic_game import StochasticGame

__all__ = ["MAX_NODES", "Search", "is_pure"]

MAX_NODES = 20_000
"""Partial selections that differ in values that still matter, kept at any one step."""


def is_pure(pair: Pair) -> bool:
    """Say whether both strategies are pure."""
    return all(bool((s == s.round()).all()) for s in pair)


@dataclass(frozen=True, eq=False)
class _Option:
    """Equilibria of a group of states with one list of values, given what follows.

    `number` tells this list of values from the others found for the group.
    """

    number: int
    values: Array
    choices: tuple[tuple[Pair, ...], ...]

    @property
    def count(self) -> int:
        return math.prod(map(len, self.choices))


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

    def __init__(self, game: StochasticGame) -> None:
        self.game, self.order = game, groups(game)
        self.place = {s: k for k, group in enumerate(self.order) for s in group}
        self.needs = [
            sorted({self.place[t] for s in group for t in reached(game, s)} - {k})
            for k, group in enumerate(self.order)
        ]
        self.last_use = {n: k for k, needed in enumerate(self.needs) for n in needed}
        self.known: list[list[Array]] = [[] for _ in self.order]
        self.index: list[list[tuple[float, int]]] = [[] for _ in self.order]  # known, sorted
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
        solved: dict[tuple[int, ...], tuple[_Option, ...]] = {}
        nodes: dict[tuple[int, ...], _Node] = {}
        for node in self.layers[-1]:
            given = tuple(node.key[i] for i in needed)
            if given not in solved:
                solved[given] = self._options(k, given)
            for option in solved[given]:
                key = tuple(node.key[i] for i in keep) + ((option.number,) if stays else ())
                if key not in nodes:
                    if len(nodes) == MAX_NODES:
                        self.dropped += 1
                        continue
                    nodes[key] = _Node(key)
                merged = nodes[key]
                merged.ways.append((node, option))
                merged.count += node.count * option.count
                merged.distinct += node.distinct
        return list(nodes.values())

    def _options(self, k: int, given: tuple[int, ...]) -> tuple[_Option, ...]:
        """Solve group k when the groups it needs have the values numbered by `given`."""
        group = self.order[k]
        values = np.zeros((self.game.count, 2))
        for n, number in zip(self.needs[k], given, strict=True):
            values[list(self.order[n])] = self.known[n][number]
        if len(group) > 1:
            found: tuple[Found, ...] = group_equilibria(self.game, group, values)
        else:
            found, endless = state_equilibria(self.game, group[0], values)
            if endless:
                self.endless.add(group[0])
        alike: dict[int, list[Found]] = {}
        for one in found:
            alike.setdefault(self._number(k, one.values), []).append(one)
        return tuple(
            _Option(number, self.known[k][number], _choices(same))
            for number, same in sorted(alike.items())
        )

    def _number(self, k: int, values: Array) -> int:
        """Return the number of a list of values of group k, a new one if it is new."""
        first, index = float(values.flat[0]), self.index[k]
        for _, number in islice(index, bisect_left(index, (first - TIE, -1)), None):
            if self.known[k][number].flat[0] > first + TIE:
                break
            if np.abs(self.known[k][number] - values).max() <= TIE:
                return number
        self.known[k].append(values)
        insort(index, (first, len(self.known[k]) - 1))
        return len(self.known[k]) - 1

    def entries(self) -> Iterator[tuple[Array, tuple[tuple[Pair, ...], ...]]]:
        """Yield values and choices of every complete selection."""
        for node in self.layers[-1]:
            for chosen in _paths(node):
                values = np.empty((self.game.count, 2))
                choices: list[tuple[Pair, ...]] = [()] * self.game.count
                for group, option in zip(self.order, chosen, strict=True):
                    values[list(group)] = option.values
                    for s, pairs in zip(group, option.choices, strict=True):
                        choices[s] = pairs
                yield values, tuple(choices)

    def gaps(self) -> tuple[str, ...]:
        """Say what is not covered."""
        names, said = self.game.states, []
        if self.skipped:
            group = self.order[self.skipped - 1]
            said.append(
                f"{len(group)} states can come back to each other and have more than "
                f"{MAX_POLICIES} pure policies; they were not searched."
            )
        if self.dropped:
            said.append(f"More than {MAX_NODES} lists of values at once; the rest was dropped.")
        blind = [g for g in self.order if not mixed_covered(self.game, g)]
        if blind:
            said.append(
                "Mixed strategies are not searched in states with more than two actions or that "
                f"can be left and come back to ({sum(map(len, blind))} of {len(names)} states)."
            )
        if self.endless:
            few = sorted(self.endless)[:3]
            said.append(
                "In some states a whole segment of mixtures is an equilibrium; only its ends are "
                f"listed (state {', '.join(names[s] for s in few)}"
                f"{', ...' if len(self.endless) > len(few) else ''})."
            )
        return tuple(said)


def _choices(same: list[Found]) -> tuple[tuple[Pair, ...], ...]:
    """Return the different strategies in each state of equilibria with equal values."""
    chosen = []
    for pairs in zip(*(one.strategies for one in same), strict=True):
        distinct = {tuple(np.concatenate(p).tolist()): p for p in pairs}.values()
        chosen.append(tuple(sorted(distinct, key=lambda p: not is_pure(p))))
    return tuple(chosen)


def _paths(node: _Node) -> Iterator[tuple[_Option, ...]]:
    """Yield every selection that leads to a node, first group first."""
    stack: list[tuple[_Node, tuple[_Option, ...]]] = [(node, ())]
    while stack:
        here, chosen = stack.pop()
        if not here.ways:
            yield chosen
        stack += [(before, (option, *chosen)) for before, option in reversed(here.ways)]
