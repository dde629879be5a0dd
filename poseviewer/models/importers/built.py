"""Whether a file that holds a graph is of a network that has a module here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.engine import engines
from poseviewer.models.graph_files.opened import format_of

if TYPE_CHECKING:
    from pathlib import Path


def built_here(path: Path) -> bool:
    """Whether the tensors of a graph are imported, as of a checkpoint, so that torch runs it too.

    Without torch no file is: OpenVINO then runs the graph.
    """
    if format_of(path) != "TensorFlow.js" or "torch" not in engines():
        return False
    from poseviewer.models.importers.files import read_contents
    from poseviewer.models.importers.layouts import LAYOUTS

    try:
        contents = read_contents(path)
    except PoseViewerError:
        # Reading it as a graph says what is wrong with it.
        return False
    return any(layout.recognise(contents) is not None for layout in LAYOUTS)
