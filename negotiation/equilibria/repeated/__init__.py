"""What holds when a game is played in every period."""
