"""What is reported about a signalling game: the answer, its words and its JSON."""
