"""One module a result: its page in words."""
