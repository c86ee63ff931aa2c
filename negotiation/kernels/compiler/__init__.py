"""Python loops made machine code; nobody who works on games opens it. See README.md here."""

from negotiation.kernels.compiler.driver import compiled

__all__ = ["compiled"]
