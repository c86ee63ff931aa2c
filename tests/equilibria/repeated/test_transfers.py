"""Payments between the sides: from the definition first, then published numbers.

Nothing here uses the solver's formulas: triples are enumerated one by one in rational arithmetic,
strategies are checked state by state for one-shot deviations, and the payoff set at unequal
factors is iterated from its definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from negotiation.equilibria.repeated.stationary_transfers import payments
from negotiation.equilibria.repeated.transfers import (
    critical_discount_with_transfers,
    critical_discounts_with_transfers,
    payoff_set,
    regimes_with_transfers,
    row_at,
    sustained_with_transfers,
)
from negotiation.errors import GameError, UsageError
from negotiation.games.game import Game
from tests.reference.transfers import (
    ASYM_PD,
    CIRCLE,
    COURNOT,
    FACTORS,
    GAMES,
    PENNIES,
    PUBLIC_GOODS,
    State,
    breach_gain,
    payoff_of,
    random_games,
    strategy,
)

# ---------------------------------------------------------------- the definition, triple by triple


@dataclass(frozen=True)
class Cell:
    pay: tuple[Fraction, Fraction]
    best: tuple[Fraction, Fraction]

    @property
    def sum(self) -> Fraction:
        return self.pay[0] + self.pay[1]

    @property
    def gain(self) -> Fraction:
        return self.best[0] - self.pay[0] + self.best[1] - self.pay[1]


def exact_cells(game: Game) -> dict[tuple[int, int], Cell]:
    n0, n1 = game.shape
    g = [
        [[Fraction(format(x, ".15g")) for x in row] for row in game.payoffs[i].tolist()]
        for i in (0, 1)
    ]
    return {
        (a, b): Cell(
            (g[0][a][b], g[1][a][b]),
            (max(g[0][x][b] for x in range(n0)), max(g[1][a][y] for y in range(n1))),
        )
        for a in range(n0)
        for b in range(n1)
    }


def threshold(gains: Fraction, share: Fraction) -> Fraction | None:
    """Smallest d with (1 - d) * gains <= d * share."""
    if gains == 0 and share >= 0:
        return Fraction(0)
    return gains / (gains + share) if share > 0 else None


def all_triples(
    game: Game,
) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """(smallest d, U, v_0, v_1) of every triple that is ever sustainable; duplicates merged."""
    cells = list(exact_cells(game).values())
    found = set()
    for e, one, two in product(cells, cells, cells):
        d = threshold(max(e.gain, one.gain, two.gain), e.sum - one.best[0] - two.best[1])
        if d is not None:
            found.add((d, e.sum, one.best[0], two.best[1]))
    return sorted(found)


def brute_rows(game: Game) -> list[tuple[Fraction, Fraction, tuple[Fraction, Fraction]]]:
    rows: list[tuple[Fraction, Fraction, tuple[Fraction, Fraction]]] = []
    triples = all_triples(game)
    for d in sorted({t[0] for t in triples}):
        here = [t for t in triples if t[0] <= d]
        best = (max(t[1] for t in here), (min(t[2] for t in here), min(t[3] for t in here)))
        if not rows or rows[-1][1:] != best:
            rows.append((d, *best))
    return rows


def brute_critical(
    cell: Cell, triples: list[tuple[Fraction, Fraction, Fraction, Fraction]]
) -> Fraction | None:
    options = []
    for start, v0, v1 in sorted({(t[0], t[2], t[3]) for t in triples}):
        own = threshold(cell.gain, cell.sum - v0 - v1)
        if own is not None:
            options.append(max(start, own))
    return min(options, default=None)


def small(game: Game) -> bool:
    return game.shape[0] * game.shape[1] <= 9


# ---------------------------------------------------------------- all factors at once


def test_every_row_is_what_enumerating_all_triples_gives() -> None:
    some_empty = some_late = several = 0
    for game in GAMES:
        if not small(game):
            continue
        rows, brute = regimes_with_transfers(game).rows, brute_rows(game)
        assert len(rows) == len(brute), game.payoffs.tolist()
        for row, (d, total, v) in zip(rows, brute, strict=True):
            assert row.delta_min == pytest.approx(float(d), abs=1e-12)
            assert pytest.approx(float(total), abs=1e-12) == row.U
            assert row.v == pytest.approx((float(v[0]), float(v[1])), abs=1e-12)
        some_empty += not rows
        some_late += bool(rows) and rows[0].delta_min > 0
        several += len(rows) > 2
    assert min(some_empty, some_late, several) >= 3  # the cases that matter did occur


def test_larger_games_agree_with_all_triples_at_many_factors() -> None:
    for game in random_games(36, seed=5)[5::6]:
        p = game.payoffs
        total = p.sum(0).ravel()
        best = [
            np.broadcast_to(p[0].max(0)[None, :], game.shape).ravel(),
            np.broadcast_to(p[1].max(1)[:, None], game.shape).ravel(),
        ]
        gains = best[0] + best[1] - total
        worst = np.maximum(np.maximum(gains[:, None, None], gains[:, None]), gains)
        share = total[:, None, None] - best[0][:, None] - best[1]
        solution = regimes_with_transfers(game)
        for d in (0.0, 0.1, 0.237, 0.45, 0.61, 0.83, 0.97, 0.999):
            e, one, two = np.nonzero((1 - d) * worst <= d * share + 1e-12)
            k = int(row_at(solution, d))
            if not len(e):
                assert k == -1
                continue
            assert solution.U[k] == pytest.approx(total[e].max(), abs=1e-12)
            assert solution.v[k] == pytest.approx([best[0][one].min(), best[1][two].min()])


def test_a_row_names_a_triple_that_delivers_it() -> None:
    for game in GAMES:
        cells = exact_cells(game)
        for row in regimes_with_transfers(game).rows:
            e, one, two = cells[row.equilibrium], *(cells[a] for a in row.punishments)
            worst = max(e.gain, one.gain, two.gain)
            assert pytest.approx(float(worst), abs=1e-12) == row.L
            assert pytest.approx(float(e.sum)) == row.U
            assert row.v == pytest.approx((float(one.best[0]), float(two.best[1])))
            d = threshold(worst, e.sum - one.best[0] - two.best[1])
            assert d is not None
            assert row.delta_min == pytest.approx(float(d), abs=1e-12)


def test_abreus_cournot_game_has_the_published_rows() -> None:
    # skranz/repgame tutorial (Kranz 2012), sections 3.2 and 3.3; actions L, M, H
    rows = regimes_with_transfers(COURNOT).rows
    assert [r.U for r in rows] == [14, 18, 20]
    assert [r.delta_min for r in rows] == [0, 1 / 4, 1 / 3]
    assert [r.v for r in rows] == [(7, 7), (0, 0), (0, 0)]
    assert [r.L for r in rows] == [0, 6, 10]
    assert [r.equilibrium for r in rows] == [(1, 1), (0, 1), (0, 0)]
    assert [r.punishments for r in rows] == [((1, 1), (1, 1)), ((1, 2), (2, 1)), ((1, 2), (2, 1))]


def test_the_public_goods_game_has_the_published_rows() -> None:
    # skranz/repgame tutorial (Kranz 2012), section 4.1, k = .75
    rows = regimes_with_transfers(PUBLIC_GOODS).rows
    assert [(r.delta_min, r.U, r.v) for r in rows] == [
        (0, pytest.approx(0.5), pytest.approx((0.25, 0.25))),
        (pytest.approx(0.5, abs=1e-13), 5, pytest.approx((0.25, 0.25))),
    ]
    assert pytest.approx(4.5) == rows[1].L
    assert rows[1].equilibrium == (9, 9)


def test_a_prisoners_dilemma_needs_three_sevenths() -> None:
    # by hand: L = 2 + 1, G = 8, v = (2, 2)
    assert critical_discount_with_transfers(ASYM_PD, (0, 0)) == 3 / 7
    assert critical_discount_with_transfers(ASYM_PD, (1, 1)) == 0
    assert [r.delta_min for r in regimes_with_transfers(ASYM_PD).rows] == [0, 3 / 7]


def test_matching_pennies_has_no_row_and_its_set_is_empty() -> None:
    solution = regimes_with_transfers(PENNIES)
    assert solution.rows == ()
    assert solution.delta_min.shape == (0,)
    assert row_at(solution, 0.9) == -1
    at = payoff_set(PENNIES, 0.999)
    assert (at.status, at.vertices.shape, at.U, at.v) == ("empty", (0, 2), None, None)
    assert np.isinf(critical_discounts_with_transfers(PENNIES)).all()
    assert critical_discount_with_transfers(PENNIES, (0, 1)) is None
    assert payments(PENNIES, (0, 0), 0.9) is None


def test_without_a_pure_stage_equilibrium_the_first_row_starts_late() -> None:
    # by hand: (0, 1) needs L = 1 against 8 - 2 - 1, (0, 0) needs 3 against 10 - 2 - 1
    rows = regimes_with_transfers(CIRCLE).rows
    assert [(r.delta_min, r.U, r.v, r.L) for r in rows] == [
        (1 / 6, 8, (2, 1), 1),
        (0.3, 10, (2, 1), 3),
    ]
    assert payoff_set(CIRCLE, 1 / 6).status == "polygon"
    assert payoff_set(CIRCLE, 1 / 6 - 1e-9).status == "empty"
    assert payoff_set(CIRCLE, 0.0).status == "empty"


def test_a_constant_game_is_one_point() -> None:
    game = Game.from_tables(np.full((2, 3), 4.0), np.full((2, 3), -1.0))
    (row,) = regimes_with_transfers(game).rows
    assert (row.delta_min, row.U, row.v, row.L) == (0, 3, (4, -1), 0)
    at = payoff_set(game, 0.7)
    assert (at.status, at.vertices.tolist()) == ("point", [[4, -1]])
    assert payoff_set(game, (0.2, 0.7)).vertices == pytest.approx(np.array([[4, -1]]))


def test_rounding_in_a_formula_makes_no_extra_row_and_no_late_one() -> None:
    # 0.1 + 0.2 is not 0.3 in floats: player 0's tie must stay a tie
    game = Game.from_tables([[0.1 + 0.2, 0.0], [0.3, 0.0]], [[0.3, 0.1 + 0.2], [0.1, 0.0]])
    clean = Game.from_tables([[0.3, 0.0], [0.3, 0.0]], [[0.3, 0.3], [0.1, 0.0]])
    got, want = regimes_with_transfers(game).rows, regimes_with_transfers(clean).rows
    assert [(r.delta_min, r.L) for r in got] == [(r.delta_min, r.L) for r in want]
    swapped = Game.from_tables([[0.3, 0.0], [0.1 + 0.2, 0.0]], [[0.1 + 0.2, 0.3], [0.1, 0.0]])
    assert [r.delta_min for r in regimes_with_transfers(swapped).rows] == [
        r.delta_min for r in want
    ]


# ---------------------------------------------------------------- critical discount factors


def test_critical_discounts_are_what_enumerating_all_triples_gives() -> None:
    never = 0
    for game in [g for g in GAMES if small(g)][::2]:
        got = critical_discounts_with_transfers(game)
        cells, triples = exact_cells(game), all_triples(game)
        for profile in np.ndindex(*game.shape):
            want = brute_critical(cells[profile], triples)
            single = critical_discount_with_transfers(game, profile)
            assert single == (None if np.isinf(got[profile]) else got[profile])
            if want is None:
                assert np.isinf(got[profile])
                never += 1
            else:
                assert got[profile] == pytest.approx(float(want), abs=1e-12)
    assert never > 10


def test_a_profile_is_sustained_exactly_from_its_critical_discount_on() -> None:
    for game in GAMES:
        critical = critical_discounts_with_transfers(game)
        for d in (0.0, 0.2, 0.5, 0.77, 0.95):
            now = sustained_with_transfers(Game(game.payoffs, np.full(2, d)))
            clear = np.abs(critical - d) > 1e-9
            assert (now == (critical <= d))[clear].all()
        for least in critical[np.isfinite(critical) & (critical > 0)]:
            profile = tuple(int(x) for x in np.argwhere(critical == least)[0])
            deal = payments(game, profile, float(least))
            assert deal is not None
            assert deal.interval[0] <= deal.transfer <= deal.interval[1]
            assert payments(game, profile, float(least) - 1e-6) is None


# ---------------------------------------------------------------- strategies, state by state


@pytest.mark.parametrize("factors", FACTORS)
def test_every_solution_is_a_strategy_no_one_shot_deviation_beats(
    factors: tuple[float, float],
) -> None:
    d = np.array(factors)
    checked = 0
    for game in GAMES[::5]:
        at = payoff_set(game, factors)
        if at.status == "empty":
            continue
        assert at.v is not None
        states = strategy(game, d, State(0.0, (0, 0), "best"))
        states["path"] = states["best"]
        assert breach_gain(game.payoffs, d, states) < 1e-9 / (1 - d.max())
        # it delivers v_i in i's punishment, and the frontier on the path
        for i in (0, 1):
            held = payoff_of(game.payoffs, d, states, ("punish", i))
            assert held[i] == pytest.approx(at.v[i], abs=1e-9)
            best = payoff_of(game.payoffs, d, states, "best")
            assert best @ at.weights == pytest.approx(at.U, abs=1e-9)
        checked += 1
    assert checked > 12


# ---------------------------------------------------------------- unequal factors, by iteration


def iterated_set(game: Game, d: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Largest sum of totals and smallest totals, by iterating the definition from above.

    Each round, every profile takes the continuations that deter deviations (a triangle) and keeps
    its best corner; worst payoffs come from refusing to pay and then deviating.
    """
    g = game.payoffs
    best = np.stack(np.broadcast_arrays(g[0].max(0, keepdims=True), g[1].max(1, keepdims=True)))
    gain = best - g
    gain[gain < 1e-12] = 0
    top = (np.ptp(g) + np.abs(g).max() * 2) / (1 - d.max()) * 3
    low = g.min((1, 2)) / (1 - d)
    for _ in range(20000):
        with np.errstate(divide="ignore", invalid="ignore"):
            store = np.where(gain > 0, np.minimum(gain / d[:, None, None], 1e9), 0)
            need = low[:, None, None] + store
        ok = need.sum(0) <= top + 1e-9
        if not ok.any():
            return None
        spare = top - need.sum(0)
        corners = np.stack([g.sum(0) + (d[:, None, None] * need).sum(0) + x * spare for x in d])
        new_top = float(np.where(ok, corners.max(0), -np.inf).max())
        new_low = np.where(ok, best + (d * low)[:, None, None], np.inf).min((1, 2))
        if abs(new_top - top) < 1e-12 and np.abs(new_low - low).max() < 1e-12:
            return top, low
        top, low = min(top, new_top), np.maximum(low, new_low)
    raise AssertionError("not converged")


