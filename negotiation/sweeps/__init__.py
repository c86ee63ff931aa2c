"""How the answer changes with conditions: points, lines, planes."""
