"""Frame to FrameResult: crop, estimate, follow, smooth; no threads."""
