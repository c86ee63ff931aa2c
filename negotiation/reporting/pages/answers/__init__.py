"""Pages on who answers both players, and on what was seen."""
