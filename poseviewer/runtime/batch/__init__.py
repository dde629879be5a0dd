"""Many clips: which, what became of each, on which processes, and the report."""
