"""What a person can put right in the frame on screen; each is one step to undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.correction import (
    Exchange,
    JointCorrection,
    Removal,
    between,
    joints_by_name,
    row_of,
    who,
)
from poseviewer.core.skeleton import common_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.correction import Corrections, Kind, Who
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.state import AppState

_SAID: dict[Kind, str] = {
    "moved": "moved",
    "interpolated": "interpolated",
    "accepted": "accepted",
    "occluded": "is hidden",
    "wrong": "is wrong",
    "absent": "is not there",
}

NUMBERLESS = "People have no numbers yet: analyse the clip first, from start to end."


class Correcting:
    """The corrections of a session.

    People are rows of the result on screen; joints are those of its skeleton.

    Args:
        state: Gives the present state.
        found: Gives the answers under the present choices.
        correct: Puts corrections in force under a title, as `Session.correct`.
        notify: Says one sentence to the person, as `Store.notice`.
    """

    def __init__(
        self,
        *,
        state: Callable[[], AppState],
        found: Callable[[], ClipResults],
        correct: Callable[[str, Corrections], None],
        notify: Callable[..., Any],
    ) -> None:
        self._state, self._found = state, found
        self._correct, self._notify = correct, notify

    def place(self, row: int, joint: int, xy: tuple[float, float]) -> None:
        """Put a joint where it is; one that was said to be hidden stays so."""
        if (shown := self._shown()) is not None:
            result, raw, at = shown
            at_row = at[row]
            said = self._said(raw, at_row, joint, result.frame.index)
            kind: Kind = "occluded" if said is not None and said.kind == "occluded" else "moved"
            self._mark(row, joint, kind, xy=xy)

    def mark(self, row: int, joint: int, kind: Kind) -> None:
        """Say of a joint that it is `accepted`, `occluded`, `wrong` or `absent`."""
        if (shown := self._shown()) is not None:
            result, raw, at = shown
            said = self._said(raw, at[row], joint, result.frame.index)
            # What was placed by hand stays there when it is said to be hidden.
            xy = said.xy if said is not None and kind == "occluded" else None
            self._mark(row, joint, kind, xy=xy)

    def accept(self, row: int) -> None:
        """Say of all joints of a person that are not corrected that they are right."""
        if (shown := self._shown()) is None:
            return
        result, raw, at = shown
        edits, marks = self._state().corrections, result.poses.marks()[row]
        for joint in np.flatnonzero((marks == 0) & result.poses.found[row]).tolist():
            edits = edits.with_joint(raw, at[row], joint, frame=result.frame.index, kind="accepted")
        self._correct("person accepted", edits)

    def reset(self, row: int, joints: Sequence[int] | None = None) -> None:
        """Take back what was said of joints of a person in the frame; of all where None."""
        if (shown := self._shown()) is not None:
            result, raw, at = shown
            edits = self._state().corrections.without_joints(
                raw, at[row], frame=result.frame.index, joints=joints
            )
            self._correct("joints as the network said", edits)

    def swap_sides(self, row: int, *, first: int | None = None, last: int | None = None) -> None:
        """Exchange left and right of a person, in the frame on screen or over a range."""
        if (shown := self._shown()) is None:
            return
        result, raw, at = shown
        index = result.frame.index
        first, last = (index if n is None else n for n in (first, last))
        if first < last and raw.track[at[row]] < 0:
            self._notify("warning", NUMBERLESS, topic="correct")
            return
        before = self._state().corrections
        edits = before.with_sides_swapped(raw, at[row], frame=index, first=first, last=last)
        back = " back" if len(edits.sides) < len(before.sides) else ""
        whose = self._name(int(result.poses.track[row]))
        title = f"left and right of {whose} swapped{back} in {_frames(first, last)}"
        self._correct(title, edits)

    def exchange(self, row: int, other: int) -> None:
        """Exchange the numbers of two people, by number, from the frame on screen on."""
        if (shown := self._shown()) is None:
            return
        result = shown[0]
        number = int(result.poses.track[row])
        if number < 0 or other < 0:
            self._notify("warning", NUMBERLESS, topic="correct")
            return
        edit = Exchange(number, other, result.frame.index)
        edits = self._state().corrections.with_people(edit)
        both = f"{self._name(number)} and {self._name(other)}"
        self._correct(f"{both} swapped from frame {edit.first} on", edits)

    def remove(self, row: int, *, first: int, last: int) -> None:
        """Take a person out over a range of frames, both included."""
        if (shown := self._shown()) is None:
            return
        number = int(shown[0].poses.track[row])
        if number < 0:
            self._notify("warning", NUMBERLESS, topic="correct")
            return
        edits = self._state().corrections.with_people(Removal(number, first, last))
        self._correct(f"{self._name(number)} deleted in {_frames(first, last)}", edits)

    def _name(self, number: int) -> str:
        """What a person is called who has this number, or none (-1)."""
        names = dict(self._state().people.names)
        return names.get(number, f"person {number}" if number >= 0 else "a person")

    def interpolate(self, row: int, joint: int) -> None:
        """Lead a joint from where it was placed last to where it is placed next.

        The frame on screen lies between the two, or is one of them.
        """
        if (shown := self._shown()) is None:
            return
        source = self._state().source
        if source is None or source.live:
            text = (
                "Joints are interpolated in clips: record the live source, and open the recording."
            )
            self._notify("warning", text, topic="correct")
            return
        result, raw, at = shown
        person, index = who(raw, at[row]), result.frame.index
        name = _name(raw, joint)
        placed = [
            one for one in self._state().corrections.joints
            if one.joint == name and one.xy is not None and one.kind != "interpolated"
            and (one.who.number == person.number or one.frame == index)
        ]  # fmt: skip
        before = [one for one in placed if one.frame <= index]
        after = [one for one in placed if one.frame > index]
        if before and before[-1].frame == index and not after:
            after, before = before[-1:], before[:-1]
        if not before or not after:
            text = (
                f"Place the {name.replace('_', ' ')} in an earlier and in a later frame first; "
                "it is led from one to the other."
            )
            self._notify("warning", text, topic="correct")
            return
        self._fill(before[-1], after[0], person)

    def _fill(self, before: JointCorrection, after: JointCorrection, person: Who) -> None:
        state, found = self._state(), self._found()
        people: dict[int, Who] = {}
        for frame in range(before.frame + 1, after.frame):
            known = found.get(frame)
            if known is None:
                self._notify("warning", NUMBERLESS, topic="correct")
                return
            raw = known.result.said
            rows = np.flatnonzero((raw.track == person.number) | (len(raw) == 1))
            if len(rows):
                people[frame] = who(raw, int(rows[0]))
        assert state.source is not None
        made = between(before, after, people=people, seconds=state.source.times)
        edits = state.corrections
        for one in made:
            known = found.get(one.frame)
            assert known is not None
            raw = known.result.said
            row = int(np.flatnonzero(raw.track == one.who.number)[0])
            joint = joints_by_name(raw.skeleton).get(one.joint)
            said = self._said(raw, row, joint, one.frame)
            if joint is not None and (said is None or said.kind == "interpolated"):
                edits = edits.with_joint(
                    raw, row, joint, frame=one.frame, kind="interpolated", xy=one.xy
                )
        name = before.joint.replace("_", " ")
        self._correct(f"{name} interpolated", edits)

    def _mark(
        self, row: int, joint: int, kind: Kind, *, xy: tuple[float, float] | None = None
    ) -> None:
        if (shown := self._shown()) is None:
            return
        result, raw, at = shown
        edits = self._state().corrections.with_joint(
            raw, at[row], joint, frame=result.frame.index, kind=kind, xy=xy
        )
        name = _name(raw, joint).replace("_", " ")
        self._correct(f"{name} {_SAID[kind]}", edits)

    def _said(self, raw: Poses, row: int, joint: int | None, frame: int) -> JointCorrection | None:
        """What was said of a joint so far."""
        if joint is None:
            return None
        name = _name(raw, joint)
        for one in self._state().corrections.of_frame(frame):
            if one.joint == name and row_of(raw, one.who) == row:
                return one
        return None

    def why_not(self) -> str:
        """Why nothing can be corrected now, as a sentence; empty where it can."""
        state = self._state()
        if state.source is None:
            return "Open a clip first: there is nothing to correct."
        if state.source.live and state.past is None:
            return "Freeze the live source first: a frame is corrected while it stands still."
        if state.display.said == "network":
            return "It is shown as the network said: choose Edit, Show as corrected first."
        if state.playback.playing:
            return "Pause first: a frame is corrected while it stands still."
        if state.shown[1] is None:
            return "This frame is not analysed yet."
        return ""

    def _shown(self) -> tuple[FrameResult, Poses, list[int]] | None:
        """The result on screen, what the network said of it, and the rows there of its people.

        None, with a sentence, where nothing can be corrected.
        """
        trouble = self.why_not()
        if trouble:
            self._notify("warning", trouble, topic="correct")
            return None
        state = self._state()
        result = state.shown[1]
        assert result is not None
        raw = result.said
        numbers = np.full(len(raw), result.frame.index)
        track, kept = state.corrections.renumbered(raw.track, numbers)
        left = [int(row) for row in np.flatnonzero(kept)]
        rows = []
        for at, number in enumerate(result.poses.track.tolist()):
            same = [row for row in left if track[row] == number >= 0]
            rows.append(same[0] if same else left[at])
        return result, raw, rows


def _name(poses: Poses, joint: int) -> str:
    """The name that corrections know a joint by."""
    return common_names(poses.skeleton.joints)[joint]


def _frames(first: int, last: int) -> str:
    return f"frame {first}" if first == last else f"frames {first} to {last}"
