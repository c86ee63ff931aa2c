"""The bundled models by what can be asked of them."""

from __future__ import annotations

from negotiation.payoff_file import bundled, load

BARGAINS = [slug for slug in bundled() if load(slug).kind != "signalling"]
"""Models in which both sides know the same."""
