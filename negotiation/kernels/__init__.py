"""Numerical kernels on arrays, for one game or a batch, compiled or not."""
