"""`python -m poseviewer`: the same as the command `poseviewer`."""

from __future__ import annotations

import sys


def start() -> int:
    """Run the command as the whole process; Ctrl-C ends it in one line from the beginning."""
    try:
        from poseviewer.core.interrupt import end_at_once, raise_again

        end_at_once()
        from poseviewer.cli.main import console

        raise_again()
        return console()
    except KeyboardInterrupt:
        # It came before anything could be told of it, or before and after `main`.
        from poseviewer.core.interrupt import end

        end()


if __name__ == "__main__":
    sys.exit(start())
