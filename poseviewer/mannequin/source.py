"""The mannequin: a figure that exercises in a gym, as an endless feed or a clip, with its truth.

It is the demo without a camera, the ground truth of tests, the load of benchmarks and the
picture of the README. Frame N depends on N, the size, the rate and the seed alone.

The routine lasts 41 seconds and starts again:

| seconds | what |
|---|---|
| 0 - 4 | waves with the right hand, facing the camera |
| 4 - 8 | raises both arms sideways over the head |
| 8 - 12 | jumping jacks |
| 12 - 16 | bends to both sides |
| 16 - 23 | turns and squats, seen exactly from the side, facing image right |
| 23 - 27 | curls both arms, seen at three quarters |
| 27 - 36 | walks to the right, to the left and back |
| 36 - 41 | turns around once, standing |

While it squats (`SQUAT_SECONDS` of `mannequin_routine`) limbs move parallel to the picture
and the camera looks level, so knee and elbow angles of the picture are exactly those of the
`Stance`, and hip and shoulder too but for 0.03 degrees by which perspective shifts the middle
of the hips (exactly without perspective).

Locations: `mannequin:` (640x480 at 30), `mannequin:1280x720@60`, `mannequin:@30000/1001`,
`mannequin-clip:640x480@30x300` (300 frames); `#3` at the end chooses other clothes and
colours.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.figure import Figure
from poseviewer.mannequin.loft import Camera
from poseviewer.mannequin.motion import pose_bones
from poseviewer.mannequin.room import paint_room
from poseviewer.mannequin.routine import ROUTINE_SECONDS, routine
from poseviewer.mannequin.wardrobe import outfit_of
from poseviewer.video.source import Clip, Feed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.mannequin.motion import Posture, Stance

_LOCATION = re.compile(
    r"(?P<kind>mannequin|mannequin-clip):(?:(?P<width>\d{1,6})x(?P<height>\d{1,6}))?"
    r"(?:@(?P<rate>\d{1,9}(?:\.\d{1,9}|/\d{1,9})?))?(?:x(?P<frames>\d{1,9}))?"
    r"(?:#(?P<seed>\d{1,9}))?",
    re.IGNORECASE,
)
_SMALLEST, _LARGEST = 16, 8192
_FASTEST = 1000


@dataclass(frozen=True, slots=True)
class Setting:
    """What the mannequin's location says."""

    size: tuple[int, int] = (640, 480)
    rate: Fraction = Fraction(30)
    """Frames per second, exactly."""
    frames: int | None = None
    """Length of the clip; None for the endless feed."""
    seed: int = 0
    """Clothes and colours; 0 is the figure of the demo."""

    def __post_init__(self) -> None:
        """Check that it is possible.

        Raises:
            PoseViewerError: Size, rate or length cannot be.
        """
        width, height = self.size
        if not all(_SMALLEST <= side <= _LARGEST for side in self.size):
            limits = f"choose sides from {_SMALLEST} to {_LARGEST} pixels"
            msg = f"The mannequin cannot be {width}x{height}: {limits}."
        elif not 0 < self.rate <= _FASTEST:
            limits = f"choose a rate up to {_FASTEST}"
            msg = f"The mannequin cannot run at {self.rate} frames a second: {limits}."
        elif self.frames is not None and self.frames < 1:
            msg = "A mannequin clip needs at least one frame: write mannequin-clip:640x480@30x300."
        else:
            return
        raise PoseViewerError(msg)

    @property
    def location(self) -> str:
        """The location that says this."""
        start = f"{self.size[0]}x{self.size[1]}@{self.rate}"
        end = f"#{self.seed}" if self.seed else ""
        if self.frames is None:
            return f"mannequin:{start}{end}"
        return f"mannequin-clip:{start}x{self.frames}{end}"


