"""How patient the sides must be: critical discount factors of one game or many."""
