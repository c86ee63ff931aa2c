"""The JSON of `negotiate deal`, schema ``negotiate/deal/1``."""

from __future__ import annotations

import math
from typing import Any

from negotiation.deals.deal import Deal, DealAnalysis
from negotiation.solution.as_json import bears_dict
from negotiation.solution.units import units_dict

__all__ = ["to_dict"]


def to_dict(analysis: DealAnalysis) -> dict[str, Any]:
    """Return the fields of schema ``negotiate/deal/1``; numbers are Python floats.

    Fields may be added to the schema, never renamed. What has no bound is None.
    """
    deal, model = analysis.contract, analysis.contract.model
    names = model.players
    return {
        "schema": "negotiate/deal/1",
        "model": {
            "title": model.title,
            "file": model.path,
            "sha256": model.sha256,
            "kind": model.kind,
        },
        "settings": {name: float(value) for name, value in deal.settings.items()},
        "players": list(names),
        "units": units_dict(model),
        "outcome": deal.outcome,
        "profile": [model.actions[i][deal.profile[i]] for i in (0, 1)],
        "terms": [
            {
                "name": t.name,
                "low": _bounded(t.low),
                "high": _bounded(t.high),
                "value": t.value,
                "unit": t.unit,
            }
            for t in deal.terms
        ],
        "method": analysis.method,
        "reason_for_search": analysis.reason or None,
        "grid": analysis.looked_at,
        "disagreement": {
            "kind": analysis.disagreement,
            "payoffs": list(analysis.disagreement_point),
        },
        "one_shot": list(analysis.one_shot),
        "exists": analysis.exists,
        "margin": _bounded(analysis.margin),
        "margin_alone": [_bounded(x) for x in analysis.alone],
        "own": _deal(analysis, analysis.own),
        "deals": [_deal(analysis, d) for d in analysis.deals],
        "missing": [{"kind": kind, "reason": why} for kind, why in analysis.missing.items()],
        "region": analysis.region.tolist(),
        "alternating_offers_weights": list(analysis.weights),
        "robust": None
        if analysis.robust is None
        else {
            "terms": dict(zip(deal.names, map(float, analysis.robust.terms), strict=True)),
            "margin": analysis.robust.margin,
            "bound": _bounded(analysis.robust.bound),
            "exact": analysis.robust.exact,
        },
        "sample": None
        if analysis.sample is None
        else {
            "cases": analysis.sample.cases,
            "seed": analysis.sample.seed,
            "varied": list(analysis.sample.names),
        },
    }


def _deal(analysis: DealAnalysis, one: Deal) -> dict[str, Any]:
    names = analysis.contract.model.players
    return {
        "kinds": list(one.kinds),
        "terms": dict(zip(analysis.contract.names, one.terms, strict=True)),
        "payoffs": list(one.payoffs),
        "gains": list(one.gains),
        "slack": None if one.slack is None else list(one.slack),
        "critical_discount_by_player": list(one.needs),
        "sustained": one.sustained,
        "binding": [names[i] for i in one.binding],
        "prefers_no_deal": [names[i] for i in one.prefers_none],
        "bears": bears_dict(one.bears, names),
        "holds_in": one.holds_in,
        "broken_by": None if one.broken_by is None else list(one.broken_by),
    }


def _bounded(x: float) -> float | None:
    return x if math.isfinite(x) else None
