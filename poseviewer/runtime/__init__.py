"""Threads: mailbox, capture, inference, transport, export; no Qt."""
