"""Errors that are written for the person at the screen."""

from poseviewer.core.address import redacted_text


class PoseViewerError(Exception):
    """A failure in one sentence: what happened, to which file or device, and what to do.

    The window shows the text in its notice bar and the command line prints it on stderr
    and exits with status 1, so it must read well without a traceback. Passwords in addresses
    are left out of it.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(redacted_text(sentence))
