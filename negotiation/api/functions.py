"""Functions named after the commands.

A model is a payoff file, its path, or the name of a bundled one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negotiation.api.answers import Comparison, Deals, Played, Sensitivity, Why
from negotiation.api.results import (
    DynamicSolution,
    Outlook,
    SignallingSolution,
    Solution,
    Sweep,
    dressed,
)
from negotiation.errors import UsageError
from negotiation.games.game import Game
from negotiation.payoff_file import load
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution import dynamic, solution
from negotiation.solution import path as over_time
from negotiation.solution.signalling import solution as signalling
from negotiation.sweeps import sweep as sweeping

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "compare",
    "deal",
    "map",
    "outlook",
    "path",
    "play",
    "report",
    "sensitivity",
    "solve",
    "sweep",
    "why",
]

Model = PayoffFile | str | Path


def solve(
    model: Model | Game, /, **settings: Any
) -> Solution | DynamicSolution | SignallingSolution:
    """Solve a model at one parameter point.

    As a repeated game; where states move, as dynamic; where one side knows more, as a signalling
    game.

    Parameters
    ----------
    model
        A payoff file, its path or the name of a bundled one; or a game.
    **settings
        Parameter values, for a payoff file. Of a number on a grid it is the start.

    Raises
    ------
    NegotiationError
        If a setting is impossible, an iteration could not be trusted, or an answer failed its
        certificate.

    Examples
    --------
    >>> solve("prisoners-dilemma")
    <Solution: Prisoner's dilemma; armed truce; cooperation and mutual defection hold>
    >>> solve("prisoners-dilemma").outcome("cooperation").sustained
    True
    """
    opened = model if isinstance(model, Game) else _model(model)
    if isinstance(opened, PayoffFile) and opened.kind == "signalling":
        return dressed(SignallingSolution, signalling.solve_signals(opened, **settings))
    found = dynamic.solve(opened, **settings)
    if isinstance(found, solution.Solution):
        return dressed(Solution, found)
    return dressed(DynamicSolution, found)


def deal(
    model: Model,
    /,
    terms: Mapping[str, tuple[float, float] | None] | None = None,
    *,
    outcome: str | None = None,
    disagreement: str = "worst",
    cases: int = 1024,
    seed: int = 0,
    **settings: Any,
) -> Deals:
    """Return which terms of an outcome are self-enforcing, and which of them stand out.

    Parameters
    ----------
    model
        A payoff file, its path or the name of a bundled one. A state that moves is taken as frozen.
    terms
        Parameter → bounds, None for its range; by default the file's ``terms:``.
    outcome
        Whose terms they are; by default the file's ``deal:``, else its first truce.
    disagreement
        What each side gets without a deal: "worst", "stage" or "minmax".
    cases, seed
        How many cases of the uncertain numbers, a power of two; and the seed of their sequence.
    **settings
        Parameter values other than the file's.

    Raises
    ------
    UsageError
        If terms, outcome, disagreement or cases are impossible.
    """
    from negotiation.deals.deal import find_deals
    from negotiation.deals.terms import contract

    chosen = contract(_model(model), terms, outcome, settings)
    return Deals(find_deals(chosen, disagreement=disagreement, cases=cases, seed=seed))


def sweep(model: Model, axes: Mapping[str, Any], **settings: Any) -> Sweep:
    """Solve a model at every point of a grid; see `sweeps.sweep.sweep`.

    Examples
    --------
    >>> sweep("chips-for-rare-earths", {"patience_cn": [0.1, 0.9]}).regimes().tolist()
    ['no cooperation', 'armed truce']
    """
    return dressed(Sweep, sweeping.sweep(_bargain(model), axes, **settings))


def outlook(
    model: Model, settings: Mapping[str, Any] | None = None, *, periods: int = 40, seed: int = 0
) -> Outlook:
    """Return how a truce unfolds as its state moves; see `solution.path.outlook`."""
    found = over_time.outlook(_bargain(model), settings or {}, periods=periods, seed=seed)
    return dressed(Outlook, found)


def path(model: Model, *, periods: int = 40, seed: int = 0, **settings: Any) -> Outlook:
    """Return how long a truce lasts as its state moves, as `negotiate path` does.

    Parameters
    ----------
    model
        A payoff file whose state moves.
    periods
        How far to look ahead.
    seed
        Of the histories that are drawn.
    **settings
        Parameters that differ from the file's values.
    """
    return outlook(model, settings, periods=periods, seed=seed)


def why(model: Model | Solution, outcome: str, /, **settings: Any) -> Why:
    """Say why an outcome holds or fails, and which single number would change that.

    Parameters
    ----------
    model
        A payoff file, or its solution. A state that moves is taken as frozen at its start.
    outcome
        Its name, or two actions with a slash between them.
    **settings
        Parameters that differ from the file's values.

    Raises
    ------
    UsageError
        If there is no such outcome, with the nearest name.

    Examples
    --------
    >>> why("prisoners-dilemma", "cooperation")
    <Why: Prisoner's dilemma; cooperation; holds>
    """
    from negotiation.analysis import deviations

    if isinstance(model, solution.Solution):
        if settings:
            raise UsageError("a solution has its settings already; expected a payoff file")
        found = dressed(Solution, model)
    else:
        found = dressed(Solution, solution.solve(_bargain(model), **settings))
    named = any(o.name == outcome for o in found.outcomes) or "/" not in outcome
    chosen: dict[str, Any] = {"outcome": outcome} if named else {"profile": outcome}
    cells = deviations.cells_of(found, **chosen)
    return Why(found, tuple(deviations.explain(found, cell) for cell in cells))


def sensitivity(model: Model, *, cases: int = 1024, seed: int = 0, **settings: Any) -> Sensitivity:
    """Find out which assumptions a verdict hangs on.

    Parameters
    ----------
    model
        A payoff file that names a truce.
    cases
        Sampled cases, a power of two.
    seed
        Of the samples.
    **settings
        Parameters held at other values than the file's; they are not varied.
    """
    from negotiation.analysis import samples

    return Sensitivity(samples.analyse(_bargain(model), settings=settings, cases=cases, seed=seed))


def compare(
    *models: Model, scenarios: Mapping[str, Mapping[str, Any]] | None = None, seed: int = 0
) -> Comparison:
    """Set models or scenarios side by side and trace the difference.

    Parameters
    ----------
    *models
        Payoff files.
    scenarios
        Name → settings: the first model with other numbers.
    seed
        For random orders, where there are too many numbers to try all.

    Examples
    --------
    >>> compare("prisoners-dilemma", "stag-hunt")
    <Comparison: Prisoner's dilemma: armed truce; Stag hunt: self-enforcing>
    """
    from negotiation.analysis import scenarios as comparing

    if not models:
        raise UsageError("nothing to compare; expected a model")
    opened = [_bargain(m) for m in models]
    columns = [comparing.scenario(m.title, m, {}) for m in opened]
    columns += [
        comparing.scenario(name, opened[0], dict(given))
        for name, given in (scenarios or {}).items()
    ]
    return Comparison(tuple(columns), comparing.compare(tuple(columns), seed=seed))


def map(model: Model, x: str, y: str, *, points: int | None = None, **settings: Any) -> Figure:
    """Draw what holds where over two parameters; `sweeps.regime_map.map_panels` gives the data.

    Parameters
    ----------
    model
        A payoff file.
    x, y
        Parameters to go across and upward: a name, over its range, or ``name=low:high``.
    points
        Points along each axis: 101, or 9 where the state moves.
    **settings
        Parameters that differ from the file's values.

    Returns
    -------
    matplotlib.figure.Figure
        Never known to pyplot; a notebook shows it, ``savefig`` writes it.
    """
    from negotiation.reporting.figures import dynamic_maps, maps
    from negotiation.reporting.figures.signalling import map_figure
    from negotiation.reporting.notebook import showing
    from negotiation.sweeps import dynamic_map, regime_map
    from negotiation.sweeps import signalling as signalling_sweeps
    from negotiation.sweeps.grid import plane_asked_for

    opened = _model(model)
    spans, _ = plane_asked_for(opened.parameters, x=x, y=y, by=None)
    if opened.kind == "signalling":
        side = points or signalling_sweeps.POINTS_ON_A_SIDE
        return showing(map_figure(signalling_sweeps.signal_map(opened, spans, settings, side)))
    if opened.kind == "dynamic":
        cells = dynamic_map.cell_maps(opened, spans, settings, points or dynamic_map.POINTS)
        return showing(dynamic_maps.draw((cells,)))
    panels = regime_map.map_panels(opened, spans, resolution=points or 101, settings=settings)
    return showing(maps.draw(panels))


def report(model: Model, folder: str | Path = "reports", *, seed: int = 0, **settings: Any) -> Path:
    """Write a report, one Markdown file and its figures, and return where it is.

    Parameters
    ----------
    model
        A payoff file.
    folder
        Where to write; made if it does not exist.
    seed
        Of the samples.
    **settings
        Parameters that differ from the file's values.
    """
    from negotiation.reporting.document import write_report

    opened = _model(model)
    name = model if isinstance(model, str) and "." not in model else Path(opened.path).stem
    named = str(name) if name == model else opened.path, str(folder)
    return write_report(opened, str(name), Path(folder), settings=settings, seed=seed, named=named)


def play(
    model: Model | Solution,
    moves: str | Sequence[str] = (),
    *,
    player: str | None = None,
    periods: int = 12,
    against: str = "truce",
    outcome: str | None = None,
    seed: int = 0,
    **settings: Any,
) -> Played:
    """Play one side of a bargain: given moves first, then as told.

    Parameters
    ----------
    model
        A payoff file or its solution. A state that moves is taken as frozen at its start.
    moves
        Actions by name, or by number from 1; against "yourself" pairs with a slash between them.
    player
        Whom you play; the second side by default.
    periods
        How many to play.
    against
        "truce", "grim", "random" or "yourself"; see `solution.play.match`.
    outcome
        The deal; by default the first truce that can be kept up.
    seed
        Of what is drawn by chance.
    **settings
        Parameters that differ from the file's values.

    Examples
    --------
    >>> play("prisoners-dilemma", ["D"], periods=3).record.totals
    (7.0, 16.0)
    """
    from negotiation.solution import play as playing

    solved = (
        model
        if isinstance(model, solution.Solution)
        else solution.solve(_bargain(model), **settings)
    )
    match = playing.match(solved, player=player, against=against, outcome=outcome, seed=seed)
    text = moves if isinstance(moves, str) else ",".join(moves)
    return Played(playing.play_out(match, playing.read_moves(match, text), periods))


def _model(model: Model) -> PayoffFile:
    return model if isinstance(model, PayoffFile) else load(model)


def _bargain(model: Model) -> PayoffFile:
    """Return a model of complete information."""
    opened = _model(model)
    if opened.kind == "signalling":
        raise UsageError(
            f"{opened.title}: one side knows more here, which this does not speak of; expected "
            "`solve`, `map` or `report`, or the model behind it: `load(...).bargain()`"
        )
    return opened
