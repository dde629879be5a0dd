"""Projects at the window: the one that is open, its dock, and what is asked about it."""
