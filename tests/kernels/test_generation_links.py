"""How the vertices of a ring are generated, read off and checked."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.kernels.generation import CONSTANT, ON_EDGE_0, VERTEX
from negotiation.kernels.generation_links import is_self_generating, linked, tidied, unlinked
from negotiation.kernels.operator import make_workspace, tabulate

PD = np.array([[[9.0, 1], [10, 3]], [[9, 10], [1, 3]]])
DEAL, RUPTURE = 0, 3


def prisoners(discount=0.75):
    tables, room = make_workspace(4, 8)
    tabulate((PD - 1) / 9, np.full(2, discount), np.ones(4, dtype=np.intp), 0.0, tables)
    return tables, room


def payoff(tables, *cells):
    return np.array([tables.g[a] for a in cells])


def test_a_deal_and_its_punishment_stand_while_both_are_patient():
    for discount, enough in ((0.2, True), (0.1, False)):
        tables, _ = prisoners(discount)
        ring = payoff(tables, RUPTURE, DEAL)
        how = np.array([[RUPTURE, CONSTANT, 0, 0], [DEAL, CONSTANT, 1, 1]])
        low = np.zeros(2)
        assert is_self_generating(tables, ring, how, 2, low) == enough
        assert low == pytest.approx(ring[0])


def test_a_set_without_its_continuation_does_not_stand():
    tables, _ = prisoners()
    ring = payoff(tables, RUPTURE, DEAL)
    ring[1] += 0.01
    how = np.array([[RUPTURE, CONSTANT, 0, 0], [DEAL, CONSTANT, 1, 1]])
    assert not is_self_generating(tables, ring, how, 2, np.zeros(2))


def test_vertices_on_a_line_are_dropped_and_links_follow():
    _, room = prisoners()
    ring = np.array([[0.0, 0], [0.5, 0], [1, 0], [1, 1]])
    how = np.array([[0, CONSTANT, 0, 0], [1, CONSTANT, 1, 1], [2, VERTEX, 3, 3], [3, VERTEX, 1, 1]])
    new, links = np.zeros((4, 2)), np.zeros((4, 3), dtype=np.intp)
    n = tidied(ring, 4, how, new, links, room)
    assert new[:n].tolist() == [[0, 0], [1, 0], [1, 1]]
    assert links[:n, 0].tolist() == [0, 2, 3]
    assert links[:n, 2].tolist() == [-1, 2, -1]


def test_a_continuation_is_linked_to_the_edge_where_the_constraint_cuts_the_ring():
    tables, _ = prisoners()
    line = 0.5 + tables.need[DEAL, 0]
    ring = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    for height, edge in ((0.0, [0, 1]), (0.9, [3, 0])):
        ring[3] = 0.25 * tables.g[DEAL] + 0.75 * np.array([line, height])
        how = np.full((4, 4), -1)
        how[:3, :2], how[3, :2] = (RUPTURE, CONSTANT), (DEAL, ON_EDGE_0)
        assert linked(tables, ring, how, 4, np.full(2, 0.5))
        assert how[3, 2:].tolist() == edge
    assert not linked(tables, ring, np.array([[DEAL, ON_EDGE_0, -1, -1]]), 1, np.full(2, 0.5))


def test_an_edge_no_longer_cut_is_forgotten():
    tables, _ = prisoners()
    ring = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    how = np.array([[DEAL, ON_EDGE_0, 0, 1], [DEAL, ON_EDGE_0, 1, 2]])
    assert unlinked(tables, ring, how, 2, np.zeros(2))
    assert how[:, 2].tolist() == [0, -1]
    assert not unlinked(tables, ring, how[:1], 1, np.zeros(2))
