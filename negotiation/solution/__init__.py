"""What `solve` and `path` report about a model at one point, with its verdict and its JSON."""
