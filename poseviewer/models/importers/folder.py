"""The folder of imported models."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from poseviewer.core.assets import user_folder

if TYPE_CHECKING:
    from pathlib import Path

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
"""What models can be called."""

GRAPH = "graph"
"""The layout that the JSON of a model names which was imported as a graph."""

VERSION = 1
"""Of the JSON beside imported weights."""


def model_folder() -> Path:
    """Where imported models lie, each as NAME.json and NAME.safetensors; made where possible."""
    folder = user_folder("data") / "models"
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder
