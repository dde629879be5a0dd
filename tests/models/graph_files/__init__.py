"""Graphs of the signatures of published networks, made in the tests."""
