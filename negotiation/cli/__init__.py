"""The commands."""

from negotiation.cli.main import main

__all__ = ["main"]
