"""A model as other packages for uncertainty see one: the EMA workbench and SALib.

Neither package is needed by anything else here. Outcomes are numbers: the truce margin, and 0 or 1
for each kind of peace and each outcome of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from negotiation.analysis.margins import outlook
from negotiation.analysis.ranges import space
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.solution import solve

__all__ = ["as_ema_model", "evaluate", "to_salib_problem"]


def _name(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)


def evaluate(model: PayoffFile, /, **values: float) -> dict[str, float]:
    """Return the truce margin, and 0 or 1 for every regime and outcome, at one point.

    Parameters
    ----------
    model
        A payoff file that names at least one truce.
    **values
        Parameters at other values than the file's.

    Examples
    --------
    >>> from negotiation import load
    >>> found = evaluate(load("h200-licence"), s=0.6)
    >>> found["regime_no_cooperation"], found["holds_conditional_sale"], found["holds_no_deal"]
    (1.0, 0.0, 1.0)
    """
    solution = solve(model, **values)
    margin = float(outlook(solution.game, model.outcomes).margin)
    regimes = {f"regime_{_name(r)}": float(solution.regime == r) for r in _regimes()}
    sustained = {
        f"holds_{_name(o.name)}": float(o.name in solution.sustained) for o in model.outcomes
    }
    return {"truce_margin": margin, **regimes, **sustained}


def _regimes() -> tuple[str, ...]:
    from negotiation.solution.regimes import REGIMES

    return tuple(name for name, _ in REGIMES)


def to_salib_problem(
    model: PayoffFile, **settings: float
) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Return a SALib problem, and a function from its samples to truce margins.

    Parameters
    ----------
    model
        A payoff file that names at least one truce.
    **settings
        Parameters held at other values than the file's.

    Returns
    -------
    tuple
        The dictionary with ``num_vars``, ``names`` and ``bounds``; and a function that takes the
        samples, shape ``(n, d)``, to the margins, shape ``(n,)``.

    Examples
    --------
    >>> from negotiation import load
    >>> problem, margin = to_salib_problem(load("h200-licence"))
    >>> problem["num_vars"], problem["names"][0], problem["bounds"][0]
    (17, 's', [0.41, 0.8])
    """
    from negotiation.analysis.margins import judge

    varied = space(model, dict(settings))
    problem = {
        "num_vars": len(varied.names),
        "names": list(varied.names),
        "bounds": [[float(x) for x in p.range] for p in varied.parameters],
    }

    def margin(samples: Any) -> Any:
        columns = {n: samples[:, k] for k, n in enumerate(varied.names)}
        return judge(model, {**settings, **columns}).margin

    return problem, margin


def as_ema_model(model: PayoffFile, /, **settings: float) -> Any:
    """Return the model for the EMA workbench, which must be installed (``ema_workbench``).

    Parameters
    ----------
    model
        A payoff file that names at least one truce.
    **settings
        Parameters held at other values than the file's.
    """
    ema = import_module("ema_workbench")
    varied = space(model, dict(settings))

    def run(**values: float) -> dict[str, float]:
        return evaluate(model, **{**settings, **values})

    workbench_model = ema.Model(
        "".join(c for c in model.title.title() if c.isalnum()), function=run
    )
    workbench_model.uncertainties = [ema.RealParameter(p.name, *p.range) for p in varied.parameters]
    workbench_model.outcomes = [ema.ScalarOutcome(name) for name in evaluate(model, **settings)]
    return workbench_model
