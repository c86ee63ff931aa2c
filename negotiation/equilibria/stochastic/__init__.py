"""Equilibria of stochastic games."""
