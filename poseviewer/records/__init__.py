"""Results as data files: tables, OpenPose JSON, OpenSim, and their filtered curves."""
