"""Workspaces: arrangements of the same docks for presenting, inspecting and measuring."""
