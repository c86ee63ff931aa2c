"""What can hold: played once, for ever, and when the state moves."""
