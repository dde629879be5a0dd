"""What outside bytes, names and addresses must not do to the user or the machine."""
