"""Page one of a report, where nothing moves and where the state does."""
