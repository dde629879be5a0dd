"""`python -m poseviewer`: the same as the command `poseviewer`."""

from __future__ import annotations


def start() -> None:
    """Run the command as the whole process; Ctrl-C ends it in one line from the beginning.

    Nothing is imported before: Ctrl-C would show where.
    """
    asked: list[int] = []
    try:
        # Every process has this module from its start: nothing is run to import it. While others
        # are imported Python swallows exceptions in places, and Ctrl-C with them.
        import _signal  # type: ignore[import-not-found]

        if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
            _signal.signal(_signal.SIGINT, lambda number, _frame: asked.append(number))
        from poseviewer.core.interrupt import end, end_at_once

        end_at_once()
        if asked:
            end()
        from poseviewer.cli.main import console
        from poseviewer.core.interrupt import raise_again

        raise_again()
        console()
    except KeyboardInterrupt:
        # It came before anything could be reported of it, or before and after `main`.
        from poseviewer.core.interrupt import end

        end()


if __name__ == "__main__":
    start()
