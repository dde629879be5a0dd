"""Ground truth as data sets write it, brought to one form: 0-based pixel-centred joints."""
