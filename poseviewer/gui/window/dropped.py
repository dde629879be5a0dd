"""What is dropped on the window."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDropEvent


def take(event: QDropEvent) -> list[str]:
    """Take paths and addresses from a drag, or its drop; returns them, empty where there is none.

    They are taken as copies, and not at all where they are offered to be moved alone: what has
    been moved, its owner deletes.
    """
    copied = event.possibleActions() & Qt.DropAction.CopyAction
    locations = _locations(event.mimeData()) if copied else []
    if locations:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
    return locations


def only_one(locations: list[str]) -> str:
    """What to say of several that were dropped at once."""
    return (
        f"Of {len(locations)} that were dropped, {PurePath(locations[0]).name} is open: drop the "
        "folder for all of its pictures; several clips make a project."
    )


def _locations(mime: QMimeData) -> list[str]:
    if mime.urls():
        return [_location(url) for url in mime.urls()]
    text = mime.text().strip() if mime.hasText() else ""
    return [text] if "://" in text and "\n" not in text else []


def _location(url: QUrl) -> str:
    # A server is asked as the address was written, with %20 where there is a space.
    encoded = QUrl.ComponentFormattingOption.FullyEncoded
    return url.toLocalFile() if url.isLocalFile() else url.toString(encoded)
