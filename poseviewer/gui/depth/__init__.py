"""Where the person in focus is in space."""
