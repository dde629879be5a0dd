"""Whether a window can be seen on this machine."""

from __future__ import annotations

import os
import sys


def has_display() -> bool:
    """Whether a window could be seen."""
    # A platform chosen by hand may be a screen (eglfs, vnc), or an invisible one.
    chosen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if chosen in ("offscreen", "minimal"):
        return False
    if chosen or not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
