"""Pages of results in words, a module for each result."""