def parse_location(location: str) -> Setting:
    """Parse a `mannequin:` or `mannequin-clip:` location.

    Raises:
        PoseViewerError: It does not read so, or asks for what cannot be.
    """
    found = _LOCATION.fullmatch(location.strip())
    clip = found is not None and found["kind"].lower() == "mannequin-clip"
    if found is None or (found["frames"] and not clip):
        msg = (
            f"{location} is not a mannequin: write mannequin:640x480@30 or "
            "mannequin-clip:640x480@30x300."
        )
        raise PoseViewerError(msg)
    return Setting(
        (int(found["width"]), int(found["height"])) if found["width"] else Setting().size,
        exact_rate(found["rate"]) if found["rate"] else Setting().rate,
        int(found["frames"] or 300) if clip else None,
        int(found["seed"] or 0),
    )


def exact_rate(rate: str) -> Fraction:
    """Parse a rate such as `30`, `29.97` or `30000/1001`.

    Raises:
        PoseViewerError: It is not a number.
    """
    try:
        return Fraction(rate)
    except (ValueError, ZeroDivisionError):
        msg = f"The mannequin cannot run at {rate} frames a second: write a number such as 30."
        raise PoseViewerError(msg) from None


_VIEW = (2.1, 2.5)
"""Metres that are always in view, across and up."""

_MIDDLE = 1.07
"""Metres above the floor of the middle of the picture."""


def open_mannequin(
    location: str, *, rate: float | Fraction | None = None, size: tuple[int, int] | None = None
) -> MannequinClip | MannequinFeed:
    """Open the clip or the feed that a location names.

    Args:
        location: As `parse_location` reads it.
        rate: Frames per second instead of the location's.
        size: Width and height instead of the location's.

    Raises:
        PoseViewerError: As `parse_location` does.
    """
    setting = parse_location(location)
    if rate is not None:
        exact = rate if isinstance(rate, Fraction) else exact_rate(repr(rate))
        setting = replace(setting, rate=exact)
    setting = replace(setting, size=size or setting.size)
    return MannequinFeed(setting) if setting.frames is None else MannequinClip(setting)


class Mannequin:
    """The figure in its gym at any frame: pixels, joints and the angles that made them."""

    def __init__(self, setting: Setting | None = None, *, orthographic: bool = False) -> None:
        """Prepare the room and the clothes.

        Args:
            setting: Size, rate and seed.
            orthographic: Without perspective, so that lengths do not depend on depth.
        """
        self.setting = setting or Setting()
        width, height = self.setting.size
        scale = min(width / _VIEW[0], height / _VIEW[1])
        distance = float("inf") if orthographic else 5.5
        self.camera = Camera(scale, (width - 1) / 2, (height - 1) / 2 + scale * _MIDDLE, distance)
        # Walking stays in the picture; in a tall one it is walking on the spot.
        reach = width / scale / 2 - 0.65
        self._reach = min(reach, 1.0) if reach > 0.2 else 0.0
        self._figure = Figure(outfit_of(self.setting.seed))
        self._room: NDArray[np.uint8] | None = None
        self._skeleton = load_skeleton("lsp-14")

    def stance(self, index: int) -> Stance:
        """Return the joint angles of frame `index`, degrees."""
        seconds = index / self.setting.rate % Fraction(ROUTINE_SECONDS)
        return routine(float(seconds), reach=self._reach)

    def posture(self, index: int) -> Posture:
        """Return the bones of frame `index` in the room, metres."""
        return pose_bones(self.stance(index), build=self._figure.build)

    def points(self, index: int) -> dict[str, NDArray[np.float64]]:
        """Return the pixels (2,) of the LSP-14 joints, heels and big toes in frame `index`."""
        places = self.posture(index).joints()
        at, _ = self.camera.project(np.stack(list(places.values())))
        return dict(zip(places, at, strict=True))

    def truth(self, index: int) -> Poses:
        """Return the pose in frame `index`; what lies outside the frame scores 0."""
        places = self.posture(index).joints()
        around, _ = self.camera.project(np.stack(list(places.values())))
        joints = np.stack([places[joint] for joint in self._skeleton.joints])
        xy, _ = self.camera.project(joints)
        return true_pose(xy, size=self.setting.size, around=around, joints=joints)

    def pixels(self, index: int) -> NDArray[np.uint8]:
        """Return the picture of frame `index`, RGB (h, w, 3), a new array."""
        if self._room is None:
            self._room = paint_room(self.setting.size, camera=self.camera, seed=self.setting.seed)
        canvas = self._room.copy()
        self._figure.paint(canvas, posture=self.posture(index), camera=self.camera)
        return canvas

    def frame(self, index: int) -> Frame:
        """Return frame `index` with its exact time."""
        time_base = 1 / self.setting.rate
        return Frame(self.pixels(index), index, Timestamp(index, time_base))


