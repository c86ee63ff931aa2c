"""The commands."""

from negotiation.cli.commands import main

__all__ = ["main"]
