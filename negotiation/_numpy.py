"""Lazy proxy of numpy, so that reading a payoff file does not import it.

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
        """Proxy of the numpy module that caches each attribute once it has been looked up."""

        def __getattr__(self, name: str) -> Any:
            attribute = getattr(import_module("numpy"), name)
            setattr(self, name, attribute)
            return attribute

    np = _Numpy()
