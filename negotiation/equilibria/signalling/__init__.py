"""What holds when one side knows more: all perfect Bayesian equilibria of signalling games."""
