"""Sensitivity of an answer: deviations, thresholds, smallest changes and samples."""
