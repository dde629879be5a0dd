"""The transport bar: timeline, playback buttons, marks."""
