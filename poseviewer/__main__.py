"""`python -m poseviewer`: the same as the command `poseviewer`."""

from __future__ import annotations

import sys

from poseviewer.core.interrupt import end_at_once, raise_again


def start() -> int:
    """Run the command as the whole process; Ctrl-C ends it in one line from the beginning."""
    end_at_once()
    from poseviewer.cli.main import console

    raise_again()
    return console()


if __name__ == "__main__":
    sys.exit(start())
