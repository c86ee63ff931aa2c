"""Pieces of the page that take longer: each from a view to HTML, asked for when the hand rests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from negotiation.analysis.deviations import cells_of, explain
from negotiation.analysis.ranges import space
from negotiation.analysis.samples import analyse, tornado
from negotiation.equilibria.repeated.payoff_set import payoff_set
from negotiation.errors import UsageError
from negotiation.explore.address import View, settings_of
from negotiation.explore.pictures import clock, effects, map_of, payoffs, temptations
from negotiation.explore.rendering import drawn, filled, laid_out
from negotiation.explore.signals import equilibria
from negotiation.explore.sliders import first_names, turns
from negotiation.explore.standing import stand
from negotiation.payoff_file.model import PayoffFile
from negotiation.reporting.pages import path as path_page
from negotiation.reporting.pages import why as why_page
from negotiation.reporting.pages.dynamic import dynamic_page
from negotiation.reporting.pages.sensitivity import pages as sensitivity_pages
from negotiation.reporting.pages.solution import page as solution_page
from negotiation.solution.dynamic import solve_dynamic
from negotiation.solution.path import outlook
from negotiation.solution.solution import solve
from negotiation.sweeps.regime_map import map_panels

__all__ = ["PARTS", "map_spans"]

_CASES = 256
_MAP_POINTS = 61
_FROZEN = "Here the state stays as it is at the start; the tab Over time lets it move."


def figure(model: PayoffFile, view: View) -> Markup:
    """Return the payoff figure with the set of sustainable payoffs."""
    found = stand(model, settings_of(model, view))
    ring = payoff_set(found.game).vertices
    return drawn(payoffs(found, ring), "payoffs")


def marks(model: PayoffFile, view: View) -> Markup:
    """Return where the answer changes on the sliders that matter most, and on the one in use."""
    given = settings_of(model, view)
    names = dict.fromkeys([*first_names(model), *filter(None, [view.x])])
    return filled("turns.html", turned=[(n, turns(model, n, given)) for n in names])


def full(model: PayoffFile, view: View) -> Markup:
    """Return what `negotiate solve` prints."""
    given = settings_of(model, view)
    if model.kind == "dynamic":
        return laid_out(dynamic_page(solve_dynamic(model, **given)))
    return laid_out(solution_page(solve(model, **given)))


def sensitivity(model: PayoffFile, view: View) -> Markup:
    """Return which assumptions the answer hangs on, with the effect of each number alone."""
    given, still = settings_of(model, view), model.frozen()
    found = analyse(still, settings=given, cases=_CASES)
    swings = tornado(space(still, given))
    shown = tuple(s for s in swings if s.at_low != s.at_high)[:12]
    plot = drawn(effects(still, shown, found.bound), "effects")
    return Markup('<figure class="figure tall">{}</figure>{}{}').format(
        plot, _frozen(model), laid_out(sensitivity_pages(found))
    )


def map_spans(model: PayoffFile, view: View) -> dict[str, str]:
    """Return which numbers span the map: those asked for, else the two that matter most."""
    ranged = [p.name for p in model.frozen().parameters if p.range[1] > p.range[0]]
    if len(ranged) < 2:
        return {}
    for name in filter(None, (view.x, view.y)):
        if name not in ranged:
            raise UsageError(f"{name[:40]!r} is no number with a range in this model")
    order = [*first_names(model), *ranged]
    x = view.x or next(n for n in order if n != view.y)
    y = view.y or next(n for n in order if n != x)
    if x == y:
        raise UsageError("a map needs two different numbers")
    return {"x": x, "y": y}


def regions(model: PayoffFile, view: View) -> Markup:
    """Return the map over two numbers."""
    spans, still, given = map_spans(model, view), model.frozen(), settings_of(model, view)
    if not spans:
        raise UsageError("a map needs two numbers with a range; this model has fewer")
    known = {p.name: p for p in still.parameters}
    here = still.values(**given)
    names = spans["x"], spans["y"]
    others = {k: v for k, v in given.items() if k not in names}
    (panel,) = map_panels(
        still, {n: known[n].range for n in names}, resolution=_MAP_POINTS, settings=others
    )
    x, y = (f"{n}, {known[n].unit}" if known[n].unit else n for n in names)
    found = map_of(panel, (float(here[names[0]]), float(here[names[1]])), (x, y))
    return Markup('<figure class="figure large">{}</figure>{}').format(
        drawn(found, "map"), _frozen(model)
    )


def over_time(model: PayoffFile, view: View) -> Markup:
    """Return how long the truce lasts while the state moves."""
    if model.kind != "dynamic":
        raise UsageError("nothing moves in this model")
    found = outlook(model, settings_of(model, view), periods=40, seed=view.seed)
    picture = clock(found)
    plot = Markup("")
    if picture is not None:
        plot = Markup('<figure class="figure">{}</figure>').format(drawn(picture, "clock"))
    first, *rest = path_page.page(found)
    return laid_out((first,)) + plot + laid_out(tuple(rest))


def why(model: PayoffFile, view: View) -> Markup:
    """Return what each side gains and loses by breaking the chosen outcome."""
    still, given = model.frozen(), settings_of(model, view)
    solution = solve(still, **given)
    name = view.outcome or next(iter(o.name for o in solution.outcomes))
    pieces = []
    for cell in cells_of(solution, name):
        found = explain(solution, cell)
        picture = temptations(model, solution.game.players, found)
        first, *rest = why_page.pages(solution, found)
        pieces.append(laid_out((first,)))
        pieces.append(
            Markup('<figure class="figure low">{}</figure>').format(
                drawn(picture, f"why-{cell[0]}-{cell[1]}")
            )
        )
        pieces.append(laid_out(tuple(rest)))
    return Markup("").join(pieces) + _frozen(model)


def deal(model: PayoffFile, view: View) -> Markup:
    """Return which terms hold and which stand out, with a map of the first two."""
    from negotiation.deals.contract_map import contract_map
    from negotiation.deals.deal import find_deals
    from negotiation.deals.terms import contract
    from negotiation.reporting.figures.contract import contract_figure
    from negotiation.reporting.notebook import cell
    from negotiation.reporting.pages.deal import pages

    given = {k: v for k, v in settings_of(model, view).items() if k not in dict(model.terms)}
    found = find_deals(contract(model, {}, None, given), cases=_CASES)
    picture = contract_figure(contract_map(found)) if len(found.contract.names) > 1 else None
    return Markup(cell(pages(found), picture)) + _frozen(model)


def _frozen(model: PayoffFile) -> Markup:
    if model.kind != "dynamic":
        return Markup("")
    return Markup('<p class="aside">{}</p>').format(_FROZEN)


PARTS: dict[str, Callable[[PayoffFile, View], Any]] = {
    "deal": deal,
    "figure": figure,
    "full": full,
    "map": regions,
    "marks": marks,
    "sensitivity": sensitivity,
    "signal": equilibria,
    "time": over_time,
    "why": why,
}
"""What can be asked for by name."""
