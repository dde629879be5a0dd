"""Dialogs: sources, export, live options, guide and shortcuts."""
