"""What holds played once, for ever, when the state moves, when one side knows more."""
