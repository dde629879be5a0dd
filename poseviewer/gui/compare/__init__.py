"""The dock that compares two stages or two networks on one frame."""
