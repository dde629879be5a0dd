"""`poseviewer watch`: a training run as it goes, or a recorded one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.cli.options import add_command
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.training_record import ENDING
from poseviewer.runtime.display import has_display

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `watch` to `subparsers`."""
    parser = add_command(
        subparsers,
        "watch",
        summary="Show how a network learns: gradients by layer, losses, accuracy and maps",
        example="poseviewer watch runs",
        more="Without a run it shows those that come with the program",
    )
    parser.add_argument(
        "run_",
        metavar="RUN",
        nargs="?",
        type=Path,
        help=f"folder that `poseviewer train --watch` writes into, or a file *{ENDING}",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window; returns the exit status.

    Raises:
        PoseViewerError: There is no display.
    """
    if not has_display():
        msg = (
            "There is no display here, so the training window cannot open; watch the folder again "
            "where there is one."
        )
        raise PoseViewerError(msg)
    from poseviewer.core.interrupt import ending_at_once
    from poseviewer.gui import theme
    from poseviewer.gui.app import application
    from poseviewer.gui.settings import Settings
    from poseviewer.gui.training.window import TrainingWindow

    with ending_at_once():
        app = application()
        settings = Settings()
        theme.apply(settings.theme, distance=settings.distance)
        window = TrainingWindow(args.run_)
        window.show()
        return app.exec()
