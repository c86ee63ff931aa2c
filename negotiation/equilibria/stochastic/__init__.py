"""What holds when the state moves."""
