"""Terms: the parameters that two sides bargain over, with their bounds, and the outcome they shape.

A file names them under ``terms:`` and ``deal:``; the command line and Python may name others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.deals.values import Values
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.equilibria.repeated.screening import threat_bounds
from negotiation.errors import FormulaError, NearCriticalError, UsageError, near_name
from negotiation.games.game import Array, Game, Outcome
from negotiation.payoff_file.formulas.formula import read_number
from negotiation.payoff_file.formulas.tokens import quoted
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.sections.terms import MOST_TERMS
from negotiation.payoff_file.values import unknown_parameter
from negotiation.sweeps.batch import solve_batch

__all__ = [
    "Contract",
    "Term",
    "contract",
    "read_terms",
    "settled",
    "without",
    "worst_payoff_bounds",
    "worst_payoffs",
]

_TIES = 1e-12
_FEW = 16
"""So many games are solved one by one rather than as a batch, whose kernels take time to load."""


@dataclass(frozen=True)
class Term:
    """A number that the two sides bargain over.

    Attributes
    ----------
    name
        The parameter.
    low, high
        Bounds; may be infinite.
    value
        The file's own, or what is set.
    unit, meaning
        For people.
    """

    name: str
    low: float
    high: float
    value: float
    unit: str = ""
    meaning: str = ""


@dataclass(frozen=True, eq=False)
class Contract:
    """An outcome, and the terms that shape it.

    Attributes
    ----------
    model
        A payoff file in which nothing moves.
    settings
        What is set otherwise than in the file.
    terms
        At most `MOST_TERMS`.
    outcome, profile
        Its name, and the pair of actions that is played under it.
    """

    model: PayoffFile
    settings: dict[str, Any]
    terms: tuple[Term, ...]
    outcome: str
    profile: tuple[int, int]

    @cached_property
    def alone(self) -> PayoffFile:
        """The model with this outcome only, so that solving it examines no other."""
        return replace(self.model, outcomes=(Outcome(self.outcome, (self.profile,), True),))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(t.name for t in self.terms)

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        """Bounds of the terms."""
        return tuple((t.low, t.high) for t in self.terms)

    @property
    def own(self) -> Array:
        """The file's own terms, shape ``(k,)``."""
        return np.array([t.value for t in self.terms])

    def at(self, terms: Sequence[float] | Array) -> dict[str, Any]:
        """Return what to set for some terms, shape ``(k,)``."""
        return self.settings | dict(zip(self.names, map(float, terms), strict=True))

    def games(self, points: Array, cases: Mapping[str, Array] | None = None) -> Game:
        """Return the games at terms ``(n, k)``; with cases of shape ``(c,)`` a batch ``(n, c)``."""
        columns = {name: points[:, t] for t, name in enumerate(self.names)}
        if cases is not None:
            columns = {name: column[:, None] for name, column in columns.items()}
        return self.model.game(**(self.settings | dict(cases or {}) | columns))

    def values(self, game: Game, threats: Array | None = None) -> Values:
        """Return what the outcome's terms are judged by in a batch of games, flattened.

        Parameters
        ----------
        game
            A batch of n games.
        threats
            Worst credible payoffs, shape ``(..., 2)``, where they are known.
        """
        a, b = self.profile
        flat = game.payoffs.reshape(-1, 2, *game.shape)
        n = len(flat)
        worst = worst_payoffs(game) if threats is None else threats
        return Values(
            payoffs=flat[:, :, a, b],
            deviations=(without(flat[:, 0, :, b], a), without(flat[:, 1, a, :], b)),
            threats=np.broadcast_to(worst, (*game.batch, 2)).reshape(n, 2),
            discount=np.broadcast_to(game.discount, (*game.batch, 2)).reshape(n, 2),
        )


def without(payoffs: Array, own: int) -> Array:
    """Return what the other actions give, along the last axis; the outcome's own if it is alone."""
    return payoffs if payoffs.shape[-1] == 1 else np.delete(payoffs, own, axis=-1)


def worst_payoffs(game: Game) -> Array:
    """Return each player's worst credible payoff in every game of a batch; inf where none is.

    Bounds settle most games; the rest is solved.
    """
    low, high = worst_payoff_bounds(game)
    unsure = np.asarray((high > low).any(axis=-1))
    if unsure.any():
        rest = Game(game.payoffs[unsure], np.broadcast_to(game.discount, low.shape)[unsure])
        high[unsure] = _solved(rest) if unsure.sum() > _FEW else _one_by_one(rest, high[unsure])
    return high


def _solved(games: Game) -> Array:
    worst = solve_batch(games, payoff_sets=False, regimes=False).min_spe_payoffs
    return np.where(np.isnan(worst), np.inf, worst)


def _one_by_one(games: Game, bounds: Array) -> Array:
    """Solve a few games without compiling anything; near a threshold keep what is known."""
    out = bounds.copy()
    for k, (payoffs, discount) in enumerate(zip(games.payoffs, games.discount, strict=True)):
        try:
            worst = payoff_set(Game(payoffs, discount)).min_spe_payoffs
        except NearCriticalError:
            continue
        out[k] = np.inf if worst is None else worst
    return out


def worst_payoff_bounds(game: Game) -> tuple[Array, Array]:
    """Bound each player's worst credible payoff in every game of a batch; equal where it is known.

    The upper bound is that of punishments known to be credible, inf where none is.
    """
    low, high = threat_bounds(game)
    spread = np.ptp(game.payoffs, axis=(-2, -1))
    return np.where(high > low + _TIES * spread, low, high), high


def settled(deal: Contract, game: Game, *, smallest: bool = False) -> Array:
    """Return both sides' slack in every game of a batch, flattened: shape ``(n, 2)``.

    Games are solved as far as it matters: who would break the deal is right everywhere. Elsewhere
    slack may be that against punishments known to be credible, though harsher ones may be.

    Parameters
    ----------
    deal
        The outcome.
    game
        A batch.
    smallest
        Whether the smallest slack of all has to be right too.
    """
    low, high = (v.reshape(-1, 2) for v in worst_payoff_bounds(game))
    payoffs = game.payoffs.reshape(-1, 2, *game.shape)
    discount = np.broadcast_to(game.discount, (*game.batch, 2)).reshape(-1, 2)
    least, most = (deal.values(Game(payoffs, discount), v).by_player() for v in (high, low))
    exact = (low == high).all(axis=1)

    def settle(rows: npt.NDArray[np.intp]) -> None:
        if len(rows):
            least[rows] = deal.values(Game(payoffs[rows], discount[rows])).by_player()
            exact[rows] = True

    settle(np.flatnonzero(~exact & ((least < 0) & (most >= 0)).any(axis=1)))
    while smallest and not exact[worst := int(np.argmin(least.min(axis=1)))]:
        settle(np.array([worst]))
    return least


def read_terms(texts: Sequence[str]) -> dict[str, tuple[float, float] | None]:
    """Read every ``--term NAME=LOW:HIGH``; without bounds they are the parameter's range.

    Raises
    ------
    UsageError
        If one cannot be read, or a name stands twice.

    Examples
    --------
    >>> read_terms(["fee=0:0.5", "cap"])
    {'fee': (0.0, 0.5), 'cap': None}
    """
    terms: dict[str, tuple[float, float] | None] = {}
    for text in texts:
        name, equals, bounds = (part.strip() for part in text.partition("="))
        if not name or (equals and bounds.count(":") != 1):
            raise UsageError(
                f"{quoted(text)} is not a term; expected NAME=LOW:HIGH, such as fee=0:0.5"
            )
        if name in terms:
            raise UsageError(f"--term gives {quoted(name)} twice; expected each term once")
        terms[name] = _bounds(text, bounds) if equals else None
    return terms


def _bounds(text: str, bounds: str) -> tuple[float, float]:
    low, high = (_bound(text, part.strip()) for part in bounds.split(":"))
    return low, high


def _bound(text: str, part: str) -> float:
    if part in ("inf", "-inf"):
        return float(part)
    try:
        return float(read_number(part))
    except FormulaError as error:
        raise UsageError(f"term {quoted(text)}: {error}") from None


def contract(
    model: PayoffFile,
    terms: Mapping[str, tuple[float, float] | None] | None = None,
    outcome: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Contract:
    """Return the outcome and the terms to bargain over.

    Parameters
    ----------
    model
        A payoff file; if its state moves, it is taken as frozen.
    terms
        Name → bounds, None for the parameter's range; by default the file's ``terms:``.
    outcome
        By default the file's ``deal:``, else its first truce.
    settings
        Parameters at other values than the file's.

    Raises
    ------
    UsageError
        If there are no terms or too many, one is unknown, changes no payoff or has impossible
        bounds, or the outcome is unknown.
    """
    file, given = model.frozen(), dict(settings or {})
    file.game(**given)  # a model that is no repeated game says so
    chosen = dict(terms) if terms else dict(file.terms)
    if not chosen:
        raise UsageError(
            f"{file.title}: no terms to bargain over; expected a section 'terms:' in the file, or"
            " --term NAME=LOW:HIGH for one of its parameters, such as "
            + (f"--term {file.parameters[0].name}" if file.parameters else "one it does not have")
        )
    if len(chosen) > MOST_TERMS:
        raise UsageError(
            f"{len(chosen)} terms ({', '.join(map(quoted, chosen))}); expected at most {MOST_TERMS}"
        )
    values, used = file.values(**given), file.used_parameters()
    parameters = {p.name: p for p in file.parameters}
    every = []
    for name, bounds in chosen.items():
        if name not in parameters:
            raise unknown_parameter(name, list(parameters))
        if name not in used:
            raise UsageError(
                f"term {quoted(name)}: no payoff depends on it; expected one that does"
            )
        p = parameters[name]
        low, high = p.range if bounds is None else bounds
        _check(name, low, high)
        every.append(Term(name, low, high, float(values[name]), p.unit, p.meaning))
    name, profile = _deal(file, outcome)
    return Contract(file, given, tuple(every), name, profile)


def _check(name: str, low: float, high: float) -> None:
    if math.isnan(low) or math.isnan(high) or not low < high or low == math.inf:
        raise UsageError(
            f"term {quoted(name)} runs from {low:g} to {high:g}; expected a lower bound below the"
            " upper one"
        )


def _deal(file: PayoffFile, outcome: str | None) -> tuple[str, tuple[int, int]]:
    """Return the outcome's name and its first profile."""
    name = outcome or file.deal
    if not name:
        first = next((o for o in file.outcomes if o.truce), None)
        if first is None:
            raise UsageError(
                f"{file.title} names no truce; expected --outcome NAME, 'deal:' in the file, or an"
                " outcome with 'truce: true'"
            )
        return first.name, first.profiles[0]
    return _outcome(file, name)


def _outcome(file: PayoffFile, name: str) -> tuple[str, tuple[int, int]]:
    names = [o.name for o in file.outcomes]
    for o in file.outcomes:
        if o.name == name:
            return o.name, o.profiles[0]
    near = near_name(name[:80], names)
    raise UsageError(
        f"no outcome {quoted(name)}; "
        + (f"did you mean {near!r}? " if near else "")
        + f"the outcomes are: {', '.join(names) or 'none'}"
    )
