"""Self-enforcing terms of a deal, and those among them that stand out."""
