"""The models of version 0.1, kept so that tests with fixed numbers go on asserting the same."""

from __future__ import annotations

from pathlib import Path

__all__ = ["first_edition"]


def first_edition(slug: str) -> Path:
    """Return the path of a bundled model as it was in version 0.1."""
    return Path(__file__).parent / "data" / "first_edition" / f"{slug}.yaml"
