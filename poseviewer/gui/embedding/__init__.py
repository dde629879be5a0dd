"""The Embedding dock: which frames show alike poses, and what a pose is without its view."""
