"""A model confronted with what was seen: which observed play it can explain, and how sharply.

Observed play bounds a model: what was played has to be playable. A model that lets everything be
played explains nothing, so the share of observed periods that it allows is set against the share of
all profiles that it allows: Selten's measure of predictive success is the first less the second.

References
----------
R. Selten (1991), Properties of a measure of predictive success, Mathematical Social Sciences 21.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from negotiation.errors import UsageError
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.pieces import MONTHS, Observed
from negotiation.solution.solution import Solution, examine, solve

__all__ = [
    "History",
    "Seen",
    "Stretch",
    "Success",
    "explained",
    "history",
    "history_dict",
    "month_name",
    "period_name",
    "stretch_dict",
    "stretches",
]

Profile = tuple[int, int]
_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """A stretch of observed play, and whether the model allows it.

    Attributes
    ----------
    observed
        When, and which profiles.
    names
        What the file calls them; else the actions.
    sustained
        Whether one of its profiles can be played in every period, at the solution's numbers.
    """

    observed: Observed
    names: tuple[str, ...]
    sustained: bool


@dataclass(frozen=True)
class Seen:
    """One observed period.

    Attributes
    ----------
    start
        Its first month, counted from January of the year 0.
    stretch
        Index of the stretch that covers most of it.
    hit
        Whether the model allows what was played.
    as_before
        Whether it was what had been played in the period before; None where that is not known.
    """

    start: int
    stretch: int
    hit: bool
    as_before: bool | None


@dataclass(frozen=True)
class Success:
    """Predictive success (Selten 1991): hit rate, area and their difference.

    Attributes
    ----------
    hits, periods
        Periods in which what was played was among the profiles predicted, of how many.
    area
        Predicted profiles as a share of all, averaged over the periods.
    """

    hits: int
    periods: int
    area: float

    @property
    def hit_rate(self) -> float:
        """Share of the periods that were hit."""
        return self.hits / self.periods if self.periods else 0.0

    @property
    def measure(self) -> float:
        """Hit rate less area: 1 for one right profile every time, 0 for allowing everything."""
        return self.hit_rate - self.area


@dataclass(frozen=True, eq=False)
class History:
    """A model beside all observed play.

    Attributes
    ----------
    solution
        What holds, at one parameter point.
    stretches, seen
        Observed play by stretch and by period.
    allowed
        The profiles that can be played in every period.
    model, before
        How well the model predicts, and how well "as in the period before" does.
    """

    solution: Solution
    stretches: tuple[Stretch, ...]
    seen: tuple[Seen, ...]
    allowed: tuple[Profile, ...]
    model: Success
    before: Success


def stretches(solution: Solution) -> tuple[Stretch, ...]:
    """Return each stretch of observed play with whether the model allows it."""
    if solution.model is None:
        return ()
    game = solution.game
    called = {p: o.name for o in game.outcomes for p in o.profiles}

    def name(profile: Profile) -> str:
        a, b = (names[k] for names, k in zip(game.actions, profile, strict=True))
        return called.get(profile, f"{a} / {b}")

    return tuple(
        Stretch(
            o,
            tuple(dict.fromkeys(map(name, o.profiles))),
            any(examine(solution, p).sustained for p in o.profiles),
        )
        for o in solution.model.observed
    )


def explained(solution: Solution) -> str:
    """Say in a sentence whether what was seen last can be kept up; empty without observed play."""
    found = stretches(solution)
    if not found:
        return ""
    last = found[-1]
    game, period = solution.game, solution.model.period if solution.model else ""
    pairs = [
        tuple(n[k] for n, k in zip(game.actions, p, strict=True)) for p in last.observed.profiles
    ]
    shown = " or ".join(f"{a} / {b}" for a, b in pairs)
    what = f"{last.names[0]} ({shown})" if last.names[0] != shown else shown
    when = f"until {month_name(last.observed.stop)}"
    if last.sustained:
        return (
            f"What was seen last, {what}, {when}, can be played every {period} given these "
            "payoffs, so this model can explain it."
        )
    return (
        f"What was seen last, {what}, {when}, cannot be kept up given these payoffs: this model "
        "does not explain it."
    )


def history(
    model: PayoffFile, /, progress: Callable[[str], None] = lambda _: None, **settings: Any
) -> History:
    """Confront a model with what was seen.

    Parameters
    ----------
    model
        A payoff file with ``observed:`` play, in which nothing moves.
    progress
        Called with what is being worked on.
    **settings
        Parameters that differ from the file's values.

    Raises
    ------
    UsageError
        If the file says nothing of what was observed, or its state moves.
    """
    if not model.observed:
        raise UsageError(f"{model.title}: the file has no 'observed' play to compare with")
    if model.kind == "dynamic":
        raise UsageError(
            f"{model.title}: its state moves, so what can be kept up changes from period to "
            "period; expected a model in which nothing moves"
        )
    solution = solve(model, **settings)
    progress("every pair of actions")
    n0, n1 = solution.game.shape
    cells = list(product(range(n0), range(n1)))
    allowed = tuple(p for p in cells if examine(solution, p).sustained)
    found = stretches(solution)
    seen = _seen(model, set(allowed))
    area = len(allowed) / len(cells)
    before = [s for s in seen if s.as_before is not None]
    widths = [len(model.observed[s.stretch].profiles) / len(cells) for s in seen[:-1]]
    return History(
        solution=solution,
        stretches=found,
        seen=seen,
        allowed=allowed,
        model=Success(sum(s.hit for s in seen), len(seen), area),
        before=Success(
            sum(bool(s.as_before) for s in before),
            len(before),
            sum(widths) / len(widths) if before and widths else 0.0,
        ),
    )


def _seen(model: PayoffFile, allowed: set[Profile]) -> tuple[Seen, ...]:
    """Cut the stretches into periods; each is the stretch's that covers most of its months."""
    length, observed = MONTHS[model.period], model.observed
    first, last = observed[0].start // length, observed[-1].stop // length
    found: list[Seen] = []
    for k in range(first, last + 1):
        months = range(k * length, (k + 1) * length)
        covered = [sum(o.start <= m <= o.stop for m in months) for o in observed]
        most = max(covered)
        if 2 * most < length:
            continue
        which = covered.index(most)
        profiles = set(observed[which].profiles)
        known = bool(found) and found[-1].start == (k - 1) * length
        earlier = set(observed[found[-1].stretch].profiles) if known else set()
        found.append(
            Seen(
                k * length,
                which,
                bool(profiles & allowed),
                bool(profiles & earlier) if known else None,
            )
        )
    return tuple(found)


