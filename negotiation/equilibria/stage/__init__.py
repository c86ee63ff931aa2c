"""What holds when a game is played once."""
