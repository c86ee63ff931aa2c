"""Claims checked from their definitions; nothing here comes from a solver."""
