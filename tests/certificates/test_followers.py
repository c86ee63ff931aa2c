"""What followers are said to do is checked from the definition; every kind of lie is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negotiation.certificates.followers import check_followers
from negotiation.errors import CertificateError
from negotiation.games.followers import FollowerPlay
from negotiation.payoff_file import load
from negotiation.payoff_file.backward_induction import induce


def play(seed, spread=3, sizes=(2, 3, 2), shape=(2, 3)):
    draw = np.random.default_rng(seed)
    payoffs = [draw.integers(0, spread, (*sizes, 1, *shape)).astype(float) for _ in sizes]
    asked = [draw.random((*sizes[:k], 1, *shape)) < 0.8 for k in range(len(sizes))]
    found = induce(payoffs, asked)
    return FollowerPlay(
        names=tuple(f"F{k}" for k in range(len(sizes))),
        choices=tuple(tuple(f"c{j}" for j in range(n)) for n in sizes),
        payoffs=tuple(u[..., 0, :, :] for u in payoffs),
        asked=tuple(x[..., 0, :, :] for x in asked),
        plans=tuple(x[..., 0, :, :] for x in found.plans),
        chosen=np.stack([x[0] for x in found.chosen]),
        ties=np.stack([x[0] for x in found.tied]),
    )


@pytest.mark.parametrize("seed", range(30))
def test_backward_induction_passes(seed):
    check_followers(play(seed))
    check_followers(play(seed, spread=1000))


@pytest.mark.parametrize("slug", ["congress-and-firms"])
def test_bundled_models_pass(slug):
    check_followers(load(slug).follower_play())


@pytest.mark.parametrize("seed", range(10))
def test_another_choice_anywhere_is_found(seed):
    true = play(seed, spread=1000)
    for k, plan in enumerate(true.plans):
        for at in np.ndindex(plan.shape):
            for other in range(len(true.choices[k])):
                if other != plan[at]:
                    wrong = plan.copy()
                    wrong[at] = other
                    plans = (*true.plans[:k], wrong, *true.plans[k + 1 :])
                    with pytest.raises(CertificateError):
                        check_followers(replace(true, plans=plans))


@pytest.mark.parametrize("seed", range(10))
def test_the_later_of_two_equals_is_found(seed):
    true, tried = play(seed, spread=2), 0
    for k in range(3):
        for cell in np.ndindex(2, 3):
            if not true.ties[(k, *cell)]:
                continue
            path = tuple(true.chosen[(j, *cell)] for j in range(k))
            plan = true.plans[k].copy()
            plan[(*path, *cell)] = len(true.choices[k]) - 1
            tried += 1
            with pytest.raises(CertificateError):
                check_followers(replace(true, plans=(*true.plans[:k], plan, *true.plans[k + 1 :])))
    assert tried


@pytest.mark.parametrize("seed", range(10))
def test_a_wrong_path_and_a_wrong_tie_are_found(seed):
    true = play(seed)
    for at in np.ndindex(true.chosen.shape):
        chosen, ties = true.chosen.copy(), true.ties.copy()
        chosen[at] = (chosen[at] + 1) % len(true.choices[at[0]])
        ties[at] = not ties[at]
        with pytest.raises(CertificateError):
            check_followers(replace(true, chosen=chosen))
        with pytest.raises(CertificateError):
            check_followers(replace(true, ties=ties))
