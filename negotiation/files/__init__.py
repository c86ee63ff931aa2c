"""Files read within bounds, written whole or not at all, and claimed while they are written."""
