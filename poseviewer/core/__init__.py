"""What a frame, a skeleton, a pose, a stage and an angle *is* (numpy only)."""
