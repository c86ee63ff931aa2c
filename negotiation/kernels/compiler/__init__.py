"""Compiler from Python loops on arrays to machine code."""

from negotiation.kernels.compiler.driver import compiled

__all__ = ["compiled"]
