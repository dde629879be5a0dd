"""What the commands that analyse and write have in common."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poseviewer.runtime.factories import Loaded
    from poseviewer.runtime.state import Choices


def load(choices: Choices) -> Loaded:
    """The network of `choices`; on stderr, where another engine runs than was asked for.

    Raises:
        PoseViewerError: There is no such model, it has no weights here, or no engine runs it.
    """
    from poseviewer.runtime.factories import load_network

    network = load_network(choices)
    if network.notice:
        print(f"poseviewer: {network.notice}", file=sys.stderr)
    return network


def guard(paths: Iterable[Path], *, source: str, force: bool) -> None:
    """See that writing `paths` destroys nothing.

    Args:
        paths: Files and folders that are about to be written.
        source: What is read.
        force: Whether what exists may be replaced; the source never may.

    Raises:
        PoseViewerError: A path is the source, exists without `force`, or has no folder.
    """
    for path in paths:
        if not path.parent.is_dir():
            msg = f"There is no folder {path.parent} to write {path.name} into: make it first."
            raise PoseViewerError(msg)
        if not path.exists():
            continue
        if Path(source).exists() and path.samefile(source):
            msg = f"{path} is the source itself: give the output another name."
            raise PoseViewerError(msg)
        if not force:
            msg = f"{path} exists already: say --force to replace it, or give another name."
            raise PoseViewerError(msg)
