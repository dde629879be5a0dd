"""What the window shows of its project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.runtime.project.value import ProjectClip


@dataclass(frozen=True, slots=True)
class ShownProject:
    """A project as it is at the moment, without where a person looks in its clips."""

    title: str = ""
    """Its name; empty where none is open."""

    path: Path | None = None
    """Of its file; None where it has none yet."""

    unsaved: bool = False
    """Whether closing it would lose something of it."""

    clips: tuple[ProjectClip, ...] = ()

    place: int | None = None
    """Which of them is on screen."""

    missing: frozenset[int] = frozenset()
    """Which of them were not found."""

    notes: str = ""
