"""A desktop microscope for multi-stage human-pose networks."""

from __future__ import annotations

# `from typing import` alone takes longer than all else that runs before Ctrl-C is caught.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from poseviewer.api import (
        ExportOptions,
        Freeze,
        Network,
        Options,
        PoseViewerError,
        Slow,
        Table,
        analyse,
        export,
        load_network,
        networks,
        open_clip,
    )
    from poseviewer.version import __version__ as __version__

__all__ = [
    "ExportOptions",
    "Freeze",
    "Network",
    "Options",
    "PoseViewerError",
    "Slow",
    "Table",
    "analyse",
    "export",
    "load_network",
    "networks",
    "open_clip",
]


def __getattr__(name: str) -> Any:
    # Imported when it is first used: the commands and the window start without it.
    from importlib import import_module

    if name in __all__:
        return getattr(import_module("poseviewer.api"), name)
    if name == "__version__":
        return import_module("poseviewer.version").__version__
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
