"""numpy, loaded when first used: reading a payoff file and naming its faults needs none of it.

Importing numpy takes longer than everything else about reporting a bad file together.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Array", "Bools", "np"]

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
else:
    Array = Bools = Any

    class _Numpy:
        """Stands for the module until one of its names is asked for; keeps each name found."""

        def __getattr__(self, name: str) -> Any:
            found = getattr(import_module("numpy"), name)
            setattr(self, name, found)
            return found

    np = _Numpy()
