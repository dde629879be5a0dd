"""Published checkpoints become models of the user's own: read, recognise, match, keep."""