def month_name(month: int) -> str:
    """Write a month, as counted from the year 0.

    Examples
    --------
    >>> month_name(2025 * 12 + 6)
    'July 2025'
    """
    return f"{_NAMES[month % 12]} {month // 12}"


def period_name(start: int, period: str) -> str:
    """Write a period by its first month.

    Examples
    --------
    >>> [period_name(2025 * 12 + 6, p) for p in ("quarter", "half-year", "year", "month")]
    ['2025 Q3', '2025 H2', '2025', '2025-07']
    """
    year, month = divmod(start, 12)
    if period == "year":
        return f"{year}"
    if period == "month":
        return f"{year}-{month + 1:02}"
    return f"{year} {'Q' if period == 'quarter' else 'H'}{month // MONTHS[period] + 1}"


def stretch_dict(solution: Solution, found: Stretch) -> dict[str, Any]:
    """Return a stretch as plain data."""
    first, second = solution.game.actions
    start, stop = found.observed.start, found.observed.stop
    return {
        "from": f"{start // 12}-{start % 12 + 1:02}",
        "to": f"{stop // 12}-{stop % 12 + 1:02}",
        "profiles": [[first[a], second[b]] for a, b in found.observed.profiles],
        "names": list(found.names),
        "sustained": found.sustained,
        "source": list(found.observed.sources),
    }


def history_dict(found: History) -> dict[str, Any]:
    """Return the JSON of `negotiate history`, schema ``negotiate/history/1``."""
    solution = found.solution
    model = solution.model
    assert model is not None, "a history is of a file"
    first, second = solution.game.actions

    def success(s: Success) -> dict[str, Any]:
        parts = {"hits": s.hits, "periods": s.periods, "hit_rate": s.hit_rate}
        return {**parts, "area": s.area, "measure": s.measure}

    return {
        "schema": "negotiate/history/1",
        "model": {"title": model.title, "file": model.path, "sha256": model.sha256},
        "parameters": dict(solution.parameters),
        "stretches": [stretch_dict(solution, s) for s in found.stretches],
        "periods": [
            {
                "period": period_name(s.start, model.period),
                "stretch": s.stretch,
                "hit": s.hit,
                "as_before": s.as_before,
            }
            for s in found.seen
        ],
        "allowed": [[first[a], second[b]] for a, b in found.allowed],
        "success": {"model": success(found.model), "as_before": success(found.before)},
    }
