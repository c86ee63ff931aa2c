"""A YAML file read, checked and turned into games; and games written for other programs."""

from negotiation.payoff_file.files import bundled
from negotiation.payoff_file.reader import load, loads

__all__ = ["bundled", "load", "loads"]
