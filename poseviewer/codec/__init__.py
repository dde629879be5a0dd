"""Keypoints to network targets and back, both directions in one class."""
