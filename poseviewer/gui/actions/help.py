"""Actions that explain the program."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from poseviewer.gui.actions.context import Action, Context, in_menu
from poseviewer.gui.dialogs.guide import Guide
from poseviewer.version import __version__


def guide(context: Context) -> None:
    """Show the guide beside the window."""
    dialog = Guide(context.window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()


def about(context: Context) -> None:
    """Show name, version and licence."""
    box = QMessageBox(context.window)
    box.setWindowTitle("About PoseViewer")
    box.setIconPixmap(context.window.windowIcon().pixmap(64, 64))
    box.setText(f"<b>PoseViewer {__version__}</b>")
    box.setInformativeText(
        "A desktop microscope for multi\N{NON-BREAKING HYPHEN}stage human-pose networks."
        "\n\nApache License 2.0"
    )
    context.ask(box)


HELP = in_menu(
    "Help",
    Action("guide", "Guide", guide, "F1", "What each dock shows, with pictures"),
    Action("about", "About PoseViewer", about, rule=True),
)
