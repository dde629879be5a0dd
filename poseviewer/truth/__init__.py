"""Ground truth: labelled data sets and tables, brought to 0-based pixel-centred joints."""
