"""The What if dock: the network on the frame on screen, which is spoilt first."""
