"""A page with sliders: requests answered by pure functions, served to this machine alone."""
