"""Games as arrays with one axis order, their state graphs, and strategies as automata."""
