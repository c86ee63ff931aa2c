"""Loops on arrays: the mathematics once, for one game or a million, compiled or not."""
