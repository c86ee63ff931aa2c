import subprocess
import sys
import warnings

import numpy as np
import pytest

from negotiation.equilibria.stage.learning import honouring_basin
from negotiation.errors import GameError


def table(p0, p1):
    """Payoffs whose beliefs needed are p0 and p1: losses 1 - p and p."""
    return [[[1 - p0, 0], [0, p0]], [[1 - p1, 0], [0, p1]]]


def by_conserved_quantity(p0, p1, side):
    """Share of starts above the line between the basins, from the quantity kept along paths."""
    points = (np.arange(side) + 0.5) / side
    above = 0
    for x in points:
        for y in points:
            if x >= p1 and y >= p0:
                above += 1
            elif x > p1 or y > p0:

                def level(z, p):
                    return p * np.log(z / p) + (1 - p) * np.log((1 - z) / (1 - p))

                far_x, far_y = -level(x, p1), -level(y, p0)
                above += far_x > far_y if x > p1 else far_y > far_x
    return above / side**2


@pytest.mark.parametrize(
    "beliefs", [(0.3, 0.3), (0.1, 0.7), (0.55, 0.35), (0.8, 0.45), (0.02, 0.9)]
)
def test_the_replicator_basin_is_the_one_of_the_conserved_quantity(beliefs):
    basin = honouring_basin(table(*beliefs))
    assert basin.replicator == pytest.approx(by_conserved_quantity(*beliefs, 7))
    assert basin.replicator + basin.replicator_broken == pytest.approx(1)


def test_starts_on_the_line_between_the_basins_are_left_out():
    # p = 1/2 for both: the line is x + y = 1, seven points of the grid of 49, 21 on each side
    basin = honouring_basin(table(0.5, 0.5))
    assert (basin.replicator, basin.replicator_broken) == (21 / 49, 21 / 49)


def test_a_lower_critical_belief_means_a_larger_basin():
    shares = [honouring_basin(table(p, p)) for p in (0.1, 0.35, 0.65, 0.9)]
    assert [b.replicator for b in shares] == sorted((b.replicator for b in shares), reverse=True)
    plays = [b.fictitious_play for b in shares]
    assert plays == sorted(plays, reverse=True)
    assert plays[0] > 0.9
    assert plays[-1] < 0.1


def test_fictitious_play_from_a_few_beliefs_is_as_by_hand():
    # Beliefs 1/4 and 3/4 of weight one; honour from a belief of .6 on. Both at 3/4: honour at
    # once. Both at 1/4: break at once. At (3/4, 1/4) one honours and one breaks; then the beliefs
    # are (3/4 + 0)/2 and (1/4 + 1)/2 = .625: the roles change, then (3/4 + 1)/3 = .583 and
    # 1.25/3 = .417: both break.
    basin = honouring_basin(table(0.6, 0.6), side=2)
    assert (basin.fictitious_play, basin.fictitious_play_broken) == (0.25, 0.75)
    assert basin.starts == 4


def test_where_honouring_is_dominant_everything_ends_there():
    basin = honouring_basin([[[4, 3], [3, 2]], [[4, 3], [3, 2]]], side=3)
    assert (basin.replicator, basin.fictitious_play) == (1, 1)
    assert (basin.replicator_broken, basin.fictitious_play_broken) == (0, 0)


def test_where_breaking_is_dominant_everything_ends_there():
    basin = honouring_basin([[[9, 1], [10, 3]], [[9, 10], [1, 3]]], side=3)
    assert (basin.replicator, basin.fictitious_play) == (0, 0)
    assert (basin.replicator_broken, basin.fictitious_play_broken) == (1, 1)


def test_where_neither_end_is_an_equilibrium_nothing_ends():
    for payoffs in (
        [[[3, 1], [4, 0]], [[3, 4], [1, 0]]],
        [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]],
        np.zeros((2, 2, 2)),
    ):
        basin = honouring_basin(payoffs)
        assert (basin.replicator, basin.fictitious_play) == (0, 0)
        assert (basin.replicator_broken, basin.fictitious_play_broken) == (0, 0)


def test_units_and_zero_points_play_no_role():
    payoffs = np.array(table(0.3, 0.6))
    other = payoffs * np.array([1e6, 2.0])[:, None, None] + np.array([1e6, -50])[:, None, None]
    assert honouring_basin(other) == honouring_basin(payoffs)


def test_swapping_the_players_changes_nothing():
    payoffs = np.array([[[5, 1], [4, 2]], [[7, 3], [1, 4]]], dtype=float)
    swapped = np.stack((payoffs[1].T, payoffs[0].T))
    a, b = honouring_basin(payoffs), honouring_basin(swapped)
    assert (a.replicator, a.fictitious_play) == (b.replicator, b.fictitious_play)


def test_the_seed_repeats_ties_and_global_random_numbers_are_left_alone():
    np.random.seed(12)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(12)  # noqa: NPY002
    ties = table(0.5, 0.5)
    assert honouring_basin(ties, side=3, seed=0) == honouring_basin(ties, side=3, seed=0)
    assert np.random.random(3).tolist() == expected.tolist()  # noqa: NPY002
    plays = {honouring_basin(ties, side=3, seed=k).fictitious_play for k in range(4)}
    assert len(plays) > 1


def test_no_warning_gets_out():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        honouring_basin(table(0.3, 0.999999))
    assert not caught


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.full((2, 2, 2), np.nan), np.zeros((2, 3, 2))])
def test_anything_but_four_finite_cells_is_refused(bad):
    with pytest.raises(GameError, match="shape"):
        honouring_basin(bad)


def test_a_grid_without_points_is_refused():
    with pytest.raises(GameError, match="at least one"):
        honouring_basin(np.zeros((2, 2, 2)), side=0)


def test_importing_the_module_does_not_import_nashpy():
    code = "import sys, negotiation.equilibria.stage.learning; sys.exit('nashpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
