"""Subgame-perfect equilibria of infinitely repeated games."""
