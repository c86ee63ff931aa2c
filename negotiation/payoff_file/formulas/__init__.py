"""Formulas: read, checked, evaluated on arrays and written as mathematics."""