@pytest.mark.parametrize("factors", [(0.3, 0.8), (0.75, 0.5), (0.0, 0.6), (0.9, 0.6), (0.7, 0.7)])
def test_the_payoff_set_is_the_limit_of_iterating_its_definition(
    factors: tuple[float, float],
) -> None:
    d = np.array(factors)
    statuses = set()
    for game in GAMES[::5]:
        at, want = payoff_set(game, factors), iterated_set(game, d)
        statuses.add(at.status)
        if want is None:
            assert at.status == "empty"
            continue
        top, low = want
        assert at.v == pytest.approx(low * (1 - d), abs=1e-7)
        # the frontier's total, at the corner where the patient side gets the most
        corner = at.vertices[1 if d[0] > d[1] else -1] if len(at.vertices) > 1 else at.vertices[0]
        assert (corner / (1 - d)).sum() == pytest.approx(top, abs=1e-6)
    assert statuses >= {"polygon", "empty"}


def test_a_common_factor_is_the_case_of_equal_factors() -> None:
    for game in GAMES:
        solution = regimes_with_transfers(game)
        for d in (0.0, 0.15, 0.5, 0.8, 0.99):
            at, k = payoff_set(game, d), int(row_at(solution, d))
            assert (at.status == "empty") == (k < 0)
            if k < 0:
                continue
            row = solution.rows[k]
            assert (at.U, at.v) == (pytest.approx(row.U), pytest.approx(row.v))
            assert at.weights == (1, 1)
            assert (at.status == "point") == (abs(row.U - sum(row.v)) < 1e-9)


