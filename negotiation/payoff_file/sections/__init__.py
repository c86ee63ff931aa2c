"""The sections of a payoff file, one module each."""
