"""The file of a project: one JSON document (form: docs/facts/project.md)."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, get_args

from poseviewer.core.affine import Box
from poseviewer.core.angle import specs_of_row
from poseviewer.core.angle_file import angle_trouble
from poseviewer.core.annotation import annotations_from_json
from poseviewer.core.correction import Corrections
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_errors, write_file
from poseviewer.core.look import DisplayState
from poseviewer.core.reading import (
    PLACE_LIMIT,
    listed,
    listing,
    mapping,
    number,
    read_json,
    reading,
    whole,
    word,
)
from poseviewer.core.video_choice import Deinterlacing, VideoChoice
from poseviewer.runtime.choices import choices_of, restored
from poseviewer.runtime.project.value import Project, ProjectClip
from poseviewer.runtime.saved.corrections import (
    joint_of,
    joint_row,
    people_of,
    people_row,
    side_of,
    side_row,
)
from poseviewer.runtime.sections import AngleState, NetworkState, PeopleState, ReadingState
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from poseviewer.core.angle import AngleSpec

VERSION = 1
"""Of the form of the file."""

_FORM = "poseviewer-project"
_FRAMES = 1 << 32
_NUMBERS = 1 << 31
_MOST_CLIPS = 1000
_MOST_ANGLES = 500
_MOST_PEOPLE = 100_000
_MOST_TRACKS = 10_000
_LONGEST_NOTES = 1 << 20
_LONGEST_PATH = 4096
_CHOICES = {
    "network": NetworkState,
    "reading": ReadingState,
    "angles": AngleState,
    "display": DisplayState,
}
CLIP_WITHOUT_FILE = "mannequin-clip:"
"""How the location of a clip begins that is rendered and not read."""


def write_project(path: Path, project: Project, *, folder: Path | None = None) -> None:
    """Write a project, whole or not at all, and wait until it is on the disk.

    Args:
        path: Of the file.
        project: All of it.
        folder: Which paths of clips are relative to; that of the file where None.

    Raises:
        PoseViewerError: It cannot be written; what was there before is still there.
    """
    text = json.dumps(as_json(project, folder=folder or path.parent), allow_nan=False)
    with write_errors(path, fate="was not saved"):
        write_file(path, text + "\n", durable=True)


def read_project(path: Path) -> tuple[Project, str]:
    """Read a project.

    Returns:
        The project; and a sentence on choices in it that cannot be used here, empty without.

    Raises:
        PoseViewerError: It cannot be read, is none, or is of a newer PoseViewer.
    """
    with reading(path.name, kind="a project of PoseViewer"):
        stored = mapping(read_json(path), "it")
        if stored.get("format") != _FORM:
            msg = f"its format is not {_FORM}"
            raise ValueError(msg)
        version = whole(stored.get("version"), "its version", low=1, high=_FRAMES)
        if version > VERSION:
            msg = (
                f"{path.name} was written by a newer PoseViewer; open it with that one, or update "
                "this one."
            )
            raise PoseViewerError(msg)
        project, wrong = _project(stored)
    if not wrong:
        return project, ""
    return project, (
        f"{path.name} holds choices that cannot be used, and those are as usual: {listed(wrong)}."
    )


# Values as JSON ----------------------------------------------------------------------------


def as_json(project: Project, *, folder: Path) -> dict[str, Any]:
    """A project as what JSON can hold.

    Args:
        project: The project.
        folder: Of its file, which paths are relative to.
    """
    return {
        "format": _FORM,
        "version": VERSION,
        "program": __version__,
        "key": project.key,
        "notes": project.notes,
        "current": project.current,
        "choices": {name: choices_of(getattr(project, name), project=True) for name in _CHOICES},
        "angles": [asdict(spec) for spec in project.angles.custom],
        "layout": project.layout,
        "second": None if project.second is None else _place_json(project.second, folder),
        "clips": [_clip_json(clip, folder) for clip in project.clips],
    }


def _place_json(clip: ProjectClip, folder: Path) -> dict[str, Any]:
    """What a clip is found by."""
    relative = ""
    if clip.content:
        # On Windows there is no way from one drive to another.
        with suppress(ValueError):
            relative = Path(os.path.relpath(clip.location, folder)).as_posix()
    return {"relative": relative, "location": clip.location, "content": clip.content}


def _clip_json(clip: ProjectClip, folder: Path) -> dict[str, Any]:
    people = clip.people
    return {
        **_place_json(clip, folder),
        "video": asdict(clip.choice),
        "frame": clip.frame,
        "start": clip.start,
        "end": clip.end,
        "box": None if clip.box is None else list(asdict(clip.box).values()),
        "people": {
            "focus": people.focus,
            "locked": people.locked,
            "hidden": list(people.hidden),
            "names": [list(pair) for pair in people.names],
        },
        "corrections": corrections_json(clip.corrections),
        "annotations": clip.annotations.to_json(),
    }


def corrections_json(corrections: Corrections) -> dict[str, Any]:
    """Corrections as what JSON can hold."""
    return {
        "joints": [joint_row(one) for one in corrections.joints],
        "sides": [side_row(one) for one in corrections.sides],
        "people": [people_row(one) for one in corrections.people],
    }


# Values from JSON --------------------------------------------------------------------------


def _project(stored: dict[str, Any]) -> tuple[Project, list[str]]:
    wrong: list[str] = []
    sections: dict[str, Any] = {}
    chosen = mapping(stored.get("choices", {}), "its choices")
    for name, kind in _CHOICES.items():
        sections[name], unusable = restored(kind(), chosen.get(name, {}), project=True)
        wrong += [f"{name} {field}".rstrip() for field in unusable]
    clips = tuple(_clip(one) for one in _few(stored.get("clips"), "its clips", most=_MOST_CLIPS))
    angles = sections.pop("angles")
    layout, second = stored.get("layout"), stored.get("second")
    second = None if second is None else _clip(second)
    return Project(
        word(stored.get("key"), "its key", longest=64),
        clips,
        whole(stored.get("current", 0), "its current clip", low=0, high=max(len(clips) - 1, 0)),
        angles=replace(
            angles,
            custom=_angles(stored.get("angles", [])),
            second="" if second is None else second.location,
        ),
        second=second,
        notes=_text(stored.get("notes", ""), "its notes", longest=_LONGEST_NOTES),
        layout=None if layout is None else mapping(layout, "its layout"),
        **sections,
    ), wrong  # fmt: skip


def _angles(value: Any) -> tuple[AngleSpec, ...]:
    made: list[AngleSpec] = []
    for row in _few(value, "its angles", most=_MOST_ANGLES):
        for spec in specs_of_row(row):
            if trouble := angle_trouble(spec, others=made):
                raise ValueError(trouble)
            made.append(spec)
    return tuple(made)


def _clip(value: Any) -> ProjectClip:
    stored = mapping(value, "a clip")
    video = mapping(stored.get("video", {}), "the choice of a video")
    deinterlace = video.get("deinterlace", "frame")
    if deinterlace not in get_args(Deinterlacing):
        msg = "it treats interlaced frames in no known way"
        raise ValueError(msg)
    people = mapping(stored.get("people", {}), "the people of a clip")
    box = stored.get("box")
    return ProjectClip(
        _location(stored.get("location")),
        _relative(stored.get("relative", "")),
        _text(stored.get("content", ""), "the content of a clip", longest=64),
        VideoChoice(_optional(_track, video.get("track")), deinterlace),
        _frame(stored.get("frame", 0)),
        _optional(_frame, stored.get("start")),
        _optional(_frame, stored.get("end")),
        None if box is None else _box(box),
        PeopleState(
            _optional(_person, people.get("focus")),
            people.get("locked") is True,
            tuple(map(_person, _few(people.get("hidden", []), "hidden people"))),
            tuple(map(_name, _few(people.get("names", []), "names of people"))),
        ),
        _corrections(mapping(stored.get("corrections", {}), "corrections")),
        annotations_from_json(stored.get("annotations", {})),
    )


def _corrections(stored: dict[str, Any]) -> Corrections:
    joints, sides, people = (
        [listing(row, "a correction") for row in listing(stored.get(part, []), "corrections")]
        for part in ("joints", "sides", "people")
    )
    return Corrections(
        tuple(map(joint_of, joints)), tuple(map(side_of, sides)), tuple(map(people_of, people))
    )


def _location(value: Any) -> str:
    """An absolute path, or a clip that is rendered: nothing that would be fetched from a network.

    Raises:
        ValueError: It is neither.
    """
    location = _path(value, "the location of a clip")
    # It may have been written on another system.
    drive = PureWindowsPath(location).drive[1:] == ":"
    if drive or location.startswith((CLIP_WITHOUT_FILE, "/")):
        return location
    msg = "a clip is no file"
    raise ValueError(msg)


def _relative(value: Any) -> str:
    relative = _path(value, "the place of a clip")
    if relative.startswith("/") or PureWindowsPath(relative).drive or "://" in relative:
        msg = "the place of a clip is not relative to the project"
        raise ValueError(msg)
    return relative


def _path(value: Any, what: str) -> str:
    """A path; names of files need not be UTF-8."""
    if not isinstance(value, str) or len(value) > _LONGEST_PATH or "\0" in value:
        msg = f"{what} is no path"
        raise ValueError(msg)
    os.fsencode(value)
    return value


def _box(value: Any) -> Box:
    x, y, width, height = (
        number(part, "a box", low=-PLACE_LIMIT, high=PLACE_LIMIT) for part in listing(value, "box")
    )
    if width <= 0 or height <= 0:
        msg = "a box has no size"
        raise ValueError(msg)
    return Box(x, y, width, height)


def _name(value: Any) -> tuple[int, str]:
    person, name = listing(value, "the name of a person")
    return _person(person), word(name, "the name of a person", longest=200)


def _few(value: Any, what: str, *, most: int = _MOST_PEOPLE) -> Iterable[Any]:
    found = listing(value, what)
    if len(found) > most:
        msg = f"{what} are more than {most:,}"
        raise ValueError(msg)
    return found


def _text(value: Any, what: str, *, longest: int) -> str:
    return "" if value == "" else word(value, what, longest=longest)


def _optional(check: Callable[[Any], int], value: Any) -> int | None:
    return None if value is None else check(value)


def _frame(value: Any) -> int:
    return whole(value, "a frame", low=0, high=_FRAMES)


def _person(value: Any) -> int:
    return whole(value, "a person", low=0, high=_NUMBERS)


def _track(value: Any) -> int:
    return whole(value, "a video stream", low=0, high=_MOST_TRACKS)
