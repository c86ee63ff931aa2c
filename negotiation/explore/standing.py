"""Answer at one point, fast enough to follow a hand: the batch engine, asked for one game."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from negotiation.games.game import Array, Game, best_deviation_payoffs
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.verdict import listed, number
from negotiation.sweeps.batch import REGIME_NAMES, BatchSolution, OutcomeBatch, solve_batch

__all__ = [
    "UNDECIDED",
    "Row",
    "Standing",
    "headline",
    "short_unit",
    "stand",
    "stand_at",
    "tightest",
]

UNDECIDED = "too close to call"


@dataclass(frozen=True)
class Row:
    """One cell, played for ever.

    Attributes
    ----------
    name, profile, truce, payoffs
        As in the file; the name says the cell too where several share it.
    sustained
        Whether it can be kept up.
    slack
        What each player loses on average a period by breaking it; negative where it gains, NaN
        where nothing is sustainable.
    margin
        How much patience each player can lose before it breaks the outcome; infinite for one that
        is not tempted.
    breaker
        Who would break it first, or stops it: the tempted player with the least patience to spare;
        None if neither is tempted.
    action, gain
        That player's best action instead, and what it brings more at once.
    """

    name: str
    profile: tuple[int, int]
    truce: bool
    payoffs: tuple[float, float]
    sustained: bool
    slack: tuple[float, float]
    margin: tuple[float, float]
    breaker: int | None
    action: int | None
    gain: float


@dataclass(frozen=True, eq=False)
class Standing:
    """Answer at one point, as if nothing moved.

    Attributes
    ----------
    model, values
        The file, and every parameter's value.
    game
        The game of one period.
    regime
        Its regime; `UNDECIDED` where rounding decides.
    rows
        The truces that the file names, else all named outcomes, else every cell.
    others
        Named outcomes that are no truces.
    threats
        Each player's worst credible payoff, shape ``(2,)``; NaN where nothing is sustainable.
    """

    model: PayoffFile
    values: dict[str, float]
    game: Game
    regime: str
    rows: tuple[Row, ...]
    others: tuple[Row, ...]
    threats: Array


def stand(model: PayoffFile, settings: Mapping[str, Any]) -> Standing:
    """Return what holds at one point.

    Parameters
    ----------
    model
        A payoff file; one whose state moves is taken as it is at the start.
    settings
        Parameters that differ from the file's values.

    Raises
    ------
    UsageError, GameError
        If a setting is impossible, or a payoff is not finite there.
    """
    still = model.frozen()
    game = still.game(**settings)
    one = replace(game, payoffs=game.payoffs[None], discount=game.discount[None], exact=None)
    values = {name: float(x) for name, x in still.values(**settings).items()}
    found = solve_batch(one, payoff_sets=False, threads=1)
    return _standing(model, values, found, _outcomes(found), 0)


def stand_at(
    model: PayoffFile, points: Mapping[str, Array], settings: Mapping[str, Any]
) -> Iterator[Standing]:
    """Yield what holds at every point of a list.

    Parameters
    ----------
    model, settings
        As for `stand`.
    points
        Parameter name → values, shape ``(n,)``.
    """
    still = model.frozen()
    found = solve_batch(still.game(**settings, **points), payoff_sets=False)
    outcomes, values = _outcomes(found), still.values(**settings, **points)
    for k in range(len(found.regime)):
        here = {n: float(x[k]) if np.ndim(x) else float(x) for n, x in values.items()}
        yield _standing(model, here, found, outcomes, k)


def _outcomes(found: BatchSolution) -> list[OutcomeBatch]:
    return [found.outcome(profile) for _, profile, _ in found.cells]


def _standing(
    model: PayoffFile,
    values: dict[str, float],
    found: BatchSolution,
    outcomes: list[OutcomeBatch],
    k: int,
) -> Standing:
    """Return what a batch says about its game k."""
    many = found.game
    game = replace(many, payoffs=many.payoffs[k], discount=many.discount[k])
    names = [o.name for o in outcomes]
    rows = tuple(_row(game, o, k, shared=names.count(o.name) > 1) for o in outcomes)
    truces = tuple(r for r in rows if r.truce)
    code = int(found.regime[k])
    return Standing(
        model=model,
        values=values,
        game=game,
        regime=UNDECIDED if code < 0 else REGIME_NAMES[code],
        rows=truces or rows,
        others=tuple(r for r in rows if not r.truce) if truces else (),
        threats=found.min_spe_payoffs[k],
    )


def _row(game: Game, o: OutcomeBatch, k: int, *, shared: bool) -> Row:
    name, profile, truce = o.name, o.profile, o.truce
    actions = " / ".join(names[a] for names, a in zip(game.actions, profile, strict=True))
    i = int(o.tightest_player[k])
    action, gain = None, 0.0
    if i >= 0:
        a, b = profile
        action = int(np.argmax(game.payoffs[0, :, b] if i == 0 else game.payoffs[1, a, :]))
        gain = float(best_deviation_payoffs(game)[i, a, b] - game.payoffs[i, a, b])
    return Row(
        name=f"{name} ({actions})" if shared else name,
        profile=profile,
        truce=truce,
        payoffs=(float(o.payoffs[k, 0]), float(o.payoffs[k, 1])),
        sustained=bool(o.sustained[k]),
        slack=(float(o.slack[k, 0]), float(o.slack[k, 1])),
        margin=(float(o.margin[k, 0]), float(o.margin[k, 1])),
        breaker=None if i < 0 else i,
        action=action,
        gain=gain,
    )


def short_unit(model: PayoffFile) -> str:
    """Return the unit of payoffs without what stands in brackets, or nothing.

    Examples
    --------
    >>> from negotiation.payoff_file import load
    >>> short_unit(load("prisoners-dilemma"))
    ''
    """
    return model.payoff_unit.partition("(")[0].strip()


def tightest(rows: tuple[Row, ...]) -> Row | None:
    """Return the row that is closest to breaking, by patience, of those that hold by threat."""
    held = [r for r in rows if r.sustained and r.breaker is not None]
    return min(held, key=lambda r: min(r.margin), default=None)


def headline(found: Standing) -> str:
    """Return one sentence that says what holds and who would break it first.

    Conditional on the payoffs, with units, free of jargon.
    """
    if found.regime == UNDECIDED:
        return "Right at a change: rounding decides what holds here."
    return f"Given these payoffs {_HEADLINES.get(found.regime, _nothing)(found)}"


def _free(found: Standing) -> str:
    free = [r.name for r in found.rows if r.sustained and r.breaker is None]
    verb = "needs" if len(free) == 1 else "need"
    return f"{listed(free)} {verb} no threat: neither side gains by breaking it, not even once."


def _armed(found: Standing) -> str:
    held = [r.name for r in found.rows if r.sustained]
    weakest = tightest(found.rows)
    start = f"{listed(held)} can hold" + (", by threat" if len(held) == 1 else ", each by threat")
    if weakest is None:
        return f"{start}."
    it = "it" if len(held) == 1 else weakest.name
    return f"{start}; {_first(found, weakest, it)}."


def _first(found: Standing, row: Row, it: str) -> str:
    """Say who would break a row first, with what it has to spare."""
    assert row.breaker is not None
    who = found.game.players[row.breaker]
    spare = _amount(found, row.breaker, row.slack[row.breaker])
    return f"{who} would break {it} first, though that would cost it {spare} on average"


def _amount(found: Standing, i: int, x: float) -> str:
    """Write a difference of payoffs with its unit; what is only rounding is nothing."""
    span = float(np.ptp(found.game.payoffs[i]))
    if abs(x) <= 1e-9 * span:
        return "nothing"
    unit = short_unit(found.model) or f"per {found.model.period or 'period'}"
    return f"{number(x)} {unit}"


def _partly(found: Standing) -> str:
    if not any(r.truce for r in found.rows):
        held = [r.name for r in found.rows if r.sustained]
        how = f", by keeping to {listed(held)}" if held else ""
        return f"both sides can do better than by thinking only of today{how}."
    return f"no truce named here can hold, though both can do better than at worst: {_miss(found)}"


def _nothing(found: Standing) -> str:
    start = "no truce named here can hold" if any(r.truce for r in found.rows) else "nothing holds"
    return f"{start} that leaves both better off than at worst: {_miss(found)}"


def _miss(found: Standing) -> str:
    """Say which truce comes closest, and who stops it."""
    known = [r for r in found.rows if np.isfinite(r.slack).all() and r.breaker is not None]
    if not known:
        return "no threat can be believed."
    row = max(known, key=lambda r: min(r.slack))
    i = int(np.argmin(row.slack))
    who, gains = found.game.players[i], _amount(found, i, -row.slack[i])
    return f"{row.name} comes closest, and {who} would gain {gains} on average by breaking it."


def _unstable(found: Standing) -> str:
    a, b = found.game.players
    return f"no fixed plan is stable: whatever {a} and {b} settle on, one gains by changing course."


_HEADLINES = {
    "self-enforcing": _free,
    "armed truce": _armed,
    "partial cooperation": _partly,
    "no cooperation": _nothing,
    "no pure equilibrium": _unstable,
}
