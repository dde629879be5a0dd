"""The Exports dock: what is written, what waits, and what has been written."""
