"""How far a sequential analysis has come, with what it needs to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from poseviewer.pipeline.follow import Focus
from poseviewer.pipeline.track import Tracker

if TYPE_CHECKING:
    from typing import Any

    from poseviewer.pipeline.follow import Follower
    from poseviewer.runtime.saved.analysis import Archive


@dataclass(slots=True, eq=False)
class Course:
    """The progress of a sequential analysis, with the state it needs to continue."""

    begin: int
    """Its first frame."""

    next: int
    """The frame after the last one that it has."""

    follower: Follower
    tracker: Tracker = field(default_factory=Tracker)
    focus: Focus = field(default_factory=Focus)

    lock: Lock = field(default_factory=Lock)
    """Held while a frame is analysed."""

    engine: str = ""
    """What ran the network in another session, of which this one goes on; else empty."""

    def checkpoint(self) -> dict[str, Any]:
        """The state as JSON holds it, for `continued`."""
        return {
            "follower": self.follower.checkpoint(),
            "tracker": self.tracker.checkpoint(),
            "focus": self.focus.checkpoint(),
        }

    @classmethod
    def continued(cls, archive: Archive, *, follower: Follower, tracker: Tracker) -> Course:
        """The analysis that was saved, to go on with.

        Args:
            archive: What was saved.
            follower: A new one.
            tracker: A new one.

        Raises:
            ValueError, KeyError: What was saved is no state.
        """
        course = cls(archive.begin, archive.next, follower, tracker, engine=archive.engine)
        skeleton = archive.model.skeleton
        course.follower.go_on(archive.state["follower"], skeleton=skeleton)
        course.tracker.go_on(archive.state["tracker"], skeleton=skeleton)
        course.focus.go_on(archive.state["focus"])
        return course
