"""A YAML file read, checked and turned into games; and games written for other programs."""

from negotiation.payoff_file.reader import bundled, load, loads

__all__ = ["bundled", "load", "loads"]
