"""How much memory one file from outside may take, whatever reads it.

A few kilobytes can unfold to gigabytes: a picture of one colour, a packed archive, a tensor that
repeats one number. Every reader therefore asks here before it unfolds anything, with what the
file's own header claims.
"""

from __future__ import annotations

import os

from poseviewer.core.errors import PoseViewerError

VARIABLE = "POSEVIEWER_READ_BUDGET_MB"
"""Environment variable that changes the budget."""

DEFAULT = 1024
"""Megabytes: room for a photo of 170 million pixels and for every published pose network."""

_MEGABYTE = 1 << 20


def read_budget() -> int:
    """Return the bytes of memory that one file may take."""
    chosen = os.environ.get(VARIABLE, "")
    megabytes = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 9 else 0
    return (megabytes or DEFAULT) * _MEGABYTE


class MemoryBudget:
    """What is left of the budget while one file is read.

    Args:
        name: Of the file, for the sentence.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._taken = 0

    def take(self, count: int) -> None:
        """Count `count` more bytes.

        Raises:
            PoseViewerError: The file would take more than the budget.
        """
        self._taken += count
        most = read_budget()
        if self._taken > most:
            msg = (
                f"{self._name} would take more than {most // _MEGABYTE} MB of memory, so it is "
                f"not read; where you trust it, set {VARIABLE} to as many megabytes as it needs."
            )
            raise PoseViewerError(msg)
