"""Texts that Qt shows as they are: names of files, cameras, people and networks are no HTML.

A label or a tooltip whose text looks like HTML would otherwise be read as HTML, with its pictures
loaded; and an ampersand in a menu would underline the letter after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import QLabel, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu


class Label(QLabel):
    """A `QLabel` that never reads its text as HTML; it takes the same arguments."""

    def __init__(self, text: str | QWidget = "", parent: QWidget | None = None) -> None:
        super().__init__(text if isinstance(text, QWidget) else parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if isinstance(text, str):
            self.setText(text)


def plain_tip(text: str) -> str:
    """Return what a tooltip must be given to show `text`, for which Qt knows no plain format."""
    if not Text.mightBeRichText(text):
        return text
    # Here, not at the top: hardly any text needs it, and the first paint of the window none.
    from html import escape

    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")


NOT_NOW = "\nNot now: "
"""Between what a control does, in its tooltip, and why that cannot be done now."""


_OWN_TIP = "own_tip"
"""Property of a control: its tooltip, and that with the reason why it cannot be used now."""


def allow(control: QWidget, on: bool, *, why_not: str) -> None:
    """Let a control be used, or say in its tooltip why it cannot be used now.

    Args:
        control: A button or a box, which may have a tooltip of its own.
        on: Whether it can be used.
        why_not: Why not, as a clause or a sentence.
    """
    control.setEnabled(on)
    own, whole = control.property(_OWN_TIP) or ("", None)
    tip = own if control.toolTip() == whole else control.toolTip()
    whole = tip if on else plain_tip(f"{tip}{NOT_NOW}{why_not.rstrip('.')}.".strip())
    if (tip, whole) == (own, control.toolTip()):
        return
    control.setProperty(_OWN_TIP, (tip, whole))
    control.setToolTip(whole)


def caption(text: str) -> str:
    """Return what a menu entry or a button must be given to show `text`, with its ampersands."""
    return text.replace("&", "&&").replace("\t", " ")


def window_title(text: str) -> str:
    """Return what a window must be given to be titled `text`, in which Qt replaces `[*]`."""
    return text.replace("[*]", "[*][*]")


def add_entry(menu: QMenu, text: str, *, explanation: str = "") -> QAction:
    """Add an entry to a menu.

    Args:
        menu: The menu.
        text: Of the entry.
        explanation: Its tooltip; the text where empty.
    """
    action = menu.addAction(caption(text))
    action.setToolTip(plain_tip(explanation or text))
    return action
