"""Payoff sets and critical discount factors of one game at a time, in NumPy."""
