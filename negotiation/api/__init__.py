"""Public face: ``import negotiation as ng`` hands these names on, each on first use."""

from negotiation.api.functions import solve
from negotiation.api.results import DynamicSolution, Solution

__all__ = ["DynamicSolution", "Solution", "solve"]
