"""Sweeps of the answer over parameters: points, lines and planes."""