def test_vertices_run_counter_clockwise_from_the_lexicographic_minimum() -> None:
    assert payoff_set(COURNOT, 0.3).vertices.tolist() == [[0, 0], [18, 0], [0, 18]]
    for game in GAMES[::5]:
        for factors in ((0.6, 0.6), (0.5, 0.8), (0.8, 0.5)):
            at = payoff_set(game, factors)
            if at.status != "polygon":
                continue
            a, b, c = at.vertices
            assert (b - a)[0] * (c - a)[1] > 0
            assert tuple(a) == at.v == tuple(at.vertices.min(0))
            assert at.vertices[1:] @ at.weights == pytest.approx(at.U)
            assert b[1] == a[1]
            assert c[0] == a[0]


def test_a_threshold_counts_as_reached() -> None:
    for game in GAMES:
        solution = regimes_with_transfers(game)
        for k, row in enumerate(solution.rows):
            assert row_at(solution, row.delta_min) == k
            assert pytest.approx(row.U) == payoff_set(game, row.delta_min).U
            if row.delta_min > 1e-6:
                assert row_at(solution, row.delta_min - 1e-6) < k


def test_more_patience_on_either_side_never_unmakes_a_path() -> None:
    grid = np.array([0.0, 0.05, 0.2, 0.4, 0.5, 0.61, 0.8, 0.9, 0.97])
    pairs = np.stack(np.meshgrid(grid, grid, indexing="ij"), -1)
    for game in GAMES:
        batch = Game(np.broadcast_to(game.payoffs, (9, 9, *game.payoffs.shape)).copy(), pairs)
        held = sustained_with_transfers(batch)
        assert (held[1:] >= held[:-1]).all()
        assert (held[:, 1:] >= held[:, :-1]).all()


