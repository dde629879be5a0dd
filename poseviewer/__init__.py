"""A desktop microscope for multi-stage human-pose networks."""

__version__ = "0.1.0"
