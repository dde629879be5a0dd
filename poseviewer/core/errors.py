"""Errors that are written for the person at the screen."""

from __future__ import annotations

import re

from poseviewer.core.address import redacted_text

LONGEST = 300
"""Characters of a sentence that a person is shown."""

_BREAK = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]\s*")
_LONG_WORD = re.compile(r"\S{81,}")
_END = 110
# Joiners that spell words in Persian and Indic scripts and in emoji.
_JOINERS = "\u200c\u200d"


class PoseViewerError(Exception):
    """A failure in one sentence: what happened, to which file or device, and what to do.

    The window shows the text in its notice bar and the command line prints it on stderr
    and exits with status 1, so it must read well without a traceback. What files and libraries
    put into it is cut and cleaned as `one_sentence` does, and passwords in addresses are left out.
    """

    def __init__(self, sentence: object = "") -> None:
        super().__init__(one_sentence(str(sentence)))


class DeviceMemoryError(PoseViewerError):
    """A device has too little memory for a network; another device may have enough."""


def one_sentence(text: str) -> str:
    """Return `text` on one line of at most `LONGEST` printable characters, without passwords.

    Of a longer text the longest words, such as paths, lose their middles first, and then the
    text itself does: what happened stands at its beginning, what to do at its end.
    """
    line = _BREAK.sub(" ", redacted_text(text.strip()))
    line = "".join(c if c.isprintable() or c.isspace() or c in _JOINERS else "\ufffd" for c in line)
    if len(line) > LONGEST:
        line = _LONG_WORD.sub(lambda word: f"{word[0][:40]}...{word[0][-30:]}", line)
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - _END - 5].rstrip()} ... {line[-_END:].lstrip()}"
    return line
