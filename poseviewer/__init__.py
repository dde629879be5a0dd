"""A desktop microscope for multi-stage human-pose networks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from poseviewer.version import __version__ as __version__

if TYPE_CHECKING:
    from poseviewer.api import (
        Network,
        Options,
        PoseViewerError,
        Table,
        analyse,
        export,
        load_network,
        networks,
        open_clip,
    )

__all__ = [
    "Network",
    "Options",
    "PoseViewerError",
    "Table",
    "analyse",
    "export",
    "load_network",
    "networks",
    "open_clip",
]


def __getattr__(name: str) -> Any:
    # Imported when it is first used: the commands and the window start without it.
    if name in __all__:
        return getattr(import_module("poseviewer.api"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
