"""Dataset, augmentation, loop, checkpoint and evaluation: how the shipped weights are made."""
