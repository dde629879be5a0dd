"""One file per command; the window is imported lazily, so headless commands need no Qt."""
