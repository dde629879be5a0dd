"""Where the clips of a project lie now: they are known by what is in them, not by their names."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from poseviewer.runtime.project.file import CLIP_WITHOUT_FILE
from poseviewer.runtime.project.value import Project, ProjectClip
from poseviewer.runtime.saved.identity import content_identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEEPEST = 3
"""Folders within folders that are looked into."""

_MOST_LISTED = 50_000
"""Files and folders whose names are looked at, at most."""

_MOST = 1000
"""Files that are read from, at most: 2 MB of each."""


def clip_of(location: str) -> ProjectClip:
    """A new clip of a project.

    Args:
        location: Of a file, a folder of pictures, or a clip that is rendered.
    """
    if location.startswith(CLIP_WITHOUT_FILE):
        return ProjectClip(location)
    path = Path(os.path.abspath(location))
    return ProjectClip(str(path), content=content_identity(path))


def find_clips(project: Project, folder: Path) -> tuple[Project, tuple[int, ...]]:
    """Find the clips of a project: where they were from its file, where they were, or near it.

    The second clip is found as they are, and left out where it is missing.

    Args:
        project: As it was read.
        folder: Of its file.

    Returns:
        The project with the places of its clips now; and which of its clips are missing.
    """
    if project.second is not None:
        whole = replace(project, clips=(*project.clips, project.second), second=None)
        whole, absent = find_clips(whole, folder)
        *clips, second = whole.clips
        there = len(clips) not in absent
        angles = replace(project.angles, second=second.location if there else "")
        made = replace(project, clips=tuple(clips), angles=angles, second=second)
        return made, tuple(place for place in absent if place < len(clips))
    made = project
    missing = []
    for place, clip in enumerate(project.clips):
        location = _found(clip, folder)
        if location:
            made = made.with_clip(place, replace(clip, location=location))
        else:
            missing.append(place)
    return search(made, missing, folder) if missing else (made, ())


def search(
    project: Project, missing: Sequence[int], folder: Path
) -> tuple[Project, tuple[int, ...]]:
    """Search a folder, and those within it, for clips that are missing, whatever they are called.

    Args:
        project: The project.
        missing: Which of its clips are missing.
        folder: Where to look.

    Returns:
        As `find_clips`.
    """
    wanted = {project.clips[place].content for place in missing}
    endings = {_ending(project.clips[place].location) for place in missing}
    left = _MOST
    for path in islice(_within(folder, _DEEPEST), _MOST_LISTED):
        if not wanted or not left:
            break
        if _ending(path) not in endings:
            continue
        left -= 1
        content = content_identity(Path(path))
        if content in wanted:
            wanted.remove(content)
            for place in missing:
                clip = project.clips[place]
                if clip.content == content:
                    project = project.with_clip(place, replace(clip, location=path))
    return project, tuple(place for place in missing if project.clips[place].content in wanted)


def _found(clip: ProjectClip, folder: Path) -> str:
    """Where a clip lies that has not been moved away from the project; empty where it is not."""
    if clip.location.startswith(CLIP_WITHOUT_FILE):
        return clip.location
    places = [os.path.abspath(folder / clip.relative)] if clip.relative else []
    for place in (*places, clip.location):
        if clip.content and content_identity(Path(place)) == clip.content:
            return place
    return ""


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _within(folder: Path, depth: int) -> Iterator[str]:
    """Files and folders within a folder, those that lie highest first."""
    waiting = [(os.path.abspath(folder), 0)]
    while waiting:
        here, down = waiting.pop(0)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            yield entry.path
            if down < depth and entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, down + 1))
