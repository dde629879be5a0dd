"""The main window: layout, docks, notices, status line, welcome page."""
