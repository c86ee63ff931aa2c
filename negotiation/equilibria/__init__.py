"""Equilibria of stage games, repeated games and stochastic games."""
