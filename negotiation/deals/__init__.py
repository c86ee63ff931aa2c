"""Which terms hold, and which of them stand out."""
