"""Errors that are written for the person at the screen."""


class PoseViewerError(Exception):
    """A failure in one sentence: what happened, to which file or device, and what to do.

    The window shows the text in its notice bar and the command line prints it on stderr
    and exits with status 1, so it must read well without a traceback.
    """