# ---------------------------------------------------------------- laws


tables = st.lists(st.integers(-4, 4), min_size=18, max_size=18).map(
    lambda x: np.array(x, float).reshape(2, 3, 3)
)


@example(  # sums of gains that tie but for rounding: the file's order decides
    np.array([1, 0, 2, -3, 2, 0, -3, 0, 0, -2, 0, 2, 0, 0, 0, 0, 0, -4], float).reshape(2, 3, 3),
    (1e-6, 0.0),
)
@given(tables, st.sampled_from([(1e6, 0.0), (1e-6, 0.0), (1.0, 1e6), (1e6, 1e6), (0.3, -7.1)]))
@settings(max_examples=20, deadline=None)
def test_scaling_and_shifting_payoffs_changes_nothing(
    table: np.ndarray, change: tuple[float, float]
) -> None:
    scale, shift = change
    shifts = np.array([shift, -shift / 2])
    before = Game(table / 7, np.array([0.6, 0.6]))
    after = Game(table / 7 * scale + shifts[:, None, None], np.array([0.6, 0.6]))
    old, new = regimes_with_transfers(before), regimes_with_transfers(after)
    size = scale + abs(shift) * 1e-6  # what is left of rounding after a shift
    assert new.delta_min == pytest.approx(old.delta_min, abs=1e-8)
    assert (new.profiles == old.profiles).all() or shift  # ties may be named differently
    assert pytest.approx(old.U * scale + shifts.sum(), abs=1e-6 * size) == new.U
    assert pytest.approx(old.v * scale + shifts, abs=1e-6 * size) == new.v
    assert (sustained_with_transfers(before) == sustained_with_transfers(after)).all()