def true_pose(
    xy: NDArray[np.floating],
    *,
    size: tuple[int, int],
    around: NDArray[np.floating],
    joints: NDArray[np.floating] | None = None,
) -> Poses:
    """Return a known LSP-14 pose.

    Args:
        xy: (14, 2) frame pixels.
        size: Width and height of the frame; a joint outside it scores 0.
        around: (n, 2) points that the person's box holds.
        joints: (14, 3) world places, metres, of which it has the places in space; none where None.
    """
    skeleton = load_skeleton("lsp-14")
    edge = np.array(size) - 0.5
    inside = ((xy >= -0.5) & (xy <= edge)).all(axis=1)
    box = Box.around(around, margin=1.25)
    pose = Poses.single(
        xy,
        score=np.asarray(inside, np.float32),
        skeleton=skeleton,
        box=(box.x, box.y, box.width, box.height),
    )
    if joints is None:
        return pose
    hips = [skeleton.index("left_hip"), skeleton.index("right_hip")]
    # The camera looks level along -z.
    world = (joints - joints[hips].mean(axis=0)) * (1, -1, -1)
    return replace(pose, world=world[None].astype(np.float32))


class MannequinClip(Clip):
    """So many frames of the mannequin."""

    def __init__(self, setting: Setting) -> None:
        self._setting = replace(setting, frames=setting.frames or 300)
        self._mannequin = Mannequin(self._setting)
        self.name, self.location = "Mannequin clip", self._setting.location
        self.size, self.rate = setting.size, float(setting.rate)

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._setting.frames or 0

    def time(self, index: int) -> Timestamp:
        """Return exactly `index` / rate.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        self._check(index)
        return Timestamp(index, 1 / self._setting.rate)

    def read(self, index: int) -> Frame:
        """Return frame `index`, painted now.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        self._check(index)
        return self._mannequin.frame(index)

    def truth(self, index: int) -> Poses:
        """Return the true pose in frame `index`.

        Raises:
            IndexError: `index` is outside 0 .. len - 1.
        """
        self._check(index)
        return self._mannequin.truth(index)

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            msg = f"frame {index} is outside 0 .. {len(self) - 1}"
            raise IndexError(msg)


class MannequinFeed(Feed):
    """The mannequin live, at its rate by a steady clock; a late reader gets the newest frame."""

    def __init__(self, setting: Setting) -> None:
        self._setting = replace(setting, frames=None)
        self._mannequin = Mannequin(self._setting)
        self.name, self.location = "Mannequin", self._setting.location
        self.size, self.rate = setting.size, float(setting.rate)
        self._closed = Event()
        self._opened = time.monotonic()
        self._last = -1

    def read(self, timeout: float = 1.0) -> Frame | None:
        """Return the newest frame not read yet; None when none is due in time, or once closed."""
        if self._last < 0:
            # The routine begins with the first frame that is read.
            self._opened = time.monotonic()
        passed = time.monotonic() - self._opened
        index = max(int(passed * self._setting.rate), self._last + 1)
        wait = float(index / self._setting.rate) - passed
        if self._closed.wait(min(max(wait, 0.0), timeout)) or wait > timeout:
            return None
        self._last = index
        return self._mannequin.frame(index)

    def skip(self, timeout: float = 1.0) -> None:
        """Let the time of one frame pass, and draw nothing."""
        self._closed.wait(min(timeout, float(1 / self._setting.rate)))

    def truth(self, index: int) -> Poses:
        """Return the true pose in frame `index`, be it past or to come."""
        return self._mannequin.truth(index)

    def close(self) -> None:
        """End a waiting `read`; safe to call twice, and from another thread."""
        self._closed.set()
