"""Sequential analyses in files, one a clip, so that they outlive the window."""
