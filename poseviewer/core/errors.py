"""Errors that are written for the person at the screen."""

import re

from poseviewer.core.address import redacted_text

# A name may hold what a terminal takes for an order, or what turns the letters after it around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class PoseViewerError(Exception):
    """A failure in one sentence: what happened, to which file or device, and what to do.

    The window shows the text in its notice bar and the command line prints it on stderr
    and exits with status 1, so it must read well without a traceback. Passwords in addresses
    and control characters in names are left out of it.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", redacted_text(sentence)))
