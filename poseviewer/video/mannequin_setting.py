"""What a mannequin's location says: size, rate, length and clothes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from poseviewer.core.errors import PoseViewerError

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

    @property
    def location(self) -> str:
        """The location that says this."""
        start = f"{self.size[0]}x{self.size[1]}@{self.rate}"
        end = f"#{self.seed}" if self.seed else ""
        if self.frames is None:
            return f"mannequin:{start}{end}"
        return f"mannequin-clip:{start}x{self.frames}{end}"


def parse_location(location: str) -> Setting:
    """What a `mannequin:` or `mannequin-clip:` location says.

    Raises:
        PoseViewerError: It does not read so, or asks for what cannot be.
    """
    found = _LOCATION.fullmatch(location.strip())
    clip = found is not None and found["kind"].lower() == "mannequin-clip"
    if found is None or (found["frames"] and not clip):
        msg = (
            f"{location} is no mannequin: write mannequin:640x480@30 or "
            "mannequin-clip:640x480@30x300."
        )
        raise PoseViewerError(msg)
    setting = Setting(frames=int(found["frames"] or 300) if clip else None)
    if found["width"]:
        setting = replace(setting, size=(int(found["width"]), int(found["height"])))
    if found["rate"]:
        setting = replace(setting, rate=exact_rate(found["rate"]))
    return checked(replace(setting, seed=int(found["seed"] or 0)))


def exact_rate(rate: str) -> Fraction:
    """A rate such as `30`, `29.97` or `30000/1001`.

    Raises:
        PoseViewerError: It is not a number.
    """
    try:
        return Fraction(rate)
    except (ValueError, ZeroDivisionError):
        msg = f"The mannequin cannot run at {rate} frames a second: write a number such as 30."
        raise PoseViewerError(msg) from None


def checked(setting: Setting) -> Setting:
    """The same setting, once it is known to be possible.

    Raises:
        PoseViewerError: Size, rate or length cannot be.
    """
    if not all(_SMALLEST <= side <= _LARGEST for side in setting.size):
        width, height = setting.size
        msg = (
            f"The mannequin cannot be {width}x{height}: "
            f"choose sides from {_SMALLEST} to {_LARGEST} pixels."
        )
        raise PoseViewerError(msg)
    if not 0 < setting.rate <= _FASTEST:
        msg = (
            f"The mannequin cannot run at {setting.rate} frames a second: "
            f"choose a rate up to {_FASTEST}."
        )
        raise PoseViewerError(msg)
    if setting.frames is not None and setting.frames < 1:
        msg = "A mannequin clip needs at least one frame: write mannequin-clip:640x480@30x300."
        raise PoseViewerError(msg)
    return setting
