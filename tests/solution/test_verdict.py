"""The verdict in words: plain, conditional, and true by a calculation of its own."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from negotiation.games.game import Game, Outcome
from negotiation.payoff_file import loads
from negotiation.solution.as_json import to_dict
from negotiation.solution.solution import Solution, solve
from negotiation.solution.units import units_of
from negotiation.solution.verdict import amount, label, listed, number, patience, verdict, why_not
from tests.conftest import GAMES, solve_game
from tests.first_edition import first_edition
from tests.reference.library import BARGAINS

JARGON = [
    "equilibri",
    "nash",
    "subgame",
    "discount",
    "minmax",
    "minimax",
    "strategy",
    "profile",
    "penal",
    "automaton",
    "stage",
    "polytope",
    "pareto",
    "dominan",
    "factor",
    "delta",
    "slack",
    "sustain",
    "outcome",
    "regime",
]
POINTS: list[tuple[str, dict[str, float]]] = [
    *((slug, {}) for slug in BARGAINS if slug != "wider-bargain"),
    (first_edition("chips-for-rare-earths"), {"s": 0.7}),
    (first_edition("chips-for-rare-earths"), {"s": 0.8}),
    (first_edition("chips-for-rare-earths"), {"patience_cn": 0.5}),
    (first_edition("chips-for-rare-earths"), {"patience_us": 0.5, "patience_cn": 0.5}),
    ("abreu-cournot", {"patience": 0.2}),
]


def everything(solved: Any) -> list[Solution]:
    return [solved(slug, **values) for slug, values in POINTS] + [
        solve_game(k) for k in range(len(GAMES))
    ]


def named(a: Any, b: Any, discount: Any = 0.5, **truces: tuple[int, int]) -> Solution:
    outcomes = tuple(Outcome(name, (cell,), truce=True) for name, cell in truces.items())
    return solve(Game.from_tables(a, b, discount=discount, outcomes=outcomes))


def sentences(found: Solution) -> list[str]:
    return re.split(r"(?<=[a-z0-9)])\. (?=[A-Z])", " ".join(verdict(found)))


def test_every_verdict_has_two_to_four_sentences(solved):
    for found in everything(solved):
        assert 2 <= len(verdict(found)) <= 4, verdict(found)
        assert len(sentences(found)) == len(verdict(found))


def test_the_first_sentence_is_conditional_and_free_of_jargon(solved):
    for found in everything(solved):
        first = verdict(found)[0]
        assert first.startswith("Given these payoffs")
        assert not [word for word in JARGON if word in first.lower()], first


def test_no_sentence_uses_words_for_specialists(solved):
    for found in everything(solved):
        text = " ".join(verdict(found)).lower()
        assert not [w for w in JARGON if w in text and w != "outcome"], text
        assert "  " not in text
        assert "none" not in text.split()
        assert "nan" not in text.split()


def test_every_number_is_a_number_of_the_result(solved):
    for found in everything(solved):
        known = {number(x) for x in _numbers(to_dict(found))}
        known |= {f"{x:.3f}" for x in _numbers(to_dict(found))}
        known |= {number(abs(x)) for x in _losses(found)}
        known |= {number(abs(x) * units_of(found.model).share) for x in _losses(found)}
        words = {*_names(found)}
        for text in verdict(found):
            bare = re.sub("|".join(map(re.escape, sorted(words, key=len, reverse=True))), "", text)
            for x in re.findall(r"-?\d[\d,]*\.?\d*", bare):
                assert x.rstrip(".,") in known, (x, text)


def _numbers(data: Any) -> list[float]:
    if isinstance(data, dict):
        return [x for v in data.values() for x in _numbers(v)]
    if isinstance(data, list):
        return [x for v in data for x in _numbers(v)]
    return [float(data)] if isinstance(data, int | float) and not isinstance(data, bool) else []


def _losses(found: Solution) -> list[float]:
    g = found.game.payoffs
    return [
        x
        for o in found.outcomes
        for i, row in ((0, g[0][:, o.profile[1]]), (1, g[1][o.profile[0]]))
        for x in g[i][o.profile] - row
    ] + [float(x) for x in found.worst_stage]


def _names(found: Solution) -> list[str]:
    names = [n for side in found.game.actions for n in side if len(n) > 1]
    numbered = [f"playing {n}" for side in found.game.actions for n in side]
    numbered += [f"instead of {n}" for side in found.game.actions for n in side]
    return [*found.game.players, *numbered, *names, *(label(found, o) for o in found.outcomes)]


@pytest.mark.parametrize(
    ("name", "value", "before", "after"),
    [
        ("s", 0.53, "6.1 more", "0.812 less"),
        ("patience_cn", 0.89, "0.900", "0.890"),
    ],
)
def test_a_changed_number_changes_the_sentence(solved, name, value, before, after):
    old = verdict(solved(first_edition("chips-for-rare-earths")))
    new = verdict(solved(first_edition("chips-for-rare-earths"), **{name: value}))
    assert old != new
    assert before in " ".join(old)
    assert after in " ".join(old if name == "s" else new)
    assert name != "s" or after not in " ".join(new)


def test_the_first_to_break_is_the_tightest_of_all_truces_kept_up():
    # Three deals on a diagonal and a rupture; each side may leave a deal for the last action.
    a = [[8, -9, -9, -9], [-9, 7, -9, -9], [-9, -9, 9, -9], [9, 9, 11, 0]]
    b = [[7, -9, -9, 9], [-9, 8, -9, 9], [-9, -9, 9, 9.5], [-9, -9, -9, 0]]
    found = named(a, b, (0.6, 0.5), blue=(2, 2), red=(0, 0), green=(1, 1))
    held = {o.name: o for o in found.outcomes if o.sustained}
    gains = {"red": (1, 2), "green": (2, 1), "blue": (2, 0.5)}
    margins = {}
    for name, pair in gains.items():
        for i, gain in enumerate(pair):
            deal = held[name].payoffs[i]
            margins[name, found.game.players[i]] = found.game.discount[i] - gain / (gain + deal)
    (truce, who), _ = min(margins.items(), key=lambda m: m[1])
    assert (truce, who) == ("red", "Column")
    assert verdict(found)[1].startswith(f"The first to break {truce} would be {who}: ")


def test_what_the_flagship_says_is_what_a_pocket_calculator_says(solved):
    found = solved(first_edition("chips-for-rare-earths"))
    us, cn = found.game.payoffs
    # condition / supply+buy against China's cut+buy; worst for China: the rupture.
    gain = cn[1, 4] - cn[1, 0]
    worst = cn[2].max()
    loss = cn[1, 0] - (0.1 * cn[1, 4] + 0.9 * worst)
    least = gain / (cn[1, 4] - worst)
    text = verdict(found)
    assert text[1] == (
        "The first to break managed truce would be China: playing cut+buy instead of supply+buy "
        f"would bring it {gain:.3g} more in that quarter, but {loss:.3g} less per quarter on "
        "average once the harshest believable answer has run its course."
    )
    assert text[2] == (
        f"Managed truce holds only while China values the next quarter at {least:.3f} of this one "
        "or more; here that is 0.900."
    )
    floor = cn.max(axis=1).min()
    assert text[3] == (
        f"Standoff cannot be kept up: China gets {cn[1, 1]:.3g} per quarter from it but at least "
        f"{floor:.3g} by answering well whatever the other side does, so no threat can hold it "
        "there."
    )
    assert us.shape == (3, 6)


@pytest.mark.parametrize("k", range(10))
def test_dilemmas_are_described_truly(k):
    found = solve_game(k)
    pact, text = found.outcomes[0], " ".join(verdict(found))
    g, d = found.game.payoffs, found.game.discount
    gain = np.array([g[0, 1, 0] - g[0, 0, 0], g[1, 0, 1] - g[1, 0, 0]])
    need = gain / (gain + g[:, 0, 0] - g[:, 1, 1])
    if (need <= d).all():
        i = int(np.argmin(d - need))
        assert found.regime == "armed truce"
        assert f"The first to break it would be {found.game.players[i]}: " in text
        assert f"would bring it {gain[i]:.3g} more" in text
        lost = g[i, 0, 0] - (1 - d[i]) * (g[i, 0, 0] + gain[i]) - d[i] * g[i, 1, 1]
        assert f"but {lost:.3g} less per period" in text
        assert f"at {need[i]:.3f} of this one or more; here that is {d[i]:.3f}." in text
        return
    i = int(np.argmin(d - need))
    assert found.regime == "no cooperation"
    assert f"Pact cannot be kept up: {found.game.players[i]} would gain {gain[i]:.3g} at" in text
    assert f"the worst that can believably follow, {g[i, 1, 1]:.3g} per period" in text
    if need[1 - i] <= d[1 - i]:
        assert f"at {d[i]:.3f} of this one; it takes {need[i]:.3f}." in text
    else:
        assert "more patience on its side alone would not be enough" in text
        assert f"if both valued the next period at {need.max():.3f} of this one or more" in text
    assert f"That worst is {number(g[0, 1, 1])} per period for Row" in text
    assert pact.band == "too impatient"


@pytest.mark.parametrize("k", range(10, len(GAMES)))
def test_random_games_are_described_truly(k):
    found = solve_game(k)
    check_claims(found)


@pytest.mark.parametrize("point", range(len(POINTS)))
def test_bundled_models_are_described_truly(solved, point):
    slug, values = POINTS[point]
    check_claims(solved(slug, **values))


def check_claims(found: Solution) -> None:
    """Check each kind of sentence against payoffs and patience alone."""
    g, d, text = found.game.payoffs, found.game.discount, " ".join(verdict(found))
    replies = [g[0].max(axis=0), g[1].max(axis=1)]
    floor = [replies[0].min(), replies[1].min()]
    for o in found.outcomes:
        if not o.truce or o.sustained:
            continue
        why = why_not(found, o)
        if "by answering well whatever" in why:
            i = found.game.players.index(why.split(" gets ")[0])
            assert g[i][o.profile] < floor[i]
            assert f"at least {amount(found, i, floor[i])} by" in why
        elif "no believable threat holds it below" in why:
            i = found.game.players.index(why.split(" gets ")[0])
            assert found.repeated.vertices[:, i].min() >= g[i][o.profile] - 1e-6
        elif "at once by playing" in why:
            i = found.game.players.index(why.split(" would gain ")[0])
            caught = replies[i][o.profile[1 - i]]
            assert f"would gain {amount(found, i, caught - g[i][o.profile])} at once" in why
            worst = found.repeated.vertices[:, i].min()
            assert g[i][o.profile] < (1 - d[i]) * caught + d[i] * worst
    free = [
        o
        for o in found.outcomes
        if o.truce and all(replies[i][o.profile[1 - i]] == g[i][o.profile] for i in (0, 1))
    ]
    assert ("no threat: neither" in text) == bool(free)
    for o in free:
        assert o.name in verdict(found)[0]
    if "leaves both better off" in text or "both do better" in text:
        worst = np.min([e.payoffs for e in found.stage.equilibria], axis=0)
        for i in (0, 1):
            who = found.game.players[i]
            assert f"{amount(found, i, worst[i])}" in text.split("That worst is")[1], who
        better = [
            o.name for o in found.outcomes if o.sustained and (np.array(o.payoffs) > worst).all()
        ]
        assert all(name in text for name in better) if "both do better" in text else not better
    none_held = not any(o.truce and o.sustained for o in found.outcomes)
    assert ("no truce named here" in text) == (
        none_held and found.repeated.status != "empty" and any(o.truce for o in found.outcomes)
    )
    for o in found.outcomes:
        if o.truce and not none_held:
            assert o.name.lower() in text.lower()


def test_equally_close_sides_are_both_named(solved):
    _, second, third = verdict(solved("prisoners-dilemma"))
    assert second.startswith("Row and Column are equally close to breaking it: for Row, ")
    assert "only while each side values" in third


def test_one_truce_takes_the_singular_and_several_the_plural(solved):
    assert "need no threat" in verdict(solved("battle-of-the-sexes"))[0]
    assert "by breaking any of them" in verdict(solved("battle-of-the-sexes"))[0]
    assert "needs no threat" in verdict(solved(first_edition("h200-licence")))[0]
    assert "each be kept up" in verdict(solved(first_edition("chips-for-rare-earths")))[0]
    assert "each" not in verdict(solved(first_edition("chips-for-rare-earths"), s=0.7))[0]


def test_a_truce_kept_up_by_threat_beside_a_free_one_is_listed():
    a = [[5, 0, 0], [6, 1, 0], [0, 0, 2]]
    found = named(a, np.transpose(a), 0.9, deal=(0, 0), calm=(2, 2))
    assert found.regime == "self-enforcing"
    assert "Deal can be kept up as well, by threat." in verdict(found)


def test_turn_taking_is_said_where_no_cell_is_better_for_both():
    found = named([[0, -1], [5, 0]], [[0, 5], [-1, 0]], 0.8, deal=(0, 0))
    assert found.regime == "partial cooperation"
    assert verdict(found)[0].endswith("by taking turns.")


def test_a_better_cell_is_named_where_it_is_not_a_truce():
    pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75)
    assert verdict(solve(pd))[0].endswith("by keeping to 0 / 0.")
    assert len(verdict(solve(pd))) == 2


def test_a_name_for_several_cells_says_which_one_is_meant():
    both = (Outcome("deal", ((0, 0), (0, 1)), truce=True),)
    game = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]], discount=0.75, outcomes=both)
    text = " ".join(verdict(solve(game)))
    assert "armed truce can hold: deal (0 / 0) can be kept up" in text
    assert "Deal (0 / 1) cannot be kept up" in text


def test_several_truces_out_of_reach_are_only_listed(solved):
    assert verdict(solved(first_edition("chips-for-rare-earths"), s=0.7))[-1] == (
        "Managed truce and standoff cannot be kept up."
    )


def test_the_closest_to_holding_needs_least_patience():
    a = [[9, 0, 0], [12, 6, 0], [14, 7, 3]]
    found = named(a, np.transpose(a), 0.1, far=(0, 0), near=(1, 1))
    held = {o.name: o.optimal_penal_code for o in found.outcomes}
    assert held["near"] < held["far"]
    assert verdict(found)[-1].startswith("Closest to holding is near: ")


def test_one_of_several_hopeless_truces_is_taken_as_an_example():
    found = named([[0, 0], [2, 1]], [[0, 2], [0, 1]], 0.5, first=(0, 0), second=(0, 1))
    assert found.regime == "no cooperation"
    assert verdict(found)[-1].startswith("Take first: ")


def test_where_nothing_is_believable_patience_on_both_sides_may_help():
    # No cell is an equilibrium of playing once, but taking turns at (0, 0) is worth waiting for.
    a, b = [[4, 0, 0], [5, 1, -1], [0, -1, 1]], [[4, 5, 0], [0, -1, 1], [0, 1, -1]]
    found = named(a, b, 0.05, deal=(0, 0))
    assert found.regime == "no pure equilibrium"
    assert "at this patience no threat is believable" in verdict(found)[-1]
    least = found.outcomes[0].optimal_penal_code
    assert (least is None) == ("if both valued" not in verdict(found)[-1])


def test_losing_nothing_is_said_in_words():
    found = named([[1, 1], [1, 1]], [[1, 1], [1, 1]], 0.5, calm=(0, 0))
    assert "would lose nothing in that period by breaking it" in verdict(found)[1]


def test_a_game_without_choices_has_a_verdict():
    assert verdict(named([[1]], [[1]], 0.5, calm=(0, 0)))[1] == "Neither has anything else to do."


def test_a_file_without_a_period_speaks_of_periods():
    text = "title: t\nplayers:\n  R: {actions: [C, D], discount: 0.75}\n"
    text += "  S: {actions: [C, D], discount: 0.75}\npayoffs:\n"
    text += "  R: [[9, 1], [10, 3]]\n  S: [[9, 10], [1, 3]]\n"
    text += "outcomes: {peace: {profiles: [[C, C]], truce: true}}\n"
    assert "in that period" in " ".join(verdict(solve(loads(text))))


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.79427, "0.794"),
        (-28.0, "-28"),
        (1000003.2, "1,000,003"),
        (-0.0, "0"),
        (6.6, "6.6"),
        (1e-7, "1e-07"),
        (2.5e17, "2.5e+17"),
        (-1234.4, "-1,234"),
    ],
)
def test_numbers_are_short_and_large_ones_are_in_full(x, text):
    assert number(x) == text


@pytest.mark.parametrize(
    ("x", "other", "text"),
    [
        (0.8, None, "0.800"),
        (None, None, "never"),
        (0.0, None, "0.000"),
        (0.99996, None, "0.99996"),
        (0.999999, None, "0.999999"),
        (0.79427, 0.7943, "0.79427"),
        (0.8, 0.8, "0.800"),
    ],
)
def test_patience_is_never_shown_as_one_nor_as_what_it_is_not(x, other, text):
    assert patience(x, other) == text


def test_rounding_is_shown_as_zero():
    found = solve(Game.from_tables([[1e6, 1e6 + 3]], [[0.1 + 0.2, 0.3]], discount=0.5))
    assert amount(found, 0, 1e-10) == "0"
    assert amount(found, 0, 0.25) == "0.25"


def test_lists_read_as_in_a_sentence():
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]