@pytest.mark.parametrize("scale", [1e-14, 1e-6, 1e6, 1e14])
def test_the_unit_of_payoffs_does_not_matter(scale: float) -> None:
    for game in GAMES[::5]:
        here, there = (regimes_with_transfers(Game(game.payoffs * x, [0, 0])) for x in (1, scale))
        assert there.delta_min == pytest.approx(here.delta_min, abs=1e-12)
        assert there.profiles.tolist() == here.profiles.tolist()
        assert pytest.approx(here.L) == there.L / scale
        for factors in (0.6, (0.3, 0.8)):
            old, new = payoff_set(game, factors), payoff_set(Game(game.payoffs * scale, 0), factors)
            assert new.status == old.status
            assert new.vertices / scale == pytest.approx(old.vertices, abs=1e-12)
        for least in critical_discounts_with_transfers(game).ravel()[:3]:
            if 0 < least < 1:
                edge = Game(game.payoffs * scale, [least, least])
                critical = critical_discounts_with_transfers(edge)
                assert sustained_with_transfers(edge)[np.abs(critical - least) < 1e-13].all()


@given(tables, st.sampled_from([(0.5, 0.5), (0.3, 0.8), (0.85, 0.4)]))
@settings(max_examples=20, deadline=None)
def test_relabelling_the_players_commutes(table: np.ndarray, d: tuple[float, float]) -> None:
    game, mirror = Game(table, np.array(d)), Game(table.transpose(0, 2, 1)[::-1], np.array(d[::-1]))
    here, there = regimes_with_transfers(game), regimes_with_transfers(mirror)
    assert here.delta_min.tolist() == there.delta_min.tolist()
    assert here.v.tolist() == there.v[:, ::-1].tolist()
    assert (sustained_with_transfers(game) == sustained_with_transfers(mirror).T).all()
    for profile in ((0, 0), (1, 2)):
        a, b = payments(game, profile), payments(mirror, profile[::-1])
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            assert a.transfer == pytest.approx(-b.transfer)
            assert a.interval == pytest.approx((-b.interval[1], -b.interval[0]))


