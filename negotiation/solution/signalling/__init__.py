"""Solutions of signalling games: the answer, its words and its JSON."""
