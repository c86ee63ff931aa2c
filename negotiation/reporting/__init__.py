"""Results on paper: pages, figures, and the Markdown report."""