def test_a_batch_is_a_loop() -> None:
    rng = np.random.default_rng(3)
    table = rng.integers(-3, 4, (4, 5, 2, 3, 3)).astype(float)
    table[1, 1] = np.stack([np.eye(3), -np.eye(3)])
    factors = rng.uniform(0, 0.95, (4, 5, 2))
    batch = Game(table, factors)
    whole = regimes_with_transfers(batch)
    critical = critical_discounts_with_transfers(batch)
    held = sustained_with_transfers(batch)
    rows = row_at(whole, factors[..., 0])
    for at in np.ndindex(4, 5):
        one = Game(table[at], factors[at])
        solution = regimes_with_transfers(one)
        n = len(solution.rows)
        for name in ("delta_min", "U", "v", "profiles", "L"):
            assert getattr(whole, name)[at][:n].tolist() == getattr(solution, name).tolist()
        assert np.isinf(whole.delta_min[at][n:]).all()
        assert np.isnan(whole.U[at][n:]).all()
        assert np.isnan(whole.v[at][n:]).all()
        assert np.isnan(whole.L[at][n:]).all()
        assert (whole.profiles[at][n:] == -1).all()
        assert critical[at].tolist() == critical_discounts_with_transfers(one).tolist()
        assert held[at].tolist() == sustained_with_transfers(one).tolist()
        assert rows[at] == row_at(solution, factors[at][0])
        for profile in np.ndindex(3, 3):
            assert (payments(one, profile) is not None) == held[at][profile]


def test_a_batch_larger_than_one_chunk_is_solved_whole() -> None:
    rng = np.random.default_rng(8)
    table = rng.normal(size=(15000, 2, 3, 3))
    whole = regimes_with_transfers(Game(table, np.zeros(2)))
    for k in (0, 14562, 14563, 14564, 14999):
        one = regimes_with_transfers(Game(table[k], np.zeros(2)))
        n = one.delta_min.size
        assert whole.delta_min[k, :n].tolist() == one.delta_min.tolist()
        assert whole.profiles[k, :n].tolist() == one.profiles.tolist()


def test_an_empty_batch_gives_an_empty_batch() -> None:
    none = Game(np.empty((0, 2, 2, 3)), np.zeros(2))
    assert regimes_with_transfers(none).delta_min.shape == (0, 0)
    assert critical_discounts_with_transfers(none).shape == (0, 2, 3)
    assert sustained_with_transfers(none).shape == (0, 2, 3)


# ---------------------------------------------------------------- refusals


def test_a_batch_where_one_game_is_meant_is_refused() -> None:
    batch = Game(np.zeros((3, 2, 2, 2)), np.zeros(2))
    for call in (
        lambda: regimes_with_transfers(batch).rows,
        lambda: payoff_set(batch, 0.5),
        lambda: payments(batch, (0, 0), 0.5),
        lambda: critical_discount_with_transfers(batch, (0, 0)),
    ):
        with pytest.raises(GameError, match="single"):
            call()


@pytest.mark.parametrize("bad", [-0.1, 1.0, float("nan"), (0.5, 1.0)])
def test_a_factor_outside_its_range_is_refused(bad: float | tuple[float, float]) -> None:
    with pytest.raises(GameError, match=r"not in \[0, 1\)"):
        payoff_set(ASYM_PD, bad)
    with pytest.raises(GameError, match=r"not in \[0, 1\)"):
        row_at(regimes_with_transfers(ASYM_PD), bad)


def test_three_factors_are_refused() -> None:
    with pytest.raises(GameError, match="one factor or two"):
        payoff_set(ASYM_PD, (0.1, 0.2, 0.3))


@pytest.mark.parametrize("profile", [(2, 0), (0, 2), (-1, 0), (0, -1)])
def test_a_profile_outside_the_game_is_refused(profile: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="outside a game of shape"):
        payments(ASYM_PD, profile, 0.5)
    with pytest.raises(UsageError, match="outside a game of shape"):
        critical_discount_with_transfers(ASYM_PD, profile)
