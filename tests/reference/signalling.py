"""Signalling games solved plainly, by floats and linear programs: a second opinion for the tests.

Nothing here is shared with the solver. A pair of supports holds an equilibrium exactly if two
linear programs have a positive optimum: "every chance in use at least epsilon" for what is sent
and for what is answered.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations, product

import numpy as np
from scipy.optimize import linprog

from negotiation.games.signalling_game import signalling_game

TINY = 1e-7


def random_game(seed, shape, span=3):
    """Small whole payoffs, so that ties abound; odd seeds draw from a wide range instead."""
    types, _messages, responses = shape
    draw = random.Random(seed)
    span = span if seed % 2 == 0 else 1000
    names = [[f"{kind}{i}" for i in range(n)] for kind, n in zip("tma", shape, strict=True)]
    weights = [draw.randint(1, 4) for _ in range(types)]
    tables = [
        {
            t: {m: [draw.randint(-span, span) for _ in range(responses)] for m in names[1]}
            for t in names[0]
        }
        for _ in range(2)
    ]
    return signalling_game(
        {t: Fraction(w, sum(weights)) for t, w in zip(names[0], weights, strict=True)},
        dict.fromkeys(names[1], names[2]),
        *tables,
    )


def plain_cells(game):
    """Return the set of (sends, answers) that hold equilibria: supports as tuples of numbers."""
    n = len(game.messages)
    subsets = [s for k in range(1, n + 1) for s in combinations(range(n), k)]
    replies = [
        [s for k in range(1, len(a) + 1) for s in combinations(range(len(a)), k)]
        for a in game.responses
    ]
    best_somewhere = {
        (m, face): _best_at_a_belief(game, m, face) for m in range(n) for face in replies[m]
    }
    found = set()
    for sends in product(subsets, repeat=len(game.types)):
        sent = {m for own in sends for m in own}
        fine = {}
        for answers in product(*replies):
            if not all(best_somewhere[m, answers[m]] for m in range(n)):
                continue
            seen = tuple(answers[m] if m in sent else None for m in range(n))
            if seen not in fine:
                fine[seen] = _can_be_sent(game, sends, seen)
            if fine[seen] and _can_be_answered(game, sends, answers):
                found.add((sends, answers))
    return found


def _solve(cost, upper, equal, bounds):
    matrices = {}
    if upper:
        rows, ends = zip(*upper, strict=True)
        matrices |= {"A_ub": np.array(rows), "b_ub": np.array(ends)}
    if equal:
        rows, ends = zip(*equal, strict=True)
        matrices |= {"A_eq": np.array(rows), "b_eq": np.array(ends)}
    return linprog(cost, bounds=bounds, method="highs-ds", options={"presolve": False}, **matrices)


def _gain(game, m, a, b):
    """What response a earns the receiver more than b, type by type; of size one at most."""
    rows = np.array([[float(r[m][a]), float(r[m][b])] for r in game.receiver])
    gain = rows[:, 0] - rows[:, 1]
    return gain / max(np.abs(gain).max(), 1e-300)


def _best_at_a_belief(game, m, face):
    n = len(game.types)
    upper = [(-_gain(game, m, face[0], b), 0) for b in range(len(game.responses[m]))]
    equal = [(_gain(game, m, face[0], b), 0) for b in face] + [(np.ones(n), 1)]
    return _solve(np.zeros(n), upper, equal, [(0, None)] * n).status == 0


def _can_be_sent(game, sends, answers):
    types, n = len(game.types), len(game.messages)
    size = types * n + 1
    upper, equal = [], []
    for m, face in enumerate(answers):
        for b in range(len(game.responses[m])) if face else ():
            row = np.zeros(size)
            row[m : types * n : n] = -_gain(game, m, face[0], b)
            (equal if b in face else upper).append((row, 0))
    for t, own in enumerate(sends):
        row = np.zeros(size)
        for m in own:
            row[t * n + m] = 1
            least = np.zeros(size)
            least[t * n + m], least[-1] = -1, 1
            upper.append((least, 0))
        equal.append((row, float(game.prior[t])))
    bounds = [(0, None if m in sends[t] else 0) for t in range(types) for m in range(n)]
    return _positive(size, upper, equal, bounds)


def _can_be_answered(game, sends, answers):
    types = len(game.types)
    places = [(m, a) for m, names in enumerate(game.responses) for a in range(len(names))]
    size = len(places) + types + 1
    upper, equal = [], []
    for m, face in enumerate(answers):
        row = np.zeros(size)
        for a in face:
            row[places.index((m, a))] = 1
            least = np.zeros(size)
            least[places.index((m, a))], least[-1] = -1, 1
            upper.append((least, 0))
        equal.append((row, 1))
        for t in range(types):
            own = np.array([float(v) for row in game.sender[t] for v in row])
            scale = max(np.abs(own).max(), 1e-300)
            row = np.zeros(size)
            for a in range(len(game.responses[m])):
                row[places.index((m, a))] = float(game.sender[t][m][a]) / scale
            row[len(places) + t] = -1
            (equal if m in sends[t] else upper).append((row, 0))
    bounds = [(0, None if a in answers[m] else 0) for m, a in places] + [(None, None)] * types
    return _positive(size, upper, equal, bounds)


def _positive(size, upper, equal, bounds):
    cost = np.zeros(size)
    cost[-1] = -1
    answer = _solve(cost, upper, equal, [*bounds, (None, 1)])
    assert answer.status in (0, 2), answer.message
    return answer.status == 0 and -answer.fun > TINY
