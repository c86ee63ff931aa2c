"""Critical discount factors of one game or many."""
