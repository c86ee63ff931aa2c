"""Signalling games: all perfect Bayesian equilibria when one side knows more."""
