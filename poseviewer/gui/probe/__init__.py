"""The dock that shows the activations of any layer, and receptive fields."""
