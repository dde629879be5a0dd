"""A project as a value: clips, what was chosen, and what belongs to each clip."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

from poseviewer.core.annotation import NO_ANNOTATIONS, Annotations
from poseviewer.core.correction import NONE, Corrections
from poseviewer.core.look import DisplayState
from poseviewer.core.video_choice import DEFAULT_CHOICE, VideoChoice
from poseviewer.runtime.sections import AngleState, NetworkState, PeopleState, ReadingState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.core.affine import Box
    from poseviewer.runtime.state import AppState


@dataclass(frozen=True, slots=True)
class ProjectClip:
    """A clip of a project, with what belongs to it alone."""

    location: str
    """Where it was last: the absolute path of a file or folder, or a `mannequin-clip:`."""

    relative: str = field(default="", compare=False)
    """Where it was from the folder of the project file, when that was written; with slashes."""

    content: str = ""
    """What the file is recognised by (`saved.identity.content_identity`); empty without one."""

    choice: VideoChoice = DEFAULT_CHOICE

    frame: int = 0
    """The frame that was on screen."""

    start: int | None = None
    """In mark, included."""

    end: int | None = None
    """Out mark, included."""

    box: Box | None = None
    """The dragged region; None where the region of the choices counts."""

    people: PeopleState = field(default_factory=PeopleState)

    corrections: Corrections = NONE

    annotations: Annotations = NO_ANNOTATIONS

    @property
    def title(self) -> str:
        """The name of the file."""
        return PureWindowsPath(self.location).name or self.location

    @property
    def substance(self) -> ProjectClip:
        """The clip without what changes by looking about, and wherever it lies."""
        people = PeopleState(names=self.people.names)
        location = "" if self.content else self.location
        return replace(self, location=location, frame=0, people=people)


def new_key() -> str:
    """A name for a new project, which no other has."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Project:
    """All of a project.

    The choices of one clip (`box` and the sections `people` and `playback`) are with the clip.
    """

    key: str = field(default_factory=new_key)
    """What the project is recognised by, in whatever file it lies."""

    clips: tuple[ProjectClip, ...] = ()

    current: int = 0
    """Which of `clips` was on screen."""

    network: NetworkState = field(default_factory=NetworkState)
    reading: ReadingState = field(default_factory=ReadingState)
    angles: AngleState = field(default_factory=AngleState)
    """With the custom angles; the second clip is at the location that it has here."""

    second: ProjectClip | None = field(default=None, compare=False)
    """What the second clip is found by, when a file is written or was read; None without one."""

    display: DisplayState = field(default_factory=DisplayState)

    notes: str = ""

    layout: Mapping[str, Any] | None = None
    """The workspace of the window, as its JSON."""

    @property
    def substance(self) -> Project:
        """The project without what changes by looking about: two of the same need no saving.

        That is the frame, the clip on screen, the person in focus, what is drawn and plotted, the
        layout of the window, and the network that Automatic has picked.
        """
        usual, network = AngleState(), self.network
        if network.automatic:
            own = network.precision if network.own_precision else NetworkState().precision
            network = replace(network, model=NetworkState().model, precision=own)
        clips = tuple(clip.substance for clip in self.clips)
        angles = replace(
            self.angles,
            plotted=usual.plotted,
            panes=usual.panes,
            table=usual.table,
            radians=usual.radians,
        )
        return replace(
            self, clips=clips, current=0, network=network, angles=angles, display=DisplayState(),
            layout=None,
        )  # fmt: skip

    @property
    def marked(self) -> bool:
        """Whether a clip has marks, a region or names, which no file but the project's holds."""
        return any(
            clip.start is not None or clip.end is not None or clip.box or clip.people.names
            for clip in self.clips
        )

    def with_choices(self, state: AppState) -> Project:
        """This project with the choices that are in force now."""
        reading = state.reading
        if reading.region == "box":
            reading = replace(reading, region=ReadingState().region)
        return replace(
            self, network=state.network, reading=replace(reading, box=None), angles=state.angles,
            display=state.display,
        )  # fmt: skip

    def with_clip(self, place: int, clip: ProjectClip) -> Project:
        """This project with another clip in a place."""
        return replace(self, clips=(*self.clips[:place], clip, *self.clips[place + 1 :]))


def as_seen(clip: ProjectClip, state: AppState) -> ProjectClip:
    """A clip with what the state says of it while it is on screen."""
    reading, playback = state.reading, state.playback
    return replace(
        clip, frame=playback.index, start=playback.start, end=playback.end,
        box=reading.box if reading.region == "box" else None, people=state.people,
        corrections=state.corrections, annotations=state.annotations,
    )  # fmt: skip
