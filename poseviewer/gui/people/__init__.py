"""The dock of the people found in the source."""
