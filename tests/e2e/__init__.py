"""Tests of the whole way, from a real clip to the window and back to a file."""
