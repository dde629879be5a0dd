"""Actions that explain the program."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from poseviewer.gui.actions.context import Action, Context, in_menu
from poseviewer.gui.transport.timeline import Timeline
from poseviewer.gui.window.tour import Step, Tour, Walk, menu_part
from poseviewer.version import __version__


def guide(context: Context) -> None:
    """Show the guide beside the window."""
    from poseviewer.gui.dialogs.guide import Guide

    dialog = Guide(context.window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()


def report(context: Context) -> None:
    """Show what was found on this machine, to be copied into a report."""
    from poseviewer.gui.dialogs.report import ReportDialog

    context.ask(ReportDialog(context.window))


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


_ABOUT_MAPS = (
    "Where the network believes one joint to be, stage by stage: each stage corrects the one "
    "before. Click a map to lay it over the frame."
)
_ABOUT_STAGES = (
    "A column is a stage, a row is a joint. From left to right each stage corrects the one "
    "before. Click a tile to lay its map over the frame."
)


def tour(context: Context) -> None:
    """Open the demo at a walk, and point at four parts of the window."""
    docks = context.docks()
    if docks is None:
        return
    context.full_screen(False)
    for old in context.window.findChildren(Tour):
        old.end()
    context.settings.toured = True
    # The workspace in use shows the one or the other; a person may have closed both.
    maps = docks.joint_maps.seen or not docks.stages.seen
    dock = docks.joint_maps if maps else docks.stages
    dock.show()
    dock.raise_()
    Walk(context).begin()
    bar = context.window.menuBar()

    def seen(widget: QWidget | None) -> QWidget | None:
        return widget if widget is not None and widget.isVisible() else None

    steps = (
        Step(
            "Every stage of the network",
            _ABOUT_MAPS if maps else _ABOUT_STAGES,
            lambda: dock if dock.seen else None,
        ),
        Step(
            "Go through time",
            "Drag here, or go frame by frame with the arrow keys. Space plays and pauses.",
            lambda: seen(context.window.findChild(Timeline)),
        ),
        Step(
            "Choose a joint",
            "Tab chooses the next joint, and every map follows. Point at a joint to read its name "
            "and how sure the network is.",
            lambda: seen(context.frame),
        ),
        Step(
            "Open your own",
            "A video, a folder of pictures, a stream or a camera: from here, or dropped on the "
            "window. Ctrl+Shift+P finds everything else by its words.",
            lambda: seen(bar),
            menu_part("File"),
        ),
    )
    Tour(context.window, steps)


HELP = in_menu(
    "Help",
    Action("guide", "Guide", guide, "F1", "What each dock shows, with pictures"),
    Action(
        "introduction", "Show the tour again", tour,
        tip="Four callouts over the demo: what is where",
    ),
    Action(
        "report", "Report a problem…", report,
        tip="What works on this machine and what does not, to be copied", rule=True,
    ),
    Action("about", "About PoseViewer", about, rule=True),
)  # fmt: skip
