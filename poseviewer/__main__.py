"""`python -m poseviewer`: the same as the command `poseviewer`."""

from __future__ import annotations

import sys

from poseviewer.cli.main import console

sys.exit(console())
