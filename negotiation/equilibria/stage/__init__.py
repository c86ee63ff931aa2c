"""Nash equilibria, best replies and minmax of stage games."""
