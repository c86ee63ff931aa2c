"""Signalling games on the page: their verdict, their sliders, and where the list changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from negotiation.explore.address import View, settings_of
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.signalling import PrivateInformation
from negotiation.reporting.figures.signalling import prior_figure
from negotiation.reporting.notebook import cell
from negotiation.reporting.pages.signalling import signalling_page
from negotiation.solution.signalling.solution import SignallingSolution, solve_signals
from negotiation.solution.signalling.verdict import signalling_verdict
from negotiation.sweeps.signalling import signal_line

__all__ = ["badge", "changes", "equilibria", "own_numbers", "said", "signalled"]


_POINTS = 33


def signalled(model: PayoffFile, given: Mapping[str, Any]) -> SignallingSolution:
    """Return all equilibria of a signalling game at one point."""
    return solve_signals(model, **given)


def badge(solution: SignallingSolution) -> str:
    """Return the kinds of equilibria there are, each once."""
    kinds = dict.fromkeys(c.kind for c in solution.equilibria.classes)
    return " or ".join(kinds) if kinds else "no equilibrium"


def said(solution: SignallingSolution) -> str:
    """Return the first sentence of the verdict."""
    return signalling_verdict(solution)[0]


def own_numbers(model: PayoffFile) -> tuple[str, ...]:
    """Return the numbers with a range: chances, costs and types first, then those of a bargain."""
    ranged = [p.name for p in model.parameters if p.range[1] > p.range[0]]
    rules = model.signalling
    if not isinstance(rules, PrivateInformation):
        return tuple(ranged)
    formulas = [t.chance for t in rules.types]
    formulas += [f for m in rules.messages for f in m.costs if f is not None]
    formulas += [f for t in rules.types for _, f in t.settings]
    own = list(dict.fromkeys(name for f in formulas for name in sorted(f.names)))
    rest = [name for name in ranged if name not in own]
    return (*(name for name in own if name in ranged), *rest)


def changes(
    model: PayoffFile, name: str, span: tuple[float, float], given: Mapping[str, Any]
) -> list[tuple[float, str]]:
    """Return where the list of equilibria changes along one number, with what it is from there on.

    Of the equilibria those that pass the intuitive criterion are named. What happens only between
    two of 33 points is not seen.
    """
    others = {k: v for k, v in given.items() if k != name}
    stretches = signal_line(model, name, span, others, _POINTS).stretches
    return [(s.low, "; ".join(s.surviving) or "no equilibrium passes") for s in stretches[1:]]


def equilibria(model: PayoffFile, view: View) -> Markup:
    """Return all equilibria, the beliefs that matter, and how the list hangs on the prior."""
    solution = signalled(model, settings_of(model, view))
    return Markup(cell(signalling_page(solution), prior_figure(solution)))
