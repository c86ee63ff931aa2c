"""Python loops made machine code; nobody who works on games opens it. See README.md here."""

from .driver import compiled

__all__ = ["compiled"]
