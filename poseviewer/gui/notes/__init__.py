"""The key frames of a clip and the notes on it."""
