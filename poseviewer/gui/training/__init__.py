"""The training window: gradients by layer, losses and accuracy by stage, maps as they form."""
