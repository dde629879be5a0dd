"""`python -m poseviewer`: the same as the command `poseviewer`."""

from __future__ import annotations


def start() -> None:
    """Run the command as the whole process; Ctrl-C ends it in one line from the beginning.

    Nothing is imported before: Ctrl-C would show where.
    """
    try:
        from poseviewer.core.interrupt import end_at_once, raise_again

        end_at_once()
        from poseviewer.cli.main import console

        raise_again()
        console()
    except KeyboardInterrupt:
        # It came before anything could be reported of it, or before and after `main`.
        from poseviewer.core.interrupt import end

        end()


if __name__ == "__main__":
    start()
