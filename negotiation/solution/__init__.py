"""Solutions and equilibrium paths of a model at one point, with verdict and JSON."""
