"""What can hold: played once, for ever, when the state moves, and when one side knows more."""
