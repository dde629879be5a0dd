"""The dock of people seen in the source."""
