"""The dock of belief maps: one column a stage, one row a joint."""
