"""What users of Python import; ``import negotiation as ng`` hands it on, each name on first use."""

from negotiation.api.functions import solve
from negotiation.api.results import DynamicSolution, Solution

__all__ = ["DynamicSolution", "Solution", "solve"]
