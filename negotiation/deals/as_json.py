"""The JSON of `negotiate deal`, schema ``negotiate/deal/1``."""

from __future__ import annotations

import math
from typing import Any

from negotiation.deals.deal import Deal, DealAnalysis
from negotiation.solution.as_json import bears_dict

__all__ = ["to_dict"]


def to_dict(found: DealAnalysis) -> dict[str, Any]:
    """Return the fields of schema ``negotiate/deal/1``; numbers are Python floats.

    Fields may be added to the schema, never renamed. What has no bound is None.
    """
    deal, model = found.contract, found.contract.model
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
        "method": found.method,
        "reason_for_search": found.reason or None,
        "grid": found.looked_at,
        "disagreement": {"kind": found.disagreement, "payoffs": list(found.disagreement_point)},
        "one_shot": list(found.one_shot),
        "exists": found.exists,
        "margin": _bounded(found.margin),
        "margin_alone": [_bounded(x) for x in found.alone],
        "own": _deal(found, found.own),
        "deals": [_deal(found, d) for d in found.deals],
        "missing": [{"kind": kind, "reason": why} for kind, why in found.missing.items()],
        "region": found.region.tolist(),
        "alternating_offers_weights": list(found.weights),
        "robust": None
        if found.robust is None
        else {
            "terms": dict(zip(deal.names, map(float, found.robust.terms), strict=True)),
            "margin": found.robust.margin,
            "bound": _bounded(found.robust.bound),
            "exact": found.robust.exact,
        },
        "sample": None
        if found.sample is None
        else {
            "cases": found.sample.cases,
            "seed": found.sample.seed,
            "varied": list(found.sample.names),
        },
    }


def _deal(found: DealAnalysis, one: Deal) -> dict[str, Any]:
    names = found.contract.model.players
    return {
        "kinds": list(one.kinds),
        "terms": dict(zip(found.contract.names, one.terms, strict=True)),
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
