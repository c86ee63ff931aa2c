"""What the answer hangs on: why, thresholds, smallest changes, samples, scenarios."""
